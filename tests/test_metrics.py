"""Metrics where the truth is known: the true distribution scores perfect, and distances agree with their formulas."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.linalg
import torch

from gan_edu import data, judge, metrics
from gan_edu.data import Mixture, grid, ring
from gan_edu.errors import DataError
from gan_edu.metrics import Examiner, Modes, frechet_distance, modes


@pytest.mark.parametrize(
    "mixture, number", [(ring(), 8), (ring(std=0.01), 8), (grid(), 25)], ids=["ring", "published ring", "grid"]
)
def test_the_true_distribution_scores_perfect(mixture, number, rng):
    found = modes(mixture.sample(2500, rng), mixture)
    assert found.captured == number and found.verdict == "covered"
    # Within three standard deviations lie 1 - exp(-9/2) = 98.9 % of a normal distribution in the plane.
    assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert found.kl < 0.01 and found.dominant < 2.0 / number


def test_the_ring_has_exactly_eight_centres_evenly_spaced():
    """`linspace(0, 2π, 8)` puts the first and the last on one spot: seven modes."""
    centres = ring().centres
    distances = torch.cdist(centres, centres) + 10 * torch.eye(8)
    assert centres.shape == (8, 2)
    torch.testing.assert_close(distances.min(dim=1).values, torch.full((8,), 2 * math.sin(math.pi / 8)))
    torch.testing.assert_close(centres.norm(dim=1), torch.ones(8))


def test_the_grid_goes_from_minus_four_to_four_in_steps_of_two():
    centres = grid().centres
    assert len({tuple(c) for c in centres.tolist()}) == 25
    assert set(centres.flatten().tolist()) == {-4.0, -2.0, 0.0, 2.0, 4.0}


def spread(shares, mixture=None, count=1000):
    """Samples that lie exactly on the centres, so many on each."""
    mixture = mixture or ring()
    return torch.cat([centre.expand(round(share * count), 2) for centre, share in zip(mixture.centres, shares)])


@pytest.mark.parametrize(
    "shares, verdict",
    [
        ([1.0], "complete collapse"),
        ([0.9, 0.1], "complete collapse"),
        ([0.89, 0.11], "partial collapse"),
        ([0.5, 0.5], "partial collapse"),
        ([1 / 6] * 6, "partial collapse"),
        ([1 / 7] * 7, "covered"),
        ([1 / 8] * 8, "covered"),
    ],
)
def test_verdicts_are_as_defined(shares, verdict):
    found = modes(spread(shares), ring())
    assert (found.verdict, found.captured) == (verdict, len(shares))


def test_a_favourite_mode_means_complete_collapse_even_if_others_are_captured():
    found = modes(spread([0.93] + [0.01] * 7, count=2500), ring())
    assert found.captured == 8 and found.verdict == "complete collapse"


def test_a_mode_counts_as_captured_from_so_many_good_samples_on():
    samples = torch.cat([ring().centres[:1].expand(20, 2), ring().centres[1:2].expand(19, 2)])
    assert modes(samples, ring()).captured == 1
    assert modes(samples, ring(), least=1).captured == 2
    assert modes(samples, ring()).counts.tolist() == [20, 19, 0, 0, 0, 0, 0, 0]


def test_high_quality_ends_at_three_standard_deviations():
    mixture = Mixture([[0.0, 0.0], [10.0, 0.0]], std=0.1)
    samples = torch.tensor([[0.299, 0.0], [0.301, 0.0], [0.0, -0.299], [5.1, 0.0]])
    found = modes(samples, mixture, least=1)
    assert found.high_quality == 0.5 and found.counts.tolist() == [2, 0]
    assert found.dominant == 0.75, "bad samples still have a nearest mode"


def test_the_divergence_over_modes_is_the_textbooks():
    found = modes(spread([0.5, 0.25, 0.25]), ring())
    assert found.kl == pytest.approx(0.5 * math.log(4) + 0.5 * math.log(2), rel=1e-5)
    assert modes(spread([1 / 8] * 8), ring()).kl == pytest.approx(0, abs=1e-6)
    uneven = Mixture(ring().centres, 0.05, weights=[4.0, 2.0, 2.0] + [0.0001] * 5)
    assert modes(spread([0.5, 0.25, 0.25]), uneven).kl == pytest.approx(0, abs=1e-3)


def test_a_generator_that_captures_nothing_and_has_no_favourite_is_astray():
    scattered = Modes(torch.zeros(8, dtype=torch.long), captured=0, high_quality=0.0, dominant=0.3, kl=0.1)
    assert scattered.verdict == "astray"


def test_a_mixtures_density_integrates_to_one_and_is_the_samples_own(rng):
    mixture = Mixture([[-1.0], [2.0]], 0.5, weights=[1.0, 3.0])
    xs = torch.linspace(-8, 8, 4001, dtype=torch.float64).view(-1, 1)
    step = 16 / 4000
    assert mixture(xs).sum().item() * step == pytest.approx(1, abs=1e-6)
    assert (xs * mixture(xs)).sum().item() * step == pytest.approx(-0.25 + 1.5, abs=1e-6)
    assert mixture.sample(20000, rng).mean().item() == pytest.approx(1.25, abs=0.05)


# Fréchet distance -------------------------------------------------------------------------------------------------------


def textbook(a, b):
    """|m - m'|² + tr(C + C' - 2 (C C')^½) with scipy's matrix root."""
    a, b = a.double().numpy(), b.double().numpy()
    one, other = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(one @ other).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(one + other - 2 * root)


@pytest.mark.parametrize("dimensions", [2, 10, 64])
def test_the_frechet_distance_is_the_textbooks_formula(dimensions):
    a = torch.randn(300, dimensions) @ torch.randn(dimensions, dimensions) + torch.randn(dimensions)
    b = torch.randn(400, dimensions) @ torch.randn(dimensions, dimensions)
    assert frechet_distance(a, b) == pytest.approx(textbook(a, b), rel=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)


def test_the_frechet_distance_agrees_with_torchmetrics():
    from torchmetrics.image.fid import _compute_fid

    a, b = torch.randn(500, 16).double() @ torch.randn(16, 16).double(), torch.randn(500, 16).double()
    expected = _compute_fid(a.mean(0), a.T.cov(), b.mean(0), b.T.cov()).item()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shift, scale", [(0.0, 1.0), (3.0, 1.0), (0.0, 2.0), (1.5, 0.5)])
def test_between_known_gaussians_it_is_the_known_number(shift, scale):
    """d dimensions, N(0, 1) against N(shift, scale²): d · (shift² + (1 - scale)²); exact, because the samples are whitened."""
    dimensions = 6
    samples = torch.randn(2000, dimensions, dtype=torch.float64)
    centred = samples - samples.mean(0)
    white = centred @ torch.linalg.inv(torch.linalg.cholesky(centred.T.cov())).T
    assert frechet_distance(white, scale * white + shift) == pytest.approx(dimensions * (shift**2 + (1 - scale) ** 2), abs=1e-9)


def test_it_is_zero_for_the_same_set_even_when_the_covariance_is_singular():
    flat = torch.randn(50, 3) @ torch.randn(3, 20)  # fewer directions than dimensions, as dead features make them
    assert frechet_distance(flat, flat) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(torch.ones(5, 3), torch.ones(7, 3)) == 0
    assert frechet_distance(torch.randn(9, 1), torch.randn(9, 1)) >= 0


def test_it_grows_with_the_distance_of_the_means():
    a = torch.randn(200, 4)
    assert [frechet_distance(a, a + shift) for shift in (1, 2)] == pytest.approx([4, 16], rel=1e-4)


@pytest.mark.parametrize("few", [0, 1])
def test_a_single_sample_has_no_covariance(few):
    with pytest.raises(DataError, match=f"at least two samples on either side, not {few}"):
        frechet_distance(torch.randn(few, 3), torch.randn(5, 3))


# The judge --------------------------------------------------------------------------------------------------------------


def test_the_judge_sees_any_image_and_never_learns():
    eye = judge.load()
    assert not eye.training and not any(p.requires_grad for p in eye.parameters())
    for shape in [(2, 1, 28, 28), (2, 3, 28, 28), (2, 3, 64, 64), (2, 1, 8, 8)]:
        features = eye.features(torch.rand(shape) * 2 - 1)
        assert features.shape == (2, 128) and features.min() >= 0
    assert eye(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_grey_is_the_same_in_colour():
    grey = torch.rand(3, 1, 28, 28) * 2 - 1
    torch.testing.assert_close(
        judge.load().features(grey), judge.load().features(grey.expand(-1, 3, -1, -1)), rtol=1e-3, atol=1e-4
    )


def test_features_take_bytes_or_pixels_in_any_batch():
    images = torch.randint(0, 256, (7, 1, 28, 28), dtype=torch.uint8)
    torch.testing.assert_close(
        metrics.features(images, batch=3), metrics.features(data.to_pixels(images)), rtol=1e-4, atol=1e-4
    )


@pytest.fixture(scope="module")
def stand_in():
    return data.images.SETS["mnist"].stand_in(None)


def test_the_judge_reads_the_stand_in_too(stand_in):
    assert judge.accuracy(judge.load(), stand_in.held_out) > 0.9


def test_the_judge_knows_at_least_99_percent_of_mnists_test_digits(real_data):
    mnist = data.load("mnist")
    assert mnist.stands_in_for is None and len(mnist.held_out) == 10000
    assert judge.accuracy(judge.load(), mnist.held_out) >= 0.99


def test_the_examiner_puts_real_images_near_and_noise_far(stand_in):
    examiner = Examiner(stand_in, count=400)
    again = examiner.examine(stand_in.pixels(slice(0, 400)))
    noise = examiner.examine(torch.rand(400, 1, 28, 28) * 2 - 1)
    assert again.value == pytest.approx(examiner.real, rel=1e-5) and again.ratio == pytest.approx(1, rel=1e-5)
    assert noise.ratio > 10
    assert "400 generated, 400 held out" in str(noise) and f"{examiner.real:.2f}" in str(noise)


def test_an_examiner_needs_held_out_images(stand_in):
    with pytest.raises(DataError, match="no held-out images"):
        Examiner(stand_in.held_out)


def test_the_judge_learns_from_a_handful_of_digits(stand_in):
    few = dataclasses.replace(stand_in, images=stand_in.images[:640], labels=stand_in.labels[:640])
    learned = judge.train(few, epochs=5, seed=1)
    assert not learned.training and judge.accuracy(learned, stand_in.held_out) > 0.5
