"""A variational autoencoder: a latent variable model and the network that guesses its latents (Kingma & Welling 2014).

Notebook 02 derives it.
"""

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ..games import Draw, Game
from ..networks import mlp


class VAE(Game):
    """A game of one: encoder and decoder together minimise the negative evidence lower bound (ELBO), in nats an image.

    Latents (N, latent) are standard normal; the decoder gives every pixel's chances of its `levels` values; the encoder answers an
    image with a normal distribution of its latents, one mean and one deviation each. Images are int64 (N, C, H, W), 0 … levels - 1.
    """

    order = ("model",)

    def __init__(self, shape, levels=17, latent=8, hidden=256):
        super().__init__()
        self.shape = tuple(shape)
        self.levels = levels
        self.latent = latent
        pixels = math.prod(shape)
        encoder, decoder = mlp(pixels, hidden, 2 * latent), mlp(latent, hidden, pixels * levels)
        self.model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})

    def draw(self, batch, rng):
        """The images, and the noise that places each latent in the encoder's distribution."""
        return Draw(images=batch, noise=torch.randn(len(batch), self.latent, generator=rng, device=rng.device))

    def model_cost(self, draw):
        mean, log_std = self.encode(draw.images)
        latent = mean + log_std.exp() * draw.noise
        divergence = (0.5 * (mean.square() + (2 * log_std).exp() - 1) - log_std).sum(1)  # KL of the guess from the prior
        return (divergence - self.log_likelihood(draw.images, latent)).mean()

    def encode(self, images):
        """Mean and log standard deviation of the latents of images: two of shape (N, latent)."""
        seen = images.flatten(1).float() * (2 / (self.levels - 1)) - 1
        return self.model["encoder"](seen).chunk(2, dim=1)

    def logits(self, latent):
        """Every pixel's logits given a latent: (N, pixels, levels)."""
        return self.model["decoder"](latent).unflatten(1, (-1, self.levels))

    def log_likelihood(self, images, latent):
        """log p(image | latent), natural logarithm: shape (N,)."""
        return -cross_entropy(self.logits(latent).transpose(1, 2), images.flatten(1), reduction="none").sum(1)

    @torch.no_grad()
    def log_weights(self, images, count, rng):
        """`count` times log p(image, latent) / q(latent | image) with latents from the encoder: shape (count, N).

        Their mean estimates the ELBO, the log of the mean of their exponentials the importance-weighted bound (Burda et al. 2016).
        """
        mean, log_std = self.encode(images)
        found = []
        for _ in range(count):
            noise = torch.randn(mean.shape, generator=rng, device=rng.device)
            latent = mean + log_std.exp() * noise
            prior_over_guess = (0.5 * (noise.square() - latent.square()) + log_std).sum(1)
            found.append(self.log_likelihood(images, latent) + prior_over_guess)
        return torch.stack(found)

    @torch.no_grad()
    def sample(self, count, rng):
        """`count` images (count, C, H, W), every pixel drawn by the decoder's chances."""
        latent = torch.randn(count, self.latent, generator=rng, device=rng.device)
        chances = self.logits(latent).softmax(2).flatten(0, 1)
        return torch.multinomial(chances, 1, generator=rng).view(count, *self.shape)
