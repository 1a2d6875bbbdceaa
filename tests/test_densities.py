"""The laboratory of two densities measures what SciPy measures, and D* is that of chapter 03. One process of node answers all
questions of this file."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm
from torch.distributions import Normal, kl_divergence

from gan_edu.data import Mixture, gaussian
from gan_edu.widgets import DensityLab

CASES = {
    "as the chapter begins": {},
    "equal": {"meanG": -1, "stdG": 1},
    "far apart": {"mean": -4, "std": 0.5, "meanG": 4, "stdG": 0.2},
    "wide": {"mean": 0, "std": 2, "meanG": 0.05, "stdG": 2},
    "one of two modes": {"mean": 0, "apart": 4, "share": 0.4, "std": 0.5, "meanG": 2, "stdG": 0.5},
    "between two modes": {"mean": 0.5, "apart": 6, "share": 0.95, "std": 0.2, "meanG": 0.5, "stdG": 1.3},
    "narrow": {"mean": 0, "std": 0.2, "meanG": 0.4, "stdG": 0.2},
    "two modes that are one": {"mean": 0, "apart": 0.2, "share": 0.45, "std": 0.2, "meanG": 2, "stdG": 0.7},
}
MEANS = [-4.0, -1.3, 0.0, 2.1, 6.0]


@pytest.fixture(scope="module")
def answers(node):
    """`answers[key]`: what JavaScript answers."""
    questions = {name: ["measures", case] for name, case in CASES.items()}
    questions |= {("moved", name): ["landscape", case | {"means": MEANS}] for name, case in CASES.items()}
    questions |= {("at", name, mean): ["measures", case | {"meanG": mean}] for name, case in CASES.items() for mean in MEANS}
    questions |= {("curves", name): ["curves", case | {"xs": [-6, -1.5, 0, 0.3, 5]}] for name, case in CASES.items()}
    questions["normal"] = ["normal", {"xs": np.linspace(-9, 9, 181).tolist(), "shares": SHARES}]
    questions |= {("pictured", name): ["pictured", case | {"means": MEANS}] for name, case in CASES.items()}
    questions |= {("matters", apart): ["matters", {"apart": apart}] for apart in (0, 0.5, 4)}
    questions["wrong"] = ["read", {"std": 0, "drawn": ["js", "chi2"], "apart": 2}]
    return node("densities.mjs", DensityLab.folder, questions)


SHARES = [1e-300, 1e-20, 1e-6, 0.01, 0.0749, 0.0751, 0.3, 0.5, 0.77, 0.93, 0.999999]


def both(case):
    """The two densities of a case as mixtures of the package, and the places where an integral needs care."""
    case = {"mean": -1, "std": 1, "apart": 0, "share": 0.4, "meanG": 1, "stdG": 0.7} | case
    modes = [case["mean"] - case["apart"] / 2, case["mean"] + case["apart"] / 2] if case["apart"] else [case["mean"]]
    weights = [case["share"], 1 - case["share"]] if case["apart"] else [1.0]
    data = Mixture([[mode] for mode in modes], std=case["std"], weights=weights)
    return data, gaussian(case["meanG"], case["stdG"]), weights, modes, case


@pytest.mark.parametrize("name", CASES)
def test_measures_are_scipys(answers, name):
    data, generator, weights, modes, case = both(CASES[name])

    def log(density, x):
        return density.log_density(torch.tensor([[x]], dtype=torch.float64)).item()

    def below(x):
        q = norm.cdf(x, case["meanG"], case["stdG"])
        return sum(w * norm.cdf(x, mode, case["std"]) for w, mode in zip(weights, modes)) - q

    def kl(a, b, x):
        return math.exp(a) * (a - b)

    def js(a, b, x):
        middle = np.logaddexp(a, b) - math.log(2)
        return (math.exp(a) * (a - middle) + math.exp(b) * (b - middle)) / 2

    integrands = {
        "js": js,
        "value": lambda a, b, x: math.exp(a) * -np.logaddexp(0, b - a) + math.exp(b) * -np.logaddexp(0, a - b),
        "forward": kl,
        "reverse": lambda a, b, x: kl(b, a, x),
        "variation": lambda a, b, x: abs(math.exp(a) - math.exp(b)) / 2,
        "transport": lambda a, b, x: abs(below(x)),
    }
    edges = np.unique([-20.0, 20.0, *(m + s * k for m, s in [*((m, case["std"]) for m in modes), (case["meanG"], case["stdG"])]
                                      for k in (-6, -2, 0, 2, 6))]).clip(-20, 20)  # fmt: skip
    for measure, integrand in integrands.items():
        wanted = sum(
            quad(lambda x, f=integrand: f(log(data, x), log(generator, x), x), a, b, limit=60, epsabs=1e-9)[0]
            for a, b in zip(edges, edges[1:])
        )
        within = 2e-6 if measure in ("variation", "transport") else 1e-7  # the first two have corners
        assert answers[name][measure] == pytest.approx(wanted, rel=1e-7, abs=within), measure
    assert answers[name]["value"] == pytest.approx(2 * answers[name]["js"] - math.log(4), abs=1e-9), "section 3 of the chapter"


def test_two_gaussians_have_torchs_divergences_and_equal_ones_none(answers):
    p, q = Normal(-1.0, 1.0), Normal(1.0, 0.7)
    found = answers["as the chapter begins"]
    assert found["forward"] == pytest.approx(kl_divergence(p, q).item(), rel=1e-6)
    assert found["reverse"] == pytest.approx(kl_divergence(q, p).item(), rel=1e-6)
    same = answers["equal"]
    assert [same[name] for name in ("js", "forward", "reverse", "variation", "transport")] == pytest.approx([0] * 5, abs=1e-12)
    assert answers["wide"]["transport"] == pytest.approx(0.05, abs=1e-9), "of equal widths, the distance of the means"
    apart = answers["far apart"]
    assert apart["js"] == pytest.approx(math.log(2), abs=1e-6) and apart["variation"] == pytest.approx(1, abs=1e-6)
    assert apart["transport"] == pytest.approx(8, abs=0.01) and apart["reverse"] > 100


@pytest.mark.parametrize("name", CASES)
def test_the_landscape_is_what_one_measures_when_one_goes_there(answers, name):
    for k, mean in enumerate(MEANS):
        for measure, value in answers["at", name, mean].items():
            near = 2e-4 if measure in ("variation", "transport") else 1e-6  # on a coarser grid
            assert answers["moved", name][k][measure] == pytest.approx(value, rel=1e-4, abs=near), measure


@pytest.mark.parametrize("name", CASES)
def test_what_is_drawn_are_the_packages_densities_and_the_best_discriminator(answers, name):
    data, generator, *_ = both(CASES[name])
    xs = torch.tensor([[-6], [-1.5], [0], [0.3], [5]], dtype=torch.float64)
    p, q = (density.log_density(xs).numpy().ravel() for density in (data, generator))
    drawn = answers["curves", name]
    assert drawn["p"] == pytest.approx(np.exp(p), rel=1e-6) and drawn["q"] == pytest.approx(np.exp(q), rel=1e-6)
    assert drawn["best"] == pytest.approx(expit(p - q), rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_disc_sits_on_top_of_its_density_and_nothing_leaves_the_pictures(answers, name):
    data, *_, modes, case = both(CASES[name])
    xs = torch.linspace(min(modes) - 0.1, max(modes) + 0.1, 5001, dtype=torch.float64)
    densities = data.log_density(xs.view(-1, 1)).exp()
    pictured = answers["pictured", name]
    where, high = pictured["peak"]
    assert high == pytest.approx(densities.max().item(), rel=3e-3)
    assert high == pytest.approx(data.log_density(torch.tensor([[where]], dtype=torch.float64)).exp().item(), rel=1e-6)
    assert pictured["top"] >= max(1, densities.max().item(), norm.pdf(0) / case["stdG"])
    low, most = pictured["range"]
    assert all(
        low - 1e-9 <= moved[drawn] <= most for moved in answers["moved", name] for drawn in ("js", "variation", "transport")
    )


def test_the_normal_distribution_is_scipys(answers):
    xs, found = np.linspace(-9, 9, 181), answers["normal"]
    assert found["cumulative"] == pytest.approx(norm.cdf(xs), abs=1e-14)
    assert found["density"] == pytest.approx(norm.pdf(xs), rel=1e-13)
    assert found["quantile"] == pytest.approx(norm.ppf(SHARES), rel=1e-13, abs=1e-15)


def test_what_cannot_be_is_said_and_replaced(answers):
    wrong = answers["wrong"]
    assert (wrong["settings"]["std"], wrong["settings"]["apart"]) == (1, 2)
    assert "give a number from 0.2 to 2" in wrong["problems"][0] and "write some of value, js" in wrong["problems"][1]


def test_the_share_matters_wherever_there_are_two_modes(answers):
    assert ["share" in answers["matters", apart] for apart in (0, 0.5, 4)] == [False, True, True]
