"""The judge: a small digit classifier whose penultimate layer measures how far generated images are from real ones.

Fréchet distances use an Inception network on photographs (Heusel et al. 2017). On 28×28 digits a classifier of digits is the
better eye: its `features` are what every distance in this course is measured in. Its weights come with the package, in
`judge.safetensors`; `python -m recordings.judge` trains it again from MNIST's training set and writes them.
"""

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import interpolate

WEIGHTS = Path(__file__).with_name("judge.safetensors")


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


def grey(images):
    """Colour images as grey ones; grey ones as they are."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


@cache
def load(device="cpu"):
    """The trained judge, frozen and in eval mode."""
    judge = Judge()
    judge.load_state_dict(load_file(WEIGHTS))
    return judge.requires_grad_(False).eval().to(device, memory_format=torch.channels_last)  # twice as fast on a CPU
