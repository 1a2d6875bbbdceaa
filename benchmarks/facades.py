"""House fronts from label maps: pix2pix with pairs and CycleGAN without, which notebook 12 shows as recorded."""

import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import torch

from gan_edu import metrics, recipes, recorded
from gan_edu.data import load_pairs, to_bytes, to_pixels
from gan_edu.engine import Engine
from gan_edu.training import play

from .report import dots

TITLE = "Facades"
NOTE = (
    "CMP facades at 64×64, 400 training and 100 held-out pairs; seeds 0 to 4, fp32, one thread. *error*: mean absolute difference "
    "from the held-out photographs, black to white 2; *sharpness*: power above half the Nyquist frequency, real photographs 1; "
    "*shuffled*: error as a share of that to another pair's photograph. Medians over the seeds; every seed is in "
    "`notebooks/recorded/facades.json`."
)
SIDE = 64
SHAPE = (3, SIDE, SIDE)
SEEDS = range(5)
ROUNDS = {"absolute error": 300, "pix2pix": 300, "CycleGAN": 500}
BATCH = {"absolute error": 8, "pix2pix": 8, "CycleGAN": 4}
ADVERSARIAL = 0.3  # weight: at 1, with 400 photographs, the error is above that of the mean photograph
SHOWN = 8  # held-out label maps whose translations are kept


@cache
def facades():
    """The facades, read once in each process."""
    found = load_pairs("facades", SIDE)
    if found.stands_in_for is not None:
        raise SystemExit(f"This benchmark needs the real facades: {found.describe()}")
    return found


def game_of(kind, seed):
    """A game with fresh networks, and its batches."""
    torch.manual_seed(seed)
    if kind == "CycleGAN":
        return recipes.cyclegan(SHAPE), facades().unpaired(BATCH[kind], seed)
    adversarial = ADVERSARIAL if kind == "pix2pix" else 0.0
    return recipes.pix2pix(SHAPE, adversarial), facades().batches(BATCH[kind], seed)


def played(kind, seed, rounds):
    """The history of so many rounds."""
    game, batches = game_of(kind, seed)
    schedule = "G" if kind == "absolute error" else "DG"
    how = {"optimiser": recipes.TRANSLATION.optimiser, "ema": recipes.TRANSLATION.ema, "engine": Engine("fp32", threads=1)}
    return play(game, batches, rounds, schedule=schedule, seed=seed, **how)


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


def contest(task):
    """What a seed came to, the state of its translators, and the first translations as bytes."""
    kind, seed = task
    torch.set_num_threads(1)
    game = played(kind, seed, ROUNDS[kind]).average
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
    return {what: round(value, 4) for what, value in found.items()}, game.generator.state_dict(), to_bytes(made[:SHOWN])


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


def first_costs(rounds):
    """The players' first costs with seed 0, by which a test recognises the runs."""
    return {f"{kind}: {player}": costs for kind in ROUNDS for player, costs in played(kind, 0, rounds).costs.items() if costs}


RECORDS = {"facades": first_costs}


def measure(workers=2):
    tasks = [(kind, seed) for kind in ROUNDS for seed in SEEDS]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        found = dict(zip(tasks, pool.map(contest, tasks)))
    return keep(found)


def keep(found):
    """Writes the record of what `contest` found for every task; returns the table's lines."""
    seeds = [{kind: found[kind, seed][0] for kind in ROUNDS} for seed in SEEDS]
    recorded.write(
        "facades",
        configuration={
            "side": SIDE,
            "rounds": ROUNDS,
            "batch": BATCH,
            "adversarial": ADVERSARIAL,
            "baselines": baselines(),
        },
        modules=[
            "benchmarks.facades",
            "gan_edu.models.translation",
            "gan_edu.recipes",
            "gan_edu.networks",
            "gan_edu.data.pairs",
        ],
        first_costs=first_costs(recorded.KEPT),
        seeds=seeds,
        weights=found["pix2pix", 0][1],
        snapshots={
            f"{kind} {seed}": found[kind, seed][2] for kind in ROUNDS for seed in (SEEDS if kind == "CycleGAN" else [0])
        },
    )
    rows = [{"translator": name, "error": value, "sharpness": "", "shuffled": ""} for name, value in baselines().items()]
    for kind in ROUNDS:
        middle = {what: round(statistics.median(seed[kind][what] for seed in seeds), 3) for what in seeds[0][kind]}
        rows.append({"translator": kind} | {what: middle.get(what, "") for what in ("error", "sharpness", "shuffled")})
    return rows


def plot(rows):
    names = [row["translator"] for row in rows]
    return dots(names, {"error": [row["error"] for row in rows]}, "error on held-out photographs", height=3, upto=0.5)
