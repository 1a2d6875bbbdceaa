"""Flowers at 128×128 as an article trains them, with hours: its DCGAN and its 250 passes, recorded for notebook 05.

Oxford's seventeen kinds of flowers, 1,224 training and 136 held-out photographs; the article's stack with a quarter of its channels,
BatchNorm in both networks, batches of 32, Adam 2e-4 (0.5, 0.999) as Radford, Metz & Chintala (2016) set it, two updates of the
generator a round; bf16, one thread. Seed 0 is played whole, seeds 1 and 2 for a third of the passes; beside them seed 0 with one
update of the generator a round, for a third. Measured: the discriminator's cost on held-out photographs and on generated ones, in
batches of 32 in train mode, as it judges while it learns (the held-out ones in the order of the set, some five kinds to a batch); and
of as many generated images as there are training photographs, in what the judge of photographs sees, the Fréchet distance to the
held-out photographs, and precision and recall in the training photographs.
"""

import copy
from functools import cache

import torch
from torch.nn.functional import softplus

from gan_edu import judge, metrics
from gan_edu.course import recorded
from gan_edu.data import load, to_bytes
from gan_edu.engine import Engine
from gan_edu.models.gan import GAN
from gan_edu.networks import dcgan_discriminator, dcgan_generator, dcgan_initialise
from gan_edu.training import Run, adam

from .hours import played
from .playing import real

SIDE, WIDTH, LATENT, BATCH, PASSES = 128, 16, 100, 32, 250
THIRD = PASSES // 3
TASKS = [("DGG", 0, PASSES), ("DGG", 1, THIRD), ("DGG", 2, THIRD), ("DG", 0, THIRD)]
SHOWN, LOOKS = 12, 25  # samples that are kept of every look; looks at a whole run


def flowers():
    """The photographs, and nothing that stands in for them."""
    return real(load("flowers", SIDE))


def rounds(passes):
    """So many batches are so many passes."""
    return passes * len(flowers()) // BATCH


def fresh_game():
    """Untrained networks: the article's stack of four doublings, from maps of 8×8."""
    stack = {"size": SIDE, "width": WIDTH, "depth": 4}
    networks = dcgan_generator(LATENT, 3, **stack), dcgan_discriminator(3, normalise="batch", **stack)
    return GAN(*networks, latent=LATENT).apply(dcgan_initialise)


def run_of(schedule, seed):
    torch.manual_seed(seed)
    return Run(fresh_game(), flowers().batches(BATCH, seed), adam, schedule, engine=Engine("bf16", threads=1), seed=seed)


def begin():
    return {schedule: run_of(schedule, 0) for schedule in ("DGG", "DG")}


def samples(game):
    """As many as there are training photographs, always of the same latents."""
    return game.sample(len(flowers()), torch.Generator().manual_seed(0))


def cost_on(game, images, sign):
    """The discriminator's mean cost on images in train mode, whose statistics stay as they are. sign: -1 if they count as real."""
    discriminator = copy.deepcopy(game.discriminator).train()
    with torch.no_grad():
        costs = [softplus(sign * discriminator(batch)).mean() for batch in images.split(BATCH)[: len(images) // BATCH]]
    return torch.stack(costs).mean().item()


@cache
def photographs():
    """What the judge of photographs sees in the training photographs and in the held-out ones."""
    return [judge.load(colour=True).features(part.pixels()) for part in (flowers(), flowers().held_out)]


def against(images):
    """What those images have in common with the photographs, in what the judge of photographs sees."""
    seen, (training, held_out) = judge.load(colour=True).features(images), photographs()
    precision, recall = metrics.precision_recall(training, seen)
    return {"distance": metrics.frechet_distance(seen, held_out), "precision": precision, "recall": recall}


def look(game):
    """The first samples, as bytes, and what is measured of all."""
    made = samples(game)
    measures = {
        "D on held-out": cost_on(game, flowers().held_out.pixels(), -1),
        "D on generated": cost_on(game, made, 1),
    } | against(made)
    return to_bytes(made[:SHOWN]), {what: round(value, 4) for what, value in measures.items()}


def contest(task, folder):
    """What came of a schedule, a seed and so many passes: the film, what is known of the run, and the generator."""
    schedule, seed, passes = task
    run = run_of(schedule, seed)
    film, about = played(run, rounds(passes), folder / "run", look, looks=LOOKS * passes // PASSES)
    return film, about | {"schedule": schedule, "seed": seed, "passes": passes}, run.shown.generator.state_dict()


def keep(found):
    """Beside the runs stand photographs: the training ones' distance from the held-out ones, and the held-out ones' precision."""
    training, held_out = against(flowers().pixels()), against(flowers().held_out.pixels())
    beside = {"distance": round(training["distance"], 4), "precision": round(held_out["precision"], 4)}
    recorded.write(
        "article",
        configuration={"side": SIDE, "width": WIDTH, "batch": BATCH, "passes": PASSES, "photographs": beside},
        modules=["recordings.article", "gan_edu.models.gan", "gan_edu.networks.dcgan"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[task][1] for task in TASKS],
        weights=found[TASKS[0]][2],
        films={"samples": found[TASKS[0]][0][1::2]},  # every other look, up to the last
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record = recorded.read("article")
    game = fresh_game()
    game.generator.load_state_dict(record.weights)
    made, then = against(samples(game)), record.seeds[0]["measures"][-1]
    return made, {what: then[what] for what in made}
