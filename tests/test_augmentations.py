"""Augmentations: random in the draw alone, the same for both kinds of samples, and transparent to gradients."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from gan_edu.augmentations import DifferentiableAugmentation, InstanceNoise, colour, cutout, translation, warp
from gan_edu.errors import GameError
from gan_edu.games import Draw
from gan_edu.losses import non_saturating, relativistic
from gan_edu.models.gan import GAN, FeatureMatchingGAN
from gan_edu.networks import dcgan_generator, mlp
from gan_edu.penalties import R1, R2, GradientPenalty

CHANGES = {"colour": colour, "translation": translation, "cutout": cutout, "warp": warp}
each = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def small(augmentation=None, kind=GAN, **settings):
    """A GAN of 8×8 colour images."""
    torch.manual_seed(3)
    features = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 8), nn.Tanh(), nn.Linear(8, 1))
    return kind(dcgan_generator(4, 3, 8, 4, normalise=False), features, latent=4, augmentation=augmentation, **settings)


def photographs(rng, n=6):
    return torch.rand(n, 3, 8, 8, generator=rng) * 2 - 1


AUGMENTATIONS = {
    "noise": lambda: InstanceNoise(0.5, 10),
    "all changes": DifferentiableAugmentation,
    **{name: partial(DifferentiableAugmentation, change) for name, change in CHANGES.items()},
}
every = pytest.mark.parametrize("make", AUGMENTATIONS.values(), ids=AUGMENTATIONS)


# In the game ------------------------------------------------------------------------------------------------------------


def test_without_an_augmentation_no_random_number_is_drawn_for_one(rng):
    game, same = small(penalties=[R1(1.0)]), torch.Generator().manual_seed(0)
    real = photographs(rng)
    photographs(same)
    draw = game.draw(real, rng)
    assert torch.equal(draw.latent, torch.randn(6, 4, generator=same)) and torch.equal(draw.mix, torch.rand(6, generator=same))
    assert torch.equal(rng.get_state(), same.get_state()) and draw.augment_real is draw.augment_fake is None
    assert game.seen_real(draw) is real


@every
def test_the_discriminator_sees_nothing_but_augmented_samples(make, rng):
    game = small(make(), penalties=[R1(0.5), R2(0.5), GradientPenalty(1.0)], objective=relativistic)
    draw = game.draw(photographs(rng), rng)
    real = game.augmentation(draw.real, draw.augment_real)
    fake = game.augmentation(game.fake(draw), draw.augment_fake)
    assert not torch.allclose(real, draw.real) and not torch.allclose(fake, game.fake(draw))
    seen = []
    game.discriminator.register_forward_hook(lambda module, args, output: seen.append(args[0].detach()))
    game.cost("discriminator", draw)
    torch.testing.assert_close(seen[0], torch.cat([real, fake]))
    torch.testing.assert_close(seen[1], torch.lerp(real, fake, draw.mix.view(-1, 1, 1, 1)))
    game.cost("generator", draw)
    torch.testing.assert_close(seen[2], torch.cat([real, fake]))
    game.objective = non_saturating
    game.cost("generator", draw)
    torch.testing.assert_close(seen[3], fake)


@every
def test_features_are_those_of_augmented_samples_too(make, rng):
    game = small(make(), FeatureMatchingGAN)
    draw = game.draw(photographs(rng), rng)
    means = [game.discriminator[:-1](samples).mean(0) for samples in (game.seen_real(draw), game.seen_fake(draw))]
    torch.testing.assert_close(game.cost("generator", draw), (means[0] - means[1]).square().sum())


@every
@pytest.mark.parametrize("objective", [non_saturating, relativistic], ids=lambda o: o.name)
def test_the_generator_learns_through_the_augmentation(make, objective, rng):
    game = small(make(), objective=objective)
    draw = game.draw(photographs(rng), rng)
    own = list(game.generator.parameters())
    slopes = torch.autograd.grad(game.cost("generator", draw), own)
    assert all(slope.abs().sum() > 0 for slope in slopes)
    name, h = "0.weight", 1e-6
    game, draw = game.double(), Draw(**{k: v.double() if isinstance(v, torch.Tensor) else v for k, v in vars(draw).items()})
    weight = game.generator.get_parameter(name)
    (slope,) = torch.autograd.grad(game.cost("generator", draw), [weight])
    costs = []
    for shift in (h, -h):
        with torch.no_grad():
            weight.add_(shift * slope.sign())
            costs.append(game.cost("generator", draw).item())
            weight.sub_(shift * slope.sign())
    assert (costs[0] - costs[1]) / (2 * h) == pytest.approx(slope.abs().sum().item(), rel=1e-4)


@every
@pytest.mark.parametrize("player", GAN.order)
def test_the_same_draw_costs_the_same_twice_and_another_draw_something_else(make, player, rng):
    game = small(make())
    real = photographs(rng)
    draw = game.draw(real, rng)
    state = rng.get_state()
    first, torch_state = game.cost(player, draw), torch.get_rng_state()
    assert game.cost(player, draw) == first
    assert torch.equal(rng.get_state(), state) and torch.equal(torch.get_rng_state(), torch_state)
    again = game.draw(real, rng)
    again.latent = draw.latent
    assert game.cost(player, again) != first


@every
def test_every_sample_real_or_generated_has_numbers_of_its_own(make, rng):
    real = photographs(rng, 1).expand(6, -1, -1, -1)
    augmentation = make()
    of_real, of_fake = augmentation.draw(real, rng)
    assert len(of_real) == len(of_fake) == 6, "one row a sample: processes share a draw by rows"
    numbers = torch.cat([of_real, of_fake]).flatten(1)
    assert len(numbers.unique(dim=0)) == len(numbers) == 12
    changed = torch.cat([augmentation(real, of_real), augmentation(real, of_fake)])
    assert len(changed.unique(dim=0)) > 6  # of 9 ways to move so small an image some come twice
    torch.testing.assert_close(augmentation(real[2:4], of_real[2:4]), changed[2:4])


def test_real_and_generated_samples_are_changed_alike(rng):
    """Of the same distribution: means and spreads of many augmented copies of one image agree."""
    image = photographs(rng, 1).expand(4000, -1, -1, -1)
    for make in AUGMENTATIONS.values():
        augmentation = make()
        one, other = (augmentation(image, numbers) for numbers in augmentation.draw(image, rng))
        torch.testing.assert_close(one.mean(0), other.mean(0), rtol=0, atol=0.07)
        torch.testing.assert_close(one.std(0), other.std(0), rtol=0, atol=0.07)


# Instance noise -----------------------------------------------------------------------------------------------------------


def test_instance_noise_falls_linearly_to_nothing(rng):
    noise, samples = InstanceNoise(0.8, 4), torch.zeros(20000, 2)
    stds = []
    for _ in range(7):
        of_real, of_fake = noise.draw(samples, rng)
        assert of_real.std().item() == pytest.approx(of_fake.std().item(), rel=0.03)
        stds.append(noise(samples, of_real).std().item())
        assert noise(samples, of_real).mean().abs() < 0.02
    assert stds == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0, 0.0, 0.0], rel=0.02)


def test_the_count_of_noisy_draws_is_saved_with_the_game_and_moves_in_no_turn(rng):
    game = GAN(mlp(2, 4, 2), mlp(2, 4, 1), latent=2, augmentation=InstanceNoise(1.0, 10))
    for _ in range(3):
        draw = game.draw(torch.randn(4, 2, generator=rng), rng)
        with game.turn(("discriminator",)):
            game.cost("discriminator", draw)
    other = GAN(mlp(2, 4, 2), mlp(2, 4, 1), latent=2, augmentation=InstanceNoise(1.0, 10))
    other.load_state_dict(game.state_dict())
    assert game.state_dict()["augmentation.drawn"] == other.augmentation.drawn == 3


def test_under_noise_the_best_discriminator_is_that_of_the_blurred_gaussians(rng):
    """N(m, σ²) becomes N(m, σ² + s²). Between two such of equal variance the best logit is a line: its slope is the distance of the
    means divided by the blurred variance."""
    m, deviation, std = 1.0, 0.5, 0.8
    generator = nn.Linear(1, 1)
    with torch.no_grad():
        generator.weight.fill_(deviation), generator.bias.fill_(-m)
    game = GAN(generator, nn.Linear(1, 1), latent=1, augmentation=InstanceNoise(std, 10**9))
    draw = game.draw(m + deviation * torch.randn(40000, 1, generator=rng), rng)
    search = torch.optim.LBFGS(game.discriminator.parameters(), max_iter=30, line_search_fn="strong_wolfe")

    def cost():
        search.zero_grad()
        value = game.cost("discriminator", draw)
        value.backward(inputs=list(game.discriminator.parameters()))
        return value

    search.step(cost)
    assert game.discriminator.weight.item() == pytest.approx(2 * m / (deviation**2 + std**2), rel=0.03)
    assert game.discriminator.bias.item() == pytest.approx(0, abs=0.05)


# Images ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size, furthest", [(8, 1), (28, 4), (32, 4), (64, 8)])
def test_translation_moves_by_whole_pixels_up_to_an_eighth_and_brings_in_grey(size, furthest):
    steps = 2 * furthest + 1
    numbers = (torch.cartesian_prod(torch.arange(steps), torch.arange(steps)) + 0.5) / steps
    image = torch.rand(1, 2, size, size) / 2 + 0.25  # nowhere 0
    moved = translation(image.expand(len(numbers), -1, -1, -1), numbers)
    padded = nn.functional.pad(image, [furthest] * 4)[0]
    for k, found in enumerate(moved):
        up, left = 2 * furthest - k // steps, 2 * furthest - k % steps
        assert torch.equal(found, padded[:, up : up + size, left : left + size])


def test_the_smallest_and_the_largest_random_numbers_are_in_range():
    image, edge = torch.ones(2, 1, 28, 28), torch.tensor([[0.0], [1 - 2**-24]]).expand(2, 3)
    up_left, down_right = translation(image, edge)
    assert (up_left[0, 24:] == 0).all() and (up_left[0, :, 24:] == 0).all() and up_left.sum() == 24**2
    assert (down_right[0, :4] == 0).all() and (down_right[0, :, :4] == 0).all() and down_right.sum() == 24**2
    up_left, down_right = cutout(image, edge)
    assert (up_left[0, :7, :7] == 0).all() and up_left.sum() == 28**2 - 7**2
    assert (down_right[0, 21:, 21:] == 0).all() and down_right.sum() == 28**2 - 7**2


@pytest.mark.parametrize("height, width", [(8, 8), (28, 28), (8, 16), (9, 10)])
def test_cutout_makes_a_grey_hole_half_as_wide_and_high_wherever_its_centre_lies(height, width, rng):
    numbers = torch.rand(500, 3, generator=rng)
    images = 1 + torch.rand(500, 3, height, width)
    left = cutout(images, numbers)
    hole = left == 0
    assert torch.equal(left[~hole], images[~hole]) and torch.equal(hole.all(1), hole.any(1))
    for axis, side in ((2, height), (3, width)):
        along = hole.any(1).any(4 - axis).sum(1)  # of each hole
        half = (side + 1) // 2
        assert along.max() == half and along.min() >= side // 4 and (along == half).float().mean() > 0.35
        holes = hole.any(1).any(4 - axis).float().mean(0)
        torch.testing.assert_close(holes, holes.flip(0), rtol=0, atol=0.12)


def test_colour_changes_brightness_saturation_and_contrast_as_far_as_the_paper_says():
    image = torch.rand(1, 3, 4, 4) * 2 - 1
    grey = image.mean(1, keepdim=True).expand_as(image)
    mean = image.mean()

    def changed(*numbers):
        return colour(image, torch.tensor([numbers]))

    torch.testing.assert_close(changed(0.5, 0.5, 0.5), image)
    torch.testing.assert_close(changed(0.0, 0.5, 0.5), image - 0.5)
    torch.testing.assert_close(changed(1.0, 0.5, 0.5), image + 0.5)
    torch.testing.assert_close(changed(0.5, 0.0, 0.5), grey)
    torch.testing.assert_close(changed(0.5, 1.0, 0.5), image + (image - grey))
    torch.testing.assert_close(changed(0.5, 0.5, 0.0), mean + 0.5 * (image - mean))
    torch.testing.assert_close(changed(0.5, 0.5, 1.0), mean + 1.5 * (image - mean))
    ink = image[:, :1]
    torch.testing.assert_close(colour(ink, torch.tensor([[0.5, 0.9, 0.5]])), ink)  # one channel has no saturation


@pytest.mark.parametrize(
    "numbers, lean, length",
    [
        ([0.5, 0.5, 0.5], 0.0, 1.0),
        ([1.0, 0.5, 0.5], math.tan(0.3), math.cos(0.3)),
        ([0.5, 0.0, 0.5], 0.4, 1.0),
        ([0.5, 0.5, 1.0], 0.0, 1 / 1.2),
    ],
    ids=["nothing", "turn", "slant", "size"],
)
def test_warp_turns_slants_and_resizes_as_far_as_it_says(numbers, lean, length):
    """A soft upright bar, seen by its second moments: how far it goes sideways for each step up, and its height."""
    place = torch.linspace(-1, 1, 65)
    y, x = torch.meshgrid(place, place, indexing="ij")
    bar = 2 * torch.exp(-((x / 0.08) ** 2 + (y / 0.3) ** 2) / 2) - 1
    changed = warp(bar.view(1, 1, 65, 65), torch.tensor([numbers]))[0, 0] + 1
    height, sideways = (changed * y * y).sum() / changed.sum(), (changed * x * y).sum() / changed.sum()
    assert abs(sideways / height) == pytest.approx(lean, abs=0.03)
    assert height.sqrt() == pytest.approx(0.3 * length, rel=0.03)


def test_what_a_warp_brings_in_is_black():
    assert torch.equal(warp(torch.full((4, 1, 8, 8), -1.0), torch.rand(4, 3)), torch.full((4, 1, 8, 8), -1.0))
    white = warp(torch.ones(1, 1, 9, 9), torch.tensor([[1.0, 0.5, 1.0]]))
    assert white[0, 0, 4, 4] == 1 and white[0, 0, 0, 0] == -1


@each
def test_changes_keep_the_shape_and_care_for_no_layout(change, rng):
    images, numbers = torch.randn(4, 3, 8, 6), torch.rand(4, 3, generator=rng)
    changed = change(images, numbers)
    assert changed.shape == images.shape and changed.dtype == images.dtype
    torch.testing.assert_close(change(images.to(memory_format=torch.channels_last), numbers), changed)
    torch.testing.assert_close(change(images.double(), numbers), changed.double(), rtol=0, atol=1e-5)


def test_chosen_changes_are_made_one_after_the_other_with_their_own_numbers(rng):
    augmentation = DifferentiableAugmentation(cutout, colour)
    images = photographs(rng)
    numbers, _ = augmentation.draw(images, rng)
    torch.testing.assert_close(augmentation(images, numbers), colour(cutout(images, numbers[:, 0]), numbers[:, 1]))
    assert DifferentiableAugmentation().changes == (colour, translation, cutout)


def test_points_are_no_images(rng):
    with pytest.raises(GameError, match=r"images \(N, C, H, W\), not for samples of shape \(5, 2\)"):
        DifferentiableAugmentation().draw(torch.zeros(5, 2), rng)
