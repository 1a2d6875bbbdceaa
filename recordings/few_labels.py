"""A hundred labels with 60,000 images and without: what notebook 13 shows as recorded.

A dense network that has 100 labels, ten of each class, and the same network, from the same weights and with the same labels, as the
discriminator of a GAN on all training images (Salimans et al. 2016). Seeds choose labels, weights and batches. fp32, one thread.
"""

from functools import partial

import torch

from gan_edu.course import recorded
from gan_edu.data import Batches, Together, load
from gan_edu.engine import Engine
from gan_edu.models import semi_supervised
from gan_edu.training import Run

from .playing import real

ROUNDS, LABELS, RATE = 1500, 10, 1e-3  # rounds; labels a class; learning rate
TASKS = [(seed,) for seed in range(5)]


def few(images, seed):
    """Rows of `LABELS` images of each class, at random."""
    rng = torch.Generator().manual_seed(seed)
    rows = [torch.nonzero(images.labels == label)[:, 0] for label in range(len(images.classes))]
    return torch.cat([these[torch.randperm(len(these), generator=rng)[:LABELS]] for these in rows])


def run_of(images, seed, adversarial=1.0):
    """A run; without the adversarial term the classifier learns from the labelled images alone."""
    torch.manual_seed(seed)
    rows = few(images, seed)
    labelled = Batches(images.pixels(rows), images.labels[rows], size=len(rows), seed=seed)
    game = semi_supervised.game(images.shape)
    game.adversarial = adversarial
    adam = partial(torch.optim.Adam, lr=RATE, betas=(0.5, 0.99))
    schedule = "DG" if adversarial else "D"
    batches = Together(images.batches(100, seed), labelled)
    return Run(game, batches, adam, schedule, ema=0.98, engine=Engine("fp32", 1), seed=seed)


def begin():
    return {"with all images": run_of(load("mnist"), 0)}


def contest(task, folder):
    """A seed's errors on the test images, in shares, with 100 labels alone and with all images, these also on the way."""
    (seed,), images = task, real(load("mnist"))
    alone, both = run_of(images, seed, adversarial=0.0), run_of(images, seed)
    for run, every in ((alone, ROUNDS), (both, ROUNDS // 10)):
        for _ in run.play(ROUNDS, lambda game, average: error(average, images.held_out), every):
            pass
    course = [[rounds, round(value, 4)] for rounds, value in both.history.seen]
    return {"labels alone": round(alone.history.seen[-1][1], 4), "with all images": course[-1][1], "course": course}


def error(game, images):
    """The share of an `ImageSet` that a game's discriminator puts into the wrong class."""
    return (game.classify(images.pixels()).argmax(1) != images.labels).float().mean().item()


def keep(found):
    recorded.write(
        "few_labels",
        configuration={"rounds": ROUNDS, "labels a class": LABELS, "learning rate": RATE, "batch": 100, "data": "MNIST"},
        modules=["recordings.few_labels", "gan_edu.models.semi_supervised", "gan_edu.models.gan"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[task] for task in TASKS],
    )
