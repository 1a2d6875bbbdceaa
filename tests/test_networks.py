"""Networks: shapes, normalisation that normalises, and ensembles that are as many independent networks."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import register_parametrization

from gan_edu.errors import GameError
from gan_edu.networks import (
    Ensemble,
    FourierFeatures,
    Heads,
    MinibatchDiscrimination,
    Noise,
    Packed,
    Residual,
    UNet,
    dcgan_discriminator,
    dcgan_generator,
    dcgan_initialise,
    infer,
    judges_apart,
    leaky_relu,
    mlp,
    patchgan,
    smallest_map,
    spectral,
    virtual_batch_norm,
)
from gan_edu.networks.layers import VirtualBatchNorm

sizes = pytest.mark.parametrize("size", [8, 28, 32, 64, 128])
channels = pytest.mark.parametrize("channels", [1, 3])
refined = pytest.mark.parametrize("refine", [0, 1, 2])


def of_kind(network, *kinds):
    return [module for module in network.modules() if isinstance(module, kinds)]


def test_an_mlp_has_the_layers_that_its_sizes_say():
    network = mlp(2, 5, 7, 3, activation=nn.Tanh, output=nn.Sigmoid, dropout=0.4)
    assert [type(layer) for layer in network] == [
        nn.Linear, nn.Tanh, nn.Dropout, nn.Linear, nn.Tanh, nn.Dropout, nn.Linear, nn.Sigmoid,
    ]  # fmt: skip
    assert [(layer.in_features, layer.out_features) for layer in of_kind(network, nn.Linear)] == [(2, 5), (5, 7), (7, 3)]
    assert all(layer.p == 0.4 for layer in of_kind(network, nn.Dropout))
    assert network(torch.randn(4, 2)).shape == (4, 3)


def test_an_mlp_of_two_sizes_is_linear():
    assert [type(layer) for layer in mlp(2, 1)] == [nn.Linear]


def test_leaky_relu_has_slope_one_fifth_below_zero():
    torch.testing.assert_close(leaky_relu()(torch.tensor([-1.0, 2.0])), torch.tensor([-0.2, 2.0]))


@pytest.mark.parametrize("size, expected", [(28, (7, 2)), (32, (4, 3)), (64, (4, 4)), (128, (4, 5)), (8, (4, 1)), (48, (6, 3))])
def test_the_smallest_map_doubles_to_the_image(size, expected):
    smallest, doublings = smallest_map(size)
    assert (smallest, doublings) == expected and smallest * 2**doublings == size


def test_the_number_of_doublings_can_be_chosen():
    assert smallest_map(128, depth=4) == (8, 4)


@pytest.mark.parametrize("size, depth", [(1, None), (4, None), (27, None), (29, None), (66, None), (28, 3), (28, 0), (128, 2)])
def test_sizes_that_no_stack_makes_are_refused_with_advice(size, depth):
    with pytest.raises(GameError, match="try 28, 32, 64 or 128"):
        smallest_map(size, depth)


@sizes
@channels
@refined
def test_generator_and_discriminator_fit_together_at_every_size(size, channels, refine):
    generator = dcgan_generator(5, channels, size, width=2, refine=refine)
    images = generator(torch.randn(3, 5))
    assert images.shape == (3, channels, size, size) and images.abs().max() <= 1
    assert dcgan_discriminator(channels, size, width=2, refine=refine)(images).shape == (3, 1)
    assert dcgan_discriminator(channels, size, width=2, refine=refine, outputs=7)(images).shape == (3, 7)


@pytest.mark.parametrize("make", [dcgan_discriminator, UNet, patchgan, Residual])
def test_an_unknown_normalisation_is_refused(make):
    settings = {UNet: (1, 1, 8), patchgan: (1, 4, 1), Residual: (4,)}.get(make, ())
    with pytest.raises(GameError, match="None, 'spectral', 'batch' or 'instance', not 'layer'"):
        make(*settings, normalise="layer")


@pytest.mark.parametrize("normalise, batchnorms, spectral", [("spectral", 0, 3), ("batch", 1, 0), (None, 0, 0)])
def test_the_discriminator_is_normalised_as_asked(normalise, batchnorms, spectral):
    network = dcgan_discriminator(size=28, width=4, normalise=normalise)
    assert len(of_kind(network, nn.BatchNorm2d)) == batchnorms
    assert sum(name.endswith("original") for name, _ in network.named_parameters()) == spectral
    assert isinstance(network[1], nn.LeakyReLU), "no BatchNorm on the first layer (Radford et al. 2016)"


def test_spectral_norm_makes_every_layers_largest_singular_value_one():
    network = dcgan_discriminator(size=28, width=4, refine=2).train()
    for _ in range(200):  # one power iteration a pass
        network(torch.randn(2, 1, 28, 28))
    for layer in of_kind(network.eval(), nn.Conv2d, nn.Linear):
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda: mlp(3, 8, 8, 1), (3,)),
        (lambda: nn.Sequential(nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU()), nn.Flatten(), nn.Linear(16, 1)), (2, 6)),
        (lambda: nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.ReLU(), nn.ConvTranspose2d(4, 2, 3)), (1, 5, 5)),
    ],
    ids=["dense", "one dimension", "images"],
)
def test_any_network_can_be_given_spectral_norm(make, shape):
    """The first axis of a weight are its output channels, in a transposed convolution the second."""
    network, plain = make(), make()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(7)
    assert spectral(network.train()) is network
    for _ in range(50):  # one power iteration a pass
        network(torch.randn(2, *shape))
    layers = of_kind(network.eval(), nn.Linear, nn.modules.conv._ConvNd)
    assert len(layers) == len(of_kind(plain, nn.Linear, nn.modules.conv._ConvNd)) > 1
    for layer in layers:
        weight = layer.weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else layer.weight
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.01)


def test_a_dense_network_with_spectral_norm_is_lipschitz_with_constant_one():
    network = mlp(3, 16, 16, 1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(5)
    spectral(network.train())
    for _ in range(50):
        network(torch.zeros(1, 3))
    here, there = torch.randn(2, 1000, 3)
    near = here + 1e-2 * there
    for other in (there, near):
        slopes = (network.eval()(here) - network(other)).abs().flatten() / (here - other).norm(dim=1)
        assert slopes.max() < 1.01


def test_spectral_norm_needs_a_layer_to_constrain():
    with pytest.raises(GameError, match="this Ensemble holds none"):
        spectral(Ensemble(lambda: mlp(2, 4, 1), 2))


def normalised_mlp():
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Tanh())


NORMALISED = {
    "dense": (normalised_mlp, (4,)),
    "generator": (lambda: dcgan_generator(4, 1, 8, 4, refine=1), (4,)),
    "discriminator": (lambda: nn.Sequential(nn.BatchNorm2d(1), dcgan_discriminator(1, 8, 4, normalise="batch")), (1, 8, 8)),
    "without scale": (lambda: nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8, affine=False)), (4,)),
    "the layer alone": (lambda: nn.BatchNorm1d(4), (4,)),
}
normalised = pytest.mark.parametrize("make, shape", NORMALISED.values(), ids=NORMALISED)


@normalised
def test_with_virtual_batch_norm_a_sample_is_judged_whatever_its_batch(make, shape):
    network = make().train()
    virtual = virtual_batch_norm(network, torch.randn(6, *shape))
    one, company, other = torch.randn(1, *shape), torch.randn(5, *shape), 3 + torch.randn(9, *shape)

    def gap(network):
        return (network(torch.cat([one, company]))[0] - network(torch.cat([one, other]))[0]).abs().max()

    assert gap(virtual) < 1e-5 < 1e-3 < gap(network)
    torch.testing.assert_close(virtual(one)[0], virtual(torch.cat([company, one]))[-1])
    assert len(virtual(company)) == 5


@normalised
def test_virtual_batch_norm_is_alike_in_train_and_eval_and_keeps_no_statistics(make, shape):
    virtual = virtual_batch_norm(make(), torch.randn(6, *shape))
    before = {name: value.clone() for name, value in virtual.state_dict().items()}
    samples = torch.randn(5, *shape)
    assert torch.equal(virtual.train()(samples), virtual.eval()(samples))
    assert {name for name, _ in virtual.named_buffers()} == {"reference"}
    assert all(torch.equal(value, before[name]) for name, value in virtual.state_dict().items())


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("places", [(), (3,), (2, 3)])
def test_virtual_batch_norm_is_its_definition(n, places):
    layer = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d}[len(places)](2, eps=0.1).double()
    nn.init.uniform_(layer.weight), nn.init.normal_(layer.bias)
    reference, samples = torch.randn(n, 2, *places).double(), 2 + torch.randn(3, 2, *places).double()
    found = virtual_batch_norm(layer, reference)(samples)
    for sample, output in zip(samples, found):
        for c in range(2):
            mean = (n * reference[:, c].mean() + sample[c].mean()) / (n + 1)
            square = (n * reference[:, c].square().mean() + sample[c].square().mean()) / (n + 1)
            expected = (sample[c] - mean) / (square - mean**2 + 0.1).sqrt() * layer.weight[c] + layer.bias[c]
            torch.testing.assert_close(output[c], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["dense", "generator"])
def test_samples_like_the_reference_leave_every_virtual_batch_norm_normalised(kind):
    make, shape = NORMALISED[kind]
    virtual = virtual_batch_norm(make(), torch.randn(200, *shape))
    outputs = []
    for layer in of_kind(virtual, VirtualBatchNorm):
        layer.register_forward_hook(lambda module, args, output: outputs.append(output.clone().transpose(0, 1)))
    virtual(torch.randn(300, *shape))
    assert len(outputs) == 2
    for output in outputs:
        for part, tolerance in ((output[:, :200], 0.01), (output[:, 200:], 0.25)):  # the reference, and samples like it
            part = part.flatten(1)
            torch.testing.assert_close(part.mean(1), torch.zeros(len(part)), rtol=0, atol=tolerance)
            torch.testing.assert_close(part.std(1), torch.ones(len(part)), rtol=0, atol=tolerance)


def test_the_reference_passes_through_as_it_does_through_batch_norm():
    network, reference, outputs = normalised_mlp().train(), torch.randn(7, 4), []
    virtual = virtual_batch_norm(network, reference)
    virtual.network.register_forward_hook(lambda module, args, output: outputs.append(output[:7]))
    virtual(torch.randn(3, 4))
    torch.testing.assert_close(outputs[0], network(reference))


def test_virtual_batch_norm_copies_the_network_with_its_scales_and_shifts():
    network = normalised_mlp()
    nn.init.uniform_(network[1].weight), nn.init.normal_(network[1].bias)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    virtual = virtual_batch_norm(network, torch.randn(6, 4))
    own = dict(virtual.network.named_parameters())
    assert set(own) == {name for name, _ in network.named_parameters()}
    assert all(torch.equal(own[name], p) and own[name] is not p for name, p in network.named_parameters())
    virtual(torch.randn(3, 4)).sum().backward()
    assert isinstance(network[1], nn.BatchNorm1d) and all(p.grad is None for p in network.parameters())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_gradients_flow_through_the_sample_and_through_the_reference():
    network = virtual_batch_norm(normalised_mlp().double(), torch.randn(4, 4).double())
    samples = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda samples, *_: network(samples), (samples, *network.parameters()))
    network.network[0].register_forward_hook(lambda module, args, output: torch.cat([output[:4], output[4:].detach()]))
    (slope,) = torch.autograd.grad(network(samples).sum(), network.network[0].weight)
    assert slope.abs().sum() > 0, "the first layer also moves the reference's statistics"


def test_virtual_batch_norm_keeps_its_digits_far_from_zero_and_in_half_precision():
    samples, reference = torch.randn(3, 2, 50), torch.randn(4, 2, 50)
    layer = nn.BatchNorm1d(2)
    near, far = (virtual_batch_norm(layer, reference + shift)(samples + shift) for shift in (0.0, 1000.0))
    torch.testing.assert_close(near, far, rtol=0, atol=1e-2)
    reference, samples = reference.bfloat16(), samples.bfloat16()
    half, full = virtual_batch_norm(layer, reference)(samples), virtual_batch_norm(layer, reference.float())(samples.float())
    torch.testing.assert_close(half, full, rtol=0, atol=1e-5)


def test_what_holds_no_batch_norm_is_refused():
    with pytest.raises(GameError, match="this Sequential holds none"):
        virtual_batch_norm(mlp(2, 4, 1), torch.randn(5, 2))


def test_every_batchnorm_normalises_and_none_has_a_number_in_the_wrong_place():
    """`BatchNorm2d(n, 0.8)` sets eps, not momentum, and nearly turns it off."""
    generator = dcgan_generator(8, size=28, width=8, refine=2).train()
    layers = of_kind(generator, nn.BatchNorm2d)
    spreads = []
    for layer in layers:
        layer.register_forward_hook(lambda module, args, output: spreads.append(output.transpose(0, 1).flatten(1).std(dim=1)))
    generator(torch.randn(64, 8))
    assert len(spreads) == len(layers) == 4
    for spread in spreads:
        torch.testing.assert_close(spread, torch.ones_like(spread), rtol=0, atol=0.02)
    assert {(layer.eps, layer.momentum) for layer in layers} == {(1e-5, 0.1)}


def test_an_unnormalised_generator_holds_no_statistics():
    assert list(dcgan_generator(8, size=28, width=4, normalise=False).buffers()) == []


def test_radfords_initialisation_has_his_numbers():
    network = nn.Sequential(nn.Conv2d(32, 64, 4), nn.ConvTranspose2d(64, 32, 4), nn.BatchNorm2d(4096), nn.Linear(300, 300))
    network.apply(dcgan_initialise)
    for layer, mean in zip(network, (0, 0, 1, 0)):
        assert layer.weight.mean().item() == pytest.approx(mean, abs=0.002)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)


def test_waves_are_the_point_and_its_sines_and_cosines_at_three_wavelengths():
    x = torch.tensor([[0.5, -1.0]])
    expected = [x, *(f(k * x) for f in (torch.sin, torch.cos) for k in (1, 3, 9))]
    torch.testing.assert_close(FourierFeatures()(x), torch.cat(expected, dim=1))
    assert FourierFeatures()(torch.zeros(3, 4, 2)).shape == (3, 4, 14)


def test_packing_concatenates_neighbours():
    seen = []
    packed = Packed(nn.Sequential(nn.Identity()), 2)
    packed.discriminator.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    samples = torch.arange(12.0).view(6, 2)
    packed(samples)
    torch.testing.assert_close(seen[0], torch.tensor([[0.0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]))


def test_a_packed_discriminator_gives_one_logit_a_pack():
    assert Packed(mlp(6, 4, 1), 3)(torch.randn(12, 2)).shape == (4, 1)


def test_minibatch_discrimination_is_the_sum_of_its_definition():
    layer = MinibatchDiscrimination(5, kernels=3, dimensions=2)
    features = torch.randn(4, 5)
    points = layer.project(features).view(4, 3, 2)
    expected = torch.zeros(4, 3)
    for i in range(4):
        for b in range(3):
            expected[i, b] = sum((-(points[i, b] - points[j, b]).abs().sum()).exp() for j in range(4) if j != i)
    found = layer(features)
    torch.testing.assert_close(found[:, :5], features)
    torch.testing.assert_close(found[:, 5:], expected)


def test_minibatch_discrimination_tells_a_collapsed_batch_from_a_varied_one():
    layer = MinibatchDiscrimination(5, kernels=3, dimensions=2)
    same = layer(torch.randn(1, 5).expand(8, 5))[:, 5:]
    torch.testing.assert_close(same, torch.full((8, 3), 7.0))  # the other seven lie exactly here
    assert layer(5 * torch.randn(8, 5))[:, 5:].mean() < 3


def test_minibatch_discrimination_follows_a_shuffle_of_the_batch():
    layer, features, order = MinibatchDiscrimination(5), torch.randn(6, 5), torch.randperm(6)
    torch.testing.assert_close(layer(features)[order], layer(features[order]))


class _Squared(nn.Linear):
    def forward(self, x):
        return super().forward(x).square()


class _Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def _twice(*layers):
    return nn.Sequential(*layers, *layers)


MEMBERS = {
    "perceptron": lambda: mlp(2, 6, 3, activation=nn.Tanh),
    "without bias": lambda: nn.Linear(2, 3, bias=False),
    "nested": lambda: nn.Sequential(FourierFeatures(), mlp(14, 6, 6), leaky_relu(), nn.Linear(6, 3)),
    "features that know the batch": lambda: nn.Sequential(nn.Linear(2, 4), MinibatchDiscrimination(4), nn.Linear(20, 3)),
    "softmax over a member's own outputs": lambda: nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1)),
    "convolution": lambda: nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 3, 2), nn.Flatten()),
    "derived from a linear layer": lambda: nn.Sequential(_Squared(2, 4), nn.Linear(4, 3)),
    "derived from a sequence": lambda: _Residual(nn.Linear(2, 2), nn.Tanh()),
    "reparametrised": lambda: nn.Sequential(register_parametrization(nn.Linear(2, 4), "weight", nn.Tanh()), nn.Linear(4, 3)),
    "layers in two places": lambda: _twice(nn.Linear(2, 2), nn.Tanh()),
}


@pytest.mark.parametrize("make", MEMBERS.values(), ids=MEMBERS)
def test_an_ensemble_is_its_members_side_by_side(make):
    ensemble = Ensemble(make, 4)
    batch = torch.randn(4 * 5, 2)
    parts = [ensemble.member(k)(batch[5 * k : 5 * k + 5]) for k in range(4)]
    torch.testing.assert_close(ensemble(batch), torch.cat(parts))
    first, second = (next(ensemble.member(k).parameters()) for k in range(2))
    assert not torch.allclose(first, second), "members start apart"


def test_a_member_is_a_copy():
    ensemble = Ensemble(lambda: mlp(2, 6, 3), 2)
    before = ensemble(torch.ones(2, 2))
    with torch.no_grad():
        ensemble.member(0)[0].weight.zero_()
    torch.testing.assert_close(ensemble(torch.ones(2, 2)), before)


def test_an_ensemble_refuses_networks_with_buffers():
    with pytest.raises(GameError, match="no buffers"):
        Ensemble(lambda: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), 2)


def test_an_ensembles_dropout_is_each_members_own_and_off_in_eval_mode():
    ensemble = Ensemble(_dropping, 2)
    ones = torch.ones(2 * 50, 20)
    masks = (ensemble.train()(ones) == 0).view(2, 50, -1)
    assert masks.any() and not torch.equal(masks[0], masks[1])
    assert torch.equal(ensemble.eval()(ones), ensemble(ones))


def _dropping():
    network = nn.Sequential(nn.Linear(20, 20), nn.Dropout(0.5))
    nn.init.eye_(network[0].weight)
    nn.init.zeros_(network[0].bias)
    return network


def test_an_ensembles_state_can_be_saved_and_loaded():
    one, other = (Ensemble(lambda: mlp(2, 6, 3), 2) for _ in range(2))
    other.load_state_dict(one.state_dict())
    torch.testing.assert_close(one(torch.ones(4, 2)), other(torch.ones(4, 2)))


# Inference ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_inference_is_in_eval_mode_in_any_batch_size_and_leaves_everything_as_it_was(batch, mode):
    network = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)).train(mode)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    inputs = torch.randn(7, 2)
    found = infer(network, inputs, batch=batch)
    assert network.training == mode and not found.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    torch.testing.assert_close(found, network.eval()(inputs).detach())


def test_inference_that_fails_leaves_the_mode_as_it_was():
    network = nn.Sequential(nn.Linear(2, 4)).train()
    with pytest.raises(RuntimeError):
        infer(network, torch.randn(7, 3))
    assert network.training


def test_heads_answer_side_by_side_and_each_sample_by_itself(rng):
    heads, features = Heads(nn.Linear(5, 1), nn.Linear(5, 3)), torch.randn(4, 5, generator=rng)
    torch.testing.assert_close(heads(features), torch.cat([head(features) for head in heads.heads], dim=1))
    assert heads(features).shape == (4, 4) and judges_apart(heads) and not judges_apart(Heads(Packed(nn.Linear(10, 1), 2)))


def test_noise_is_normal_of_its_deviation_in_train_mode_and_nothing_in_eval_mode():
    torch.manual_seed(0)
    noise, x = Noise(0.3), torch.full((100, 1000), 2.0)
    added = noise(x) - x
    assert added.mean().abs() < 0.01 and added.std().item() == pytest.approx(0.3, rel=0.01)
    assert added.abs().gt(0.3).float().mean().item() == pytest.approx(0.317, abs=0.01), "a normal's share beyond one deviation"
    assert torch.equal(noise.eval()(x), x) and judges_apart(noise)
