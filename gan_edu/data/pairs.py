"""Pairs of images, one to be translated into the other: facades, drawn outlines, or your own (notebook 12)."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..errors import DataError
from .batches import Batches
from .drawn.scenes import Scenes
from .folder import in_order, located, picture_names, places, read_images, shown, title, with_notes
from .images import look_up, sentence, to_pixels


@dataclass(frozen=True)
class PairSet:
    """Pairs of images of two sides, a and b, and others held out for measuring.

    pairs: uint8 (N, 2, C, H, W), a first; sides: what a and b are called; held_out: a `PairSet` that training never sees, or None;
    source: where these came from; stands_in_for: the name of the set that could not be had, or None.
    """

    name: str
    pairs: torch.Tensor
    sides: tuple[str, str]
    source: str
    held_out: "PairSet | None" = None
    stands_in_for: str | None = None

    def __len__(self):
        return len(self.pairs)

    @property
    def shape(self):
        """(C, H, W) of one image."""
        return tuple(self.pairs.shape[2:])

    def pixels(self, rows=slice(None)):
        """The pairs of these rows as floats in [-1, 1]."""
        return to_pixels(self.pairs[rows])

    def batches(self, size: int, seed: int = 0, device: torch.device | str = "cpu") -> Batches:
        """An endless stream of pairs in pixels (size, 2, C, H, W) on the device: what `Pix2Pix` learns from."""
        return Batches(self.pairs, size=size, seed=seed, device=device, prepare=to_pixels)

    def unpaired(self, size: int, seed: int = 0, device: torch.device | str = "cpu") -> Batches:
        """An endless stream of tuples of pixels, a and b, each (size, C, H, W): what `CycleGAN` learns from. The pairing is hidden:
        a is from the first half of the pairs and b from the second, so that the partner of none is seen."""
        half = len(self) // 2
        a, b = self.pairs[:half, 0], self.pairs[half : 2 * half, 1]
        return Batches(
            torch.stack([a, b], dim=1), size=size, seed=seed, device=device, prepare=lambda x: to_pixels(x).unbind(1)
        )

    def describe(self) -> str:
        """One sentence: what this is, how much of it, and where it came from."""
        return sentence(self, "pairs", " and ".join(self.sides))


def load_pairs(name: str | Path, size: int = 64) -> PairSet:
    """A `PairSet`: "facades", "outlines", or the path of a folder or archive of your own pairs; size × size pixels.

    Your own are either two subfolders that hold the two images of a pair under one name, in alphabetical order a and b, or images
    twice as wide as high, a on the left and b on the right. If some lie below folders called train and others below test or val (or
    trainA, trainB, testA, testB), those are held out; otherwise a tenth of 20 pairs or more.

    The facades are looked for in `GAN_EDU_DATA` and in `data/`; nobody offers them for download any more. Where they are not found,
    the outlines stand in for them.

    Raises DataError if images have no partner, and if what is there is damaged or too little.
    """
    if name == "outlines":
        return _outlines(size)
    if name != "facades":
        return _own(located(name, "a set of pairs (facades, outlines)"), size)
    folder = find()
    if folder is None:
        return replace(_outlines(size), stands_in_for="CMP facades")
    found = _own(folder / FACADES, size, "CMP facades")
    if len(found) != 400 or found.held_out is None or len(found.held_out) != 100 or found.sides != ("label", "photo"):
        raise DataError(f"{folder / FACADES} does not hold 400 and 100 pairs of facades. Delete it, or put a good copy there.")
    return found


def find():
    """The folder that holds the facades, or None: first in `GAN_EDU_DATA`, then in `data/`."""
    return look_up("facades", (FACADES,))


def _outlines(size):
    """Three or four drawn objects, each shape with a colour of its own, so that an outline tells the whole picture."""
    scenes = Scenes.sample(2300, torch.Generator().manual_seed(0), objects=(3, 4))
    scenes = replace(scenes, colour=scenes.shape)
    pairs = torch.stack([scenes.outlines(size), scenes.images(size)], dim=1)
    held_out = PairSet("drawn outlines (held out)", pairs[2000:], ("outline", "scene"), "drawn")
    return PairSet("drawn outlines", pairs[:2000], ("outline", "scene"), "code that draws them", held_out)


def _own(path, size, name=None):
    """Pairs from a folder or an archive, as `load_pairs` describes them."""
    there = places(picture_names(path))
    ways = [level for level in range(max((len(place.folders) for place in there), default=0)) if _paired(there, level)]
    if len(ways) > 1:
        said = " or of ".join(" and ".join(_sides(there, level)) for level in ways)
        raise DataError(f"{path} may hold pairs of {said}: give each pair a name of its own, so that there is but one way.")
    level = ways[0] if ways else 0
    sides = _sides(there, level)
    if len(sides) > 2:
        raise DataError(
            f"{path} holds images in {len(sides)} folders, {', '.join(sides)}: put those of side a into one folder and those of side "
            "b into another, under one name for each pair."
        )
    halves = len(sides) < 2
    sides = ["left", "right"] if halves else sides
    images, names, notes = read_images(path, size, halves=halves)
    rows = {}
    for row, place in enumerate(places(names)):
        pair, side = _parted(place, level)
        row_of = rows.setdefault(pair, {})
        side = sides[len(row_of)] if halves else side
        if side in row_of:
            raise DataError(
                f"{shown(path, names[row])} has the name of another image beside it, {names[row_of[side]]}. Rename or remove one."
            )
        row_of[side] = row
    alone = [names[row] for row_of in rows.values() if len(row_of) == 1 for row in row_of.values()]
    if alone:
        raise DataError(
            f"{shown(path, alone[0])} has no partner of its name in the other folder, nor have {len(alone) - 1} more. Add the "
            f"partners, or remove the images; the folders are {sides[0]} and {sides[1]}."
        )
    pairs = images[torch.tensor([[row_of[side] for side in sides] for row_of in rows.values()])]
    tests = torch.tensor([held_out for held_out, *_ in rows])
    if not tests.any() and len(pairs) >= 20:
        tests[torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))[: round(len(pairs) / 10)]] = True
    name = name or title(path)
    everything = PairSet(name, pairs, tuple(side or name for side in sides), with_notes(path, notes))
    if not tests.any():
        return everything
    held_out = replace(everything, name=f"{name} (held out)", pairs=pairs[tests])
    return replace(everything, pairs=pairs[~tests], held_out=held_out)


def _parted(place, level):
    """Which pair an image belongs to, and to which side of it, if the folders of that level are the sides."""
    side = "".join(place.folders[level : level + 1])
    return (place.held_out, place.split, place.folders[:level] + place.folders[level + 1 :], place.stem), side


def _sides(there, level):
    return sorted({_parted(place, level)[1] for place in there}, key=in_order)


def _paired(there, level):
    """Whether the folders of that level are two, and the images in them partners, each of one other."""
    parted = [_parted(place, level) for place in there]
    pairs, sides = ({part[k] for part in parted} for k in (0, 1))
    return len(sides) == 2 and len(parted) == len(set(parted)) == 2 * len(pairs)


FACADES = "facades_128.zip"
