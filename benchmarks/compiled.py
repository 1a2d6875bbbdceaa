"""Whether compiling the networks is repaid within a run."""

import statistics
import time

import torch
from matplotlib.figure import Figure

from gan_edu.engine import Engine
from gan_edu.training import Run

from .sharing import dcgan, one

TITLE = "What compiling would give"
NOTE = (
    "Both networks through `torch.compile`, in fp32: what the first rounds cost more, what later ones cost less, and after how many "
    "rounds the one has repaid the other. Eager and compiled rounds take turns. The engine does not compile: it would have to be "
    "repaid within a minute's run, it wants a C++ compiler, and a compiled network cannot be differentiated twice."
)


def milliseconds(run, rounds=20):
    """The median of some rounds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run.round()
        times.append(1e3 * (time.perf_counter() - started))
    return statistics.median(times)


def measure(repeats=5):
    rows = []
    for name, make in {"one ring GAN": one, "dcgan recipe": dcgan}.items():
        eager, compiled = (Run(*make(), engine=Engine("fp32")) for _ in range(2))
        compiled.game.generator.compile()
        compiled.game.discriminator.compile()
        started = time.perf_counter()
        for _ in range(3):
            compiled.round()
        first = time.perf_counter() - started
        milliseconds(eager)
        found = [(milliseconds(eager), milliseconds(compiled)) for _ in range(repeats)]
        before, after = (statistics.median(values) for values in zip(*found))
        repaid = f"{1e3 * first / (before - after):,.0f}" if after < before else "never"
        row = {"game": name, "eager, ms": round(before, 2), "compiled, ms": round(after, 2)}
        rows.append(row | {"compiling, s": round(first, 1), "repaid after rounds": repaid})
        torch.compiler.reset()
    return rows


def plot(rows):
    figure = Figure(figsize=(7, 1.8), layout="constrained")
    ax = figure.subplots()
    for kind, mark in (("eager", "o"), ("compiled", "x")):
        ax.plot([row[f"{kind}, ms"] for row in rows], range(len(rows)), mark, label=kind)
    ax.set(yticks=range(len(rows)), yticklabels=[row["game"] for row in rows], xscale="log", xlabel="ms a round")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.grid(axis="x", alpha=0.3)
    ax.invert_yaxis()
    ax.legend(frameon=False)
    return figure
