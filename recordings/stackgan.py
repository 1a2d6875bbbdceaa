"""From words to an image in two stages: StackGAN, recorded for notebook 11.

Captioned drawn scenes, 32×32 in the first stage and 64×64 in the second, never the same one twice, fp32, one thread. Measured are the
shares of 1,000 images in which what is read off the image is what the caption says; new: in combinations of words that no training
caption had; sharpness: power above half the Nyquist frequency at 64×64, where drawn scenes have 1.
"""

from functools import cache, partial

import torch
from torch.nn.functional import interpolate

from gan_edu import metrics
from gan_edu.course import recorded
from gan_edu.data import Scenes, Stream, to_bytes, to_pixels, tokens
from gan_edu.data.drawn.scenes import VOCABULARY, captioned
from gan_edu.engine import Engine
from gan_edu.models.stackgan import FIRST, SECOND, stage_one, stage_two
from gan_edu.training import Run

SIDES = {"I": 32, "II": 64}
RECIPES = {"I": FIRST, "II": SECOND}
ROUNDS = {"I": [(1600, 1.0), (300, 0.2)], "II": [(750, 1.0)]}  # how many, and at which share of the recipe's learning rate
NEVER = [("red", "circle"), ("blue", "star"), ("large", "green", "square")]
TASKS = [(seed,) for seed in range(5)]
SHOWN = 24  # captions whose images are kept


def stage_of(stage, first=None):
    """A stage with fresh networks; the second begins from the first."""
    shape, words = (3, SIDES[stage], SIDES[stage]), len(VOCABULARY)
    return stage_one(shape, words, paper()) if stage == "I" else stage_two(shape, first, words, paper())


def run_of(stage, game, batches, seed, rate=1.0):
    """A run of a stage at that share of the recipe's learning rate."""
    recipe = RECIPES[stage]
    optimiser = partial(recipe.optimiser, lr=rate * recipe.optimiser.keywords["lr"])
    return Run(game, batches, optimiser, ema=recipe.ema, engine=Engine("fp32", threads=1), seed=seed)


def batches_of(stage, seed):
    return Stream(captioned(SIDES[stage], NEVER), RECIPES[stage].batch, seed)


def begin():
    """Here the second stage begins from a first that was not played."""
    runs = {}
    for stage in SIDES:
        torch.manual_seed(0)
        first = stage_of("I")
        torch.manual_seed(0)
        runs[stage] = run_of(stage, stage_of(stage, first), batches_of(stage, 0), 0)
    return runs


def learned(stage, seed, first=None):
    """A stage after all its rounds: those of `ROUNDS`, each part from the average of the one before."""
    torch.manual_seed(seed)
    game, batches = stage_of(stage, first), batches_of(stage, seed)
    for rounds, rate in ROUNDS[stage]:
        run = run_of(stage, game, batches, seed, rate)
        for _ in run.play(rounds):
            pass
        game.load_state_dict(run.shown.state_dict())
    return game


@cache
def paper():
    """The mean pixel of a thousand scenes."""
    images = Scenes.sample(1000, torch.Generator().manual_seed(0)).images(16)
    return to_pixels(images.double().mean()).item()


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


def contest(task, folder):
    """What came of a seed, by stage: measures, images and the generator."""
    (seed,) = task
    games = {"I": learned("I", seed)}
    games["II"] = learned("II", seed, games["I"])
    return {stage: (examined(game), shown(game), game.generator.state_dict()) for stage, game in games.items()}


def keep(found):
    runs = [found[task] for task in TASKS]
    made_by = ["models.stackgan", "networks.dcgan", "data.drawn.scenes"]
    recorded.write(
        "stackgan",
        configuration={"sides": SIDES, "rounds": ROUNDS, "never": [" ".join(words) for words in NEVER], "mean": paper()},
        modules=["recordings.stackgan", *(f"gan_edu.{module}" for module in made_by)],
        beginnings=recorded.beginnings(begin),
        seeds=[{stage: run[stage][0] for stage in SIDES} for run in runs],
        weights={f"{stage}.{name}": value for stage in SIDES for name, value in runs[0][stage][2].items()},
        snapshots={stage: runs[0][stage][1] for stage in SIDES},
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record, games = recorded.read("stackgan"), {}
    for stage in SIDES:
        games[stage] = stage_of(stage, games.get("I"))
        weights = {name.split(".", 1)[1]: value for name, value in record.weights.items() if name.startswith(f"{stage}.")}
        games[stage].generator.load_state_dict(weights)
    found = {(stage, name): share for stage in SIDES for name, share in agreement(games[stage], asked()[0]).items()}
    return found, {(stage, name): record.seeds[0][stage]["known"][name] for stage, name in found}
