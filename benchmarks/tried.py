"""What was tried on the way to the course's recipes, one change at a time."""

import statistics
from dataclasses import replace
from functools import partial

import torch

from gan_edu import data, losses, metrics, networks, recipes
from gan_edu.models import dcgan
from gan_edu.models.gan import GAN

from .report import dots
from .rounds import milliseconds, run_of

TITLE = "What was tried on the way to the recipes"
NOTE = (
    "Each line changes one thing in the recipe and trains for as many rounds as fit into 60 s of the recipe's own: its round is timed "
    "beside the recipe's. Distance of the averaged generator, development seed 100 (clothes: 100, 101 and 102); × is times real "
    "against real, their median. Seeds differ by half and more, so a single line proves little. The judge knows digits: on "
    "clothes and flowers its distance is a rough guide, and the pictures were looked at besides."
)
SECONDS = 60.0
SEEDS = {"fashion": (100, 101, 102)}
SEED = 100


def objective(chosen):
    """Another objective."""

    def change(recipe):
        def game(shape):
            made = recipe.game(shape)
            return GAN(made.generator, made.discriminator, made.latent, objective=chosen)

        return replace(recipe, game=game)

    return change


def widths(generator, discriminator):
    """Networks of other widths."""
    return lambda recipe: replace(recipe, game=lambda shape: dcgan.game(shape, generator, discriminator))


def batch_norm(recipe):
    """BatchNorm in the discriminator, as Radford has it, instead of spectral norm."""

    def game(shape):
        made = recipe.game(shape)
        discriminator = networks.dcgan_discriminator(shape[0], shape[1], refine=2, normalise="batch")
        return GAN(made.generator, discriminator, made.latent)

    return replace(recipe, game=game)


def rate(lr, beta1=0.0, beta2=0.9):
    """Another learning rate."""
    return lambda recipe: replace(recipe, optimiser=partial(torch.optim.Adam, lr=lr, betas=(beta1, beta2), fused=True))


def batch(size):
    """Another batch."""
    return lambda recipe: replace(recipe, batch=size)


def average(decay):
    """Another decay of the average."""
    return lambda recipe: replace(recipe, ema=decay)


RECIPE = {"the recipe": lambda recipe: recipe}
TRIED = {
    ("mnist", None, "dcgan"): RECIPE
    | {
        "batch 32": batch(32),
        "batch 128": batch(128),
        "EMA 0.99": average(0.99),
        "EMA 0.998": average(0.998),
        "learning rate 1e-3": rate(1e-3),
        "Radford's Adam: 2e-4, beta1 0.5": rate(2e-4, 0.5, 0.999),
        "BatchNorm in D": batch_norm,
        "D twice as wide": widths(32, 32),
        "G half as wide": widths(16, 16),
        "hinge objective": objective(losses.hinge),
        "relativistic objective": objective(losses.relativistic),
    },
    ("fashion", None, "clothes"): RECIPE
    | {
        "the recipe for digits": lambda recipe: recipes.named("dcgan"),
        "learning rate 2e-3": rate(2e-3),
        "D twice as wide": widths(32, 32),
    },
    ("flowers", 32, "photographs"): RECIPE
    | {
        "D half as wide": widths(32, 16),
        "batch 64": batch(64),
        "learning rate 2e-3": rate(2e-3),
        "learning rate 5e-4": rate(5e-4),
        "relativistic objective": objective(losses.relativistic),
    },
    ("flowers", 64, "photographs"): RECIPE | {"D half as wide": widths(16, 16), "G twice as wide": widths(32, 32)},
}


def measure():
    rows = []
    for (name, size, recipe_name), changes in TRIED.items():
        images = data.load(name, size)
        examiner = metrics.Examiner(images)
        recipe = recipes.named(recipe_name)
        own = run_of(recipe, images, SEED)
        own_ms = statistics.median(min(milliseconds(own, 6)) for _ in range(8))
        for label, change in changes.items():
            changed = change(recipe)
            probe = run_of(changed, images, SEED)
            slower = statistics.median(min(milliseconds(probe, 6)) / min(milliseconds(own, 6)) for _ in range(5))
            rounds = int(1e3 * SECONDS / own_ms / slower)
            found = [distance(changed, images, rounds, seed, examiner) for seed in SEEDS.get(name, (SEED,))]
            row = {"images": f"{name} {images.shape[1]}×{images.shape[2]}", "change": label, "rounds": rounds}
            row["distance"] = ", ".join(f"{one.value:.2f}" for one in found)
            rows.append(row | {"×": round(statistics.median(one.ratio for one in found), 1)})
            print(rows[-1], flush=True)
    return rows


def distance(recipe, images, rounds, seed, examiner):
    """The `Distance` of a fresh run's generator after so many rounds."""
    run = run_of(recipe, images, seed)
    while run.done < rounds:
        run.round()
    return examiner.examine(run.shown.sample(examiner.count, torch.Generator().manual_seed(seed)).float())


def plot(rows):
    names = [f"{row['images']}: {row['change']}" for row in rows]
    return dots(names, {"": [row["×"] for row in rows]}, "distance after 60 s, times real against real", height=5)
