"""Objectives on logits: exact for any logit, different from one another, and with the optima that theory gives them."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_edu import losses

OBJECTIVES = [losses.minimax, losses.non_saturating, losses.wasserstein, losses.relativistic]
by_name = pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
logits = pytest.mark.parametrize("size", [1, 50, 100])


def slopes(cost, *values):
    values = [torch.tensor([[v]], requires_grad=True) for v in values]
    result = cost(*values)
    return result, torch.autograd.grad(result, values, materialize_grads=True)


def test_every_objective_of_the_module_is_tested_here():
    assert {id(o) for o in vars(losses).values() if isinstance(o, losses.Objective)} == {id(o) for o in OBJECTIVES}


@by_name
@pytest.mark.parametrize("real", [-100.0, -1.0, 0.0, 1.0, 100.0])
@pytest.mark.parametrize("fake", [-100.0, -1.0, 0.0, 1.0, 100.0])
def test_costs_and_gradients_are_finite_for_any_logit(objective, real, fake):
    for cost in (objective.discriminator, objective.generator):
        value, gradient = slopes(cost, real, fake)
        assert torch.isfinite(value) and all(torch.isfinite(g).all() for g in gradient)


@by_name
@logits
def test_a_discriminator_that_is_surely_wrong_feels_a_full_slope(objective, size):
    """Sigmoid and BCELoss together lose the gradient beyond a logit of 90: here -log D is linear there."""
    _, (real, fake) = slopes(objective.discriminator, -float(size), float(size))
    assert real == pytest.approx(-1.0, abs=0.3) and fake == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize("objective", [losses.non_saturating, losses.wasserstein, losses.relativistic], ids=lambda o: o.name)
@logits
def test_the_generator_feels_a_slope_where_the_discriminator_is_sure(objective, size):
    _, (_, fake) = slopes(objective.generator, float(size), -float(size))
    assert fake == pytest.approx(-1.0, abs=0.3)


@logits
def test_the_minimax_generator_feels_almost_none_there_exactly_the_sigmoid(size):
    _, (_, fake) = slopes(losses.minimax.generator, 0.0, -float(size))
    assert fake.item() == pytest.approx(-torch.sigmoid(torch.tensor(-float(size))).item(), rel=1e-5) and fake != 0


def test_minimax_is_a_zero_sum_game_but_for_the_term_that_the_generator_cannot_change():
    real, fake = torch.randn(50, 1), torch.randn(50, 1)
    gap = losses.minimax.discriminator(real, fake) + losses.minimax.generator(None, fake)
    torch.testing.assert_close(gap, torch.nn.functional.softplus(-real).mean())


def test_wasserstein_is_a_zero_sum_game_but_for_the_term_that_the_generator_cannot_change():
    real, fake = torch.randn(50, 1), torch.randn(50, 1)
    gap = losses.wasserstein.discriminator(real, fake) - losses.wasserstein.generator(None, fake) * -1
    torch.testing.assert_close(gap, -real.mean())


def test_cross_entropy_agrees_with_pytorchs_own():
    real, fake = torch.randn(50, 1), torch.randn(50, 1)
    expected = binary_cross_entropy_with_logits(real, torch.ones(50, 1)) + binary_cross_entropy_with_logits(
        fake, torch.zeros(50, 1)
    )
    torch.testing.assert_close(losses.cross_entropy(real, fake), expected)
    torch.testing.assert_close(
        losses.non_saturating.generator(None, fake), binary_cross_entropy_with_logits(fake, torch.ones(50, 1))
    )


def test_a_coin_costs_two_log_two_and_a_perfect_prediction_nothing():
    coin = torch.zeros(10, 1)
    assert losses.cross_entropy(coin, coin).item() == pytest.approx(2 * math.log(2))
    assert losses.cross_entropy(coin + 50, coin - 50).item() == pytest.approx(0, abs=1e-9)
    assert losses.relativistic.discriminator(coin + 50, coin - 50).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("objective", [losses.minimax, losses.non_saturating], ids=lambda o: o.name)
@pytest.mark.parametrize("p, q", [(0.5, 0.5), (0.8, 0.4), (0.1, 0.9)])
def test_the_best_logit_is_the_log_ratio_of_the_densities(objective, p, q):
    """At D* = p/(p + q) the cost's slope vanishes: p of the real and q of the fake samples lie at this point."""
    logit = torch.tensor([[math.log(p / q)]], requires_grad=True)
    elsewhere = torch.zeros_like(logit).detach()
    cost = p * objective.discriminator(logit, elsewhere) + q * objective.discriminator(elsewhere, logit)
    assert torch.autograd.grad(cost, logit)[0].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_no_two_objectives_give_a_player_the_same_gradient(player):
    """A relativistic loss has been seen overwritten by the plain one."""
    real, fake = torch.randn(20, 1), torch.randn(20, 1, requires_grad=True)
    gradients = {o.name: torch.autograd.grad(getattr(o, player)(real, fake), fake)[0] for o in OBJECTIVES}
    same = {
        (a, b)
        for a in gradients
        for b in gradients
        if a < b and torch.allclose(gradients[a], gradients[b], rtol=1e-3, atol=1e-6)
    }
    assert same == ({("minimax", "non-saturating")} if player == "discriminator" else set())


@by_name
def test_only_paired_objectives_need_real_logits_in_the_generators_cost(objective):
    fake = torch.randn(5, 1)
    if objective.paired:
        with pytest.raises(TypeError):
            objective.generator(None, fake)
        assert objective.generator(fake, fake).item() == pytest.approx(math.log(2))
    else:
        assert torch.isfinite(objective.generator(None, fake))


@by_name
def test_costs_are_means_over_the_batch_and_over_patches(objective):
    real, fake = torch.randn(6, 1), torch.randn(6, 1)
    patches = [t.view(6, 1, 1, 1).expand(6, 1, 3, 4) for t in (real, fake)]
    for cost in (objective.discriminator, objective.generator):
        torch.testing.assert_close(cost(real, fake), cost(torch.cat([real, real]), torch.cat([fake, fake])))
        torch.testing.assert_close(cost(real, fake), cost(*patches))


@by_name
def test_both_players_pull_in_opposite_directions(objective):
    fake = torch.zeros(1, 1, requires_grad=True)
    real = torch.zeros(1, 1)
    (d,) = torch.autograd.grad(objective.discriminator(real, fake), fake)
    (g,) = torch.autograd.grad(objective.generator(real, fake), fake)
    assert d > 0 > g
