"""A generator's inverse, with time: BiGAN on MNIST, recorded for notebook 10.

Decoder and encoder of `models/bigan.py`; a discriminator of pairs without a norm, whose slopes in images and latents R1 keeps small;
20 passes in batches of 64, bf16, one thread, rates that fall to nothing over the second half; what is shown is the average of the
parameters. Measured on 5,000 held-out digits: same, the share of reconstructions in which the judge sees the class of the digit that
was encoded; unrelated, the squared distance of reconstructions from their own digits, as a share of that from others; neighbours, the
share whose nearest of 5,000 training digits, in the latents, has their class; and the Fréchet distance, in what the judge sees, of
2,000 generated digits.
"""

import torch
from torch import nn

from gan_edu import judge, metrics, penalties
from gan_edu.course import recorded
from gan_edu.data import load, to_bytes
from gan_edu.engine import Engine
from gan_edu.models import bigan
from gan_edu.models.recipe import adam
from gan_edu.networks import dcgan_discriminator, leaky_relu, mlp

from .hours import Falling, played
from .playing import real

PASSES, BATCH, AVERAGE, RATE, R1, LATENT = 20, 64, 0.999, 5e-4, 0.1, 16
SEEDS = range(3)
TASKS = [(seed,) for seed in SEEDS]
SHOWN, TESTED = 24, 5000


def fresh_game():
    """The decoder and the encoder of the live game, and a discriminator under R1 in place of spectral norm."""
    generator = bigan.game((1, 28, 28), LATENT).generator
    trunk = nn.Sequential(dcgan_discriminator(1, 28, width=16, refine=2, normalise=None, outputs=256), leaky_relu())
    discriminator = bigan.JointDiscriminator(trunk, mlp(256 + LATENT, 256, 1, activation=leaky_relu), nn.Linear(256, LATENT))
    return bigan.BiGAN(generator, discriminator, LATENT, penalties=[penalties.R1(R1)])


def run_of(seed):
    digits = real(load("mnist"))
    torch.manual_seed(seed)
    rounds, batches, engine = PASSES * len(digits) // BATCH, digits.batches(BATCH, seed), Engine("bf16", threads=1)
    return Falling(rounds, fresh_game(), batches, adam(RATE, 0.0, 0.9), ema=AVERAGE, engine=engine, seed=seed)


def begin():
    return {"bigan": run_of(0)}


def look(game):
    """The first held-out digits reconstructed, as bytes, and what is measured of all."""
    digits, held_out = load("mnist"), load("mnist").held_out
    pictures, classes = held_out.pixels(slice(TESTED)), held_out.labels[:TESTED]
    again, latents = game.reconstruct(pictures), game.encode(pictures)
    near = torch.cdist(latents, game.encode(digits.pixels(slice(TESTED)))).argmin(1)
    made = game.sample(2000, torch.Generator().manual_seed(0))
    measures = {
        "same": (judge.load()(again).argmax(1) == classes).float().mean(),
        "unrelated": (again - pictures).square().mean() / (again - pictures.roll(1, 0)).square().mean(),
        "neighbours": (digits.labels[near] == classes).float().mean(),
        "distance": metrics.frechet_distance(metrics.features(made), metrics.features(held_out.images)),
    }
    return to_bytes(again[:SHOWN]), {what: round(float(value), 4) for what, value in measures.items()}


def contest(task, folder):
    """What came of a seed: the film, what is known of the run, and decoder and encoder."""
    run = run_of(*task)
    film, about = played(run, run.rounds, folder / "run", look, looks=PASSES)
    return film, about, run.shown.generator.state_dict()


def keep(found):
    recorded.write(
        "bigan",
        configuration={"passes": PASSES, "batch": BATCH, "average": AVERAGE, "rate": RATE, "R1": R1, "latent": LATENT},
        modules=["recordings.bigan", "gan_edu.models.bigan", "gan_edu.models.gan"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[task][1] for task in TASKS],
        weights=found[0,][2],
        snapshots={"digits": load("mnist").held_out.images[:SHOWN]},
        films={"reconstructions": found[0,][0]},
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record = recorded.read("bigan")
    game = fresh_game()
    game.generator.load_state_dict(record.weights)
    return look(game)[1], record.seeds[0]["measures"][-1]
