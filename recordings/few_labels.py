"""A hundred labels with 60,000 images and without: what notebook 13 shows as recorded.

The classifier of Salimans et al. (2016) with 100 labels, ten of each class, and the same network, from the same weights and with the
same labels, as the discriminator of a GAN on all training images; and the smaller classifier of this course with the labels alone.
Seeds choose labels, weights and batches. bf16, one thread, rounds of 100 images; over the second half of them the learning rates fall
to nothing. Errors are of the averaged classifier on the 10,000 test images.
"""

import torch

from gan_edu.course import recorded
from gan_edu.data import Batches, Together, load
from gan_edu.engine import Engine
from gan_edu.models import semi_supervised
from gan_edu.models.recipe import adam

from .hours import Falling, thinned
from .playing import real

LABELS, LOOKS = 10, 20  # labels a class; looks on the way
KINDS = {  # whether the network is the published one, what a GAN's discriminator pays, and rounds
    "a smaller network, labels alone": (False, 0.0, 3000),
    "labels alone": (True, 0.0, 3000),
    "with all images": (True, 0.5, 20_000),
}
SEEDS = range(3)
TASKS = [(kind, seed) for kind in reversed(KINDS) for seed in SEEDS]  # the long ones first


def few(images, seed):
    """Rows of `LABELS` images of each class, at random."""
    rng = torch.Generator().manual_seed(seed)
    rows = [torch.nonzero(images.labels == label)[:, 0] for label in range(len(images.classes))]
    return torch.cat([these[torch.randperm(len(these), generator=rng)[:LABELS]] for these in rows])


def run_of(kind, seed):
    published, adversarial, rounds = KINDS[kind]
    images = real(load("mnist"))
    torch.manual_seed(seed)
    game = (semi_supervised.published if published else semi_supervised.game)(images.shape)
    game.adversarial = adversarial
    rows = few(images, seed)
    labelled = Batches(images.pixels(rows), images.labels[rows], size=len(rows), seed=seed)
    batches, schedule = Together(images.batches(100, seed), labelled), "DG" if adversarial else "D"
    optimiser = adam(3e-3 if published else 1e-3, 0.5, 0.999)
    return Falling(rounds, game, batches, optimiser, schedule, ema=0.999, engine=Engine("bf16", 1), seed=seed)


def begin():
    return {kind: run_of(kind, 0) for kind in KINDS}


def contest(task, folder):
    """What came of a kind and a seed: the errors on the way, the last at the end, the costs' course, and the hours."""
    run = run_of(*task)
    for _ in run.play(run.rounds, lambda game, average: error(average), run.rounds // LOOKS, folder / "run"):
        pass
    return {
        "course": [[rounds, round(value, 4)] for rounds, value in run.history.seen],
        "costs": {player: thinned(costs) for player, costs in run.history.costs.items() if costs},
        "hours": round(run.history.seconds / 3600, 3),
    }


def error(game):
    """The share of test images that a game's discriminator puts into the wrong class."""
    tested = load("mnist").held_out
    return (game.classify(tested.pixels()).argmax(1) != tested.labels).float().mean().item()


def keep(found):
    recorded.write(
        "few_labels",
        configuration={"kinds": list(KINDS), "labels a class": LABELS, "batch": 100, "data": "MNIST"},
        modules=["recordings.few_labels", "gan_edu.models.semi_supervised", "gan_edu.models.gan"],
        beginnings=recorded.beginnings(begin),
        seeds=[{kind: found[kind, seed] for kind in KINDS} for seed in SEEDS],
    )
