"""The form in which every model says how it is trained: a game, and all that a run needs besides data, seed and length."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from ..data.images import to_pixels
from ..games import Game


def adam(rate: float, beta1: float, beta2: float) -> partial:
    """A maker of Adam (Kingma & Ba 2015) with that learning rate and these decays."""
    return partial(torch.optim.Adam, lr=rate, betas=(beta1, beta2), fused=True)


@dataclass(frozen=True)
class Recipe:
    """Everything that a run needs besides data, seed and length.

    game: from the shape (C, H, W) of an image to a game; where games follow one another, from the shape and the games before it.
    prepare: from bytes to what the networks see. labels: whether the game is told them. epochs: how long `recipes.play` plays if
        nothing is said, in passes over the data. The other fields are those of `training.play`.
    """

    source: str
    game: Callable[..., Game]
    batch: int
    optimiser: Callable | dict[str, Callable]
    schedule: str = "DG"
    ema: float | None = None
    prepare: Callable = to_pixels
    labels: bool = False
    epochs: int | None = None
