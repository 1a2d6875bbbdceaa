"""A flow: an invertible network, whose change of volume turns a normal density into that of images (RealNVP, Dinh et al. 2017).

Notebook 02 derives it.
"""

import math

import torch
from torch import nn
from torch.nn.functional import logsigmoid

from ..games import Draw, Game
from ..networks import mlp


def checkerboard(shape, parity):
    """Ones and zeros in turn, over an image of that shape, flattened."""
    rows, columns = torch.meshgrid(torch.arange(shape[1]), torch.arange(shape[2]), indexing="ij")
    return ((rows + columns) % 2 == parity).float().expand(shape).flatten()


class Coupling(nn.Module):
    """Where `mask` is one nothing changes; it decides how the rest is stretched and shifted. Shapes (N, d)."""

    def __init__(self, mask, hidden):
        super().__init__()
        self.register_buffer("mask", mask)
        self.network = mlp(len(mask), hidden, hidden, 2 * len(mask))
        nn.init.zeros_(self.network[-1].weight)  # a new layer changes nothing
        nn.init.zeros_(self.network[-1].bias)

    def stretch_and_shift(self, x):
        """log stretch and shift, both zero where the mask is one. The same before and after the layer."""
        log_stretch, shift = self.network(x * self.mask).chunk(2, dim=1)
        return 2 * (log_stretch / 2).tanh() * (1 - self.mask), shift * (1 - self.mask)

    def forward(self, x):
        """The image of x, and the log of the change of volume there: (N, d), (N,)."""
        log_stretch, shift = self.stretch_and_shift(x)
        return x * log_stretch.exp() + shift, log_stretch.sum(1)

    def inverse(self, y):
        """The x of which y is the image."""
        log_stretch, shift = self.stretch_and_shift(y)
        return (y - shift) * (-log_stretch).exp()


class Flow(Game):
    """A game of one: the model minimises its negative log-likelihood, in nats an image. Exact, and sampled in one pass.

    Images are int64 (N, C, H, W), 0 … levels - 1. A density needs numbers that fill space: uniform noise is added to every pixel, and
    the mean log-density of what comes out is at most log p of the image itself (Theis, van den Oord & Bethge 2016).
    """

    order = ("model",)
    margin = 0.01  # kept from the ends of the unit interval, where a logit has no end

    def __init__(self, shape, levels=17, layers=6, hidden=128):
        super().__init__()
        self.shape = tuple(shape)
        self.levels = levels
        self.model = nn.ModuleList(Coupling(checkerboard(shape, k % 2), hidden) for k in range(layers))

    def draw(self, batch, rng):
        """The images, and where within its level each pixel lies."""
        return Draw(images=batch, within=torch.rand(batch.shape, generator=rng, device=rng.device))

    def model_cost(self, draw):
        return -self.log_density(draw.images + draw.within).mean()

    def encode(self, x):
        """x in [0, levels], (N, C, H, W), to its latent (N, d) and the log of the change of volume, (N,)."""
        unit = self.margin + (1 - 2 * self.margin) * x.flatten(1) / self.levels
        z = torch.logit(unit)
        slope = math.log((1 - 2 * self.margin) / self.levels)  # of the squeeze; the logit's is 1 / (u (1 - u))
        volume = (slope - logsigmoid(z) - logsigmoid(-z)).sum(1)
        for layer in self.model:
            z, change = layer(z)
            volume = volume + change
        return z, volume

    def decode(self, z):
        """Latents (N, d) to x, (N, C, H, W): the inverse of `encode`."""
        for layer in reversed(self.model):
            z = layer.inverse(z)
        unit = (torch.sigmoid(z) - self.margin) / (1 - 2 * self.margin)
        return (unit * self.levels).unflatten(1, self.shape)

    def log_density(self, x):
        """log p(x), natural logarithm, for x in [0, levels], (N, C, H, W): shape (N,)."""
        z, volume = self.encode(x)
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1) + volume

    @torch.no_grad()
    def sample(self, count, rng):
        """`count` images (count, C, H, W)."""
        z = torch.randn(count, math.prod(self.shape), generator=rng, device=rng.device)
        return self.decode(z).floor().clamp(0, self.levels - 1).long()
