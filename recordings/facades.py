"""House fronts from label maps: pix2pix with pairs and CycleGAN without, which notebook 12 shows as recorded.

CMP facades at 64×64, 400 training and 100 held-out pairs, fp32, one thread. Error: mean absolute difference from the held-out
photographs, black to white 2; sharpness: power above half the Nyquist frequency, real photographs 1; shuffled: error as a share of
that to another pair's photograph; brightness: how the translation's goes with the label map's, pixel by pixel, as a correlation.
"""

from functools import cache

import torch

from gan_edu import metrics
from gan_edu.course import recorded
from gan_edu.data import load_pairs, to_bytes, to_pixels
from gan_edu.engine import Engine
from gan_edu.judge import grey
from gan_edu.models import cyclegan, pix2pix
from gan_edu.training import Run

from .playing import real

SIDE = 64
SHAPE = (3, SIDE, SIDE)
SEEDS = range(5)
ROUNDS = {"absolute error": 2200, "pix2pix": 2200, "CycleGAN": 500}
BATCH = 4
TASKS = [(kind, seed) for kind in ROUNDS for seed in SEEDS]
SHOWN = 8  # held-out label maps whose translations are kept


@cache
def facades():
    """The facades, read once in each process."""
    return real(load_pairs("facades", SIDE))


def run_of(kind, seed):
    torch.manual_seed(seed)
    game = cyclegan.game(SHAPE) if kind == "CycleGAN" else pix2pix.game(SHAPE, adversarial=float(kind == "pix2pix"))
    batches = (facades().unpaired if kind == "CycleGAN" else facades().batches)(BATCH, seed)
    schedule = "G" if kind == "absolute error" else "DG"
    recipe = cyclegan.RECIPE if kind == "CycleGAN" else pix2pix.RECIPE
    return Run(game, batches, recipe.optimiser, schedule, ema=recipe.ema, engine=Engine("fp32", threads=1), seed=seed)


def begin():
    return {kind: run_of(kind, 0) for kind in ROUNDS}


def apart(images, others):
    """Mean absolute difference."""
    return (images - others).abs().mean().item()


@cache
def palette():
    """The colours of the twelve classes, (12, 3), in pixels: at the archive's own size no others occur."""
    labels = load_pairs("facades", 128).pairs[:, 0]
    return to_pixels(labels.movedim(1, -1).reshape(-1, 3).unique(dim=0))


def purified(labels):
    """Label maps with each pixel in the colour of the nearest class, so that nothing can be written between the colours."""
    pixels = labels.movedim(1, -1)
    return palette()[torch.cdist(pixels.flatten(0, 2), palette()).argmin(1)].view_as(pixels).movedim(-1, 1)


def contest(task, folder):
    """What a seed came to, the state of its translators, and the first translations as bytes."""
    kind, seed = task
    run = run_of(kind, seed)
    for _ in run.play(ROUNDS[kind], checkpoint=folder / "run"):
        pass
    labels = facades().held_out.pixels().unbind(1)[0][:SHOWN]
    made = run.shown.translate(labels, "b") if kind == "CycleGAN" else run.shown.translate(labels)
    return examined(kind, run.shown), run.shown.generator.state_dict(), to_bytes(made)


def examined(kind, game):
    """A translator's errors on the held-out pairs, and how sharp it paints."""
    labels, photos = facades().held_out.pixels().unbind(1)
    if kind != "CycleGAN":
        made = game.translate(labels)
        found = {"error": apart(made, photos)}
    else:
        made, maps = game.translate(labels, "b"), game.translate(photos, "a")
        found = {
            "error": apart(made, photos),
            "shuffled": apart(made, photos) / apart(photos.roll(1, 0), photos),
            "error, labels": apart(maps, labels),
            "shuffled, labels": apart(maps, labels) / apart(labels.roll(1, 0), labels),
            "cycle, labels": apart(game.translate(made, "a"), labels),
            "cycle": apart(game.translate(maps, "b"), photos),
            "cycle over pure colours": apart(game.translate(purified(maps), "b"), photos),
        }
    found["sharpness"] = metrics.sharpness(made) / metrics.sharpness(photos)
    found["brightness"] = together(labels, made)
    return {what: round(value, 4) for what, value in found.items()}


def together(images, others):
    """The correlation of two sets of pictures' brightness, over all pixels."""
    return torch.corrcoef(torch.stack([grey(images).flatten(), grey(others).flatten()]))[0, 1].item()


def baselines():
    """Errors without learning: the mean and the median photograph, and the photograph of the nearest label map."""
    (labels, photos), (held_labels, held_photos) = (part.pixels().unbind(1) for part in (facades(), facades().held_out))
    nearest = torch.cdist(held_labels.flatten(1), labels.flatten(1)).argmin(1)
    guesses = {
        "mean photograph": photos.mean(0),
        "median photograph": photos.median(0).values,
        "nearest neighbour": photos[nearest],
    }
    return {name: round(apart(guess, held_photos), 4) for name, guess in guesses.items()}


def keep(found):
    made_by = ["models.pix2pix", "models.cyclegan", "networks.translation", "data.pairs"]
    recorded.write(
        "facades",
        configuration={
            "side": SIDE,
            "rounds": ROUNDS,
            "batch": BATCH,
            "baselines": baselines(),
            "brightness of photographs": round(together(*facades().held_out.pixels().unbind(1)), 4),
        },
        modules=["recordings.facades", *(f"gan_edu.{module}" for module in made_by)],
        beginnings=recorded.beginnings(begin),
        seeds=[{kind: found[kind, seed][0] for kind in ROUNDS} for seed in SEEDS],
        weights=found["pix2pix", 0][1],
        snapshots={
            f"{kind} {seed}": found[kind, seed][2] for kind in ROUNDS for seed in (SEEDS if kind == "CycleGAN" else [0])
        },
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record = recorded.read("facades")
    game = pix2pix.game(SHAPE)
    game.generator.load_state_dict(record.weights)
    return examined("pix2pix", game), record.seeds[0]["pix2pix"]
