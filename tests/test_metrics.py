"""Metrics where the truth is known: the true distribution scores perfect, and distances agree with their formulas."""

import dataclasses
import itertools
import math
import statistics

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import torch

from gan_edu import data, judge, metrics
from gan_edu.data import Mixture, grid, ring
from gan_edu.errors import DataError
from gan_edu.metrics import (
    Examiner,
    Modes,
    class_score,
    closest_pairs,
    frechet_distance,
    kernel_distance,
    matched_accuracy,
    memorisation,
    modes,
    parzen_log_likelihood,
    parzen_width,
    precision_recall,
    psnr,
    sensitivity,
    sharpness,
    support_size,
)
from recordings import judge as recording


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


def test_a_spot_beside_every_mode_is_no_collapse_onto_one():
    beside = ring().centres[0] * 1.2  # four standard deviations outside the ring
    spot = modes(beside.expand(2500, 2), ring())
    assert spot.verdict == "astray" and (spot.captured, spot.high_quality, spot.dominant) == (0, 0.0, 0.0)
    two_thirds = torch.cat([beside.expand(2000, 2), ring().centres[:1].expand(1000, 2)])
    assert modes(two_thirds, ring()).verdict == "astray", "one mode, but most samples are at none"
    half = torch.cat([beside.expand(1000, 2), ring().centres[:1].expand(1000, 2)])
    assert modes(half, ring()).verdict == "complete collapse"


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
    assert found.dominant == 1.0, "bad samples are no mode's"


def test_the_divergence_over_modes_is_the_textbooks():
    found = modes(spread([0.5, 0.25, 0.25]), ring())
    assert found.kl == pytest.approx(0.5 * math.log(4) + 0.5 * math.log(2), rel=1e-5)
    assert modes(spread([1 / 8] * 8), ring()).kl == pytest.approx(0, abs=1e-6)
    uneven = Mixture(ring().centres, 0.05, weights=[4.0, 2.0, 2.0] + [0.0001] * 5)
    assert modes(spread([0.5, 0.25, 0.25]), uneven).kl == pytest.approx(0, abs=1e-3)


def test_the_overlap_is_one_minus_the_total_variation_distance():
    assert modes(spread([1 / 8] * 8), ring()).overlap == pytest.approx(1, abs=1e-6)
    assert modes(spread([1.0]), ring()).overlap == pytest.approx(1 / 8, abs=1e-6)
    assert modes(spread([0.5, 0.25, 0.25]), ring()).overlap == pytest.approx(3 / 8, abs=1e-6)
    assert modes(torch.zeros(100, 2), ring()).overlap == 0, "what is nowhere near a mode overlaps with no data"
    half_astray = torch.cat([spread([1 / 8] * 8), torch.zeros(len(spread([1 / 8] * 8)), 2)])
    assert modes(half_astray, ring()).overlap == pytest.approx(0.5, abs=1e-6)
    uneven = Mixture(ring().centres, 0.05, weights=[4.0, 2.0, 2.0] + [0.0] * 5)
    assert modes(spread([0.5, 0.25, 0.25]), uneven).overlap == pytest.approx(1, abs=1e-6)


def test_a_generator_that_captures_nothing_and_has_no_favourite_is_astray():
    scattered = Modes(torch.zeros(8, dtype=torch.long), captured=0, high_quality=0.0, dominant=0.3, kl=0.1, overlap=0.0)
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


class Pixels(torch.nn.Module):
    """Features and logits for torchmetrics: an image's first pixels themselves, as numbers around 0."""

    num_features = 6

    def forward(self, images):
        return images.flatten(1)[:, :6].float() / 32 - 4


@pytest.fixture
def two_sets():
    """Two sets of images of bytes, (100, 3, 2, 2), one darker than the other."""
    bytes_ = torch.randint(0, 256, (200, 3, 2, 2))
    return bytes_[:100].to(torch.uint8), (bytes_[100:] * 0.7).to(torch.uint8)


def test_the_frechet_distance_agrees_with_torchmetrics(two_sets):
    from torchmetrics.image.fid import FrechetInceptionDistance

    oracle = FrechetInceptionDistance(feature=Pixels())
    oracle.update(two_sets[0], real=True)
    oracle.update(two_sets[1], real=False)
    assert frechet_distance(*map(Pixels(), two_sets)) == pytest.approx(oracle.compute().item(), rel=1e-3)


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
    with pytest.raises(DataError, match=f"at least 2 in each set of samples, not {few}"):
        frechet_distance(torch.randn(few, 3), torch.randn(5, 3))
    with pytest.raises(DataError, match=f"at least 2 in each set of samples, not {few}"):
        kernel_distance(torch.randn(5, 3), torch.randn(few, 3))


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, precision_recall])
def test_what_cannot_be_compared_is_refused_in_words(measure):
    with pytest.raises(DataError, match=r"same size in every set; the shapes are \(9, 3\), \(9, 4\)"):
        measure(torch.randn(9, 3), torch.randn(9, 4))
    with pytest.raises(DataError, match=r"\(N, ...\).*the shapes are \(9,\), \(9,\)"):
        measure(torch.randn(9), torch.randn(9))
    with pytest.raises(DataError, match="NaN or infinite: whatever made them has diverged"):
        measure(torch.randn(9, 3), torch.randn(9, 3) / torch.zeros(3))


# Kernel distance --------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # of torchmetrics
def test_the_kernel_distance_agrees_with_torchmetrics(two_sets):
    from torchmetrics.image.kid import KernelInceptionDistance

    oracle = KernelInceptionDistance(feature=Pixels(), subsets=1, subset_size=100)
    oracle.update(two_sets[0], real=True)
    oracle.update(two_sets[1], real=False)
    expected = oracle.compute()[0].item()
    assert expected > 0.5
    assert kernel_distance(*map(Pixels(), two_sets)) == pytest.approx(expected, rel=1e-3)


def moments(mean, std):
    """E[x], E[x ⊗ x] and E[x ⊗ x ⊗ x] of a normal distribution with covariance std²·I."""
    identity = std**2 * torch.eye(len(mean), dtype=torch.float64)
    first = mean
    second = torch.einsum("i,j->ij", mean, mean) + identity
    pairs = sum(torch.einsum(f"i,jk->{order}", mean, identity) for order in ("ijk", "jik", "jki"))
    return first, second, torch.einsum("i,j,k->ijk", mean, mean, mean) + pairs


def test_the_kernel_distance_is_unbiased_between_gaussians_of_known_moments():
    """(x·y/d + 1)³ expands into 1, 3, 3, 1: the distance is a weighted sum of squared differences of the first three moments."""
    d, shift, scale = 3, torch.tensor([0.5, -0.3, 0.0], dtype=torch.float64), 1.3
    differences = [a - b for a, b in zip(moments(torch.zeros_like(shift), 1.0), moments(shift, scale))]
    truth = sum(weight / d**k * m.square().sum() for k, weight, m in zip((1, 2, 3), (3, 3, 1), differences)).item()
    found = [kernel_distance(torch.randn(20, d), scale * torch.randn(30, d) + shift) for _ in range(400)]
    error = statistics.stdev(found) / 20
    assert statistics.mean(found) == pytest.approx(truth, abs=3 * error)
    assert 3 * error < truth / 5, "a bias of that size would be seen"


def test_the_kernel_distance_of_one_distribution_is_zero_on_average_and_therefore_often_negative():
    found = [kernel_distance(torch.randn(10, 2), torch.randn(15, 2)) for _ in range(200)]
    assert abs(statistics.mean(found)) < 3 * statistics.stdev(found) / math.sqrt(200)
    assert 40 < sum(value < 0 for value in found) < 160


def test_the_kernel_distance_does_not_depend_on_how_it_is_cut_into_blocks():
    a, b = torch.randn(2100, 2).double(), torch.randn(1300, 2).double()
    k = [(x @ y.T / 2 + 1) ** 3 for x, y in ((a, a), (b, b), (a, b))]
    within = [(m.sum() - m.trace()) / (len(m) * (len(m) - 1)) for m in k[:2]]
    assert kernel_distance(a, b) == pytest.approx((sum(within) - 2 * k[2].mean()).item(), rel=1e-9)


# Class score ------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # of torchmetrics
def test_the_class_score_agrees_with_torchmetrics(two_sets):
    from torchmetrics.image.inception import InceptionScore

    oracle = InceptionScore(feature=Pixels(), splits=1)
    oracle.update(two_sets[0])
    assert class_score(Pixels()(two_sets[0])) == pytest.approx(oracle.compute()[0].item(), rel=1e-3)


def test_the_class_score_of_a_known_table():
    table = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])  # p(class): 1/4, 1/4, 1/2; each row is log 2 from it
    assert class_score(table.log()) == pytest.approx(2, rel=1e-7)
    table = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)  # p(class): 0.6, 0.4
    kl = [0.9 * math.log(1.5) + 0.1 * math.log(0.25), 0.3 * math.log(0.5) + 0.7 * math.log(1.75)]
    assert class_score(table.log()) == pytest.approx(math.exp(sum(kl) / 2), rel=1e-12)


@pytest.mark.parametrize("sure", [1e2, 1e5, math.inf])
def test_sure_and_varied_is_the_number_of_classes_and_anything_else_less(sure):
    """Logits, not probabilities: with a second softmax ten sure classes would score 1.2."""
    logits = torch.where(torch.eye(10) > 0, 0.0, -sure).repeat(3, 1)
    assert class_score(logits) == pytest.approx(10, rel=1e-9)
    assert class_score(logits[:1].repeat(30, 1)) == pytest.approx(1, abs=1e-12), "sure, but always the same class"


def test_a_classifier_that_does_not_know_scores_one():
    assert class_score(torch.zeros(7, 4)) == class_score(torch.randn(7, 1)) == 1
    assert 1 <= class_score(torch.randn(50, 4)) <= 4
    assert min(class_score(torch.randn(1, 5).expand(9, 5)) for _ in range(50)) >= 1, "not even by rounding"


@pytest.mark.parametrize("logits", [torch.zeros(0, 3), torch.zeros(3), torch.full((2, 3), math.nan)])
def test_a_class_score_needs_logits(logits):
    with pytest.raises(DataError, match="needs logits"):
        class_score(logits)


# Precision and recall ---------------------------------------------------------------------------------------------------


def by_definition(real, generated, neighbours):
    """Kynkäänniemi et al. (2019), equations 1 and 2, one pair at a time."""

    def covered(points, manifold):
        def inside(point):
            for k, centre in enumerate(manifold):
                others = sorted(math.dist(centre, other) for j, other in enumerate(manifold) if j != k)
                if math.dist(point, centre) <= others[neighbours - 1]:
                    return True
            return False

        return sum(map(inside, points)) / len(points)

    real, generated = real.tolist(), generated.tolist()
    return covered(generated, real), covered(real, generated)


@pytest.mark.parametrize("neighbours", [1, 3])
def test_precision_and_recall_are_as_defined(neighbours):
    a, b = torch.randn(40, 3), 0.7 * torch.randn(30, 3) + 0.5
    assert precision_recall(a, b, neighbours) == pytest.approx(by_definition(a, b, neighbours), abs=1e-12)


def test_precision_and_recall_are_exact_where_distances_are_equal_or_zero():
    """Points of a lattice, many there twice, far from the origin: squares of coordinates would drown the differences."""
    a, b = torch.randint(0, 4, (40, 2)).double() + 1e8, torch.randint(1, 6, (30, 2)).double() + 1e8
    found = precision_recall(a, b, neighbours=2)
    assert found == pytest.approx(by_definition(a, b, 2), abs=1e-12) and min(found) > 0 and max(found) < 1
    same = torch.full((9, 2), 0.1)
    assert precision_recall(same, same) == (1, 1) and precision_recall(same, same + 1e-3) == (0, 0)


def test_the_extremes_of_precision_and_recall(rng):
    everything = ring().sample(600, rng)
    assert precision_recall(everything, everything) == (1, 1)
    assert precision_recall(everything, everything + 10) == (0, 0)
    half = Mixture(ring().centres[:4], ring().std).sample(600, rng)
    precision, recall = precision_recall(everything, half)
    assert precision > 0.95 and recall == pytest.approx(0.5, abs=0.07)
    precision, recall = precision_recall(half, everything)
    assert recall > 0.95 and precision == pytest.approx(0.5, abs=0.07)


def test_precision_and_recall_do_not_depend_on_how_they_are_cut_into_blocks():
    a, b = torch.randn(2100, 2), torch.cat([5 + 0.1 * torch.randn(2000, 2), 1 + torch.randn(300, 2)])
    distances, of_a, of_b = torch.cdist(a.double(), b.double()), *(torch.cdist(x.double(), x.double()) for x in (a, b))
    precise = (distances <= of_a.sort().values[:, 3].unsqueeze(1)).any(0).double().mean().item()
    recalled = (distances <= of_b.sort().values[:, 3]).any(1).double().mean().item()
    assert precision_recall(a, b) == pytest.approx((precise, recalled), abs=1e-12)


def test_distances_between_many_samples_take_little_memory(monkeypatch):
    sizes, cdist = [], torch.cdist

    def spy(a, b, **settings):
        sizes.append(len(a) * len(b))
        return cdist(a, b, **settings)

    monkeypatch.setattr(torch, "cdist", spy)
    precision_recall(torch.rand(3000, 1), torch.rand(2500, 1))
    assert sum(sizes) == 3000**2 + 2500**2 + 3000 * 2500 and max(sizes) <= 2**22


def test_a_manifold_needs_more_samples_than_neighbours():
    with pytest.raises(DataError, match="at least 4 in each set of samples, not 3"):
        precision_recall(torch.randn(9, 2), torch.randn(3, 2))


# Parzen windows ---------------------------------------------------------------------------------------------------------


def test_one_window_is_a_gaussian_and_several_are_their_mean():
    points, centres = torch.randn(20, 5).double(), torch.randn(3, 5).double()
    densities = [
        torch.distributions.MultivariateNormal(centre, 0.49 * torch.eye(5).double()).log_prob(points) for centre in centres
    ]
    assert parzen_log_likelihood(centres[:1], points, 0.7) == pytest.approx(densities[0].mean().item(), rel=1e-9)
    mixture = torch.stack(densities).logsumexp(0) - math.log(3)
    assert parzen_log_likelihood(centres, points, 0.7) == pytest.approx(mixture.mean().item(), rel=1e-9)


def test_a_point_too_far_for_its_density_to_be_a_number_still_has_a_logarithm():
    far = parzen_log_likelihood(torch.zeros(2, 1), torch.full((1, 1), 100.0), 0.1)
    assert far == pytest.approx(-500_000 - math.log(0.1 * math.sqrt(2 * math.pi)), rel=1e-9)


def test_windows_do_not_depend_on_how_they_are_cut_into_blocks():
    samples, points = torch.randn(3000, 2), torch.randn(2000, 2)
    parts = [parzen_log_likelihood(samples, part, 0.3) for part in points.split(500)]
    assert parzen_log_likelihood(samples, points, 0.3) == pytest.approx(sum(parts) / 4, rel=1e-9)


def test_the_chosen_width_is_the_likeliest_on_the_points_and_near_the_truth():
    """Around the true centres the true width is the best; images are vectors here."""
    centres = 10 * torch.randn(30, 1, 2, 2)
    points = centres.repeat(20, 1, 1, 1) + 0.5 * torch.randn(600, 1, 2, 2)
    candidates = [0.125, 0.25, 0.5, 1.0, 2.0]
    assert parzen_width(centres, points, candidates) == 0.5
    likelihoods = [parzen_log_likelihood(centres, points, std) for std in candidates]
    assert likelihoods.index(max(likelihoods)) == 2


@pytest.mark.parametrize("widths, given", [([0.1, 0.0], "0.1, 0.0"), ([], "none"), ([-1.0], "-1.0")])
def test_a_window_has_a_positive_width(widths, given):
    with pytest.raises(DataError, match=f"positive width; given: {given}"):
        parzen_width(torch.randn(3, 2), torch.randn(3, 2), widths)


# Memorisation -----------------------------------------------------------------------------------------------------------


def images_of(count):
    """Samples in 16 dimensions, with the standard deviations of natural images' principal components."""
    return torch.randn(count, 16) / torch.arange(1, 17).sqrt()


@pytest.fixture
def training():
    return images_of(400)


def mixed(copies, others, share):
    cut = round(share * len(others))
    return torch.cat([copies[:cut], others[cut:]])


NOISE = 0.1  # a fifth of the distance between neighbours

MEMORISERS = {
    "copies": lambda t: t,
    "noisy copies": lambda t: t + NOISE * torch.randn_like(t) / 4,
    "a fifth copies": lambda t: mixed(t, images_of(len(t)), 0.2),
    "a fifth noisy copies": lambda t: mixed(t + NOISE * torch.randn_like(t) / 4, images_of(len(t)), 0.2),
    "a fifth copies, the others bad": lambda t: mixed(t, 3 * images_of(len(t)), 0.2),
    "one copy in many places": lambda t: t[torch.randint(20, (len(t),))],
}
HONEST = {
    "the truth": lambda t: images_of(len(t)),
    "too wide": lambda t: 2 * images_of(len(t)),
    "too narrow": lambda t: 0.3 * images_of(len(t)),
    "without detail": lambda t: images_of(len(t)) * (torch.arange(16) < 4),
    "collapsed": lambda t: images_of(1) + 0.01 * torch.randn_like(t),
    "far away": lambda t: images_of(len(t)) + 5,
}


@pytest.mark.parametrize("name", MEMORISERS)
def test_who_returns_training_images_is_found_out(name, training):
    found = memorisation(MEMORISERS[name](training[:300]), training, images_of(300))
    assert found.verdict == "memorised" and found.share > found.expected == 400 / 700


@pytest.mark.parametrize("name", HONEST)
def test_who_has_memorised_nothing_is_cleared_however_bad(name, training):
    found = memorisation(HONEST[name](training[:300]), training, images_of(300))
    assert found.verdict == "no sign of it" and abs(found.z) < 3


def test_a_timid_generator_lies_nearer_to_training_samples_than_real_ones_do_and_has_still_memorised_nothing(training):
    """What a comparison of distances with those of held-out samples gets wrong."""
    timid, held_out = HONEST["too narrow"](training[:300]), images_of(300)
    near, usual = (torch.cdist(x, training).min(dim=1).values.median() for x in (timid, held_out))
    assert near < 0.8 * usual
    assert memorisation(timid, training, held_out).verdict == "no sign of it"


def test_if_nothing_is_memorised_z_is_standard_normal():
    zs, shares = [], []
    for _ in range(300):
        found = memorisation(1.3 * torch.randn(40, 4) + 0.2, torch.randn(90, 4), torch.randn(30, 4))
        zs.append(found.z)
        shares.append(found.share)
    assert abs(statistics.mean(zs)) < 3 / math.sqrt(300)
    assert statistics.stdev(zs) == pytest.approx(1, abs=0.12)
    assert statistics.mean(shares) == pytest.approx(0.75, abs=0.02)


def test_mean_and_variance_are_those_over_all_ways_to_tell_training_from_held_out():
    generated, everything = torch.randn(9, 2), torch.randn(6, 2)
    distances = torch.cdist(generated, everything)
    first, second = distances.sort().values[:, :2].T
    nearest, weights = distances.argmin(dim=1).tolist(), (1 - first / second).tolist()
    sums = {
        chosen: sum(w for w, place in zip(weights, nearest) if place in chosen)
        for chosen in itertools.combinations(range(6), 2)
    }
    mean, deviation = statistics.mean(sums.values()), statistics.pstdev(sums.values())
    found = memorisation(generated, everything[:2], everything[2:])
    assert found.z == pytest.approx((sums[0, 1] - mean) / deviation, rel=1e-5)
    assert found.share == sum(place < 2 for place in nearest) / 9 and found.expected == 1 / 3


def test_what_cannot_be_told_apart_speaks_for_nobody(training):
    twice = training.repeat(2, 1)
    assert memorisation(training[:50], twice, images_of(50)).z == 0
    assert memorisation(training[:50], training, training).z == 0


# Sharpness --------------------------------------------------------------------------------------------------------------


def wave(down, across, height=16, width=24):
    """A wave that goes on in a mirror at the edges, of these many half periods down and across: (1, 1, height, width)."""
    y, x = ((torch.arange(n, dtype=torch.float64) + 0.5) * math.pi / n for n in (height, width))
    return (torch.cos(down * y)[:, None] * torch.cos(across * x))[None, None]


@pytest.mark.parametrize(
    "down, across, power",
    [(0, 11, 0), (0, 13, 0.5), (7, 0, 0), (9, 0, 0.5), (5, 8, 0), (6, 10, 0.25), (15, 23, 0.25), (0, 0, 0)],
)
def test_the_sharpness_of_a_wave_is_its_power_if_it_is_shorter_than_four_pixels(down, across, power):
    """In each direction half the Nyquist frequency is a quarter cycle a pixel: 12 half periods in 24 pixels, 8 in 16."""
    assert sharpness(wave(down, across)) == pytest.approx(power, abs=1e-12)
    assert sharpness(3 * wave(down, across) + 0.5) == pytest.approx(9 * power, abs=1e-12)


def test_the_sharpness_of_noise_is_the_share_of_frequencies_that_lie_above(rng):
    """White noise has as much power everywhere, and a quarter of a disc of radius 1/4, in a square of side 1/2, is left out."""
    noise = 0.3 * torch.randn(200, 3, 32, 32, generator=rng)
    assert sharpness(noise) == pytest.approx(0.09 * (1 - math.pi / 16), rel=0.03)


def test_blurring_takes_sharpness_away_and_a_slope_has_next_to_none(rng):
    noise = torch.rand(20, 1, 32, 32, generator=rng)
    assert sharpness(torch.nn.functional.avg_pool2d(noise, 3, 1, 1)) < 0.2 * sharpness(noise)
    slope = torch.linspace(-1, 1, 32).expand(1, 1, 32, 32)
    assert sharpness(slope) < 1e-4 * slope.square().mean(), "its left and right edges are not neighbours"


def test_the_sharpness_of_a_set_is_the_mean_over_images_and_channels_as_bytes_or_pixels(rng):
    images = torch.randint(0, 256, (6, 3, 16, 16), generator=rng, dtype=torch.uint8)
    alone = [sharpness(image[None, None]) for image in data.to_pixels(images).flatten(0, 1)]
    assert sharpness(images) == pytest.approx(statistics.mean(alone), rel=1e-6)
    assert sharpness(data.to_pixels(images)) == pytest.approx(sharpness(images), rel=1e-6)


@pytest.mark.parametrize("shape", [(3, 16, 16), (0, 3, 16, 16)])
def test_sharpness_is_for_images(shape):
    with pytest.raises(DataError, match="is for images"):
        sharpness(torch.zeros(shape))


def test_the_signal_to_noise_ratio_is_a_mean_of_decibels_over_clipped_images():
    real = torch.zeros(2, 3, 4, 4)
    wrong = torch.stack([torch.full((3, 4, 4), 0.2), torch.full((3, 4, 4), -0.02)])
    assert psnr(wrong, real) == pytest.approx((20 + 40) / 2, abs=1e-4), "not the ratio of the mean error"
    assert psnr(real + 7, real) == pytest.approx(10 * math.log10(4)), "as far off as white is from grey"
    assert psnr(real + 7, real + 1) == math.inf


def test_the_signal_to_noise_ratio_agrees_with_torchmetrics(rng):
    from torchmetrics.functional.image import peak_signal_noise_ratio

    real, made = torch.rand(2, 5, 3, 8, 8, generator=rng) * 2 - 1
    theirs = peak_signal_noise_ratio(made, real, data_range=2.0, dim=(1, 2, 3), reduction="elementwise_mean")
    assert psnr(made, real) == pytest.approx(theirs.item(), abs=1e-4)


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (2, 3, 4), (0, 3, 4, 4)])
def test_the_signal_to_noise_ratio_is_for_images_that_belong_together(shape):
    with pytest.raises(DataError, match="that belong together"):
        psnr(torch.zeros(shape), torch.zeros(2, 3, 4, 4))


# Birthdays --------------------------------------------------------------------------------------------------------------


def test_twenty_three_people_and_365_days():
    none = math.prod(1 - i / 365 for i in range(23))
    assert 1 - none == pytest.approx(0.507, abs=1e-3)
    assert support_size(23, 1 - none) == pytest.approx(365, rel=1e-9)


@pytest.mark.parametrize("size, number", [(2, 2), (2, 10**9), (5, 5), (10, 40), (400, 10**6), (1000, 10**8)])
def test_the_support_is_recovered_from_the_chance_of_a_duplicate(size, number):
    chance = -math.expm1(math.fsum(math.log1p(-i / number) for i in range(size)))
    assert support_size(size, chance) == pytest.approx(number, rel=1e-6)


def test_at_an_even_chance_it_is_the_rule_of_thumb():
    assert support_size(1000, 0.5) == pytest.approx(1000**2 / (2 * math.log(2)), rel=1e-3)


def test_a_known_support_is_found_by_looking_for_duplicates(rng):
    """What a notebook does: batches of samples that are one of 200, and a threshold as the judge."""
    places = torch.randn(200, 3, generator=rng)
    batches = [places[torch.randint(200, (17,), generator=rng)] for _ in range(400)]
    chance = sum(closest_pairs(batch, 1)[1].item() < 1e-6 for batch in batches) / 400
    assert support_size(17, chance) == pytest.approx(200, rel=0.15)


@pytest.mark.parametrize("size, chance", [(10, 0.0), (10, 1.0), (1, 0.5)])
def test_batches_that_always_or_never_hold_a_duplicate_say_nothing(size, chance):
    with pytest.raises(DataError, match="do not bound the support: choose a size"):
        support_size(size, chance)


def test_the_closest_pairs_are_the_closest():
    samples = torch.randn(40, 1, 2, 2)
    samples[31] = samples[7]
    pairs, distances = closest_pairs(samples, 5)
    everything = sorted((torch.dist(samples[i], samples[j]).item(), i, j) for i, j in itertools.combinations(range(40), 2))
    assert pairs.tolist() == [[i, j] for _, i, j in everything[:5]] and pairs.tolist()[0] == [7, 31]
    assert distances.tolist() == pytest.approx([d for d, _, _ in everything[:5]], rel=1e-5) and distances[0] == 0


# Categories and classes ---------------------------------------------------------------------------------------------------


def test_categories_are_matched_with_the_labels_that_fit_best(rng):
    """Against all ways to match five categories with five labels."""
    found, labels = torch.randint(5, (2, 300), generator=rng)
    ways = itertools.permutations(range(5))
    best, way = max(((torch.tensor(way)[found] == labels).double().mean().item(), way) for way in ways)
    accuracy, matching = matched_accuracy(found, labels)
    assert accuracy == pytest.approx(best) and tuple(matching[k] for k in range(5)) == way


def test_names_do_not_matter_and_each_label_is_given_once():
    labels = torch.arange(4).repeat(25)
    assert matched_accuracy((labels + 1) % 4, labels) == (1, {0: 3, 1: 0, 2: 1, 3: 2})
    assert matched_accuracy(torch.arange(100), labels)[0] == 4 / 100  # by majority it would be 1
    assert matched_accuracy(labels // 2, labels)[0] == 2 / 4


@pytest.mark.parametrize("found, labels", [([], []), ([0, 1], [0]), ([[0]], [[0]])])
def test_samples_without_category_or_label_cannot_be_matched(found, labels):
    with pytest.raises(DataError, match="needs a category and a label"):
        matched_accuracy(torch.tensor(found), torch.tensor(labels))


# Sensitivity ------------------------------------------------------------------------------------------------------------


def test_sensitivity_is_the_difference_of_two_normal_quantiles():
    found = sensitivity(84, 16, 99, 99)  # corrected rates 0.845 and 0.165
    assert found.value == pytest.approx(scipy.stats.norm.ppf(0.845) - scipy.stats.norm.ppf(0.165), rel=1e-9)
    assert str(found) == "d′ = 2.0 ± 0.2"


def test_who_does_not_tell_them_apart_scores_zero_however_eager():
    for yes in (0, 3, 10):
        assert sensitivity(yes, yes, 10, 10).value == 0
    assert str(sensitivity(9, 10, 100, 110)).startswith("d′ = 0.0 ±")


def test_perfection_and_its_opposite_are_numbers():
    best, worst = sensitivity(10, 0, 10, 10), sensitivity(0, 10, 10, 10)
    assert best.value == -worst.value == pytest.approx(2 * scipy.stats.norm.ppf(10.5 / 11))
    assert 0 < best.error < math.inf


@pytest.mark.parametrize("real, fake", [(10, 10), (6, 14), (100, 100)])
@pytest.mark.parametrize("truth", [0.0, 1.0, 2.0])
def test_within_two_standard_errors_lies_the_truth_nineteen_times_in_twenty(real, fake, truth):
    """Over all outcomes of a game, weighed by their probability."""
    binom, norm = scipy.stats.binom, scipy.stats.norm
    covered = 0.0
    for hits, alarms in itertools.product(range(real + 1), range(fake + 1)):
        found = sensitivity(hits, alarms, real, fake)
        if abs(found.value - truth) <= 1.96 * found.error:
            covered += binom.pmf(hits, real, norm.cdf(truth / 2)) * binom.pmf(alarms, fake, norm.cdf(-truth / 2))
    assert 0.945 < covered < 0.99


@pytest.mark.parametrize("counts", [(11, 0, 10, 10), (-1, 0, 10, 10), (5, 11, 10, 10), (0, 0, 0, 10), (0, 0, 10, 0)])
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(DataError, match="cannot be"):
        sensitivity(*counts)


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
    assert recording.accuracy(judge.load(), stand_in.held_out) > 0.9


def test_the_judge_knows_at_least_99_percent_of_mnists_test_digits(real_data):
    mnist = data.load("mnist")
    assert mnist.stands_in_for is None and len(mnist.held_out) == 10000
    assert recording.accuracy(judge.load(), mnist.held_out) >= 0.99


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
    learned = recording.train(few, epochs=5, seed=1)
    assert not learned.training and recording.accuracy(learned, stand_in.held_out) > 0.5
