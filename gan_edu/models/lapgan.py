"""Images from coarse to fine: the Laplacian pyramid of GANs (LAPGAN; Denton, Chintala, Szlam & Fergus 2015). Taught in notebook 11.

One plain GAN makes the coarsest images. Above it one game a level learns what the image loses by being shrunk and enlarged again,
given the shrunk image; the levels are trained apart, each on real coarse images, and only `sample` plays them one after the other.

Left out: the paper's binomial filters, for which means of 2×2 pixels and linear interpolation stand here; labels; dropout. The
generator here looks at the coarse image as it is, the paper's at the enlarged one; the discriminator is shown the enlarged one beside
the finished image, the paper's their sum alone.
"""

from functools import partial

import torch
from torch.nn.functional import avg_pool2d, interpolate

from ..data.images import to_pixels
from ..games import Draw, Game, described
from ..losses import non_saturating
from ..networks import dcgan_discriminator, infer, upsampler
from . import dcgan
from .gan import penalised_cost, score
from .recipe import Recipe, adam


def shrink(images, times=1):
    """Images (N, C, H, W) at half the side, `times` times over: means of 2×2 pixels. The side must be a multiple of 2^times."""
    return avg_pool2d(images, 2**times)


def enlarge(images):
    """Images at twice the side, by linear interpolation."""
    return interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)


def split(images, levels):
    """The Laplacian pyramid of images (N, C, H, W) (Burt & Adelson 1983): the images shrunk `levels` times, then, from coarse to fine,
    what each size shows that the enlarged next smaller one does not. A list of levels + 1 tensors, which `join` undoes."""
    details = []
    for _ in range(levels):
        coarse = shrink(images)
        details.append(images - enlarge(coarse))
        images = coarse
    return [images, *reversed(details)]


def join(parts):
    """The images (N, C, H, W) whose pyramid is `parts`, coarsest first. Any details can be joined, also those that no image has: they
    are four numbers for every three that the image gains."""
    image, *details = parts
    for detail in details:
        image = enlarge(image) + detail
    return image


class Level(Game):
    """One level of the pyramid. Two players: the generator proposes the detail that belongs to a coarse image, the discriminator is to
    tell the finished image from a real one, which it is shown beside the same coarse image.

    generator: network from coarse images and noise planes, (N, C + planes, H, W), to details (N, C, 2 H, 2 W), such as an `upsampler`.
    discriminator: network from enlarged coarse images and images side by side, (N, 2 C, 2 H, 2 W), to logits.
    planes: of noise, standard normal, one number a pixel of the coarse image: what makes many details possible for it.
    penalties: some of `penalties`, of the finished images; the coarse ones beside them stay as they are.

    A batch is a tensor of images (N, C, 2 H, 2 W).
    """

    order = ("discriminator", "generator")
    objective = non_saturating

    def __init__(self, generator, discriminator, planes=1, penalties=()):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.planes = planes
        self.penalties = tuple(penalties)

    def identity(self):
        """Its penalties with their settings."""
        return " + ".join([super().identity(), *map(described, self.penalties)])

    def draw(self, real, rng):
        """Images, the same ones shrunk, noise, and what penalties need."""
        coarse = shrink(real)
        noise = self.noise(coarse, rng)
        mix = torch.rand(len(real), generator=rng, device=rng.device) if self.penalties else None
        return Draw(real=real, coarse=coarse, noise=noise, mix=mix)

    def noise(self, coarse, rng):
        """Noise for coarse images (N, C, H, W): (N, planes, H, W)."""
        return torch.randn(len(coarse), self.planes, *coarse.shape[2:], generator=rng, device=rng.device)

    def fake(self, draw):
        """The draw's coarse images enlarged, with details of the generator's."""
        return self.shared_output("generator", draw, self.finished, draw.coarse, draw.noise)

    def finished(self, coarse, noise):
        """Coarse images enlarged, with the details that the generator makes of them and of noise."""
        return enlarge(coarse) + self.generator(torch.cat([coarse, noise], dim=1))

    def logits_for(self, draw, images):
        """The discriminator's logits for images beside the draw's coarse ones."""
        return self.discriminator(torch.cat([enlarge(draw.coarse), images], dim=1))

    def discriminator_cost(self, draw):
        if not self.penalties:
            return self.objective.discriminator(self.logits_for(draw, draw.real), self.logits_for(draw, self.fake(draw)))
        judge = partial(self.logits_for, draw)
        return penalised_cost(self, judge, *score(judge, draw.real, self.fake(draw)), draw)

    def generator_cost(self, draw):
        return self.objective.generator(None, self.logits_for(draw, self.fake(draw)))

    def refine(self, coarse, rng):
        """Images (N, C, 2 H, 2 W) for coarse ones (N, C, H, W), with the generator in eval mode."""
        return enlarge(coarse) + infer(self.generator, torch.cat([coarse, self.noise(coarse, rng)], dim=1))


def sample(games, count, rng):
    """`count` images (count, C, H, W) of a list of games: a `GAN` of the coarsest images, then a `Level` for each doubling."""
    first, *levels = games
    images = first.sample(count, rng)
    for level in levels:
        images = level.refine(images, rng)
    return images


def level(side, shape, *below):
    """The game of a level whose images are that large. The games below it are trained apart."""
    return Level(upsampler(shape[0] + 1, shape[0], doublings=1), dcgan_discriminator(2 * shape[0], side, refine=1))


def coarsest(side, shape):
    """A plain GAN of images of the coarsest size: that of `dcgan`."""
    return dcgan.recipe(shape).game((shape[0], side, side))


def stages(shape):
    """A GAN of the coarsest images, 8 to 15 pixels on a side, and a game for each doubling."""
    size = shape[1]
    batch, rate = (64, 2e-3) if shape[0] == 1 else (32, 1e-3)
    levels = (size // 8).bit_length() - 1

    def recipe(times, game):
        return Recipe(
            source="this course, notebook 11",
            game=partial(game, size >> times),
            batch=batch,
            optimiser=adam(rate, 0.0, 0.9),
            ema=0.995,
            prepare=lambda images: shrink(to_pixels(images), times),
        )

    return recipe(levels, coarsest), *(recipe(times, level) for times in reversed(range(levels)))
