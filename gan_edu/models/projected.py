"""A discriminator that sees what a trained network sees: the projected GAN (Sauer, Chitta, Müller & Geiger 2021), here told a label,
and with the paired cost and the penalties of R3GAN (Huang et al. 2024) in place of hinge and spectral norm. Taught in notebook 10.

Left out: the random mixing of channels and scales. Added: the discriminator also sees the pixels.
"""

import math
from functools import partial

import torch
from torch import nn

from ..augmentations import DifferentiableAugmentation, colour, translation
from ..losses import relativistic
from ..networks import he_initialise, leaky_relu, residual_generator
from ..penalties import R1, R2
from .conditional import ConditionalGAN
from .recipe import Recipe, adam


class ProjectedGAN(ConditionalGAN):
    """A conditional GAN whose discriminator sees maps and not images. Penalties ask for small slopes with respect to what it sees.

    eyes: function from images (N, C, H, W) to a list of maps, (N, C_k, H_k, W_k), which is frozen and no part of the game, such as
        `judge.load(colour=True).maps`. Put the images themselves into the list, and nothing is lost to the discriminator.
    discriminator: network from all numbers of those maps in a row, (N, all), to (N, 1 + classes), such as a
        `MapsDiscriminator`.
    """

    def __init__(self, generator, discriminator, eyes, latent, classes, *others, **settings):
        super().__init__(generator, discriminator, latent, classes, *others, **settings)
        self.eyes = eyes

    def request(self, latent, labels):
        """Latents with labels, which are as loud as one latent for each class: a single 1 among many latents is hardly heard."""
        latent, label = super().request(latent, labels).split([latent.shape[1], self.classes], dim=1)
        return torch.cat([latent, math.sqrt(self.classes) * label], dim=1)

    def seen_real(self, draw):
        """What the eyes see in the real samples, which went through the augmentation before."""
        return self.seen(super().seen_real(draw))

    def seen_fake(self, draw):
        """And in the generated ones."""
        return self.seen(super().seen_fake(draw))

    def seen(self, images):
        """All that the eyes see in images, in a row: (N, all)."""
        return torch.cat([seen.flatten(1) for seen in self.eyes(images)], dim=1)


class MapsDiscriminator(nn.Module):
    """A small discriminator for each map, and what they say together: (N, all) to (N, outputs), where a sample is all numbers of maps
    of these shapes (C, H, H) in a row. Each halves its map by convolutions until it is 2×2. The outputs are their sums over the maps,
    divided by the root of the maps' number. There is no norm: it needs penalties.

    width: channels after the first halving of a map, and after the others twice as many. Of images it is three eighths of that at
        first, and doubles with each halving.
    """

    def __init__(self, shapes, outputs, width=64):
        super().__init__()
        self.shapes = [tuple(shape) for shape in shapes]
        self.parts = nn.ModuleList(self.part(*shape[:2], outputs, width) for shape in shapes)
        self.apply(he_initialise)
        for part in self.parts:
            part[-1].weight.data[1:] *= 0.1  # what a label adds is little at first

    def part(self, channels, side, outputs, width):
        """The discriminator of one map."""
        layers, after = [], width if channels > 3 else 3 * width // 8
        while side > 2:
            layers += [nn.Conv2d(channels, after, kernel_size=4, stride=2, padding=1), leaky_relu()]
            channels, after, side = after, min(2 * after, 2 * width), side // 2
        last = nn.Conv2d(channels, 2 * width, kernel_size=3, padding=1)
        return nn.Sequential(*layers, last, leaky_relu(), nn.Flatten(), nn.Linear(2 * width * side**2, outputs))

    def forward(self, seen):
        maps = seen.split([math.prod(shape) for shape in self.shapes], dim=1)
        answers = [part(each.unflatten(1, shape)) for part, each, shape in zip(self.parts, maps, self.shapes)]
        return torch.stack(answers).sum(0) / math.sqrt(len(answers))


def game(shape, classes, eyes, latent=64):
    """For photographs of shape (C, H, H), seen with these eyes."""
    with torch.no_grad():
        shapes = [seen.shape[1:] for seen in eyes(torch.zeros(1, *shape))]
    networks = residual_generator(latent + classes, *shape[:2]), MapsDiscriminator(shapes, 1 + classes)
    augmentation = DifferentiableAugmentation(colour, translation)
    return ProjectedGAN(*networks, eyes, latent, classes, relativistic, [R1(10.0), R2(10.0)], augmentation)


def recipe(shape, classes, eyes):
    """For photographs of that shape."""
    return Recipe(
        source="this course, notebook 10: a trained network's eyes",
        game=partial(game, classes=classes, eyes=eyes),
        batch=32,
        optimiser=adam(2e-4, 0.0, 0.99),
        ema=0.998,
        labels=True,
    )
