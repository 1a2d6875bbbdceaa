"""How the cost of a round grows with batch, width, image size and the number of GANs side by side."""

import statistics

import torch
from matplotlib.figure import Figure

from gan_edu import data, networks
from gan_edu.engine import Engine
from gan_edu.models.gan import GAN
from gan_edu.training import Run

from .rounds import milliseconds

TITLE = "How a round's cost grows"
NOTE = (
    "Milliseconds a round in fp32, median. Batch, width and size: Radford's stack, 16 channels wide, batches of 64 (16 for sizes), "
    "32×32 pixels. Ring GANs: two hidden layers of 128 on either side, batches of 128, `Ensemble`."
)


def stack(batch=64, width=16, size=32):
    """A DCGAN and noise to train it on."""
    torch.manual_seed(0)
    generator = networks.dcgan_generator(64, 1, size, width)
    game = GAN(generator, networks.dcgan_discriminator(1, size, width, normalise="batch"), latent=64)
    return game, data.Batches(torch.rand(512, 1, size, size) * 2 - 1, size=batch)


def rings(members, batch=128):
    """Ring GANs side by side."""
    torch.manual_seed(0)
    generator = networks.Ensemble(lambda: networks.mlp(2, 128, 128, 2), members)
    discriminator = networks.Ensemble(lambda: networks.mlp(2, 128, 128, 1), members)
    return GAN(generator, discriminator, latent=2), data.ring().batches(batch * members)


SERIES = {
    "batch": ((16, 32, 64, 128, 256), lambda batch: stack(batch=batch)),
    "width": ((8, 16, 32, 64), lambda width: stack(width=width)),
    "image size": ((16, 32, 64, 128), lambda size: stack(batch=16, size=size)),
    "ring GANs at once": ((1, 2, 5, 10, 32), rings),
}


def measure():
    rows = []
    for name, (values, make) in SERIES.items():
        for value in values:
            run = Run(*make(value), engine=Engine("fp32"))
            slowest = max(milliseconds(run, 3))  # warms up
            times = milliseconds(run, max(5, int(1500 / slowest)))
            rows.append({"what grows": name, "to": value, "ms a round": round(statistics.median(times), 2)})
    return rows


def plot(rows):
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for ax, name in zip(figure.subplots(1, len(SERIES)), SERIES):
        series = [row for row in rows if row["what grows"] == name]
        ax.plot([row["to"] for row in series], [row["ms a round"] for row in series], "o-")
        ax.set(xscale="log", yscale="log", xlabel=name)
        ax.set_xticks([row["to"] for row in series], [row["to"] for row in series], minor=False)
        ax.minorticks_off()
    figure.supylabel("ms a round", fontsize="medium")
    return figure
