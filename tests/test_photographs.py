"""The judge of photographs orders what is done to photographs as the eye does: more of it is further away."""

import io
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr

from gan_edu import data, judge, metrics
from gan_edu.data import to_bytes, to_pixels

COUNT = 200


@cache
def halves(kind):
    """Flowers at 64 × 64, real ones or those that stand in for them, in two halves at random."""
    flowers = data.load("flowers", size=64)
    assert (flowers.stands_in_for is None) == (kind == "real")
    rows = torch.randperm(len(flowers), generator=torch.Generator().manual_seed(0))[: 2 * COUNT]
    return flowers.pixels(rows).split(COUNT)


@pytest.fixture(params=["stand-in", "real"])
def kind(request):
    if request.param == "real":
        request.getfixturevalue("real_data")
    return request.param


def seen(images):
    with torch.no_grad():
        return judge.load(colour=True).features(images)


def noisy(images, deviation):
    return images + deviation * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))


def blurred(images, pixels):
    return torch.from_numpy(gaussian_filter(images.numpy(), (0, 0, pixels, pixels)))


def compressed(images, quality):
    def through(image):
        buffer = io.BytesIO()
        Image.fromarray(image.movedim(0, -1).numpy()).save(buffer, "jpeg", quality=quality)
        return torch.from_numpy(np.array(Image.open(buffer))).movedim(-1, 0)

    return to_pixels(torch.stack([through(image) for image in to_bytes(images)]))


def recoloured(images, share):
    """Each channel with a share of the next one."""
    return torch.lerp(images, images.roll(1, 1), share)


def patched(images, squares):
    """That many of the sixteen squares of each image are another image's."""
    images, other = images.clone(), images.roll(1, 0)
    for k in torch.randperm(16, generator=torch.Generator().manual_seed(0))[:squares].tolist():
        rows, columns = (slice(16 * part, 16 * part + 16) for part in divmod(k, 4))
        images[:, :, rows, columns] = other[:, :, rows, columns]
    return images


WAYS = {
    "noise": (noisy, (0.1, 0.25, 0.6)),
    "blur": (blurred, (0.7, 1.5, 3.0)),
    "JPEG": (compressed, (30, 12, 4)),
    "other colours": (recoloured, (0.15, 0.4, 0.9)),
    "others' squares": (patched, (1, 4, 8)),
}


@cache
def distances(kind, way):
    """Of untouched photographs, and of photographs to which more and more was done, from others: Fréchet and kernel."""
    change, how = WAYS[way]
    others, these = halves(kind)
    sets = [seen(images) for images in (these, *(change(these, much).clamp(-1, 1) for much in how))]
    return [[far(found, seen(others)) for found in sets] for far in (metrics.frechet_distance, metrics.kernel_distance)]


@pytest.mark.parametrize("way", WAYS)
def test_the_more_is_done_to_photographs_the_further_they_are_away(kind, way):
    for found in distances(kind, way):
        assert found == sorted(found) and found[-1] > 2 * found[0], found


def test_its_order_goes_with_that_of_structural_similarity(kind):
    """Which compares each image with itself: a measure of another kind, so the order is not the same."""
    from torchmetrics.functional.image import structural_similarity_index_measure as similarity

    these = halves(kind)[1][:40]
    lost = [1 - similarity(f(these, m).clamp(-1, 1), these, data_range=2.0).item() for f, how in WAYS.values() for m in how]
    far = [distance for way in WAYS for distance in distances(kind, way)[0][1:]]
    assert spearmanr(lost, far).statistic > 0.6


def test_it_knows_most_kinds_of_flowers_that_were_held_out(real_data):
    flowers = data.load("flowers", size=64).held_out
    right = judge.load(colour=True)(flowers.pixels())[:, judge.ColourJudge.FLOWERS].argmax(1) == flowers.labels
    assert right.float().mean() > 0.8


def test_images_of_any_size_have_features_and_maps():
    images = torch.rand(2, 3, 32, 32) * 2 - 1
    assert seen(images).shape == (2, 288) and (seen(images) >= 0).all()
    with torch.no_grad():
        maps = judge.load(colour=True).maps(images)
    assert [tuple(each.shape) for each in maps] == [(2, 48, 16, 16), (2, 96, 8, 8), (2, 128, 4, 4), (2, 160, 2, 2)]
