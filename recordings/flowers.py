"""Flowers on demand at 64×64, with hours: a discriminator with a trained network's eyes, recorded for notebook 10.

The recipe of `models/projected.py` on Oxford's seventeen kinds of flowers, 1,224 training photographs and their mirror images; the
discriminator sees the maps of the judge of photographs, and the pixels; bf16, one thread, rates that fall to nothing over the second
half of each run. Seed 0 is played whole, and seeds 0 to 2 for a third of the rounds; beside them, for a third, seed 0 with the pixels
alone and with the maps alone. Measured, of as many generated images of each kind as there are training photographs of it: the Fréchet
distance to the held-out photographs in what the first judge sees, who was the discriminator's eyes, and in what the second sees, who
was not; in the second's eyes precision and recall in the training photographs, and the share whose kind it recognises.
"""

import copy
from dataclasses import replace
from functools import cache

import torch

from gan_edu import judge, metrics
from gan_edu.course import recorded
from gan_edu.data import load, to_bytes
from gan_edu.engine import Engine
from gan_edu.models import projected
from gan_edu.networks import infer

from . import article
from .hours import Falling, played
from .playing import real

SIDE, ROUNDS = 64, 3_900
THIRD = ROUNDS // 3
WHOLE = ("maps and pixels", 0, ROUNDS)
TASKS = [WHOLE, *(("maps and pixels", seed, THIRD) for seed in range(3)), ("pixels", 0, THIRD), ("maps", 0, THIRD)]
FEW = 100  # images at a time: to fetch the memory for the maps of a thousand takes as long as to compute them
EACH, LOOKS = 4, 18  # samples of each kind that are kept of every look; looks at a whole run


@cache
def flowers():
    """The photographs, and nothing that stands in for them, read once in each process."""
    return real(load("flowers", SIDE))


def mirrored(images):
    """An `ImageSet` with every image and its mirror image."""
    return replace(images, images=torch.cat([images.images, images.images.flip(3)]), labels=images.labels.repeat(2))


def recipe_of(sees, photographs):
    """The recipe for a discriminator that sees the maps, the pixels, or both; the judge is in PyTorch's default precision."""
    maps = copy.deepcopy(judge.load(colour=True)).to(torch.get_default_dtype()).maps
    eyes = {"maps and pixels": lambda images: [*maps(images), images], "pixels": lambda images: [images], "maps": maps}
    return projected.recipe(photographs.shape, len(photographs.classes), eyes[sees])


def run_of(sees, seed, rounds):
    photographs = mirrored(flowers())
    recipe = recipe_of(sees, photographs)
    torch.manual_seed(seed)
    batches = photographs.batches(recipe.batch, seed, labels=True)
    game, engine = recipe.game(photographs.shape), Engine("bf16", threads=1)
    return Falling(rounds, game, batches, recipe.optimiser, ema=recipe.ema, engine=engine, seed=seed)


def begin():
    """Of the whole run alone: the others differ from it in nothing but length, seed, and what the discriminator is shown."""
    return {WHOLE[0]: run_of(*WHOLE)}


def judges():
    """The one with whose eyes the discriminator sees, and the one that takes no part."""
    return judge.load(colour=True), judge.load(colour=True, second=True)


def seen(images):
    """What each of the two judges sees in images."""
    return [torch.cat([each.features(part) for part in images.split(FEW)]) for each in judges()]


@cache
def photographs():
    """What each of the two judges sees in the training photographs and in the held-out ones."""
    return list(zip(*(seen(part.pixels()) for part in (flowers(), flowers().held_out))))


def distances(now):
    """From the held-out photographs, where `now` is what each of the two judges sees."""
    apart = [metrics.frechet_distance(each, held_out) for each, (_, held_out) in zip(now, photographs())]
    return dict(zip(("distance to the eyes", "distance"), apart))


def against(images, labels):
    """What images of these kinds have in common with the photographs."""
    now, second, (training, _) = seen(images), judges()[1], photographs()[1]
    precision, recall = metrics.precision_recall(training, now[1])
    named = infer(second, images, batch=FEW)[:, judge.ColourJudge.FLOWERS].argmax(1)
    return distances(now) | {
        "precision": precision,
        "recall": recall,
        "kind": (named == labels).float().mean().item(),
    }


def sampled(game, labels):
    """What `game.sample` gives for seed 0."""
    latent = game.latent.draw(len(labels), torch.Generator().manual_seed(0))
    return infer(game.generator, game.request(latent, labels), batch=FEW)


def look(game):
    """The first samples of each kind, a kind after the other, as bytes, and what is measured of all."""
    labels = flowers().labels
    made = sampled(game, labels)
    first = torch.cat([(labels == kind).nonzero()[:EACH, 0] for kind in range(game.classes)])
    return to_bytes(made[first]), rounded(against(made, labels))


def rounded(measures):
    return {what: round(value, 4) for what, value in measures.items()}


def contest(task, folder):
    """What came of a way to see, a seed and so many rounds: the film, what is known of the run, and the generator."""
    sees, seed, rounds = task
    run = run_of(*task)
    film, about = played(run, rounds, folder / "run", look, LOOKS * rounds // ROUNDS)
    return film, about | {"sees": sees, "seed": seed, "rounds": rounds}, run.shown.generator.state_dict()


def keep(found):
    """Beside the runs stand photographs, and the recorded run of `article`."""
    training, held_out, others = flowers(), flowers().held_out, article.fresh_game()
    others.generator.load_state_dict(recorded.read("article").weights)
    beside = {
        "training photographs": rounded(distances(seen(training.pixels()))),
        "held-out photographs": rounded(against(held_out.pixels(), held_out.labels)),
        "the article's recipe": rounded(distances(seen(article.samples(others)))),
    }
    recorded.write(
        "flowers",
        configuration={"side": SIDE, "rounds": ROUNDS, "beside": beside},
        modules=["recordings.flowers", "gan_edu.models.projected", "gan_edu.models.conditional", "gan_edu.networks.residual"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[task][1] for task in TASKS],
        weights=found[WHOLE][2],
        films={"samples": found[WHOLE][0][1::2]},  # every other look
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record, photographs = recorded.read("flowers"), flowers()
    game = recipe_of("maps and pixels", photographs).game(photographs.shape)
    game.generator.load_state_dict(record.weights)
    game.to(memory_format=torch.channels_last)  # as it lay when it was played
    return look(game)[1], record.seeds[0]["measures"][-1]
