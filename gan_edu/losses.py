"""Adversarial objectives, as costs on logits.

A discriminator outputs a logit; D(x) = sigmoid(logit). Each objective is a pair of costs, one for each player, both to be
minimised, both means over the batch. They are written with `softplus(t) = log(1 + exp(t))`, which is exact for any logit:
-log D = softplus(-logit) and -log(1 - D) = softplus(logit). Notebook 03 derives them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import softplus


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

wasserstein = Objective(
    "Wasserstein",
    discriminator=lambda real_logits, fake_logits: fake_logits.mean() - real_logits.mean(),
    generator=lambda real_logits, fake_logits: -fake_logits.mean(),
)
"""The critic's difference of means (Arjovsky, Chintala & Bottou 2017); needs a Lipschitz critic (`penalties.wgan_gp`)."""

relativistic = Objective(
    "relativistic",
    discriminator=lambda real_logits, fake_logits: softplus(fake_logits - real_logits).mean(),
    generator=lambda real_logits, fake_logits: softplus(real_logits - fake_logits).mean(),
    paired=True,
)
"""Each fake is compared with one real sample: is it less real than that one? (Jolicoeur-Martineau 2019; with R1 and R2
the objective of R3GAN, Huang et al. 2024.) Needs as many real as fake logits."""
