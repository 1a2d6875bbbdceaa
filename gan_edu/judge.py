"""The judges: small classifiers whose last layers but one measure how far generated images are from real ones.

Fréchet distances use an Inception network on photographs (Heusel et al. 2017). On 28×28 digits a classifier of digits is the
better eye: its `features` are what every distance between digits is measured in. Photographs have a judge of their own, a classifier
of things and of kinds of flowers, and a second one, for what the first has taught: nobody is to be judged by his teacher. Their
weights come with the package, in `judge.safetensors`, `colour_judge.safetensors` and `second_judge.safetensors`; `python -m
recordings.judge` and `python -m recordings.colour_judge` train them again and write them.
"""

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

from .errors import GameError

WEIGHTS = Path(__file__).with_name("judge.safetensors")
COLOUR_WEIGHTS = Path(__file__).with_name("colour_judge.safetensors")
SECOND_WEIGHTS = Path(__file__).with_name("second_judge.safetensors")


class Judge(nn.Module):
    """A classifier of 28×28 grey images: (N, 1, 28, 28) with pixels in [-1, 1] to logits (N, 10).

    `features` gives the 128 activations before the last layer: (N, 128). Colour images are turned grey and other sizes resized,
    so that any image has features; distances mean most for images of the kind it was trained on.
    """

    def __init__(self):
        super().__init__()

        def block(inputs, outputs, stride):
            convolution = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
            return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())

        self.features_of_pixels = nn.Sequential(
            block(1, 24, 1), block(24, 32, 2), block(32, 48, 1), block(48, 64, 2), block(64, 64, 2),
            nn.Flatten(), nn.Linear(64 * 4 * 4, 128), nn.ReLU(),
        )  # fmt: skip
        self.classify = nn.Linear(128, 10)

    def features(self, images):
        """What the judge sees in images (N, C, H, W) with pixels in [-1, 1]: shape (N, 128), non-negative."""
        images = grey(images).to(self.classify.weight.dtype)
        if images.shape[2:] != (28, 28):
            images = interpolate(images, size=(28, 28), mode="bilinear", antialias=True, align_corners=False)
        return self.features_of_pixels(images)

    def maps(self, images):
        """What the judge sees where, in images (N, C, H, W) at their own size: (N, 64, H / 4, W / 4), the activations of its fourth
        convolution. What a content loss compares (notebook 11)."""
        return self.features_of_pixels[:4](grey(images).to(self.classify.weight.dtype))

    def forward(self, images):
        return self.classify(self.features(images))


class ColourJudge(nn.Module):
    """A classifier of photographs: (N, 3, H, W) with pixels in [-1, 1], brought to 64×64, to logits (N, 27), of ten kinds of things
    (CIFAR-10) and of seventeen kinds of flowers.

    `features` gives the means over the image of what its last two stages see, (N, 288), non-negative: the one before the last still
    sees texture. `maps` gives what its four stages see where.

    widths: channels of its stem and of its four stages; what is said of shapes is said of the first judge's.
    """

    SIDE = 64
    SECOND = (24, 40, 80, 120, 144)  # the second judge's widths
    THINGS, FLOWERS = slice(0, 10), slice(10, 27)

    def __init__(self, widths=(32, 48, 96, 128, 160)):
        super().__init__()
        first = nn.Conv2d(3, widths[0], kernel_size=5, stride=2, padding=2, bias=False)
        self.stem = nn.Sequential(first, nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.stages = nn.ModuleList(Halving(before, after) for before, after in zip(widths, widths[1:]))
        self.classify = nn.Linear(widths[-1], self.FLOWERS.stop)

    def maps(self, images):
        """What the four stages see in images (N, 3, H, W): (N, 48, 16, 16), (N, 96, 8, 8), (N, 128, 4, 4) and (N, 160, 2, 2)."""
        images = images.to(self.classify.weight.dtype)
        if images.shape[2:] != (self.SIDE, self.SIDE):
            images = interpolate(images, size=(self.SIDE,) * 2, mode="bilinear", antialias=True, align_corners=False)
        maps = [self.stem(images)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps[1:]

    def features(self, images):
        """What the judge sees in images: (N, 288)."""
        return torch.cat([seen.mean((2, 3)) for seen in self.maps(images)[-2:]], dim=1)

    def forward(self, images):
        return self.classify(self.maps(images)[-1].mean((2, 3)))


class Halving(nn.Module):
    """A residual stage (He, Zhang, Ren & Sun 2016) that halves the map: (N, inputs, H, W) to (N, outputs, H / 2, W / 2)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        halve = nn.Conv2d(inputs, outputs, kernel_size=3, stride=2, padding=1, bias=False)
        keep = nn.Conv2d(outputs, outputs, kernel_size=3, padding=1, bias=False)
        self.change = nn.Sequential(halve, nn.BatchNorm2d(outputs), nn.ReLU(), keep, nn.BatchNorm2d(outputs))
        self.shortcut = nn.Conv2d(inputs, outputs, kernel_size=1, bias=False)

    def forward(self, x):
        return (self.change(x) + self.shortcut(avg_pool2d(x, 2))).relu()


def grey(images):
    """Colour images as grey ones; grey ones as they are."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


@cache
def load(device="cpu", colour=False, second=False):
    """The trained judge, of digits or of photographs, frozen and in eval mode, on that device. All who ask share one, in float32
    whatever PyTorch's default is when the first of them asks.

    second: the other judge of photographs, which has learned from the same images with other widths, from other first weights; there
        is none of digits (GameError).
    """
    if second and not colour:
        raise GameError("there is one judge of digits: a second one, judge.load(colour=True, second=True), knows photographs.")
    if second:
        judge, weights = ColourJudge(ColourJudge.SECOND), SECOND_WEIGHTS
    elif colour:
        judge, weights = ColourJudge(), COLOUR_WEIGHTS
    else:
        judge, weights = Judge(), WEIGHTS
    kept = load_file(weights)
    judge.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in kept.items()})
    judge.requires_grad_(False).eval()
    return judge.to(device, torch.float32, memory_format=torch.channels_last)  # twice as fast on a CPU
