"""Laboratories: pictures with controls, drawn in the page itself. All but `GameLab` need no kernel; underneath it lies a plain object
that runs, and is tested, without a browser."""

from .densities import DensityLab
from .lab import GameLab
from .latents import LatentLab
from .orbit import OrbitLab
from .playground import Playground
from .real_or_fake import RealOrFake
from .strokes import StrokeLab

__all__ = ["DensityLab", "GameLab", "LatentLab", "OrbitLab", "Playground", "RealOrFake", "StrokeLab"]
