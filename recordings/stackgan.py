"""From words to an image in two stages: StackGAN, recorded for notebook 11.

Captioned drawn scenes, 32×32 in the first stage and 64×64 in the second, never the same one twice, fp32, one thread; over the second
half of a stage's rounds the learning rates fall to nothing. Measured are the shares of 1,000 images in which what is read off the
image is what the caption says; new: in combinations of words that no training caption had; sharpness: power above half the Nyquist
frequency at 64×64, where drawn scenes have 1.
"""

import copy
from dataclasses import replace

import torch
from torch.nn.functional import interpolate

from gan_edu import metrics
from gan_edu.course import recorded
from gan_edu.data import Scenes, Stream, to_bytes, to_pixels, tokens
from gan_edu.data.drawn.scenes import VOCABULARY, captioned
from gan_edu.engine import Engine
from gan_edu.models.recipe import adam
from gan_edu.models.stackgan import FIRST, SECOND, stage_one, stage_two

from .hours import Falling, played

SIDES = {"I": 32, "II": 64}
RECIPES = {"I": replace(FIRST, optimiser=adam(1e-3, 0.0, 0.99), ema=0.998), "II": SECOND}  # with hours at half the rate
ROUNDS = {"I": 4000, "II": 5000}
NEVER = [("red", "circle"), ("blue", "star"), ("large", "green", "square")]
SEEDS = range(3)
TASKS = [(seed,) for seed in SEEDS]
SHOWN, LOOKS = 24, 12  # captions whose images are kept; looks on the way
# The mean pixel of a thousand scenes: other ones if it were asked for while PyTorch's default is float64.
PAPER = to_pixels(Scenes.sample(1000, torch.Generator().manual_seed(0)).images(16).double().mean()).item()


def stage_of(stage, first=None):
    """A stage with fresh networks; the second begins from the first."""
    shape, words = (3, SIDES[stage], SIDES[stage]), len(VOCABULARY)
    return stage_one(shape, words, PAPER) if stage == "I" else stage_two(shape, first, words, PAPER)


def run_of(stage, seed, first=None):
    torch.manual_seed(seed)
    recipe, game = RECIPES[stage], stage_of(stage, first)
    batches = Stream(captioned(SIDES[stage], NEVER), recipe.batch, seed)
    engine = Engine("fp32", threads=1)
    return Falling(ROUNDS[stage], game, batches, recipe.optimiser, ema=recipe.ema, engine=engine, seed=seed)


def begin():
    """Here the second stage begins from a first that was not played."""
    first = run_of("I", 0)
    return {"I": first, "II": run_of("II", 0, copy.deepcopy(first.game))}


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
    """How far a stage's images of new combinations, and of small objects, are what was asked for."""
    known, new = asked()
    return {
        "small": agreement(game, known[known.size[:, 0] == 0]),
        "new": {" ".join(words): agreement(game, scenes) for words, scenes in new.items()},
    }


def look(game):
    """Images of the first captions, as bytes, how far all images are what was asked for, and how sharp at the second stage's size."""
    known, _ = asked()
    made = game.sample(tokens(known.captions()), torch.Generator().manual_seed(0))
    large = interpolate(made, size=SIDES["II"], mode="bilinear", align_corners=False)
    sharp = metrics.sharpness(large) / metrics.sharpness(to_pixels(known.images(SIDES["II"])))
    return to_bytes(made[:SHOWN]), {"known": agreement(game, known), "sharpness": round(sharp, 4)}


def shown(game):
    """Images of the first captions and of the first with new words, as bytes."""
    known, new = asked()
    captions = known[:SHOWN].captions() + [c for scenes in new.values() for c in scenes[: SHOWN // 3].captions()]
    return to_bytes(game.sample(tokens(captions), torch.Generator().manual_seed(0)))


def contest(task, folder):
    """What came of a seed, by stage: the film, what is known of the run, images and the generator."""
    (seed,), found, first = task, {}, None
    for stage in SIDES:
        run = run_of(stage, seed, first)
        film, about = played(run, ROUNDS[stage], folder / stage, look, LOOKS)
        first = run.shown
        about |= about["measures"][-1] | examined(first)
        found[stage] = film, about, shown(first), first.generator.state_dict()
    return found


def keep(found):
    runs = [found[task] for task in TASKS]
    made_by = ["models.stackgan", "networks.dcgan", "data.drawn.scenes"]
    recorded.write(
        "stackgan",
        configuration={"sides": SIDES, "rounds": ROUNDS, "never": [" ".join(words) for words in NEVER], "mean": PAPER},
        modules=["recordings.stackgan", *(f"gan_edu.{module}" for module in made_by)],
        beginnings=recorded.beginnings(begin),
        seeds=[{stage: run[stage][1] for stage in SIDES} for run in runs],
        weights={f"{stage}.{name}": value for stage in SIDES for name, value in runs[0][stage][3].items()},
        snapshots={stage: runs[0][stage][2] for stage in SIDES},
        films={stage: runs[0][stage][0] for stage in SIDES},
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
