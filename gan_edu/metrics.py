"""Measures of what a generator has learned: modes and quality where the truth is known, distances between features elsewhere;
what has been memorised, how much variety there is, how much fine detail, and how well people tell real from generated.

Each is a plain function of samples, features, logits or counts, computed in float64. Notebook 06 derives the first kind, notebooks
04 and 09 the others, notebook 10 how categories without names are matched with classes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

from . import judge
from .errors import DataError


@dataclass(frozen=True)
class Modes:
    """How samples spread over the modes of a mixture.

    counts: high-quality samples nearest to each mode, (modes,); captured: modes with at least `least` of them; high_quality:
    share of samples within three standard deviations of a mode; dominant: the favourite mode's share of the high-quality samples,
    0 without any; kl: KL divergence, in nats, of the distribution of samples over modes from the true one, every sample, good or
    bad, counting for the mode nearest to it; overlap: sum over the modes of the
    smaller of two shares, the samples' that are high-quality and there, and the data's: one minus the total variation distance
    between the two, what is nowhere counted as a mode of its own without data.
    """

    counts: torch.Tensor
    captured: int
    high_quality: float
    dominant: float
    kl: float
    overlap: float

    @property
    def verdict(self):
        """One of "complete collapse" (at least half of the samples are high-quality, and one mode holds at least 90 % of these),
        "covered" (more than three quarters of the modes captured), "partial collapse" (fewer, but more than one) and "astray" (at
        most one, and most samples are at no mode)."""
        if self.high_quality >= 0.5 and self.dominant >= 0.9:
            return "complete collapse"
        if self.captured > 0.75 * len(self.counts):
            return "covered"
        return "partial collapse" if self.captured >= 2 else "astray"


def modes(samples, mixture, least=20):
    """The `Modes` of samples (N, d) from a generator that should make `mixture`; use 2,500 samples to compare with the literature.

    A sample is high-quality if it lies within three standard deviations of a mode. A mode is captured by at least `least`
    high-quality samples: 20 here, 1 in Metz et al. (2017), Srivastava et al. (2017) and Lin et al. (2018).
    """
    distances = torch.cdist(samples.float(), mixture.centres.to(samples.device, torch.float32))
    nearest_distance, nearest = distances.min(dim=1)
    good = nearest_distance <= 3 * mixture.std
    number = len(mixture.centres)
    counts = nearest[good].bincount(minlength=number)
    share = nearest.bincount(minlength=number) / len(samples)
    weights = mixture.weights.to(share)
    kl = torch.where(share > 0, share * (share / weights).log(), 0.0).sum()
    return Modes(
        counts.cpu(),
        int((counts >= least).sum()),
        int(good.sum()) / len(samples),
        int(counts.max()) / max(1, int(counts.sum())),  # of whole numbers: 0.9 in single precision is less than 0.9
        kl.clamp(min=0).item(),
        torch.minimum(counts / len(samples), weights).sum().item(),
    )


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance between Gaussians fitted to two sets of features, (N, d) and (M, d) (Dowson & Landau 1982;
    Heusel et al. 2017): |m - m'|² + tr(C + C' - 2 (C C')^½). Zero for equal means and covariances.

    Raises DataError for fewer than two samples in either set.
    """
    (mean_a, root_a, trace_a), (mean_b, root_b, trace_b) = map(_gaussian, _matrices(a, b, least=2))
    # tr (C C')^½ is the sum of the singular values of C^½ C'^½: no matrix root of a product that is not symmetric
    overlap = torch.linalg.svdvals(root_a @ root_b).sum()
    return ((mean_a - mean_b).square().sum() + trace_a + trace_b - 2 * overlap).clamp(min=0).item()


def _gaussian(features):
    covariance = features.T.cov()
    values, vectors = torch.linalg.eigh(covariance.reshape(features.shape[1], -1))
    values = values.clamp(min=0)
    return features.mean(0), vectors * values.sqrt() @ vectors.T, values.sum()


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Squared maximum mean discrepancy between two sets of features, (N, d) and (M, d), with the kernel (x·y/d + 1)³, known as KID
    (Bińkowski et al. 2018): how far the first three moments are apart (notebook 09).

    Unbiased for any number of samples, and therefore sometimes below 0 where the distributions are equal. Raises DataError for
    fewer than two samples in either set.
    """
    a, b = _matrices(a, b, least=2)

    def kernel(dots):
        return (dots / a.shape[1] + 1) ** 3

    def mean_between(x, y):
        return sum(kernel(part @ y.T).sum() for part in x.split(1000)) / (len(x) * len(y))

    def mean_within(x):
        """Over pairs of different samples: those of a sample with itself are what makes the plain mean biased."""
        itself = kernel(x.square().sum(1)).mean()
        return (len(x) * mean_between(x, x) - itself) / (len(x) - 1)

    return (mean_within(a) + mean_within(b) - 2 * mean_between(a, b)).item()


def class_score(logits: Tensor) -> float:
    """The inception score (Salimans et al. 2016) with any classifier in Inception's place: logits (N, classes) to a number between
    1 and the number of classes (notebook 09).

    The exponential of the mean KL divergence of p(class | sample) from p(class), which is the entropy of p(class) minus the mean
    entropy of p(class | sample). Logits, not probabilities; a logit may be -inf. Raises DataError for anything else.
    """
    probabilities = logits.detach().double().softmax(dim=-1)
    if logits.dim() != 2 or not len(logits) or probabilities.isnan().any():
        raise DataError(
            f"a class score needs logits (N, classes) that are numbers; these are {tuple(logits.shape)}, or hold NaN."
        )
    entropy = torch.special.entr
    information = entropy(probabilities.mean(0)).sum() - entropy(probabilities).sum(1).mean()
    return information.clamp(min=0).exp().item()


def precision_recall(real: Tensor, generated: Tensor, neighbours: int = 3) -> tuple[float, float]:
    """Precision, the share of generated samples inside the real manifold, and recall, the share of real samples inside the
    generated one (Kynkäänniemi et al. 2019). Features (N, d) and (M, d) to a pair of numbers in [0, 1] (notebook 09).

    A manifold is the union of a ball around each sample, as wide as its distance from its `neighbours`-th nearest neighbour in its
    own set. Compare numbers only for equal counts and `neighbours`. Raises DataError for `neighbours` samples or fewer.
    """
    real, generated = _matrices(real, generated, least=neighbours + 1)
    real_radii, generated_radii = (
        torch.cat([distances.kthvalue(neighbours + 1).values for _, distances in _distances(x, x, exact=True)])
        for x in (real, generated)  # the nearest of all, at distance 0, is the sample itself
    )
    precise, recalled = [], False
    for rows, distances in _distances(generated, real, exact=True):
        precise.append((distances <= real_radii).any(dim=1))
        recalled = recalled | (distances <= generated_radii[rows, None]).any(dim=0)
    return torch.cat(precise).double().mean().item(), recalled.double().mean().item()


def parzen_log_likelihood(samples: Tensor, points: Tensor, std: float) -> float:
    """Mean log density, in nats, of `points` (M, ...) under Gaussians of standard deviation `std` around each of `samples`
    (N, ...): the estimate of Breuleux et al. (2011) by which Goodfellow et al. (2014) compare generators (notebook 09).

    Raises DataError if `std` is not positive.
    """
    return _parzen(samples, points, [std])[0]


def parzen_width(samples: Tensor, points: Tensor, candidates: Sequence[float]) -> float:
    """The candidate for `std` under which `points`, from a validation set, are most likely: see `parzen_log_likelihood`."""
    likelihoods = _parzen(samples, points, candidates)
    return candidates[likelihoods.index(max(likelihoods))]


def _parzen(samples, points, stds):
    samples, points = _matrices(samples, points)
    if not len(stds) or not all(std > 0 for std in stds):
        raise DataError(f"a Parzen window must have a positive width; given: {', '.join(map(str, stds)) or 'none'}.")
    totals = [0.0] * len(stds)
    for _, distances in _distances(points, samples):
        squares = distances.square()
        for k, std in enumerate(stds):
            totals[k] += torch.logsumexp(-squares / (2 * std**2), dim=1).sum().item()
    count, size = samples.shape
    return [
        total / len(points) - math.log(count) - size * math.log(std * math.sqrt(2 * math.pi))
        for total, std in zip(totals, stds)
    ]


@dataclass(frozen=True)
class Memorisation:
    """Whether generated samples prefer the training samples to held-out ones.

    share: of generated samples, those whose nearest neighbour among both is a training sample; expected: that share if nothing is
    memorised; z: by how many standard deviations training samples are preferred (see `memorisation`).
    """

    share: float
    expected: float
    z: float

    @property
    def verdict(self):
        """One of "memorised" (z above 3, which chance alone brings about once in 700 times) and "no sign of it"."""
        return "memorised" if self.z > 3 else "no sign of it"


def memorisation(generated: Tensor, training: Tensor, held_out: Tensor) -> Memorisation:
    """The `Memorisation` of training samples (N, ...), by comparison with held-out ones (M, ...), as seen from generated samples
    (K, ...); pixels or features (notebook 09). Both must be drawn at random from one source: MNIST's test digits are by other
    writers, and the order of its files is not random.

    To a generator that has memorised nothing the two are exchangeable: the nearest neighbour of whatever it makes, good or bad, is
    a training sample with probability N / (N + M) (the share of Platzer & Reutterer 2021, after the nearest-neighbour tests of
    Schilling 1986). z counts each generated sample by how much nearer its nearest neighbour is than its second nearest, 1 - d₁/d₂:
    1 for a copy, little for what lies between the samples. Its mean and variance are exact over all ways to shuffle the labels
    "training" and "held out", also where many generated samples share a neighbour.

    Meehan, Chaudhuri & Dasgupta (2020) compare distances from generated to training samples with those from held-out to training
    samples instead; then blurred or timid samples, which lie near everything, are taken for copies. Not seen here: copies of a
    training sample that is there twice, since d₁ = d₂.
    """
    generated, training, held_out = _matrices(generated, training, held_out)
    everything, count = torch.cat([training, held_out]), len(training)
    nearest = torch.cat([distances.topk(2, largest=False).indices for _, distances in _distances(generated, everything)])
    first, second = (generated.unsqueeze(1) - everything[nearest]).norm(dim=2).T  # exactly 0 for a copy
    distinct = torch.where(second > 0, 1 - first / second, 0)
    weights = torch.zeros_like(everything[:, 0]).index_add(0, nearest[:, 0], distinct)
    expected = count / len(everything)
    surplus = (weights[:count].sum() - expected * weights.sum()).item()
    deviation = (expected * (1 - expected) * len(everything) * weights.var()).sqrt().item()
    share = (nearest[:, 0] < count).double().mean().item()
    return Memorisation(share, expected, surplus / deviation if deviation else 0.0)


def matched_accuracy(found: Tensor, labels: Tensor) -> tuple[float, dict[int, int]]:
    """How well categories that nobody named tell labels, both int64 (N,): the share of samples whose category is matched with their
    label, under the one-to-one matching for which it is largest (the Hungarian method, Kuhn 1955; notebook 10), and that matching,
    {category: label}. What is left over when there are more of one kind than of the other is matched with nothing.

    To give each category its majority's label instead counts two categories for one label, and is 1 for as many categories as
    samples. Raises DataError for no samples, or another number of labels.
    """
    from scipy.optimize import linear_sum_assignment  # here, since importing it takes a third of the time that torch does

    if found.shape != labels.shape or found.dim() != 1 or not len(found):
        raise DataError(
            f"every sample needs a category and a label; the shapes are {tuple(found.shape)}, {tuple(labels.shape)}."
        )
    counts = torch.zeros(int(found.max()) + 1, int(labels.max()) + 1)
    counts.index_put_((found.cpu(), labels.cpu()), torch.tensor(1.0), accumulate=True)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return counts[rows, columns].sum().item() / len(found), dict(zip(rows.tolist(), columns.tolist()))


def support_size(size: int, chance: float) -> float:
    """How many equally likely samples there are if a batch of `size` holds the same one twice with probability `chance`: the
    number n for which (1 - 1/n)(1 - 2/n) ... (1 - (size - 1)/n) is 1 - chance. About size² / (2 ln 2) at an even chance
    (Arora & Zhang 2017; notebook 09). Where samples are not equally likely, there are more than n of them.

    Raises DataError unless 0 < chance < 1 and size ≥ 2.
    """
    from scipy.optimize import brentq  # here, since importing it takes a third of the time that torch does

    if size < 2 or not 0 < chance < 1:
        raise DataError(
            f"batches of {size} that hold a duplicate with probability {chance} do not bound the support: choose a size at which "
            "some batches hold one and some do not."
        )
    before = torch.arange(1, size, dtype=torch.float64)

    def excess(n):
        return -torch.log1p(-before / n).sum().item() + math.log1p(-chance)

    least = size * (size - 1) / 2 / -math.log1p(-chance)  # from x ≤ -log(1 - x) ≤ x / (1 - x)
    return brentq(excess, max(least, math.nextafter(size - 1, size)), least + size - 1)


def closest_pairs(samples: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` closest pairs among samples (N, ...), the closest first: indices (count, 2) and distances (count,). Whether two
    samples are the same is for a person to say, or for a threshold (notebook 09). For thousands of samples at most."""
    (samples,) = _matrices(samples, least=2)
    distances, places = torch.pdist(samples).sort()
    first, second = torch.triu_indices(len(samples), len(samples), offset=1)[:, places[:count]]
    return torch.stack([first, second], dim=1), distances[:count]


@dataclass(frozen=True)
class Sensitivity:
    """How well somebody tells real from generated: d′, 0 for guessing, and its standard error (see `sensitivity`)."""

    value: float
    error: float

    def __str__(self):
        return f"d′ = {round(self.value, 1) + 0:.1f} ± {self.error:.1f}"  # + 0: no minus sign before a zero


def sensitivity(hits: int, false_alarms: int, real: int, fake: int) -> Sensitivity:
    """The `Sensitivity` of somebody who called `hits` of `real` real samples real, and `false_alarms` of `fake` generated ones.

    d′ = z(hit rate) - z(false-alarm rate) (Green & Swets 1966; notebook 09) does not depend on how readily one says "real". Half an
    answer of either kind is added on each side, so that no rate is 0 or 1 (the log-linear correction, Hautus 1995). The standard
    error is Gourevitch & Galanter's (1967), at the corrected rates.

    Raises DataError for counts that do not fit together.
    """
    if not (0 <= hits <= real and 0 <= false_alarms <= fake and min(real, fake) > 0):
        raise DataError(
            f"{hits} hits in {real} and {false_alarms} false alarms in {fake} trials cannot be: one trial each at least."
        )
    normal, scores, variance = NormalDist(), [], 0.0
    for yes, trials in ((hits, real), (false_alarms, fake)):
        rate = (yes + 0.5) / (trials + 1)
        score = normal.inv_cdf(rate)
        scores.append(score)
        variance += rate * (1 - rate) / (trials * normal.pdf(score) ** 2)
    return Sensitivity(scores[0] - scores[1], math.sqrt(variance))


def sharpness(images: Tensor) -> float:
    """Power of images (N, C, H, W), bytes or pixels in [-1, 1], above half the Nyquist frequency: what waves shorter than four pixels
    contribute to a pixel's mean square, averaged over images and channels. Blur takes it away and noise adds to it, so that a number
    says something beside that of real images (notebooks 11 to 13).

    The waves are cosines that the edges mirror (DCT-II); for a Fourier transform, a left edge unlike the right one would be fine
    detail. Raises DataError for anything that is not (N, C, H, W).
    """
    from scipy.fft import dctn

    if images.dim() != 4 or not len(images):
        raise DataError(f"sharpness is for images (N, C, H, W), not for {tuple(images.shape)}.")
    pixels = images.detach().cpu().double()
    pixels = pixels / 127.5 - 1 if images.dtype == torch.uint8 else pixels
    waves = torch.from_numpy(dctn(pixels.numpy(), axes=(2, 3), norm="ortho"))
    power = waves.square().mean((0, 1)) / waves[0, 0].numel()
    rows, columns = (torch.arange(side, dtype=torch.float64) / (2 * side) for side in images.shape[2:])  # cycles a pixel
    return power[torch.hypot(rows[:, None], columns) > 1 / 4].sum().item()


def psnr(images: Tensor, real: Tensor) -> float:
    """The peak signal-to-noise ratio in decibels: of each image, 10 log₁₀ of 2², the square of the way from black to white, over the
    mean squared error of its pixels; then the mean over images (notebook 11).

    images: (N, C, H, W), pixels in [-1, 1], clipped to that range, as a screen would; real: what they should be, row by row. Infinite
    if one of them is exactly right. Raises DataError for anything else.
    """
    if images.dim() != 4 or images.shape != real.shape or not len(images):
        found = f"{tuple(images.shape)} and {tuple(real.shape)}"
        raise DataError(f"PSNR is for two sets of images (N, C, H, W) that belong together, not for {found}.")
    errors = (images.clamp(-1, 1) - real).square().flatten(1).mean(1)
    return (10 * torch.log10(4 / errors)).mean().item()


def _matrices(*sets, least=1):
    """Sets of samples (N, ...) as matrices in float64, a row a sample."""
    shapes = [tuple(samples.shape) for samples in sets]
    if min(map(len, shapes)) < 2 or len({math.prod(shape[1:]) for shape in shapes}) > 1:
        raise DataError(f"samples (N, ...) must have the same size in every set; the shapes are {', '.join(map(str, shapes))}.")
    fewest = min(shape[0] for shape in shapes)
    if fewest < least:
        raise DataError(f"this measure needs at least {least} in each set of samples, not {fewest}.")
    matrices = [samples.detach().double().flatten(1) for samples in sets]
    if not all(matrix.isfinite().all() for matrix in matrices):
        raise DataError("some samples are NaN or infinite: whatever made them has diverged.")
    return matrices


def _distances(a, b, exact=False):
    """Euclidean distances from rows of `a` to all rows of `b`: (rows, distances) a block at a time, so that 10,000 by 10,000 take
    no more than 34 MB at a time. exact: rounding neither parts equal rows nor breaks ties, for six times the time or more."""
    mode = "donot_use_mm_for_euclid_dist" if exact else "use_mm_for_euclid_dist"
    step = max(1, 2**22 // len(b))
    for start in range(0, len(a), step):
        rows = slice(start, start + step)
        yield rows, torch.cdist(a[rows], b, compute_mode=mode)


@torch.no_grad()
def features(images: Tensor, batch: int = 200) -> Tensor:
    """The judge's features (N, 128) of images (N, C, H, W), bytes or pixels in [-1, 1]; computed on the images' device.

    batch: images at a time. Few stay in a processor's cache: 1,000 take twice as long.
    """
    eye = judge.load(images.device)
    parts = []
    for part in images.split(batch):
        pixels = part.float() / 127.5 - 1 if part.dtype == torch.uint8 else part.float()
        parts.append(eye.features(pixels))
    return torch.cat(parts)


@dataclass(frozen=True)
class Distance:
    """A Fréchet distance and its yardstick: the same protocol applied to real images on both sides."""

    value: float
    real: float
    protocol: str

    @property
    def ratio(self):
        """How many times further than real images are from one another."""
        return self.value / self.real

    def __str__(self):
        return f"Fréchet distance {self.value:.2f} (real against real {self.real:.2f}; {self.protocol})"


class Examiner:
    """Measures generators against the held-out images of one data set, always by the same protocol.

    count generated images (10,000) against all held-out ones (at most `count`), in the judge's features; beside it, as many
    training images against the same held-out ones.
    """

    def __init__(self, images, count=10_000, device="cpu"):
        if images.held_out is None:
            raise DataError(f"{images.name} has no held-out images to measure against: a set needs at least 20 images.")
        self.count = count
        self.held_out = features(images.held_out.images[:count].to(device))
        self.real = frechet_distance(features(images.images[:count].to(device)), self.held_out)

    def examine(self, generated: Tensor) -> Distance:
        """The `Distance` of generated images (N, C, H, W), pixels in [-1, 1]; `count` of them for the full protocol."""
        protocol = f"{len(generated):,} generated, {len(self.held_out):,} held out"
        return Distance(frechet_distance(features(generated), self.held_out.to(generated.device)), self.real, protocol)
