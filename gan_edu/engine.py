"""How a game is computed, as against what it computes: in what precision, on how many threads, in what memory.

`training.play` chooses for itself what is left at "auto", from what the game and the machine are, never from what a clock says or from
what else runs there: so a seed fixes a run. `python -m benchmarks` measures what the choices are worth.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from .errors import GameError

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use: "200000 100000" is two cores, of however many the machine has."""
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
SMALL = 5_000_000  # multiplications a pass below which a second thread costs more in waiting than it saves in work
WIDE = 8_000_000  # multiplications of a linear layer from which on it gains from bf16 where the processor knows it


@dataclass(frozen=True)
class Engine:
    """How `play` computes a game. Every choice changes seconds, and results by rounding only.

    precision: "fp32", "bf16" (autocast), or "auto": bf16 for convolutions and wide linear layers where `knows_bf16`, else fp32. A
        checkpoint keeps it: a run that goes on with "auto" goes on in its own precision.
    threads: a number, or "auto": one for a small game, else as many as torch is set to and the machine grants. Beside a process that
        keeps the cores busy, fewer are faster; but a sum that is split in another way is rounded in another way.
    channels_last: whether images lie in memory pixel by pixel, all channels of one together, as convolutions like them.
    """

    precision: str = "auto"
    threads: int | str = "auto"
    channels_last: bool = True

    def resolved(self, game: nn.Module, batch: int) -> "Engine":
        """The same with every choice made for a game and batches of that many samples. Lays the game out in memory.

        Raises GameError for a setting that does not exist.
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
            widest = max((m.in_features * m.out_features for m in game.modules() if isinstance(m, nn.Linear)), default=0)
            large = convolves or not small and widest * batch >= WIDE
            precision = "bf16" if large and knows_bf16(next(game.parameters()).device) else "fp32"
        if threads == "auto":
            threads = 1 if small else min(torch.get_num_threads(), allowed_cores())
        return Engine(precision, threads, convolves and self.channels_last)

    def __str__(self):
        threads = f"{self.threads} thread{'s' * (self.threads != 1)}"
        return ", ".join([self.precision, threads, *["channels last"] * self.channels_last])


AUTO = Engine()


def knows_bf16(device: torch.device | str) -> bool:
    """Whether a device multiplies in bf16 by instructions of its own: a processor with AVX512-BF16 or AMX, unless oneDNN has been told
    to use less, or a GPU that says so. Others compute it through fp32, slower than that."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    told = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "ALL"
    least = told.upper() in ("ALL", "DEFAULT") or any(word in told.upper() for word in ("BF16", "FP16", "AMX", "AVX10"))
    has = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return device.type == "cpu" and least and has


def keep_memory() -> bool:
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


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Inside, torch uses that many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def allowed_cores() -> int:
    """Cores that this process may use, or fewer where a container's quota grants fewer; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = map(int, QUOTA.read_text().split())
    except (OSError, ValueError):  # no container, or one without a quota: "max 100000"
        return cores
    return min(cores, max(1, quota // period))
