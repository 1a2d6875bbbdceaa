"""From words to an image in two stages: StackGAN, recorded for notebook 11."""

import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import torch

from gan_edu import metrics, recipes, recorded
from gan_edu.data import Scenes, Stream, to_bytes, to_pixels, tokens
from gan_edu.data.scenes import VOCABULARY, captioned
from gan_edu.engine import Engine
from gan_edu.training import play

from .report import dots

TITLE = "Words to images"
NOTE = (
    "Captioned drawn scenes, 32×32 in the first stage and 64×64 in the second, never the same one twice; seeds 0 to 4, fp32, one "
    "thread. Shares of 1,000 images in which what is read off the image is what the caption says; *new*: all four, in combinations "
    "of words that no training caption had; *sharpness*: power above half the Nyquist frequency, drawn scenes 1. Medians over the "
    "seeds; every seed is in `notebooks/recorded/stackgan.json`."
)
SIDES = {"I": 32, "II": 64}
ROUNDS = {"I": 1600, "II": 1400}
NEVER = [("red", "circle"), ("blue", "star"), ("large", "green", "square")]
ATTRIBUTES = ("size", "colour", "shape", "place")
SEEDS = range(5)
SHOWN = 24  # captions whose images are kept


def played(stage, seed, rounds, first=None):
    """The history of so many rounds of a stage; the second begins from the first."""
    shape, words = (3, SIDES[stage], SIDES[stage]), len(VOCABULARY)
    torch.manual_seed(seed)
    if stage == "I":
        recipe, game = recipes.CAPTIONS, recipes.stage_one(shape, words, paper())
    else:
        recipe, game = recipes.DETAILS, recipes.stage_two(shape, first, words, paper())
    batches = Stream(captioned(SIDES[stage], NEVER), recipe.batch, seed)
    how = {"optimiser": recipe.optimiser, "ema": recipe.ema, "engine": Engine("fp32", threads=1)}
    return play(game, batches, rounds, seed=seed, **how)


@cache
def paper():
    """The mean pixel of a thousand scenes."""
    return captioned(16)(1000, torch.Generator().manual_seed(0))[0].mean().item()


def agreement(game, scenes):
    """The share of images that show what the caption says: for each attribute, and for all four."""
    found = Scenes.read(game.sample(tokens(scenes.captions()), torch.Generator().manual_seed(0)))
    right = {name: (getattr(found, name) == getattr(scenes, name)).flatten() for name in ATTRIBUTES}
    right["all"] = torch.stack(list(right.values())).all(0)
    return {name: round(each.float().mean().item(), 4) for name, each in right.items()}


def asked():
    """A thousand scenes whose captions are asked for, and for each combination that no caption had two hundred."""
    rng = torch.Generator().manual_seed(1)
    return Scenes.sample(1000, rng, never=NEVER), {words: Scenes.sample(200, rng, words=words) for words in NEVER}


def examined(game, side):
    """How far a stage's images are what was asked for, and how sharp they are."""
    known, new = asked()
    made = game.sample(tokens(known.captions()), torch.Generator().manual_seed(0))
    return {
        "known": agreement(game, known),
        "small": agreement(game, known[known.size[:, 0] == 0]),
        "new": {" ".join(words): agreement(game, scenes) for words, scenes in new.items()},
        "sharpness": round(metrics.sharpness(made) / metrics.sharpness(to_pixels(known.images(side))), 4),
    }


def shown(game):
    """Images of the first captions and of the first with new words, as bytes."""
    known, new = asked()
    captions = known[:SHOWN].captions() + [c for scenes in new.values() for c in scenes[: SHOWN // 3].captions()]
    return to_bytes(game.sample(tokens(captions), torch.Generator().manual_seed(0)))


def contest(seed):
    """What came of a seed, by stage: measures, images and the generator."""
    first = played("I", seed, ROUNDS["I"]).average
    games = {"I": first, "II": played("II", seed, ROUNDS["II"], first).average}
    print(f"seed {seed} is done", flush=True)
    return {stage: (examined(game, SIDES[stage]), shown(game), game.generator.state_dict()) for stage, game in games.items()}


def first_costs(rounds):
    """The players' first costs with seed 0, by which a test recognises the runs; here the second stage begins from a first that was
    not played."""
    torch.manual_seed(0)
    unplayed = recipes.stage_one((3, SIDES["I"], SIDES["I"]), len(VOCABULARY), paper())
    histories = {"I": played("I", 0, rounds), "II": played("II", 0, rounds, unplayed)}
    return {f"{stage}: {player}": costs for stage, run in histories.items() for player, costs in run.costs.items()}


RECORDS = {"stackgan": first_costs}


def measure(workers=2):
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        return keep(list(pool.map(contest, SEEDS)))


def keep(runs):
    """Writes the record of what `contest` found for every seed; returns the table's lines."""
    recorded.write(
        "stackgan",
        configuration={"sides": SIDES, "rounds": ROUNDS, "never": [" ".join(words) for words in NEVER], "mean": paper()},
        modules=[
            "benchmarks.stackgan",
            "gan_edu.models.stackgan",
            "gan_edu.recipes",
            "gan_edu.networks",
            "gan_edu.data.scenes",
        ],
        first_costs=first_costs(recorded.KEPT),
        seeds=[{stage: run[stage][0] for stage in SIDES} for run in runs],
        weights={f"{stage}.{name}": value for stage in SIDES for name, value in runs[0][stage][2].items()},
        snapshots={stage: runs[0][stage][1] for stage in SIDES},
    )
    return [row_of(stage, [run[stage][0] for run in runs]) for stage in SIDES]


def row_of(stage, seeds):
    """A line of the table: medians over the seeds."""

    def median(of):
        return f"{statistics.median(of(seed) for seed in seeds):.3f}"

    known = {name: median(lambda seed, name=name: seed["known"][name]) for name in (*ATTRIBUTES, "all")}
    new = median(lambda seed: statistics.mean(each["all"] for each in seed["new"].values()))
    return {"stage": stage} | known | {"new": new, "sharpness": median(lambda seed: seed["sharpness"])}


def plot(rows):
    names = [f"stage {row['stage']}" for row in rows]
    return dots(names, {name: [float(row[name]) for row in rows] for name in ("shape", "all")}, "share as asked", height=2.5)
