"""A residual generator whose maps grow by interpolation: no transposed convolutions, so no checkerboard (Odena, Dumoulin & Olah 2016).

Images are (N, C, H, W) with pixels in [-1, 1].
"""

from torch import nn

from .dcgan import smallest_map


def convolution(inputs, outputs):
    """3×3, and at the edge it sees the map reflected: with zeros every image would have a frame."""
    return nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, padding_mode="reflect")


class Doubling(nn.Module):
    """A residual block that doubles the map: (N, inputs, H, W) to (N, outputs, 2H, 2W). Both ways are enlarged by bilinear
    interpolation, and the channels are changed before it, at the small size, where it costs a quarter. BatchNorm and ReLU come before
    each 3×3 convolution (He, Zhang, Ren & Sun 2016)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.shortcut = nn.Conv2d(inputs, outputs, kernel_size=1, bias=False)
        self.change = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.ReLU(), convolution(inputs, outputs), self.enlarge,
            nn.BatchNorm2d(outputs), nn.ReLU(), convolution(outputs, outputs),
        )  # fmt: skip

    def forward(self, x):
        return self.enlarge(self.shortcut(x)) + self.change(x)


def residual_generator(latent, channels=3, size=64, width=24):
    """(N, latent) to (N, channels, size, size), pixels in [-1, 1].

    width: channels of the largest map; they double with each halving, up to eight times that. Raises GameError for sizes that do not
    halve often enough.
    """
    smallest, depth = smallest_map(size)
    widths = [min(8, 2**k) * width for k in reversed(range(depth + 1))]
    first = [nn.Linear(latent, widths[0] * smallest**2), nn.Unflatten(1, (widths[0], smallest, smallest))]
    blocks = [Doubling(before, after) for before, after in zip(widths, widths[1:])]
    return nn.Sequential(*first, *blocks, nn.BatchNorm2d(width), nn.ReLU(), convolution(width, channels), nn.Tanh())
