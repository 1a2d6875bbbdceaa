"""A small GAN while others use the machine."""

import multiprocessing
import statistics
import time
from contextlib import contextmanager

import torch

from gan_edu import data, networks, recipes, training
from gan_edu.engine import AUTO, Engine
from gan_edu.models.gan import GAN

from .growth import rings
from .report import dots

TITLE = "Alone and in company"
NOTE = (
    "Milliseconds a round as `play` plays it: medians of stretches of 20 rounds (10 of the DCGAN's). Cores are free, *spun on* (one "
    "process spins on each) or *trained on* (another process trains the DCGAN on all threads). Ring GANs: two hidden layers of 128 on "
    "either side, batches of 128; the DCGAN is the course's recipe. *auto*: as `play` chooses, which looks at nobody."
)


def spin():
    """Keeps one core busy."""
    while True:
        pass


def train():
    """Somebody else's training, on all threads whatever others do."""
    training.play(*dcgan(), 10**9, engine=Engine(threads=multiprocessing.cpu_count()))


CORES = {"free": (), "spun on": (spin,) * multiprocessing.cpu_count(), "trained on": (train,)}


@contextmanager
def company(others):
    """Inside, other processes run these functions."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=other, daemon=True) for other in others]
    for process in processes:
        process.start()
    if processes:
        time.sleep(10)  # until they are at work
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join()


def one():
    """One ring GAN of ordinary networks."""
    torch.manual_seed(0)
    return GAN(networks.mlp(2, 128, 128, 2), networks.mlp(2, 128, 128, 1), latent=2), data.ring().batches(128)


def dcgan():
    """The course's recipe on MNIST."""
    images = data.load("mnist")
    return recipes.named("dcgan").game(images.shape), images.batches(64)


GAMES = {"one ring GAN": (one, 1500, 20), "ten side by side": (lambda: rings(10), 300, 20), "dcgan recipe": (dcgan, 80, 10)}


def times(game, batches, rounds, stretch, engine):
    """Milliseconds of a round in each stretch, after a third of them have warmed up."""
    marks = []
    training.play(game, batches, rounds, watch=lambda *_: marks.append(time.perf_counter()), every=stretch, engine=engine)
    found = [1e3 * (b - a) / stretch for a, b in zip(marks[1:], marks[2:])]
    return sorted(found[len(found) // 3 :])


def measure():
    rows = []
    for cores, others in CORES.items():
        with company(others):
            for name, (make, rounds, stretch) in GAMES.items():
                row = {"game": name, "cores": cores}
                for label, engine in (("auto", AUTO), ("one thread", Engine(threads=1))):
                    long = label == "auto" or not others
                    found = times(*make(), rounds if long else 3 * stretch, stretch, engine)
                    row |= {f"{label}, ms": round(statistics.median(found), 2), f"{label}, slowest": round(found[-1], 2)}
                rows.append(row)
                print(row, flush=True)
    return rows


def plot(rows):
    names = [f"{row['game']}, cores {row['cores']}" for row in rows]
    columns = {label: [row[f"{label}, ms"] for row in rows] for label in ("auto", "one thread")}
    return dots(names, columns, "ms a round", height=3.2)
