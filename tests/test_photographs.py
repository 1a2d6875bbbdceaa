"""The judges of photographs: the more is done to photographs, the further they are away, and what is near is of the same kind."""

import io
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from torchmetrics.functional.image import structural_similarity_index_measure

from gan_edu import data, judge, metrics
from gan_edu.data import to_bytes, to_pixels
from gan_edu.errors import GameError
from recordings.judge import accuracy

KNOWN = slice(None, None, 6)  # every sixth training photograph: of all kinds


@cache
def flowers(kind):
    """Flowers at 64 × 64, real ones or those that stand in for them."""
    found = data.load("flowers", size=64)
    assert (found.stands_in_for is None) == (kind == "real")
    return found


@pytest.fixture(params=["stand-in", "real"])
def kind(request):
    if request.param == "real":
        request.getfixturevalue("real_data")
    return request.param


@pytest.fixture(params=["first", "second"])
def eyes(request):
    """One of the two judges."""
    return judge.load(colour=True, second=request.param == "second")


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
    """Of each channel a share gives way to the next one."""
    return torch.lerp(images, images.roll(-1, 1), share)


def pasted(images, squares):
    """So many of the sixteen squares of each image are the next image's."""
    images, others = images.clone(), images.roll(-1, 0)
    for k in [k for k in range(16) if (k // 4 + k) % 2][:squares]:  # every other one, as on a chessboard
        place = slice(16 * (k // 4), 16 * (k // 4 + 1)), slice(16 * (k % 4), 16 * (k % 4 + 1))
        images[:, :, *place] = others[:, :, *place]
    return images


WAYS = {
    "noise": (noisy, (0.1, 0.3, 0.6)),
    "blur": (blurred, (0.7, 1.5, 3.0)),
    "JPEG": (compressed, (30, 12, 4)),
    "other colours": (recoloured, (0.2, 0.4, 1.0)),
    "others' squares": (pasted, (1, 3, 8)),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_more_is_done_to_photographs_the_further_they_are_away(kind, way, eyes):
    """Held-out ones from training ones; from nothing to the first strength the distance need not grow. Structural similarity, which
    compares each image with itself (Wang, Bovik, Sheikh & Simoncelli 2004), orders the strengths alike."""
    change, strengths = WAYS[way]
    known, others = eyes.features(flowers(kind).pixels(KNOWN)), flowers(kind).held_out.pixels()
    spoilt = [change(others, how).clamp(-1, 1) for how in strengths]
    assert_increasing([-structural_similarity_index_measure(images, others, data_range=2.0).item() for images in spoilt])
    for distance in (metrics.frechet_distance, metrics.kernel_distance):
        found = [distance(eyes.features(images), known) for images in spoilt]
        assert_increasing(found)
        assert found[-1] > 1.2 * distance(eyes.features(others), known)


def assert_increasing(values):
    assert values == sorted(values), values


def test_it_knows_most_kinds_of_flowers_that_were_held_out(real_data, eyes):
    assert accuracy(eyes, flowers("real").held_out, judge.ColourJudge.FLOWERS) > 0.8


def test_what_lies_nearest_is_of_the_same_kind(real_data, eyes):
    photographs = flowers("real")
    nearest = torch.cdist(eyes.features(photographs.held_out.pixels()), eyes.features(photographs.pixels())).argmin(1)
    assert (photographs.labels[nearest] == photographs.held_out.labels).float().mean() > 0.75


def test_images_of_any_size_have_features_and_maps():
    images, first = torch.rand(2, 3, 32, 32) * 2 - 1, judge.load(colour=True)
    assert first.features(images).shape == (2, 288) and (first.features(images) >= 0).all()
    assert [tuple(each.shape) for each in first.maps(images)] == [
        (2, 48, 16, 16),
        (2, 96, 8, 8),
        (2, 128, 4, 4),
        (2, 160, 2, 2),
    ]


def test_the_two_judges_err_on_different_flowers(real_data):
    """Else the second would be no other eye for what the first has taught."""
    photographs = flowers("real").held_out
    wrong = [
        judge.load(colour=True, second=second)(photographs.pixels())[:, judge.ColourJudge.FLOWERS].argmax(1)
        != photographs.labels
        for second in (False, True)
    ]
    assert (wrong[0] & ~wrong[1]).sum() >= 3 and (wrong[1] & ~wrong[0]).sum() >= 3


def test_there_is_one_judge_of_digits():
    with pytest.raises(GameError, match="one judge of digits"):
        judge.load(second=True)


@pytest.mark.parametrize("which", [{}, {"colour": True}, {"colour": True, "second": True}], ids=str)
def test_a_judge_is_in_float32_whoever_asks_for_it_first(which):
    torch.set_default_dtype(torch.float64)
    assert {value.dtype for value in judge.load.__wrapped__(**which).state_dict().values()} == {torch.float32, torch.int64}
