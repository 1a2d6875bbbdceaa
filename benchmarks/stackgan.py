"""From words to an image in two stages: StackGAN, recorded for notebook 11."""

import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context

import torch
from torch.nn.functional import interpolate

from gan_edu import metrics, recipes, recorded
from gan_edu.data import Scenes, Stream, to_bytes, to_pixels, tokens
from gan_edu.data.scenes import ATTRIBUTES, VOCABULARY, captioned
from gan_edu.engine import Engine
from gan_edu.training import play

from .report import dots

TITLE = "Words to images"
NOTE = (
    "Captioned drawn scenes, 32×32 in the first stage and 64×64 in the second, never the same one twice; seeds 0 to 4, fp32, one "
    "thread. Shares of 1,000 images in which what is read off the image is what the caption says; *new*: all four, in combinations "
    "of words that no training caption had; *sharpness*: power above half the Nyquist frequency at 64×64, where drawn scenes have 1. "
    "Medians over the seeds; every seed is in `notebooks/recorded/stackgan.json`."
)
SIDES = {"I": 32, "II": 64}
RECIPES = {"I": recipes.CAPTIONS, "II": recipes.DETAILS}
ROUNDS = {"I": [(1600, 1.0), (300, 0.2)], "II": [(750, 1.0)]}  # how many, and at which share of the recipe's learning rate
NEVER = [("red", "circle"), ("blue", "star"), ("large", "green", "square")]
SEEDS = range(5)
SHOWN = 24  # captions whose images are kept


def begun(stage, seed, first=None):
    """A stage with fresh networks, and its batches; the second begins from the first."""
    shape, words = (3, SIDES[stage], SIDES[stage]), len(VOCABULARY)
    torch.manual_seed(seed)
    game = recipes.stage_one(shape, words, paper()) if stage == "I" else recipes.stage_two(shape, first, words, paper())
    return game, Stream(captioned(SIDES[stage], NEVER), RECIPES[stage].batch, seed)


def played(stage, game, batches, seed, rounds, rate=1.0):
    """The history of so many rounds at that share of the recipe's learning rate."""
    recipe = RECIPES[stage]
    optimiser = partial(recipe.optimiser, lr=rate * recipe.optimiser.keywords["lr"])
    return play(game, batches, rounds, optimiser=optimiser, ema=recipe.ema, engine=Engine("fp32", threads=1), seed=seed)


def learned(stage, seed, first=None):
    """A stage after all its rounds: those of `ROUNDS`, each part from the average of the one before."""
    game, batches = begun(stage, seed, first)
    for rounds, rate in ROUNDS[stage]:
        game.load_state_dict(played(stage, game, batches, seed, rounds, rate).average.state_dict())
    return game


@cache
def paper():
    """The mean pixel of a thousand scenes."""
    return captioned(16)(1000, torch.Generator().manual_seed(0))[0].mean().item()


def agreement(game, scenes):
    """The share of images that show what the caption says: for each attribute, and for all four."""
    right = scenes.matched(game.sample(tokens(scenes.captions()), torch.Generator().manual_seed(0)))
    right["all"] = torch.stack(list(right.values())).all(0)
    return {name: round(each.float().mean().item(), 4) for name, each in right.items()}


def asked():
    """A thousand scenes whose captions are asked for, and for each combination that no caption had two hundred."""
    rng = torch.Generator().manual_seed(1)
    return Scenes.sample(1000, rng, never=NEVER), {words: Scenes.sample(200, rng, words=words) for words in NEVER}


def examined(game):
    """How far a stage's images are what was asked for, and how sharp they are at the second stage's size."""
    known, new = asked()
    made = game.sample(tokens(known.captions()), torch.Generator().manual_seed(0))
    large = interpolate(made, size=SIDES["II"], mode="bilinear", align_corners=False)
    return {
        "known": agreement(game, known),
        "small": agreement(game, known[known.size[:, 0] == 0]),
        "new": {" ".join(words): agreement(game, scenes) for words, scenes in new.items()},
        "sharpness": round(metrics.sharpness(large) / metrics.sharpness(to_pixels(known.images(SIDES["II"]))), 4),
    }


def shown(game):
    """Images of the first captions and of the first with new words, as bytes."""
    known, new = asked()
    captions = known[:SHOWN].captions() + [c for scenes in new.values() for c in scenes[: SHOWN // 3].captions()]
    return to_bytes(game.sample(tokens(captions), torch.Generator().manual_seed(0)))


def contest(seed):
    """What came of a seed, by stage: measures, images and the generator."""
    games = {"I": learned("I", seed)}
    games["II"] = learned("II", seed, games["I"])
    print(f"seed {seed} is done", flush=True)
    return {stage: (examined(game), shown(game), game.generator.state_dict()) for stage, game in games.items()}


def first_costs(rounds):
    """The players' first costs with seed 0, by which a test recognises the runs; here the second stage begins from a first that was
    not played."""
    found, (unplayed, _) = {}, begun("I", 0)
    for stage in SIDES:
        history = played(stage, *begun(stage, 0, unplayed), 0, rounds)
        found |= {f"{stage}: {player}": costs for player, costs in history.costs.items()}
    return found


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
    columns = {name: [float(row[name]) for row in rows] for name in ("shape", "all")}
    return dots(names, columns, "share as asked", height=2.5, upto=1)
