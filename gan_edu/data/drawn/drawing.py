"""Pictures drawn from what is true of them. Every shape is a signed distance: negative inside, positive outside.

The picture is the square [-1, 1]², x to the right, y downwards, as rows go. Distances are in the same units.
"""

from dataclasses import fields, replace

import torch

from ...errors import DataError

AT_ONCE = 128  # pictures: few enough that what is worked on stays in the processor's cache


class Drawn:
    """What is true of N pictures, and nothing random: `images` draws the same pictures at any size, every time.

    Subclasses are frozen dataclasses of tensors with one row a picture, and define `picture(side)`: floats (N, C, H, W) in bytes'
    range. `drawn[rows]` are some of the pictures, `dataclasses.replace(drawn, ...)` the same ones with something else about them.
    """

    def __len__(self):
        return len(getattr(self, fields(self)[0].name))

    def __getitem__(self, rows):
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[rows] for name, value in values.items() if isinstance(value, torch.Tensor)})

    def images(self, side):
        """The pictures, side × side pixels: uint8 (N, C, side, side)."""
        return self._in_parts(lambda part: part.picture(side))

    def _in_parts(self, draw):
        parts = [draw(self[k : k + AT_ONCE]) for k in range(0, max(1, len(self)), AT_ONCE)]
        return torch.cat([part.round().to(torch.uint8) for part in parts])


def plane(side, device):
    """The pixels' centres: x of shape (1, side) and y of shape (side, 1), exactly symmetric about 0."""
    line = (2 * torch.arange(side, device=device) + 1 - side) / side
    return line[None, :], line[:, None]


def paint(picture, distance, colour):
    """The picture (N, C, H, W) with a colour (N, C) laid over it where the distance (N, H, W) is negative.

    Edges are anti-aliased: a pixel that an edge runs through gets its share of the colour.
    """
    covered = (0.5 - distance * (distance.shape[-1] / 2)).clamp(0, 1)
    return torch.lerp(picture, each(colour), covered.unsqueeze(1))


def paper(colour, side):
    """A picture (N, C, side, side) of one colour (N, C), for others to be painted on."""
    return each(colour).expand(-1, -1, side, side)


def each(values):
    """One value a picture, (N, ...), with two dimensions more, to be spread over its pixels."""
    return values.to(torch.get_default_dtype())[..., None, None]


def colours(images):
    """Images, bytes or pixels in [-1, 1], as colours from 0 to 255."""
    return images.float() if images.dtype == torch.uint8 else (images.clamp(-1, 1) + 1) * 127.5


def uniform(factor, shape, rng):
    """A factor of variation, of that shape on the device of `rng`: the same number everywhere, or drawn between two.

    factor: a number, or (least, greatest). Raises DataError for anything else.
    """
    low, high = factor if isinstance(factor, tuple) and len(factor) == 2 else (factor, factor)
    if not all(isinstance(end, (int, float)) for end in (low, high)) or low > high:
        raise DataError(f"{factor!r} is no range: give one number, or (least, greatest) to draw between the two.")
    return low + (high - low) * torch.rand(shape, generator=rng, device=rng.device)
