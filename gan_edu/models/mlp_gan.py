"""GANs of multilayer perceptrons: the recipes of three articles from which many have learned. Taught in notebook 04."""

import torch
from torch import nn

from ..games import Draw
from ..networks import leaky_relu, mlp
from .gan import GAN, Latent
from .recipe import Recipe, adam


def zero_to_one(images):
    """Bytes 0…255 to [0, 1], the range of a generator that ends in a sigmoid."""
    return images.to(torch.get_default_dtype()) / 255


def _dense_generator(latent, *hidden, shape, activation, output):
    count = shape[0] * shape[1] * shape[2]
    return nn.Sequential(mlp(latent, *hidden, count, activation=activation, output=output), nn.Unflatten(1, shape))


def _dense_discriminator(*hidden, shape, **settings):
    count = shape[0] * shape[1] * shape[2]
    return nn.Sequential(nn.Flatten(), mlp(count, *hidden, 1, **settings))


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
    generator = _dense_generator(100, 256, 512, 1024, shape=shape, activation=leaky_relu, output=nn.Tanh)
    return TwiceTheFakesGAN(
        generator, _dense_discriminator(1024, 512, 256, shape=shape, activation=leaky_relu, dropout=0.3), latent=100
    )


TENSORFLOW = Recipe(
    source="GANs with TensorFlow, and their problems",
    game=tensorflow,
    batch=128,
    epochs=100,
    optimiser=adam(1e-3, 0.9, 0.999),
    prepare=zero_to_one,
)
INTRODUCTORY = Recipe(
    source="Introductory guide to GANs",
    game=introductory,
    batch=128,
    epochs=100,
    optimiser=adam(1e-3, 0.9, 0.999),
    schedule="D+G",
    prepare=zero_to_one,
)
KERAS = Recipe(source="GANs in Keras on MNIST", game=keras, batch=128, epochs=200, optimiser=adam(2e-4, 0.5, 0.999))
