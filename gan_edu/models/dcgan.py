"""The course's deep convolutional GAN (after Radford, Metz & Chintala 2016): spectral norm on one side (Miyato et al. 2018), BatchNorm
on the other, extra 3×3 convolutions where they are cheap. Taught in notebook 05."""

from ..networks import dcgan_discriminator, dcgan_generator, smallest_map
from .gan import GAN
from .recipe import Recipe, adam


def game(shape, generator=32, discriminator=16):
    """A `GAN` of images of shape (C, H, W). generator, discriminator: channels of their widest maps."""
    networks = (
        dcgan_generator(64, shape[0], shape[1], generator, refine=2),
        dcgan_discriminator(shape[0], shape[1], discriminator, refine=2),
    )
    return GAN(*networks, latent=64)


def photographs(shape):
    """The same for colour: a discriminator twice as wide, and a generator with 128 channels in its
    smallest maps (256 at 128×128)."""
    _, doublings = smallest_map(shape[1])
    return game(shape, generator=max(16, 256 >> doublings), discriminator=32)


DIGITS = Recipe(
    source="this course, notebook 05: strokes", game=game, batch=64, epochs=2, optimiser=adam(2e-3, 0.0, 0.9), ema=0.995
)
CLOTHES = Recipe(
    source="this course, notebook 05: shades of grey", game=game, batch=32, epochs=2, optimiser=adam(1e-3, 0.0, 0.9), ema=0.995
)
PHOTOGRAPHS = Recipe(
    source="this course, notebook 05: colour", game=photographs, batch=32, epochs=40, optimiser=adam(1e-3, 0.0, 0.9), ema=0.995
)


def recipe(shape):
    """The one for images of that shape: digits if they are grey, else photographs."""
    return DIGITS if shape[0] == 1 else PHOTOGRAPHS
