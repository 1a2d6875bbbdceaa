"""Laboratories: a picture with controls. Those in a folder of their own run in the page itself and need no kernel; underneath each of
the others lies a plain object that runs, and is tested, without a browser."""

from .densities import DensityLab
from .lab import GameLab
from .latents import LatentLab
from .orbit import OrbitLab
from .panel import Panel
from .playground import Playground
from .real_or_fake import RealOrFake
from .strokes import StrokeLab

__all__ = ["DensityLab", "GameLab", "LatentLab", "OrbitLab", "Panel", "Playground", "RealOrFake", "StrokeLab"]
