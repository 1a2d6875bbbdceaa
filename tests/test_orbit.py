"""The laboratory of orbits follows the rules of `gan_edu.dynamics`, and its eigenvalues are those of the maps that they make. One
process of node answers all questions of this file."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import norm

from gan_edu import dynamics, losses, penalties
from gan_edu.games import Draw, Game, turns
from gan_edu.models.small_games import BilinearGame, DiracGAN
from gan_edu.widgets import OrbitLab

WEIGHT, RATE, STEPS, START = 0.3, 0.1, 50, (0.8, -0.6)


class TwoNumbers(BilinearGame):
    """A game of two numbers with other costs."""

    def __init__(self, x, y, x_cost, y_cost):
        super().__init__(x, y)
        self.costs = x_cost, y_cost

    def x_cost(self, draw):
        return self.costs[0](self.x, self.y)

    def y_cost(self, draw):
        return self.costs[1](self.x, self.y)


def quadratic(a, b, c, d):
    """The game whose field has the matrix [[a, b], [c, d]]."""
    return lambda x, y: TwoNumbers(x, y, lambda x, y: a * x**2 / 2 + b * x * y, lambda x, y: d * y**2 / 2 + c * x * y)


class NoisyDiracGAN(DiracGAN):
    """Instance noise, as chapter 07 has it: an expectation over 200 quantiles."""

    def draw(self, batch, rng):
        noise = torch.tensor(norm.ppf((np.arange(200) + 0.5) / 200)).view(-1, 1)
        noise /= noise.std(correction=0)
        return Draw(real=noise, latent=torch.zeros_like(noise), noise=noise)

    def fake(self, draw):
        return super().fake(draw) + draw.noise


def dirac(objective, *terms, made=DiracGAN):
    return lambda theta, psi: made(theta, psi, objective=objective, penalties=terms)


GAMES = {
    "xy": BilinearGame,
    "minimax": dirac(losses.minimax),
    "non-saturating": dirac(losses.non_saturating),
    "wgan": dirac(losses.wasserstein),
    "r1": dirac(losses.minimax, penalties.R1(WEIGHT)),
    "noise": dirac(losses.minimax, made=NoisyDiracGAN),
    "wgan-gp-1": dirac(losses.wasserstein, penalties.GradientPenalty(WEIGHT)),
    "wgan-gp-0": dirac(losses.wasserstein, penalties.GradientPenalty(WEIGHT, norm=0.0)),
    "radios": quadratic(1, -2, -2, 1),
    "impostor": quadratic(-1, 2, -2, 3),
    "exchanged": quadratic(3, 2, -2, -1),
    "hilltops": quadratic(-1, 0, 0, -1),
    "quartic": lambda x, y: TwoNumbers(x, y, lambda x, y: x**4 + x * y, lambda x, y: y**4 - x * y),
}
LINEAR = {"xy", "wgan", "wgan-gp-0", "radios", "impostor", "exchanged", "hilltops"}
RULES = {
    "gradient": dynamics.gradient,
    "extragradient": dynamics.Extragradient(RATE),
    "optimistic": dynamics.optimistic,
    "consensus": dynamics.Consensus(0.7),
    "momentum": dynamics.Momentum(-0.4),
    "lookahead": dynamics.gradient,
}
ORDERS = ("together", "first", "second")
K = 4  # rounds before lookahead's retreat
CASES = [(*pair, order) for pair in product(GAMES, RULES) for order in ORDERS if order != "second" or pair[0] in ("xy", "r1")]
NO_SECOND_DERIVATIVE = {("wgan-gp-0", "consensus")}  # at ψ = 0, of |ψ|, for autograd; its orbit is compared all the same
MATRICES = [case for case in CASES if case[0] != "wgan-gp-1" and case[:2] not in NO_SECOND_DERIVATIVE]
TAUGHT = {  # (rule, order, rate, more): what chapter 07 says of it, and what is true though it looks otherwise
    "together": ("gradient", "together", 0.1, {}, math.hypot(1, 0.1), "leaves"),
    "in turn": ("gradient", "first", 0.1, {}, 1.0, "bounded"),
    "in turn at 1.9": ("gradient", "first", 1.9, {}, 1.0, "bounded"),
    "in turn at 2": ("gradient", "first", 2, {}, 1.0, "creeps"),
    "in turn at 2.1": ("gradient", "second", 2.1, {}, None, "leaves"),
    "extragradient": ("extragradient", "together", 0.1, {}, math.hypot(0.99, 0.1), "converges"),
    "extragradient at 1": ("extragradient", "together", 1, {}, 1.0, "bounded"),
    "consensus at 1": ("consensus", "together", 1, {"gamma": 1}, 1.0, "bounded"),
    "momentum together": ("momentum", "together", 0.1, {"beta": -0.5}, None, "leaves"),
    "negative momentum": ("momentum", "first", 0.1, {"beta": -0.5}, None, "converges"),
    "positive momentum": ("momentum", "first", 0.1, {"beta": 0.5}, None, "leaves"),
    "too much of it": ("momentum", "first", 0.1, {"beta": -0.95}, 1.0, "bounded"),
    "lookahead": ("lookahead", "together", 0.1, {"k": 5}, abs(0.5 + 0.5 * (1 + 0.1j) ** 5) ** (1 / 5), "converges"),
    "lookahead, 2 rounds": ("lookahead", "together", 0.05, {"k": 2}, (1 + 0.05**4 / 4) ** 0.25, "leaves"),
    "momentum, together, nearly -1": ("momentum", "together", 0.01, {"beta": -0.9}, None, "leaves"),
    "two hilltops": ("consensus", "together", 0.1, {"game": "hilltops", "gamma": 1}, 1.0, "bounded"),
    "six rounds of one sixth": ("lookahead", "first", 1, {"k": 6}, 1.0, "bounded"),
    "eighteen of them": ("lookahead", "second", 1, {"k": 18}, 1.0, "bounded"),
    "two radios": ("extragradient", "first", 1, {"game": "radios"}, 1.0, "bounded"),
}


def settings(game, rule, order, **more):
    return {"game": game, "rule": rule, "order": order, "rate": RATE, "steps": STEPS, "start": START, "penalty": WEIGHT,
            "gamma": 0.7, "beta": -0.4, "k": K} | more  # fmt: skip


@pytest.fixture(scope="module")
def answers(node):
    """`answers[key]`: what JavaScript answers."""
    questions = {case: ["orbit", settings(*case)] for case in CASES}
    for name, (rule, order, rate, more, *_) in TAUGHT.items():
        questions[name] = ["orbit", {"rule": rule, "order": order, "rate": rate, "steps": 200, **more}]
    questions["overflow"] = ["orbit", {"rate": 3, "steps": 2000}]
    questions["curved"] = ["orbit", {"game": "non-saturating", "order": "first"}]
    questions["table"] = ["table", {}]
    odd = {"rule": "lookahead", "k": 2.5, "steps": 10.5, "average": "no", "start": ["", 1], "compare": "rule:momentum"}
    questions["odd"] = ["read", odd]
    questions["wrong"] = ["read", {"rule": "sideways", "rate": 0, "start": [1, 4], "order": "second"}]
    return node("orbit.mjs", OrbitLab.folder, questions)


def schedule(game, order):
    """The order of play by the players' initials; the horizontal number is the generator's, or x's."""
    first, second = ("X", "Y") if isinstance(game, BilinearGame) else ("G", "D")
    return {"together": f"{first}+{second}", "first": first + second, "second": second + first}[order]


def followed(make, rule, order, start, steps):
    game = make(*start)
    path = dynamics.orbit(game, RATE, steps, schedule(game, order), RULES[rule])
    return torch.stack([path[name].flatten() for name, _ in game.named_parameters()], dim=1).numpy()


def in_cycles(make, order, steps):
    """Lookahead: k rounds, then half of the way back."""
    path = [np.array(START)]
    while len(path) <= steps:
        cycle = followed(make, "lookahead", order, path[-1].tolist(), K)[1:]
        cycle[-1] = (cycle[-1] + path[-1]) / 2
        path.extend(cycle)
    return np.array(path[: steps + 1])


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_javascript_and_dynamics_follow_the_same_orbit(answers, case):
    name, rule, order = case
    make = GAMES[name]
    ours = in_cycles(make, order, STEPS) if rule == "lookahead" else followed(make, rule, order, START, STEPS)
    theirs = np.array(answers[case]["path"], float)
    assert (np.abs(theirs - ours) <= 1e-9 * np.maximum(1, np.abs(ours))).all()
    assert np.abs(ours[-1] - ours[0]).max() > 1e-2, "where nothing moves, agreement says nothing"
    means = np.cumsum(theirs, axis=0) / np.arange(1, STEPS + 2)[:, None]
    assert answers[case]["mean"] == pytest.approx(means, rel=1e-9, abs=1e-12)


def round_as_matrix(game: Game, rule, order):
    """The Jacobian at (0, 0) of one round of `dynamics`, by central differences, which are exact but for rounding where the game is
    linear; as a map of the two numbers and whatever the rule remembers. Of a cycle for lookahead."""
    draw, width = game.draw(None, None), 1e-4
    fields = [dynamics.Field(game, draw, movers) for movers in turns(schedule(game, order), game.order)]
    zero = {name: torch.zeros_like(p) for name, p in game.named_parameters()}
    memories = [RULES[rule](field, zero, {})[1] for field in fields]
    entries = [(None, name) for name in zero] + [(k, name) for k, memory in enumerate(memories) for name in memory]

    def after(entry, value):
        point, kept = dict(zero), [{name: torch.zeros_like(v) for name, v in memory.items()} for memory in memories]
        (point if entry[0] is None else kept[entry[0]])[entry[1]] = torch.full_like(zero[entry[1]], value)
        start = point
        for _ in range(K if rule == "lookahead" else 1):
            for k, field in enumerate(fields):
                direction, kept[k] = RULES[rule](field, point, kept[k])
                point = dynamics.shifted(point, direction, -RATE)
        if rule == "lookahead":
            point = {name: (value + start[name]) / 2 for name, value in point.items()}
        return torch.stack([(point if k is None else kept[k])[name].flatten()[0] for k, name in entries])

    return torch.stack([(after(e, width) - after(e, -width)) / (2 * width) for e in entries], dim=1).numpy()


@pytest.mark.parametrize("case", MATRICES, ids="-".join)
def test_eigenvalues_are_numpys_of_the_map_that_dynamics_makes(answers, case):
    name, rule, order = case
    ours = np.linalg.eigvals(round_as_matrix(GAMES[name](0.0, 0.0), rule, order))
    theirs = np.array([complex(*value) for value in answers[case]["judged"]["values"]])
    assert len(ours) == len(theirs)
    distances = np.abs(ours[:, None] - theirs[None, :])
    apart = np.abs(ours[:, None] - ours[None, :])[~np.eye(len(ours), dtype=bool)].min()
    within = 1e-9 if name in LINEAR and apart > 0.01 else 1e-5  # a double eigenvalue is known to half of the digits
    assert distances[linear_sum_assignment(distances)].max() < within
    radius = np.abs(ours).max() ** (1 / K if rule == "lookahead" else 1)
    assert answers[case]["judged"]["radius"] == pytest.approx(radius, abs=within)


@pytest.mark.parametrize("name", TAUGHT)
def test_verdicts_are_those_that_the_chapter_teaches(answers, name):
    *_, radius, kind = TAUGHT[name]
    judged = answers[name]["judged"]
    assert judged["kind"] == kind
    assert radius is None or judged["radius"] == pytest.approx(radius, abs=1e-7)


def test_the_chapters_numbers_are_said(answers):
    for name, distance in {"together": 3.8252, "in turn": 1.3565, "extragradient": 0.5229}.items():
        assert f"Distance 1.4142 at the start, {distance} after 200 rounds." in answers[name]["words"]
    assert "Spectral radius of a round: 1.004988: leaves" in answers["together"]["words"]
    lookahead = "lookahead around plain steps, k = 5, together, α = 0.1. Spectral radius of a cycle of 5 rounds: "
    both = f"{answers['lookahead']['judged']['radius'] ** 5:.6f}, which makes {answers['lookahead']['judged']['radius']:.6f}"
    assert f"{lookahead}{both} a round: converges." in answers["lookahead"]["words"]


def test_a_radius_is_never_1_where_an_orbit_leaves(answers):
    assert (
        "of a cycle of 2 rounds: 1 + 7.8 · 10⁻⁷, which makes 1 + 3.9 · 10⁻⁷ a round: leaves"
        in answers["lookahead, 2 rounds"]["words"]
    )
    assert "Spectral radius of a round: 1.000000: stays bounded" in answers["two hilltops"]["words"]


def test_where_the_linearisation_does_not_decide_this_is_said(answers):
    assert "of the linearisation at (0, 0): which does not decide." in answers["curved"]["words"]
    bent = answers["wgan-gp-1", "gradient", "together"]
    assert bent["judged"]["kind"] == "bent" and "no derivative there: no eigenvalues" in bent["words"]


def test_an_orbit_that_overflows_is_told(answers):
    assert "beyond all numbers after 2000 rounds" in answers["overflow"]["words"]
    path, drawn = np.array(answers["overflow"]["path"], float), answers["overflow"]["drawn"]
    assert drawn == pytest.approx(np.hypot(*path[: len(drawn)].T)), "no distance is drawn but those that there are"
    assert 1e7 < drawn[-1] <= 1e8


def test_every_game_rule_and_order_is_tested(answers):
    table = answers["table"]["settings"]
    for name, known in (("game", GAMES), ("rule", RULES), ("order", ORDERS)):
        assert {value for value, _ in table[name]["values"]} == set(known), name


def test_what_cannot_be_is_said_and_replaced(answers):
    wrong = answers["wrong"]
    assert wrong["settings"] == answers["table"]["defaults"] | {"order": "second"}
    said = " ".join(wrong["problems"])
    assert "choose one of gradient, extragradient" in said and "give a number from 0.01" in said
    assert "give two numbers from -3 to 3" in said and len(wrong["problems"]) == 3


def test_what_looks_like_a_value_is_refused_with_a_remedy(answers):
    odd = answers["odd"]
    assert odd["settings"] == answers["table"]["defaults"] | {"rule": "lookahead"}, "“no” is no"
    said = " ".join(odd["problems"])
    assert "give a whole number from 2 to 20" in said and "give a whole number from 1 to 2000" in said
    assert "give two numbers from -3 to 3" in said and len(odd["problems"]) == 4
    assert (
        '“compare: "rule:momentum"”: this is no value for it, which would look like {"name":"rule","value":"gradient"}.' in said
    )
