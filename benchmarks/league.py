"""The league of cures on all its grounds: what notebook 08 shows as recorded."""

import json
import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from gan_edu import league

from .report import dots
from .rounds import milliseconds

TITLE = "The league of cures"
NOTE = (
    "Every cure is one change to the same GAN (`gan_edu/league.py`): same data, seeds 0 to 4, fp32, one thread. *Equal steps*: as "
    "many rounds as the textbook's; *equal seconds*: as many as fit into the textbook's time, by the ratio of a round's cost to a "
    "textbook round's beside it. Medians over the seeds; every seed is in `notebooks/recorded/league.json`."
)
RECORD = Path(__file__).parents[1] / "notebooks" / "recorded" / "league.json"
SEEDS = range(5)
COMPARED = 20  # first costs that a test plays again
MAIN = {"ring": "modes", "grid": "modes", "digits": "distance"}


@cache
def ground_of(name):
    """A ground, made once in each process."""
    return league.GROUNDS[name]()


def price(task):
    """How many times the textbook's round a cure's round costs, both timed in turns in one process."""
    name, cure = task
    ground = ground_of(name)
    plain, changed = (league.contest(league.CURES[c], ground, 0) for c in ("textbook", cure))
    return statistics.median(min(milliseconds(changed, 10)) / min(milliseconds(plain, 10)) for _ in range(7))


def contest(task):
    """One run: what was measured after equal seconds and after equal steps, and its first costs."""
    name, cure, seed, early = task
    ground = ground_of(name)
    run = league.contest(league.CURES[cure], ground, seed)
    found = {}
    for what, rounds in sorted({"seconds": early, "steps": ground.rounds}.items(), key=lambda item: item[1]):
        while run.done < rounds:
            run.round()
        found[what] = ground.measure(run.shown, seed)
    run.read_costs()
    return found | {"costs": {player: costs[:COMPARED] for player, costs in run.history.costs.items()}}


def measure(grounds=tuple(league.GROUNDS), workers=2):
    record, rows = {}, []
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=one_thread) as pool:
        for name in grounds:
            prices = dict(zip(league.CURES, pool.map(price, [(name, cure) for cure in league.CURES])))
            full = ground_of(name).rounds
            early = {cure: min(full, round(full / prices[cure])) for cure in league.CURES}
            tasks = [(name, cure, seed, early[cure]) for cure in league.CURES for seed in SEEDS]
            found = dict(zip(tasks, pool.map(contest, tasks)))
            record[name] = {
                cure: {
                    "cost of a round": round(prices[cure], 2),
                    "rounds": {"seconds": early[cure], "steps": full},
                    "seeds": [found[name, cure, seed, early[cure]] for seed in SEEDS],
                }
                for cure in league.CURES
            }
            rows += [row_of(name, cure, entry) for cure, entry in record[name].items()]
            print(*rows[-len(league.CURES) :], sep="\n", flush=True)
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    return rows


def one_thread():
    import torch

    torch.set_num_threads(1)


def row_of(name, cure, entry):
    """A line of the table: medians over the seeds."""
    row = {"ground": name, "cure": cure, "cost of a round": entry["cost of a round"]}
    for what in ("seconds", "steps"):
        values = [seed[what] for seed in entry["seeds"]]
        row[f"equal {what}"] = ", ".join(f"{key} {statistics.median(v[key] for v in values):.3g}" for key in values[0])
    return row


def plot(rows):
    names = [f"{row['ground']}: {row['cure']}" for row in rows]
    values = {what: [float(row[f"equal {what}"].split(",")[0].split()[-1]) for row in rows] for what in ("seconds", "steps")}
    return dots(names, values, "modes captured, or Fréchet distance of digits", height=9)
