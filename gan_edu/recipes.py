"""Recipes by name: the articles' own settings, and the course's.

    game, history = recipes.play("keras", mnist, rounds=1000)

How a model is trained stands in its file in `models/`. Here are those that learn from the images of an `ImageSet`.
"""

import torch
from torch import Tensor

from . import training
from .data import ImageSet
from .errors import GameError
from .games import Game
from .models import ac_gan, bigan, conditional, dcgan, infogan, mlp_gan
from .models.recipe import Recipe

GREY = (1, 28, 28)
RECIPES = {
    "dcgan": dcgan.DIGITS,
    "clothes": dcgan.CLOTHES,
    "photographs": dcgan.PHOTOGRAPHS,
    "tensorflow": mlp_gan.TENSORFLOW,
    "introductory": mlp_gan.INTRODUCTORY,
    "keras": mlp_gan.KERAS,
    "conditional": conditional.recipe(GREY),
    "auxiliary classifier": ac_gan.recipe(GREY),
    "infogan": infogan.recipe(GREY),
    "bigan": bigan.recipe(GREY),
}


def play(
    name: str,
    images: ImageSet,
    rounds: int | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    **settings,
) -> tuple[Game, training.History]:
    """Plays a named recipe on an `ImageSet`; as many rounds as its epochs make if `rounds` is not given.

    settings: further arguments for `training.play`. Returns (game, history). Raises GameError for an unknown name.
    """
    recipe = named(name)
    torch.manual_seed(seed)
    game = recipe.game(images.shape).to(device)
    batches = images.batches(recipe.batch, seed, device, labels=recipe.labels, prepare=recipe.prepare)
    history = training.play(
        game,
        batches,
        rounds if rounds is not None else recipe.epochs * (len(images) // recipe.batch),
        seed=seed,
        **{name: getattr(recipe, name) for name in ("optimiser", "schedule", "ema")} | settings,
    )
    return game, history


def named(name: str) -> Recipe:
    """The recipe of that name."""
    if name not in RECIPES:
        raise GameError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]


def pixels(name: str, generated: Tensor) -> Tensor:
    """What a recipe's generator made, brought to pixels in [-1, 1]."""
    return 2 * generated - 1 if named(name).prepare is mlp_gan.zero_to_one else generated
