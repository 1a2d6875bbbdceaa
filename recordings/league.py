"""The league of cures on all its grounds: what notebook 08 shows as recorded.

Every cure is one change to the same GAN: same data, fp32, one thread. Equal steps: as many rounds as the textbook's; equal seconds: as
many as fit into the textbook's time, by the ratio of a round's cost to a textbook round's beside it.
"""

import statistics
import time
from functools import cache

from gan_edu.course import league, recorded

SEEDS = range(5)
BUDGETS = ("seconds", "steps")
TASKS = [(ground, cure) for ground in league.GROUNDS for cure in league.CURES]


@cache
def ground_of(name):
    """A ground, made once in each process."""
    return league.GROUNDS[name]()


def price(name, cure):
    """How many times the textbook's round a cure's round costs, both timed in turns in one process."""
    if cure == "textbook":
        return 1.0
    plain, changed = (league.begin(c, ground_of(name), 0) for c in ("textbook", cure))
    return statistics.median(milliseconds(changed) / milliseconds(plain) for _ in range(7))


def milliseconds(run):
    """The fastest of ten rounds."""
    times = []
    for _ in range(10):
        started = time.perf_counter()
        run.round()
        times.append(1e3 * (time.perf_counter() - started))
    return min(times)


def begin():
    return {f"{ground}: {cure}": league.begin(cure, ground_of(ground), 0) for ground, cure in TASKS}


def contest(task):
    """What a round of a cure costs on a ground, the rounds of each budget, and what was measured after them for every seed."""
    name, cure = task
    ratio, full = price(name, cure), ground_of(name).rounds
    rounds = {"seconds": min(full, round(full / ratio)), "steps": full}
    seeds = [{what: measured(name, cure, seed, rounds[what]) for what in BUDGETS} for seed in SEEDS]
    return {"cost of a round": round(ratio, 2), "rounds": rounds, "seeds": seeds}


@cache
def measured(name, cure, seed, rounds):
    """What a cure has come to after so many rounds."""
    return {what: round(value, 4) for what, value in league.contest(cure, ground_of(name), seed, rounds).items()}


def keep(found):
    def by_ground(entry):
        return {ground: {cure: entry(found[ground, cure]) for cure in league.CURES} for ground in league.GROUNDS}

    recorded.write(
        "league",
        configuration=by_ground(lambda result: {what: result[what] for what in ("cost of a round", "rounds")}),
        modules=["recordings.league", "gan_edu.course.league", "gan_edu.models.gan"],
        beginnings=recorded.beginnings(begin),
        seeds=[by_ground(lambda result, seed=seed: result["seeds"][seed]) for seed in SEEDS],
    )
