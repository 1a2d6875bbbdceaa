"""A GAN whose discriminator also classifies: the auxiliary-classifier GAN (Odena, Olah & Shlens 2017). Taught in notebook 10."""

from functools import partial

from torch.nn.functional import cross_entropy

from ..networks import dcgan_discriminator, dcgan_generator
from .conditional import ConditionalGAN
from .recipe import Recipe, adam


class AuxiliaryClassifierGAN(ConditionalGAN):
    """A GAN whose discriminator also classifies: both players want images to be recognised as what was asked for.

    discriminator: network from images to (N, 1 + classes): one logit, real or not, whatever the class; then a logit for each class.

    Both players pay the classifier's cross-entropy on generated images, the discriminator also that on real ones.
    """

    def __init__(self, generator, discriminator, latent, classes=10):
        super().__init__(generator, discriminator, latent, classes)  # without penalties, which these costs do not know

    def discriminator_cost(self, draw):
        real, fake = self.logits(draw.real, self.fake(draw))
        adversarial = self.objective.discriminator(real[:, :1], fake[:, :1])
        return adversarial + cross_entropy(real[:, 1:], draw.labels) + cross_entropy(fake[:, 1:], draw.labels)

    def generator_cost(self, draw):
        fake = self.discriminator(self.fake(draw))
        return self.objective.generator(None, fake[:, :1]) + cross_entropy(fake[:, 1:], draw.labels)


def game(shape, classes=10, latent=64):
    """The networks of `dcgan`, told a label."""
    generator = dcgan_generator(latent + classes, shape[0], shape[1], width=32, refine=2)
    discriminator = dcgan_discriminator(shape[0], shape[1], width=16, refine=2, outputs=1 + classes)
    return AuxiliaryClassifierGAN(generator, discriminator, latent, classes)


def recipe(shape, classes=10):
    """For images of that shape; colour learns at half the rate, in batches of half the size."""
    batch, rate = (64, 2e-3) if shape[0] == 1 else (32, 1e-3)
    return Recipe(
        source="this course, notebook 10: a label",
        game=partial(game, classes=classes),
        batch=batch,
        epochs=2,
        optimiser=adam(rate, 0.0, 0.9),
        ema=0.995,
        labels=True,
    )
