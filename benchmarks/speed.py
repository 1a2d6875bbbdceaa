"""Images a second: the engine against the textbook loop, on the same networks with the same batches."""

import statistics
import time
from contextlib import ExitStack
from functools import cache

import torch
from matplotlib.figure import Figure

from gan_edu import data
from gan_edu.engine import Engine
from gan_edu.models.gan import GAN
from gan_edu.training import Run

from .rounds import own_process
from .textbook import Loop, convolutional, dense, upsampling

TITLE = "Images a second, engine and textbook loop"
NOTE = (
    "Same networks, batches of 64. The contenders, each in a process of its own, take turns within one run, five times; a ratio is "
    "the median of the five, with the least and the greatest in brackets. The MLP and the DCGAN with upsampling are the most copied "
    "scripts' own networks; the DCGAN with strides is Radford's stack, 32 channels wide, BatchNorm on both sides."
)
NETWORKS = {
    "MLP 28×28": ("mnist", None, dense),
    "DCGAN 28×28, upsampling": ("mnist", None, upsampling),
    "DCGAN 28×28, strides": ("mnist", None, convolutional),
    "DCGAN 64×64, upsampling": ("flowers", 64, upsampling),
    "DCGAN 64×64, strides": ("flowers", 64, convolutional),
}
CONTENDERS = ("textbook", "fp32", "bf16")


@cache
def stepper(name, contender, batch):
    """A contender's step, made once in each process."""
    set_name, size, make = NETWORKS[name]
    images = data.load(set_name, size)
    torch.manual_seed(0)
    pair = make(images.shape)
    if contender == "textbook":
        return Loop(*pair, latent=100, images=images, batch=batch).step
    return Run(GAN(*pair, latent=100), images.batches(batch), engine=Engine(contender)).round


def images_a_second(name, contender, batch, seconds):
    """Images a second of a contender, measured over at least that many seconds."""
    step = stepper(name, contender, batch)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        step()
        count += 1
    return count * batch / (time.perf_counter() - started)


def measure(repeats=5, seconds=3.0, batch=64):
    rows = []
    for name in NETWORKS:
        found = {contender: [] for contender in CONTENDERS}
        with ExitStack() as stack:
            processes = {contender: stack.enter_context(own_process()) for contender in CONTENDERS}
            for repeat in range(repeats + 1):
                for contender, process in processes.items():
                    speed = process.submit(images_a_second, name, contender, batch, seconds).result()
                    if repeat > 0:  # the first warms up
                        found[contender].append(speed)
        row = {"network": name} | {contender: round(statistics.median(values)) for contender, values in found.items()}
        for precision in CONTENDERS[1:]:
            ratios = [a / b for a, b in zip(found[precision], found["textbook"])]
            row[f"{precision} / textbook"] = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        rows.append(row)
        print(row, flush=True)
    return rows


def plot(rows):
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    ax = figure.subplots()
    for k, precision in enumerate(("fp32", "bf16")):
        ratios = [row[precision] / row["textbook"] for row in rows]
        ax.barh([n + 0.36 * k for n in range(len(rows))], ratios, height=0.34, label=precision)
    ax.axvline(1, color="C7")
    ax.set(yticks=[n + 0.18 for n in range(len(rows))], yticklabels=[row["network"] for row in rows])
    ax.set(xlabel="images a second, times the textbook loop's")
    ax.invert_yaxis()
    ax.legend(frameon=False)
    return figure
