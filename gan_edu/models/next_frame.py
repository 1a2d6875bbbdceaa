"""What comes next: the next frame of a film (Mathieu, Couprie & LeCun 2016), by `Pix2Pix` with squared error for a distance. Taught in
notebook 13.

Left out: networks of several scales, and the cost on differences between neighbouring pixels.
"""

from functools import partial

import torch
from torch.nn.functional import mse_loss

from ..errors import GameError
from ..games import Draw
from ..networks import UNet, patchgan
from .pix2pix import Pix2Pix
from .recipe import Recipe, adam


class NextFrame(Pix2Pix):
    """The last frame of a film from those before it. The discriminator judges it as the film's end.

    A batch is films (N, frames, C, H, W), at least two frames long. generator: network from all frames but the last, as channels
    (N, (frames - 1) C, H, W), to a frame (N, C, H, W). discriminator: network from all frames as channels to logits.
    """

    distance = staticmethod(mse_loss)

    def draw(self, batch, rng):
        if batch.dim() != 5 or batch.shape[1] < 2:
            raise GameError(
                f"a {type(self).__name__} is told films (N, frames, C, H, W) of two or more, not {tuple(batch.shape)}."
            )
        return Draw(condition=batch[:, :-1].flatten(1, 2), image=batch[:, -1])

    def continued(self, films, count):
        """The next `count` frames (N, count, C, H, W) of films that end where the last frame is to come: (N, frames - 1, C, H, W).
        From the second on, what is made is made from what was made."""
        known, (_, _, channels, *_) = films.flatten(1, 2), films.shape
        made = []
        for _ in range(count):
            made.append(self.translate(known))
            known = torch.cat([known[:, channels:], made[-1]], dim=1)
        return torch.stack(made, dim=1)


def game(shape, frames=5):
    """A U-Net, and a discriminator of patches of 22 pixels that is shown all frames, with BatchNorm."""
    discriminator = patchgan(frames * shape[0], layers=2, normalise="batch")
    return NextFrame(UNet((frames - 1) * shape[0], *shape[:2]), discriminator, adversarial=0.05, weight=1.0)


def recipe(frames=5):
    """For films of that many frames."""
    return Recipe(
        source="this course, notebook 13",
        game=partial(game, frames=frames),
        batch=32,
        optimiser=adam(2e-3, 0.5, 0.99),
        ema=0.995,
    )
