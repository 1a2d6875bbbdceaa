"""How a game is computed, as against what it computes: in what precision, on how many threads, in what memory.

`training.play` chooses for itself what is left at "auto". `python -m benchmarks` measures what the choices are worth.
"""

import ctypes
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
import torch
from torch import nn
from torch.nn.functional import linear

from .errors import GameError

USUAL = torch.get_num_threads()  # what torch uses if nobody says otherwise
QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use: "200000 100000" is two cores, of however many the machine has."""
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)
SMALL = 5_000_000  # multiplications a pass below which a second thread costs more in waiting than it saves in work


@dataclass(frozen=True)
class Engine:
    """How `play` computes a game. Every choice changes seconds, and results by rounding only.

    precision: "fp32", "bf16" (autocast), or "auto": bf16 where a layer of this game is clearly faster in it on this machine.
    threads: a number, which then holds whatever others do, or "auto": one for a small game, else as many as torch is set to, but
        no more than there are cores that nobody else keeps busy; looked at again while the game goes on.
    channels_last: whether images lie in memory pixel by pixel, all channels of one together, as convolutions like them.
    keep_memory: whether what a round frees is kept for the next one, from now on and for the whole process (see `keep_memory`).
    """

    precision: str = "auto"
    threads: int | str = "auto"
    channels_last: bool = True
    keep_memory: bool = True

    def settled(self, game, batch):
        """The same with every choice made for a game and batches of that many samples. Lays the game out in memory.

        `threads` then is a number: the most that will be used. Raises GameError for a setting that does not exist.
        """
        if self.precision not in ("auto", "fp32", "bf16"):
            raise GameError(f"{self.precision!r} is no precision: choose fp32, bf16 or auto.")
        if self.threads != "auto" and (not isinstance(self.threads, int) or self.threads < 1):
            raise GameError(f"{self.threads!r} is no number of threads: choose 1 or more, or auto.")
        convolves = any(isinstance(module, CONVOLUTIONS) for module in game.modules())
        if convolves and self.channels_last:
            game.to(memory_format=torch.channels_last)
        small = not convolves and sum(p.numel() for p in game.parameters()) * batch // game.members < SMALL
        precision, threads = self.precision, self.threads
        if precision == "auto":
            layer = (768, 768, 768) if convolves else widest_layer(game, batch)
            device = next(game.parameters()).device
            precision = "bf16" if not small and layer and bf16_gain(*layer, device) >= 1.3 else "fp32"
        if threads == "auto":
            threads = 1 if small else torch.get_num_threads()
        return Engine(precision, threads, convolves and self.channels_last, self.keep_memory and keep_memory())

    def __str__(self):
        threads = f"{self.threads} thread{'s' * (self.threads != 1)}"
        words = [self.precision, threads, *["channels last"] * self.channels_last, *["memory kept"] * self.keep_memory]
        return ", ".join(words)


AUTO = Engine()


def widest_layer(game, batch):
    """(samples, inputs, outputs) of the game's largest linear layer, or None if it has no such layers."""
    layers = [(m.in_features, m.out_features) for m in game.modules() if isinstance(m, nn.Linear)]
    return (batch, *max(layers, key=lambda layer: layer[0] * layer[1])) if layers else None


@cache
def bf16_gain(samples, inputs, outputs, device):
    """How many times as fast as in fp32 a linear layer of that size is in bf16 here, forwards and backwards."""
    x, w = torch.ones(samples, inputs, device=device), torch.ones(outputs, inputs, device=device, requires_grad=True)
    seconds = {True: [], False: []}
    for _ in range(6):
        for half, times in seconds.items():
            started = time.perf_counter()
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                loss = linear(x, w).sum()
            torch.autograd.grad(loss, w)[0][0, 0].item()  # waits for the device
            times.append(time.perf_counter() - started)
    return min(seconds[False]) / min(seconds[True])


def keep_memory():
    """Asks the C library to keep what is freed, up to 2 GB, and to serve blocks of up to 32 MB from it. Says whether it agreed.

    Left alone, glibc gives the activations of each round back to the system, and the next round fetches the same amount page by
    page, 4 KiB at a time: on a virtual machine that can take a fourth of a round. Other systems' libraries are left alone.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc; on Windows a library must have a name
        return False
    trim_threshold, mmap_threshold = -1, -3  # their names in malloc.h
    return bool(mallopt(trim_threshold, 2**31 - 1) and mallopt(mmap_threshold, 2**25))


def free_threads():
    """Threads worth using now: as many as is usual, but no more than there are cores that nobody else keeps busy.

    A parallel step ends when its last thread does. If that thread shares its core with another process, the step waits for the
    scheduler, and milliseconds become seconds: two threads beside a busy neighbour are many times slower than one.
    """
    if USUAL == 1:
        return 1
    others = []
    for _ in range(2):
        before = CoreTime.now()
        time.sleep(0.1)
        others.append(CoreTime.now().others_since(before))
    return worth_using(USUAL, min(others))


def worth_using(most, others):
    """At most that many threads, on a machine where others keep `others` cores busy."""
    return max(1, min(most, round(psutil.cpu_count() - others), allowed_cores()))


@dataclass(frozen=True)
class CoreTime:
    """Seconds: on the clock, of all cores' work, of this process's work."""

    clock: float
    all: float
    own: float

    @classmethod
    def now(cls):
        """The present reading; only differences of two readings mean something."""
        cores = psutil.cpu_times()
        own = os.times()
        return cls(time.perf_counter(), sum(cores) - cores.idle - getattr(cores, "iowait", 0.0), own.user + own.system)

    def others_since(self, before):
        """How many cores other processes have kept busy on average since then."""
        return max(0.0, (self.all - before.all) - (self.own - before.own)) / (self.clock - before.clock)


@contextmanager
def threads(most, sharing):
    """Inside, torch uses that many threads. Gives a function to call now and then: if `sharing`, it leaves others their cores."""
    before, seen = torch.get_num_threads(), CoreTime.now()
    torch.set_num_threads(most)

    def look():
        nonlocal seen
        if sharing and most > 1 and time.perf_counter() - seen.clock > 0.5:
            now = CoreTime.now()
            torch.set_num_threads(worth_using(most, now.others_since(seen)))
            seen = now

    try:
        yield look
    finally:
        torch.set_num_threads(before)


def allowed_cores():
    """Cores of this machine, or fewer where a container's quota grants fewer; at least one."""
    try:
        quota, period = map(int, QUOTA.read_text().split())
    except (OSError, ValueError):  # no container, or one without a quota: "max 100000"
        return psutil.cpu_count()
    return min(psutil.cpu_count(), max(1, quota // period))
