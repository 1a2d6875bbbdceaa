"""The league of cures on all its grounds: what notebook 08 shows as recorded.

Every cure is one change to the same GAN: same data, fp32, one thread. First the same small search for each, and for the textbook:
`league.TRIES` settings on development seeds, with half of the textbook's time. Then fresh seeds, at equal steps: as many rounds as the
textbook's; and at equal seconds: as many as fit into the textbook's time, by the ratio of a round's cost to a textbook round's beside
it.

On digits the two plain lines, textbook and two rates, are searched once more, with the whole time for every try: what half of the
time hid from them.
"""

import statistics
import time
from functools import cache

from gan_edu.course import league, recorded

SEEDS = range(5)
DEVELOPMENT = (100, 101, 102)
BUDGETS = ("seconds", "steps")
PLAIN = ("textbook", "two rates")
LEAGUE = [(ground, cure) for ground in league.GROUNDS for cure in league.CURES]
AGAIN = [("digits", cure, "whole time") for cure in PLAIN]
TASKS = LEAGUE + AGAIN


@cache
def ground_of(name):
    """A ground, made once in each process."""
    return league.GROUNDS[name]()


def begin():
    grounds = {name: make() for name, make in league.GROUNDS.items()}  # made anew: drawn in float64 they are others
    return {f"{ground}: {cure}": league.begin(cure, grounds[ground], 0) for ground, cure in LEAGUE}


@cache
def price(name, cure, setting=None):
    """How many times the textbook's round a cure's round costs, both timed in turns in one process."""
    if cure in PLAIN:
        return 1.0
    plain = league.begin("textbook", ground_of(name), 0)
    changed = league.begin(cure, ground_of(name), 0, setting=setting)
    return statistics.median(milliseconds(changed) / milliseconds(plain) for _ in range(7))


def milliseconds(run):
    """The fastest of ten rounds."""
    times = []
    for _ in range(10):
        started = time.perf_counter()
        run.round()
        times.append(1e3 * (time.perf_counter() - started))
    return min(times)


def rounds_within(name, cure, setting, share=1.0):
    """Rounds that fit into that share of the textbook's time, and at most that share of the textbook's rounds."""
    full = share * ground_of(name).rounds
    return round(min(full, full / price(name, cure, setting)))


def contest(task, folder):
    """The tries of a cure on a ground, the rounds of each budget with the settings found, and what was measured with every seed."""
    name, cure, *again = task
    ground, share = ground_of(name), 1.0 if again else 0.5

    def score(rates, setting):
        rounds = rounds_within(name, cure, setting, share)
        found = [measured(name, cure, seed, rounds, rates, setting) for seed in DEVELOPMENT]
        return round(statistics.mean(ground.score(next(iter(one.values()))) for one in found), 4)

    tries = league.search(cure, score)
    rates, setting = (league.best(tries)[what] for what in ("rates", "setting"))
    rounds = {"seconds": rounds_within(name, cure, setting), "steps": ground.rounds}
    seeds = [{what: measured(name, cure, seed, rounds[what], tuple(rates), setting) for what in BUDGETS} for seed in SEEDS]
    return {
        "tries": tries,
        "rates": rates,
        "setting": setting,
        "cost of a round": round(price(name, cure, setting), 2),
        "rounds": rounds,
        "seeds": seeds,
    }


@cache
def measured(name, cure, seed, rounds, rates, setting):
    """What a cure has come to after so many rounds."""
    found = league.contest(cure, ground_of(name), seed, rounds, rates, setting)
    return {what: round(value, 4) for what, value in found.items()}


def keep(found):
    def by_ground(entry):
        return {ground: {cure: entry(found[ground, cure]) for cure in league.CURES} for ground in league.GROUNDS}

    configuration = by_ground(lambda result: {what: value for what, value in result.items() if what != "seeds"})
    for ground, cure, how in AGAIN:
        configuration[ground][cure][how] = {what: found[ground, cure, how][what] for what in ("tries", "rates", "seeds")}
    recorded.write(
        "league",
        configuration=configuration,
        modules=["recordings.league", "gan_edu.course.league", "gan_edu.models.gan"],
        beginnings=recorded.beginnings(begin),
        seeds=[by_ground(lambda result, seed=seed: result["seeds"][seed]) for seed in SEEDS],
    )
