"""Image-to-image translation without pairs: CycleGAN (Zhu, Park et al. 2017). Taught in notebook 12.

`game` has U-Nets where the paper has residual networks (`networks.residual_translator`), and no identity term, which asks for domains
of as many channels.
"""

import torch
from torch.nn.functional import l1_loss

from ..errors import GameError
from ..games import with_settings
from ..losses import least_squares
from ..networks import UNet, patchgan
from .discogan import DiscoGAN
from .recipe import Recipe, adam


class CycleGAN(DiscoGAN):
    """A DiscoGAN with least squares, reconstructions by mean absolute difference (L1), and discriminators that are shown half of the
    time what was translated earlier, so that the generator cannot go round in circles (Shrivastava et al. 2017). Which samples those
    are is decided for both domains at once.

    shape_a, shape_b: of one sample, such as (3, 32, 32).
    weight: of the reconstructions. 5 is the published 10, for `least_squares` halves the squares.
    same: weight of the identity term, by which a translator leaves alone what is of its domain already; for domains of as many
        channels. Half of `weight` where the paper uses it.
    memory: translations kept of each domain, in the game's buffers; at least as many as there are samples in a batch.
    Raises GameError for an identity term between samples that are not of one shape.
    """

    objective = least_squares
    distance = staticmethod(l1_loss)

    def __init__(
        self,
        to_a,
        to_b,
        discriminator_a,
        discriminator_b,
        shape_a,
        shape_b,
        weight=5.0,
        memory=50,
        fooled="ab",
        rebuilt="ab",
        same=0.0,
    ):
        super().__init__(to_a, to_b, discriminator_a, discriminator_b, weight, fooled, rebuilt)
        if same and tuple(shape_a) != tuple(shape_b):
            raise GameError(
                f"the identity term wants samples that are shaped alike, not {tuple(shape_a)} and {tuple(shape_b)}."
            )
        self.same = same
        self.register_buffer("past_a", torch.zeros(memory, *shape_a))
        self.register_buffer("past_b", torch.zeros(memory, *shape_b))
        self.register_buffer("filled", torch.zeros(memory, dtype=torch.bool))

    def identity(self):
        """Its name, its terms and their weights."""
        name = super().identity()
        return with_settings(name, {"same": self.same}) if self.same else name

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

    def generator_cost(self, draw):
        cost = super().generator_cost(draw)
        if not self.same:
            return cost
        sides = (self.generator["a"], draw.a), (self.generator["b"], draw.b)
        return cost + self.same * sum(self.distance(translator(samples), samples) for translator, samples in sides)


def chosen(which, these, those):
    """Sample by sample (N, ...): these where `which`, (N,), is true, and those elsewhere."""
    return torch.where(which.view(-1, *[1] * (these.dim() - 1)), these, those)


def game(shape):
    """Two U-Nets, and two discriminators of patches with spectral norm."""
    return CycleGAN(*[UNet(shape[0], *shape[:2]) for _ in "ab"], *[patchgan(shape[0]) for _ in "ab"], shape, shape)


RECIPE = Recipe(source="this course, notebook 12", game=game, batch=8, optimiser=adam(1e-3, 0.5, 0.99), ema=0.995)
