"""Do categories that nobody named become classes? InfoGAN with and without its information term, recorded for notebook 10."""

import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import torch

from gan_edu import data, judge, metrics, recipes, recorded
from gan_edu.data import to_bytes
from gan_edu.engine import Engine
from gan_edu.training import play

from .report import dots

TITLE = "InfoGAN's categories"
NOTE = (
    'The recipe "infogan" on MNIST, seeds 0 to 4, fp32, one thread, and the same with weight 0. *Read*: the share of 5,000 held-out '
    "digits whose category is matched with their class, one to one. *Made*: the same of 2,000 generated digits and the class that the "
    "judge sees. Medians over the seeds; every seed is in `notebooks/recorded/infogan.json`."
)
ROUNDS = 3600
WEIGHTS = {"infogan": 0.03, "infogan_without": 0.0}
SEEDS = range(5)


def played(record, seed, rounds):
    """The history of so many rounds."""
    mnist, recipe = data.load("mnist"), recipes.named("infogan")
    torch.manual_seed(seed)
    game = recipes.infogan(mnist.shape, weight=WEIGHTS[record])
    batches, engine = mnist.batches(recipe.batch, seed), Engine("fp32", threads=1)
    return play(game, batches, rounds, optimiser=recipe.optimiser, ema=recipe.ema, engine=engine, seed=seed)


def first_costs(record, rounds):
    """The players' first costs with seed 0, by which a test recognises the run."""
    return played(record, 0, rounds).costs


RECORDS = {record: partial(first_costs, record) for record in WEIGHTS}


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


def contest(task):
    """What came of one run: its costs, its measures, its sheet and its weights."""
    history = played(*task, ROUNDS)
    game = history.average
    print(*task, "is done", flush=True)
    return history.costs, examined(game), sheet(game), game.state_dict()


def keep(record, runs):
    """Records what came of the runs of all seeds; returns their line of the table, medians."""
    costs, seeds, sheets, weights = zip(*runs)
    configuration = {"recipe": "infogan", "data": "mnist", "rounds": ROUNDS, "weight": WEIGHTS[record], "precision": "fp32"}
    recorded.write(
        record,
        configuration=configuration,
        modules=["gan_edu.models.conditional", "gan_edu.recipes"],
        first_costs=costs[0],
        seeds=list(seeds),
        weights=weights[0] if WEIGHTS[record] else None,
        snapshots={"categories": sheets[0]},
    )
    medians = {what: statistics.median(seed[what] for seed in seeds) for what in seeds[0]}
    return {"information term weighs": WEIGHTS[record]} | {what: f"{value:.3g}" for what, value in medians.items()}


def measure(workers=2):
    tasks = [(record, seed) for record in WEIGHTS for seed in SEEDS]
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        runs = list(pool.map(contest, tasks))
    return [keep(record, [run for task, run in zip(tasks, runs) if task[0] == record]) for record in WEIGHTS]


def plot(rows):
    names = [f"weight {row['information term weighs']}" for row in rows]
    columns = {what: [float(row[what]) for row in rows] for what in ("read", "made")}
    return dots(names, columns, "share matched", height=2, upto=1)
