"""Laboratories: a picture with controls. Those in a folder of their own are drawn in the page itself, and all but `lab` need no
kernel; underneath the others lies a plain object that runs, and is tested, without a browser."""

from .densities import DensityLab
from .lab import GameLab
from .orbit import OrbitLab
from .panel import Panel
from .playground import Playground
from .real_or_fake import RealOrFake
from .strokes import StrokeLab

__all__ = ["DensityLab", "GameLab", "OrbitLab", "Panel", "Playground", "RealOrFake", "StrokeLab"]
