"""A residual generator whose maps grow by interpolation: no transposed convolutions, so no checkerboard (Odena, Dumoulin & Olah 2016).

Images are (N, C, H, W) with pixels in [-1, 1].
"""

from torch import nn

from .dcgan import smallest_map


class Doubling(nn.Module):
    """A residual block that doubles the map: (N, inputs, H, W) to (N, outputs, 2H, 2W). Both ways are enlarged by bilinear
    interpolation, and the channels are changed before it, at the small size, where it costs a quarter. BatchNorm and ReLU come before
    each 3×3 convolution (He, Zhang, Ren & Sun 2016).

    beyond: what the second convolution sees beyond the edge of the map, "zeros" or "reflect".
    """

    def __init__(self, inputs, outputs, beyond="zeros"):
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.shortcut = nn.Conv2d(inputs, outputs, kernel_size=1, bias=False)
        self.change = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, kernel_size=3, padding=1), self.enlarge,
            nn.BatchNorm2d(outputs), nn.ReLU(), nn.Conv2d(outputs, outputs, kernel_size=3, padding=1, padding_mode=beyond),
        )  # fmt: skip

    def forward(self, x):
        return self.enlarge(self.shortcut(x)) + self.change(x)


def residual_generator(latent, channels=3, size=64, width=24):
    """(N, latent) to (N, channels, size, size), pixels in [-1, 1].

    width: channels of the largest map; they double with each halving, up to eight times that. Beyond the edges of small maps there are
    zeros, by which a convolution knows where it is; large ones are reflected there, for zeros would give every image a frame. Raises
    GameError for sizes that do not halve often enough.
    """
    smallest, depth = smallest_map(size)
    widths = [min(8, 2**k) * width for k in reversed(range(depth + 1))]
    first = [nn.Linear(latent, widths[0] * smallest**2), nn.Unflatten(1, (widths[0], smallest, smallest))]
    beyond = ["zeros"] * (depth - 2) + ["reflect"] * 2
    blocks = [Doubling(*sizes) for sizes in zip(widths, widths[1:], beyond[-depth:])]
    last = nn.Conv2d(width, channels, kernel_size=3, padding=1, padding_mode="reflect")
    return nn.Sequential(*first, *blocks, nn.BatchNorm2d(width), nn.ReLU(), last, nn.Tanh())
