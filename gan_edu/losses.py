"""Adversarial objectives, as costs on logits.

A discriminator outputs a logit; D(x) = sigmoid(logit). Each objective is a pair of costs, one for each player, both to be
minimised, both means over the batch. They are written with `softplus(t) = log(1 + exp(t))`, which is exact for any logit:
-log D = softplus(-logit) and -log(1 - D) = softplus(logit). Notebook 03 derives them. `wasserstein`, `least_squares` and `hinge`
take the output as it is, not as a logit. p and q are the densities of real and of generated samples.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus

from .errors import GameError


@dataclass(frozen=True)
class Objective:
    """A pair of costs.

    discriminator(real_logits, fake_logits) and generator(real_logits, fake_logits) take logits of shape (N, 1), or (N, 1, H, W)
    from a discriminator that judges patches, and return a scalar. `real_logits` is None in the generator's cost unless
    `paired`: only paired objectives ask the generator to look at real samples.
    """

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor | None, Tensor], Tensor]
    paired: bool = False


def cross_entropy(real_logits, fake_logits):
    """The discriminator's cost of Goodfellow et al. (2014): -log D(x) - log(1 - D(G(z))), 2 log 2 for a coin."""
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


minimax = Objective(
    "minimax",
    discriminator=cross_entropy,
    generator=lambda real_logits, fake_logits: -softplus(fake_logits).mean(),  # log(1 - D(G(z)))
)
"""The zero-sum game of Goodfellow et al. (2014). The generator's gradient vanishes where D is sure (notebook 03)."""

non_saturating = Objective(
    "non-saturating",
    discriminator=cross_entropy,
    generator=lambda real_logits, fake_logits: softplus(-fake_logits).mean(),  # -log D(G(z))
)
"""The generator maximises log D(G(z)) instead: same fixed point, strong gradient where D is sure (Goodfellow et al. 2014)."""


def smoothed(real=0.9, fake=0.0):
    """Label smoothing: the discriminator is to answer `real` and `fake`, not 1 and 0 (Salimans et al. 2016, section 3.4; notebook
    08). The generator's cost stays the non-saturating one.

    The best D is (real·p + fake·q)/(p + q). With fake = 0, one-sided, that is `real` times the plain game's, and no logit need grow
    beyond log(real/(1 - real)); with fake > 0 its logit levels off at log(fake/(1 - fake)) where there is no data, and gives a
    generator that is there no slope. Raises GameError unless 0 <= fake < real <= 1.
    """
    if not 0 <= fake < real <= 1:
        raise GameError(f"labels {real} for real and {fake} for generated samples: choose 0 <= fake < real <= 1.")
    return Objective(
        f"smoothed to {real:g} and {fake:g}",
        discriminator=lambda real_logits, fake_logits: _soft(real_logits, real) + _soft(fake_logits, fake),
        generator=non_saturating.generator,
    )


def _soft(logits, target):
    """Cross-entropy with a soft target: softplus(logit) - target·logit, as a sum that stays exact where D is sure."""
    return target * softplus(-logits).mean() + (1 - target) * softplus(logits).mean()


wasserstein = Objective(
    "Wasserstein",
    discriminator=lambda real_logits, fake_logits: fake_logits.mean() - real_logits.mean(),
    generator=lambda real_logits, fake_logits: -fake_logits.mean(),
)
"""The critic's difference of means (Arjovsky, Chintala & Bottou 2017); needs a critic of bounded slope, which
clipping ensures and `penalties.GradientPenalty` only encourages."""

relativistic = Objective(
    "relativistic",
    discriminator=lambda real_logits, fake_logits: softplus(fake_logits - real_logits).mean(),
    generator=lambda real_logits, fake_logits: softplus(real_logits - fake_logits).mean(),
    paired=True,
)
"""Each fake is compared with one real sample: is it less real than that one? (Jolicoeur-Martineau 2019; with R1 and R2
the objective of R3GAN, Huang et al. 2024.) Needs as many real as fake logits."""

least_squares = Objective(
    "least squares",
    discriminator=lambda real_outputs, fake_outputs: ((real_outputs - 1).square().mean() + fake_outputs.square().mean()) / 2,
    generator=lambda real_outputs, fake_outputs: (fake_outputs - 1).square().mean() / 2,
)
"""Regression to 1 for real and 0 for generated samples (LSGAN, Mao et al. 2017; notebook 08). The best output is p/(p + q), and
the pull grows with the distance from the target, also on the side where D is sure."""

hinge = Objective(
    "hinge",
    discriminator=lambda real_outputs, fake_outputs: relu(1 - real_outputs).mean() + relu(1 + fake_outputs).mean(),
    generator=wasserstein.generator,
)
"""The discriminator learns from samples on the wrong side of their margin at ±1 only (Lim & Ye 2017; Miyato et al. 2018; notebook
08). The best output is the sign of p - q; the generator raises it."""
