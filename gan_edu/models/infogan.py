"""A GAN that finds out by itself what there is to ask for: InfoGAN (Chen et al. 2016). Taught in notebook 10."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

from ..augmentations import DifferentiableAugmentation, warp
from ..networks import Heads, dcgan_discriminator, dcgan_generator, infer, spectral
from .gan import GAN, Latent
from .recipe import Recipe, adam


class InfoGAN(GAN):
    """A GAN whose images must tell which code they were made from: without a label, the code comes to mean something.

    Batches are images. A code is a category, each equally likely, and continuous codes, uniform on [-1, 1]. `weight` times the code's
    cost, -log Q(code | image), stands in the costs of both players; less the code's entropy it is a bound on the information that
    images hold about it: I(code; image) >= H(code) - E[-log Q(code | image)].

    generator: network from latents, one-hot categories and continuous codes (N, latent size + categories + continuous) to images.
    discriminator: network from images to (N, 1 + categories + continuous): the logit, then Q, which shares the trunk and is the
        discriminator's: a logit for each category, and for each continuous code the mean of a normal distribution, whose
        standard deviation is 1 here and learned in the paper.
    categories, continuous: how many there are of each.
    augmentation: as in any `GAN`; the discriminator's, and with it Q's, idea of what a category is not.
    """

    def __init__(self, generator, discriminator, latent, categories=10, continuous=2, weight=1.0, augmentation=None):
        super().__init__(generator, discriminator, latent, augmentation=augmentation)
        self.categories, self.continuous, self.weight = categories, continuous, weight

    def identity(self):
        """Its costs, and what the code's weighs."""
        return f"{super().identity()} + {self.weight:g} · information"

    def draw(self, real, rng):
        draw = super().draw(real, rng)
        draw.category, draw.continuous = self.code(len(real), rng)
        draw.latent = self.request(draw.latent, draw.category, draw.continuous)
        return draw

    def code(self, count, rng):
        """Codes at random: categories, int64 (count,), and continuous codes (count, continuous)."""
        category = torch.randint(self.categories, (count,), generator=rng, device=rng.device)
        return category, 2 * torch.rand(count, self.continuous, generator=rng, device=rng.device) - 1

    def request(self, latent, category, continuous):
        """Latents with codes, as the generator wants them: (N, latent size + categories + continuous)."""
        return torch.cat([latent, one_hot(category, self.categories).to(latent.dtype), continuous], dim=1)

    def discriminator_cost(self, draw):
        real, fake = self.logits(self.seen_real(draw), self.seen_fake(draw))
        return self.objective.discriminator(real[:, :1], fake[:, :1]) + self.weight * self.surprise(fake, draw)

    def generator_cost(self, draw):
        fake = self.discriminator(self.seen_fake(draw))
        return self.objective.generator(None, fake[:, :1]) + self.weight * self.surprise(fake, draw)

    def surprise(self, outputs, draw):
        """The mean of -log Q(code | image), but for a constant, from the discriminator's outputs for generated images."""
        category, continuous = outputs[:, 1:].split([self.categories, self.continuous], dim=1)
        return cross_entropy(category, draw.category) + (continuous - draw.continuous).square().sum(1).mean() / 2

    def read(self, images):
        """What Q reads in images (N, C, H, W): logits of the category (N, categories), and the continuous codes (N, continuous)."""
        outputs = infer(self.discriminator, images)
        return outputs[:, 1:].split([self.categories, self.continuous], dim=1)

    def sample(self, category, continuous, rng):
        """Generated images (N, C, H, W) with the codes asked for, int64 (N,) and (N, continuous). The same seed gives the same
        latents, whatever the codes."""
        return infer(self.generator, self.request(self.latent.draw(len(category), rng), category, continuous))


def game(shape, categories=10, continuous=1, weight=0.03, loudness=1 / 4, changes=(warp,)):
    """The networks of `dcgan`, told a code, which the discriminator's second head reads. The latents are quiet: so the generator
    begins with nearly one image for each category (as in ClusterGAN, Mukherjee et al. 2019).

    loudness: of the latents, beside a one for the category. changes: what a `DifferentiableAugmentation` does to images, if anything:
        what a category should not depend on.
    """
    codes = categories + continuous
    generator = dcgan_generator(64 + codes, shape[0], shape[1], width=32, refine=2)
    *trunk, last = dcgan_discriminator(shape[0], shape[1], width=16, refine=2, outputs=1 + codes)
    heads = Heads(spectral(nn.Linear(last.in_features, 1)), nn.Linear(last.in_features, codes))
    augmentation = DifferentiableAugmentation(*changes) if changes else None
    latent = Latent(64, scale=loudness)
    return InfoGAN(generator, nn.Sequential(*trunk, heads), latent, categories, continuous, weight, augmentation)


def recipe(shape):
    """For images of that shape; colour learns at half the rate, in batches of half the size."""
    batch, rate = (64, 2e-3) if shape[0] == 1 else (32, 1e-3)
    return Recipe(
        source="this course, notebook 10: a code", game=game, batch=batch, epochs=2, optimiser=adam(rate, 0.0, 0.9), ema=0.995
    )
