"""Rounds of a run, and how long they take."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch

from gan_edu.training import Run


def own_process():
    """A fresh process to submit work to, one piece at a time: whatever is set there, nobody else feels it (the engine asks the C
    library to keep memory, for one)."""
    return ProcessPoolExecutor(1, get_context("spawn"))


def run_of(recipe, images, seed):
    """A fresh run of a `Recipe` on an `ImageSet`."""
    torch.manual_seed(seed)
    batches = images.batches(recipe.batch, seed, prepare=recipe.prepare)
    return Run(recipe.game(images.shape), batches, recipe.optimiser, recipe.schedule, ema=recipe.ema, seed=seed)


def milliseconds(run, rounds):
    """How long each of so many rounds takes."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run.round()
        times.append(1e3 * (time.perf_counter() - started))
    return times
