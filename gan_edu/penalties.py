"""Gradient penalties: terms added to the discriminator's cost that make it expensive, where they look, for its logit to change fast
(R1, R2), or at another rate than one (`GradientPenalty`). None of them is a bound.

A penalty is called as `penalty(discriminator, real, fake, draw)`, where `real` and `fake` are `Scored` samples: the samples,
which require a gradient, and the logits they were given. It returns a scalar, a mean over the batch.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Scored:
    """Samples (N, ...) and the logits that the discriminator gave them, connected by a graph.

    slopes: the logits' gradients with respect to the samples, (N, ...), where they are known already.
    """

    samples: Tensor
    logits: Tensor
    slopes: Tensor | None = None


def gradients(scored):
    """Per sample, the gradient of its logit with respect to the sample, flattened: shape (N, d)."""
    if scored.slopes is not None:
        return scored.slopes.flatten(1)
    (gradient,) = torch.autograd.grad(scored.logits.sum(), scored.samples, create_graph=True)
    return gradient.flatten(1)


@dataclass(frozen=True)
class R1:
    """weight/2 · E|∇D|² at real samples (Mescheder, Geiger & Nowozin 2018; notebook 07)."""

    weight: float

    def __call__(self, discriminator, real, fake, draw):
        return self.weight / 2 * gradients(real).square().sum(1).mean()


@dataclass(frozen=True)
class R2:
    """weight/2 · E|∇D|² at generated samples (Mescheder, Geiger & Nowozin 2018; notebook 07)."""

    weight: float

    def __call__(self, discriminator, real, fake, draw):
        return self.weight / 2 * gradients(fake).square().sum(1).mean()


@dataclass(frozen=True)
class GradientPenalty:
    """weight · E(|∇D| - norm)² on the lines between real and generated samples: WGAN-GP (Gulrajani et al. 2017; notebook 06).

    One coefficient a sample, `draw.mix` of shape (N,), chooses the point on its line. The gradient's norm is taken over all
    dimensions of one sample, never across the batch.
    """

    weight: float
    norm: float = 1.0

    def __call__(self, discriminator, real, fake, draw):
        mix = draw.mix.view(-1, *[1] * (real.samples.dim() - 1))
        between = torch.lerp(real.samples, fake.samples, mix)
        if not between.requires_grad:
            between.requires_grad_()
        norms = torch.linalg.vector_norm(gradients(Scored(between, discriminator(between))), dim=1)
        return self.weight * (norms - self.norm).square().mean()
