"""`python -m recordings NAME ...`: plays what has not been played yet, two tasks at a time, and writes the records."""

import hashlib
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import torch

from gan_edu.course.recorded import fingerprint

from . import facades, few_labels, infogan, league, stackgan

RECORDINGS = {"league": league, "facades": facades, "few_labels": few_labels, "infogan": infogan, "stackgan": stackgan}
DONE = Path(__file__).resolve().parents[1] / "build" / "recordings"


def record(name, workers=2):
    """Plays a recording's tasks, each on one thread, but for those whose results lie in `build/recordings/`; keeps the record. A
    recording that has been edited begins anew."""
    recording, found = RECORDINGS[name], {}
    done = DONE / name / fingerprint([recording.__name__])
    places = {task: done / f"{hashlib.sha256(repr(task).encode()).hexdigest()[:16]}.pt" for task in recording.TASKS}
    done.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        running = {pool.submit(recording.contest, task): task for task, place in places.items() if not place.is_file()}
        failed = []
        for future in as_completed(running):
            task = running[future]
            if error := future.exception():  # the others go on, and what they find is kept
                failed.append(error)
                print(f"{name}: {task} failed: {error!r}", flush=True)
                continue
            half = places[task].with_suffix(".part")
            torch.save(future.result(), half)
            half.replace(places[task])
            print(f"{name}: {sum(place.is_file() for place in places.values())} of {len(places)}", flush=True)
    if failed:
        raise failed[0]
    for task, place in places.items():
        found[task] = torch.load(place, weights_only=True)
    recording.keep(found)


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in RECORDINGS]
    if unknown or not sys.argv[1:]:
        sys.exit(f"there is no recording {', '.join(unknown) or 'without a name'}; there are {', '.join(RECORDINGS)}.")
    for name in sys.argv[1:]:
        record(name)
