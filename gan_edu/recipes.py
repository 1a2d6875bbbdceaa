"""Recipes: a game and how to play it, by name. The articles' own settings, and the course's.

    game, history = recipes.play("keras", mnist, rounds=1000)

Taught in notebooks 04 (dense networks), 05 (convolutions), 10 (games with labels, codes and encoders), 11 (captions), 12 (translation)
and 13 (next frames, denoising, few labels).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from . import networks, training
from .augmentations import DifferentiableAugmentation, warp
from .data.images import to_pixels
from .errors import GameError
from .games import Draw
from .models.bigan import Bidirectional, BiGAN, JointDiscriminator
from .models.conditional import AuxiliaryClassifierGAN, ConditionalGAN, InfoGAN
from .models.gan import GAN, Latent
from .models.restoration import Denoising, NextFrame
from .models.semi_supervised import SemiSupervisedGAN
from .models.stackgan import StageI, StageII
from .models.translation import CycleGAN, DiscoGAN, Pix2Pix


def zero_to_one(images):
    """Bytes 0…255 to [0, 1], the range of a generator that ends in a sigmoid."""
    return images.to(torch.get_default_dtype()) / 255


@dataclass(frozen=True)
class Recipe:
    """Everything that a run needs besides data, seed and length.

    game: from the shape (C, H, W) of an image to a `GAN`; in the zoo, where games follow one another, to any game, from the shape and
        the games before it. epochs: how long the source trains, in passes over the data.
    prepare: from bytes to what the networks see. labels: whether the game is told them. The other fields are `play`'s.
    """

    source: str
    game: Callable[[tuple[int, int, int]], GAN]
    batch: int
    epochs: int
    optimiser: Callable | dict
    schedule: str = "DG"
    prepare: Callable = to_pixels
    labels: bool = False
    ema: float | None = None


def play(name, images, rounds=None, seed=0, device="cpu", **settings):
    """Plays a named recipe on an `ImageSet`; as many rounds as its epochs make if `rounds` is not given.

    settings: further arguments for `training.play`. Returns (game, history). Raises GameError for an unknown name.
    """
    recipe = named(name)
    torch.manual_seed(seed)
    game = recipe.game(images.shape).to(device)
    batches = images.batches(recipe.batch, seed, device, labels=recipe.labels, prepare=recipe.prepare)
    history = training.play(
        game,
        batches,
        rounds if rounds is not None else recipe.epochs * (len(images) // recipe.batch),
        seed=seed,
        **{name: getattr(recipe, name) for name in ("optimiser", "schedule", "ema")} | settings,
    )
    return game, history


def named(name):
    """The recipe of that name."""
    if name not in RECIPES:
        raise GameError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]


def pixels(name, generated):
    """What a recipe's generator made, brought to pixels in [-1, 1]."""
    return 2 * generated - 1 if named(name).prepare is zero_to_one else generated


def _dense_generator(latent, *hidden, shape, activation, output):
    count = shape[0] * shape[1] * shape[2]
    return nn.Sequential(networks.mlp(latent, *hidden, count, activation=activation, output=output), nn.Unflatten(1, shape))


def _dense_discriminator(*hidden, shape, **settings):
    count = shape[0] * shape[1] * shape[2]
    return nn.Sequential(nn.Flatten(), networks.mlp(count, *hidden, 1, **settings))


def _glorot(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_normal_(module.weight)
        nn.init.zeros_(module.bias)


def tensorflow(shape):
    """One hidden layer of 128 on each side, uniform latents."""
    generator = _dense_generator(100, 128, shape=shape, activation=nn.ReLU, output=nn.Sigmoid)
    discriminator = _dense_discriminator(128, shape=shape)
    return GAN(generator.apply(_glorot), discriminator.apply(_glorot), Latent(100, "uniform"))


class RegularisedGAN(GAN):
    """A GAN in which each player also pays for its own weights: strength · (|w|₁ + |w|²), summed over weight matrices."""

    strength = 1e-5

    def discriminator_cost(self, draw):
        return super().discriminator_cost(draw) + self.price(self.discriminator)

    def generator_cost(self, draw):
        return super().generator_cost(draw) + self.price(self.generator)

    def price(self, network):
        """What a player pays for its network, a scalar: strength · Σ (|w| + w²) over all weight matrices, not the biases."""
        weights = [layer.weight for layer in network.modules() if isinstance(layer, nn.Linear)]
        return self.strength * sum(w.abs().sum() + w.square().sum() for w in weights)


def introductory(shape):
    """Two hidden layers of 500 on each side, L1 and L2 regularisation of all weights."""
    generator = _dense_generator(100, 500, 500, shape=shape, activation=nn.ReLU, output=nn.Sigmoid)
    return RegularisedGAN(generator, _dense_discriminator(500, 500, shape=shape), latent=100)


class TwiceTheFakesGAN(GAN):
    """A GAN whose generator learns from twice as many latents as the discriminator: 256 against 128 real and 128 fakes."""

    def draw(self, real, rng):
        draw = super().draw(real, rng)
        draw.latent = torch.cat([draw.latent, self.latent.draw(len(real), rng)])
        return draw

    def discriminator_cost(self, draw):
        return super().discriminator_cost(Draw(**vars(draw) | {"latent": draw.latent[: len(draw.real)]}))


def keras(shape):
    """A generator that widens 256–512–1024 and a discriminator that narrows 1024–512–256, with dropout."""
    leaky = networks.leaky_relu
    generator = _dense_generator(100, 256, 512, 1024, shape=shape, activation=leaky, output=nn.Tanh)
    return TwiceTheFakesGAN(
        generator, _dense_discriminator(1024, 512, 256, shape=shape, activation=leaky, dropout=0.3), latent=100
    )


def dcgan(shape, generator=32, discriminator=16):
    """The course's own: spectral norm on one side, BatchNorm on the other, extra 3×3 convolutions where they are cheap.

    generator, discriminator: channels of their widest maps.
    """
    generator = networks.dcgan_generator(64, shape[0], shape[1], generator, refine=2)
    return GAN(generator, networks.dcgan_discriminator(shape[0], shape[1], discriminator, refine=2), latent=64)


def photographs(shape):
    """The same for colour: a discriminator twice as wide, and a generator with 128 channels in its
    smallest maps (256 at 128×128)."""
    _, doublings = networks.smallest_map(shape[1])
    return dcgan(shape, generator=max(16, 256 >> doublings), discriminator=32)


def conditional(shape, game=ConditionalGAN, classes=10):
    """The networks of `dcgan`, told a label: a `ConditionalGAN` or an `AuxiliaryClassifierGAN`."""
    generator, discriminator = _told(shape, 64, classes)
    return game(generator, discriminator, latent=64, classes=classes)


def infogan(shape, categories=10, continuous=1, weight=0.03, loudness=1 / 4, changes=(warp,)):
    """The networks of `dcgan`, told a code, which the discriminator's second head reads. The latents are quiet: so the generator
    begins with nearly one image for each category (as in ClusterGAN, Mukherjee et al. 2019).

    loudness: of the latents, beside a one for the category. changes: what a `DifferentiableAugmentation` does to images, if anything:
        what a category should not depend on.
    """
    generator, discriminator = _told(shape, 64, categories + continuous)
    features = discriminator[-1].in_features
    heads = networks.Heads(networks.spectral(nn.Linear(features, 1)), nn.Linear(features, categories + continuous))
    augmentation = DifferentiableAugmentation(*changes) if changes else None
    return InfoGAN(
        generator,
        nn.Sequential(*discriminator[:-1], heads),
        Latent(64, scale=loudness),
        categories,
        continuous,
        weight,
        augmentation,
    )


def _told(shape, latent, extra):
    generator = networks.dcgan_generator(latent + extra, shape[0], shape[1], width=32, refine=2)
    return generator, networks.dcgan_discriminator(shape[0], shape[1], width=16, refine=2, outputs=1 + extra)


def bigan(shape, latent=16):
    """The networks of `dcgan`, and an encoder with BatchNorm. The latents are few, so that they say something."""
    decoder = networks.dcgan_generator(latent, shape[0], shape[1], width=32, refine=2)
    encoder = networks.dcgan_discriminator(shape[0], shape[1], width=16, refine=2, normalise="batch", outputs=latent)
    trunk = networks.dcgan_discriminator(shape[0], shape[1], width=16, refine=2, outputs=256)
    head = networks.spectral(networks.mlp(256 + latent, 256, 1, activation=networks.leaky_relu))
    match = networks.spectral(nn.Linear(256, latent))
    discriminator = JointDiscriminator(nn.Sequential(trunk, networks.leaky_relu()), head, match)
    return BiGAN(Bidirectional(decoder, encoder), discriminator, latent)


def semi_supervised(shape, classes=10):
    """Dense networks as Salimans et al. (2016) have for MNIST, smaller, with dropout where they add noise: without it a hundred
    labels are soon known by heart, and the classes learn nothing more from the images without."""
    pixels = math.prod(shape)
    hidden = [nn.Linear(64, 500), nn.BatchNorm1d(500), nn.ReLU(), nn.Linear(500, 500), nn.BatchNorm1d(500), nn.ReLU()]
    generator = nn.Sequential(*hidden, nn.Linear(500, pixels), nn.Tanh(), nn.Unflatten(1, shape))
    body = [nn.Flatten(), nn.Dropout(0.2), networks.mlp(pixels, 500, 250, 250, dropout=0.4), nn.ReLU(), nn.Dropout(0.4)]
    return SemiSupervisedGAN(generator, nn.Sequential(*body, nn.Linear(250, classes)), latent=64)


def pix2pix(shape, adversarial=0.3):
    """A U-Net, and a discriminator of patches of 46 pixels with BatchNorm. adversarial: weight of its part in the cost."""
    return Pix2Pix(networks.UNet(shape[0], *shape[:2]), networks.patchgan(2 * shape[0], normalise="batch"), adversarial)


def cyclegan(shape):
    """Two U-Nets, and two discriminators of patches with spectral norm."""
    return CycleGAN(*_translators(shape), shape, shape)


def discogan(shape):
    """The networks of `cyclegan`."""
    return DiscoGAN(*_translators(shape))


def _translators(shape):
    return *[networks.UNet(shape[0], *shape[:2]) for _ in "ab"], *[networks.patchgan(shape[0]) for _ in "ab"]


def next_frame(shape, frames=5):
    """A U-Net, and a discriminator of patches of 22 pixels that is shown all frames, with BatchNorm."""
    judge = networks.patchgan(frames * shape[0], layers=2, normalise="batch")
    return NextFrame(networks.UNet((frames - 1) * shape[0], *shape[:2]), judge, adversarial=0.05, weight=1.0)


def denoising(shape):
    """The same for an image with noise and the one without."""
    judge = networks.patchgan(2 * shape[0], layers=2, normalise="batch")
    return Denoising(networks.UNet(shape[0], *shape[:2]), judge, adversarial=0.1, weight=1.0)


TOLD = {"code": 32, "features": 128, "weight": 1e-3, "slope": 0.02}  # how both stages hear captions, and R1


def stage_one(shape, words, mean=0.0, matching=True):
    """The first stage of a StackGAN: a DCGAN that is told a caption, and a `sum_pool_discriminator` under R1.

    shape: of its own, small images. words: in the vocabulary. mean: of the images' pixels.
    """
    generator = networks.dcgan_generator(4 + TOLD["code"], shape[0], shape[1], width=32, refine=1)
    judge = networks.sum_pool_discriminator(*shape[:2], 32, mean, outputs=1 + TOLD["features"])
    return StageI(generator, judge, words, latent=4, matching=matching, **TOLD)


def stage_two(shape, first, words, mean=0.0):
    """The second stage: what an upsampler adds to the images of the first, which are half as large as `shape` says. Its discriminator
    does not sum over places, but flattens its last maps: what is left to say is mostly about edges."""
    generator = networks.upsampler(shape[0] + TOLD["code"], shape[0], doublings=1, smooth=True)
    generator[:-1].apply(networks.he_initialise)  # the last layer begins at 0
    layers = networks.dcgan_discriminator(*shape[:2], 16, refine=1, normalise=None, outputs=1 + TOLD["features"])
    judge = nn.Sequential(networks.Centred(mean), *layers).apply(networks.he_initialise)
    return StageII(first, generator, judge, words, **TOLD)


STROKES = Recipe(
    "this course, notebook 05: strokes",
    dcgan,
    batch=64,
    epochs=2,
    optimiser=partial(torch.optim.Adam, lr=2e-3, betas=(0.0, 0.9), fused=True),
    ema=0.995,
)
SHADES = replace(
    STROKES,
    source="this course, notebook 05: shades of grey",
    batch=32,
    optimiser=partial(torch.optim.Adam, lr=1e-3, betas=(0.0, 0.9), fused=True),
)
# Of games whose batches are pairs, films or captioned scenes, which no `ImageSet` deals out: they are in no table.
TRANSLATION = replace(
    SHADES,
    source="this course, notebook 12",
    batch=8,
    optimiser=partial(torch.optim.Adam, lr=1e-3, betas=(0.5, 0.99), fused=True),
)
RESTORATION = replace(
    TRANSLATION,
    source="this course, notebook 13",
    batch=32,
    optimiser=partial(torch.optim.Adam, lr=2e-3, betas=(0.5, 0.99), fused=True),
)
CAPTIONS = replace(STROKES, source="this course, notebook 11: a first stage", batch=32)
DETAILS = replace(SHADES, source="this course, notebook 11: a second stage", batch=16)
RECIPES = {
    "dcgan": STROKES,
    "clothes": SHADES,
    "photographs": replace(SHADES, source="this course, notebook 05: colour", game=photographs, epochs=40),
    "tensorflow": Recipe(
        "GANs with TensorFlow, and their problems",
        tensorflow,
        batch=128,
        epochs=100,
        optimiser=partial(torch.optim.Adam, lr=1e-3, fused=True),
        prepare=zero_to_one,
    ),
    "introductory": Recipe(
        "Introductory guide to GANs",
        introductory,
        batch=128,
        epochs=100,
        optimiser=partial(torch.optim.Adam, lr=1e-3, fused=True),
        schedule="D+G",
        prepare=zero_to_one,
    ),
    "keras": Recipe("GANs in Keras on MNIST", keras, batch=128, epochs=200, optimiser=training.adam),
    "conditional": replace(STROKES, source="this course, notebook 10: a label", game=conditional, labels=True),
    "auxiliary classifier": replace(
        STROKES,
        source="this course, notebook 10: a label",
        game=partial(conditional, game=AuxiliaryClassifierGAN),
        labels=True,
    ),
    "infogan": replace(STROKES, source="this course, notebook 10: a code", game=infogan),
    "bigan": replace(STROKES, source="this course, notebook 10: an encoder", game=bigan),
}
