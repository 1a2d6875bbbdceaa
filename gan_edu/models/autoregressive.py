"""A fully visible belief net: p(x) = Π p(x_i | x_1 … x_i-1), every factor from one masked network (MADE, Germain et al. 2015).

Notebook 02 derives it.
"""

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear

from ..games import Draw, Game


class MaskedLinear(nn.Linear):
    """A linear layer without the connections where `mask`, of shape (outputs, inputs), is zero."""

    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask)

    def forward(self, x):
        return linear(x, self.weight * self.mask, self.bias)


def made(dimensions, outputs, hidden):
    """(N, dimensions) -> (N, dimensions · outputs): the `outputs` numbers for dimension i depend on the dimensions before i alone.

    Every hidden unit has a degree, the last dimension it may know of: it looks at units of at most its own degree, and dimension i
    listens to units of degree less than i. Whatever path a number takes, it can only go up.
    """
    degrees = torch.arange(dimensions)
    layers = []
    for width in hidden:
        own = torch.arange(width) % max(1, dimensions - 1)
        layers += [MaskedLinear((own.unsqueeze(1) >= degrees).float()), nn.ReLU()]
        degrees = own
    last = torch.arange(dimensions).repeat_interleave(outputs)
    return nn.Sequential(*layers, MaskedLinear((last.unsqueeze(1) > degrees).float()))


class Autoregressive(Game):
    """A game of one: the model minimises its negative log-likelihood, in nats an image. Exact, and sampled one pixel at a time.

    shape: (C, H, W) of an image; levels: how many values a pixel has. Images are int64 (N, C, H, W), 0 … levels - 1.
    """

    order = ("model",)

    def __init__(self, shape, levels=17, hidden=(512,)):
        super().__init__()
        self.shape = tuple(shape)
        self.levels = levels
        self.model = made(math.prod(shape), levels, hidden)

    def draw(self, batch, rng):
        """The images themselves: nothing is random."""
        return Draw(images=batch)

    def model_cost(self, draw):
        return -self.log_likelihood(draw.images).mean()

    def logits(self, images):
        """Every pixel's logits given those before it: (N, pixels, levels)."""
        seen = images.flatten(1).float() * (2 / (self.levels - 1)) - 1
        return self.model(seen).unflatten(1, (-1, self.levels))

    def log_likelihood(self, images):
        """log p of every image, natural logarithm: shape (N,)."""
        logits = self.logits(images).transpose(1, 2)
        return -cross_entropy(logits, images.flatten(1), reduction="none").sum(1)

    @torch.no_grad()
    def complete(self, images, first, rng):
        """The images with all pixels from number `first` on, row by row, drawn anew: one pass of the network for each."""
        images = images.flatten(1).clone()
        for k in range(first, images.shape[1]):
            chances = self.logits(images)[:, k].softmax(1)
            images[:, k] = torch.multinomial(chances, 1, generator=rng).squeeze(1)
        return images.unflatten(1, self.shape)

    def sample(self, count, rng):
        """`count` images (count, C, H, W)."""
        nothing = torch.zeros(count, *self.shape, dtype=torch.int64, device=rng.device)
        return self.complete(nothing, 0, rng)
