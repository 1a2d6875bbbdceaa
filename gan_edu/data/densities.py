"""Densities that are known exactly: the truth against which a GAN can be judged. Points are (N, d), densities (N, 1)."""

import math

import torch
from torch import Tensor

from ..errors import DataError
from .batches import Stream


class Mixture:
    """A mixture of isotropic Gaussians with one common standard deviation.

    centres: (modes, d); std: a number; weights: one a mode, equal by default.
    """

    def __init__(self, centres, std, weights=None):
        self.centres = torch.as_tensor(centres, dtype=torch.get_default_dtype())
        if self.centres.dim() != 2:
            raise DataError(f"centres must have the shape (modes, dimensions), not {tuple(self.centres.shape)}.")
        self.std = float(std)
        modes = len(self.centres)
        weights = torch.ones(modes) if weights is None else torch.as_tensor(weights)
        self.weights = (weights / weights.sum()).to(self.centres)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x), natural logarithm, for x of shape (N, d): shape (N, 1)."""
        centres, weights = self.centres.to(x), self.weights.to(x)
        squared = (x.unsqueeze(1) - centres).square().sum(2)
        constant = centres.shape[1] * math.log(self.std * math.sqrt(2 * math.pi))
        return torch.logsumexp(weights.log() - squared / (2 * self.std**2) - constant, dim=1, keepdim=True)

    def __call__(self, x):
        """p(x) for x of shape (N, d): shape (N, 1)."""
        return self.log_density(x).exp()

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Points (count, d) on the device of `rng`, a `torch.Generator`."""
        device = rng.device
        mode = torch.multinomial(self.weights.to(device), count, replacement=True, generator=rng)
        noise = torch.randn(count, self.centres.shape[1], generator=rng, device=device)
        return self.centres.to(device, noise.dtype)[mode] + self.std * noise

    def batches(self, size: int, seed: int = 0, device: torch.device | str = "cpu") -> Stream:
        """An endless stream of fresh batches (size, d)."""
        return Stream(self.sample, size, seed, device)


def gaussian(mean: float = 0.0, std: float = 1.0) -> Mixture:
    """The normal density on the line, as a `Mixture` with one mode."""
    return Mixture([[mean]], std)


def ring(modes: int = 8, radius: float = 1.0, std: float = 0.05) -> Mixture:
    """`modes` Gaussians evenly spaced on a circle: the data of notebooks 00, 06 and 07 (after Metz et al. 2017)."""
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return Mixture(radius * torch.stack([angles.cos(), angles.sin()], dim=1), std)


def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> Mixture:
    """side × side Gaussians on a square lattice centred at the origin: 25 modes from -4 to 4 by default (Lin et al. 2018)."""
    line = (torch.arange(side) - (side - 1) / 2) * spacing
    return Mixture(torch.cartesian_prod(line, line), std)
