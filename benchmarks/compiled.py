"""Whether compiling the networks is repaid within a run."""

import statistics
import time

import torch

from gan_edu.engine import Engine
from gan_edu.training import Run

from .report import dots
from .rounds import milliseconds
from .sharing import dcgan, one

TITLE = "What compiling would give"
NOTE = (
    "Both networks through `torch.compile`, in fp32: what the first rounds cost more, what later ones cost less, and after how many "
    "rounds the one has repaid the other. Eager and compiled rounds take turns. The engine does not compile: it would have to be "
    "repaid within a minute's run, it wants a C++ compiler, and a compiled network cannot be differentiated twice."
)


def measure(repeats=5):
    rows = []
    for name, make in {"one ring GAN": one, "dcgan recipe": dcgan}.items():
        eager, compiled = (Run(*make(), engine=Engine("fp32")) for _ in range(2))
        for player in compiled.game.order:  # `Module.compile` passes over PyTorch's own containers
            setattr(compiled.game, player, torch.compile(getattr(compiled.game, player)))
        started = time.perf_counter()
        for _ in range(3):
            compiled.round()
        first = time.perf_counter() - started
        milliseconds(eager, 20)
        found = [[statistics.median(milliseconds(run, 20)) for run in (eager, compiled)] for _ in range(repeats)]
        before, after = (statistics.median(values) for values in zip(*found))
        repaid = f"{1e3 * first / (before - after):,.0f}" if after < before else "never"
        row = {"game": name, "eager, ms": round(before, 2), "compiled, ms": round(after, 2)}
        rows.append(row | {"compiling, s": round(first, 1), "repaid after rounds": repaid})
        torch.compiler.reset()
    return rows


def plot(rows):
    columns = {kind: [row[f"{kind}, ms"] for row in rows] for kind in ("eager", "compiled")}
    return dots([row["game"] for row in rows], columns, "ms a round", height=1.8)
