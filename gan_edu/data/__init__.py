"""Data: densities and pictures drawn by code, image sets by name, and your own folders of images."""

from .batches import Batches, Stream, Together
from .densities import Mixture, gaussian, grid, ring
from .drawn.glyphs import Glyphs
from .drawn.laws import Faces, Roads
from .drawn.motion import Bouncing
from .drawn.scenes import Scenes, tokens
from .images import ImageSet, load, to_bytes, to_pixels
from .pairs import PairSet, load_pairs

__all__ = [
    "Batches",
    "Bouncing",
    "Faces",
    "Glyphs",
    "ImageSet",
    "Mixture",
    "PairSet",
    "Roads",
    "Scenes",
    "Stream",
    "Together",
    "gaussian",
    "grid",
    "load",
    "load_pairs",
    "ring",
    "to_bytes",
    "to_pixels",
    "tokens",
]
