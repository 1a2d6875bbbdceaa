"""A thousand modes, with minutes: three digits in the three channels of an image, by three games, recorded for notebook 06.

A DCGAN as Radford, Metz & Chintala (2016) train it, the same with a discriminator that judges two images at a time (PacGAN, Lin et al.
2018), and one that compares pairs under R1 and R2, on networks without a norm (after R3GAN, Huang et al. 2024): equal widths, batches
of 64, averaged parameters, bf16, one thread, and for each as many rounds as take about as long as the others'. Of 26,000 generated
images the judge of digits reads each channel; measured are the classes found, of a thousand, and the Kullback–Leibler divergence of
their shares from equal ones, in nats. A classifier names a class whatever it is shown. So of every run's last generator it is also
measured of what share of 6,000 images it can read all three digits: gives one of ten more than half of its probability.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from gan_edu import judge, losses, penalties
from gan_edu.course import recorded
from gan_edu.data import Stream, load, to_bytes
from gan_edu.engine import Engine
from gan_edu.models.gan import GAN
from gan_edu.models.recipe import adam
from gan_edu.networks import Packed, dcgan_discriminator, dcgan_generator, dcgan_initialise, he_initialise, infer
from gan_edu.training import Run

from .hours import played
from .playing import real

WIDTH, LATENT, BATCH, AVERAGE, COUNT = 32, 100, 64, 0.999, 26_000
SEEDS, LOOKS, SHOWN = range(3), 6, 48
FEWER = 6_000


def dcgan():
    networks = dcgan_generator(LATENT, 3, 28, WIDTH), dcgan_discriminator(3, 28, WIDTH, normalise="batch")
    return GAN(*networks, LATENT).apply(dcgan_initialise)


def packed():
    pair = nn.Sequential(nn.Unflatten(1, (6, 28, 28)), dcgan_discriminator(6, 28, WIDTH, normalise="batch"))
    return GAN(dcgan_generator(LATENT, 3, 28, WIDTH), Packed(pair, 2), LATENT).apply(dcgan_initialise)


def paired():
    discriminator = dcgan_discriminator(3, 28, WIDTH, refine=1, normalise=None).apply(he_initialise)
    generator = dcgan_generator(LATENT, 3, 28, WIDTH, refine=1, normalise=False)
    return GAN(generator, discriminator, LATENT, losses.relativistic, [penalties.R1(1.0), penalties.R2(1.0)])


@dataclass(frozen=True)
class Method:
    """A game, its optimiser and its rounds."""

    game: Callable[[], GAN]
    optimiser: Callable
    rounds: int


METHODS = {
    "DCGAN": Method(dcgan, adam(2e-4, 0.5, 0.999), 9_000),
    "packs of two": Method(packed, adam(2e-4, 0.5, 0.999), 9_000),
    "paired, R1 and R2": Method(paired, adam(5e-4, 0.0, 0.99), 4_500),
}
TASKS = [(method, seed) for method in METHODS for seed in SEEDS]


def stacked(mnist, count, rng):
    """Images (count, 3, 28, 28), a random training digit in each channel."""
    return mnist.pixels(torch.randint(len(mnist), (3 * count,), generator=rng)).view(count, 3, 28, 28)


def run_of(method, seed):
    chosen, mnist = METHODS[method], real(load("mnist"))
    torch.manual_seed(seed)
    batches = Stream(partial(stacked, mnist), BATCH, seed)
    engine = Engine("bf16", threads=1)
    return Run(chosen.game(), batches, chosen.optimiser, ema=AVERAGE, engine=engine, seed=seed)


def begin():
    return {method: run_of(method, 0) for method in METHODS}


def found_in(images):
    """Of the thousand classes those that are there, and the divergence of their shares from equal ones (nats)."""
    digits = infer(judge.load(), images.flatten(0, 1).unsqueeze(1)).argmax(1).view(-1, 3)
    shares = torch.bincount(digits @ torch.tensor([100, 10, 1]), minlength=1000) / len(digits)
    return {"modes": int((shares > 0).sum()), "divergence": torch.special.xlogy(shares, 1000 * shares).sum().item()}


def look(game):
    """The first samples, as bytes, and what is found among all."""
    made = game.sample(COUNT, torch.Generator().manual_seed(0))
    return to_bytes(made[:SHOWN]), {what: round(value, 4) for what, value in found_in(made).items()}


def readable(game):
    """The share of images all three of whose digits the judge can read."""
    made = game.sample(FEWER, torch.Generator().manual_seed(0))
    surest = infer(judge.load(), made.flatten(0, 1).unsqueeze(1)).softmax(1).amax(1).view(FEWER, 3)
    return round((surest > 0.5).all(1).float().mean().item(), 4)


def game_of(method, weights):
    """A game with a generator that was kept."""
    game = METHODS[method].game()
    game.generator.load_state_dict(weights)
    return game


def contest(task, folder):
    """What came of one run: its last sheet, what is known of it, and its generator."""
    method, seed = task
    run = run_of(method, seed)
    film, about = played(run, METHODS[method].rounds, folder / "run", look, LOOKS)
    return film[-1], about | {"method": method, "seed": seed}, run.shown.generator.state_dict()


def keep(found):
    recorded.write(
        "stacked",
        configuration={"width": WIDTH, "batch": BATCH, "average": AVERAGE, "samples": COUNT},
        modules=["recordings.stacked", "gan_edu.models.gan", "gan_edu.networks.dcgan"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[method, seed][1] | {"read": readable(game_of(method, found[method, seed][2]))} for method, seed in TASKS],
        weights=found["paired, R1 and R2", 0][2],
        snapshots={method: found[method, 0][0] for method in METHODS},
    )


def remeasured():
    """What can be read of samples of the generator that is kept, beside what could be when the record was written."""
    record, kept = recorded.read("stacked"), "paired, R1 and R2"
    then = next(seed for seed in record.seeds if (seed["method"], seed["seed"]) == (kept, 0))
    return {"read": readable(game_of(kept, record.weights))}, {"read": then["read"]}
