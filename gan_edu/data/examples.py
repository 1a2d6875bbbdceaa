"""What the systems of the zoo learn from: seven kinds of examples, from named data or from a folder of your own."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..errors import DataError
from .batches import Batches, Together
from .drawn.motion import Bouncing
from .drawn.scenes import VOCABULARY, Scenes, mistaken, tokens
from .folder import located, places, read_images, with_notes
from .images import load
from .pairs import load_pairs

OWN_SIZE = ("mnist", "fashion", "digits")  # sets that come at one size, and grey
NAMES = (*OWN_SIZE, "flowers", "facades", "outlines", "scenes")
SIZE = 64  # of all others, if nothing is said
FEWEST = 20  # examples, of which a tenth is held out
FILM = 5  # frames in a film


@dataclass(frozen=True)
class Examples:
    """What is learned from, and what is held out for measuring.

    sources: for each stream of batches a tuple of tensors, the first of them images as bytes, (N, ..., C, H, W).
    held_out: one tuple of tensors with a row an example, the first of them images as bytes.
    about: one sentence. names: of classes, or the words of captions; a label or a token is a place in this list.
    """

    sources: tuple[tuple[Tensor, ...], ...]
    held_out: tuple[Tensor, ...]
    about: str
    names: tuple[str, ...] = ()

    @property
    def shape(self):
        """(C, H, W) of one image."""
        return tuple(self.sources[0][0].shape[-3:])

    def digest(self):
        """What tells these examples from others, as a dict: their names, how many there are of each source and held out, and a hash
        of every byte."""
        parts = [*self.sources, self.held_out]
        every_byte = hashlib.sha256()
        for tensor in (tensor for part in parts for tensor in part):
            every_byte.update(tensor.contiguous().numpy())
        return {"names": [*self.names], "counts": [len(part[0]) for part in parts], "sha256": every_byte.hexdigest()}

    def batches(self, size, seed, device, prepare):
        """Endless batches on the device, of that many examples from each source; `prepare` turns bytes into what networks see."""
        settings = {"size": size, "device": device, "prepare": prepare}
        streams = [Batches(*source, seed=seed + k, **settings) for k, source in enumerate(self.sources)]
        return streams[0] if len(streams) == 1 else Together(*streams)


def images(name, size=None):
    """Images, of an image set."""
    return _of(_load(name, size), "images")


def labelled(name, size=None):
    """Images and labels, of an image set; of those held out the classes take turns. A folder's subfolders are its classes."""
    found = _load(name, size)
    if len(found.classes) < 2:
        raise DataError(f"{name} has but one class: put the images of each class into a subfolder of its own.")
    unseen = [label for k, label in enumerate(found.classes) if k not in found.labels]
    if unseen:
        raise DataError(f"{name} holds images of {unseen[0]} only below test: add some to learn from, or remove these.")
    examples = _of(found, "images", "labels", names=found.classes)
    turn = _in_turn(found.held_out.labels)
    return replace(examples, held_out=tuple(tensor[turn] for tensor in examples.held_out))


def few_labels(name, size=None):
    """All images without labels, and ten of each class with them."""
    examples = labelled(name, size)
    ((everything, labels),) = examples.sources
    few = _in_turn(labels)[: 10 * len(examples.names)].repeat(10)  # so that a batch of any size is found
    return replace(examples, sources=((everything,), (everything[few], labels[few])))


def pairs(name, size=None):
    """Pairs (N, 2, C, H, W): facades, outlines, or a folder as `load_pairs` describes it."""
    return _of(load_pairs(name, size or SIZE), "pairs")


def domains(name, size=None):
    """Images of two domains without pairs: facades or outlines, of which no image's partner is seen, or a folder with two subfolders.

    Held out are images of both, (N, 2, C, H, W), and whether each two are a pair, bool (N,).
    """
    if name in ("facades", "outlines"):
        examples = pairs(name, size)
        ((both,),), (held_out,) = examples.sources, examples.held_out
        a, b, matched = both[: len(both) // 2, 0], both[len(both) // 2 :, 1], True
    else:
        if name not in (*OWN_SIZE, "flowers"):
            located(name, "a set of two domains (facades, outlines)")
        found = _load(name, size)
        if len(found.classes) != 2:
            raise DataError(
                f"{name} has {len(found.classes)} classes where two domains are wanted: take facades, outlines, or a folder with two "
                "subfolders, one a domain, or with trainA, trainB, testA and testB."
            )
        examples, matched = _of(found, "images"), False
        a, b = (found.images[found.labels == k] for k in (0, 1))
        c, d = (found.held_out.images[found.held_out.labels == k] for k in (0, 1))
        for domain, kept, out in zip(found.classes, (a, b), (c, d)):
            _enough(f"{domain}, one domain of {name},", len(kept), len(out))
        held_out = torch.stack([c[: len(d)], d[: len(c)]], dim=1)
    return replace(examples, sources=((a,), (b,)), held_out=(held_out, torch.full((len(held_out),), matched)))


def captioned(name, size=None):
    """Images and the words that describe them, int64 (N, T), filled up with 0, which is no word: drawn scenes, or a folder whose
    files, or whose folders, are named for what they show, as in "roses/a red rose 01.jpg". Scenes have captions that are wrong in one
    thing beside them, int64 (N, K, T)."""
    if name == "scenes":
        rng = torch.Generator().manual_seed(0)
        scenes = Scenes.sample(4000, rng)
        right, wrong = tokens(scenes.captions()), mistaken(scenes, rng)
        return _split("drawn scenes", scenes.images(size or SIZE), right, wrong, names=VOCABULARY)
    pictures, names, notes, held_out = _own(name, size, "scenes")
    said = [re.findall(r"[^\W\d_]+", " ".join([*place.folders, place.stem]).lower()) for place in places(names)]
    words = ("", *sorted({word for caption in said for word in caption}))
    if len({tuple(caption) for caption in said}) < 2:
        raise DataError(f"the images of {name} are not named for what they show, as in 'roses/a red rose 01.jpg': rename them.")
    longest = max(map(len, said))
    rows = [[words.index(word) for word in caption] + [0] * (longest - len(caption)) for caption in said]
    return _split(with_notes(name, notes), pictures, torch.tensor(rows), held_out=held_out, names=words)


def films(name, size=None):
    """Films of five frames (N, 5, C, H, W): two images of a grey set that bounce off the walls, or a folder with the frames of each
    film in a subfolder, in the order of their names."""
    if name in OWN_SIZE:
        found, rng = _load(name), torch.Generator().manual_seed(0)
        kept, out = (
            Bouncing.sample(part.images, count, rng, size or SIZE).frames(range(FILM))
            for part, count in ((found, 1800), (found.held_out, 200))
        )
        return Examples(((kept,),), (out,), f"Films of bouncing images. {found.describe()}")
    pictures, names, notes, held_out = _own(name, size, ", ".join(OWN_SIZE))
    folders = {}
    for row, file in enumerate(names):
        folders.setdefault(PurePosixPath(file).parent, []).append(row)
    cuts = [rows[k : k + FILM] for rows in folders.values() for k in range(0, len(rows) - FILM + 1, FILM)]
    cuts = torch.tensor(cuts, dtype=torch.long).view(-1, FILM)
    if len(names) > cuts.numel():
        notes.append(f"{len(names) - cuts.numel()} left out at the ends of films, which have {FILM} frames")
    return _split(with_notes(name, notes), pictures[cuts], held_out=held_out[cuts[:, 0]])


KINDS = {  # how they are loaded, and how they lie in a folder of your own
    "images": (images, "images of any size"),
    "labelled images": (labelled, "a subfolder for each class"),
    "images, a few of them labelled": (few_labels, "a subfolder for each class"),
    "pairs": (pairs, "two subfolders with equal names in them, or the two images of a pair side by side in one file"),
    "two domains": (domains, "a subfolder for each domain, or trainA, trainB, testA and testB"),
    "captioned images": (captioned, "images named for what they show, as in 'roses/a red rose 01.jpg'"),
    "films": (films, "a subfolder with the frames of each film, in the order of their names"),
}


def load_examples(kind, name, size=None):
    """`Examples` of one of `KINDS`, from a set of that name, or from a folder or archive of your own.

    size: side of the images in pixels; digits and clothes have 28, all else has 64 if nothing is said.

    Raises DataError if what is wanted is not there: classes, partners, captions, or enough examples.
    """
    return KINDS[kind][0](name, size)


def _load(name, size=None):
    return load(name, size or (28 if name in OWN_SIZE else SIZE))


def _own(name, size, named):
    """What `read_images` finds in a folder of your own, and which of it are held out."""
    pictures, names, notes = read_images(located(name, named), size or SIZE)
    return pictures, names, notes, torch.tensor([place.held_out for place in places(names)])


def _of(found, *tensors, names=()):
    """These tensors of an `ImageSet` or a `PairSet`."""
    _enough(found.source, len(found), len(found.held_out or ()))
    kept, out = (tuple(getattr(part, name) for name in tensors) for part in (found, found.held_out))
    return Examples((kept,), out, found.describe(), names)


def _split(about, *tensors, held_out=None, names=()):
    """The rows that a mask tells are held out; without any, every tenth."""
    if held_out is None or not held_out.any():
        held_out = torch.arange(len(tensors[0])) % 10 == 9
    kept, out = (tuple(tensor[rows] for tensor in tensors) for rows in (~held_out, held_out))
    _enough(about, len(kept[0]), len(out[0]))
    return Examples((kept,), out, f"{about}: {len(kept[0]):,} to learn from, {len(out[0]):,} held out.", names)


def _enough(what, kept, out):
    """Raises DataError if there are not enough to learn from, or to measure with."""
    if kept + out < FEWEST or out < 2 or not kept:
        held_out = f", {out} of them held out" if kept + out >= FEWEST else ""
        raise DataError(
            f"{what} has {kept + out} examples{held_out}: at least {FEWEST} are wanted, of which a tenth is held out to measure with."
        )


def _in_turn(labels):
    """Rows in which the classes take turns: the first of each, the second of each, and so on."""
    before = one_hot(labels).cumsum(0).gather(1, labels.unsqueeze(1))[:, 0]
    return (before * (labels.max() + 1) + labels).argsort()
