"""Orbits in games of two numbers, in the page itself: where a rule leads, and the eigenvalues that say so. For notebook 07."""

from pathlib import Path

from ..page import Laboratory


class OrbitLab(Laboratory):
    """The orbit of a rule in a game of two numbers. settings: by the names in `settings.js`, such as
    `OrbitLab(game="xy", rule="extragradient", rate=0.1, start=(1.0, 1.0), steps=200)`. A second orbit differs in one of
    them, as in `compare={"name": "rule", "value": "momentum"}`."""

    title = "Laboratory of orbits"
    folder = Path(__file__).parent
