"""A restricted Boltzmann machine: binary pixels and hidden causes that never look at their own kind (Smolensky 1986; Hinton 2002).

p(v, h) = exp(v·W h + v·a + h·b) / Z. Notebook 02 derives it.
"""

import math

import torch
from torch import nn
from torch.nn.functional import linear, softplus

from ..errors import GameError
from ..games import Draw, Game

COUNTABLE = 20  # units of one layer that can be summed over exactly: a million states


class RBM(Game):
    """A game of one: the model follows the contrastive-divergence gradient (CD-k, Hinton 2002).

    Images are floats 0 or 1, (N, visible). The cost is a surrogate: its gradient is meant, F(data) - F(chain) with the chain held
    fixed, not its value; log-likelihood has `log_likelihood`.
    """

    order = ("model",)

    def __init__(self, visible, hidden, steps=1):
        super().__init__()
        self.steps = steps
        self.model = nn.ParameterDict(
            {
                "weight": 0.1 * torch.randn(hidden, visible),
                "visible": torch.zeros(visible),
                "hidden": torch.zeros(hidden),
            }
        )

    def draw(self, batch, rng):
        """The images, and where `steps` steps of Gibbs sampling lead from them."""
        return Draw(images=batch, chain=self.gibbs(batch, self.steps, rng))

    def model_cost(self, draw):
        return self.free_energy(draw.images).mean() - self.free_energy(draw.chain).mean()

    def free_energy(self, v):
        """F(v) = -log Σ_h exp(v·W h + v·a + h·b): shape (N,). p(v) = exp(-F(v)) / Z."""
        return -v @ self.model["visible"] - softplus(self.hidden_logits(v)).sum(1)

    def hidden_logits(self, v):
        """Logits of p(h = 1 | v), (N, hidden): given v, hidden units are independent."""
        return linear(v, self.model["weight"], self.model["hidden"])

    def visible_logits(self, h):
        """Logits of p(v = 1 | h), (N, visible)."""
        return linear(h, self.model["weight"].T, self.model["visible"])

    @torch.no_grad()
    def gibbs(self, v, steps, rng):
        """Samples hidden from visible and visible from hidden units, `steps` times."""
        for _ in range(steps):
            h = torch.bernoulli(self.hidden_logits(v).sigmoid(), generator=rng)
            v = torch.bernoulli(self.visible_logits(h).sigmoid(), generator=rng)
        return v

    def log_partition(self):
        """log Z, exact: a sum over all states of the hidden units, of which there may be at most 20. A differentiable float64."""
        weight, visible, hidden = (self.model[name].double() for name in ("weight", "visible", "hidden"))
        if len(hidden) > COUNTABLE:
            raise GameError(f"{len(hidden)} hidden units have too many states to sum over: at most {COUNTABLE}. Use `ais`.")
        bit = torch.tensor([0.0, 1.0], dtype=torch.float64, device=weight.device)
        states = torch.cartesian_prod(*[bit] * len(hidden)).view(-1, len(hidden))
        return torch.logsumexp(states @ hidden + softplus(states @ weight + visible).sum(1), dim=0)

    @torch.no_grad()
    def ais(self, rng, chains=500, temperatures=1000):
        """log Z estimated by annealed importance sampling (Neal 2001; Salakhutdinov & Murray 2008).

        From the machine without weights, whose Z is known, through a thousand ever less different ones to this one.
        """
        weight, visible, hidden = (self.model[name] for name in ("weight", "visible", "hidden"))

        def log_unnormalised(v, share):
            return v @ visible + softplus(share * linear(v, weight, hidden)).sum(1)

        v = torch.bernoulli(visible.sigmoid().expand(chains, -1), generator=rng)
        log_weight = torch.zeros(chains, dtype=torch.float64, device=v.device)
        shares = torch.linspace(0, 1, temperatures + 1).tolist()
        for before, share in zip(shares, shares[1:]):
            log_weight += log_unnormalised(v, share) - log_unnormalised(v, before)
            h = torch.bernoulli((share * linear(v, weight, hidden)).sigmoid(), generator=rng)
            v = torch.bernoulli((share * h @ weight + visible).sigmoid(), generator=rng)
        known = softplus(visible.double()).sum() + len(hidden) * math.log(2)
        return known + torch.logsumexp(log_weight, dim=0) - math.log(chains)

    def log_likelihood(self, images, log_partition):
        """log p of every image, natural logarithm, given log Z: shape (N,)."""
        return -self.free_energy(images) - log_partition

    @torch.no_grad()
    def sample(self, count, rng, steps=1000):
        """`count` images (count, visible): chains that start at coin tosses and take so many Gibbs steps."""
        start = torch.full((count, len(self.model["visible"])), 0.5, device=rng.device)
        return self.gibbs(torch.bernoulli(start, generator=rng), steps, rng)
