"""Image-to-image translation without pairs: DiscoGAN (Kim et al. 2017). Taught in notebook 12.

Left out: its feature matching and its schedule of weights.
"""

from torch import nn
from torch.nn.functional import mse_loss

from ..games import Draw, Game, with_settings
from ..losses import non_saturating
from ..networks import UNet, infer, patchgan
from .recipe import Recipe, adam


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

    order = ("discriminator", "generator")
    objective = non_saturating
    distance = staticmethod(mse_loss)

    def __init__(self, to_a, to_b, discriminator_a, discriminator_b, weight=1.0, fooled="ab", rebuilt="ab"):
        super().__init__()
        self.generator = nn.ModuleDict({"a": to_a, "b": to_b})
        self.discriminator = nn.ModuleDict({"a": discriminator_a, "b": discriminator_b})
        self.weight = weight
        self.fooled = fooled
        self.rebuilt = rebuilt
        self.members = getattr(to_a, "members", 1)

    def identity(self):
        """Its name, its terms and their weight."""
        return with_settings(super().identity(), {"weight": self.weight, "fooled": self.fooled, "rebuilt": self.rebuilt})

    def draw(self, batch, rng):
        """Samples of both domains: nothing is random."""
        a, b = batch
        return Draw(a=a, b=b)

    def fakes(self, draw):
        """Both domains' samples translated: those of b to a, and those of a to b."""
        sides = (self.generator["a"], draw.b), (self.generator["b"], draw.a)
        return [self.shared_output("generator", draw, translator, samples) for translator, samples in sides]

    def shown(self, draw):
        """The translated samples that the discriminators are to tell from real ones, of a and of b."""
        return self.fakes(draw)

    def discriminator_cost(self, draw):
        sides = zip(self.discriminator.values(), (draw.a, draw.b), self.shown(draw))
        return sum(self.objective.discriminator(tell(real), tell(fake)) for tell, real, fake in sides)

    def generator_cost(self, draw):
        real, fake = {"a": draw.a, "b": draw.b}, dict(zip("ab", self.fakes(draw)))
        other = {"a": "b", "b": "a"}
        fooling = [self.objective.generator(None, self.discriminator[side](fake[side])) for side in self.fooled]
        rebuilding = [self.distance(self.generator[side](fake[other[side]]), real[side]) for side in self.rebuilt]
        return sum(fooling) + self.weight * sum(rebuilding)

    def translate(self, samples, to):
        """Samples (N, ...) translated to domain "a" or "b", with the generator in eval mode."""
        return infer(self.generator[to], samples, batch=len(samples))  # at once: an ensemble's members have a part each


def game(shape):
    """Two U-Nets, and two discriminators of patches with spectral norm."""
    return DiscoGAN(*[UNet(shape[0], *shape[:2]) for _ in "ab"], *[patchgan(shape[0]) for _ in "ab"])


RECIPE = Recipe(source="this course, notebook 12", game=game, batch=8, optimiser=adam(1e-3, 0.5, 0.99), ema=0.995)
