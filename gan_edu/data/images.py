"""Image sets by name or by folder, from wherever they can be had.

Order of look-up: the folder that `GAN_EDU_DATA` names, then the project's `data/`, then a download (unless `GAN_EDU_OFFLINE`
is set), then a stand-in that comes with scikit-learn, which says that it is one.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

import torch
from torch import Tensor

from ..errors import DataError
from .batches import Batches
from .download import Remote, fetch
from .folder import in_order, located, places, read_images, title, with_notes
from .idx import read_idx


def to_pixels(images: Tensor) -> Tensor:
    """Bytes 0…255 to pixels in [-1, 1], the range of a generator that ends in tanh."""
    return images.to(torch.get_default_dtype()) / 127.5 - 1


def to_bytes(pixels: Tensor) -> Tensor:
    """Pixels in [-1, 1] to bytes 0…255, rounded and clipped."""
    return ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True)
class ImageSet:
    """Images with labels, and others held out for measuring.

    images: uint8 (N, C, H, W); labels: int64 (N,); classes: a name for each label; held_out: an `ImageSet` that training never
    sees, or None; source: where these came from; stands_in_for: the name of the set that could not be had, or None.
    """

    name: str
    images: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    source: str
    held_out: "ImageSet | None" = None
    stands_in_for: str | None = None

    def __len__(self):
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        return tuple(self.images.shape[1:])

    def pixels(self, rows: slice | Tensor = slice(None)) -> Tensor:
        """The images of these rows as floats in [-1, 1]."""
        return to_pixels(self.images[rows])

    def batches(
        self,
        size: int,
        seed: int = 0,
        device: torch.device | str = "cpu",
        labels: bool = False,
        prepare: Callable[[Tensor], Tensor] = to_pixels,
    ) -> Batches:
        """An endless stream of batches of pixels (size, C, H, W), with their labels if asked for, on the device."""
        tensors = (self.images, self.labels) if labels else (self.images,)
        return Batches(*tensors, size=size, seed=seed, device=device, prepare=prepare)

    def describe(self) -> str:
        """One sentence: what this is, how much of it, and where it came from."""
        return sentence(self, "images", f"{len(self.classes)} classes")


def sentence(found, what, more):
    """What a set of images or pairs is, how much of it there is, and where it came from."""
    size = "×".join(map(str, found.shape))
    held_out = f" and {len(found.held_out):,} held-out" if found.held_out is not None else ""
    stand_in = f", STANDING IN for {found.stands_in_for}, which was not found" if found.stands_in_for else ""
    return f"{found.name}{stand_in}: {len(found):,} training{held_out} {what} of {size} pixels, {more}, from {found.source}."


@dataclass(frozen=True)
class Entry:
    """A named set: the folder it lives in, how to read that folder, what to download into it, what stands in for it."""

    title: str
    folder: str
    files: tuple[str, ...]
    read: Callable[[Path, int | None], ImageSet]
    remotes: tuple[Remote, ...]
    stand_in: Callable[[int | None], ImageSet]


def load(name: str | Path, size: int | None = None) -> ImageSet:
    """An `ImageSet`: "mnist", "fashion", "digits", "flowers", or the path of a folder or archive of your own images.

    size: side of the square images in pixels; photographs are cut and resized to it (64 if not given). The digit sets keep
    their own size, 28, and refuse another; "digits" are 8 × 8, or drawn at 28 if that is asked for.

    Of your own images the folders that tell them apart are the classes; what lies below test or val beside train is held out, else a
    tenth of each class, of 20 images or more.

    Raises DataError if a file is found and damaged: a broken copy is never quietly replaced by something else.
    """
    if name == "digits":
        return _digits_as_mnist(size) if size == 28 else _own_size(_digits(), size)
    if name not in SETS:
        return _folder(name, size)
    entry = SETS[name]
    folder = find(name)
    if folder is None and not os.environ.get("GAN_EDU_OFFLINE"):
        folder = fetch(entry.remotes, home() / entry.folder)
    if folder is None:
        return replace(entry.stand_in(size), stands_in_for=entry.title)
    return entry.read(folder, size)


def find(name: str) -> Path | None:
    """The folder that holds the files of a named set, or None: first in `GAN_EDU_DATA`, then in `data/`."""
    return look_up(SETS[name].folder, SETS[name].files)


def look_up(name, files):
    """The folder of that name that holds these files, or None; `files` as in `Entry`, "a|b" for either."""
    places = [Path(os.environ["GAN_EDU_DATA"]).expanduser()] if os.environ.get("GAN_EDU_DATA") else []
    if places and not places[0].is_dir():
        raise DataError(f"GAN_EDU_DATA names {places[0]}, which is no folder. Correct it, or unset it.")
    for place in (*places, home()):
        folder = place / name
        if all(any((folder / choice).is_file() for choice in file.split("|")) for file in files):
            return folder
    return None


def home():
    """Where downloads go: the `data/` of a checkout of this project, else the user's cache."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "notebooks").is_dir():
        return checkout / "data"
    import pooch

    return Path(pooch.os_cache("gan_edu"))


def _idx_pair(folder, stem, title, classes, held_out=None):
    paths = [next(p for p in (folder / f"{stem}-{kind}.gz", folder / f"{stem}-{kind}") if p.is_file()) for kind in IDX_KINDS]
    images, labels = (read_idx(path) for path in paths)
    if images.dim() != 3 or labels.dim() != 1 or len(images) != len(labels):
        raise DataError(
            f"{paths[0]} and {paths[1]} do not belong together: {tuple(images.shape)} images and {tuple(labels.shape)} labels. "
            "Delete both and load the data again."
        )
    if len(labels) and int(labels.max()) >= len(classes):
        raise DataError(f"{paths[1]} holds the label {int(labels.max())}, and there are {len(classes)} classes. Delete it.")
    return ImageSet(title, images.unsqueeze(1), labels.long(), classes, str(folder), held_out)


def _own_size(images, size):
    own = images.shape[1]
    if size not in (None, own):
        raise DataError(f"{images.name} comes as {own}×{own} pixels; leave size out, or choose flowers or images of your own.")
    return images


def _split(images, share=0.25, seed=0):
    """Moves a random share of the images to `held_out`."""
    held_out = torch.zeros(len(images), dtype=torch.bool)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    held_out[order[: round(len(images) * share)]] = True
    return _part(images, held_out)


def _part(images, rows):
    """Moves these rows, a mask, to `held_out`."""
    held_out = replace(images, name=f"{images.name} (held out)", images=images.images[rows], labels=images.labels[rows])
    return replace(images, images=images.images[~rows], labels=images.labels[~rows], held_out=held_out)


def _digits():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    raw = torch.from_numpy(bunch.images * (255 / 16)).round().to(torch.uint8).unsqueeze(1)
    images = ImageSet(
        "scikit-learn's digits", raw, torch.from_numpy(bunch.target).long(), DIGITS, "scikit-learn (8×8, 17 grey levels)"
    )
    return _split(images)


def _digits_as_mnist(size):
    """The 8×8 digits drawn the way MNIST is: 20×20 in the middle of 28×28."""
    small = _digits()

    def drawn(images):
        large = torch.nn.functional.interpolate(images.images.float(), size=(20, 20), mode="bicubic", align_corners=False)
        large = torch.nn.functional.pad(large.round().clamp(0, 255).to(torch.uint8), (4, 4, 4, 4))
        return replace(images, images=large)

    return _own_size(replace(drawn(small), held_out=drawn(small.held_out)), size)


def _photograph_patches(size):
    """Random squares cut from the two photographs that come with scikit-learn: a stand-in for a folder of photographs."""
    from sklearn.datasets import load_sample_images

    size = size or 64
    pictures = [torch.from_numpy(picture.copy()).permute(2, 0, 1) for picture in load_sample_images().images]
    rng = torch.Generator().manual_seed(0)
    patches, labels = [], []
    for k in range(1360):
        picture = pictures[k % 2]
        side = int(torch.randint(64, 161, (), generator=rng))
        top = int(torch.randint(picture.shape[1] - side + 1, (), generator=rng))
        left = int(torch.randint(picture.shape[2] - side + 1, (), generator=rng))
        patch = picture[None, :, top : top + side, left : left + side].float()
        patches.append(torch.nn.functional.interpolate(patch, size=(size, size), mode="area").round().to(torch.uint8))
        labels.append(k % 2)
    images = ImageSet(
        "patches of two photographs", torch.cat(patches), torch.tensor(labels), ("temple", "flower"), "scikit-learn"
    )
    return _split(images, share=0.1)


def _flowers(folder, size):
    archive = next(folder / name for name in FLOWER_ARCHIVES if (folder / name).is_file())
    pictures, names, _ = read_images(archive, size or 64)
    number = [int("".join(filter(str.isdigit, Path(name).stem)) or 0) for name in names]
    if sorted(number) != list(range(1, 1361)):
        raise DataError(
            f"{archive} does not hold the 1,360 images of the flowers, numbered from 1 on. Delete it and load the data again."
        )
    labels = (torch.tensor(number) - 1) // 80
    return _split(ImageSet("Oxford 17 flowers", pictures, labels, FLOWERS, str(archive)), share=0.1)


def _folder(name, size):
    path = located(name, f"a set of images ({', '.join((*SETS, 'digits'))})")
    pictures, names, notes = read_images(path, size)
    found = places(names)
    folders = [place.folders[0] if place.folders else title(path) for place in found]
    classes = tuple(sorted(set(folders), key=in_order))
    labels = torch.tensor([classes.index(folder) for folder in folders])
    told = [f"classes {shorten(', '.join(classes), 100, placeholder=' …')}"] if len(classes) > 1 else []
    images = ImageSet(title(path), pictures, labels, classes, with_notes(path, told + notes))
    held_out = torch.tensor([place.held_out for place in found])
    if not held_out.any() and len(images) >= 20:  # every tenth of a random order, class by class
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
        held_out[order[labels[order].argsort(stable=True)][9::10]] = True
    return _part(images, held_out) if held_out.any() else images


DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
FLOWERS = (
    *("daffodil", "snowdrop", "lily of the valley", "bluebell", "crocus", "iris", "tigerlily", "tulip", "fritillary"),
    *("sunflower", "daisy", "coltsfoot", "dandelion", "cowslip", "buttercup", "windflower", "pansy"),
)
IDX_KINDS = ("images-idx3-ubyte", "labels-idx1-ubyte")
IDX_FILES = tuple(f"{stem}-{kind}" for stem in ("train", "t10k") for kind in IDX_KINDS)
FLOWER_ARCHIVES = ("flowers17_160.zip", "17flowers.tgz")


def _like_mnist(title, folder, classes, mirrors, *checksums):
    """A set in the four files of MNIST, for which the digits stand in. checksums: md5 of each of `IDX_FILES`."""

    def read(place, size):
        held_out = _idx_pair(place, "t10k", f"{title} (held out)", classes)
        return _own_size(_idx_pair(place, "train", title, classes, held_out), size)

    remotes = tuple(
        Remote(f"{name}.gz", tuple(f"{mirror}/{name}.gz" for mirror in mirrors), f"md5:{checksum}")
        for name, checksum in zip(IDX_FILES, checksums, strict=True)
    )
    return Entry(title, folder, tuple(f"{name}.gz|{name}" for name in IDX_FILES), read, remotes, _digits_as_mnist)


SETS = {
    "mnist": _like_mnist(
        "MNIST",
        "mnist",
        DIGITS,
        ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion": _like_mnist(
        "Fashion-MNIST",
        "fashion-mnist",
        CLOTHES,
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
        ),
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    "flowers": Entry(
        "Oxford 17 flowers",
        "flowers",
        ("|".join(FLOWER_ARCHIVES),),
        _flowers,
        (
            Remote(
                "17flowers.tgz",
                (
                    "https://www.robots.ox.ac.uk/~vgg/data/flowers/17/17flowers.tgz",
                    "http://www.robots.ox.ac.uk/~vgg/data/flowers/17/17flowers.tgz",
                ),
                "sha256:fe38a60f8b4a95e657551247d3e7d799a3fafcdbc595be504b12839967823d70",
            ),
        ),
        _photograph_patches,
    ),
}
