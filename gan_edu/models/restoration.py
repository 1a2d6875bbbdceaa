"""What comes next and what was there: the next frame of a film (Mathieu, Couprie & LeCun 2016), and images without their noise. Both
are `Pix2Pix` with squared error for a distance. Taught in notebook 13.

Left out: Mathieu et al.'s networks of several scales and their cost on differences between neighbouring pixels.
"""

import torch
from torch import nn

from ..errors import GameError
from ..games import Draw
from .translation import Pix2Pix


class NextFrame(Pix2Pix):
    """The last frame of a film from those before it. The discriminator judges it as the film's end.

    A batch is films (N, frames, C, H, W), at least two frames long. generator: network from all frames but the last, as channels
    (N, (frames - 1) C, H, W), to a frame (N, C, H, W). discriminator: network from all frames as channels to logits.
    """

    distance = staticmethod(nn.functional.mse_loss)

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


class Denoising(Pix2Pix):
    """Images from images with noise: to each pixel a number is added, normal and independent, with standard deviation `noise`.

    A batch is images without noise (N, C, H, W), pixels in [-1, 1]; every draw has noise of its own. The other settings are those of
    `Pix2Pix`.
    """

    distance = staticmethod(nn.functional.mse_loss)

    def __init__(self, generator, discriminator, adversarial=1.0, weight=100.0, noise=0.5):
        super().__init__(generator, discriminator, adversarial, weight)
        self.noise = noise

    def about(self):
        """Its name, the weights of its terms, and the noise."""
        return f"{super().about()} + noise({self.noise:g})"

    def draw(self, batch, rng):
        return Draw(condition=self.spoilt(batch, rng), image=batch)

    def spoilt(self, images, rng):
        """The images with noise, not clipped."""
        return images + self.noise * torch.randn(images.shape, generator=rng, device=rng.device)
