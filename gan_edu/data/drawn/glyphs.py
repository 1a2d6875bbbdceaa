"""Characters from the fonts that come with matplotlib, with all that made them known (notebooks 10 and 12)."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn import functional

from ...errors import DataError
from .drawing import Drawn, each, paint, paper, plane, uniform

DIGITS = "0123456789"
FIELD = 128  # samples of a distance on a side, over two digits' heights: lines are then right to a thousandth of a height


@dataclass(frozen=True)
class Glyphs(Drawn):
    """Drawn characters, one row a picture.

    label: int64 (N,), which of `characters`.
    tilt: degrees clockwise from upright, (N,).
    height: of a digit, as a share of the picture's, (N,).
    stroke: what is added to the thickness of the font's lines, as a share of a digit's height, (N,). The font's own are 0.14 thick.
    centre: x and y of the ink's centre of mass, (N, 2); the picture reaches from -1 to 1.
    ink, paper: colours, uint8 (N, C). C is 1 for grey pictures and 3 for coloured ones.
    characters: what the labels stand for, any that DejaVu Sans has.
    """

    label: torch.Tensor
    tilt: torch.Tensor
    height: torch.Tensor
    stroke: torch.Tensor
    centre: torch.Tensor
    ink: torch.Tensor
    paper: torch.Tensor
    characters: str = DIGITS

    @classmethod
    def sample(cls, count, rng, characters=DIGITS, tilt=0.0, height=0.7, stroke=0.0, centre=0.0):
        """White glyphs on black, each character equally likely.

        Each of tilt, height, stroke and centre is a number, the same in every picture, or (least, greatest), from which it is drawn
        uniformly and independently of all else; `tilt=(-30, 30)` alone makes glyphs that differ in class and tilt only (notebook 10).
        Raises DataError for a character that leaves no ink.
        """
        return cls(
            torch.randint(len(glyph_fields(characters)), (count,), generator=rng, device=rng.device),
            uniform(tilt, (count,), rng),
            uniform(height, (count,), rng),
            uniform(stroke, (count,), rng),
            uniform(centre, (count, 2), rng),
            torch.full((count, 1), 255, dtype=torch.uint8, device=rng.device),
            torch.zeros((count, 1), dtype=torch.uint8, device=rng.device),
            characters,
        )

    def coloured(self):
        """The same glyphs, each character in a colour of its own: a second domain whose pairs with the first are known row by row,
        and in which there is one right answer to "what would this one look like over there?" (notebook 12)."""
        turn = self.label / len(self.characters) * 2 * torch.pi
        third = torch.arange(3, device=turn.device) * (2 * torch.pi / 3)
        ink = (127.5 + 127.5 * torch.cos(turn[:, None] - third)).to(torch.uint8)
        return replace(self, ink=ink, paper=torch.zeros_like(ink))

    def picture(self, side):
        """The picture as floats (N, C, side, side): `images` rounds it."""
        x, y = plane(side, self.tilt.device)
        x, y = x - each(self.centre[:, 0]), y - each(self.centre[:, 1])
        cosine, sine = each(self.tilt.deg2rad().cos()), each(self.tilt.deg2rad().sin())
        height = each(self.height)
        across, down = (cosine * x + sine * y) / (2 * height), (cosine * y - sine * x) / (2 * height)
        fields = glyph_fields(self.characters).to(x)
        slices = (2 * each(self.label) + 1) / len(self.characters) - 1
        places = torch.stack(torch.broadcast_tensors(across, down, slices), dim=-1)
        distance = functional.grid_sample(fields[None, None], places[None], align_corners=False, padding_mode="border")[0, 0]
        return paint(paper(self.paper, side), 2 * height * distance - height * each(self.stroke), self.ink)


@cache
def glyph_fields(characters):
    """The signed distance to each character's outline, in digits' heights, on a square of two heights about its centre of mass:
    (characters, 128, 128). Every size, tilt and stroke is read off from these (Green 2007, "Improved alpha-tested magnification").

    Raises DataError for a character that leaves no ink.
    """
    import matplotlib
    from scipy.ndimage import center_of_mass, distance_transform_edt, shift, zoom

    if not characters:
        raise DataError(f"there are no characters to draw. Name some, as in {DIGITS!r}.")
    fine = 4 * FIELD
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    font = ImageFont.truetype(path, round(fine / 2 / 0.729))  # a digit is 0.729 em high, and shall be half the square
    fields = []
    for character in characters:
        sheet = Image.new("L", (fine, fine))
        ImageDraw.Draw(sheet).text((fine / 2, fine / 2), character, fill=255, font=font, anchor="mm")
        ink = np.asarray(sheet) > 127
        if not ink.any():
            raise DataError(f"the character {character!r} leaves no ink. Give characters that can be seen.")
        distance = np.where(ink, 0.5 - distance_transform_edt(ink), distance_transform_edt(~ink) - 0.5)  # from pixels' edges
        off = (fine - 1) / 2 - np.array(center_of_mass(ink))
        centred = shift(distance, off, order=1, mode="nearest")
        fields.append(zoom(centred, FIELD / fine, order=1, grid_mode=True, mode="nearest") / (fine / 2))
    return torch.from_numpy(np.stack(fields)).float()
