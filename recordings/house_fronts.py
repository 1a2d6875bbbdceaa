"""House fronts from label maps, with hours: pix2pix at 128×128, recorded for notebook 12.

CMP facades, 400 training and 100 held-out pairs, moved and mirrored at random, 100 passes in batches of 4, bf16, one thread; over the
second half the learning rates fall to nothing. The generator enlarges its maps by interpolation and has BatchNorm. It is trained by
absolute error alone, and with a discriminator and the error times a hundred. Measured on the held-out pairs: the mean absolute error,
black to white 2; sharpness: power above half the Nyquist frequency, real photographs 1; and the Fréchet distance to the held-out
photographs in what the judge of photographs sees, which no network here was trained on.
"""

from functools import cache

import torch

from gan_edu import judge, metrics
from gan_edu.course import recorded
from gan_edu.data import load_pairs, to_bytes
from gan_edu.engine import Engine
from gan_edu.models.pix2pix import Pix2Pix
from gan_edu.models.recipe import adam
from gan_edu.networks import UNet, patchgan

from .facades import apart
from .hours import Falling, played
from .playing import real

SIDE, PASSES, BATCH = 128, 100, 4
ROUNDS = PASSES * 400 // BATCH
WEIGHTS = {"absolute error": (0.0, 1.0), "weight 100": (1.0, 100.0)}  # the adversary's, the error's
SEEDS = range(3)
TASKS = [(kind, seed) for kind in WEIGHTS for seed in SEEDS]
SHOWN, LOOKS = 6, 12  # held-out label maps whose translations are kept; looks on the way


@cache
def facades():
    """The facades, read once in each process."""
    return real(load_pairs("facades", SIDE))


def game_of(kind):
    """Fresh networks, and the weights of that kind."""
    generator = UNet(3, 3, SIDE, smooth=True, normalise="batch")
    discriminator = patchgan(6, width=32, layers=2, normalise="batch")
    return Pix2Pix(generator, discriminator, *WEIGHTS[kind], jitter=SIDE // 16)


def run_of(kind, seed):
    torch.manual_seed(seed)
    batches, schedule = facades().batches(BATCH, seed), "DG" if WEIGHTS[kind][0] else "G"
    return Falling(
        ROUNDS, game_of(kind), batches, adam(4e-4, 0.5, 0.99), schedule, ema=0.995, engine=Engine("bf16", 1), seed=seed
    )


def begin():
    return {kind: run_of(kind, 0) for kind in WEIGHTS}


def distance(images, others):
    """The Fréchet distance between two sets of images in what the judge of photographs sees."""
    return metrics.frechet_distance(*map(judge.load(colour=True).features, (images, others)))


def look(game):
    """The first held-out label maps translated, as bytes, and what is measured of all."""
    labels, photos = facades().held_out.pixels().unbind(1)
    made = game.translate(labels)
    measures = {
        "error": apart(made, photos),
        "sharpness": metrics.sharpness(made) / metrics.sharpness(photos),
        "distance": distance(made, photos),
    }
    return to_bytes(made[:SHOWN]), {what: round(value, 4) for what, value in measures.items()}


def contest(task, folder):
    """What came of a kind and a seed: the film, what is known of the run, and the generator."""
    run = run_of(*task)
    film, about = played(run, ROUNDS, folder / "run", look, LOOKS)
    labels, photos = facades().pixels().unbind(1)
    about["error, training"] = round(apart(run.shown.translate(labels), photos), 4)
    return film, about, run.shown.generator.state_dict()


def baselines():
    """Without learning: the mean of the training photographs; the photograph of the training pair whose label map is nearest; and a
    hundred training photographs, whichever."""
    (labels, photos), (held_labels, held_photos) = (part.pixels().unbind(1) for part in (facades(), facades().held_out))
    nearest = torch.cdist(held_labels.flatten(1), labels.flatten(1)).argmin(1)
    guesses = {
        "mean photograph": photos.mean(0, keepdim=True).expand_as(held_photos),
        "nearest neighbour": photos[nearest],
        "other photographs": photos[:: len(photos) // len(held_photos)],
    }
    return {
        name: {"error": round(apart(guess, held_photos), 4), "distance": round(distance(guess, held_photos), 4)}
        for name, guess in guesses.items()
    }


def keep(found):
    made_by = ["models.pix2pix", "networks.translation", "data.pairs"]
    recorded.write(
        "house_fronts",
        configuration={"side": SIDE, "passes": PASSES, "batch": BATCH, "weights": WEIGHTS, "baselines": baselines()},
        modules=["recordings.house_fronts", *(f"gan_edu.{module}" for module in made_by)],
        beginnings=recorded.beginnings(begin),
        seeds=[{kind: found[kind, seed][1] for kind in WEIGHTS} for seed in SEEDS],
        weights=found["weight 100", 0][2],
        snapshots={"labels": facades().held_out.pairs[:SHOWN, 0]},
        films={kind: found[kind, 0][0] for kind in WEIGHTS},
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record = recorded.read("house_fronts")
    game = game_of("weight 100")
    game.generator.load_state_dict(record.weights)
    return look(game)[1], record.seeds[0]["weight 100"]["measures"][-1]
