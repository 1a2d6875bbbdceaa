"""Drawing with a generator in the page itself: a few strokes, and the nearest images that it can make answer. For notebook 13."""

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from torch import nn

from ...errors import GameError
from ...models.gan import Latent
from ..page import Laboratory
from ..page.generator import exported

BRUSHES = {  # by the channels of the images, what each asks of every pixel of a field
    1: {"ink": [1.0], "paper": [-1.0]},
    3: {
        "red": "#d02020",
        "orange": "#f08020",
        "yellow": "#f0d020",
        "green": "#308030",
        "blue": "#3060d0",
        "purple": "#8040a0",
        "pink": "#f090b8",
        "brown": "#80502a",
        "black": "#000000",
        "grey": "#808080",
        "white": "#ffffff",
    },
}
OWN = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


class StrokeLab(Laboratory):
    """A grid of `cells` × `cells` fields, each of them free, or to have a colour, ink or paper where images are grey; the generator's
    images that come closest to the strokes, best first: the nearest of random latents, moved by the descent of
    `models.projection.Projection`.

    generator: a `nn.Sequential` from latents (N, size + categories) to images (N, C, side, side), C 1 or 3, pixels in [-1, 1]; side is
    a multiple of `cells`. The page holds it, as `page.generator.exported` says. latent: the generator's `Latent`. strokes: the fields
    that are made to begin with, by brush, such as {"ink": ["c2", "d2"], "paper": ["b4"]}: third and fourth column of the second row,
    ... Brushes of images in colour are the names in `BRUSHES[3]`, such as "yellow", and colours of one's own, such as "#ff8800".
    colours: other names and colours in place of those, such as {"sky": "#cde4f4", "grass": "#8cb86e"}. categories: how many there
    are, for a generator that is told one behind the latent, one-hot, as in `models.conditional.ConditionalGAN.request`: each random
    latent has a random one, and keeps it. settings: by the names in `settings.js`, such as `pool=300`, `steps=30`, `nearness=0.05`.

    How far an image misses the strokes is the mean squared difference over the pixels and channels of all fields that are not free.

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
        colours: Mapping[str, str] | None = None,
        categories: int = 0,
        **settings,
    ):
        written = exported(generator, latent.size + categories)
        channels, height, width = written["shape"]
        if height != width or cells > len(string.ascii_lowercase) or height % cells:
            raise GameError(
                f"a grid of {cells}×{cells} fields does not fit images of {tuple(written['shape'])}: they must be square, and their "
                f"side a multiple of cells, which may be {len(string.ascii_lowercase)} at most."
            )
        brushes = BRUSHES[channels] if colours is None else _palette(colours, channels)
        super().__init__(
            generator=written,
            latent=asdict(latent),
            categories=categories,
            cells=cells,
            brushes={name: _values(asked) for name, asked in brushes.items()},
            strokes=_fields(strokes or {}, cells, brushes, own=channels == 3),
            **settings,
        )


def _values(asked: str | list[float]) -> list[float]:
    """What a brush asks for, for each channel: of a colour red, green and blue, from -1 to 1."""
    return [round(2 * byte / 255 - 1, 4) for byte in bytes.fromhex(asked[1:])] if isinstance(asked, str) else asked


def _palette(colours: Mapping[str, str], channels: int) -> Mapping[str, str]:
    """Colours that are given, if a brush can have them and their names."""
    if channels != 3 or not colours:
        raise GameError(f"colours={colours!r} does not fit images with {channels} channels: leave it out, or name some for 3.")
    for name, colour in colours.items():
        if not OWN.fullmatch(str(colour)) or name in ("", "free", "own") or name.startswith("#"):
            raise GameError(f"{name!r}: {colour!r} is no brush: give a name and a colour, such as 'sky': '#cde4f4'.")
    return colours


def _fields(strokes: Mapping[str, Iterable[str]], cells: int, brushes: Mapping, own: bool) -> list[str]:
    """All fields, row by row: the brush of each, or "free". own: whether colours of one's own are brushes, too."""
    fields = ["free"] * cells**2
    for brush, names in strokes.items():
        if brush not in brushes and not (own and OWN.fullmatch(str(brush))):
            choices = re.sub("(.*), ", r"\1 or ", ", ".join(brushes))
            more = ", or a colour of your own such as #ff8800" if own else ""
            raise GameError(f"{brush!r} is no brush: choose {choices}{more}.")
        for name in names:
            fields[_place(name, cells)] = brush if brush in brushes else brush.lower()
    return fields


def _place(name: str, cells: int) -> int:
    """The number of a field, row by row, from 0 on."""
    columns, row = string.ascii_lowercase[:cells], name[1:]
    if not name or name[0] not in columns or not row.isdecimal() or not 1 <= int(row) <= cells:
        raise GameError(f"there is no field {name!r}: the first is a1, at the top left, the last {columns[-1]}{cells}.")
    return (int(row) - 1) * cells + columns.index(name[0])
