"""Images without their noise, by `Pix2Pix` with squared error for a distance (after Isola et al. 2017). Taught in notebook 13."""

import torch
from torch.nn.functional import mse_loss

from ..games import Draw
from ..networks import UNet, patchgan
from .pix2pix import Pix2Pix
from .recipe import Recipe, adam


class Denoising(Pix2Pix):
    """Images from images with noise: to each pixel a number is added, normal and independent, with standard deviation `noise`.

    A batch is images without noise (N, C, H, W), pixels in [-1, 1]; every draw has noise of its own. The other settings are those of
    `Pix2Pix`.
    """

    distance = staticmethod(mse_loss)

    def __init__(self, generator, discriminator, adversarial=1.0, weight=100.0, noise=0.5):
        super().__init__(generator, discriminator, adversarial, weight)
        self.noise = noise

    def identity(self):
        """Its name, the weights of its terms, and the noise."""
        return f"{super().identity()} + noise({self.noise:g})"

    def draw(self, batch, rng):
        return Draw(condition=self.spoilt(batch, rng), image=batch)

    def spoilt(self, images, rng):
        """The images with noise, not clipped."""
        return images + self.noise * torch.randn(images.shape, generator=rng, device=rng.device)


def game(shape):
    """A U-Net, and a discriminator of patches of 22 pixels that is shown both images, with BatchNorm."""
    discriminator = patchgan(2 * shape[0], layers=2, normalise="batch")
    return Denoising(UNet(shape[0], *shape[:2]), discriminator, adversarial=0.1, weight=1.0)


RECIPE = Recipe(source="this course, notebook 13", game=game, batch=32, optimiser=adam(2e-3, 0.5, 0.99), ema=0.995)
