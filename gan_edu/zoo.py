"""The zoo outside of notebooks: every system of this course by name, on named data or on your own, in a folder from which an
interrupted run goes on. `gan-edu train`, `gan-edu sample` and `gan-edu evaluate` are made of this.

    for stage, run in zoo.train(zoo.Order("pix2pix", "my/pairs"), "runs/x", rounds=2000):
        print(stage, run.done, run.history.seen[-1])
"""

import csv
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate, l1_loss, mse_loss

from . import judge, recipes, training
from .data import to_pixels
from .data.examples import load_examples
from .errors import CheckpointError, GameError
from .metrics import frechet_distance
from .models.projection import Projection, nearest
from .models.restoration import Denoising, NextFrame
from .models.semi_supervised import SemiSupervisedGAN
from .models.translation import CycleGAN, DiscoGAN, Pix2Pix
from .networks import UNet, dcgan_discriminator, dcgan_generator, infer, patchgan
from .recipes import RECIPES, SHADES, Recipe

MEASURED = 1000  # held-out examples, at most


@dataclass(frozen=True)
class Answer:
    """What a system made of held-out examples, all in pixels (N, C, H, W).

    made: that; real: what it should look like; matched: whether that is so row by row, for there is one right answer.
    given: what it was made from, as images; row: how many of them one row of a picture shows.
    numbers: further measures by name.
    """

    made: Tensor
    real: Tensor
    matched: bool = False
    given: tuple[Tensor, ...] = ()
    row: int = 8
    numbers: dict = field(default_factory=dict)

    def picture(self):
        """All of it side by side, and how many images make a row: what was given, what was made, what was right."""
        columns = [*self.given, self.made, *[self.real] * self.matched]
        shape = torch.broadcast_shapes(*(image.shape[1:] for image in columns[-1:]))
        columns = [interpolate(column, shape[1:]).expand(-1, shape[0], -1, -1) for column in columns]
        return torch.stack(columns, dim=1).flatten(0, 1), len(columns) * max(1, self.row // len(columns))
    
    def measures(self):
        """Numbers by name. The Fréchet distance is between the judge's features of what was made and of what is real."""
        real = adaptive_avg_pool2d(self.real, self.made.shape[2:])  # an early stage makes small images
        numbers = {"Fréchet distance": frechet_distance(*map(_features, (real, self.made)))}
        if self.matched:
            numbers |= {"L1": l1_loss(self.made, real).item(), "PSNR": psnr(self.made, real)}
        return numbers | self.numbers
