"""How near the engine is to what the machine can do at all."""

import statistics
import time

import torch
from matplotlib.figure import Figure
from torch.utils.flop_counter import FlopCounterMode

from gan_edu import data, networks
from gan_edu.engine import Engine
from gan_edu.models.gan import GAN
from gan_edu.training import Run

TITLE = "Time of a step over its limit"
NOTE = (
    "An MLP, 256–512–1024 against 1024–512–256, batches of 256. Limit: the step's matrix products at the rate of the fastest of some "
    "square products, plus the optimiser's traffic (parameter, gradient and two moments read, parameter and two moments written) at "
    "the rate of a large copy. Everything is measured in turns within one run; medians."
)


def seconds(action):
    """Seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def measure(batch=256, repeats=10, rounds=6):
    images = data.load("mnist")
    pixels = images.shape[1] * images.shape[2]
    source = torch.zeros(32 * 2**20)
    target = torch.empty_like(source)
    rows = []
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        torch.manual_seed(0)
        generator = networks.mlp(100, 256, 512, 1024, pixels, activation=networks.leaky_relu, output=torch.nn.Tanh)
        discriminator = networks.mlp(pixels, 1024, 512, 256, 1, activation=networks.leaky_relu)
        flat = images.batches(batch, prepare=lambda raw: data.to_pixels(raw).flatten(1))
        run = Run(GAN(generator, discriminator, latent=100), flat, engine=Engine(precision))
        with FlopCounterMode(display=False) as counter:
            run.round()
        squares = {n: torch.randn(2, n, n).to(dtype) for n in (512, 1024, 2048)}
        found = {"round": [], "rate": [], "copy": []}
        for _ in range(repeats):
            found["round"] += [seconds(run.round) for _ in range(rounds)]
            found["rate"].append(
                max(2 * n**3 / seconds(lambda a=a, b=b: a @ b) for n, (a, b) in squares.items() for _ in range(3))
            )
            found["copy"].append(2 * source.nbytes / min(seconds(lambda: target.copy_(source)) for _ in range(3)))
        median = {name: statistics.median(values) for name, values in found.items()}
        products = counter.get_total_flops() / median["rate"]
        traffic = 7 * 4 * sum(p.numel() for p in run.game.parameters()) / median["copy"]
        row = {"precision": precision, "GFLOP a step": round(counter.get_total_flops() / 1e9, 2)}
        row |= {"GFLOP/s, peak": round(median["rate"] / 1e9), "GB/s, copy": round(median["copy"] / 1e9, 1)}
        row |= {"products, ms": round(1e3 * products, 1), "optimiser, ms": round(1e3 * traffic, 1)}
        row |= {"step, ms": round(1e3 * median["round"], 1)}
        rows.append(row | {"step / limit": round(median["round"] / (products + traffic), 2)})
    return rows


def plot(rows):
    figure = Figure(figsize=(7, 2), layout="constrained")
    ax = figure.subplots()
    for k, row in enumerate(rows):
        ax.barh(k, row["step, ms"], color="C7", label="step" if k == 0 else None)
        ax.barh(k, row["products, ms"], height=0.4, color="C0", label="products" if k == 0 else None)
        left = row["products, ms"]
        ax.barh(k, row["optimiser, ms"], left=left, height=0.4, color="C1", label="optimiser" if k == 0 else None)
    ax.set(yticks=range(len(rows)), yticklabels=[row["precision"] for row in rows], xlabel="milliseconds")
    ax.invert_yaxis()
    ax.legend(frameon=False)
    return figure
