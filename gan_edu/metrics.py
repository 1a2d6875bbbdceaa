"""Measures of what a generator has learned: modes and quality where the truth is known, distances between features elsewhere.

Each is a plain function of samples. Notebook 06 derives the first kind, notebooks 04 and 09 the second.
"""

from dataclasses import dataclass

import torch

from . import judge
from .errors import DataError


@dataclass(frozen=True)
class Modes:
    """How samples spread over the modes of a mixture.

    counts: high-quality samples nearest to each mode, (modes,); captured: modes with at least `least` of them; high_quality:
    share of samples within three standard deviations of a mode; dominant: share of all samples nearest to the favourite mode;
    kl: KL divergence, in nats, of the distribution of samples over modes from the true one.
    """

    counts: torch.Tensor
    captured: int
    high_quality: float
    dominant: float
    kl: float

    @property
    def verdict(self):
        """One of "complete collapse" (one mode holds at least 90 % of the samples), "covered" (more than three quarters of the
        modes captured), "partial collapse" (fewer, but more than one) and "astray" (at most one, and no favourite)."""
        if self.dominant >= 0.9:
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
    everything = nearest.bincount(minlength=number)
    counts = nearest[good].bincount(minlength=number)
    share = everything / len(samples)
    weights = mixture.weights.to(share)
    kl = torch.where(share > 0, share * (share / weights).log(), 0.0).sum()
    return Modes(
        counts.cpu(),
        int((counts >= least).sum()),
        int(good.sum()) / len(samples),
        int(everything.max()) / len(samples),  # of whole numbers: 0.9 in single precision is less than 0.9
        kl.clamp(min=0).item(),
    )


def frechet_distance(a, b):
    """Squared Fréchet distance between Gaussians fitted to two sets of features, (N, d) and (M, d) (Dowson & Landau 1982;
    Heusel et al. 2017): |m - m'|² + tr(C + C' - 2 (C C')^½). In float64; zero for equal means and covariances."""
    (mean_a, root_a, trace_a), (mean_b, root_b, trace_b) = _gaussian(a), _gaussian(b)
    # tr (C C')^½ is the sum of the singular values of C^½ C'^½: no matrix root of a product that is not symmetric
    overlap = torch.linalg.svdvals(root_a @ root_b).sum()
    return ((mean_a - mean_b).square().sum() + trace_a + trace_b - 2 * overlap).clamp(min=0).item()


def _gaussian(features):
    if len(features) < 2:
        raise DataError(f"a Fréchet distance needs at least two samples on either side, not {len(features)}.")
    features = features.double()
    covariance = features.T.cov()
    values, vectors = torch.linalg.eigh(covariance.reshape(features.shape[1], -1))
    values = values.clamp(min=0)
    return features.mean(0), vectors * values.sqrt() @ vectors.T, values.sum()


@torch.no_grad()
def features(images, batch=200):
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

    def examine(self, generated):
        """The `Distance` of generated images (N, C, H, W), pixels in [-1, 1]; `count` of them for the full protocol."""
        protocol = f"{len(generated):,} generated, {len(self.held_out):,} held out"
        return Distance(frechet_distance(features(generated), self.held_out.to(generated.device)), self.real, protocol)
