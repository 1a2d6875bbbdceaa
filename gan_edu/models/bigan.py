"""An encoder for free: the bidirectional GAN (BiGAN, Donahue, Krähenbühl & Darrell 2017), found at the same time as adversarially
learned inference (ALI, Dumoulin et al. 2017). Taught in notebook 10."""

import torch
from torch import nn

from ..losses import non_saturating
from ..networks import dcgan_discriminator, dcgan_generator, infer, leaky_relu, mlp, spectral
from .gan import GAN, penalised_cost, score
from .recipe import Recipe, adam


class Bidirectional(nn.Module):
    """A generator and its inverse: `decoder` from latents (N, latent size) to images, which is what a call does, and `encoder` from
    images to latents."""

    def __init__(self, decoder, encoder):
        super().__init__()
        self.decoder = decoder
        self.encoder = encoder

    def forward(self, latent):
        return self.decoder(latent)


class JointDiscriminator(nn.Module):
    """A discriminator of images together with latents. Its logits (N, 1) are what `head` makes of the features (N, features) that
    `trunk` sees in images and of the latents beside them, plus the inner products of the latents with `match`, a linear map of the
    features: the projection of Miyato & Koyama (2018) for a label that is a vector. So pairs are found to belong together early."""

    def __init__(self, trunk, head, match):
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.match = match

    def forward(self, images, latents):
        features = self.trunk(images)
        return self.head(torch.cat([features, latents], dim=1)) + (self.match(features) * latents).sum(1, keepdim=True)


class BiGAN(GAN):
    """A GAN of pairs: a real image with the latent that the encoder gives it, against a latent with the image that the decoder makes
    of it. Where no discriminator can tell which is which, encoder and decoder are each other's inverse, although neither is
    ever shown what the other makes.

    generator: a `Bidirectional`. Encoder and decoder are one player, who owns both: the one changes half of the first pairs, the other
        half of the second, and they share the cost, which is that the two be taken for one another.
    discriminator: network from images and latents to logits (N, 1), such as a `JointDiscriminator`.
    latent, objective, penalties: as in `GAN`. The samples of a penalty are pairs, an image and its latent in one row of numbers.

    The encoder is a function, as in BiGAN; in ALI it answers with a distribution.
    """

    def __init__(self, generator, discriminator, latent, objective=non_saturating, penalties=()):
        super().__init__(generator, discriminator, latent, objective, penalties)

    def pairs(self, draw):
        """The real images with their latents, and the images made of the drawn latents with those: (N, C, H, W), (N, latent size),
        and the same again."""

        latents = self.shared_output("generator", draw, self.generator.encoder, draw.real)
        return draw.real, latents, self.shared_output("generator", draw, self.generator, draw.latent), draw.latent

    def discriminator_cost(self, draw):
        real, latents, fake, drawn = self.pairs(draw)
        if not self.penalties:
            return self.objective.discriminator(self.discriminator(real, latents), self.discriminator(fake, drawn))

        def judge(pairs):
            images, codes = pairs.tensor_split([-latents.shape[1]], dim=1)
            return self.discriminator(images.view_as(real), codes)

        rows = (torch.cat([images.flatten(1), codes], dim=1) for images, codes in ((real, latents), (fake, drawn)))
        return penalised_cost(self, judge, *score(judge, *rows), draw)

    def generator_cost(self, draw):
        """The discriminator's, were its two answers exchanged: for cross-entropy the non-saturating cost, with both kinds of pairs."""
        real, latents, fake, drawn = self.pairs(draw)
        return self.objective.discriminator(self.discriminator(fake, drawn), self.discriminator(real, latents))

    def encode(self, images):
        """Latents (N, latent size) of images (N, C, H, W)."""
        return infer(self.generator.encoder, images)

    def reconstruct(self, images):
        """Images made of the latents of images."""
        return infer(self.generator.decoder, self.encode(images))


def game(shape, latent=16):
    """The networks of `dcgan`, and an encoder with BatchNorm. The latents are few, so that they say something."""
    decoder = dcgan_generator(latent, shape[0], shape[1], width=32, refine=2)
    encoder = dcgan_discriminator(shape[0], shape[1], width=16, refine=2, normalise="batch", outputs=latent)
    trunk = dcgan_discriminator(shape[0], shape[1], width=16, refine=2, outputs=256)
    head = spectral(mlp(256 + latent, 256, 1, activation=leaky_relu))
    match = spectral(nn.Linear(256, latent))
    discriminator = JointDiscriminator(nn.Sequential(trunk, leaky_relu()), head, match)
    return BiGAN(Bidirectional(decoder, encoder), discriminator, latent)


def recipe(shape):
    """For images of that shape; colour learns at half the rate, in batches of half the size."""
    batch, rate = (64, 2e-3) if shape[0] == 1 else (32, 1e-3)
    return Recipe(
        source="this course, notebook 10: an encoder",
        game=game,
        batch=batch,
        epochs=2,
        optimiser=adam(rate, 0.0, 0.9),
        ema=0.995,
    )
