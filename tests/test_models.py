"""The families that notebook 02 writes out: what must be true of their probabilities, whatever the weights."""

import ast
import math
from functools import partial
from pathlib import Path

import nbformat
import pytest
import torch
from torch import nn

from gan_edu import data
from gan_edu.training import play

SHAPE, LEVELS = (1, 2, 3), 5
NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "02_families_of_generative_models.ipynb"


def written_out(*names):
    """The classes and functions of these names that the notebook defines."""
    space = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source.replace("%", "#") if cell.source.startswith("%") else cell.source)
            kept = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom)) or getattr(n, "name", None) in names]
            exec(compile(ast.Module(kept, []), "notebook 02", "exec"), space)
    return [space[name] for name in names]


_, made, Autoregressive = written_out("MaskedLinear", "made", "Autoregressive")
Coupling, checkerboard, Flow = written_out("Coupling", "checkerboard", "Flow")
VAE, RBM, ais, Diffusion = written_out("VAE", "RBM", "ais", "Diffusion")


@pytest.fixture
def shaken():
    """Gives a model weights that matter: a new flow, for one, changes nothing."""

    def shake(model, scale=0.5):
        torch.manual_seed(1)
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=scale)
        return model

    return shake


@pytest.fixture
def some():
    """Seven images of that shape."""
    return torch.randint(LEVELS, (7, *SHAPE), generator=torch.Generator().manual_seed(3))


def binary(count):
    """All states of so many bits, (2^count, count)."""
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * count).view(-1, count)


# ---- the belief net


@pytest.mark.parametrize("hidden", [(), (40,), (40, 40), (3,)], ids=str)
def test_no_answer_of_the_masked_network_sees_its_own_pixel_or_a_later_one(hidden, shaken):
    jacobian = torch.func.jacrev(shaken(made(6, 4, hidden)))(torch.randn(6)).view(6, 4, 6)
    assert torch.equal(jacobian.abs().sum(1).triu(), torch.zeros(6, 6))


def test_every_answer_sees_every_earlier_pixel(shaken):
    jacobian = torch.func.jacrev(shaken(made(6, 4, (40, 40))))(torch.randn(6)).view(6, 4, 6).abs().sum(1)
    assert (jacobian[torch.ones(6, 6).tril(-1).bool()] > 0).all()


def test_the_belief_nets_probabilities_add_up_to_one(shaken):
    model = shaken(Autoregressive((1, 1, 3), levels=3, hidden=(16,)))
    every = torch.cartesian_prod(*[torch.arange(3)] * 3).view(-1, 1, 1, 3)
    assert model.log_likelihood(every).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_the_belief_net_samples_what_it_believes(shaken, rng):
    model = shaken(Autoregressive((1, 1, 2), levels=3, hidden=(16,)), 1.0)
    every = torch.cartesian_prod(torch.arange(3), torch.arange(3)).view(-1, 1, 1, 2)
    drawn = model.sample(20_000, rng).view(-1, 2)
    shares = (drawn[:, 0] * 3 + drawn[:, 1]).bincount(minlength=9) / len(drawn)
    torch.testing.assert_close(shares, model.log_likelihood(every).exp().detach(), atol=0.02, rtol=0)


def test_completing_keeps_what_is_given(shaken, some, rng):
    model = shaken(Autoregressive(SHAPE, LEVELS, (16,)))
    done = model.complete(some, 4, rng)
    assert torch.equal(done.flatten(1)[:, :4], some.flatten(1)[:, :4]) and done.shape == some.shape
    assert not torch.equal(done, some) and done.min() >= 0 and done.max() < LEVELS


# ---- the flow


def test_a_new_coupling_changes_nothing_and_a_shaken_one_half(shaken):
    layer, x = Coupling(checkerboard(SHAPE, 0), 8), torch.randn(5, 6)
    torch.testing.assert_close(layer(x)[0], x)
    moved = shaken(layer)(x)[0] != x
    assert torch.equal(moved, (checkerboard(SHAPE, 0) == 0).expand(5, 6))


def test_the_two_checkerboards_share_out_the_pixels_between_them():
    assert torch.equal(checkerboard((3, 4, 4), 0) + checkerboard((3, 4, 4), 1), torch.ones(48))


def test_a_flow_decodes_what_it_encodes(shaken, rng):
    model = shaken(Flow(SHAPE, LEVELS, layers=4, hidden=8), 0.3)
    x = LEVELS * torch.rand(50, *SHAPE, generator=rng)
    torch.testing.assert_close(model.decode(model.encode(x)[0]), x, atol=1e-4, rtol=0)


def test_the_change_of_volume_is_the_jacobians_determinant(shaken, rng):
    model = shaken(Flow(SHAPE, LEVELS, layers=4, hidden=8), 0.3).double()
    x = LEVELS * torch.rand(6, *SHAPE, generator=rng, dtype=torch.float64)
    jacobian = torch.func.vmap(torch.func.jacrev(lambda v: model.encode(v.view(1, *SHAPE))[0][0]))(x.flatten(1))
    torch.testing.assert_close(model.encode(x)[1], torch.linalg.slogdet(jacobian)[1], atol=1e-9, rtol=0)


def test_a_flows_density_integrates_to_the_share_of_samples_inside(shaken, rng):
    """A little of the density lies beyond the levels, where the margin is; the rest must be the integral."""
    model = shaken(Flow((1, 1, 2), levels=2, layers=4, hidden=8), 0.5)
    with torch.no_grad():
        drawn = model.decode(torch.randn(100_000, 2, generator=rng)).flatten(1)
        line = (torch.arange(1600) + 0.5) / 800  # midpoints on [0, 2]
        density = model.log_density(torch.cartesian_prod(line, line).view(-1, 1, 1, 2)).exp()
    inside = ((drawn >= 0) & (drawn <= 2)).all(1).float().mean().item()
    assert density.double().sum().item() / 800**2 == pytest.approx(inside, abs=0.01)


# ---- the variational autoencoder


def test_the_elbo_is_at_most_the_importance_weighted_bound_for_every_image(shaken, some, rng):
    weights = shaken(VAE(SHAPE, LEVELS, latent=2, hidden=8)).log_weights(some, 100, rng)
    assert (weights.mean(0) <= torch.logsumexp(weights, 0) - math.log(100)).all()


def test_the_cost_is_the_negative_elbo(shaken, some, rng):
    model = shaken(VAE(SHAPE, LEVELS, latent=2, hidden=8), 0.3)
    cost = model.cost("model", model.draw(some.repeat(4000, 1, 1, 1), rng)).item()
    assert cost == pytest.approx(-model.log_weights(some, 4000, rng).mean().item(), rel=0.02)


def test_with_many_weights_the_bound_is_the_likelihood(shaken, rng):
    """One latent number: the integral over it can be done by quadrature."""
    model = shaken(VAE((1, 1, 2), levels=3, latent=1, hidden=8))
    image = torch.tensor([[[[0, 2]]]])
    z = torch.linspace(-8, 8, 4001).view(-1, 1)
    prior = -0.5 * z.square().squeeze(1) - 0.5 * math.log(2 * math.pi)
    truth = torch.logsumexp(prior + model.log_likelihood(image.expand(len(z), -1, -1, -1), z), 0) + math.log(16 / 4000)
    found = torch.logsumexp(model.log_weights(image, 20_000, rng), 0) - math.log(20_000)
    assert found.item() == pytest.approx(truth.item(), abs=0.02)


# ---- the Boltzmann machine


@pytest.fixture
def rbm(shaken):
    return shaken(RBM(4, 3), 1.0)


def test_free_energies_and_log_z_make_probabilities(rbm):
    assert rbm.log_likelihood(binary(4), rbm.log_partition()).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_the_free_energy_sums_over_the_causes(rbm):
    v, h = binary(4), binary(3)
    joint = v @ rbm.model["weight"].T @ h.T + (v @ rbm.model["visible"]).unsqueeze(1) + h @ rbm.model["hidden"]
    torch.testing.assert_close(-rbm.free_energy(v), torch.logsumexp(joint, 1))


def test_annealing_finds_log_z(rbm, rng):
    assert ais(rbm, rng).item() == pytest.approx(rbm.log_partition().item(), abs=0.05)


def test_a_long_gibbs_chain_samples_the_machine(rbm, rng):
    tossed = torch.bernoulli(torch.full((20_000, 4), 0.5), generator=rng)
    drawn = rbm.gibbs(tossed, 100, rng) @ torch.tensor([8.0, 4.0, 2.0, 1.0])
    shares = drawn.long().bincount(minlength=16) / len(drawn)
    truth = rbm.log_likelihood(binary(4), rbm.log_partition()).exp().detach().float()
    torch.testing.assert_close(shares, truth, atol=0.02, rtol=0)


def test_contrastive_divergence_with_a_long_chain_is_the_exact_gradient(rbm, rng):
    images = binary(4)[[1, 5, 5, 12]]
    rbm.steps = 100
    exact = torch.autograd.grad(-rbm.log_likelihood(images, rbm.log_partition()).mean(), list(rbm.parameters()))
    draw = rbm.draw(images.repeat(5000, 1), rng)
    found = torch.autograd.grad(rbm.cost("model", draw), list(rbm.parameters()))
    for a, b in zip(exact, found):
        torch.testing.assert_close(a, b, atol=0.03, rtol=0)


# ---- all of them


FAMILIES = {
    "belief net": lambda: Autoregressive(SHAPE, LEVELS, (16,)),
    "flow": lambda: Flow(SHAPE, LEVELS, layers=4, hidden=8),
    "autoencoder": lambda: VAE(SHAPE, LEVELS, latent=2, hidden=8),
    "Boltzmann machine": lambda: RBM(6, 4),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_training_raises_the_likelihood_of_what_is_shown(family, some):
    """Every image is the same one: a family that learns at all gives it a larger probability."""
    torch.manual_seed(0)
    model = FAMILIES[family]()
    one = some[:1].repeat(32, 1, 1, 1)
    shown = (one > 2).float().flatten(1) if family == "Boltzmann machine" else one

    def surprise():
        fresh = torch.Generator().manual_seed(0)
        if family == "Boltzmann machine":
            return -model.log_likelihood(shown, model.log_partition()).mean().item()
        return model.cost("model", model.draw(shown, fresh)).item()

    before = surprise()
    play(model, data.Batches(shown, size=32), 100, optimiser=lambda p: torch.optim.Adam(p, lr=0.02))
    assert surprise() < before - 1


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_samples_the_same_images(family, shaken):
    model = shaken(FAMILIES[family]())
    sample = partial(model.gibbs, torch.zeros(8, 6), 10) if family == "Boltzmann machine" else partial(model.sample, 8)
    first, again, other = (sample(torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


# ---- the diffusion model


@pytest.fixture
def alone():
    """A new diffusion model of two pixels and three levels, each pixel by itself, and log P of the nine images."""
    chances = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.1, 0.8]])
    model = Diffusion((1, 1, 2), levels=3, hidden=8, steps=200)
    model.model[-1].bias.data.copy_(chances.log().flatten())
    every = torch.cartesian_prod(torch.arange(3), torch.arange(3)).view(-1, 1, 1, 2)
    return model, every, (chances[0].unsqueeze(1) * chances[1]).flatten().log()


def test_a_new_diffusion_model_draws_independent_pixels(alone, rng):
    model, _, truth = alone
    drawn = model.sample(20_000, rng).view(-1, 2)
    shares = (drawn[:, 0] * 3 + drawn[:, 1]).bincount(minlength=9) / len(drawn)
    torch.testing.assert_close(shares, truth.exp(), atol=0.02, rtol=0)


def test_the_diffusion_bound_is_below_the_likelihood_and_tends_to_it_with_the_steps(alone, rng):
    model, every, truth = alone
    few, many = (model.bound(every.repeat(500, 1, 1, 1), rng, steps).view(500, 9).mean(0) for steps in (10, 1000))
    assert (few < truth - 0.1).all()
    torch.testing.assert_close(many, truth, atol=0.05, rtol=0)


def test_the_cost_of_the_diffusion_model_is_the_bound_with_endless_steps(alone, rng):
    model, every, truth = alone
    images = every[:1].repeat(20_000, 1, 1, 1)
    spent = model.cost("model", model.draw(images, rng)) + model.ends(images, rng).mean()
    assert spent.item() == pytest.approx(-truth[0].item(), abs=0.1)
