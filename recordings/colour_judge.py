"""Trains the two judges of photographs, and writes `gan_edu/colour_judge.safetensors` and `gan_edu/second_judge.safetensors`:
`python -m recordings.colour_judge`, an hour and a half on one core; what was interrupted goes on from its checkpoint in
`build/recordings/`.

A judge learns from 4,500 images of CIFAR-10 and the 1,224 training images of Oxford's flowers, half a batch of each. Every image is
shown cut, mirrored, brighter or darker and tinted, and with a square of another one in it (CutMix, Yun et al. 2019): of so few images
a network soon knows each by heart.
"""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.functional import affine_grid, cross_entropy, grid_sample, interpolate, one_hot

from gan_edu.course.recorded import fingerprint
from gan_edu.data import ImageSet, Stream, load, to_bytes, to_pixels
from gan_edu.data.images import look_up
from gan_edu.engine import Engine
from gan_edu.games import Draw, Game
from gan_edu.judge import COLOUR_WEIGHTS, SECOND_WEIGHTS, ColourJudge
from gan_edu.judge import load as load_judge
from gan_edu.training import bar

from .hours import Falling
from .judge import accuracy
from .playing import DONE, real

PART = "cifar10_5000.npz"
BATCH, RATE = 64, 2e-3


@dataclass(frozen=True)
class Schooling:
    """What one judge has of its own."""

    weights: Path
    rounds: int
    seed: int
    widths: tuple[int, ...] = (32, 48, 96, 128, 160)


JUDGES = (Schooling(COLOUR_WEIGHTS, 15_000, 0), Schooling(SECOND_WEIGHTS, 6_000, 1, ColourJudge.SECOND))


def things():
    """CIFAR-10's part as an `ImageSet`, a tenth of it held out."""
    folder = look_up("cifar10", (PART,))
    if folder is None:
        raise SystemExit(f"The judge of photographs needs cifar10/{PART} in the folder that GAN_EDU_DATA names.")
    kept = np.load(folder / PART)
    images = to_pixels(torch.from_numpy(kept["images"]).movedim(-1, 1))
    large = interpolate(images, size=(ColourJudge.SIDE,) * 2, mode="bilinear", align_corners=False)
    rows = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = to_bytes(large)[rows], torch.from_numpy(kept["labels"]).long()[rows]
    classes = tuple(map(str, range(10)))
    held_out = ImageSet("CIFAR-10 (held out)", images[4500:], labels[4500:], classes, "CIFAR-10")
    return ImageSet("CIFAR-10", images[:4500], labels[:4500], classes, "CIFAR-10", held_out)


def varied(images, rng):
    """Images, each cut to between half and all of its side, mirrored or not, brighter or darker by up to a fifth, and tinted."""
    count = len(images)
    side = 0.5 + 0.5 * torch.rand(count, generator=rng)
    mirror = 1 - 2 * torch.randint(2, (count,), generator=rng)
    where = (2 * torch.rand(count, 2, generator=rng) - 1) * (1 - side)[:, None]
    cut = torch.stack(
        [torch.stack([side * mirror, 0 * side, where[:, 0]], 1), torch.stack([0 * side, side, where[:, 1]], 1)], 1
    )
    images = grid_sample(images, affine_grid(cut, images.shape, align_corners=False), align_corners=False)
    contrast = 0.8 + 0.4 * torch.rand(count, 1, 1, 1, generator=rng)
    return images * contrast + 0.2 * (torch.rand(count, 3, 1, 1, generator=rng) - 0.5)


def mixed(images, shares, rng):
    """Images with a square of the one before in the batch, and the shares of the classes (N, 27) that are then in each."""
    side = images.shape[-1]
    width = int(side * math.sqrt(torch.rand((), generator=rng)))
    top, left = torch.randint(side - width + 1, (2,), generator=rng).tolist()
    images, other = images.clone(), width**2 / side**2
    images[:, :, top : top + width, left : left + width] = images.roll(1, 0)[:, :, top : top + width, left : left + width]
    return images, (1 - other) * shares + other * shares.roll(1, 0)


class Lesson(Game):
    """The game of one player: a classifier that learns the shares of the classes in images."""

    order = ("classifier",)

    def __init__(self, widths):
        super().__init__()
        self.classifier = ColourJudge(widths)

    def draw(self, batch, rng):
        images, shares = batch
        return Draw(images=images, shares=shares)

    def classifier_cost(self, draw):
        return cross_entropy(self.classifier(draw.images), draw.shares, label_smoothing=0.05)


def lessons(sets):
    """Makes batches of varied and mixed images and shares of classes, equally many of each `ImageSet`; their classes follow one
    another."""
    first = [0, *np.cumsum([len(images.classes) for images in sets])]

    def batch(size, rng):
        rows = [torch.randint(len(images), (size // len(sets),), generator=rng) for images in sets]
        pixels = torch.cat([images.pixels(these) for images, these in zip(sets, rows)])
        labels = torch.cat([images.labels[these] + start for images, these, start in zip(sets, rows, first)])
        order = torch.randperm(len(labels), generator=rng)
        return mixed(varied(pixels, rng)[order], one_hot(labels, first[-1]).float()[order], rng)

    return batch


def train(sets, schooling, checkpoint):
    """A judge trained on batches of `ImageSet`s, averaged over its last rounds."""
    rounds, seed = schooling.rounds, schooling.seed
    torch.manual_seed(seed)
    optimiser = partial(torch.optim.AdamW, lr=RATE, weight_decay=0.05)
    stream, engine = Stream(lessons(sets), BATCH, seed), Engine("fp32", threads=1)
    run = Falling(rounds, Lesson(schooling.widths), stream, optimiser, ema=0.998, engine=engine, seed=seed)
    with bar(rounds, progress=True) as shown:
        for _ in run.play(rounds, every=250, checkpoint=checkpoint):
            shown.update(run.done - shown.n)
    return run.shown.classifier.eval()


def main():
    sets = things(), real(load("flowers", size=ColourJudge.SIDE))
    for schooling in JUDGES:
        checkpoint = DONE / "colour_judge" / f"{fingerprint(['recordings.colour_judge'])}-{schooling.seed}"
        keep(train(sets, schooling, checkpoint), schooling.weights)
        checkpoint.unlink()
        for images, among in zip(sets, (ColourJudge.THINGS, ColourJudge.FLOWERS)):
            right = accuracy(load_judge(colour=True, second=schooling is JUDGES[1]), images.held_out, among)
            print(f"{images.name}, held out: {right:.3f} of {len(images.held_out)} are recognised")


def keep(judge, path):
    """Writes a judge's weights with half precision."""
    learned = judge.state_dict().items()
    save_file({name: (value.half() if value.is_floating_point() else value).contiguous() for name, value in learned}, path)
    print(f"wrote {path.name}, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
