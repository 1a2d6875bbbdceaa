"""The generator's image that comes closest to a wish: interactive generation (iGAN; Zhu, Krähenbühl, Shechtman & Efros 2016). Taught
in notebook 13.

Left out: the network that guesses the latent of a photograph (here the best of many random latents begins), distances in a network's
features, and the transfer of an edit from the generated image back to the photograph.
"""

import copy

import torch
from torch import nn

from ..errors import GameError
from ..games import Draw, Game
from ..networks import infer
from . import dcgan
from .recipe import adam


class Projection(Game):
    """A game of one: latents are moved until what the generator makes of them comes close to what is wanted. The generator, a frozen
    copy in eval mode, owns nothing, and each latent pays for its own image alone.

    generator: network from latents (N, latent size) to images (N, C, H, W). start: latents (N, latent size) to begin with.
    wanted: images (N, C, H, W). mask: where they count, (N, 1, H, W) or (1, 1, H, W), not negative; everywhere if it is not given.
    nearness: weight of the mean squared way from the start, which is what keeps an edited image as it was outside the mask.

    Raises GameError for images that do not fit the latents, and for a mask that counts nowhere.
    """

    order = ("latent",)

    def __init__(self, generator, start, wanted, mask=None, nearness=0.0):
        super().__init__()
        self.generator = copy.deepcopy(generator).requires_grad_(False).eval()
        self.latent = nn.Parameter(start.clone())
        self.nearness = nearness
        mask = wanted.new_ones(1, 1, *wanted.shape[2:]) if mask is None else mask
        if len(start) != len(wanted) or (mask.sum((1, 2, 3)) <= 0).any():
            raise GameError(
                f"{len(start)} latents cannot come close to {len(wanted)} images, or a mask counts nowhere: give each latent an "
                "image, and each mask a place."
            )
        with torch.no_grad():
            for name, value in {"start": start, "wanted": wanted, "mask": mask}.items():
                self.register_buffer(name, value.clone())
        self.members = len(start)  # costs are sums over the images: each latent's gradient is its own

    def draw(self, batch, rng):
        """Nothing is random here."""
        return Draw()

    def latent_cost(self, draw):
        way = (self.latent - self.start).square().mean(1)
        return (self.errors() + self.nearness * way).mean()

    def errors(self):
        """How far each image is from what is wanted: the mean squared difference where the mask counts, (N,)."""
        apart = (self.generator(self.latent) - self.wanted).square().mean(1, keepdim=True)
        return (self.mask * apart).sum((1, 2, 3)) / self.mask.sum((1, 2, 3))

    @torch.no_grad()
    def best(self, starts):
        """Where each image was wanted `starts` times in a row: the latents that came closest to each, (N / starts, latent size)."""
        chosen = self.errors().view(-1, starts).argmin(1)
        return self.latent.view(-1, starts, self.latent.shape[1])[torch.arange(len(chosen)), chosen]

    def images(self):
        """The images of the moment, (N, C, H, W)."""
        return infer(self.generator, self.latent)


def nearest(generator, latents, images, count=1):
    """Of latents (M, latent size) the `count` whose images come closest to each of images (N, C, H, W), best first:
    (N, count, latent size). Closeness is the mean squared difference."""
    made = infer(generator, latents).flatten(1)
    order = torch.cdist(images.flatten(1), made).topk(count, largest=False).indices
    return latents[order]


def recipe(shape):
    """Of the generator in which is searched: that of `dcgan`."""
    return dcgan.recipe(shape)


SEARCH = {"rounds": 60, "optimiser": adam(0.1, 0.9, 0.999)}
"""How latents are moved: arguments of `training.play`."""
