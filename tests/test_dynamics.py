"""Update rules on games that can be solved by hand, and the same rules inside the training loop."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from gan_edu import losses, penalties
from gan_edu.dynamics import (
    AdamSteps,
    Consensus,
    Extragradient,
    Field,
    HistoricalAveraging,
    Momentum,
    Unrolled,
    flow,
    gradient,
    optimistic,
    orbit,
)
from gan_edu.engine import Engine
from gan_edu.errors import GameError
from gan_edu.games import turns
from gan_edu.models.gan import GAN
from gan_edu.models.small_games import BilinearGame, DiracGAN
from gan_edu.networks import mlp
from gan_edu.training import Run, play

sgd = partial(torch.optim.SGD, lr=0.1)


def optimistic_from_zero(field, point, memory):
    """The other convention for the first step: the previous gradient is zero."""
    return optimistic(field, point, memory or {name: torch.zeros_like(value) for name, value in point.items()})


# f = xy from (1, 1), step 0.1, 200 steps: the distance from the equilibrium at the end. Derived by hand where a closed form
# exists (√2·1.01¹⁰⁰ for simultaneous steps), otherwise computed with plain numbers, independently of this package.
FINAL = [
    ("X+Y", gradient, 3.8252),
    ("XY", gradient, 1.3565),
    ("YX", gradient, 1.4754),
    ("X+Y", Extragradient(0.1), 0.5229),
    ("X+Y", optimistic, 0.5176),
    ("X+Y", optimistic_from_zero, 0.5203),
    ("X+Y", HistoricalAveraging(0.25), 0.1049),
]
NAMES = [
    "simultaneous",
    "alternating, x first",
    "alternating, y first",
    "extragradient",
    "optimistic",
    "optimistic from zero",
    "historical averaging",
]


def distance(path):
    return torch.hypot(path["x"], path["y"])


@pytest.mark.parametrize("schedule, rule, final", FINAL, ids=NAMES)
def test_the_bilinear_game_ends_at_the_known_distance(schedule, rule, final):
    assert distance(orbit(BilinearGame(), 0.1, 200, schedule, rule))[-1].item() == pytest.approx(final, abs=5e-5)


@pytest.mark.parametrize("schedule, rule, final", FINAL, ids=NAMES)
def test_the_training_loop_plays_the_very_same_steps(schedule, rule, final):
    game = BilinearGame()
    history = play(game, None, 200, optimiser=sgd, schedule=schedule, rule=rule)
    end = orbit(BilinearGame(), 0.1, 200, schedule, rule)
    torch.testing.assert_close([game.x.detach(), game.y.detach()], [end["x"][-1], end["y"][-1]], rtol=0, atol=1e-12)
    assert history.rounds == 200


def test_consensus_ends_at_the_known_distance():
    path = orbit(BilinearGame(), 0.1, 200, "X+Y", Consensus(1.0))
    assert distance(path)[-1].item() == pytest.approx(3.4033e-9, rel=1e-4)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 1.0])
def test_each_simultaneous_step_lengthens_the_distance_by_the_same_factor(rate):
    far = distance(orbit(BilinearGame(0.3, -0.8), rate, 50, "X+Y"))
    torch.testing.assert_close(
        far[1:] / far[:-1], torch.full((50,), math.sqrt(1 + rate**2), dtype=torch.float64), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("schedule", ["XY", "YX"])
def test_alternating_steps_stay_on_an_ellipse(schedule):
    """x² + y² ∓ αxy never changes: bounded for ever, and closer to nothing either."""
    path = orbit(BilinearGame(), 0.1, 2000, schedule)
    sign = 1 if schedule == "XY" else -1
    energy = path["x"] ** 2 + path["y"] ** 2 - sign * 0.1 * path["x"] * path["y"]
    torch.testing.assert_close(energy, energy[:1].expand_as(energy), rtol=0, atol=1e-9)
    assert distance(path).max() < 1.5


@pytest.mark.parametrize("steps, far", [(200, 0.17), (1000, 2.0), (2000, 149)])
def test_the_average_of_simultaneous_iterates_diverges_too(steps, far):
    path = orbit(BilinearGame(), 0.1, steps, "X+Y")
    average = math.hypot(path["x"][1:].mean(), path["y"][1:].mean())
    assert average == pytest.approx(far, rel=0.05)


def test_the_average_of_alternating_iterates_converges():
    path = orbit(BilinearGame(), 0.1, 2000, "XY")
    assert math.hypot(path["x"].mean(), path["y"].mean()) < 0.02


def test_the_loop_averages_iterates_as_a_plain_mean():
    game = BilinearGame()
    history = play(game, None, 50, optimiser=sgd, ema="mean")
    path = orbit(BilinearGame(), 0.1, 50)
    assert history.average.x.item() == pytest.approx(path["x"][1:].mean().item(), abs=1e-12)


def test_in_continuous_time_the_orbit_is_a_circle():
    times = torch.linspace(0, 7, 71, dtype=torch.float64).tolist()
    path = flow(BilinearGame(1.0, 0.0), times)
    angle = torch.tensor(times, dtype=torch.float64)
    torch.testing.assert_close(path["x"], angle.cos(), rtol=0, atol=1e-7)
    torch.testing.assert_close(path["y"], angle.sin(), rtol=0, atol=1e-7)


def test_the_flow_is_for_scalars():
    game = GAN(mlp(1, 2, 1), mlp(1, 2, 1), latent=1)
    game.draw = lambda batch, rng: None
    with pytest.raises(GameError, match="scalars"):
        flow(game, [0.0, 1.0])


def test_smaller_steps_come_closer_to_the_flow():
    end = flow(BilinearGame(), [0.0, 5.0])
    gaps = [
        math.hypot(*(orbit(BilinearGame(), rate, round(5 / rate), "X+Y")[k][-1] - end[k][-1] for k in "xy"))
        for rate in (0.1, 0.01)
    ]
    assert gaps[1] < gaps[0] / 8


@pytest.mark.parametrize("rate", [0.1, 0.4])
@pytest.mark.parametrize(
    "make_rule, matrix",
    [
        (lambda a: gradient, lambda a: [[1, -a], [a, 1]]),
        (Extragradient, lambda a: [[1 - a * a, -a], [a, 1 - a * a]]),
        (lambda a: Consensus(0.7), lambda a: [[1 - 0.7 * a, -a], [a, 1 - 0.7 * a]]),
        (lambda a: Unrolled("x", 1, 0.5), lambda a: [[1 - a, -a], [a, 1]]),  # x sees y move to y + x/2 and pays for x²/2
    ],
    ids=["gradient", "extragradient", "consensus", "unrolled"],
)
def test_a_linear_rule_is_its_matrix(make_rule, matrix, rate):
    path = orbit(BilinearGame(), rate, 10, "X+Y", make_rule(rate))
    step = torch.linalg.matrix_power(torch.tensor(matrix(rate), dtype=torch.float64), 10)
    torch.testing.assert_close(torch.stack([path["x"][-1], path["y"][-1]]), step @ torch.ones(2).double(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("weight", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("schedule", ["XY", "X+Y"])
def test_momentum_is_the_heavy_ball(weight, schedule):
    x, y, u, v = 1.0, 1.0, 0.0, 0.0  # position and direction, in plain numbers
    for _ in range(30):
        u = y + weight * u
        if schedule == "XY":
            x -= 0.1 * u
            v = -x + weight * v
        else:
            v = -x + weight * v
            x -= 0.1 * u
        y -= 0.1 * v
    path = orbit(BilinearGame(), 0.1, 30, schedule, Momentum(weight))
    assert (path["x"][-1].item(), path["y"][-1].item()) == (pytest.approx(x, abs=1e-12), pytest.approx(y, abs=1e-12))


@pytest.mark.parametrize("schedule", ["X+Y", "XY"])
def test_historical_averaging_pulls_each_mover_to_the_mean_of_its_own_past(schedule):
    """Three steps of size 0.1 with weight 0.3, by hand: the first pull is none, the second looks at one past point, the third at
    two. A player moving second still keeps its own past."""
    xs, ys = [1.0], [2.0]
    for _ in range(3):
        x, y = xs[-1], ys[-1]
        away = [v[-1] - sum(v[:-1]) / len(v[:-1]) if len(v) > 1 else 0.0 for v in (xs, ys)]
        xs.append(x - 0.1 * (y + 2 * 0.3 * away[0]))
        ys.append(y - 0.1 * (-(xs[-1] if schedule == "XY" else x) + 2 * 0.3 * away[1]))
    path = orbit(BilinearGame(1.0, 2.0), 0.1, 3, schedule, HistoricalAveraging(0.3))
    torch.testing.assert_close(path["x"].tolist(), xs, rtol=0, atol=1e-12)
    torch.testing.assert_close(path["y"].tolist(), ys, rtol=0, atol=1e-12)
    assert xs[:3] == pytest.approx([1.0, 0.8, 0.602 if schedule == "X+Y" else 0.604])


@pytest.mark.parametrize("weight, inwards", [(0.0, False), (0.02, False), (0.05, True), (0.1, True), (0.25, True)])
def test_historical_averaging_turns_the_spiral_inwards_if_it_is_strong_enough(weight, inwards):
    """While the mean hardly moves the step is (1 - 2wα, -α; α, 1 - 2wα): shorter for 4w > α(1 + 4w²), that is w > 0.025 at 0.1."""
    far = distance(orbit(BilinearGame(), 0.1, 1000, "X+Y", HistoricalAveraging(weight)))
    assert (far[-1] < far[0] / 10) if inwards else (far[-1] > 1.5 * far[0])


@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_where_historical_averaging_is_too_strong_the_orbit_clings_to_its_past(weight):
    """Then the point rests where its own mean lets it, the mean follows at 1/t, and both shrink as t to the power -1/(1 + 4w²)."""
    far = distance(orbit(BilinearGame(), 0.1, 2000, "X+Y", HistoricalAveraging(weight)))
    assert (far[2000] / far[200]).log10().item() == pytest.approx(-1 / (1 + 4 * weight**2), abs=0.02)


def test_historical_averaging_adds_nothing_to_a_mover_at_rest():
    game, draw, point = small_gan()
    field = Field(game, draw, game.order)
    memory, rule = {}, HistoricalAveraging(3.0)
    for _ in range(3):
        direction, memory = rule(field, point, memory)
        torch.testing.assert_close(direction, field(point), rtol=0, atol=0)


def test_historical_averaging_adds_the_gradient_of_its_penalty():
    game, draw, point = small_gan()
    field, rule, memory, past = Field(game, draw, ("generator",)), HistoricalAveraging(0.7), {}, []
    for _ in range(3):
        past.append(point)
        _, memory = rule(field, point, memory)
        point = {name: value + torch.randn_like(value) for name, value in point.items()}
    direction, _ = rule(field, point, memory)
    own = {name: point[name].clone().requires_grad_() for name in direction}
    penalty = sum((value - torch.stack([p[name] for p in past]).mean(0)).square().sum() for name, value in own.items())
    pull = torch.autograd.grad(0.7 * penalty, list(own.values()))
    plain = field(point)
    torch.testing.assert_close(direction, {name: plain[name] + p for name, p in zip(own, pull)})


def test_an_optimistic_first_step_is_a_plain_one():
    one, plain = (orbit(BilinearGame(), 0.1, 1, "X+Y", rule) for rule in (optimistic, gradient))
    torch.testing.assert_close(one, plain)


def test_an_orbit_leaves_the_game_where_it_was_and_starts_there():
    game = BilinearGame(2.0, -3.0)
    path = orbit(game, 0.1, 5)
    assert (game.x.item(), game.y.item()) == (2.0, -3.0) == (path["x"][0].item(), path["y"][0].item())
    assert len(path["x"]) == 6


def dirac_jacobian(game):
    """The field's Jacobian in (theta, psi) at (0, 0), by central differences of the package's own field."""
    field = Field(game, game.draw(None, None), game.order)
    names = ("generator.theta", "discriminator.weight")

    def at(values):
        found = field({name: torch.tensor([[v]], dtype=torch.float64) for name, v in zip(names, values)})
        return torch.stack([found[name].flatten()[0] for name in names])

    h = 1e-5
    return torch.stack([(at([h, 0.0]) - at([-h, 0.0])) / (2 * h), (at([0.0, h]) - at([0.0, -h])) / (2 * h)], dim=1)


@pytest.mark.parametrize(
    "objective, slope",
    [(losses.minimax, 0.5), (losses.non_saturating, 0.5), (losses.wasserstein, 1.0), (losses.relativistic, 0.5)],
)
@pytest.mark.parametrize("penalty", [None, penalties.R1, penalties.R2], ids=["none", "r1", "r2"])
def test_the_dirac_gans_eigenvalues_are_those_of_mescheder(objective, slope, penalty):
    """γ/2 ± √(γ²/4 - f'(0)²): purely imaginary without regularisation, a positive real part with R1 or R2."""
    weight = 0.6 if penalty else 0.0
    game = DiracGAN(0.0, 0.0, objective, [penalty(weight)] if penalty else [])
    found = torch.linalg.eigvals(dirac_jacobian(game))
    root = torch.sqrt(torch.tensor(weight**2 / 4 - slope**2, dtype=torch.complex128))
    expected = torch.stack([weight / 2 + root, weight / 2 - root])
    torch.testing.assert_close(found[found.imag.argsort()], expected[expected.imag.argsort()], rtol=0, atol=1e-6)


@pytest.mark.parametrize("penalty", [penalties.R1, penalties.R2])
@pytest.mark.parametrize("objective", [losses.minimax, losses.non_saturating, losses.wasserstein])
def test_a_zero_centred_penalty_makes_the_dirac_gan_converge(penalty, objective):
    far = {}
    for terms in ((), (penalty(1.0),)):
        path = orbit(DiracGAN(objective=objective, penalties=terms), 0.2, 250, "D+G")
        far[bool(terms)] = math.hypot(path["generator.theta"][-1], path["discriminator.weight"][-1])
    assert far[True] < 1e-3 and far[False] > 0.4  # without: away, or inwards ever more slowly


def small_gan():
    torch.manual_seed(3)
    game = GAN(mlp(2, 5, 2, activation=nn.Tanh), mlp(2, 5, 1, activation=nn.Tanh), latent=2).double()
    rng = torch.Generator().manual_seed(0)
    draw = game.draw(torch.randn(6, 2, generator=rng).double(), rng)
    draw.latent = draw.latent.double()
    return game, draw, {name: p.detach().clone() for name, p in game.named_parameters()}


def test_the_field_of_a_network_is_each_players_gradient_of_its_own_cost():
    game, draw, point = small_gan()
    found = Field(game, draw, game.order)(point)
    for player in game.players():
        expected = torch.autograd.grad(game.cost(player.name, draw), list(player.parameters.values()))
        torch.testing.assert_close([found[name] for name in player.parameters], list(expected))
    assert set(found) == set(point)


def test_extragradient_on_a_network_descends_the_gradient_of_the_point_ahead():
    game, draw, point = small_gan()
    field = Field(game, draw, game.order)
    first = field(point)
    expected = field({name: point[name] - 0.3 * first[name] for name in point})
    found, _ = Extragradient(0.3)(field, point, {})
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found["generator.0.weight"], first["generator.0.weight"])


def test_consensus_on_a_network_adds_the_slope_of_half_the_squared_field():
    game, draw, point = small_gan()
    field = Field(game, draw, game.order)
    found, _ = Consensus(0.5)(field, point, {})
    name, h = "discriminator.0.weight", 1e-6

    def energy(shift):
        moved = point | {name: point[name] + shift * torch.eye(5, 2).double()}
        return sum(g.square().sum() for g in field(moved).values()).item() / 2

    slope = (energy(h) - energy(-h)) / (2 * h)
    pull = (found[name] - field(point)[name])[range(2), range(2)].sum().item()
    assert pull == pytest.approx(0.5 * slope, rel=1e-5) and abs(slope) > 1e-6


def test_unrolling_differentiates_through_the_opponents_steps():
    game, draw, point = small_gan()
    field = Field(game, draw, ("generator",))
    found, _ = Unrolled("generator", 3, 0.5)(field, point, {})
    name, h = "generator.0.weight", 1e-6

    def foreseen(shift):
        ahead = point | {name: point[name] + shift * torch.eye(5, 2).double()}
        for _ in range(3):
            step = field.of("discriminator", ahead)
            ahead = {n: v - 0.5 * step[n].detach() if n in step else v.detach() for n, v in ahead.items()}
        return field.cost("generator", ahead).item()

    slope = (foreseen(h) - foreseen(-h)) / (2 * h)
    assert found[name][range(2), range(2)].sum().item() == pytest.approx(slope, rel=1e-5)
    assert set(found) == {n for n in point if n.startswith("generator")}
    assert not torch.allclose(found[name], field.of("generator", point)[name], rtol=1e-3)


def test_unrolling_without_a_rate_foresees_the_steps_of_the_opponents_adam():
    torch.set_default_dtype(torch.float64)
    game, *_ = small_gan()
    adam = partial(torch.optim.Adam, lr=0.03, betas=(0.5, 0.9))
    run = Run(game, iter(lambda: torch.randn(6, 2), None), adam, engine=Engine("fp32", 1))
    for _ in range(3):
        run.round()
    run.next_draw()
    point = {name: parameter.detach().clone() for name, parameter in game.named_parameters()}
    field = Field(game, run.draw, ("generator",), run.optimisers)
    step, ahead = AdamSteps(field, "discriminator"), point
    for _ in range(3):
        ahead = step(ahead, field.of("discriminator", ahead))
    found, _ = Unrolled("generator", 3, None)(field, point, {})
    for _ in range(3):
        run.turn(0, ("discriminator",))
    for name, parameter in game.named_parameters():
        torch.testing.assert_close(ahead[name].detach(), parameter.detach())
    assert not torch.allclose(ahead["discriminator.0.weight"], point["discriminator.0.weight"], atol=1e-3)
    assert set(found) == {name for name in point if name.startswith("generator")}


def test_only_adams_steps_are_foreseen_without_a_rate():
    game, draw, point = small_gan()
    with pytest.raises(GameError, match="only steps of Adam are foreseen"):
        Unrolled("generator", 3, None)(Field(game, draw, ("generator",)), point, {})


@pytest.mark.parametrize(
    ("make", "has"), [(torch.optim.AdamW, "AdamW"), (partial(torch.optim.Adam, weight_decay=0.1), "weight_decay")]
)
def test_an_adam_with_extras_is_not_foreseen_as_a_plain_one(make, has):
    game, draw, point = small_gan()
    run = Run(game, iter(lambda: torch.randn(6, 2), None), partial(make, lr=0.03), engine=Engine("fp32", 1))
    with pytest.raises(GameError, match=has):
        Unrolled("generator", 3, None)(Field(game, draw, ("generator",), run.optimisers), point, {})


def test_unrolling_with_a_rate_of_nothing_is_the_plain_gradient():
    game, draw, point = small_gan()
    field = Field(game, draw, game.order)
    torch.testing.assert_close(Unrolled("generator", 3, 0.0)(field, point, {})[0], field(point))


def test_unrolling_no_steps_is_the_plain_gradient():
    game, draw, point = small_gan()
    field = Field(game, draw, game.order)
    torch.testing.assert_close(Unrolled("generator", 0, 0.5)(field, point, {})[0], field(point))


@pytest.mark.parametrize(
    "rule",
    [
        gradient,
        Extragradient(0.1),
        optimistic,
        Momentum(0.5),
        Consensus(0.1),
        HistoricalAveraging(0.1),
        Unrolled("generator", 2, 0.1),
    ],
    ids=["gradient", "extragradient", "optimistic", "momentum", "consensus", "historical", "unrolled"],
)
@pytest.mark.parametrize("movers", [("discriminator",), ("generator",), ("discriminator", "generator")], ids=["D", "G", "D+G"])
def test_a_rule_directs_the_movers_parameters_and_no_others(rule, movers):
    game, draw, point = small_gan()
    direction, _ = rule(Field(game, draw, movers), point, {})
    assert set(direction) == {name for name in point if name.startswith(movers)}
    assert not any(value.requires_grad for value in direction.values())
    assert all(torch.equal(point[name], p) for name, p in game.named_parameters()), "a rule must not move the game"


def test_a_turn_names_players_by_their_initials():
    assert turns("X+Y", BilinearGame.order) == [("x", "y")]
