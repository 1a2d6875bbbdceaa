"""GANs that can be asked for something: the conditional GAN (Mirza & Osindero 2014), the auxiliary-classifier GAN (Odena, Olah &
Shlens 2017), and InfoGAN (Chen et al. 2016), which finds out by itself what there is to ask for. Taught in notebook 10.

All three are built alike. The generator hears a request as numbers appended to its latent: a class as a one-hot vector, so that the
columns of the first layer which meet it are the classes' embeddings. The discriminator, one network, has more outputs than its logit.
What differs is what these others mean, and who gives the label: the data, or nobody.
"""

import torch
from torch.nn.functional import cross_entropy, one_hot

from ..errors import GameError
from ..networks import infer
from .gan import GAN


class ConditionalGAN(GAN):
    """A GAN of pairs: is this image real, and is it what its label says?

    Batches are images (N, C, H, W) and labels, int64 (N,). What is generated has the labels of the real images beside it.

    generator: network from latents and one-hot labels (N, latent size + classes) to images.
    discriminator: network from images to (N, 1 + classes): the logit is the first output plus that of the label. This is the
        projection discriminator of Miyato & Koyama (2018), ψ(φ(x)) + v_y·φ(x), where φ are the features before the last, linear
        layer, with a bias for each class. In 2014 the label was concatenated to the image instead.
    """

    def __init__(self, generator, discriminator, latent, classes=10):
        super().__init__(generator, discriminator, latent)
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

    def discriminator_cost(self, draw):
        real, fake = self.logits(draw.real, self.fake(draw))
        return self.objective.discriminator(self.projected(real, draw.labels), self.projected(fake, draw.labels))

    def generator_cost(self, draw):
        return self.objective.generator(None, self.projected(self.discriminator(self.fake(draw)), draw.labels))

    def projected(self, outputs, labels):
        """The logits (N, 1) of images with these labels: the first output, and that of the label."""
        return outputs[:, :1] + outputs[:, 1:].gather(1, labels.unsqueeze(1))

    def sample(self, labels, rng):
        """Generated images (N, C, H, W) of the classes asked for, int64 (N,). The same seed gives the same latents, whatever the
        labels. Raises GameError for a class that there is not."""
        if not 0 <= labels.min() <= labels.max() < self.classes:
            raise GameError(f"labels from {labels.min()} to {labels.max()} are asked for; classes are 0 to {self.classes - 1}.")
        return infer(self.generator, self.request(self.latent.draw(len(labels), rng), labels))


class AuxiliaryClassifierGAN(ConditionalGAN):
    """A GAN whose discriminator also classifies: both players want images to be recognised as what was asked for.

    discriminator: network from images to (N, 1 + classes): one logit, real or not, whatever the class; then a logit for each class.

    Both players pay the classifier's cross-entropy on generated images, the discriminator also that on real ones.
    """

    def discriminator_cost(self, draw):
        real, fake = self.logits(draw.real, self.fake(draw))
        adversarial = self.objective.discriminator(real[:, :1], fake[:, :1])
        return adversarial + cross_entropy(real[:, 1:], draw.labels) + cross_entropy(fake[:, 1:], draw.labels)

    def generator_cost(self, draw):
        fake = self.discriminator(self.fake(draw))
        return self.objective.generator(None, fake[:, :1]) + cross_entropy(fake[:, 1:], draw.labels)


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

    def about(self):
        """Its costs, and what the code's weighs."""
        return f"{super().about()} + {self.weight:g} · information"

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
