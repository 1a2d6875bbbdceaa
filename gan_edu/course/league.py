"""The league of cures: one textbook GAN, one change at a time, on three grounds (notebook 08).

A `Ground` says what is learned and how that is measured, `CURES` what each cure changes; `contest(cure, ground, seed, rounds)` plays
one on the other. `gan-edu bench league` plays them all and records what came of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from .. import data, dynamics, losses, metrics, networks, penalties, training
from ..augmentations import InstanceNoise
from ..engine import Engine
from ..models.gan import GAN, FeatureMatchingGAN
from ..networks import FourierFeatures, leaky_relu, mlp


@dataclass(frozen=True)
class Ground:
    """What is to be learned, and the textbook's settings for it.

    rounds: of the textbook GAN, the league's unit of time. rate: Adam's learning rate at the start, for both players. noise: standard
    deviation of instance noise at the start. gamma: weight of R1 and R2. slope: weight of WGAN-GP's penalty. width: inputs of the
    discriminator's last layer, which is linear. batches: from a seed to batches. generator(normalise) makes a network from 16
    latents, with BatchNorm if asked for; discriminator(pack) one that judges `pack` samples at a time. measure: from a game and a
    seed to a dict of numbers, the one by which cures are ranked first.
    """

    rounds: int
    rate: float
    noise: float
    gamma: float
    slope: float
    width: int
    batches: Callable
    generator: Callable[[bool], nn.Module]
    discriminator: Callable[[int], nn.Sequential]
    measure: Callable[[GAN, int], dict]


LATENT = 16


def hidden_layers(width, normalise):
    """Two ReLU layers from the latents, with BatchNorm if asked for."""
    sizes = (LATENT, width), (width, width)
    norm = nn.BatchNorm1d if normalise else nn.Identity
    return [part for fan_in, out in sizes for part in (nn.Linear(fan_in, out), norm(out), nn.ReLU())]


def plane(mixture, eyes, rounds, **settings):
    """A mixture in the plane, and networks of two hidden layers of 64 or 128 units. `eyes` is what the discriminator looks through."""
    width = settings["width"]
    seen = eyes(torch.zeros(1, 2)).shape[1]

    def generator(normalise=False):
        return nn.Sequential(*hidden_layers(width, normalise), nn.Linear(width, 2))

    def discriminator(pack=1):
        return nn.Sequential(nn.Unflatten(1, (pack, 2)), eyes, nn.Flatten(), *mlp(seen * pack, width, width, 1))

    def measure(game, seed):
        found = metrics.modes(game.sample(2500, torch.Generator().manual_seed(seed)), mixture)
        return {"overlap": found.overlap, "modes": found.captured, "high quality": found.high_quality}

    noise = 0.5 * mixture.centres.std().item()
    return Ground(
        rounds, noise=noise, slope=1.0, batches=lambda seed: mixture.batches(128, seed),
        generator=generator, discriminator=discriminator, measure=measure, **settings,
    )  # fmt: skip


def pictures(images, rounds, width=256):
    """Images, and dense networks of two hidden layers."""
    pixels = math.prod(images.shape)
    examiner = metrics.Examiner(images)

    def generator(normalise=False):
        return nn.Sequential(
            *hidden_layers(width, normalise), nn.Linear(width, pixels), nn.Tanh(), nn.Unflatten(1, images.shape)
        )

    def discriminator(pack=1):
        return nn.Sequential(nn.Flatten(), *mlp(pixels * pack, width, width, 1, activation=leaky_relu))

    def measure(game, seed):
        generated = game.sample(examiner.count, torch.Generator().manual_seed(seed))
        return {"distance": examiner.examine(generated).value}

    return Ground(
        rounds, rate=1e-3, noise=0.5, gamma=5.0, slope=10.0, width=width, batches=lambda seed: images.batches(64, seed),
        generator=generator, discriminator=discriminator, measure=measure,
    )  # fmt: skip


GROUNDS = {
    "ring": lambda: plane(data.ring(), FourierFeatures(), rounds=2000, rate=2e-3, gamma=0.02, width=64),
    "grid": lambda: plane(data.grid(), nn.Identity(), rounds=5000, rate=4e-3, gamma=0.1, width=128),
    "digits": lambda: pictures(data.load("mnist"), rounds=1500),
}


def adam(rate):
    """Adam without momentum: with it, these small networks do worse under every cost (notebook 07)."""
    return partial(torch.optim.Adam, lr=rate, betas=(0.0, 0.9), fused=True)


def looking_at_the_batch(ground):
    """A discriminator with minibatch discrimination before its last layer."""
    *body, _ = ground.discriminator()
    return nn.Sequential(*body, networks.MinibatchDiscrimination(ground.width, 8, 4), nn.Linear(ground.width + 8, 1))


def beside_a_reference(ground):
    """A generator with virtual BatchNorm."""
    return networks.virtual_batch_norm(ground.generator(normalise=True), torch.randn(64, LATENT))


def wgan(ground):
    """Weights clipped, RMSprop, five steps of the critic."""
    rmsprop = partial(torch.optim.RMSprop, lr=ground.rate / 2)
    optimiser = {"discriminator": training.clipped(rmsprop, 0.1), "generator": rmsprop}
    return {"objective": losses.wasserstein, "optimiser": optimiser, "schedule": "DDDDDG"}


def wgan_gp(ground):
    """The gradient penalty, five steps of the critic."""
    return {"objective": losses.wasserstein, "penalties": (penalties.GradientPenalty(ground.slope),), "schedule": "DDDDDG"}


def paired(ground):
    """The relativistic cost with both penalties."""
    return {"objective": losses.relativistic, "penalties": (penalties.R1(ground.gamma), penalties.R2(ground.gamma))}


CURES = {
    "textbook": lambda ground: {},
    "five steps of D": lambda ground: {"schedule": "DDDDDG"},  # Goodfellow et al. 2014
    "two rates": lambda ground: {  # Heusel et al. 2017
        "optimiser": {"discriminator": adam(4 * ground.rate), "generator": adam(ground.rate)}
    },
    "averaged": lambda ground: {"ema": 0.995},  # Yazıcı et al. 2019
    "label smoothing": lambda ground: {"objective": losses.smoothed(0.9)},  # Salimans et al. 2016, and the next four
    "feature matching": lambda ground: {"game": FeatureMatchingGAN},
    "historical averaging": lambda ground: {"rule": dynamics.HistoricalAveraging(0.01)},
    "minibatch discrimination": lambda ground: {"discriminator": lambda: looking_at_the_batch(ground)},
    "virtual BatchNorm": lambda ground: {"generator": lambda: beside_a_reference(ground)},
    "instance noise": lambda ground: {"augmentation": InstanceNoise(ground.noise, ground.rounds // 2)},  # Sønderby et al. 2017
    "least squares": lambda ground: {"objective": losses.least_squares},  # Mao et al. 2017
    "WGAN, clipped": wgan,  # Arjovsky et al. 2017
    "WGAN-GP": wgan_gp,  # Gulrajani et al. 2017
    "spectral norm, hinge": lambda ground: {  # Miyato et al. 2018
        "objective": losses.hinge,
        "discriminator": lambda: networks.spectral(ground.discriminator()),
    },
    "R1": lambda ground: {"penalties": (penalties.R1(ground.gamma),)},  # Mescheder et al. 2018
    "paired, R1 + R2": paired,  # Huang et al. 2024
    "packs of 4": lambda ground: {"discriminator": lambda: networks.Packed(ground.discriminator(pack=4), 4)},  # Lin et al. 2018
    "unrolled, 3 steps": lambda ground: {"rule": dynamics.Unrolled("generator", 3, 0.01)},  # Metz et al. 2017
    "extragradient": lambda ground: {"rule": dynamics.Extragradient(ground.rate), "schedule": "D+G"},  # Gidel et al. 2019
    "optimistic": lambda ground: {"optimiser": training.optimistic_steps(adam(ground.rate))},  # Daskalakis et al. 2018
}
"""From a name to what it changes: a function of the ground that returns further arguments of `models.gan.GAN` or of `training.Run`,
another `game`, or makers of another `generator` or `discriminator`. What a cure does not name stays as it is."""

OF_THE_GAME = "objective", "penalties", "augmentation"


def begin(cure, ground, seed):
    """A fresh `training.Run` of a cure on a ground, on one thread in fp32."""
    textbook = {
        "game": GAN,
        "generator": ground.generator,
        "discriminator": ground.discriminator,
        "optimiser": adam(ground.rate),
    }
    settings = textbook | CURES[cure](ground)
    torch.manual_seed(seed)
    players = settings.pop("generator")(), settings.pop("discriminator")()
    costs = {name: settings.pop(name) for name in OF_THE_GAME if name in settings}
    game = settings.pop("game")(*players, LATENT, **costs)
    return training.Run(game, ground.batches(seed), engine=Engine("fp32", 1), seed=seed, **settings)


def annealed(run, rounds):
    """Plays `rounds` rounds while all learning rates fall to zero along half a cosine; yields after each round."""
    groups = [group for optimiser in run.optimisers.values() for group in optimiser.param_groups]
    rates = [group["lr"] for group in groups]
    for k in range(rounds):
        for group, rate in zip(groups, rates):
            group["lr"] = rate * (1 + math.cos(math.pi * k / rounds)) / 2
        run.round()
        yield


def contest(cure, ground, seed, rounds):
    """What a cure has come to on a ground after that many rounds, as `ground.measure` says."""
    run = begin(cure, ground, seed)
    for _ in annealed(run, rounds):
        pass
    return ground.measure(run.shown, seed)
