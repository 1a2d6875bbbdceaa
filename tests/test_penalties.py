"""Gradient penalties: per sample, over all of its dimensions, never across the batch."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from gan_edu.penalties import R1, R2, GradientPenalty, Scored, gradients

sizes = pytest.mark.parametrize("size", [1, 2, 64])
shapes = pytest.mark.parametrize("shape", [(3,), (1, 4, 4)], ids=["vectors", "images"])


def linear(slope, shape):
    """A critic whose gradient has the norm `slope` everywhere."""
    direction = torch.randn(shape).flatten()
    direction = slope * direction / direction.norm()
    return lambda x: (x.flatten(1) @ direction).unsqueeze(1)


def scored(critic, size, shape):
    samples = torch.randn(size, *shape, requires_grad=True)
    return Scored(samples, critic(samples))


def priced(penalty, critic, size, shape):
    draw = SimpleNamespace(mix=torch.rand(size))
    return penalty(critic, scored(critic, size, shape), scored(critic, size, shape), draw).item()


@sizes
@shapes
def test_wgan_gp_costs_nothing_for_a_unit_gradient_and_its_weight_for_a_constant_critic(size, shape):
    assert priced(GradientPenalty(1.0), linear(1.0, shape), size, shape) == pytest.approx(0, abs=1e-10)
    assert priced(GradientPenalty(1.0), lambda x: x.flatten(1).sum(1, keepdim=True) * 0, size, shape) == pytest.approx(1)
    assert priced(GradientPenalty(10.0), linear(3.0, shape), size, shape) == pytest.approx(10 * 4, rel=1e-4)


@sizes
@shapes
def test_wgan_gp_can_be_centred_anywhere(size, shape):
    assert priced(GradientPenalty(10.0, norm=0.0), linear(3.0, shape), size, shape) == pytest.approx(90, rel=1e-4)


@pytest.mark.parametrize("penalty", [R1, R2])
@sizes
@shapes
def test_r1_and_r2_are_half_the_mean_squared_slope_at_any_batch_size(penalty, size, shape):
    assert priced(penalty(10.0), linear(2.0, shape), size, shape) == pytest.approx(20, rel=1e-4)
    assert priced(penalty(10.0), lambda x: x.flatten(1).sum(1, keepdim=True) * 0, size, shape) == 0


def test_r1_looks_at_real_samples_and_r2_at_generated_ones():
    critic = lambda x: x.square().sum(1, keepdim=True) / 2  # noqa: E731  the slope at x is x
    real, fake = torch.full((4, 2), 1.0, requires_grad=True), torch.full((4, 2), 3.0, requires_grad=True)
    both = [Scored(x, critic(x)) for x in (real, fake)]
    assert R1(1.0)(critic, *both, None).item() == pytest.approx(1.0)
    assert R2(1.0)(critic, *both, None).item() == pytest.approx(9.0)


def test_wgan_gp_looks_between_each_pair_with_that_samples_own_coefficient():
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.sum(1, keepdim=True)

    real, fake = torch.zeros(3, 2, requires_grad=True), torch.ones(3, 2, requires_grad=True)
    pair = [Scored(x, critic(x)) for x in (real, fake)]
    mix = torch.tensor([0.0, 0.25, 1.0])
    GradientPenalty(1.0)(critic, *pair, SimpleNamespace(mix=mix))
    torch.testing.assert_close(seen[-1], mix.view(3, 1).expand(3, 2))


def test_a_samples_gradient_does_not_see_the_rest_of_the_batch():
    critic = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1))
    samples = torch.randn(5, 3, requires_grad=True)
    together = gradients(Scored(samples, critic(samples)))
    one = samples[2:3].detach().requires_grad_()
    torch.testing.assert_close(together[2:3], gradients(Scored(one, critic(one))))
    assert together.shape == (5, 3)


def test_a_penalty_is_the_mean_of_the_penalties_of_its_samples():
    critic = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1))
    samples, mix = torch.randn(6, 3, requires_grad=True), torch.rand(6)
    other = torch.randn(6, 3, requires_grad=True)

    def price(penalty, rows):
        pair = []
        for whole in (samples, other):
            part = whole[rows].detach().requires_grad_()
            pair.append(Scored(part, critic(part)))
        return penalty(critic, *pair, SimpleNamespace(mix=mix[rows]))

    for penalty in (R1(2.0), R2(2.0), GradientPenalty(2.0)):
        alone = torch.stack([price(penalty, slice(k, k + 1)) for k in range(6)]).mean()
        torch.testing.assert_close(price(penalty, slice(None)), alone)


@pytest.mark.parametrize("penalty", [R1(1.0), R2(1.0), GradientPenalty(1.0)], ids=["r1", "r2", "wgan_gp"])
def test_a_penalty_can_be_differentiated_by_the_critics_weights(penalty):
    critic = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1))
    cost = penalty(critic, scored(critic, 4, (3,)), scored(critic, 4, (3,)), SimpleNamespace(mix=torch.rand(4)))
    slopes = torch.autograd.grad(cost, [critic[0].weight, critic[2].weight])
    assert all(s.abs().sum() > 0 for s in slopes)
