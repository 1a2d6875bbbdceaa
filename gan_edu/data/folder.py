"""Photographs from a folder, a zip or a tar archive, brought to one size and one format."""

import io
import tarfile
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import DataError

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
SMALLEST = 8  # pixels on the shorter side; less than that is a spacer or a mistake, not a picture


def read_images(path, size=None, channels=3, halves=False):
    """Reads every image below `path` (a folder, a .zip, a .tar, .tgz or .tar.gz).

    Each is turned upright (EXIF), brought to RGB (or grey for `channels=1`): palettes looked up, transparency laid on white,
    CMYK converted, 16 bits scaled to 8. With `size`, its centre square is cut out and resized to size × size; without, all
    images must already have one size.

    halves: each file holds two images side by side, which are returned one after the other under the file's name.

    Returns (images uint8 (N, C, H, W), names, notes): names are paths inside the source, notes are sentences about what was
    converted. Raises DataError naming the file and the remedy.
    """
    images, names, converted, sizes = [], [], Counter(), {}
    for name, picture in _pictures(Path(path), halves, converted):
        if min(picture.size) < SMALLEST:
            raise DataError(
                f"{name} is {picture.width}×{picture.height} pixels, too small to learn from. Remove it, or give images of at "
                f"least {SMALLEST}×{SMALLEST}."
            )
        sizes.setdefault(picture.size, name)
        if size is not None:
            picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
        elif len(sizes) > 1:
            (first, a), (second, b) = sizes.items()
            raise DataError(
                f"the images of {path} have different sizes: {a} is {first[0]}×{first[1]} and {b} is {second[0]}×{second[1]}. "
                "Say which size you want, for example size=64."
            )
        images.append(np.asarray(picture.convert("L" if channels == 1 else "RGB")))
        names.append(name)
    if not images:
        raise DataError(f"{path} holds no images. Put {', '.join(sorted(ENDINGS))} files there, in subfolders if you like.")
    notes = [f"{count} {what}" for what, count in converted.items()]
    if len(sizes) > 1:
        notes.append(f"{len(sizes)} different sizes cut and resized to {size}×{size}")
    stacked = torch.from_numpy(np.stack(images))
    return (stacked.unsqueeze(1) if channels == 1 else stacked.permute(0, 3, 1, 2).contiguous()), names, notes


def _pictures(path, halves, converted):
    """(name, picture) of every image, or of the left and then the right half of each."""
    for name, data in files(path):
        picture = _decode(name, data, converted)
        if halves and picture.width != 2 * picture.height:
            raise DataError(
                f"{name} is {picture.width}×{picture.height} pixels: two square images side by side are twice as wide as high. Or put "
                "the images of a pair into two folders, under one name."
            )
        boxes = [(0, picture.height), (picture.height, picture.width)] if halves else [(0, picture.width)]
        yield from ((name, picture.crop((left, 0, right, picture.height))) for left, right in boxes)


def files(path):
    """(name, bytes) of every image file, sorted by name; hidden files and other endings are passed over."""

    def wanted(name):
        parts = PurePosixPath(name)
        return parts.suffix.lower() in ENDINGS and not any(p.startswith((".", "__MACOSX")) for p in parts.parts)

    try:
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                if wanted(file.relative_to(path).as_posix()):
                    yield str(file), file.read_bytes()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in sorted(filter(wanted, archive.namelist())):
                    yield f"{path}:{name}", archive.read(name)
        elif path.is_file() and tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                members = sorted((m for m in archive if m.isfile() and wanted(m.name)), key=lambda m: m.name)
                archive.fileobj.seek(archive.offset)
                if archive.fileobj.read(512) != bytes(512):  # tarfile takes the lack of an end for the end
                    raise tarfile.ReadError("it is cut short")
                for member in members:
                    yield f"{path}:{member.name}", archive.extractfile(member).read()
        elif path.is_file():
            raise DataError(
                f"{path} is neither a zip nor a tar archive, or is cut short. Fetch it again, or give a folder of images."
            )
        else:
            raise DataError(f"there is no folder or archive {path}. Check the spelling, or give an absolute path.")
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, RuntimeError) as error:  # RuntimeError: a password
        raise DataError(f"{path} is a damaged or locked archive ({error}). Fetch it again.") from error
    except OSError as error:
        raise DataError(
            f"{error.filename or path} cannot be read ({error.strerror or error}). Check its permissions."
        ) from error


def _decode(name, data, converted):
    """One upright 8-bit picture, grey or RGB; counts in `converted` what had to be changed."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            picture = ImageOps.exif_transpose(opened)
            turned = opened.getexif().get(0x0112, 1) != 1
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{name} cannot be read as an image ({error}). Remove it or save it again.") from error
    if turned:
        converted["turned upright by their EXIF orientation"] += 1
    if picture.mode.startswith("I") or picture.mode == "F":
        converted["scaled from 16 bits to 8"] += 1
        values = np.asarray(picture, dtype=np.float64)
        top = 65535 if picture.mode.startswith("I") else max(values.max(), 1e-12)
        return Image.fromarray(np.clip(values * (255 / top), 0, 255).round().astype(np.uint8))
    if picture.mode == "CMYK":
        converted["converted from CMYK"] += 1
    if picture.mode == "P":
        converted["converted from a palette"] += 1
    if picture.has_transparency_data:
        converted["with transparency laid on white"] += 1
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")
