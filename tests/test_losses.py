"""Objectives on logits: exact for any logit, different from one another, and with the optima that theory gives them."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_edu import losses
from gan_edu.errors import GameError

OBJECTIVES = [
    losses.minimax,
    losses.non_saturating,
    losses.smoothed(),
    losses.wasserstein,
    losses.relativistic,
    losses.least_squares,
    losses.hinge,
]
by_name = pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
logits = pytest.mark.parametrize("size", [1, 50, 100])


def slopes(cost, *values):
    values = [torch.tensor([[v]], requires_grad=True) for v in values]
    result = cost(*values)
    return result, torch.autograd.grad(result, values, materialize_grads=True)


def test_every_objective_of_the_module_is_tested_here():
    assert {id(o) for o in vars(losses).values() if isinstance(o, losses.Objective)} <= {id(o) for o in OBJECTIVES}


@by_name
@pytest.mark.parametrize("real", [-100.0, -1.0, 0.0, 1.0, 100.0])
@pytest.mark.parametrize("fake", [-100.0, -1.0, 0.0, 1.0, 100.0])
def test_costs_and_gradients_are_finite_for_any_logit(objective, real, fake):
    for cost in (objective.discriminator, objective.generator):
        value, gradient = slopes(cost, real, fake)
        assert torch.isfinite(value) and all(torch.isfinite(g).all() for g in gradient)


@pytest.mark.parametrize("objective", [o for o in OBJECTIVES if o is not losses.least_squares], ids=lambda o: o.name)
@logits
def test_a_discriminator_that_is_surely_wrong_feels_a_full_slope(objective, size):
    """Sigmoid and BCELoss together lose the gradient beyond a logit of 90: here -log D is linear there."""
    _, (real, fake) = slopes(objective.discriminator, -float(size), float(size))
    assert real == pytest.approx(-1.0, abs=0.4) and fake == pytest.approx(1.0, abs=0.4)


SURE = [o for o in OBJECTIVES if o not in (losses.minimax, losses.least_squares)]


@pytest.mark.parametrize("objective", SURE, ids=lambda o: o.name)
@logits
def test_the_generator_feels_a_slope_where_the_discriminator_is_sure(objective, size):
    _, (_, fake) = slopes(objective.generator, float(size), -float(size))
    assert fake == pytest.approx(-1.0, abs=0.3)


@logits
def test_the_minimax_generator_feels_almost_none_there_exactly_the_sigmoid(size):
    _, (_, fake) = slopes(losses.minimax.generator, 0.0, -float(size))
    assert fake.item() == pytest.approx(-torch.sigmoid(torch.tensor(-float(size))).item(), rel=1e-5) and fake != 0


@pytest.mark.parametrize("output", [-100.0, 0.5, 100.0])
def test_least_squares_pull_in_proportion_to_the_distance_from_the_target(output):
    _, (real, fake) = slopes(losses.least_squares.discriminator, output, output)
    _, (_, wanted) = slopes(losses.least_squares.generator, 0.0, output)
    assert (real.item(), fake.item(), wanted.item()) == (output - 1, output, output - 1)


def test_the_hinge_moves_only_those_samples_that_are_not_yet_beyond_their_margin():
    def feels(real, fake):
        return tuple(s.item() for s in slopes(losses.hinge.discriminator, real, fake)[1])

    assert feels(0.9, -0.9) == (-1.0, 1.0) and feels(1.1, -1.1) == (0.0, 0.0) == feels(100.0, -100.0)


def test_a_smoothed_discriminator_is_called_back_where_it_is_too_sure():
    _, (real, fake) = slopes(losses.smoothed(0.9, 0.2).discriminator, 100.0, -100.0)
    assert (real.item(), fake.item()) == (pytest.approx(0.1), pytest.approx(-0.2))
    _, (_, fake) = slopes(losses.smoothed(0.9).discriminator, 100.0, -100.0)
    assert 0 <= fake < 1e-30, "one-sided: of a generated sample it may be as sure as it likes"


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
    assert losses.least_squares.discriminator(coin + 1, coin) == losses.hinge.discriminator(coin + 1, coin - 1) == 0


def logit(probability):
    return math.log(probability / (1 - probability))


OPTIMA = {
    "minimax": (losses.minimax, lambda p, q: logit(p / (p + q))),
    "non-saturating": (losses.non_saturating, lambda p, q: logit(p / (p + q))),
    "smoothed, one side": (losses.smoothed(0.8), lambda p, q: logit(0.8 * p / (p + q))),
    "smoothed, both sides": (losses.smoothed(0.9, 0.2), lambda p, q: logit((0.9 * p + 0.2 * q) / (p + q))),
    "least squares": (losses.least_squares, lambda p, q: p / (p + q)),
    "hinge": (losses.hinge, lambda p, q: math.copysign(1, p - q)),
}
OUTPUTS = torch.linspace(-4, 4, 8001, dtype=torch.float64)


def pointwise(objective, p, q):
    """The discriminator's cost at a point where p of the real and q of the generated samples lie, for each of `OUTPUTS`."""
    alone = torch.zeros_like(OUTPUTS)

    def cost(real, fake):
        return torch.vmap(lambda r, f: objective.discriminator(r, f))(real, fake)

    return p * cost(OUTPUTS, alone) + q * cost(alone, OUTPUTS)


@pytest.mark.parametrize("objective, best", OPTIMA.values(), ids=OPTIMA)
@pytest.mark.parametrize("p, q", [(0.3, 0.3), (0.8, 0.4), (0.1, 0.9), (2.0, 0.1)])
def test_the_best_output_at_a_point_is_what_theory_derives_from_the_densities(objective, best, p, q):
    cost = pointwise(objective, p, q)
    lowest = OUTPUTS[cost <= cost.min() + 1e-12]
    if objective is losses.hinge and p == q:
        assert (lowest.min().item(), lowest.max().item()) == pytest.approx((-1, 1)), (
            "a tie: any output within the margins is as good"
        )
    else:
        torch.testing.assert_close(lowest, torch.full_like(lowest, best(p, q)), rtol=0, atol=1e-3)


def test_smoothing_the_fake_labels_too_praises_the_generator_where_no_data_lies():
    """Salimans' reason for smoothing one side: the numerator real·p + fake·q no longer vanishes with p."""
    found = [OUTPUTS[pointwise(losses.smoothed(0.9, fake), 0.03, 1.0).argmin()].sigmoid().item() for fake in (0.0, 0.1)]
    assert found == pytest.approx([0.9 * 0.03 / 1.03, (0.9 * 0.03 + 0.1) / 1.03], abs=1e-3)


def test_smoothing_nothing_is_the_plain_game():
    real, fake = torch.randn(50, 1), torch.randn(50, 1)
    torch.testing.assert_close(losses.smoothed(1.0, 0.0).discriminator(real, fake), losses.cross_entropy(real, fake))


def test_cross_entropy_with_smoothed_labels_agrees_with_pytorchs_own():
    real, fake = torch.randn(50, 1), torch.randn(50, 1)
    expected = sum(binary_cross_entropy_with_logits(x, torch.full_like(x, t)) for x, t in ((real, 0.9), (fake, 0.2)))
    torch.testing.assert_close(losses.smoothed(0.9, 0.2).discriminator(real, fake), expected)


@pytest.mark.parametrize("real, fake", [(0.0, 1.0), (0.5, 0.5), (1.1, 0.0), (0.9, -0.1)])
def test_labels_that_are_no_smoothed_ones_are_refused(real, fake):
    with pytest.raises(GameError, match="choose 0 <= fake < real <= 1"):
        losses.smoothed(real, fake)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_no_two_objectives_give_a_player_the_same_gradient(player):
    """A relativistic loss has been seen overwritten by the plain one."""
    both = torch.randn(2, 20, 1, requires_grad=True)
    gradients = {o.name: torch.autograd.grad(getattr(o, player)(*both), both)[0] for o in OBJECTIVES}
    same = {
        (a, b)
        for a in gradients
        for b in gradients
        if a < b and torch.allclose(gradients[a], gradients[b], rtol=1e-3, atol=1e-6)
    }
    shared = {
        "discriminator": {("minimax", "non-saturating")},
        "generator": {("Wasserstein", "hinge"), ("non-saturating", "smoothed to 0.9 and 0")},
    }
    assert same == shared[player]


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
    fake = torch.full((1, 1), 0.5, requires_grad=True)  # between the targets 0 and 1 of least squares
    real = torch.full((1, 1), 0.5)
    (d,) = torch.autograd.grad(objective.discriminator(real, fake), fake)
    (g,) = torch.autograd.grad(objective.generator(real, fake), fake)
    assert d > 0 > g
