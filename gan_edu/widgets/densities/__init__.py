"""Two densities on the line, the best discriminator, and how far they are apart, in the page itself. For notebook 03."""

from pathlib import Path

from ..page import Laboratory


class DensityLab(Laboratory):
    """Two densities that one can move. settings: by the names in `settings.js`, such as
    `DensityLab(mean=-1, std=1, meanG=1, stdG=0.7)`; `apart` gives the data two modes."""

    title = "Laboratory of two densities"
    folder = Path(__file__).parent
