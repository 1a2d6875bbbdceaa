"""The playground: a GAN in the plane that learns in the page itself. For notebook 00."""

from pathlib import Path

from ..page import Laboratory


class Playground(Laboratory):
    """A playground. settings: by the names in `settings.js`, such as `Playground(data="spiral", loss="hinge")`."""

    title = "GAN playground"
    folder = Path(__file__).parent
