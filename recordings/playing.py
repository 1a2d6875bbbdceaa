"""Plays the tasks of recordings that have not been played yet, and keeps what comes of each, whatever becomes of the others."""

import hashlib
import importlib
import shutil
from pathlib import Path

import torch

from gan_edu import checkpoints
from gan_edu.course.cluster import client
from gan_edu.course.recorded import fingerprint

DONE = Path(__file__).resolve().parents[1] / "build" / "recordings"


def record(names, scheduler=None, say=print):
    """Plays the recordings of these names, all their tasks side by side, and writes the records of those that are complete.

    What is in `build/recordings/` is not played again, and a run that was interrupted goes on from its checkpoints there; a recording
    that has been edited begins anew. Two tasks at a time, each on one thread; or on the workers of the `dask.distributed` scheduler
    at that address, which must see the same folder. Raises what the first task that failed raised, when all others are done.
    """
    from distributed import as_completed

    recordings = {name: named(name) for name in names}
    places = {(name, task): place(recording, task) for name, recording in recordings.items() for task in recording.TASKS}
    todo = [key for key, where in places.items() if not where.is_file()]
    say(f"{len(places)} tasks, of which {len(places) - len(todo)} are done")
    failed = {}
    if todo:
        with client(scheduler) as workers:
            running = {workers.submit(played, *key, places[key].with_suffix(""), pure=False): key for key in todo}
            for done, future in enumerate(as_completed(running), 1):
                name, task = running[future]
                if error := future.exception():
                    failed.setdefault(name, error)
                    say(f"[{done}/{len(todo)}] {name} {task} failed: {error!r}")
                    continue
                keep(places[name, task], future.result())
                future.release()
                say(f"[{done}/{len(todo)}] {name} {task}")
    for name, recording in recordings.items():
        if name not in failed:
            recording.keep({task: torch.load(places[name, task], weights_only=True) for task in recording.TASKS})
    for error in failed.values():
        raise error


def real(images):
    """That `ImageSet` or `PairSet`. Raises SystemExit if it only stands in for what was not found."""
    if images.stands_in_for:
        raise SystemExit(f"This recording needs the real data: {images.describe()}")
    return images


def named(name):
    """The recording of that name, a module of this package."""
    return importlib.import_module(f"recordings.{name}")


def played(name, task, folder):
    """What comes of one task, on one thread, from its checkpoints in that folder on if there are any."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    return named(name).contest(task, folder)


def place(recording, task):
    """Where what comes of a task is kept: beside others of a recording of the same source."""
    key = hashlib.sha256(repr(task).encode()).hexdigest()[:16]
    return DONE / recording.__name__.rpartition(".")[2] / fingerprint([recording.__name__]) / f"{key}.pt"


def keep(where, found):
    """Writes what came of a task, whole or not at all, and drops its checkpoints, in the folder of that name."""
    checkpoints.write(where, found)
    if where.with_suffix("").is_dir():
        shutil.rmtree(where.with_suffix(""))
