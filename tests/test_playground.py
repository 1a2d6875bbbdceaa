"""The playground in the browser plays the course's own game: with the same weights and draws, what JavaScript and PyTorch compute
agrees. One process of node answers all questions of this file."""

import math
import re
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gan_edu import losses, metrics, networks, penalties, training
from gan_edu.data import grid, ring
from gan_edu.engine import Engine
from gan_edu.games import Draw
from gan_edu.models.gan import GAN, Latent
from gan_edu.networks import mlp

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(training.__file__).parent / "widgets" / "playground"

LOSSES = {
    "non-saturating": losses.non_saturating,
    "minimax": losses.minimax,
    "least-squares": losses.least_squares,
    "wasserstein": losses.wasserstein,
    "hinge": losses.hinge,
    "relativistic": losses.relativistic,
}
PENALTIES = {
    "none": lambda weight: [],
    "r1": lambda weight: [penalties.R1(weight)],
    "r1+r2": lambda weight: [penalties.R1(weight), penalties.R2(weight)],
    "wgan-gp": lambda weight: [penalties.GradientPenalty(weight)],
    "clipping": lambda weight: [],
    "spectral": lambda weight: [],
}
ORDERS = ["DG", "DDG", "DDDDDG", "DGG", "D+G"]
SMALL = {
    "width": 6,
    "depth": 2,
    "batch": 8,
    "weight": 0.3,
    "weightGP": 0.7,
    "bound": 0.1,
    "rateD": 5e-3,
    "rateG": 2e-3,
    "momentum": 0.5,
}


def case(**settings):
    return {"loss": "non-saturating", "regulariser": "none", "order": "DG", "latent": 2, "waves": True, "optimiser": "adam"} | (
        SMALL | settings
    )


CASES = {
    **{f"{loss}, {how}": case(loss=loss, regulariser=how) for loss, how in product(LOSSES, PENALTIES)},
    **{
        f"{order}, {loss}, {how}": case(order=order, loss=loss, regulariser=how)
        for order, (loss, how) in product(ORDERS[1:], [*product(["non-saturating"], PENALTIES), ("relativistic", "r1+r2")])
    },
    **{f"Adam, momentum {m}": case(momentum=m) for m in (0.0, 0.9)},
    **{f"SGD, momentum {m}": case(optimiser="sgd", momentum=m, rateD=0.1, rateG=0.5) for m in (0.0, 0.9)},
    **{f"{latent} latents, no waves": case(latent=latent, waves=False, regulariser="r1+r2") for latent in (1, 2, 8)},
    **{f"{depth} hidden layers": case(depth=depth, regulariser="wgan-gp") for depth in (1, 3)},
}
LATER = {"rateD": 1e-3, "rateG": 7e-3, "momentum": 0.8}  # what the reader sets at half time


class Prepared(GAN):
    """A GAN whose draws were made beforehand."""

    def draw(self, batch, rng):
        real, latent, mix = batch
        return Draw(real=real, latent=latent, mix=mix)


def rounds_of(settings):
    """Twenty turns or more, an even number of rounds."""
    return 2 * math.ceil(10 / len(settings["order"].replace("+G", "")))


def made(settings):
    """The same game in PyTorch, and its draws."""
    hidden = [settings["width"]] * settings["depth"]
    inputs, eyes = (14, [networks.FourierFeatures()]) if settings["waves"] else (2, [])
    discriminator = nn.Sequential(*eyes, mlp(inputs, *hidden, 1)).double()
    if settings["regulariser"] == "spectral":
        networks.spectral(discriminator)
    generator = mlp(settings["latent"], *hidden, 2).double()
    terms = PENALTIES[settings["regulariser"]](settings["weightGP" if settings["regulariser"] == "wgan-gp" else "weight"])
    game = Prepared(generator, discriminator, settings["latent"], LOSSES[settings["loss"]], terms)
    size, count = settings["batch"], rounds_of(settings) * len(settings["order"])
    shapes = [(size, 2), (size, settings["latent"]), (size,)]
    draws = [[make(*shape, dtype=torch.float64) for make, shape in zip((torch.randn, torch.randn, torch.rand), shapes)]
             for _ in range(count)]  # fmt: skip
    return game, draws


def weights(game):
    """Each player's parameters in the order of its layers: weight, bias, weight, bias; with spectral norm, those that are learned."""
    layers = {name: [m for m in getattr(game, name).modules() if isinstance(m, nn.Linear)] for name in game.order}
    return {
        name: [
            parameter.detach().flatten().tolist()
            for layer in those
            for parameter in (
                layer.parametrizations.weight.original if hasattr(layer, "parametrizations") else layer.weight,
                layer.bias,
            )
        ]
        for name, those in layers.items()
    }


def vectors(game):
    """The vectors of spectral norm, layer by layer."""
    norms = [layer.parametrizations.weight[0] for layer in game.discriminator.modules() if hasattr(layer, "parametrizations")]
    return [[norm._u.tolist(), norm._v.tolist()] for norm in norms]


def played(settings, game, draws):
    """What `training.Run` makes of it: the parameters at the end, and the costs of each round."""

    def maker(rate):
        if settings["optimiser"] == "sgd":
            return partial(torch.optim.SGD, lr=rate, momentum=settings["momentum"])
        return partial(torch.optim.Adam, lr=rate, betas=(settings["momentum"], 0.999))

    makers = {"discriminator": maker(settings["rateD"]), "generator": maker(settings["rateG"])}
    if settings["regulariser"] == "clipping":
        makers["discriminator"] = training.clipped(makers["discriminator"], settings["bound"])
    run = training.Run(game, iter(draws), makers, settings["order"], engine=Engine("fp32", 1))
    rounds = rounds_of(settings)
    for k in range(rounds):
        if k == rounds // 2:
            for name, rate in (("discriminator", LATER["rateD"]), ("generator", LATER["rateG"])):
                for group in run.optimisers[name].param_groups:
                    momentum = {"momentum": LATER["momentum"]} if "momentum" in group else {"betas": (LATER["momentum"], 0.999)}
                    group.update(lr=rate, **momentum)
        run.round()
    run.read_costs()
    return weights(game), run.history.costs


# ----- The questions, all at once

SAMPLES = {
    "on the ring": ("ring", lambda: ring().sample(2500, torch.Generator().manual_seed(1)), 20),
    "at one mode": ("ring", lambda: torch.tensor([1.0, 0.0]) + 0.03 * torch.randn(500, 2), 20),
    "anywhere": ("ring", lambda: torch.randn(2500, 2), 20),
    "far away": ("ring", lambda: 50 + torch.randn(100, 2), 1),
    "on the grid": ("grid", lambda: grid(5, 0.5).sample(2500, torch.Generator().manual_seed(1)), 20),
}
DATA = ["ring", "grid", "spiral", "moons", "line", "drawn"]
SEEDS, ROUNDS = range(5), 1000
BROKEN = {
    "loss=no-such": "choose one of non-saturating, minimax",
    "rateD=fast": "give a number from",
    "rateG=100": "give a number from",
    "rateG=": "give a number from",
    "seed=1.5": "give a whole number",
    "waves=perhaps": "write yes or no",
    "layers=verdicts,clouds": "write some of",
    "points=12345": "four digits or small letters",
    "points=" + "zzzz" * 301: "300 drawn points at most",
    "compare=speed:full": "compare one of",
    "compare=loss:no-such": "choose one of",
    "colour=red": "there is no setting of that name",
    "constructor=1": "there is no setting of that name",
    "loss=%E0%A4": "percent sign",
    "compare=loss": "choose one of",
}


OTHERWISE = {
    "data": "drawn",
    "points": [[-1.5, 1.5], [0.25, -0.75]],
    "loss": "hinge",
    "regulariser": "r1+r2",
    "weight": 0.5,
    "weightGP": 50,
    "bound": 0.05,
    "order": "D+G",
    "rateD": 1e-5,
    "rateG": 0.1,
    "momentum": 0,
    "optimiser": "sgd",
    "width": 64,
    "depth": 1,
    "waves": False,
    "latent": 8,
    "kind": "uniform",
    "batch": 16,
    "seed": 2**31 - 1,
    "speed": "slow",
    "layers": ["arrows"],
    "compare": {"name": "order", "value": "D+G"},
}
LOOPS = {
    "slow": {"speed": "slow", "seconds": 12},
    "one": {"speed": "1", "seconds": 10},
    "ten": {"speed": "10", "seconds": 10},
    "full": {"speed": "full", "seconds": 10, "round": 3, "picture": 5},
    "laboured": {"speed": "full", "seconds": 1, "round": 3, "picture": 60},
    "paused": {"speed": "full", "seconds": 1, "playing": False},
    "off the screen": {"speed": "full", "seconds": 1, "visible": False},
    "failing": {"speed": "full", "seconds": 1, "failing": 5},
}
CHANGES = [
    ({}, {"loss": "relativistic"}),
    ({"loss": "relativistic"}, {"loss": "hinge"}),
    ({"regulariser": "spectral"}, {"regulariser": "r1"}),
    ({"regulariser": "r1"}, {"regulariser": "spectral"}),
    ({}, {"regulariser": "wgan-gp"}),
    ({"order": "D+G"}, {"loss": "relativistic", "regulariser": "r1+r2"}),
    ({"order": "DDG"}, {"order": "DG", "loss": "relativistic", "regulariser": "spectral"}),
]
WRONG = [
    ("loss", "no-such"),
    ("points", 3),
    ("layers", None),
    ("rateD", "fast"),
    ("seed", -1),
    ("compare", {}),
    ("colour", "red"),
]


@pytest.fixture(scope="module")
def answers(node):
    """`answers[question, key]`: what JavaScript answers."""
    torch.manual_seed(0)
    questions, kept = {}, {}
    for name, settings in CASES.items():
        game, draws = kept["game", name] = made(settings)
        questions["play", name] = {
            "settings": settings,
            "later": LATER,
            "weights": weights(game),
            "vectors": vectors(game),
            "draws": [dict(zip(("real", "latent", "mix"), (part.tolist() for part in draw))) for draw in draws],
            "rounds": rounds_of(settings),
        }
    for name, (data, samples, least) in SAMPLES.items():
        kept["samples", name] = samples()
        questions["modes", name] = {"samples": kept["samples", name].tolist(), "data": data, "least": least}
    kept["cells"] = [torch.randn(1000, 2).double(), torch.rand(500, 2).double()]
    questions["divergence", ""] = dict(zip("ab", (samples.tolist() for samples in kept["cells"])))
    questions["divergence", "equal"] = dict.fromkeys("ab", kept["cells"][0].tolist())
    for order in ORDERS:
        questions["byPhases", order] = {"order": order, "regulariser": "spectral", "batch": 16, "width": 4}
    for seed in SEEDS:
        questions["ring", seed] = {"seed": seed, "rounds": ROUNDS}
    for data, (which, seed) in product(DATA, (("first", 0), ("again", 0), ("other", 1))):
        questions["points", (data, which)] = {"data": data, "seed": seed, "count": 2000, "points": [[0.5, 0.5], [-1, 0]]}
    for latent, kind in product((1, 2, 8), ("normal", "uniform")):
        questions["latents", (latent, kind)] = {"latent": latent, "kind": kind, "count": 4000}
    for address in BROKEN:
        questions["read", address] = {"address": "#" + address + "&batch=64"}
    for data in ("ring", "grid"):
        questions["mixture", data] = {"data": data}
    for loss in LOSSES:
        questions["coin", loss] = {"loss": loss}
        questions["said", loss] = {"loss": loss, "regulariser": "wgan-gp"}
        questions["view", loss] = {"loss": loss, "waves": False, "batch": 32}
    for latent in (1, 8):
        questions["view", latent] = {
            "latent": latent,
            "kind": "uniform",
            "regulariser": "spectral",
        }
    for name, value in WRONG:
        questions["completed", name] = {"settings": {name: value, "batch": 64}}
    questions["completed", ""] = {"settings": OTHERWISE}
    questions["completed", "all"] = {"settings": {"compare": None, "points": [], "layers": ["verdicts", "manifold", "arrows"]}}
    for count in (1, 799, 800, 12345):
        questions["history", count] = {"count": count}
    for name, how in LOOPS.items():
        questions["loop", name] = how
    questions["mounts", ""] = {}
    questions["table", ""] = {}
    questions["diverging", ""] = {}
    for (k, (before, later)), phases in product(enumerate(CHANGES), range(8)):
        questions["changedAfter", (k, phases)] = {"settings": before, "phases": phases, "later": later}
    for early in (False, True):
        questions["stopped", early] = {"early": early}
    questions["stroke", ""] = {"points": [[0.5, 0.5], [-1, 0], [0, -1]]}
    for points in ([], [[0.5, 0.5]]):
        questions["another", len(points)] = {"name": "data", "settings": {"data": "line", "points": points}}
    for name, compare in (("one", None), ("two", {"name": "regulariser", "value": "r1"})):
        questions["matters", name] = {"settings": {"regulariser": "clipping", "compare": compare}}
    questions["read", "idle"] = {"address": "#regulariser=none&compare=weight:1"}
    return kept | ask(node, questions)


def ask(node, questions):
    """What node answers to {(question, key): details}."""
    return node("playground.mjs", FOLDER, {key: [key[0], details] for key, details in questions.items()})


# ----- The engine


@pytest.mark.parametrize("name", CASES)
def test_javascript_and_pytorch_play_the_same_game(answers, name):
    settings, (game, draws), there = CASES[name], answers["game", name], answers["play", name]
    before = weights(game)
    here, costs = played(settings, game, draws)
    for player in game.order:
        for ours, theirs in zip(here[player], there[player], strict=True):
            assert np.abs(np.subtract(ours, theirs)).max() < 1e-5
        moved = np.abs(np.subtract(before[player][0], here[player][0])).max()
        assert moved > 1e-3, "where nothing moves, agreement says nothing"
        torch.testing.assert_close([round_[player] for round_ in there["costs"]], costs[player], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_no_constant_output_costs_the_discriminator_less_than_the_coin(answers, loss):
    cost = LOSSES[loss].discriminator
    constants = torch.linspace(-3, 3, 601).unsqueeze(1)
    best = min(cost(constant, constant).item() for constant in constants)
    coin = torch.tensor([float(answers["coin", loss])])
    assert cost(coin, coin).item() == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("k", range(len(CHANGES)))
def test_a_turn_that_has_begun_ends_with_the_loss_and_the_regulariser_it_was_judged_with(answers, k):
    assert [answers["changedAfter", (k, phases)] for phases in range(8)] == [0] * 8  # not a number would be None


@pytest.mark.parametrize("early", [False, True])
def test_a_game_that_has_stopped_takes_over_settings_and_plays_no_more(answers, early):
    stopped = answers["stopped", early]
    assert stopped["before"] != early
    assert "cost is" in stopped["message"] and stopped["errors"] == [stopped["message"]] * 3
    assert (stopped["settings"]["order"], stopped["settings"]["regulariser"]) == ("D+G", "spectral")


@pytest.mark.parametrize("loss", LOSSES)
def test_dashed_lines_are_the_costs_of_any_output_that_tells_nothing(answers, loss):
    said, objective = answers["said", loss], LOSSES[loss]
    constants = torch.linspace(-3, 3, 601).unsqueeze(1)
    costs = [[player(c, c).item() for player in (objective.discriminator, objective.generator)] for c in constants]
    best = min(cost for cost, _ in costs)
    ofG = [cost for other, cost in costs if other < best + 1e-6]  # where D is best at telling nothing
    known = max(ofG) - min(ofG) < 0.01
    assert said["levels"] == pytest.approx([best, ofG[0]] if known else [best], abs=1e-3)
    assert ("the costs" in said["dashed"]) == known and "penalty" in said["dashed"]


@pytest.mark.parametrize("loss", LOSSES)
def test_only_a_logit_is_called_a_belief(answers, loss):
    said = answers["said", loss]
    for words in (said["legend"], said["judged"]):
        assert ("takes points for real" in words) == (loss in ("non-saturating", "minimax"))
        assert ("relative to its present spread" in words) == (loss in ("wasserstein", "relativistic"))
        assert "surely" not in words
    assert "its slope is now 0.041." in said["legend"]
    assert "its slope is now 112; here the longest has 0.50." in said["two"]


@pytest.mark.parametrize("order", ORDERS)
def test_a_turn_taken_apart_is_the_same_turn(answers, order):
    apart = answers["byPhases", order]
    assert apart["apart"] == 0
    phases = [step["phase"] for step in apart["seen"]]
    assert phases == ["sample", "judge", "gradient", "move"] * (len(phases) // 4)
    turns = [step["movers"] for step in apart["seen"] if step["phase"] == "move"]
    initials = ["+".join(mover[0].upper() for mover in movers) for movers in turns]
    assert "".join(initials) == order * 3


def test_a_cost_that_is_not_finite_stops_the_game_in_words(answers):
    assert re.search(r"cost is \S+ in round \d+\. Lower the learning rate, or add a regulariser", answers["diverging", ""])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_default_setting_reaches_seven_of_eight_modes(answers, seed):
    assert answers["ring", seed][-1] >= 7, f"modes captured every 50 rounds: {answers['ring', seed]}"


# ----- Data and latents


@pytest.mark.parametrize("data", ["ring", "grid"])
def test_mixtures_are_those_of_the_package(answers, data):
    ours, theirs = {"ring": ring(), "grid": grid(5, 0.5)}[data], answers["mixture", data]
    there = torch.tensor(sorted(theirs["centres"]), dtype=torch.float32)
    here = torch.tensor(sorted(ours.centres.tolist()))
    torch.testing.assert_close(there.round(decimals=5).sort(0).values, here.round(decimals=5).sort(0).values)
    assert theirs["std"] == ours.std


@pytest.mark.parametrize("data", DATA)
def test_real_points_lie_in_the_picture_and_follow_from_the_seed(answers, data):
    points, same, others = (answers["points", (data, which)] for which in ("first", "again", "other"))
    assert len(points) == 2 * 2000 and np.abs(points).max() < 1.5
    assert points == same and points != others


def test_points_are_where_their_data_set_says(answers):
    points = {
        name: np.reshape(answers["points", (name, "first")], (-1, 2)) for name in ("ring", "grid", "line", "drawn", "moons")
    }
    for name, mixture in (("ring", ring()), ("grid", grid(5, 0.5))):
        found = metrics.modes(torch.tensor(points[name]), mixture)
        assert found.captured == len(mixture.centres) and found.high_quality > 0.97 and found.kl < 0.02
    slope = points["line"] @ [1, -2]  # twice its distance from y = x/2, but for a constant
    assert slope.std() == pytest.approx(0.03 * math.sqrt(5), rel=0.1)
    distance = np.linalg.norm(points["drawn"][:, None] - np.array([[0.5, 0.5], [-1, 0]]), axis=2).min(1)
    assert distance.max() < 0.03 * 5
    assert np.abs(points["moons"].mean(0)).max() < 0.05, "two moons, each the other's mirror image"


@pytest.mark.parametrize(("latent", "kind"), list(product((1, 2, 8), ("normal", "uniform"))))
def test_latents_have_the_moments_of_the_course_latents(answers, latent, kind):
    numbers = np.reshape(answers["latents", (latent, kind)], (-1, latent))
    theirs = Latent(latent, kind).draw(4000, torch.Generator().manual_seed(0)).numpy()
    assert numbers.shape == theirs.shape
    error = 5 / math.sqrt(numbers.size)
    for power in (1, 2, 4):
        assert (numbers**power).mean() == pytest.approx((theirs**power).mean(), abs=10 * error if power == 4 else 2 * error)
    assert (np.abs(numbers).max() <= 1) == (kind == "uniform")


# ----- Measures


@pytest.mark.parametrize("name", SAMPLES)
def test_modes_are_those_of_metrics(answers, name):
    data, _, least = SAMPLES[name]
    here, there = (
        metrics.modes(answers["samples", name], {"ring": ring(), "grid": grid(5, 0.5)}[data], least),
        answers["modes", name],
    )
    assert sorted(there["counts"]) == sorted(here.counts.tolist())
    for field, theirs in (("captured", "captured"), ("high_quality", "highQuality")):
        assert there[theirs] == pytest.approx(getattr(here, field), abs=1e-5), field


def test_the_divergence_is_scipys_jensen_shannon_between_the_shares_of_cells(answers):
    from scipy.spatial.distance import jensenshannon

    found, cells = answers["divergence", ""], []
    for samples in answers["cells"]:
        edges = np.linspace(-found["limit"], found["limit"], 21)
        inside = np.histogram2d(samples[:, 1], samples[:, 0], bins=[edges, edges])[0].ravel() / len(samples)
        cells.append([*inside, 1 - inside.sum()])
    assert found["p"] == pytest.approx(cells[0], abs=1e-9) and found["q"] == pytest.approx(cells[1], abs=1e-9)
    assert found["value"] == pytest.approx(jensenshannon(*cells) ** 2, abs=1e-9)
    assert 0 < found["value"] < math.log(2)
    assert answers["divergence", "equal"]["value"] == 0


# ----- What is seen


def network(parameters, *sizes):
    """An `mlp` of those sizes with parameters from JavaScript."""
    made = mlp(*sizes).double()
    for parameter, values in zip(made.parameters(), parameters, strict=True):
        parameter.data = torch.tensor(values, dtype=torch.float64).view_as(parameter)
    return made


@pytest.mark.parametrize("loss", LOSSES)
def test_arrows_are_what_the_laboratory_draws(answers, loss):
    seen, objective = answers["view", loss], LOSSES[loss]
    discriminator = network(answers["view", loss]["networks"]["discriminator"], 2, 32, 32, 1)
    start = torch.tensor(seen["arrows"]["from"], dtype=torch.float64).view(-1, 2).requires_grad_()
    real = torch.tensor(seen["real"], dtype=torch.float64).view(-1, 2)[: len(start)]
    cost = objective.generator(discriminator(real) if objective.paired else None, discriminator(start))
    (slope,) = torch.autograd.grad(cost, start)  # GameLab.pulls
    torch.testing.assert_close(torch.tensor(seen["arrows"]["along"], dtype=torch.float64).view(-1, 2), -len(start) * slope)
    assert seen["arrows"]["from"] == seen["samples"][: 2 * len(start)]


@pytest.mark.parametrize("loss", LOSSES)
def test_verdicts_are_numbers_between_generated_and_real(answers, loss):
    seen = answers["view", loss]
    outputs, verdicts = np.array(seen["outputs"]), np.array(seen["verdicts"])
    points = torch.tensor(seen["points"], dtype=torch.float64).view(-1, 2)
    with torch.no_grad():
        discriminator = network(answers["view", loss]["networks"]["discriminator"], 2, 32, 32, 1)
        assert outputs == pytest.approx(discriminator(points).flatten().numpy())
        if loss in ("non-saturating", "minimax"):
            expected = 1 / (1 + np.exp(-outputs))
        elif loss == "least-squares":
            expected = outputs.clip(0, 1)
        elif loss == "hinge":
            expected = ((outputs + 1) / 2).clip(0, 1)
        else:  # from the middle between the mean outputs of real and generated samples, in standard deviations
            both = [discriminator(torch.tensor(seen[kind], dtype=torch.float64).view(-1, 2)) for kind in ("real", "samples")]
            middle = (both[0].mean() + both[1].mean()) / 2
            scale = (torch.cat(both) - middle).square().mean().sqrt()
            expected = torch.sigmoid((torch.tensor(outputs) - middle) / scale).numpy()
    assert verdicts == pytest.approx(expected)


@pytest.mark.parametrize(("name", "latent", "reach"), [("hinge", 2, 2), (1, 1, 1), (8, 8, 1)])
def test_the_lattice_is_a_square_of_latents_through_the_generator(answers, name, latent, reach):
    curves = [torch.tensor(curve, dtype=torch.float64).view(-1, 2) for curve in answers["view", name]["lattice"]]
    generator = network(answers["view", name]["networks"]["generator"], latent, 32, 32, 2)
    corners = torch.zeros(4, latent, dtype=torch.float64)
    corners[:, :2] = reach * torch.tensor([[-1.0, -1], [1, -1], [-1, 1], [1, 1]])[:, :latent]
    with torch.no_grad():
        ends = generator(corners)
    if latent == 1:
        (curve,) = curves
        torch.testing.assert_close(curve[[0, -1]], ends[:2])
        return
    along, across = (
        curves[: len(curves) // 2],
        curves[len(curves) // 2 :],
    )  # the first latent grows along these, the second along those
    torch.testing.assert_close(torch.cat([along[0][[0, -1]], along[-1][[0, -1]]]), ends)
    torch.testing.assert_close(torch.cat([across[0][[0, -1]], across[-1][[0, -1]]]), ends[[0, 2, 1, 3]])


@pytest.mark.parametrize("name", [*LOSSES, 1, 8])
def test_looking_changes_nothing(answers, name):
    assert answers["view", name]["same"]


def test_the_state_is_said_in_a_sentence(answers):
    words = answers["view", "hinge"]["words"]
    assert re.fullmatch(
        r"Round 3; cost of the discriminator [\d.-]+; cost of the generator [\d.-]+; \d of 8 modes, \d+ % of samples within three "
        r"standard deviations of one; Jensen-Shannon divergence from the data [\d.]+ nats \([\d.]+ for real points\)\.",
        words,
    )


@pytest.mark.parametrize("count", [1, 799, 800, 12345])
def test_a_history_is_bounded_and_keeps_means_and_the_last_round(answers, count):
    points = answers["history", count]
    rounds, means = [p["round"] for p in points], [p["values"]["number"] for p in points]
    assert len(points) <= 800 and rounds[-1] == count and rounds == sorted(set(rounds))
    starts = [0, *rounds[:-1]]
    assert means == [(start + 1 + end) / 2 for start, end in zip(starts, rounds)], "of the numbers since the point before"
    assert count >= 800 or means == list(range(1, count + 1))


# ----- The loop


@pytest.mark.parametrize(("speed", "what", "times"), [("slow", "phase", 10), ("one", "round", 10), ("ten", "round", 100)])
def test_a_speed_is_kept_whatever_the_frames(answers, speed, what, times):
    did = answers["loop", speed]
    assert abs(did[what] - times) <= 1
    assert did["draw"] == did[what], "a picture for each change, and no more"


def test_at_full_speed_a_frame_has_its_time(answers):
    did = answers["loop", "full"]
    assert did["longest"] <= 20 + 3, "twenty milliseconds, and the round that was begun in them"
    assert did["draw"] >= 300, "thirty pictures a second"
    assert did["round"] > 3 * did["draw"]
    assert 18 <= did["measure"] <= 22, "twice a second"
    laboured = answers["loop", "laboured"]
    assert laboured["round"] >= laboured["draw"] > 0, "however long drawing takes, the game goes on"


def test_nothing_is_played_that_was_not_asked_for_or_cannot_be_seen(answers):
    paused, unseen = answers["loop", "paused"], answers["loop", "off the screen"]
    assert (paused["round"], paused["draw"]) == (0, 1)
    assert (unseen["round"], unseen["draw"]) == (0, 0)


def test_an_error_stops_the_loop_and_is_handed_on_once(answers):
    did = answers["loop", "failing"]
    assert (did["round"], did["stopped"], did["playing"]) == (5, 1, False)


# ----- Settings and their address


def test_settings_survive_the_address(answers, node):
    standard = answers["table", ""]["defaults"]
    assert set(OTHERWISE) == set(standard) and not [name for name in standard if OTHERWISE[name] == standard[name]]
    each = [{}, OTHERWISE, {"layers": []}, {"compare": {"name": "waves", "value": False}}] + [
        {k: v} for k, v in OTHERWISE.items()
    ]
    written = ask(node, {("written", k): {"settings": changes} for k, changes in enumerate(each)})
    read = ask(node, {("read", k): {"address": "#" + address} for (_, k), address in written.items()})
    for k, changes in enumerate(each):
        address, found = written["written", k], read["read", k]
        assert re.fullmatch(r"[-\w.&=+:,%]*", address) and (address == "") == (changes == {})
        assert found["problems"] == []
        for name, value in (standard | changes).items():
            near = np.abs(np.subtract(found["settings"][name], value)).max() < 2e-3 if name == "points" and value else None
            assert near or found["settings"][name] == value, name


@pytest.mark.parametrize("address", BROKEN)
def test_a_broken_address_is_said_in_words_and_leaves_the_defaults(answers, address):
    found, standard = answers["read", address], answers["table", ""]["defaults"]
    assert found["settings"] == standard | {"batch": 64}, "what can be read is read"
    (problem,) = found["problems"]
    assert BROKEN[address] in problem and problem.startswith("The address says") and problem.endswith("The default is used.")


def test_settings_given_by_a_page_are_read_like_an_address(answers):
    found, standard = answers["completed", ""], answers["table", ""]["defaults"]
    assert found["problems"] == []
    assert {name: value for name, value in found["settings"].items() if name != "points"} == {
        name: value for name, value in OTHERWISE.items() if name != "points"
    }
    assert answers["completed", "all"] == {"settings": standard, "problems": []}
    for name, _ in WRONG:
        (problem,) = answers["completed", name]["problems"]
        assert answers["completed", name]["settings"] == standard | {"batch": 64}
        assert problem.startswith(f"The page says “{name}: ") and problem.endswith("The default is used.")


def test_every_choice_offered_is_tested_against_pytorch(answers):
    table = answers["table", ""]["settings"]
    offered = {
        name: [value for value, _ in table[name]["values"]] for name in ("loss", "regulariser", "order", "optimiser", "latent")
    }
    for name, values in offered.items():
        assert set(values) == {case[name] for case in CASES.values()}, name


def test_the_data_offered_for_comparison_is_there(answers):
    assert answers["another", 0] not in ("line", "drawn") and answers["another", 1] == "drawn"


def test_a_setting_can_be_set_that_has_an_effect_in_one_of_two_runs(answers):
    assert {"bound"} == set(answers["matters", "one"]) & {"weight", "weightGP", "bound"}
    assert {"bound", "weight"} == set(answers["matters", "two"]) & {"weight", "weightGP", "bound"}


def test_a_comparison_without_effect_is_dropped_and_this_is_said(answers):
    found = answers["read", "idle"]
    assert found["settings"] == answers["table", ""]["defaults"] | {"regulariser": "none"}
    assert found["problems"] == ["“weight of R1, R2” has no effect with these settings, so nothing is compared."]


def test_points_are_shown_at_once_and_measured_when_the_last_is_drawn(answers):
    stroke = answers["stroke", ""]
    assert "draw some points" in stroke["empty"]
    assert stroke["meanwhile"] == {"real": 600, "words": "Round 0.", "levels": 0}
    assert stroke["drawn"] == stroke["whole"] and None not in stroke["drawn"]
