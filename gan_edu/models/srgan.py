"""Super-resolution: a small image made large by squared error, and by a game (SRResNet and SRGAN, Ledig et al. 2017). Taught in
notebook 11.

Left out: BatchNorm; 14 of the paper's 16 residual blocks, half of their 64 channels. The network here adds to the bicubic enlargement,
the paper's makes the whole image. For VGG's features stand the judge's, which were learned from digits.

What is trained on the judge's maps is not to be measured by the judge: in its features the content loss alone, without the game, comes
nearer to real digits than the two together; in those of a network that took no part in the training it is the other way round
(notebook 11).
"""

import copy
from functools import partial

from torch.nn.functional import avg_pool2d, interpolate, mse_loss

from ..games import Draw, Game, with_settings
from ..losses import non_saturating
from ..networks import dcgan_discriminator, infer, upsampler
from .recipe import Recipe, adam


def bicubic(images, factor):
    """Images (N, C, H, W) at `factor` times the side, by bicubic interpolation: what is to be beaten."""
    return interpolate(images, scale_factor=factor, mode="bicubic", align_corners=False)


class SuperResolution(Game):
    """One player, the generator, who is to restore images from their means over squares of `factor` × `factor` pixels, at least mean
    squared error: SRResNet.

    generator: network from small images (N, C, H, W) to what their bicubic enlargement lacks, (N, C, factor · H, factor · W), such as
        an `upsampler`.

    A batch is a tensor of large images.
    """

    order = ("generator",)

    def __init__(self, generator, factor=4):
        super().__init__()
        self.generator = generator
        self.factor = factor

    def draw(self, real, rng):
        """Large images, and the same ones small: nothing is random."""
        return Draw(real=real, small=avg_pool2d(real, self.factor))

    def fake(self, draw):
        """The draw's small images, enlarged."""
        return self.shared_output("generator", draw, self.restored, draw.small)

    def restored(self, small):
        """Small images enlarged by bicubic interpolation, with what the generator adds."""
        return bicubic(small, self.factor) + self.generator(small)

    def generator_cost(self, draw):
        return mse_loss(self.fake(draw), draw.real)

    def enlarge(self, small):
        """Small images (N, C, H, W) enlarged, with the generator in eval mode."""
        return bicubic(small, self.factor) + infer(self.generator, small)


class SRGAN(SuperResolution):
    """Two players: the discriminator tells large images from enlarged ones, the generator is to fool it and to make images with the
    content of the true ones. The generator starts where `SuperResolution` ended.

    discriminator: network from large images to logits.
    content: function from images to features, whose mean squared difference the generator also pays; it is frozen, and no part of the
        game. `judge.load().maps` is the course's choice; the identity gives the paper's SRGAN-MSE.
    adversarial: weight of the game in the generator's cost.
    """

    order = ("discriminator", "generator")
    objective = non_saturating

    def __init__(self, generator, discriminator, content, adversarial=1e-3, factor=4):
        super().__init__(generator, factor)
        self.discriminator = discriminator
        self.content = content
        self.adversarial = adversarial

    def identity(self):
        """Its name, and the weight of the game."""
        return with_settings(super().identity(), {"adversarial": self.adversarial})

    def discriminator_cost(self, draw):
        return self.objective.discriminator(self.discriminator(draw.real), self.discriminator(self.fake(draw)))

    def generator_cost(self, draw):
        fake = self.fake(draw)
        fooling = self.objective.generator(None, self.discriminator(fake))
        return mse_loss(self.content(fake), self.content(draw.real)) + self.adversarial * fooling


def squared_error(shape):
    """The game of the first stage."""
    return SuperResolution(upsampler(shape[0], shape[0], doublings=2))


def game(content, shape, first):
    """The game of the second stage, whose generator starts where the first ended."""
    generator = copy.deepcopy(first.generator).requires_grad_()
    return SRGAN(generator, dcgan_discriminator(*shape[:2], refine=1), content, adversarial=3e-2)


def stages(shape, content):
    """Squared error, then the game, whose generator learns at half the discriminator's rate on strokes. `content` is the function
    whose features are compared."""
    grey = shape[0] == 1
    batch, optimiser = 64 if grey else 32, adam(2e-3 if grey else 1e-3, 0.0, 0.9)
    first = Recipe(
        source="this course, notebook 11: squared error",
        game=squared_error,
        batch=batch,
        optimiser=optimiser,
        schedule="G",
        ema=0.995,
    )
    second = Recipe(
        source="this course, notebook 11: the game",
        game=partial(game, content),
        batch=batch,
        optimiser={"discriminator": optimiser, "generator": adam(1e-3, 0.0, 0.9)},
        ema=0.995,
    )
    return first, second
