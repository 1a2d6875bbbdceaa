"""Flat shapes on plain paper, with the words that describe them: for StackGAN, pix2pix and counting (notebooks 11 to 13)."""

import math
from dataclasses import dataclass, replace

import torch

from ...errors import DataError
from ..images import to_pixels
from .drawing import AT_ONCE, Drawn, colours, each, paint, paper, plane, uniform

SIZES = {"small": (0.15, 0.18), "large": (0.25, 0.29)}  # radius, least and greatest
COLOURS = {
    "red": (200, 16, 46),
    "orange": (242, 142, 28),
    "yellow": (250, 220, 30),
    "green": (20, 150, 80),
    "blue": (25, 95, 190),
    "purple": (135, 60, 165),
}
SHAPES = {  # corners; degrees from a corner to the normal of a side, and from the top to the first corner; its distance in radii
    "circle": (64, 180 / 64, 0, 1.0),
    "square": (4, 45, 45, 1.14),
    "triangle": (3, 60, 0, 1.14),
    "star": (5, 64, 0, 1.14),
}
PLACES = {  # of the middle of a ninth of the picture, in thirds: each object has a ninth to itself
    "at the top left": (-1, -1),
    "at the top": (0, -1),
    "at the top right": (1, -1),
    "on the left": (-1, 0),
    "in the middle": (0, 0),
    "on the right": (1, 0),
    "at the bottom left": (-1, 1),
    "at the bottom": (0, 1),
    "at the bottom right": (1, 1),
}
ATTRIBUTES = ("size", "colour", "shape", "place")
MISTAKES = ("size", "colour", "place", "shape", "shape", "shape")  # in wrong captions: shapes are the hardest to tell
WORDS = (tuple(SIZES), tuple(COLOURS), tuple(SHAPES), tuple(PLACES))
VOCABULARY = ("", "a", *SIZES, *COLOURS, *SHAPES, *("in", "on", "at", "the", "top", "bottom", "left", "right", "middle"))
"""The words of captions; a token is a word's place in this list. The first is no word: it fills short captions up."""
CAPTION = 8  # words in the longest caption
PAPER = (235, 235, 235)
LINE = 0.06  # width of an outline: one pixel at 32 × 32, two at 64 × 64


@dataclass(frozen=True)
class Scenes(Drawn):
    """Drawn scenes, one row a picture, one column an object; where a picture has fewer objects, the columns left over hold -1.

    objects: int64 (N,), how many there are.
    size, colour, shape, place: int64 (N, M), which of `SIZES`, `COLOURS`, `SHAPES` and `PLACES`.
    radius: (N, M), of a circle of that size; centre: x and y of the middle, (N, M, 2). The picture reaches from -1 to 1.
    """

    objects: torch.Tensor
    size: torch.Tensor
    colour: torch.Tensor
    shape: torch.Tensor
    place: torch.Tensor
    radius: torch.Tensor
    centre: torch.Tensor

    @classmethod
    def sample(cls, count, rng, objects=1, words=(), never=()):
        """Scenes with that many objects each, or from (least, most), every number equally likely. No two objects share a ninth.

        words: what all objects have in common, as in ("red", "circle").
        never: combinations that no object has, as in [("red", "circle"), ("small", "blue", "star")]: held out, so that a network
            has met each word and not the combination. `words` draws them.

        A place is the whole phrase, "on the left". Raises DataError for a word that is none, and if too few combinations are left.
        """
        least, most = objects if isinstance(objects, tuple) else (objects, objects)
        kinds = torch.cartesian_prod(*(torch.arange(len(choice)) for choice in WORDS))
        left = having(kinds, words)
        for combination in never:
            left &= ~having(kinds, combination)
        places = len(kinds[left, 3].unique())
        if not 1 <= least <= most <= places:
            raise DataError(
                f"{objects} objects cannot be placed: the words leave {places} places, each for one object. Ask for fewer objects, or "
                "hold out less."
            )
        numbers = torch.randint(least, most + 1, (count,), generator=rng, device=rng.device)
        kinds, free = kinds.to(rng.device), left.to(rng.device).float().repeat(count, 1)
        chosen = []
        for _ in range(most):
            chosen.append(kinds[torch.multinomial(free, 1, generator=rng)[:, 0]])
            free *= kinds[:, 3] != chosen[-1][:, 3:]
        size, colour, shape, place = torch.stack(chosen, dim=1).unbind(2)
        low, high = table(SIZES, size).unbind(-1)
        radius = low + (high - low) * uniform((0, 1), (count, most), rng)
        room = 1 / 3 - radius * table(SHAPES, shape)[..., 3]
        centre = table(PLACES, place) * 2 / 3 + room[..., None] * uniform((-1, 1), (count, most, 2), rng)
        absent = torch.arange(most, device=rng.device) >= numbers[:, None]
        return cls(
            numbers,
            *(values.masked_fill(absent, -1) for values in (size, colour, shape, place, radius)),
            centre.masked_fill(absent[..., None], -1),
        )

    def captions(self):
        """A sentence a picture: "a small red circle on the left". Raises DataError if a scene has not exactly one object."""
        if not (self.objects == 1).all():
            raise DataError(
                "a caption is for a scene with one object. Draw scenes with objects=1, or choose those that have one."
            )
        attributes = zip(*(values[:, 0].tolist() for values in (self.size, self.colour, self.shape, self.place)))
        return ["a " + " ".join(names[k] for names, k in zip(WORDS, row)) for row in attributes]

    def misdescribed(self, attribute, rng, never=()):
        """A sentence a picture that is wrong in one thing, its "size", "colour", "shape" or "place": what a discriminator of captions
        is to refuse (notebook 11). None names a combination in `never`; where no other sentence is left, one is wrong in another
        thing. Raises DataError as `captions` does.

        Another picture's caption would do as well, but is wrong in nearly everything at once: by its colour and its place alone 53 of
        54 could be told, and nobody would need to look at the shape.
        """
        self.captions()
        kinds = torch.cartesian_prod(*(torch.arange(len(choice)) for choice in WORDS))
        mine = torch.cat([getattr(self, name) for name in ATTRIBUTES], dim=1)
        differs = mine[:, None].to("cpu") != kinds
        weight = (differs.sum(2) == 1) * (1e-6 + differs[:, :, ATTRIBUTES.index(attribute)])
        for combination in never:
            weight[:, having(kinds, combination)] = 0
        chosen = kinds.to(rng.device)[torch.multinomial(weight.to(rng.device), 1, generator=rng)[:, 0]]
        return replace(self, **{name: chosen[:, k : k + 1] for k, name in enumerate(ATTRIBUTES)}).captions()

    def picture(self, side):
        """The picture as floats (N, 3, side, side): `images` rounds it."""
        picture = paper(torch.tensor([PAPER], device=self.radius.device).expand(len(self), -1), side)
        for distance, colour in zip(self._distances(side), self.colour.unbind(1)):
            picture = paint(picture, distance, table(COLOURS, colour))
        return picture

    def outlines(self, side):
        """The same scenes with nothing but the objects' outlines, black on white: uint8 (N, 3, side, side).

        Pairs for pix2pix (notebook 12) are `torch.stack([scenes.outlines(64), scenes.images(64)], dim=1)`. An outline does not tell
        an object's colour; it does with `dataclasses.replace(scenes, colour=scenes.shape)`, where each shape has its own.
        """
        return self._in_parts(lambda part: part._outline(side))

    def _outline(self, side):
        picture = paper(torch.full((len(self), 3), 255.0, device=self.radius.device), side)
        for distance in self._distances(side):
            line = (distance + LINE / 2).abs() - LINE / 2  # inside the object, which it ends with
            picture = paint(picture, line, torch.zeros(1, 3, device=line.device))
        return picture

    def _distances(self, side):
        """The signed distance to each object in turn, (N, side, side). A radius of -1 is far from everywhere."""
        x, y = plane(side, self.radius.device)
        for centre, shape, radius in zip(self.centre.unbind(1), self.shape.unbind(1), self.radius.unbind(1)):
            yield shape_distance(x - each(centre[:, 0]), y - each(centre[:, 1]), shape, radius)

    @classmethod
    def read(cls, images):
        """What pictures (N, 3, side, side), bytes or pixels in [-1, 1], show, each taken for a scene of one object: so what was asked
        for can be compared with what came (notebook 11).

        By colour: that of the palette which, laid over the paper as thickly as fits best, explains the picture best; how thickly is a
        pixel's ink. By ink: the centre of mass, and with it the place. For each shape the radius that has as much ink is drawn there;
        the shape nearest to the ink is taken, and the size by its radius. A picture of nothing, or of many things, is read as well.
        """
        parts = [_read(part) for part in images.split(AT_ONCE)]
        return cls(torch.ones(len(images), dtype=torch.long, device=images.device), *map(torch.cat, zip(*parts)))

    def matched(self, images):
        """Whether each picture shows what its scene is, as far as `read` finds: a mask (N,) for each of `ATTRIBUTES`."""
        found = Scenes.read(images)
        return {name: (getattr(found, name) == getattr(self, name))[:, 0] for name in ATTRIBUTES}


def _read(images):
    """What `Scenes.read` finds: size, colour, shape, place, radius and centre, with a column for the one object."""
    side, device = images.shape[-1], images.device
    paper = torch.tensor(PAPER, device=device)
    directions = table(COLOURS, torch.arange(len(COLOURS), device=device)) - paper
    found = (colours(images) - paper.view(3, 1, 1)).flatten(2)  # (N, 3, pixels)
    ink = (directions @ found / directions.square().sum(1)[:, None]).clamp(0, 1)  # (N, colours, pixels)
    # |found - ink · direction|², less |found|², which is the same for all
    colour = (ink * (ink * directions.square().sum(1)[:, None] - 2 * directions @ found)).sum(2).argmin(1)
    ink = ink[torch.arange(len(ink), device=device), colour].view(-1, side, side)
    ink = ((ink - 0.5) / 0.6 + 0.5).clamp(0, 1)  # a faint haze all over the paper is no shape

    (x, y), total = plane(side, device), ink.sum((1, 2)).clamp(min=1e-6)
    centre = torch.stack([(ink * x).sum((1, 2)), (ink * y).sum((1, 2))], dim=1) / total[:, None]
    ninth = (centre * 1.5).round().clamp(-1, 1)
    place = (ninth[:, None] - table(PLACES, torch.arange(len(PLACES), device=device))).abs().sum(2).argmin(1)

    radii, misfits = [], []
    for name in range(len(SHAPES)):
        shape = torch.full((len(images),), name, device=device)
        radii.append((total * 4 / side**2 / area(name)).sqrt())
        distance = shape_distance(x - each(centre[:, 0]), y - each(centre[:, 1]), shape, radii[-1])
        covered = (0.5 - distance * side / 2).clamp(0, 1)
        misfits.append((covered - ink).square().sum((1, 2)))
    shape = torch.stack(misfits).argmin(0)
    radius = torch.stack(radii)[shape, torch.arange(len(images), device=device)]
    between = (SIZES["small"][1] + SIZES["large"][0]) / 2
    columns = [(radius > between).long(), colour, shape, place, radius]
    return [column.unsqueeze(1) for column in columns] + [centre.unsqueeze(1)]


def area(shape):
    """The area of the shape of that number, for a radius of 1: two triangles a corner, from the middle to the corner to the bend."""
    corners, normal, _, reach = list(SHAPES.values())[shape]
    half, normal = math.pi / corners, math.radians(normal)
    bend = reach * math.cos(normal) / math.cos(half - normal)
    return corners * reach * bend * math.sin(half)


def shape_distance(x, y, shape, radius):
    """The signed distance from points x, y (N, H, W), seen from the middle of shapes (N,) of `SHAPES` with radii (N,).

    All corners of a shape are alike: an angle is folded to that from the nearest corner, where one straight side begins.
    """
    corners, normal, first, reach = (each(values) for values in table(SHAPES, shape).unbind(-1))
    sector, normal = 2 * torch.pi / corners, normal.deg2rad()
    angle = torch.atan2(x, -y) - first.deg2rad()
    folded = (torch.remainder(angle + sector / 2, sector) - sector / 2).abs()
    return torch.hypot(x, y) * torch.cos(folded - normal) - each(radius) * reach * torch.cos(normal)


def tokens(captions):
    """Captions as int64 (N, 8), indices into `VOCABULARY`. Raises DataError for a word that is not in it, and for too many words."""
    rows = []
    for caption in captions:
        words = caption.split()
        unknown = [word for word in words if word not in VOCABULARY]
        if unknown or len(words) > CAPTION:
            wrong = f"the word {unknown[0]!r}, which is not in the vocabulary" if unknown else f"more than {CAPTION} words"
            raise DataError(f"{caption!r} has {wrong}. Captions are like 'a small red circle at the top left'.")
        rows.append([VOCABULARY.index(word) for word in words] + [0] * (CAPTION - len(words)))
    return torch.tensor(rows)


def captioned(side, never=()):
    """What a `Stream` needs to make batches for StackGAN (notebook 11): a function of (count, rng) that draws scenes of one object.
    It returns their pixels (count, 3, side, side), the tokens of their captions, and those of captions with each of `MISTAKES`."""

    def sample(count, rng):
        scenes = Scenes.sample(count, rng, never=never)
        return to_pixels(scenes.images(side)), tokens(scenes.captions()), mistaken(scenes, rng, never)

    return sample


def mistaken(scenes, rng, never=()):
    """The tokens of captions wrong in one thing, one for each of `MISTAKES`: int64 (N, 6, 8)."""
    return torch.stack([tokens(scenes.misdescribed(attribute, rng, never)) for attribute in MISTAKES], dim=1)


def having(kinds, words):
    """Which rows of kinds (K, 4) have all these words, as a mask (K,)."""
    found = torch.ones(len(kinds), dtype=torch.bool)
    for word in words:
        attribute = next((k for k, choice in enumerate(WORDS) if word in choice), None)
        if attribute is None:
            raise DataError(f"{word!r} is not among the words of scenes: {', '.join(sum(WORDS, ()))}.")
        found &= kinds[:, attribute] == WORDS[attribute].index(word)
    return found


def table(names, index):
    """The numbers that belong to the names at these indices: the index' shape and one dimension more."""
    return torch.tensor(list(names.values()), dtype=torch.get_default_dtype(), device=index.device)[index]
