"""Seconds to a given quality: the course's recipe against the textbook DCGAN, both by the judge."""

import statistics
import time

import torch
from matplotlib.figure import Figure

from gan_edu import data, metrics, recipes
from gan_edu.models.gan import GAN

from .rounds import own_process, run_of
from .textbook import Loop, upsampling

TITLE = "Seconds to the textbook DCGAN's distance after 300 s"
NOTE = (
    "Real MNIST where it is to be had. Fréchet distance in the judge's features, 10,000 generated against the 10,000 held-out "
    "images; measuring stops the clock. The textbook's DCGAN is the upsampling one, in the textbook's loop; the recipe is "
    '`recipes.play("dcgan", ...)`, of which the averaged generator is measured. × is times real against real.'
)
TEXTBOOK_SECONDS = 300
LOOKS = (5, 7.5, 10, 12.5, 15, 20, 30, 60, 120)
SHOWN = (15, 30, 60, 120)


def distances(step, sample, examiner, looks):
    """{seconds of training: Fréchet distance then}. `sample()` gives the examiner's number of images."""
    found, spent = {}, 0.0
    for look in looks:
        while spent < look:
            started = time.perf_counter()
            step()
            spent += time.perf_counter() - started
        found[look] = examiner.examine(sample()).value
    return found


def textbook(seed, seconds):
    """The textbook DCGAN's distance after so many seconds."""
    images = data.load("mnist")
    examiner = metrics.Examiner(images)
    torch.manual_seed(seed)
    generator, discriminator = upsampling(images.shape)
    loop = Loop(generator, discriminator, 100, images, 64, seed)
    game = GAN(generator, discriminator, 100)  # for its `sample` alone
    return distances(loop.step, sampler(lambda: game, examiner, seed), examiner, [seconds])[seconds]


def recipe(name, images, examiner, seed, looks):
    """A recipe's distances after so many seconds."""
    run = run_of(recipes.named(name), images, seed)
    return distances(run.round, sampler(lambda: run.shown, examiner, seed), examiner, looks)


def sampler(game, examiner, seed):
    """A function that samples what an examiner wants from `game()`, always from the same latents."""
    return lambda: game().sample(examiner.count, torch.Generator().manual_seed(seed)).float()


def measure(seeds=range(5)):
    images = data.load("mnist")
    examiner = metrics.Examiner(images)
    rows = []
    for seed in seeds:
        with own_process() as process:
            target = process.submit(textbook, seed, TEXTBOOK_SECONDS).result()
        found = recipe("dcgan", images, examiner, seed, LOOKS)
        reached = next((look for look, value in found.items() if value <= target), None)
        row = {"seed": seed, f"textbook, {TEXTBOOK_SECONDS} s": round(target, 1), "recipe is there within, s": reached}
        rows.append(row | {f"recipe, {look} s": round(found[look], 2) for look in SHOWN})
        print(rows[-1], flush=True)
    median = {key: statistics.median(row[key] for row in rows) for key in rows[0] if key != "seed"}
    times = {key: f"{value / examiner.real:.1f} ×" if "," in key[:9] else "" for key, value in median.items()}
    return [*rows, {"seed": "median"} | median, {"seed": f"median / {examiner.real:.4f}"} | times]


def plot(rows):
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    ax = figure.subplots()
    seeds = [row for row in rows if isinstance(row["seed"], int)]
    for row in seeds:
        ax.plot(SHOWN, [row[f"recipe, {look} s"] for look in SHOWN], "o-", color="C1", alpha=0.7)
        ax.plot(TEXTBOOK_SECONDS, row[f"textbook, {TEXTBOOK_SECONDS} s"], "s", color="C7")
    ax.set(xscale="log", yscale="log", xlabel="seconds of training", ylabel="Fréchet distance")
    ax.set_xticks([*SHOWN, TEXTBOOK_SECONDS], [*SHOWN, TEXTBOOK_SECONDS])
    ax.set_yticks([2, 5, 10, 20, 50], [2, 5, 10, 20, 50])
    ax.minorticks_off()
    ax.text(SHOWN[-1], seeds[-1][f"recipe, {SHOWN[-1]} s"], "  recipe", va="center")
    ax.text(TEXTBOOK_SECONDS, seeds[-1][f"textbook, {TEXTBOOK_SECONDS} s"], "textbook  ", va="center", ha="right")
    return figure
