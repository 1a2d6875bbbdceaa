"""From words to an image, in two stages (StackGAN, Zhang et al. 2017), with a discriminator that is also shown wrong captions
(GAN-CLS, Reed et al. 2016). Taught in notebook 11.

Each player reads captions with an encoder of its own, the generator to know what to draw, the discriminator to know what to ask for;
so each parameter has one owner. Both papers take one encoder for both, trained beforehand and then left alone. An encoder here adds
up one vector a word: in these captions the order of words says nothing.

Left out: the papers' sizes and depths. The discriminator is a projection (Miyato & Koyama 2018; notebook 10) in place of the caption
concatenated to its last map: a caption's logit is what the image is worth by itself, plus what each word says to the image's features.
"""

import copy
import math
from dataclasses import replace
from functools import partial

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from ..data.images import to_pixels
from ..errors import GameError
from ..games import Draw, Game, with_settings
from ..losses import non_saturating
from ..networks import Residual, dcgan_generator, infer, sum_pool_discriminator
from ..penalties import R1, Scored
from .recipe import Recipe, adam


class StageI(Game):
    """The first stage draws a small image from a caption and latents. Two players.

    generator: network from latents and caption codes, (N, latent + code), to images (N, C, H, W).
    discriminator: network from images to (N, 1 + features), as in `ConditionalGAN`, where a caption's encoding takes the place of a
        class's vector.
    words: how many there are in the vocabulary; token 0 is no word.
    latent, code, features: numbers in each.
    matching: whether the discriminator also learns to refuse real images with wrong captions.
    weight: of the conditioning augmentation's KL divergence. slope: of the penalty R1, at real images with their captions.

    Conditioning augmentation: a caption's code is drawn from a normal distribution, whose mean and deviation the generator's encoder
    gives, and which the KL divergence keeps near the standard one, so that captions alike have codes that overlap.

    A batch is a tuple: images (N, C, H, W), tokens, int64 (N, T), and, if there are any, those of K captions that do not fit,
    (N, K, T): each costs an inner product. Otherwise an image's wrong caption is that of the image before it.
    """

    order = ("discriminator", "generator")
    objective = non_saturating

    def __init__(self, generator, discriminator, words, latent=16, code=16, features=64, matching=True, weight=0.01, slope=0.0):
        super().__init__()

        def encoder(size):
            return nn.EmbeddingBag(words, size, mode="sum", padding_idx=0)

        self.generator = nn.ModuleDict({"encoder": encoder(2 * code), "network": generator})
        self.discriminator = nn.ModuleDict({"encoder": encoder(features), "network": discriminator})
        with torch.no_grad():
            self.generator["encoder"].weight[:, code:] = 0  # deviations begin at 1
            self.discriminator["encoder"].weight *= 0.2  # words begin with little to say
        self.latent = latent
        self.matching = matching
        self.weight = weight
        self.slope = slope

    def identity(self):
        """Its name, and its terms."""
        return with_settings(super().identity(), {"matching": self.matching, "weight": self.weight, "slope": self.slope})

    def draw(self, batch, rng):
        """Images, captions, wrong captions, what the stage starts from, and the noise of the codes."""
        if isinstance(batch, torch.Tensor):
            raise GameError(f"a {type(self).__name__} is told captions: give it batches of images and tokens.")
        real, tokens, *others = batch
        wrong = others[0] if others else tokens.roll(1, dims=0)[:, None]
        return Draw(real=real, tokens=tokens, wrong=wrong, start=self.start(tokens, rng), noise=self.noise(tokens, rng))

    def start(self, tokens, rng):
        """What a stage starts from besides the captions: latents (N, latent)."""
        return torch.randn(len(tokens), self.latent, generator=rng, device=rng.device)

    def noise(self, tokens, rng):
        """Standard normal noise for the captions' codes (N, code)."""
        code = self.generator["encoder"].embedding_dim // 2
        return torch.randn(len(tokens), code, generator=rng, device=rng.device)

    def code(self, tokens):
        """Mean and log deviation of the captions' codes, (N, code) each."""
        return self.generator["encoder"](tokens).chunk(2, dim=1)

    def painted(self, start, tokens, noise, through):
        """Images of these captions. `through` applies the network to its input, in whatever mode."""
        mean, deviation = self.code(tokens)
        return through(torch.cat([start, mean + deviation.exp() * noise], dim=1))

    def fake(self, draw):
        """Images of the draw's captions."""
        return self.shared_output(
            "generator", draw, self.painted, draw.start, draw.tokens, draw.noise, self.generator["network"]
        )

    def logits_for(self, outputs, tokens):
        """The logits (N, K) of images with K captions each, (N, K, T), or (N, 1) with one, (N, T), from what the discriminator's
        network says of the images."""
        captions = self.discriminator["encoder"](tokens.flatten(0, -2)).view(len(tokens), -1, outputs.shape[1] - 1)
        return outputs[:, :1] + (captions @ outputs[:, 1:, None])[..., 0]

    def discriminator_cost(self, draw):
        look, tokens = self.discriminator["network"], draw.tokens
        images = draw.real.clone().requires_grad_(self.slope > 0)
        outputs = look(images)
        real, fake = self.logits_for(outputs, tokens), self.logits_for(look(self.fake(draw)), tokens)
        cost = self.objective.discriminator(real, fake)
        if self.matching:
            cost = (cost + self.objective.discriminator(real, self.logits_for(outputs, draw.wrong))) / 2
        if self.slope:
            cost = cost + R1(self.slope)(self.discriminator, Scored(images, real), None, draw)
        return cost

    def generator_cost(self, draw):
        fooling = self.objective.generator(None, self.logits_for(self.discriminator["network"](self.fake(draw)), draw.tokens))
        return fooling + self.weight * divergence(*self.code(draw.tokens))

    @torch.no_grad()
    def sample(self, tokens, rng):
        """Images (N, C, H, W) of captions, tokens int64 (N, T), with the generator in eval mode."""
        start, noise = self.start(tokens, rng), self.noise(tokens, rng)
        return self.painted(start, tokens, noise, partial(infer, self.generator["network"]))


class StageII(StageI):
    """The second stage draws the first one's image anew, larger, with another look at the caption. What it starts from is that image.

    first: a `StageI`, which is copied and frozen.
    generator: network from the small image and the caption's code, (N, C, H, W) and (N, code), to the large image: a `Bottleneck`.
    """

    def __init__(self, first, generator, discriminator, words, **settings):
        super().__init__(generator, discriminator, words, **settings)
        self.first = copy.deepcopy(first).requires_grad_(False)

    def start(self, tokens, rng):
        """The first stage's images of the captions."""
        return self.first.sample(tokens, rng)

    def painted(self, start, tokens, noise, through):
        """Images of these captions, from the small ones."""
        mean, deviation = self.code(tokens)
        return through(start, mean + deviation.exp() * noise)


class Bottleneck(nn.Module):
    """The second stage's generator (Zhang et al. 2017, section 3.3): the small image is halved down to 16×16 pixels, the caption's
    code joins it at every place, residual blocks work on both, and the large image is painted from there, each doubling followed by a
    3×3 convolution. No way leads past the small map, so that what is wrong in the small image need not be undone. BatchNorm after
    every hidden layer, as in the first stage.

    (N, channels, small, small) and (N, code) -> (N, channels, large, large), pixels in [-1, 1].

    width: channels of a map as large as the small image; they double with each halving and halve with each doubling.

    Raises GameError for sides that do not halve to 16 (or to less than 32) and double again.
    """

    def __init__(self, channels, code, small, large, width=32, blocks=4):
        super().__init__()

        def convolution(before, after, kernel=3, stride=1):
            return [nn.Conv2d(before, after, kernel, stride, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]

        halvings, times = math.floor(math.log2(small / 16)), math.log2(large / small)
        if halvings < 0 or small % 2**halvings or not times.is_integer():
            raise GameError(
                f"a second stage paints through a map of 16 × 16 pixels or somewhat more, and each step doubles; it cannot go from "
                f"{small} × {small} to {large} × {large}: ask for sides of 32, 64 or 128."
            )
        shrink = [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(halvings):
            shrink += convolution(width, 2 * width, kernel=4, stride=2)
            width *= 2
        self.shrink = nn.Sequential(*shrink)
        self.join = nn.Sequential(*convolution(width + code, width), *(Residual(width, "batch") for _ in range(blocks)))
        paint = []
        for _ in range(halvings + int(times)):
            paint += [nn.Upsample(scale_factor=2, mode="nearest"), *convolution(width, width // 2)]
            width //= 2
        self.paint = nn.Sequential(*paint, nn.Conv2d(width, channels, kernel_size=3, padding=1), nn.Tanh())

    def forward(self, image, code):
        maps = self.shrink(image)
        places = code[..., None, None].expand(-1, -1, *maps.shape[2:])
        return self.paint(self.join(torch.cat([maps, places], dim=1)))


def divergence(mean, log_deviation):
    """The KL divergence of normal distributions from the standard one, (N, d), summed over d, its mean over N, in nats."""
    return (((2 * log_deviation).exp() + mean.square() - 1) / 2 - log_deviation).sum(1).mean()


CAPTIONS = {"code": 32, "features": 128, "weight": 1e-3, "slope": 0.02}  # how both stages hear captions, and R1


def stage_one(shape, words, mean=0.0, matching=True):
    """The first stage: a DCGAN that is told a caption, and a discriminator that sums over places, under R1.

    shape: of its own, small images. words: in the vocabulary. mean: of the images' pixels.
    """
    generator = dcgan_generator(4 + CAPTIONS["code"], shape[0], shape[1], width=32, refine=1)
    discriminator = sum_pool_discriminator(*shape[:2], 32, mean, outputs=1 + CAPTIONS["features"])
    return StageI(generator, discriminator, words, latent=4, matching=matching, **CAPTIONS)


def stage_two(shape, first, words, mean=0.0):
    """The second stage, for a first whose images are half as large as `shape` says, with the first one's discriminator, larger."""
    generator = Bottleneck(shape[0], CAPTIONS["code"], shape[1] // 2, shape[1])
    discriminator = sum_pool_discriminator(*shape[:2], 32, mean, outputs=1 + CAPTIONS["features"])
    return StageII(first, generator, discriminator, words, **CAPTIONS)


FIRST = Recipe(
    source="this course, notebook 11: a first stage",
    game=stage_one,
    batch=32,
    optimiser=adam(2e-3, 0.0, 0.9),
    ema=0.995,
    prepare=lambda images: avg_pool2d(to_pixels(images), 2),
)
SECOND = Recipe(
    source="this course, notebook 11: a second stage",
    game=stage_two,
    batch=16,
    optimiser=adam(5e-4, 0.0, 0.99),
    ema=0.998,
)


def stages(words, mean):
    """Both stages for so many words and images of that mean pixel."""

    def first(shape):
        return stage_one((shape[0], shape[1] // 2, shape[2] // 2), words, mean)

    return replace(FIRST, game=first), replace(SECOND, game=partial(stage_two, words=words, mean=mean))
