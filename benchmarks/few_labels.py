"""A hundred labels with 60,000 images and without: what notebook 13 shows as recorded."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import torch

from gan_edu import recipes, recorded
from gan_edu.data import Batches, Together, load
from gan_edu.engine import Engine
from gan_edu.training import play

from .report import dots

TITLE = "A hundred labels"
NOTE = (
    "Error on MNIST's 10,000 test images of a dense network that has 100 labels, ten of each class, and the same network, from the "
    "same weights and with the same labels, as the discriminator of a GAN on all training images (Salimans et al. 2016). Seeds 0 to "
    "4 choose labels, weights and batches. fp32, one thread."
)
SEEDS = range(5)
ROUNDS, LABELS, RATE = 1500, 10, 1e-3  # rounds; labels a class; learning rate


def few(images, seed):
    """Rows of `LABELS` images of each class, at random."""
    rng = torch.Generator().manual_seed(seed)
    rows = [torch.nonzero(images.labels == label)[:, 0] for label in range(len(images.classes))]
    return torch.cat([these[torch.randperm(len(these), generator=rng)[:LABELS]] for these in rows])


def begin(images, seed):
    """The game, and its batches of images without labels and all images with."""
    torch.manual_seed(seed)
    rows = few(images, seed)
    labelled = Batches(images.pixels(rows), images.labels[rows], size=len(rows), seed=seed)
    return recipes.semi_supervised(images.shape), Together(images.batches(100, seed), labelled)


def played(images, seed, rounds, adversarial=1.0, **settings):
    """The `History` of a run; without the adversarial term the classifier learns from the labelled images alone."""
    game, batches = begin(images, seed)
    game.adversarial = adversarial
    adam = partial(torch.optim.Adam, lr=RATE, betas=(0.5, 0.99))
    schedule = "DG" if adversarial else "D"
    return play(
        game, batches, rounds, optimiser=adam, schedule=schedule, ema=0.98, engine=Engine("fp32", 1), seed=seed, **settings
    )


def first_costs(rounds):
    """The players' first costs with seed 0, by which a test recognises the run."""
    return played(load("mnist"), 0, rounds).costs


RECORDS = {"few_labels": first_costs}


def contest(seed):
    """A seed's errors on the test images, in shares, with 100 labels alone and with all images, these also on the way."""
    images = load("mnist")

    def look(game, average):
        return error(average, images.held_out)

    alone = played(images, seed, ROUNDS, adversarial=0.0, watch=look, every=ROUNDS)
    both = played(images, seed, ROUNDS, watch=look, every=ROUNDS // 10)
    course = [[rounds, round(value, 4)] for rounds, value in both.seen]
    return {"labels alone": round(alone.seen[-1][1], 4), "with all images": course[-1][1], "course": course}


def error(game, images):
    """The share of an `ImageSet` that a game's discriminator puts into the wrong class."""
    return (game.classify(images.pixels()).argmax(1) != images.labels).float().mean().item()


def measure(workers=2):
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        seeds = list(pool.map(contest, SEEDS))
    recorded.write(
        "few_labels",
        configuration={"rounds": ROUNDS, "labels a class": LABELS, "learning rate": RATE, "batch": 100, "data": "MNIST"},
        modules=["benchmarks.few_labels", "gan_edu.models.semi_supervised", "gan_edu.models.gan", "gan_edu.recipes"],
        first_costs=first_costs(recorded.KEPT),
        seeds=seeds,
    )
    names = ("labels alone", "with all images")
    return [
        {"seed": seed} | {f"error, {name} (%)": round(100 * found[name], 2) for name in names}
        for seed, found in zip(SEEDS, seeds)
    ]


def plot(rows):
    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "seed"}
    return dots([f"seed {row['seed']}" for row in rows], columns, "error on the test images (%)", height=3, upto=30)
