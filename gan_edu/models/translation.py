"""Image-to-image translation: pix2pix from pairs (Isola et al. 2017), DiscoGAN (Kim et al. 2017) and CycleGAN (Zhu et al. 2017)
without. Taught in notebook 12.

Left out: pix2pix's noise, dropout at test time, which its authors found to change little, so that an image has one translation;
DiscoGAN's feature matching and its schedule of weights; CycleGAN's residual generator, in whose place stands a U-Net, and its identity
term, for the domains here need not have as many channels.
"""

import torch
from torch import nn

from ..errors import GameError
from ..games import Draw, Game, with_settings
from ..losses import least_squares, non_saturating
from ..networks import infer


class Pix2Pix(Game):
    """Two players: the discriminator judges an image beside the one it was made from, the generator is to fool it and to come close
    to the true image.

    generator: network from conditions (N, C, H, W) to images (N, C, H, W), such as a `UNet`.
    discriminator: network from conditions and images side by side, (N, 2 C, H, W), to logits, such as a `patchgan`.
    adversarial: weight of the adversarial term in the generator's cost. At 0, with `play(schedule="G")`, it is plain regression.
    weight: of the distance from the true image, the mean absolute difference (L1).

    A batch is a tensor of pairs (N, 2, C, H, W), conditions first.
    """

    plays = ("discriminator", "generator")
    objective = non_saturating
    distance = staticmethod(nn.functional.l1_loss)

    def __init__(self, generator, discriminator, adversarial=1.0, weight=100.0):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial = adversarial
        self.weight = weight

    def about(self):
        """Its name, and the weights of its terms."""
        return with_settings(super().about(), {"adversarial": self.adversarial, "weight": self.weight})

    def draw(self, batch, rng):
        """Conditions and images: nothing is random."""
        condition, image = batch.unbind(1)
        return Draw(condition=condition, image=image)

    def fake(self, draw):
        """The draw's conditions translated."""
        return self.made("generator", draw, self.generator, draw.condition)

    def judged(self, draw, image):
        """The discriminator's logits for images beside the draw's conditions."""
        return self.discriminator(torch.cat([draw.condition, image], dim=1))

    def discriminator_cost(self, draw):
        return self.objective.discriminator(self.judged(draw, draw.image), self.judged(draw, self.fake(draw)))

    def generator_cost(self, draw):
        fake = self.fake(draw)
        cost = self.weight * self.distance(fake, draw.image)
        if self.adversarial:
            cost = cost + self.adversarial * self.objective.generator(None, self.judged(draw, fake))
        return cost

    def translate(self, conditions):
        """Conditions (N, C, H, W) translated, with the generator in eval mode."""
        return infer(self.generator, conditions)


class DiscoGAN(Game):
    """Two domains, a and b, of which no pairs are known. The generator holds both translators, which must undo one another and please
    one discriminator each; the discriminator holds both of these.

    to_a, to_b: networks from samples of the other domain to this one's. discriminator_a, discriminator_b: networks to logits.
    weight: of the reconstructions' mean squared error.
    fooled: the domains whose discriminator the generator is to fool. rebuilt: those whose samples shall come back from the other
        domain as they were. `fooled="b", rebuilt=""` is a plain GAN from a to b, `fooled="b", rebuilt="a"` the GAN with one
        reconstruction that Kim et al. compare with.

    A batch is a tuple: samples of a (N, ...), and as many of b. Networks may be ensembles.
    """

    plays = ("discriminator", "generator")
    objective = non_saturating
    distance = staticmethod(nn.functional.mse_loss)

    def __init__(self, to_a, to_b, discriminator_a, discriminator_b, weight=1.0, fooled="ab", rebuilt="ab"):
        super().__init__()
        self.generator = nn.ModuleDict({"a": to_a, "b": to_b})
        self.discriminator = nn.ModuleDict({"a": discriminator_a, "b": discriminator_b})
        self.weight = weight
        self.fooled = fooled
        self.rebuilt = rebuilt
        self.members = getattr(to_a, "members", 1)

    def about(self):
        """Its name, its terms and their weight."""
        return with_settings(super().about(), {"weight": self.weight, "fooled": self.fooled, "rebuilt": self.rebuilt})

    def draw(self, batch, rng):
        """Samples of both domains: nothing is random."""
        a, b = batch
        return Draw(a=a, b=b)

    def fakes(self, draw):
        """Both domains' samples translated: those of b to a, and those of a to b."""
        sides = (self.generator["a"], draw.b), (self.generator["b"], draw.a)
        return [self.made("generator", draw, translator, samples) for translator, samples in sides]

    def shown(self, draw):
        """The translated samples that the discriminators are to tell from real ones, of a and of b."""
        return self.fakes(draw)

    def discriminator_cost(self, draw):
        sides = zip(self.discriminator.values(), (draw.a, draw.b), self.shown(draw))
        return sum(self.objective.discriminator(judge(real), judge(fake)) for judge, real, fake in sides)

    def generator_cost(self, draw):
        real, fake = {"a": draw.a, "b": draw.b}, dict(zip("ab", self.fakes(draw)))
        other = {"a": "b", "b": "a"}
        fooling = [self.objective.generator(None, self.discriminator[side](fake[side])) for side in self.fooled]
        rebuilding = [self.distance(self.generator[side](fake[other[side]]), real[side]) for side in self.rebuilt]
        return sum(fooling) + self.weight * sum(rebuilding)

    def translate(self, samples, to):
        """Samples (N, ...) translated to domain "a" or "b", with the generator in eval mode."""
        return infer(self.generator[to], samples, batch=len(samples))  # at once: an ensemble's members have a part each


class CycleGAN(DiscoGAN):
    """A DiscoGAN with least squares, reconstructions by mean absolute difference (L1), and discriminators that are shown half of the
    time what was translated earlier, so that the generator cannot go round in circles (Shrivastava et al. 2017). Which samples those
    are is decided for both domains at once.

    shape_a, shape_b: of one sample, such as (3, 32, 32).
    weight: of the reconstructions. 5 is the published 10, for `least_squares` halves the squares.
    memory: translations kept of each domain, in the game's buffers; at least as many as there are samples in a batch.
    """

    objective = least_squares
    distance = staticmethod(nn.functional.l1_loss)

    def __init__(
        self, to_a, to_b, discriminator_a, discriminator_b, shape_a, shape_b, weight=5.0, memory=50, fooled="ab", rebuilt="ab"
    ):
        super().__init__(to_a, to_b, discriminator_a, discriminator_b, weight, fooled, rebuilt)
        self.register_buffer("past_a", torch.zeros(memory, *shape_a))
        self.register_buffer("past_b", torch.zeros(memory, *shape_b))
        self.register_buffer("filled", torch.zeros(memory, dtype=torch.bool))

    def draw(self, batch, rng):
        """Samples of both domains, and for each a place in the memory, what it holds, and whether that is shown instead (`swap`).

        A sample's translation takes the place of what is shown in its stead, or a place that was free. Raises GameError for a batch
        larger than the memory.
        """
        draw = super().draw(batch, rng)
        count, memory = len(draw.a), len(self.filled)
        if count > memory:
            raise GameError(f"a memory of {memory} cannot take a batch of {count}: make it larger, or the batch smaller.")
        place = torch.randperm(memory, generator=rng, device=rng.device)[:count]
        heads = torch.rand(count, generator=rng, device=rng.device) < 0.5
        draw.swap = heads & self.filled[place]
        draw.past_a, draw.past_b = self.past_a[place], self.past_b[place]
        with self.turn(()), self.differentiating("discriminator"):  # what is made here will do for the turns to come
            fresh_a, fresh_b = self.fakes(draw)
        taken = heads | ~self.filled[place]
        self.past_a[place] = chosen(taken, fresh_a, draw.past_a)
        self.past_b[place] = chosen(taken, fresh_b, draw.past_b)
        self.filled[place] = True
        return draw

    def shown(self, draw):
        """The translated samples that the discriminators are to tell from real ones, of a and of b: some of them earlier ones."""
        fake_a, fake_b = self.fakes(draw)
        return chosen(draw.swap, draw.past_a, fake_a), chosen(draw.swap, draw.past_b, fake_b)


def chosen(which, these, those):
    """Sample by sample (N, ...): these where `which`, (N,), is true, and those elsewhere."""
    return torch.where(which.view(-1, *[1] * (these.dim() - 1)), these, those)
