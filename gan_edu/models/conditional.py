"""A GAN that can be asked for something: the conditional GAN (Mirza & Osindero 2014). Taught in notebook 10.

The generator hears a request as numbers appended to its latent: a class as a one-hot vector, so that the columns of the first layer
which meet it are the classes' embeddings. The discriminator, one network, has more outputs than its logit.
"""

from functools import partial

import torch
from torch.nn.functional import one_hot

from ..errors import GameError
from ..networks import dcgan_discriminator, dcgan_generator, infer
from .gan import GAN
from .recipe import Recipe, adam


class ConditionalGAN(GAN):
    """A GAN of pairs: is this image real, and is it what its label says?

    Batches are images (N, C, H, W) and labels, int64 (N,). What is generated has the labels of the real images beside it.

    generator: network from latents and one-hot labels (N, latent size + classes) to images.
    discriminator: network from images to (N, 1 + classes): the logit is the first output plus that of the label. This is the
        projection discriminator of Miyato & Koyama (2018), ψ(φ(x)) + v_y·φ(x), where φ are the features before the last, linear
        layer, with a bias for each class. In 2014 the label was concatenated to the image instead.
    others, settings: further arguments of `GAN`.
    """

    def __init__(self, generator, discriminator, latent, classes=10, *others, **settings):
        super().__init__(generator, discriminator, latent, *others, **settings)
        self.classes = classes

    def draw(self, batch, rng):
        if isinstance(batch, torch.Tensor):
            raise GameError(
                f"a {type(self).__name__} is told labels: give it batches with them, `images.batches(64, labels=True)`."
            )
        real, labels = batch
        draw = super().draw(real, rng)
        draw.labels, draw.latent = labels, self.request(draw.latent, labels)
        return draw

    def request(self, latent, labels):
        """Latents with labels, as the generator wants them: (N, latent size + classes)."""
        return torch.cat([latent, one_hot(labels, self.classes).to(latent.dtype)], dim=1)

    def verdict(self, outputs, draw):
        """The logits (N, 1) of images with the draw's labels."""
        return self.projected(outputs, draw.labels)

    def projected(self, outputs, labels):
        """The logits (N, 1) of images with these labels: the first output, and that of the label."""
        return outputs[:, :1] + outputs[:, 1:].gather(1, labels.unsqueeze(1))

    def sample(self, labels, rng):
        """Generated images (N, C, H, W) of the classes asked for, int64 (N,). The same seed gives the same latents, whatever the
        labels. Raises GameError for a class that there is not."""
        if not 0 <= labels.min() <= labels.max() < self.classes:
            raise GameError(f"labels from {labels.min()} to {labels.max()} are asked for; classes are 0 to {self.classes - 1}.")
        return infer(self.generator, self.request(self.latent.draw(len(labels), rng), labels))


def game(shape, classes=10, latent=64):
    """The networks of `dcgan`, told a label."""
    generator = dcgan_generator(latent + classes, shape[0], shape[1], width=32, refine=2)
    discriminator = dcgan_discriminator(shape[0], shape[1], width=16, refine=2, outputs=1 + classes)
    return ConditionalGAN(generator, discriminator, latent, classes)


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
