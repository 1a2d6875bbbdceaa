"""Photographs from a folder, a zip or a tar archive, brought to one size and one format; and what their places there mean."""

import io
import os
import re
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from ..errors import DataError

try:
    from lzma import LZMAError
except ImportError:  # a Python built without it, to which a .tar.xz is no archive
    LZMAError = EOFError

SMALLEST = 8  # pixels on the shorter side; less than that is a spacer or a mistake, not a picture
HIDDEN = (".", "__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found")  # how such names begin
# What lies beside pictures and is none: passed over without a word.
BESIDE = re.compile(r"\.(cfg|csv|db|html?|ini|ipynb|jsonl?|log|mat|md|pt|py|toml|tsv|txt|xml|ya?ml)", re.IGNORECASE)
# Of what Pillow opens: icons, and what needs other programs.
NO_PICTURES = {"BUFR", "CUR", "EPS", "GRIB", "HDF5", "ICNS", "ICO", "IPTC", "MPEG", "WMF"}
SIGNED = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "PSD", "TIFF", "WEBP")  # known by how a file begins
BY_RUNS = re.compile(r"(|.*/)(samples/\d+-\d{6,}\.png|sample\.png)")  # beside a config.json
SPLIT = re.compile(  # train, Test, val, trainA, testB, training_set, train_photos, seg_test: what is said before, the word, what after
    r"(?:(.+)[ _-]+)?(train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?)(?:[ _-]*(?:set|data|split))?(?:[ _-]*([ab])|[ _-]+(.+))?",
    re.IGNORECASE,
)
T = Image.Transpose
TURNS = {2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM}  # by EXIF's orientation
TURNS |= {5: T.TRANSPOSE, 6: T.ROTATE_270, 7: T.TRANSVERSE, 8: T.ROTATE_90}
DAMAGE = (  # what Pillow raises, reading a file that is not as it should be
    *(OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, EOFError, RuntimeError),
    *(AssertionError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError),
)

BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, LookupError, RuntimeError, zlib.error, LZMAError)  # so archives raise


def located(name, sets):
    """The path of a folder or an archive. Raises DataError if there is none, with the `sets` that could have been meant."""
    path = Path(os.path.expanduser(name))
    if not str(name).strip() or not os.path.exists(path):
        raise DataError(
            f"{str(name)!r} is neither {sets} nor a folder or archive that exists. Check the spelling, or give the path of a folder "
            "of images."
        )
    return path


def title(path):
    """What a folder or an archive is called, without the archive's ending."""
    return re.sub(r"\.(zip|tgz|tbz2?|txz|tar(\.\w+)?)$", "", path.resolve().name, flags=re.IGNORECASE)


def read_images(path, size=None, halves=False):
    """Reads every image below `path` (a folder, a .zip, a .tar, packed or not) that Pillow reads, in the order of their names, where
    numbers are numbers: 2 before 10.

    Each is turned upright (EXIF), brought to RGB: palettes looked up, transparency laid on white, CMYK converted. What has more than
    8 bits is scaled by one range for all, the smallest of 8, 10, 12, 14 or 16 bits, or of floats [0, 1], that holds their values, else
    from the least to the greatest. With `size`, its centre square is cut out and resized to size × size; without, all images must
    already have one size.

    halves: each file holds two images side by side, which are returned one after the other under the file's name.

    Returns (images uint8 (N, C, H, W), names, notes): names are paths inside the source, notes are phrases about what was converted
    and what was left out: other files, and the pictures that runs of `gan-edu train` drew. Raises DataError naming the file and the
    remedy.
    """
    path = Path(path)
    images, kept, converted, sizes, deep = [], [], Counter(), {}, []
    with _opened(path) as there:
        names, notes = _pictures(there)
        for name in names:
            with there[name]() as file:
                picture = _decode(shown(path, name), file.read(), converted, deep)
            for part in _halves(shown(path, name), picture) if halves else [picture]:
                sizes.setdefault(part.size, shown(path, name))
                if size is not None:
                    part = ImageOps.fit(part, (size, size), Image.Resampling.LANCZOS)
                elif len(sizes) > 1:
                    (first, a), (second, b) = sizes.items()
                    raise DataError(
                        f"the images of {path} have different sizes: {a} is {first[0]}×{first[1]} and {b} is "
                        f"{second[0]}×{second[1]}. Say which size you want, for example size=64."
                    )
                images.append(np.asarray(part))
                kept.append(name)
    if not images:
        raise DataError(
            f"{with_notes(path, notes)} holds no images. Put .jpg, .png or .tif files there, in subfolders if you like."
        )
    if deep:
        low, high = _range(*zip(*deep))
        converted[f"scaled from {low:.10g}…{high:.10g} to 0…255"] = len(deep)
        for k, image in enumerate(images):
            if image.dtype != np.uint8:
                grey = ((image - low) * (255 / (high - low or 1))).clip(0, 255).round().astype(np.uint8)
                images[k] = np.stack([grey] * 3, axis=2)
    notes = [f"{count} {what}" for what, count in (+converted).items()] + notes
    if len(sizes) > 1:
        notes.append(f"{len(sizes)} different sizes cut and resized to {size}×{size}")
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous(), kept, notes


def picture_names(path):
    """The names of the pictures that `read_images` reads below a path."""
    with _opened(path) as there:
        return _pictures(there)[0]


def with_notes(path, notes):
    """A path, and what there is to be said about it."""
    return f"{path} ({'; '.join(notes)})" if notes else str(path)


def shown(path, name):
    """A file inside a folder or an archive, as it is named to people."""
    return str(path / name) if path.is_dir() else f"{path}:{name}"


class Place(NamedTuple):
    """What a picture's path means. split: "tra", "tes" and "val", those that it lies below, and held_out whether that makes it one for
    measuring; folders: the others, without those that all pictures have in common; stem: its own name."""

    split: tuple[str, ...]
    held_out: bool
    folders: tuple[str, ...]
    stem: str


def places(names):
    """The `Place` of each picture. The first of its folders tells it from the others: that is its class, its domain or its side of a
    pair, whatever lies below.

    A folder's name speaks of a split if those beside it do so too, of training as well as of test or validation, or if it says nothing
    else: {bus, train} are two classes. trainA is A. Where nothing is left to learn from, nothing is held out.
    """
    paths = [PurePosixPath(name) for name in names]
    beside = {}
    for path in paths:
        for folder in path.parents[:-1]:
            beside.setdefault(folder.parent, set()).add(folder.name)
    splits = {parent: _splits(children) for parent, children in beside.items()}
    found = []
    for path in paths:
        split, tests, folders = [], False, []
        for folder in reversed(path.parents[:-1]):
            word, test, rest = splits[folder.parent].get(folder.name, ("", False, folder.name))
            split += [word] * bool(word)
            tests |= test
            folders += [rest] * bool(rest)
        found.append(Place(tuple(split), tests, tuple(folders), path.stem))
    common = len(os.path.commonprefix([place.folders for place in found]))
    learned = not all(place.held_out for place in found)
    return [place._replace(held_out=place.held_out and learned, folders=place.folders[common:]) for place in found]


def _splits(children):
    """Which of the folders that lie beside one another speak of a split: the word, whether it is held out, and what else is said."""
    found = {}
    for name in children:
        if match := SPLIT.fullmatch(name):
            before, word, *after = match.groups()
            found[name] = word[:3].lower(), word[:3].lower() != "tra", before or after[0] or after[1] or ""
    both = len({test for _, test, _ in found.values()}) == 2
    nothing_else = len(found) == len(children) and not any(rest for _, _, rest in found.values())
    return found if both or nothing_else else {}


def in_order(name):
    """A key to sort names by, folder by folder, numbers as numbers."""
    parts = [[int(part) if part.isdecimal() else part.casefold() for part in re.split(r"([0-9]+)", p)] for p in name.split("/")]
    return parts, name


@contextmanager
def _opened(path):
    """The files below a folder or in an archive: a dict from their names to functions that open them."""
    try:
        if path.is_dir():
            yield {file.relative_to(path).as_posix(): partial(file.open, "rb") for file in _below(path)}
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield {_inside(e.filename): partial(archive.open, e) for e in archive.infolist() if not e.is_dir()}
        elif path.is_file() and tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                members = {_inside(m.name): m for m in archive if not m.isdir()}
                archive.fileobj.seek(archive.offset)
                if archive.fileobj.read(512) != bytes(512):  # tarfile takes the lack of an end for the end
                    raise tarfile.ReadError("it is cut short")
                yield {name: partial(_member, archive, member) for name, member in members.items()}
        elif path.is_file():
            raise DataError(
                f"{path} is neither a zip nor a tar archive, or is cut short. Fetch it again, or give a folder of images."
            )
        else:
            raise DataError(f"there is no folder or archive {path}. Check the spelling, or give an absolute path.")
    except OSError as error:
        if error.errno is None:  # bz2's word, and gzip's, for bytes that are not as they should be
            raise DataError(f"{path} is a damaged archive ({error}). Fetch it again.") from error
        raise DataError(
            f"{error.filename or path} cannot be read ({error.strerror or error}). Check its permissions, and that it is there."
        ) from error
    except BROKEN as error:
        raise DataError(f"{path} is a damaged or locked archive ({error}). Fetch it again.") from error


def _below(folder, above=()):
    """Every file below a folder. Links are followed, but for those that lead back up."""
    here = folder.resolve()
    if here in above:
        return
    for entry in folder.iterdir():
        if entry.name.startswith(HIDDEN):
            continue
        if entry.is_dir():
            yield from _below(entry, (*above, here))
        elif entry.is_file() or entry.is_symlink():
            yield entry


def _inside(name):
    """A name in an archive as that of a file in a folder: ./a/1.png and a\\1.png are a/1.png."""
    return "/".join(part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", ".."))


def _member(archive, member):
    """Opens a member of a tar archive, or that which it is a link to."""
    file = archive.extractfile(member)
    if file is None:
        raise tarfile.ExtractError(f"{member.name} is a link that leads to no file")
    return file


def _pictures(there):
    """The names of the pictures among files, in order, and notes on what is left out."""
    names = sorted((name for name in there if not any(p.startswith(HIDDEN) for p in name.split("/"))), key=in_order)
    runs = {name.removesuffix("config.json") for name in names if PurePosixPath(name).name == "config.json"}
    endings = {end for end, kind in Image.registered_extensions().items() if kind in Image.OPEN and kind not in NO_PICTURES}
    pictures, left, drawn = [], Counter(), 0
    for name in names:
        ending, by_run = PurePosixPath(name).suffix.lower(), BY_RUNS.fullmatch(name)
        if by_run and by_run[1] in runs:
            drawn += 1
        elif ending in endings or not BESIDE.fullmatch(ending) and _signed(there[name]):
            pictures.append(name)
        elif not BESIDE.fullmatch(ending):
            left[ending or "without ending"] += 1
    kinds = ", ".join(f"{count} {ending}" for ending, count in left.most_common())
    notes = [f"{left.total()} left out that are no pictures or cannot be read: {kinds}"] if left else []
    return pictures, notes + [f"{drawn} left out that runs of gan-edu drew"] * bool(drawn)


def _signed(opener):
    """Whether a file begins as a picture does."""
    with opener() as file:
        start = file.read(16)
    return any(Image.OPEN[kind][1](start) for kind in SIGNED if kind in Image.OPEN)


def _halves(name, picture):
    """The left and the right half of a picture that is twice as wide as high."""
    if picture.width != 2 * picture.height:
        raise DataError(
            f"{name} is {picture.width}×{picture.height} pixels: two square images side by side are twice as wide as high. Or put "
            "the images of a pair into two folders, under one name."
        )
    side = picture.height
    return [picture.crop((left, 0, left + side, side)) for left in (0, side)]


def _decode(name, data, converted, deep):
    """One upright picture: RGB, or F if it has more than 8 bits: of that, the least value, the greatest, and whether they are
    integers go to `deep`. Counts in `converted` what had to be changed."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            stored = str(opened.tile)
            opened.load()
            # Not ImageOps.exif_transpose, which writes the EXIF data anew and fails at any that are odd.
            turn = TURNS.get(opened.getexif().get(0x0112))
            picture = opened if turn is None else opened.transpose(turn)
            converted["turned upright by their EXIF orientation"] += turn is not None
            if picture.mode.startswith("I") or picture.mode == "F":
                values = np.asarray(picture)
                values = (values.view(np.uint32) if "I;32N" in stored else values).astype(np.float32)
                deep.append((float(values.min()), float(values.max()), picture.mode != "F"))
                picture = Image.fromarray(values)
            else:
                converted["with 16 bits a colour, of which the upper 8 are taken"] += bool(re.search(";16[BL]", stored))
                picture = _plain(picture, converted)
    except DAMAGE as error:
        raise DataError(f"{name} cannot be read as an image ({error}). Remove it or save it again.") from error
    if picture.mode == "F" and not np.isfinite(values).all():
        raise DataError(f"{name} holds values that are no numbers, or infinite. Replace them by numbers, or remove it.")
    if min(picture.size) < SMALLEST:
        raise DataError(
            f"{name} is {picture.width}×{picture.height} pixels, too small to learn from. Remove it, or give images of at "
            f"least {SMALLEST}×{SMALLEST}."
        )
    return picture


def _plain(picture, converted):
    """A picture as RGB."""
    converted["converted from CMYK"] += picture.mode == "CMYK"
    converted["converted from a palette"] += picture.mode == "P"
    if picture.has_transparency_data:
        converted["with transparency laid on white"] += 1
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


def _range(least, greatest, integers):
    """What is black and what is white in pictures of more than 8 bits, from the least and the greatest value of each."""
    low, high = min(least), max(greatest)
    if all(integers) and low >= 0 and high < 2**16:
        return 0, next(2**bits - 1 for bits in (8, 10, 12, 14, 16) if high < 2**bits)
    return (0, 1) if low >= 0 and high <= 1 else (low, high)
