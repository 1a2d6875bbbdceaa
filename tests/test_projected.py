"""A discriminator with a trained network's eyes: what it sees, what its slopes are taken in, and whose the eyes are not."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, softplus

from gan_edu.augmentations import DifferentiableAugmentation, colour
from gan_edu.errors import GameError
from gan_edu.losses import relativistic
from gan_edu.models import projected
from gan_edu.models.projected import MapsDiscriminator, ProjectedGAN
from gan_edu.networks import mlp, residual_generator
from gan_edu.penalties import R1, R2

SIDE, CLASSES, LATENT = 8, 3, 4
BOTH = R1(2.0), R2(2.0)
COMBINATION = torch.randn(2, 3, 1, 1, generator=torch.Generator().manual_seed(5))  # the trained network: one convolution


def eyes(images):
    """Two maps: what a frozen convolution sees at half the side, and the images."""
    return [torch.conv2d(avg_pool2d(images, 2), COMBINATION).tanh(), images]


def small_game(penalties=BOTH, **settings):
    generator = nn.Sequential(mlp(LATENT + CLASSES, 8, 3 * SIDE**2), nn.Tanh(), nn.Unflatten(1, (3, SIDE, SIDE)))
    discriminator = MapsDiscriminator([(2, 4, 4), (3, SIDE, SIDE)], 1 + CLASSES, width=8)
    for part in discriminator.parts:
        nn.init.normal_(part[-1].weight, std=0.3)  # the label is heard from the beginning
    return ProjectedGAN(generator, discriminator, eyes, LATENT, CLASSES, relativistic, penalties, **settings)


def drawn(game, rng, n=6):
    return game.draw((torch.rand(n, 3, SIDE, SIDE, generator=rng) * 2 - 1, torch.arange(n) % CLASSES), rng)


def answers(game, images, labels):
    """The logits (N, 1), by hand."""
    outputs = game.discriminator(torch.cat([seen.flatten(1) for seen in eyes(images)], dim=1))
    return outputs[:, :1] + outputs[torch.arange(len(labels)), 1 + labels].unsqueeze(1)


def test_the_costs_compare_pairs_of_one_label(rng):
    game = small_game(penalties=())
    draw = drawn(game, rng)
    real, fake = (answers(game, images, draw.labels) for images in (draw.real, game.fake(draw)))
    torch.testing.assert_close(game.cost("discriminator", draw), softplus(fake - real).mean())
    torch.testing.assert_close(game.cost("generator", draw), softplus(real - fake).mean())


@pytest.mark.parametrize("penalties", [(R1(2.0),), (R2(2.0),), (R1(2.0), R2(2.0))])
def test_slopes_are_asked_for_in_what_is_seen_at_the_samples_label(penalties, rng):
    game = small_game(penalties=penalties)
    draw = drawn(game, rng)
    expected = softplus(answers(game, game.fake(draw), draw.labels) - answers(game, draw.real, draw.labels)).mean()
    for penalty in penalties:
        images = draw.real if isinstance(penalty, R1) else game.fake(draw)
        for k, label in enumerate(draw.labels):  # sample by sample
            seen = torch.cat([each.flatten() for each in eyes(images[k : k + 1])]).detach().requires_grad_()
            outputs = game.discriminator(seen.unsqueeze(0))[0]
            (slope,) = torch.autograd.grad(outputs[0] + outputs[1 + label], seen)
            expected = expected + slope.square().sum() / len(images)
    torch.testing.assert_close(game.cost("discriminator", draw), expected)


def test_a_label_is_as_loud_as_a_latent_for_each_class(rng):
    draw = drawn(small_game(), rng, n=3)
    assert torch.equal(draw.latent[:, LATENT:], math.sqrt(CLASSES) * torch.eye(CLASSES))
    assert draw.latent[:, LATENT:].square().mean() == pytest.approx(1), "as a normal latent's mean square"


def test_the_eyes_are_nobodys_and_the_generator_learns_through_them(rng):
    game = small_game()
    assert sum(p.numel() for p in game.parameters()) == sum(
        p.numel() for network in (game.generator, game.discriminator) for p in network.parameters()
    )
    game.cost("generator", drawn(game, rng)).backward()
    assert game.generator[0][0].weight.grad.abs().sum() > 0


def test_what_is_augmented_is_the_images_and_not_the_maps(rng):
    game = small_game(augmentation=DifferentiableAugmentation(colour))
    draw = drawn(game, rng)
    changed = game.augmentation(draw.real, draw.augment_real)
    torch.testing.assert_close(game.seen_real(draw), torch.cat([seen.flatten(1) for seen in eyes(changed)], dim=1))


def test_each_map_has_a_discriminator_of_its_own_and_labels_say_little_at_first(rng):
    shapes = [(6, 16, 16), (5, 4, 4), (4, 2, 2), (3, 32, 32)]
    sizes = [math.prod(shape) for shape in shapes]
    network = MapsDiscriminator(shapes, outputs=4, width=8)
    seen = torch.randn(2, sum(sizes), generator=rng)
    outputs = network(seen)
    assert outputs.shape == (2, 4) and 0 < outputs[:, 1:].std() < 0.5 * outputs[:, 0].std()
    alone = [part(x.view(2, *shape)) for part, x, shape in zip(network.parts, seen.split(sizes, 1), shapes)]
    torch.testing.assert_close(outputs, sum(alone) / 2)


@pytest.mark.parametrize("size", [28, 32, 64, 128])
def test_the_residual_generator_makes_images_of_every_size(size):
    images = residual_generator(5, 3, size, width=2)(torch.randn(3, 5))
    assert images.shape == (3, 3, size, size) and images.abs().max() <= 1


def test_the_residual_generator_refuses_other_sizes():
    with pytest.raises(GameError, match="try 28, 32, 64 or 128"):
        residual_generator(5, 3, 27)


def test_the_recipe_has_a_discriminator_for_each_map_that_the_eyes_see(rng):
    recipe = projected.recipe((3, 32, 32), 17, lambda images: [avg_pool2d(images, 4), avg_pool2d(images, 8), images])
    game = recipe.game((3, 32, 32))
    draw = game.draw((torch.zeros(2, 3, 32, 32), torch.tensor([0, 16])), rng)
    assert game.seen_fake(draw).shape == (2, 3 * (64 + 16 + 1024)) and game.discriminator(game.seen_fake(draw)).shape == (2, 18)
    assert recipe.labels and game.objective is relativistic and len(game.penalties) == 2
