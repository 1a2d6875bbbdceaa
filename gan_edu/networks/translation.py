"""Networks for image-to-image translation: a U-Net and a discriminator of patches (Isola et al. 2017), and a residual network (Zhu et
al. 2017). Taught in notebook 12."""

import torch
from torch import nn

from .dcgan import smallest_map
from .layers import Residual, leaky_relu, normalised


class UNet(nn.Module):
    """An image to an image of the same size: an encoder that halves it, and a decoder that doubles it again and sees beside its own
    map the encoder's of that size (Ronneberger, Fischer & Brox 2015; for translation Isola et al. 2017; notebook 12).

    (N, inputs, size, size) -> (N, outputs, size, size), pixels in [-1, 1]. Raises GameError for sizes that do not halve often enough.

    width: channels of the largest map; they double with each halving, up to eight times as many. smooth: maps are enlarged by linear
    interpolation and a 3×3 convolution; otherwise, as published, by a transposed convolution, which may leave a mesh (Odena,
    Dumoulin & Olah 2016). normalise: with "instance" train and eval mode are alike and no image's translation depends on the rest of
    the batch, as in the paper, whose BatchNorm sees batches of one; with "batch" it depends in train mode on the batch, in eval mode
    on the running means and variances.
    """

    def __init__(self, inputs, outputs, size, width=16, smooth=False, normalise="instance"):
        super().__init__()
        _, depth = smallest_map(size)
        widths = [width * min(2**k, 8) for k in range(depth)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for k, (before, after) in enumerate(zip([inputs, *widths], widths)):
            halve = nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1)
            self.down.append(nn.Sequential(*normalised(halve, normalise, edge=k == 0), leaky_relu()))
        for k in reversed(range(depth)):
            before = widths[k] if k == depth - 1 else 2 * widths[k]
            after = widths[k - 1] if k else outputs
            *enlarge, convolution = doubling(before, after, smooth)
            activation = nn.ReLU(inplace=True) if k else nn.Tanh()
            self.up.append(nn.Sequential(*enlarge, *normalised(convolution, normalise, edge=k == 0), activation))

    def forward(self, images):
        maps = [images]
        for halve in self.down:
            maps.append(halve(maps[-1]))
        x = maps.pop()
        for double in self.up[:-1]:
            x = torch.cat([double(x), maps.pop()], dim=1)
        return self.up[-1](x)


def doubling(inputs, outputs, smooth):
    """Modules that double a map's side, a convolution last: (N, inputs, H, W) -> (N, outputs, 2 H, 2 W)."""
    if smooth:
        enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        return enlarge, nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)
    return (nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1),)


def residual_translator(inputs, outputs, width=16, blocks=6):
    """An image to an image of the same size, without a way around the bottleneck: two halvings, residual blocks, two doublings
    (Johnson, Alahi & Fei-Fei 2016; CycleGAN's generator; notebook 12). (N, inputs, H, W) -> (N, outputs, H, W), H and W divisible by
    four, pixels in [-1, 1].

    width: channels at full size; they double with each halving (64 in the papers). blocks: 6 there at 128 pixels, 9 at 256. Instance
    normalisation; edges are mirrored at the first and last layer, zeros in between (in the papers mirrored everywhere).
    """

    def layer(convolution):
        return [*normalised(convolution, "instance"), nn.ReLU(inplace=True)]

    def edge(before, after):
        return nn.Conv2d(before, after, kernel_size=7, padding=3, padding_mode="reflect")

    def halve(before):
        return nn.Conv2d(before, 2 * before, kernel_size=3, stride=2, padding=1)

    def double(before):
        return nn.ConvTranspose2d(before, before // 2, kernel_size=3, stride=2, padding=1, output_padding=1)

    return nn.Sequential(
        *layer(edge(inputs, width)),
        *layer(halve(width)),
        *layer(halve(2 * width)),
        *(Residual(4 * width, "instance") for _ in range(blocks)),
        *layer(double(4 * width)),
        *layer(double(2 * width)),
        edge(width, outputs),
        nn.Tanh(),
    )


def patchgan(channels, width=16, layers=3, normalise="spectral"):
    """A discriminator that judges every patch of an image by itself (Isola et al. 2017; notebook 12): convolutions of stride 2, then
    one logit a place. (N, channels, H, W) -> (N, 1, H / 2^layers - 1, W / 2^layers - 1).

    A patch is 6 · 2^layers - 2 pixels wide: 10, 22 or 46 for 1, 2 or 3 layers. normalise: "spectral" (Miyato et al. 2018), "batch"
    (as published; not on the first layer), "instance" (neither), or None. With BatchNorm a logit depends on the rest of the batch, if
    only through its means and variances.
    """
    widths = [width * min(2**k, 8) for k in range(layers)]
    modules = []
    for before, after in zip([channels, *widths], widths):
        convolution = nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1)
        modules += [*normalised(convolution, normalise, edge=not modules), leaky_relu()]
    return nn.Sequential(*modules, *normalised(nn.Conv2d(widths[-1], 1, kernel_size=4, padding=1), normalise, edge=True))
