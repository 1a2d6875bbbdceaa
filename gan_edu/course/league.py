"""The league of cures: one textbook GAN, one change at a time, on four grounds, each with the same small search (notebook 08).

A `Ground` says what is learned and how that is measured, `CURES` what each cure changes and which settings of its own it has;
`begin(cure, ground, seed, rates, setting)` makes a run, and `search` chooses rates and setting on development seeds, `TRIES` of them
for every cure and for the textbook. `gan-edu record league` plays it all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from .. import data, dynamics, losses, metrics, networks, penalties, training
from ..augmentations import InstanceNoise
from ..engine import Engine
from ..models.gan import GAN, FeatureMatchingGAN
from ..networks import FourierFeatures, leaky_relu, mlp

LATENT = 16


@dataclass(frozen=True)
class Ground:
    """What is to be learned.

    rounds: of the textbook GAN, the league's unit of time. rate: Adam's learning rate at the start, which the search multiplies.
    noise: half the data's standard deviation. width: inputs of the discriminator's last layer, which is linear. batches: from a seed
    to batches. generator(normalise) makes a network from 16 latents, with BatchNorm if asked for; discriminator(pack) one that judges
    `pack` samples at a time. measure: from a game and a seed to a dict of numbers; by the first of them cures are ranked.
    score: that number as one of which more is better, and of which means are taken. nothing: what is measured of a run whose weights
    did not stay finite.
    """

    rounds: int
    rate: float
    noise: float
    width: int
    batches: Callable
    generator: Callable[[bool], nn.Module]
    discriminator: Callable[[int], nn.Sequential]
    measure: Callable[[GAN, int], dict]
    score: Callable[[float], float]
    nothing: dict


def hidden_layers(width, normalise):
    """Two ReLU layers from the latents, with BatchNorm if asked for."""
    sizes = (LATENT, width), (width, width)
    norm = nn.BatchNorm1d if normalise else nn.Identity
    return [part for fan_in, out in sizes for part in (nn.Linear(fan_in, out), norm(out), nn.ReLU())]


def plane(mixture, eyes, rounds, rate, width):
    """A mixture in the plane, and networks of two hidden layers. `eyes` is what the discriminator looks through."""
    seen = eyes(torch.zeros(1, 2)).shape[1]

    def generator(normalise=False):
        return nn.Sequential(*hidden_layers(width, normalise), nn.Linear(width, 2))

    def discriminator(pack=1):
        return nn.Sequential(nn.Unflatten(1, (pack, 2)), eyes, nn.Flatten(), *mlp(seen * pack, width, width, 1))

    def measure(game, seed):
        found = metrics.modes(game.sample(2500, torch.Generator().manual_seed(seed)), mixture)
        return {"overlap": found.overlap, "modes": found.captured, "high quality": found.high_quality}

    return Ground(
        rounds, rate, noise=0.5 * mixture.centres.std().item(), width=width, batches=lambda seed: mixture.batches(128, seed),
        generator=generator, discriminator=discriminator, measure=measure, score=float,
        nothing={"overlap": 0.0, "modes": 0, "high quality": 0.0},
    )  # fmt: skip


def pictures(images, held_out, see, rounds, width=256, count=10_000):
    """Images of shape (N, C, H, W), bytes, and dense networks of two hidden layers. The distance is Fréchet's, between `count` samples
    and the images held out, in the features that `see` makes of pixels."""
    shape = tuple(images.shape[1:])
    pixels = math.prod(shape)
    real = see(data.to_pixels(held_out))

    def generator(normalise=False):
        return nn.Sequential(*hidden_layers(width, normalise), nn.Linear(width, pixels), nn.Tanh(), nn.Unflatten(1, shape))

    def discriminator(pack=1):
        return nn.Sequential(nn.Flatten(), *mlp(pixels * pack, width, width, 1, activation=leaky_relu))

    def measure(game, seed):
        generated = game.sample(count, torch.Generator().manual_seed(seed))
        return {"distance": metrics.frechet_distance(see(generated), real)}

    return Ground(
        rounds, rate=1e-3, noise=0.5, width=width,
        batches=lambda seed: data.Batches(images, size=64, seed=seed, prepare=data.to_pixels),
        generator=generator, discriminator=discriminator, measure=measure,
        score=lambda distance: -math.log(distance), nothing={"distance": 1e4},
    )  # fmt: skip


def digits():
    """Grey digits, as chapter 04 has them."""
    mnist = data.load("mnist")
    return pictures(mnist.images, mnist.held_out.images[:10_000], metrics.features, rounds=1500)


def colours():
    """Drawn digits, each class in a colour of its own: shapes and colours have to fit."""
    rng = torch.Generator().manual_seed(0)
    images = data.Glyphs.sample(14_000, rng, tilt=(-20, 20), height=(0.5, 0.7), centre=(-0.1, 0.1)).coloured().images(14)
    return pictures(images[:10_000], images[10_000:], by_channel, rounds=1000, count=2000)


def by_channel(images: Tensor) -> Tensor:
    """The judge's features of each colour of images (N, 3, H, W) by itself, (N, 384): the judge alone sees no colours."""
    return torch.cat([metrics.features(channel) for channel in images.split(1, dim=1)], dim=1)


GROUNDS = {
    "ring": lambda: plane(data.ring(), FourierFeatures(), rounds=2000, rate=2e-3, width=64),
    "grid": lambda: plane(data.grid(spacing=1.0, std=0.15), nn.Identity(), rounds=3000, rate=2e-3, width=128),
    "digits": digits,
    "colours": colours,
}


def adam(rate):
    """Adam without momentum, as notebook 07 plays its small GANs."""
    return partial(torch.optim.Adam, lr=rate, betas=(0.0, 0.9), fused=True)


def rmsprop(rate):
    """What the WGAN's authors use, at half of Adam's rates."""
    return partial(torch.optim.RMSprop, lr=rate / 2)


@dataclass(frozen=True)
class Cure:
    """One change to the textbook GAN.

    change: from a ground and a setting of the cure's own to further arguments of `models.gan.GAN` or of `training.Run`, another
    `game`, makers of another `generator` or `discriminator`, or `optimisers`: of D and G, from a rate to what makes an optimiser.
    settings: its own, the first of which is tried first.
    """

    change: Callable[[Ground, object], dict]
    settings: tuple = (None,)


def looking_at_the_batch(ground, kernels):
    """A discriminator with minibatch discrimination before its last layer."""
    *body, _ = ground.discriminator()
    return nn.Sequential(
        *body, networks.MinibatchDiscrimination(ground.width, kernels, 4), nn.Linear(ground.width + kernels, 1)
    )


def beside_a_reference(ground, size):
    """A generator with virtual BatchNorm."""
    return networks.virtual_batch_norm(ground.generator(normalise=True), torch.randn(size, LATENT))


def wgan(ground, bound):
    """Weights clipped, RMSprop, five steps of the critic."""
    optimisers = (lambda rate: training.clipped(rmsprop(rate), bound)), rmsprop
    return {"objective": losses.wasserstein, "optimisers": optimisers, "schedule": "DDDDDG"}


def wgan_gp(ground, setting):
    """The gradient penalty's weight, and the steps of the critic."""
    weight, steps = setting
    return {
        "objective": losses.wasserstein, "penalties": (penalties.GradientPenalty(weight),), "schedule": steps * "D" + "G",
    }  # fmt: skip


def noisy(ground, setting):
    """Noise that fades over a share of the rounds, from a multiple of half the data's standard deviation."""
    level, share = setting
    return {"augmentation": InstanceNoise(level * ground.noise, round(share * ground.rounds))}


def paired(ground, weight):
    """The relativistic cost with both penalties."""
    return {"objective": losses.relativistic, "penalties": (penalties.R1(weight), penalties.R2(weight))}


def optimistic(ground, schedule):
    """Optimistic Adam, in turn or all at once."""
    optimisers = (lambda rate: training.optimistic_steps(adam(rate)),) * 2
    return {"optimisers": optimisers, "schedule": schedule}


def extragradient(ground, _):
    """ExtraAdam: everybody at once, each real step with the gradient found one step ahead."""
    return {"optimisers": (lambda rate: training.extrapolated(adam(rate)),) * 2, "schedule": "D+GD+G"}


SLOPES = (0.1, 1.0, 0.01, 10.0, 0.001)
"""Weights of R1 and R2 that are tried."""

CURES = {
    "textbook": Cure(lambda ground, _: {}),
    "two rates": Cure(lambda ground, _: {}),  # Heusel et al. 2017
    "more steps of D": Cure(lambda ground, k: {"schedule": k * "D" + "G"}, (5, 2, 3, 8)),  # Goodfellow et al. 2014
    "averaged": Cure(lambda ground, decay: {"ema": decay}, (0.995, 0.99, 0.999, 0.98)),  # Yazıcı et al. 2019
    # Salimans et al. 2016, and the next four
    "label smoothing": Cure(lambda ground, real: {"objective": losses.smoothed(real)}, (0.9, 0.8, 0.7, 0.95)),
    "feature matching": Cure(lambda ground, _: {"game": FeatureMatchingGAN}),
    "historical averaging": Cure(
        lambda ground, weight: {"rule": dynamics.HistoricalAveraging(weight)}, (0.01, 0.001, 0.1, 1e-4)
    ),
    "minibatch discrimination": Cure(
        lambda ground, kernels: {"discriminator": lambda: looking_at_the_batch(ground, kernels)}, (8, 4, 16)
    ),
    "virtual BatchNorm": Cure(lambda ground, size: {"generator": lambda: beside_a_reference(ground, size)}, (64, 16, 128)),
    "instance noise": Cure(noisy, ((1.0, 0.5), (0.5, 0.5), (2.0, 0.5), (1.0, 1.0))),  # Sønderby et al. 2017
    "least squares": Cure(lambda ground, _: {"objective": losses.least_squares}),  # Mao et al. 2017
    "WGAN, clipped": Cure(wgan, (0.1, 0.03, 0.01, 0.3)),  # Arjovsky et al. 2017
    "WGAN-GP": Cure(wgan_gp, ((1.0, 5), (0.1, 5), (10.0, 5), (1.0, 2), (1.0, 1))),  # Gulrajani et al. 2017
    "spectral norm, hinge": Cure(  # Miyato et al. 2018
        lambda ground, _: {"objective": losses.hinge, "discriminator": lambda: networks.spectral(ground.discriminator())}
    ),
    "R1": Cure(lambda ground, weight: {"penalties": (penalties.R1(weight),)}, SLOPES),  # Mescheder et al. 2018
    "paired, R1 + R2": Cure(paired, SLOPES),  # Huang et al. 2024
    "packs": Cure(  # Lin et al. 2018
        lambda ground, m: {"discriminator": lambda: networks.Packed(ground.discriminator(pack=m), m)}, (4, 2, 8)
    ),
    "unrolled": Cure(
        lambda ground, steps: {"rule": dynamics.Unrolled("generator", steps, None)}, (3, 1, 5)
    ),  # Metz et al. 2017
    "at once": Cure(lambda ground, _: {"schedule": "D+G"}),  # a control for the next
    "extragradient": Cure(extragradient),  # Gidel et al. 2019
    "optimistic": Cure(optimistic, ("DG", "D+G")),  # Daskalakis et al. 2018
}
"""The textbook and what is tried in its place. What a cure does not name stays as it is."""

OF_THE_GAME = "objective", "penalties", "augmentation"


def begin(cure, ground, seed, rates=(1.0, 1.0), setting=None):
    """A fresh `training.Run` of a cure on a ground, on one thread in fp32.

    rates: what the ground's learning rate is multiplied by, for D and for G. setting: the cure's own; its first if None.
    """
    cure = CURES[cure]
    textbook = {"game": GAN, "generator": ground.generator, "discriminator": ground.discriminator, "optimisers": (adam, adam)}
    settings = textbook | cure.change(ground, cure.settings[0] if setting is None else setting)
    torch.manual_seed(seed)
    players = settings.pop("generator")(), settings.pop("discriminator")()
    costs = {name: settings.pop(name) for name in OF_THE_GAME if name in settings}
    game = settings.pop("game")(*players, LATENT, **costs)
    makers = zip(("discriminator", "generator"), settings.pop("optimisers"), rates)
    settings["optimiser"] = {player: make(share * ground.rate) for player, make, share in makers}
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


def contest(cure, ground, seed, rounds, rates=(1.0, 1.0), setting=None):
    """What a cure has come to on a ground after that many rounds, as `ground.measure` says."""
    run = begin(cure, ground, seed, rates, setting)
    for _ in annealed(run, rounds):
        pass
    finite = all(parameter.isfinite().all() for parameter in run.shown.generator.parameters())
    return ground.measure(run.shown, seed) if finite else ground.nothing


# ----- the search


TRIES = 9
EQUAL_RATES = tuple((rate, rate) for rate in (1.0, 0.5, 0.25, 2.0, 0.7, 1.4, 0.35, 0.125, 4.0))
RATES = ((1.0, 1.0), (0.5, 0.5), (0.25, 0.25), (2.0, 0.5), (1.0, 0.25), (2.0, 2.0), (4.0, 1.0), (0.5, 0.125), (0.5, 2.0))
"""Of D and G, in the order in which they are tried. The textbook has one rate for both; its `RATES` are the cure "two rates"."""
FIRST = 5  # pairs that are tried with a cure's first setting; then its others with the best pair, then further pairs


def search(cure: str, score: Callable[[tuple, object], float]) -> list[dict]:
    """The tries of a cure, each with its `rates`, its `setting` and its `score`, the best of which is what it plays with.

    score: from rates and a setting to a number of which more is better, on development seeds.
    """
    pairs = EQUAL_RATES if cure == "textbook" else RATES
    default, *others = CURES[cure].settings
    tries = []

    def attempt(rates, setting):
        tries.append({"rates": list(rates), "setting": setting, "score": score(rates, setting)})

    for rates in pairs[:FIRST]:
        attempt(rates, default)
    favourite = tuple(best(tries)["rates"])
    for setting in others[: TRIES - FIRST]:
        attempt(favourite, setting)
    for rates in pairs[FIRST : FIRST + TRIES - len(tries)]:
        attempt(rates, best(tries)["setting"])
    return tries


def best(tries):
    """The try with the highest score; of equal ones the first."""
    return max(tries, key=lambda one: one["score"])


APART = 0.02
"""What two scores must differ by: two points of overlap, two per cent of a distance. Less is not worth a word."""


def clearly_better(scores: dict[str, list[float]]) -> dict[str, tuple[int, int]]:
    """For each cure how many others it is clearly better than, and how many are clearly better than it. Clearly means that of the
    middle seeds, all but the lowest and the highest of each, the worst of one is `APART` above the best of the other. Everything else
    is a tie."""
    middle = {cure: sorted(found)[1:-1] for cure, found in scores.items()}

    def beaten(one):
        return sum(min(middle[one]) > max(other) + APART for other in middle.values())

    def beaten_by(one):
        return sum(max(middle[one]) + APART < min(other) for other in middle.values())

    return {cure: (beaten(cure), beaten_by(cure)) for cure in scores}
