"""How a game is computed, as against what it computes: on how many threads, in what precision."""

import time
from functools import cache
from pathlib import Path

import psutil
import torch

from .errors import GameError

USUAL = torch.get_num_threads()  # what torch uses if nobody says otherwise
QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use: "200000 100000" is two cores, of however many the machine has."""


def free_threads():
    """Threads worth using now: as many as is usual, but no more than there are cores that nobody else keeps busy.

    A parallel step ends when its last thread does. If that thread shares its core with another process, the step waits for the
    scheduler, and milliseconds become seconds: two threads beside a busy neighbour are many times slower than one.
    """
    if USUAL == 1:
        return 1
    cores = psutil.cpu_count()
    busy = cores * min(psutil.cpu_percent(interval=0.1) for _ in range(2)) / 100  # this process sleeps meanwhile
    return max(1, min(USUAL, round(cores - busy), allowed_cores()))


def allowed_cores():
    """Cores that a container's quota grants, at least one; all that the machine has where there is no quota."""
    try:
        quota, period = map(int, QUOTA.read_text().split())
    except (OSError, ValueError):  # no container, or one without a quota: "max 100000"
        return psutil.cpu_count()
    return max(1, quota // period)


@cache
def chosen_precision(precision, device):
    """The precision: "fp32" or "bf16"; "auto" takes bf16 where a matrix product in it is at least 1.3 times as fast here."""
    if precision in ("fp32", "bf16"):
        return precision
    if precision != "auto":
        raise GameError(f"{precision!r} is no precision: choose fp32, bf16 or auto.")
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        a = torch.ones(768, 768, device=device, dtype=dtype)
        for timed in (False, True):  # the first round warms up
            started = time.perf_counter()
            for _ in range(5):
                b = a @ a
            b[0, 0].item()  # waits for the device
            if timed:
                seconds[dtype] = time.perf_counter() - started
    return "bf16" if seconds[torch.float32] > 1.3 * seconds[torch.bfloat16] else "fp32"
