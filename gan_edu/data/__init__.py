"""Data: densities drawn by code, image sets by name, and your own folders of images."""

from .batches import Batches, Stream
from .densities import Mixture, gaussian, grid, ring
from .images import ImageSet, load, to_bytes, to_pixels

__all__ = ["Batches", "ImageSet", "Mixture", "Stream", "gaussian", "grid", "load", "ring", "to_bytes", "to_pixels"]
