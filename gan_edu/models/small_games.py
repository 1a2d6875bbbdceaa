"""Two games small enough to solve by hand. Taught in notebook 07."""

import torch
from torch import nn

from ..games import Draw, Game
from ..losses import non_saturating
from .gan import GAN


class BilinearGame(Game):
    """min over x, max over y of x·y: the smallest game on which simultaneous gradient steps diverge."""

    order = ("x", "y")

    def __init__(self, x=1.0, y=1.0):
        super().__init__()
        self.x = nn.Parameter(torch.tensor(x, dtype=torch.float64))
        self.y = nn.Parameter(torch.tensor(y, dtype=torch.float64))

    def draw(self, batch, rng):
        """Nothing is random here."""
        return Draw()

    def x_cost(self, draw):
        return self.x * self.y

    def y_cost(self, draw):
        return -self.x * self.y


class Point(nn.Module):
    """A generator that always makes the same point: (N, 1) whatever the latent."""

    def __init__(self, value):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([[value]], dtype=torch.float64))

    def forward(self, latent):
        return self.theta.repeat(len(latent), 1)  # not a view, which would ask for gradients even where no graph is recorded


class DiracGAN(GAN):
    """The GAN with one parameter a side (Mescheder, Geiger & Nowozin 2018): the data is the point 0, the generator makes the
    point theta, the discriminator's logit is psi · x. It is the class `GAN`, so each objective and each penalty applies."""

    def __init__(self, theta=1.0, psi=1.0, objective=non_saturating, penalties=()):
        line = nn.Linear(1, 1, bias=False, dtype=torch.float64)
        nn.init.constant_(line.weight, psi)
        super().__init__(Point(theta), line, latent=1, objective=objective, penalties=penalties)

    def draw(self, batch, rng):
        """One real sample, at 0; halfway to the fake where a penalty looks between the two."""
        zero = torch.zeros(1, 1, dtype=torch.float64)
        return Draw(real=zero, latent=zero, mix=torch.full((1,), 0.5, dtype=torch.float64))
