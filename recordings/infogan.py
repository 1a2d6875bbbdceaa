"""Do categories that nobody named become classes? InfoGAN with and without its information term, recorded for notebook 10.

The recipe of `models/infogan.py` on MNIST, fp32, one thread, and with weight 0. Read: the share of 5,000 held-out digits whose
category is matched with their class, one to one. Made: the same of 2,000 generated digits and the class that the judge sees.
"""

import torch

from gan_edu import data, judge, metrics
from gan_edu.course import recorded
from gan_edu.data import to_bytes
from gan_edu.engine import Engine
from gan_edu.models import infogan
from gan_edu.training import Run

from .playing import real

ROUNDS = 3600
WEIGHTS = {"infogan": 0.03, "infogan_without": 0.0}
SEEDS = range(5)
TASKS = [(record, seed) for record in WEIGHTS for seed in SEEDS]


def run_of(record, seed):
    mnist = real(data.load("mnist"))
    recipe = infogan.recipe(mnist.shape)
    torch.manual_seed(seed)
    game = infogan.game(mnist.shape, weight=WEIGHTS[record])
    batches, engine = mnist.batches(recipe.batch, seed), Engine("fp32", threads=1)
    return Run(game, batches, recipe.optimiser, ema=recipe.ema, engine=engine, seed=seed)


def begin():
    return {record: run_of(record, 0) for record in WEIGHTS}


def examined(game):
    """How well its categories are classes: of held-out digits that it reads, of digits that it makes; and how good these are."""
    held_out, rng = data.load("mnist").held_out, torch.Generator().manual_seed(0)
    category, continuous = game.code(2000, rng)
    made = game.sample(category, continuous, rng)
    read, _ = game.read(held_out.pixels(slice(5000)))
    distance = metrics.frechet_distance(metrics.features(made), metrics.features(held_out.images[:2000]))
    found = {
        "read": metrics.matched_accuracy(read.argmax(1), held_out.labels[:5000])[0],
        "made": metrics.matched_accuracy(category, judge.load()(made).argmax(1))[0],
        "distance": distance,
    }
    return {what: round(value, 4) for what, value in found.items()}


def sheet(game):
    """Ten images of each category, a category a row; in a row the continuous code goes from -1 to 1, as bytes."""
    category = torch.arange(game.categories).repeat_interleave(10)
    continuous = torch.linspace(-1, 1, 10).repeat(game.categories)[:, None].expand(-1, game.continuous)
    return to_bytes(game.sample(category, continuous, torch.Generator().manual_seed(0)))


def contest(task, folder):
    """What came of one run: its measures, its sheet and its weights."""
    run = run_of(*task)
    for _ in run.play(ROUNDS):
        pass
    return examined(run.shown), sheet(run.shown), run.shown.state_dict()


def keep(found):
    beginnings = recorded.beginnings(begin)
    for record, weight in WEIGHTS.items():
        seeds, sheets, weights = zip(*(found[record, seed] for seed in SEEDS))
        configuration = {"recipe": "infogan", "data": "mnist", "rounds": ROUNDS, "weight": weight, "precision": "fp32"}
        recorded.write(
            record,
            configuration=configuration,
            modules=["recordings.infogan", "gan_edu.models.infogan", "gan_edu.models.gan"],
            beginnings={record: beginnings[record]},
            seeds=list(seeds),
            weights=weights[0] if weight else None,
            snapshots={"categories": sheets[0]},
        )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record = recorded.read("infogan")
    game = infogan.game(data.load("mnist").shape)
    game.load_state_dict(record.weights)
    return examined(game), record.seeds[0]
