"""StackGAN on captioned scenes, with wrong captions and without: what notebook 11 shows as recorded."""

import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import torch
from torch import nn

from gan_edu import recorded
from gan_edu.data import Scenes, Stream, tokens
from gan_edu.data.scenes import VOCABULARY, captioned
from gan_edu.engine import Engine
from gan_edu.metrics import sharpness
from gan_edu.models.lapgan import enlarge
from gan_edu.models.stackgan import StageI, StageII
from gan_edu.networks import Centred, dcgan_discriminator, dcgan_generator, enlarger, he_initialise
from gan_edu.training import play

from .report import dots

TITLE = "StackGAN, with wrong captions and without"
NOTE = (
    "Drawn scenes of one object, 64×64 pixels, in two stages (16×16 first), seeds 0 to 4; some combinations of words are never shown. "
    "*Matching*: the discriminator is also to refuse real pictures with captions that are wrong in one thing. Medians over the seeds "
    "of the share of pictures in which an attribute is as asked, as `Scenes.read` finds it; every seed is in "
    "`notebooks/recorded/stackgan.json`."
)
NAME = "stackgan"
MODULES = ["gan_edu.models.stackgan", "gan_edu.data.scenes", "gan_edu.networks"]
CONFIGURATION = {"rounds": [500, 1500], "batch": [64, 32], "rate": 2e-3, "ema": 0.99, "precision": "bf16", "side": [16, 64]}
SIZES = {"words": len(VOCABULARY), "code": 32, "features": 128, "weight": 1e-3, "slope": 0.1}
NEVER = [("red", "circle"), ("blue", "star"), ("large", "green", "square")]
ATTRIBUTES = ("colour", "shape", "size", "place")
SEEDS = range(5)
ASKED = 1000  # captions


def discriminator(side, width):
    """Of scenes, whose paper is taken away."""
    layers = dcgan_discriminator(3, side, width, refine=1, normalise=None, outputs=1 + SIZES["features"])
    return nn.Sequential(Centred(0.84), *layers).apply(he_initialise)


def stage_one(matching=True):
    generator = dcgan_generator(4 + SIZES["code"], 3, CONFIGURATION["side"][0], width=32, refine=1)
    return StageI(generator, discriminator(CONFIGURATION["side"][0], 32), latent=4, matching=matching, **SIZES)


def stage_two(first, matching=True):
    generator = enlarger(3 + SIZES["code"], 3, doublings=2, width=32)
    generator[:-1].apply(he_initialise)  # the last layer begins at 0, as ever
    return StageII(first, generator, discriminator(CONFIGURATION["side"][1], 16), matching=matching, **SIZES)


def played(make, stage, seed, rounds=None):
    """A stage, 0 or 1, and its history."""
    torch.manual_seed(seed)
    side, batch = CONFIGURATION["side"][stage], CONFIGURATION["batch"][stage]
    return play(
        make(),
        Stream(captioned(side, NEVER), batch, seed),
        CONFIGURATION["rounds"][stage] if rounds is None else rounds,
        optimiser=partial(torch.optim.Adam, lr=CONFIGURATION["rate"], betas=(0.0, 0.9), fused=True),
        ema=CONFIGURATION["ema"],
        engine=Engine(CONFIGURATION["precision"], 1),
        seed=seed,
    )


def first_costs(rounds=recorded.COMPARED):
    """The players' first costs in stage I with seed 0, by which a test recognises the run."""
    return {player: [round(cost, 6) for cost in costs] for player, costs in played(stage_one, 0, 0, rounds).costs.items()}


def agreement(images, scenes):
    """For each attribute the share of pictures that show what the scenes' captions say."""
    found = Scenes.read(images)
    return {a: round((getattr(found, a) == getattr(scenes, a)).float().mean().item(), 4) for a in ATTRIBUTES}


def examined(first, second):
    """What both stages make of captions, and of combinations that were never shown; and how sharp it is."""
    rng = torch.Generator().manual_seed(0)
    asked = {"shown": Scenes.sample(ASKED, rng, never=NEVER)}
    asked |= {" ".join(words): Scenes.sample(ASKED // 5, rng, words=words) for words in NEVER}
    found = {}
    for name, scenes in asked.items():
        words = tokens(scenes.captions())
        small, large = (game.sample(words, torch.Generator().manual_seed(1)).clamp(-1, 1) for game in (first, second))
        found[name] = {"stage I": agreement(small, scenes), "stage II": agreement(large, scenes)}
        if name == "shown":
            pictures = {"real": scenes.images(64), "stage I": enlarge(enlarge(small)), "stage II": large}
            found["sharpness"] = {who: round(sharpness(images), 6) for who, images in pictures.items()}
    return found


def contest(task):
    """Both stages, played and examined, for a seed, with wrong captions or without. With seed 0 also weights."""
    matching, seed = task
    first = played(partial(stage_one, matching), 0, seed).average
    second = played(partial(stage_two, first, matching), 1, seed).average
    kept = {name: value for name, value in second.state_dict().items() if "discriminator" not in name} if seed == 0 else None
    return examined(first, second), kept


def keep(found):
    """Writes the record from what `contest` found, {(matching, seed): ...}."""
    seeds = [{"matching" if matching else "without": found[matching, seed][0] for matching in (True, False)} for seed in SEEDS]
    configuration = CONFIGURATION | {"never": [" ".join(words) for words in NEVER]}
    recorded.write(
        NAME, configuration=configuration, modules=MODULES, first_costs=first_costs(), seeds=seeds, weights=found[True, 0][1]
    )
    return [row_of(how, what, seeds) for how in ("matching", "without") for what in ("shown", *map(" ".join, NEVER))]


def measure(workers=2):
    tasks = [(matching, seed) for seed in SEEDS for matching in (True, False)]
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        return keep(dict(zip(tasks, pool.map(contest, tasks))))


def row_of(how, what, seeds):
    """A line of the table: medians over the seeds, of stage II."""
    shares = {a: statistics.median(seed[how][what]["stage II"][a] for seed in seeds) for a in ATTRIBUTES}
    return {
        "captions": what,
        "wrong captions": "yes" if how == "matching" else "no",
        **{a: f"{s:.1%}" for a, s in shares.items()},
    }


def plot(rows):
    names = [f"{row['captions']}, {'with' if row['wrong captions'] == 'yes' else 'without'} wrong ones" for row in rows]
    wrong = {a: [max(1 - float(row[a].rstrip("%")) / 100, 1e-3) for row in rows] for a in ("colour", "shape")}
    return dots(names, wrong, "share of pictures that are not as asked: smaller is better", height=3.5)
