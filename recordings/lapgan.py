"""Flowers from coarse to fine, with time: LAPGAN at 64×64 beside a plain GAN, recorded for notebook 11.

Oxford's seventeen kinds of flowers, 1,224 training photographs and their mirror images. The four games of `models/lapgan.py`, from 8×8
to 64×64, are trained apart. In place of spectral norm the levels have R1, with which they came nearer to the photographs and used more
of their noise; of the weights 10 and 100 the larger was better to 16 and 32 pixels, and was not tried to 64. The plain GAN, the
article's of `article.py` at half the side, has about the time of the four together; of four that were tried for two minutes it came
nearest. Batches of 32, bf16, one thread, rates that fall to nothing over the second half of each run, averaged parameters.

Distances are Fréchet distances to the held-out photographs, shrunk where that is said, in what the second judge sees, whom no training
here knows; of 1,224 generated images, or of the 136 that a level makes of the held-out photographs' own thumbnails. Beside these stand
the same thumbnails enlarged by linear interpolation.
"""

from functools import cache, partial

import torch

from gan_edu import judge, metrics, penalties
from gan_edu.course import recorded
from gan_edu.data import to_bytes, to_pixels
from gan_edu.engine import Engine
from gan_edu.models import lapgan
from gan_edu.models.gan import GAN
from gan_edu.models.recipe import adam
from gan_edu.networks import dcgan_discriminator, dcgan_generator, dcgan_initialise, upsampler

from . import article
from .flowers import SIDE, flowers, mirrored
from .hours import Falling, played

BATCH, AVERAGE, LOOKS, SHOWN = 32, 0.999, 6, 32
SHAPE = (3, SIDE, SIDE)
ROUNDS = {8: 6_000, 16: 5_000, 32: 4_000, 64: 4_000, "plain": 11_000}  # by the side of what a level makes
R1 = {16: 100.0, 32: 100.0, 64: 10.0}
TASKS = [(seed,) for seed in range(3)]


def halvings(side):
    """How often a photograph is shrunk to that side."""
    return (SIDE // side).bit_length() - 1


def shrunk(images, times):
    """Bytes as pixels, shrunk so many times."""
    return lapgan.shrink(to_pixels(images), times)


def run_of(part, seed):
    """The run of a level, or of the plain GAN."""
    torch.manual_seed(seed)
    engine = Engine("bf16", threads=1)
    if part == "plain":
        batches = mirrored(flowers()).batches(BATCH, seed)
        return Falling(ROUNDS[part], plain(), batches, schedule="DGG", ema=AVERAGE, engine=engine, seed=seed)
    game = lapgan.coarsest(part, SHAPE) if part == min(halves()) else level(part)
    batches = mirrored(flowers()).batches(BATCH, seed, prepare=partial(shrunk, times=halvings(part)))
    return Falling(ROUNDS[part], game, batches, adam(1e-3, 0.0, 0.9), ema=AVERAGE, engine=engine, seed=seed)


def level(side):
    """That of `models/lapgan.py` with R1 in place of spectral norm."""
    discriminator = dcgan_discriminator(6, side, refine=1, normalise=None)
    return lapgan.Level(upsampler(4, 3, doublings=1), discriminator, penalties=[penalties.R1(R1[side])])


def plain():
    """The article's networks, untrained."""
    stack = {"size": SIDE, "width": article.WIDTH, "depth": 4}
    networks = dcgan_generator(article.LATENT, 3, **stack), dcgan_discriminator(3, normalise="batch", **stack)
    return GAN(*networks, latent=article.LATENT).apply(dcgan_initialise)


def halves():
    """The sides of the pyramid's images, the smallest first."""
    return [part for part in ROUNDS if part != "plain"]


def begin():
    return {str(part): run_of(part, 0) for part in ROUNDS}


@cache
def photographs(side):
    """Held-out photographs of that side, and what the second judge sees in them."""
    images = lapgan.shrink(flowers().held_out.pixels(), halvings(side))
    return images, seen(images)


def seen(images):
    return judge.load(colour=True, second=True).features(images.clamp(-1, 1))


def apart(images, side):
    """The distance of images from the held-out photographs of that side."""
    return metrics.frechet_distance(seen(images), photographs(side)[1])


def sampled(games):
    """What the pyramid makes, or a GAN alone."""
    return lapgan.sample(games, len(flowers()), torch.Generator().manual_seed(0))


def look(part, game):
    """How far from the photographs is what a level makes of their own thumbnails, or a GAN of its latents; no pictures are kept, for
    the first would be photographs."""
    if isinstance(game, lapgan.Level):
        made = game.refine(photographs(part // 2)[0], torch.Generator().manual_seed(0))
    else:
        made = sampled([game])
    return to_bytes(made[:0]), {"distance": round(apart(made, made.shape[-1]), 4)}


def examined(images):
    """What whole images have in common with photographs."""
    precision, recall = metrics.precision_recall(seen(flowers().pixels()), seen(images))
    found = {
        "distance": apart(images, SIDE),
        "precision": precision,
        "recall": recall,
        "sharpness": metrics.sharpness(images.clamp(-1, 1)) / metrics.sharpness(photographs(SIDE)[0]),
    }
    return {what: round(value, 4) for what, value in found.items()}


def contest(task, folder):
    """What came of a seed: of each run what is known of it, and the generator; of the pyramid and of the plain GAN what is measured
    of their images, and the first of these."""
    (seed,) = task
    runs, games = {}, {}
    for part in ROUNDS:
        run = run_of(part, seed)
        _, about = played(run, run.rounds, folder / str(part), partial(look, part), LOOKS)
        runs[str(part)], games[part] = about, run.shown
    made = {"LAPGAN": sampled([games[side] for side in halves()]), "plain GAN": sampled([games["plain"]])}
    about = {"runs": runs, "samples": {which: examined(images) for which, images in made.items()}}
    weights = {f"{side}.{key}": value for side in halves() for key, value in games[side].generator.state_dict().items()}
    return about, weights, {which: to_bytes(images[:SHOWN].clamp(-1, 1)) for which, images in made.items()}


def keep(found):
    enlarged = {str(side): round(apart(lapgan.enlarge(photographs(side // 2)[0]), side), 4) for side in halves()[1:]}
    recorded.write(
        "lapgan",
        configuration={
            "side": SIDE,
            "batch": BATCH,
            "R1": {str(side): weight for side, weight in R1.items()},
            "rounds": {str(part): rounds for part, rounds in ROUNDS.items()},
            "enlarged": enlarged,
            "held-out photographs": examined(photographs(SIDE)[0]),
            "training photographs": examined(flowers().pixels()),
        },
        modules=["recordings.lapgan", "gan_edu.models.lapgan", "gan_edu.networks.dcgan"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[task][0] for task in TASKS],
        weights=found[TASKS[0]][1],
        snapshots=found[TASKS[0]][2],
    )


def pyramid():
    """The four games with the generators that are kept."""
    weights = recorded.read("lapgan").weights
    games = [run_of(side, 0).game for side in halves()]
    for side, game in zip(halves(), games):
        own = {key.removeprefix(f"{side}."): value for key, value in weights.items() if key.startswith(f"{side}.")}
        game.generator.load_state_dict(own)
    return games


def remeasured():
    """What is measured of the pyramid that is kept, beside what was measured when it was played."""
    return examined(sampled(pyramid())), recorded.read("lapgan").seeds[0]["samples"]["LAPGAN"]
