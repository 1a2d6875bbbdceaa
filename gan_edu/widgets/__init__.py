"""Laboratories: a picture with controls. Underneath each lies a plain object that runs, and is tested, without a browser. Only the
playground needs no kernel: it runs in the page."""

from .lab import GameLab
from .orbit import OrbitLab
from .panel import Panel
from .playground import Playground
from .real_or_fake import RealOrFake
from .strokes import StrokeLab

__all__ = ["GameLab", "OrbitLab", "Panel", "Playground", "RealOrFake", "StrokeLab"]
