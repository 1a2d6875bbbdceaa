"""Drawing with a generator in the page itself: a few strokes, and the nearest images that it can make answer. For notebook 13."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from torch import nn

from ...errors import GameError
from ...models.gan import Latent
from ..page import Laboratory
from ..page.generator import exported

BRUSHES = {"ink": 1, "paper": -1}


class StrokeLab(Laboratory):
    """A grid of `cells` × `cells` fields, each of them free, or to be ink or paper; the generator's images that come closest to the
    strokes, best first: the nearest of random latents, moved by the descent of `models.projection.Projection`.

    generator: a `nn.Sequential` from latents (N, size) to grey images (N, 1, side, side), pixels in [-1, 1]; side is a multiple of
    `cells`. The page holds it, as `page.generator.exported` says. latent: the generator's `Latent`. strokes: the fields that are
    made to begin with, by brush, such as {"ink": ["c2", "d2"], "paper": ["b4"]}: third and fourth column of the second row, ...
    settings: by the names in `settings.js`, such as `pool=300`, `steps=30`, `nearness=0.05`.

    Raises GameError if the fields do not fit the images, if there is no such field or brush, or for a layer that no page can run.
    """

    title = "Laboratory of strokes"
    folder = Path(__file__).parent

    def __init__(
        self,
        generator: nn.Sequential,
        latent: Latent,
        cells: int = 7,
        strokes: Mapping[str, Iterable[str]] | None = None,
        **settings,
    ):
        written = exported(generator, latent.size)
        channels, height, width = written["shape"]
        if channels != 1 or height != width or cells > len(string.ascii_lowercase) or height % cells:
            raise GameError(
                f"a grid of {cells}×{cells} fields does not fit images of {tuple(written['shape'])}: grey and square."
            )
        super().__init__(
            generator=written, latent=asdict(latent), cells=cells, strokes=_fields(strokes or {}, cells), **settings
        )


def _fields(strokes: Mapping[str, Iterable[str]], cells: int) -> list[int]:
    """All fields, row by row: 1 for ink, -1 for paper, 0 where nothing is asked for."""
    fields = [0] * cells**2
    for brush, names in strokes.items():
        if brush not in BRUSHES:
            raise GameError(f"{brush!r} is no brush: choose {' or '.join(BRUSHES)}.")
        for name in names:
            fields[_place(name, cells)] = BRUSHES[brush]
    return fields


def _place(name: str, cells: int) -> int:
    """The number of a field, row by row, from 0 on."""
    columns, row = string.ascii_lowercase[:cells], name[1:]
    if not name or name[0] not in columns or not row.isdecimal() or not 1 <= int(row) <= cells:
        raise GameError(f"there is no field {name!r}: the first is a1, at the top left, the last {columns[-1]}{cells}.")
    return (int(row) - 1) * cells + columns.index(name[0])
