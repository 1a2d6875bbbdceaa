"""Learning classes from a few labels and many images without: a GAN whose discriminator is the classifier (Salimans et al. 2016,
section 5). Taught in notebook 13.

`game` is small, for minutes; `published` has the networks of the authors' code for MNIST. Left out: historical averaging, which is not
in that code either; and there the lengths of the classifier's weights are set once, from a batch, while here they are learned.
"""

import math
from functools import partial

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.parametrizations import weight_norm

from ..errors import GameError
from ..networks import Noise, infer, mlp
from .gan import FeatureMatchingGAN, Latent
from .recipe import Recipe, adam


class SemiSupervisedGAN(FeatureMatchingGAN):
    """A GAN whose discriminator says which of K classes an image belongs to, or that it is generated: K + 1 answers, of which the
    last has the logit 0. That an image is real then has the logit log Σ exp of the K others, and no parameter is wasted on a
    common shift, which softmax does not see.

    Batches are images (N, C, H, W), and images with labels (n, C, H, W), int64 (n,), in one tuple of three; for ensembles all
    three hold the members' batches one after the other. `data.Together` makes such batches.

    discriminator: an `nn.Sequential` from images to the K logits (N, K); what it computes before its last layer are the features
        whose means the generator is to match.
    adversarial: weight of what a GAN's discriminator pays. At 0, with `play(schedule="D")`, it is plain classification.
    """

    def __init__(self, *networks, adversarial=1.0, **settings):
        super().__init__(*networks, **settings)
        self.adversarial = adversarial

    def identity(self):
        """Its costs, and what the adversarial term weighs."""
        return f"{super().identity()} + adversarial({self.adversarial:g})"

    def draw(self, batch, rng):
        """The draw of a `GAN`, and images with labels."""
        if not isinstance(batch, tuple) or len(batch) != 3:
            raise GameError(
                "a SemiSupervisedGAN wants three things in a batch: images, images that have labels, and these labels. Join two "
                "sources with data.Together(images.batches(64), few.batches(64, labels=True))."
            )
        real, labelled, labels = batch
        draw = super().draw(real, rng)
        draw.labelled, draw.labels = labelled, labels
        return draw

    def discriminator_cost(self, draw):
        cost = cross_entropy(self.discriminator(draw.labelled), draw.labels)
        if self.adversarial:
            real, fake = self.logits(self.seen_real(draw), self.seen_fake(draw))
            cost = cost + self.adversarial * self.objective.discriminator(realness(real), realness(fake))
        return cost

    def classify(self, images):
        """The classes' logits (N, K) of images (N, C, H, W), with the discriminator in eval mode."""
        return infer(self.discriminator, images)


def realness(logits):
    """The logit of being real (N, 1), from logits of the classes (N, K) beside which "generated" has the logit 0: their log Σ exp."""
    return torch.logsumexp(logits, dim=1, keepdim=True)


def game(shape, classes=10):
    """Dense networks as the paper has for MNIST, smaller, with dropout where they add noise: without it a hundred labels are soon
    known by heart, and the classes learn nothing more from the images without."""
    pixels = math.prod(shape)
    hidden = [nn.Linear(64, 500), nn.BatchNorm1d(500), nn.ReLU(), nn.Linear(500, 500), nn.BatchNorm1d(500), nn.ReLU()]
    generator = nn.Sequential(*hidden, nn.Linear(500, pixels), nn.Tanh(), nn.Unflatten(1, shape))
    body = [nn.Flatten(), nn.Dropout(0.2), mlp(pixels, 500, 250, 250, dropout=0.4), nn.ReLU(), nn.Dropout(0.4)]
    return SemiSupervisedGAN(generator, nn.Sequential(*body, nn.Linear(250, classes)), latent=64)


def published(shape, classes=10):
    """The networks of the authors' code for MNIST: a classifier with weight normalisation (Salimans & Kingma 2016) and noise before
    every layer, whose pixels, between -1 and 1, have twice the noise that theirs have between 0 and 1."""
    pixels = math.prod(shape)
    generator = nn.Sequential(
        *(nn.Linear(100, 500), nn.BatchNorm1d(500), nn.Softplus(), nn.Linear(500, 500), nn.BatchNorm1d(500), nn.Softplus()),
        *(weight_norm(nn.Linear(500, pixels)), nn.Tanh(), nn.Unflatten(1, shape)),
    )
    widths, body = [pixels, 1000, 500, 250, 250, 250], [nn.Flatten(), Noise(0.6)]
    for before, after in zip(widths, widths[1:]):
        body += [weight_norm(nn.Linear(before, after)), nn.ReLU(), Noise(0.5)]
    discriminator = nn.Sequential(*body, weight_norm(nn.Linear(widths[-1], classes)))
    return SemiSupervisedGAN(generator, discriminator, latent=Latent(100, "uniform"), adversarial=0.5)


def recipe(classes=10):
    """For so many classes."""
    return Recipe(
        source="this course, notebook 13",
        game=partial(game, classes=classes),
        batch=100,
        optimiser=adam(1e-3, 0.5, 0.99),
        ema=0.98,
    )
