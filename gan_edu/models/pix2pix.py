"""Image-to-image translation from pairs: pix2pix (Isola et al. 2017). Taught in notebook 12.

Left out: its noise, dropout at test time, which its authors found to change little, so that an image has one translation.
"""

import torch
from torch.nn.functional import l1_loss

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

    A batch is a tensor of pairs (N, 2, C, H, W), conditions first.
    """

    order = ("discriminator", "generator")
    objective = non_saturating
    distance = staticmethod(l1_loss)

    def __init__(self, generator, discriminator, adversarial=1.0, weight=100.0):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial = adversarial
        self.weight = weight

    def identity(self):
        """Its name, and the weights of its terms."""
        return with_settings(super().identity(), {"adversarial": self.adversarial, "weight": self.weight})

    def draw(self, batch, rng):
        """Conditions and images: nothing is random."""
        condition, image = batch.unbind(1)
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


def game(shape, adversarial=0.3):
    """A U-Net, and a discriminator of patches of 46 pixels with BatchNorm. adversarial: weight of its part in the cost."""
    return Pix2Pix(UNet(shape[0], *shape[:2]), patchgan(2 * shape[0], normalise="batch"), adversarial)


RECIPE = Recipe(source="this course, notebook 12", game=game, batch=8, epochs=2, optimiser=adam(1e-3, 0.5, 0.99), ema=0.995)
