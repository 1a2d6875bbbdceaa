"""A generator does the same in the page as in PyTorch, forwards and backwards. One process of node answers all questions."""

import base64
import json

import numpy as np
import pytest
import torch
from torch import nn

from gan_edu.errors import GameError
from gan_edu.networks import Residual, dcgan_generator, infer, mlp, residual_generator, spectral
from gan_edu.widgets.page import SHARED
from gan_edu.widgets.page.generator import Sum, exported, folded


def norms_have_seen_something(network):
    """BatchNorm as it is after training: no scale is 1, no statistic what it was."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            spread, shift = (module.running_var, module.weight), (module.running_mean, module.bias)
            for tensor in (each for each in spread if each is not None):
                tensor.data.uniform_(0.5, 2)
            for tensor in (each for each in shift if each is not None):
                tensor.data.normal_()
    return network


def generators():
    """By name (network, size of its latents): between them, all that can be exported."""
    torch.manual_seed(0)
    image = nn.Unflatten(1, (1, 4, 6))
    strange = nn.Sequential(
        nn.Linear(5, 18, bias=False), nn.Dropout(0.5), nn.Unflatten(1, (2, 3, 3)), nn.BatchNorm2d(2), nn.LeakyReLU(0.3),
        nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(2, 5, 3, padding=1), nn.Identity(), nn.BatchNorm2d(5, affine=False)),
        nn.ReLU(inplace=True), nn.Conv2d(5, 3, 5, stride=2, padding=3, bias=False),
        nn.ConvTranspose2d(3, 3, 5, stride=3, padding=2), nn.Sigmoid(),
    )  # fmt: skip
    for parameter in strange.parameters():
        parameter.data *= 3
    edges = nn.Sequential(
        nn.Linear(4, 24), nn.BatchNorm1d(24), nn.Tanh(), nn.BatchNorm1d(24, affine=False), nn.Unflatten(1, (2, 3, 4)),
        nn.BatchNorm2d(2), nn.Upsample(scale_factor=3, mode="bilinear"), nn.BatchNorm2d(2),
        nn.Conv2d(2, 3, 5, stride=2, padding=2, padding_mode="reflect"), nn.Upsample(scale_factor=2), nn.BatchNorm2d(3),
        nn.LeakyReLU(), nn.BatchNorm2d(3), nn.Conv2d(3, 1, 1),
    )  # fmt: skip
    dense = nn.Sequential(nn.Linear(6, 7), nn.BatchNorm1d(7), nn.LeakyReLU(), spectral(nn.Linear(7, 24)), image, nn.Tanh())
    made = {
        "of chapter 05": (dcgan_generator(8, 1, 12, width=4, refine=1, depth=1), 8),
        "in colour": (dcgan_generator(3, 3, 16, width=3), 3),
        "of chapter 04": (nn.Sequential(mlp(9, 11, 24, output=nn.Tanh), image), 9),
        "dense": (dense, 6),
        "strange": (strange, 5),
        "with edges, and norms of their own": (edges, 4),
        "residual, 16": (residual_generator(5, 3, 16, width=3), 5),
        "residual, 32": (residual_generator(6, 3, 32, width=2), 6),
    }
    return {name: (norms_have_seen_something(network), inputs) for name, (network, inputs) in made.items()}


GENERATORS = generators()


def numbers(text, kind):
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), kind).copy())


def as_held(network, inputs):
    """The network with the weights that the page holds, read from what is written, and not as it is written."""
    plain = folded(network)
    hold(plain, exported(network, inputs)["layers"])
    return plain


def hold(plain, written):
    """Gives folded layers the weights that are written."""
    held = [layer for layer in plain if not isinstance(layer, (nn.Identity, nn.Dropout, nn.Flatten, nn.Unflatten))]
    for layer, entry in zip(held, written, strict=True):
        if isinstance(layer, Sum):
            for branch, inside in zip(layer.branches, entry["branches"], strict=True):
                hold(branch, inside)
        if "weight" in entry:
            axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
            scale = numbers(entry["scale"], "<f4").view([-1 if k == axis else 1 for k in range(layer.weight.dim())])
            layer.weight.data = numbers(entry["weight"], "i1").view(layer.weight.shape) * scale
            layer.bias.data = numbers(entry["bias"], "<f4")


@pytest.fixture(scope="module")
def answers(node):
    """By name what PyTorch and JavaScript make of three latents: (network, latents, gradient by the image, answers)."""
    asked, expected = {}, {}
    for name, (network, inputs) in GENERATORS.items():
        latents = torch.randn(3, inputs)
        gradient = torch.randn(infer(network, latents).shape[1:])
        settings = {"latents": latents.tolist(), "gradient": gradient.flatten().tolist()}
        asked[name] = {"written": exported(network, inputs)} | settings
        expected[name] = (as_held(network, inputs), latents, gradient)
    made = node("generator.mjs", SHARED, asked)
    return {name: (*expected[name], made[name]) for name in asked}


@pytest.mark.parametrize("name", GENERATORS)
def test_the_page_makes_the_images_that_pytorch_makes(answers, name):
    network, latents, _, made = answers[name]
    images = infer(network, latents).flatten(1)
    assert images.std() > 0.05, "there is something to compare"
    for image, each in zip(images, made, strict=True):
        torch.testing.assert_close(torch.tensor(each["image"]), image, rtol=0, atol=1e-5)
        assert each["image"] == each["last"]


@pytest.mark.parametrize("name", GENERATORS)
def test_the_page_finds_the_gradient_that_autograd_finds(answers, name):
    network, latents, gradient, made = answers[name]
    z = latents.clone().requires_grad_()
    (expected,) = torch.autograd.grad((network(z) * gradient).sum(), z)
    assert expected.abs().max() > 0.1
    found = torch.tensor([each["gradient"] for each in made])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_folded_generator_makes_the_same_images_and_the_first_stays_as_it_is(name):
    network, inputs = GENERATORS[name]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    network.train()
    latents, plain = torch.randn(4, inputs), folded(network)
    assert network.training and not plain.training
    torch.testing.assert_close(plain(latents), infer(network, latents), rtol=0, atol=2e-5)
    torch.testing.assert_close(dict(network.state_dict()), before, rtol=0, atol=0)
    plain[0].weight.data.zero_()
    torch.testing.assert_close(dict(network.state_dict()), before, rtol=0, atol=0)


def test_norms_are_part_of_the_layer_before_wherever_it_has_weights():
    def norms(name):
        kept = folded(GENERATORS[name][0]).modules()
        return [layer for layer in kept if isinstance(layer, nn.modules.batchnorm._BatchNorm)]

    assert [len(norms(name)) for name in ("of chapter 05", "in colour", "dense", "strange")] == [0, 0, 0, 0]
    assert len(norms("with edges, and norms of their own")) == 4
    assert len(norms("residual, 16")) == 3, "one before each of two blocks, and the last"


def test_eight_bits_cost_an_image_less_than_a_shade_and_a_page_half_a_megabyte():
    """The size of chapter 05's generator. One of 256 shades is 0.008 of the pixels' range from -1 to 1."""
    torch.manual_seed(0)
    network = norms_have_seen_something(dcgan_generator(64, 1, 28, width=32, refine=2))
    latents = torch.randn(64, 64)
    apart = (infer(as_held(network, 64), latents) - infer(network, latents)).square().mean().sqrt()
    assert 0 < apart < 0.008
    assert len(json.dumps(exported(network, 64))) < 520_000


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (nn.Sequential(nn.Identity(), nn.GELU()), r"layer 1\.1, GELU"),
        (nn.BatchNorm2d(2, track_running_stats=False), r"layer 1, BatchNorm2d\(2,"),
        (nn.Conv2d(2, 2, 3, groups=2), r"layer 1, Conv2d\(2, 2, .* groups=2"),
        (nn.Conv2d(2, 2, 3, padding="same"), r"layer 1, Conv2d\(2, 2, .*padding=same"),
        (nn.Conv2d(2, 2, (3, 1)), r"layer 1, Conv2d\(2, 2, kernel_size=\(3, 1\)"),
        (nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), "layer 1, Conv2d.*circular"),
        (nn.Sequential(nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1, padding_mode="replicate")), r"layer 1\.1, Conv2d.*replicate"),
        (nn.ConvTranspose2d(2, 2, 3, stride=2, output_padding=1), "layer 1, ConvTranspose2d.*output_padding"),
        (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), "layer 1, Upsample.*bilinear"),
        (nn.Upsample(scale_factor=2, mode="bicubic"), "layer 1, Upsample.*bicubic"),
        (nn.Upsample(size=8), "layer 1, Upsample"),
        (nn.Upsample(scale_factor=(2, 3)), "layer 1, Upsample"),
        (nn.Upsample(scale_factor=1.5), "layer 1, Upsample"),
        (nn.InstanceNorm2d(2), "layer 1, InstanceNorm2d"),
        (Residual(2), r"layer 1, Residual"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_what_a_page_cannot_run_is_refused_by_name(layer, named):
    with pytest.raises(GameError, match=rf"(?s){named}.*cannot be exported: a page runs linear layers"):
        exported(nn.Sequential(nn.Unflatten(1, (2, 4, 4)), layer), 32)


def test_what_makes_no_images_is_refused():
    with pytest.raises(GameError, match=r"images \(N, C, H, W\) with 1 or 3 channels; this generator makes \(1, 4\)"):
        exported(mlp(2, 8, 4), 2)
    with pytest.raises(GameError, match=r"makes \(1, 2, 2, 2\)"):
        exported(nn.Sequential(nn.Linear(2, 8), nn.Unflatten(1, (2, 2, 2))), 2)
    with pytest.raises(GameError, match=r"Linear\(in_features=2, .* takes \(N, features\), not \(1, 1, 2\)"):
        exported(nn.Sequential(nn.Unflatten(1, (1, 1, 2)), nn.Linear(2, 2)), 2)
    with pytest.raises(GameError, match=r"(?s)a generator, Residual\(.*cannot be exported"):
        exported(Residual(2), 2)
