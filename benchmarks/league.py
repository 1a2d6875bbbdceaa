"""The league of cures on all its grounds: what notebook 08 shows as recorded."""

import json
import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import torch

from gan_edu import league

from .report import dots
from .rounds import milliseconds

TITLE = "The league of cures"
NOTE = (
    "Every cure is one change to the same GAN (`gan_edu/league.py`): same data, seeds 0 to 4, fp32, one thread. *Equal steps*: as "
    "many rounds as the textbook's; *equal seconds*: as many as fit into the textbook's time, by the ratio of a round's cost to a "
    "textbook round's beside it. Medians over the seeds: of the overlap with the data on ring and grid, of the Fréchet distance on "
    "digits. Every seed is in `notebooks/recorded/league.json`."
)
RECORD = Path(__file__).parents[1] / "notebooks" / "recorded" / "league.json"
SEEDS = range(5)
COMPARED = 20  # first costs that a test plays again


@cache
def ground_of(name):
    """A ground, made once in each process."""
    return league.GROUNDS[name]()


def price(task):
    """How many times the textbook's round a cure's round costs, both timed in turns in one process."""
    name, cure = task
    if cure == "textbook":
        return 1.0
    plain, changed = (league.begin(c, ground_of(name), 0) for c in ("textbook", cure))
    return statistics.median(min(milliseconds(changed, 10)) / min(milliseconds(plain, 10)) for _ in range(7))


def contest(task):
    """What was measured after so many rounds."""
    name, cure, seed, rounds = task
    found = league.contest(cure, ground_of(name), seed, rounds)
    return {what: round(value, 4) for what, value in found.items()}


def first_costs(task):
    """The players' first costs with seed 0, by which a test recognises the run."""
    name, cure = task
    ground = ground_of(name)
    run = league.begin(cure, ground, 0)
    for _ in islice(league.annealed(run, ground.rounds), COMPARED):
        pass
    run.read_costs()
    return {player: [round(cost, 6) for cost in costs] for player, costs in run.history.costs.items()}


def measure(workers=2):
    record, rows = {}, []
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        for name in league.GROUNDS:
            cures = [(name, cure) for cure in league.CURES]
            prices, costs = list(pool.map(price, cures)), list(pool.map(first_costs, cures))
            full = ground_of(name).rounds
            budgets = [{"seconds": min(full, round(full / p)), "steps": full} for p in prices]
            tasks = sorted(
                {(*cure, seed, budget[what]) for cure, budget in zip(cures, budgets) for seed in SEEDS for what in budget}
            )
            found = dict(zip(tasks, pool.map(contest, tasks)))
            record[name] = {
                cure: {
                    "cost of a round": round(p, 2),
                    "rounds": budget,
                    "first costs": first,
                    "seeds": [{what: found[name, cure, seed, budget[what]] for what in budget} for seed in SEEDS],
                }
                for cure, p, budget, first in zip(league.CURES, prices, budgets, costs)
            }
            rows += [row_of(name, cure, entry) for cure, entry in record[name].items()]
            print(f"{name} is done", flush=True)
            RECORD.parent.mkdir(exist_ok=True)
            RECORD.write_text(json.dumps(record) + "\n")
    return rows


def row_of(name, cure, entry):
    """A line of the table: medians over the seeds of what a ground's cures are ranked by, which is measured first."""
    row = {"ground": name, "cure": cure, "cost of a round": entry["cost of a round"]}
    for what in ("seconds", "steps"):
        row[f"equal {what}"] = round(statistics.median(next(iter(seed[what].values())) for seed in entry["seeds"]), 3)
    return row


def plot(rows):
    names = [f"{row['ground']}: {row['cure']}" for row in rows]
    values = {what: [missed(row, what) for row in rows] for what in ("equal seconds", "equal steps")}
    return dots(names, values, "1 - overlap, or Fréchet distance of digits: smaller is better", height=12)


def missed(row, what):
    """What is wrong with the samples, in one number, from a line of the table."""
    return row[what] if row["ground"] == "digits" else 1 - row[what]
