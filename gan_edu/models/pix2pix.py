"""Image-to-image translation from pairs: pix2pix (Isola et al. 2017). Taught in notebook 12.

Left out: its noise, dropout at test time, which its authors found to change little, so that an image has one translation.
"""

import torch
from torch.nn.functional import l1_loss, pad

from ..games import Draw, Game, with_settings
from ..losses import non_saturating
from ..networks import UNet, infer, patchgan
from .recipe import Recipe, adam


class Pix2Pix(Game):
    """Two players: the discriminator judges an image beside the one it was made from, the generator is to fool it and to come close
    to the true image.

    generator: network from conditions (N, C, H, W) to images (N, C, H, W), such as a `UNet`.
    discriminator: network from conditions and images side by side, (N, 2 C, H, W), to logits, such as a `patchgan`.
    adversarial: weight of the adversarial term in the generator's cost. At 0, with `play(schedule="G")`, it is plain regression.
    weight: of the distance from the true image, the mean absolute difference (L1).
    jitter: pixels by which pairs are moved at random, if they are; then they are also mirrored (`jittered`).

    A batch is a tensor of pairs (N, 2, C, H, W), conditions first.
    """

    order = ("discriminator", "generator")
    objective = non_saturating
    distance = staticmethod(l1_loss)

    def __init__(self, generator, discriminator, adversarial=1.0, weight=100.0, jitter=0):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial = adversarial
        self.weight = weight
        self.jitter = jitter

    def identity(self):
        """Its name, the weights of its terms, and how far pairs are moved, if they are."""
        settings = {"adversarial": self.adversarial, "weight": self.weight}
        return with_settings(super().identity(), settings | ({"jitter": self.jitter} if self.jitter else {}))

    def draw(self, batch, rng):
        """Conditions and images, moved at random if there is a jitter."""
        condition, image = (jittered(batch, self.jitter, rng) if self.jitter else batch).unbind(1)
        return Draw(condition=condition, image=image)

    def fake(self, draw):
        """The draw's conditions translated."""
        return self.shared_output("generator", draw, self.generator, draw.condition)

    def logits_for(self, draw, image):
        """The discriminator's logits for images beside the draw's conditions."""
        return self.discriminator(torch.cat([draw.condition, image], dim=1))

    def discriminator_cost(self, draw):
        return self.objective.discriminator(self.logits_for(draw, draw.image), self.logits_for(draw, self.fake(draw)))

    def generator_cost(self, draw):
        fake = self.fake(draw)
        cost = self.weight * self.distance(fake, draw.image)
        if self.adversarial:
            cost = cost + self.adversarial * self.objective.generator(None, self.logits_for(draw, fake))
        return cost

    def translate(self, conditions):
        """Conditions (N, C, H, W) translated, with the generator in eval mode."""
        return infer(self.generator, conditions)


def jittered(pairs, pixels, rng):
    """Pairs (N, 2, C, H, W), each mirrored or not and moved by up to so many pixels, both of its images alike; what comes in from
    outside repeats the edge. The paper's "random jitter and mirroring" (section 6.2)."""
    count, height, width = len(pairs), *pairs.shape[-2:]
    mirrored = torch.rand(count, generator=rng, device=rng.device) < 0.5
    pairs = torch.where(mirrored.view(-1, 1, 1, 1, 1), pairs.flip(-1), pairs)
    padded = pad(pairs.flatten(1, 2), [pixels] * 4, mode="replicate").view(*pairs.shape[:3], height + 2 * pixels, -1)
    corners = torch.randint(2 * pixels + 1, (count, 2), generator=rng, device=rng.device).tolist()
    return torch.stack([pair[..., y : y + height, x : x + width] for pair, (y, x) in zip(padded, corners)])


def game(shape, adversarial=1.0):
    """A U-Net, and a discriminator of patches of 22 pixels with BatchNorm; pairs are moved by up to a sixteenth of their side.
    adversarial: weight of the discriminator's part in the cost."""
    networks = UNet(shape[0], *shape[:2]), patchgan(2 * shape[0], layers=2, normalise="batch")
    return Pix2Pix(*networks, adversarial, jitter=shape[1] // 16)


RECIPE = Recipe(source="this course, notebook 12", game=game, batch=4, optimiser=adam(1e-3, 0.5, 0.99), ema=0.995)
