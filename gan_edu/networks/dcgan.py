"""Convolutional generators and discriminators after Radford, Metz & Chintala (2016), and what grew out of them.

Discriminators output logits. Images are (N, C, H, W) with pixels in [-1, 1].
"""

from torch import nn

from ..errors import GameError
from .layers import Centred, Residual, SumPool, he_initialise, leaky_relu, normalised


def smallest_map(size, depth=None):
    """The side of the smallest feature map and how often it doubles to reach `size`: 28 = 7·2², 32 = 4·2³, 128 = 4·2⁵.

    depth: the number of doublings, if another is wanted (128 = 8·2⁴). Raises GameError for sizes that do not halve that often.
    """
    if depth is None:
        depth = 0
        while size % 2 ** (depth + 1) == 0 and size >> depth > 7:
            depth += 1
    if depth < 1 or size % 2**depth or not 4 <= size >> depth <= 16:
        raise GameError(f"no convolutional stack makes {size}×{size} images; try 28, 32, 64 or 128.")
    return size >> depth, depth


def dcgan_generator(latent, channels=1, size=28, width=32, refine=0, depth=None, normalise=True):
    """A generator after Radford, Metz & Chintala (2016): linear, then transposed convolutions that double the image.

    (N, latent) -> (N, channels, size, size), pixels in [-1, 1]. Built up in notebook 05.

    width: channels of the last hidden layer; they double with each halving of the map. refine: 3×3 convolutions at the smallest map,
    where they cost little. depth: number of doublings. normalise: BatchNorm after every hidden layer.
    """
    smallest, depth = smallest_map(size, depth)
    widths = [width * 2**k for k in reversed(range(depth))]
    norm = nn.BatchNorm2d if normalise else lambda _: nn.Identity()

    def hidden(layer, outputs):
        return [layer, norm(outputs), nn.ReLU(inplace=True)]

    first = widths[0]
    layers = [nn.Linear(latent, first * smallest**2), nn.Unflatten(1, (first, smallest, smallest))]
    layers += [norm(first), nn.ReLU(inplace=True)]
    for _ in range(refine):
        layers += hidden(nn.Conv2d(first, first, kernel_size=3, padding=1), first)
    for inputs, outputs in zip(widths, widths[1:]):
        layers += hidden(nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1), outputs)
    layers += [nn.ConvTranspose2d(widths[-1], channels, kernel_size=4, stride=2, padding=1), nn.Tanh()]
    return nn.Sequential(*layers)


def dcgan_discriminator(channels=1, size=28, width=16, refine=0, depth=None, normalise="spectral", outputs=1):
    """The mirror image: convolutions of stride 2 that halve the image, then a linear logit. (N, C, H, W) -> (N, outputs).

    refine: 3×3 convolutions at the smallest map; the last of them halves it once more. normalise: "spectral" (Miyato et al. 2018),
    "batch" (Radford et al. 2016; not on the first layer), "instance" (neither), or None. outputs: more than the one logit, for those
    who ask for more (notebook 10). The other settings are the generator's.
    """
    smallest, depth = smallest_map(size, depth)
    layers, inputs = [], channels

    def hidden(width, kernel, stride):
        convolution = nn.Conv2d(inputs, width, kernel, stride, padding=1)
        return [*normalised(convolution, normalise, edge=not layers), leaky_relu()]

    for k in range(depth):
        layers += hidden(width * 2**k, kernel=4, stride=2)
        inputs = width * 2**k
    for k in range(refine):
        last = k == refine - 1
        layers += hidden(inputs * 2 if last else inputs, kernel=3, stride=2 if last else 1)
        inputs, smallest = (inputs * 2, (smallest + 1) // 2) if last else (inputs, smallest)
    layers += [nn.Flatten(), *normalised(nn.Linear(inputs * smallest**2, outputs), normalise, edge=True)]
    return nn.Sequential(*layers)


def sum_pool_discriminator(channels, size, width=16, mean=0.0, outputs=1):
    """A discriminator that is to recognise what an image shows wherever it shows it: convolutions that halve the image until one more
    halving would reach the smallest map of `dcgan_discriminator`, a 3×3 one, `SumPool` (Miyato & Koyama 2018 sum over all places), a
    linear layer. (N, channels, size, size) -> (N, outputs). Taught in notebook 11.

    mean: of the images, which it does not see. There is no norm in it: it needs a penalty. Initialised by `he_initialise`. Raises
    GameError for sizes that do not halve often enough.
    """
    _, depth = smallest_map(size)
    widths = [channels, *(width * 2**k for k in range(depth))]
    layers = [Centred(mean)]
    for before, after in zip(widths, widths[1:-1]):
        layers += [nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1), leaky_relu()]
    layers += [nn.Conv2d(widths[-2], widths[-1], kernel_size=3, padding=1), leaky_relu(), SumPool()]
    return nn.Sequential(*layers, nn.Linear(5 * widths[-1], outputs)).apply(he_initialise)


def upsampler(inputs, outputs, doublings, width=32, blocks=2):
    """Small maps to large ones: a convolution and residual blocks at the small size, where they cost little, then for each doubling a
    convolution whose channels, four for each that is wanted, become the pixels of a 2×2 square (pixel shuffle, Shi et al. 2016;
    notebook 11). (N, inputs, H, W) -> (N, outputs, 2^doublings · H, 2^doublings · W), not bounded.

    width: channels of the small maps; they halve with each doubling. The last layer begins at 0: what is added to an image that was
    enlarged in another way is nothing at first. Without BatchNorm, which blurs the brightness of what is to be kept (as in EDSR, Lim
    et al. 2017).
    """

    def convolution(before, after):
        return nn.Conv2d(before, after, kernel_size=3, padding=1)

    layers = [convolution(inputs, width), nn.ReLU(inplace=True), *(Residual(width) for _ in range(blocks))]
    for _ in range(doublings):
        layers += [convolution(width, 2 * width), nn.PixelShuffle(2), nn.ReLU(inplace=True)]
        width //= 2
    last = convolution(width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)
