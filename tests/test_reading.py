"""What is read off true pictures is what is true of them, and what breaks the law is seen."""

import pytest
import torch

from gan_edu.data import Faces, Roads, Scenes, to_pixels
from gan_edu.data.drawn.reading import asymmetry, count_objects, mixed, vanishing_point

SIDES = pytest.mark.parametrize("side", [32, 64])


@SIDES
@pytest.mark.parametrize("objects", [1, 3])
def test_objects_are_counted(objects, side, rng):
    scenes = Scenes.sample(500, rng, objects=objects)
    assert (count_objects(scenes.images(side)) == objects).float().mean() >= 0.99


def test_scenes_of_any_number_of_objects_are_counted_one_by_one(rng):
    scenes = Scenes.sample(300, rng, objects=(1, 4), words=("small",))
    counts = count_objects(scenes.images(32))
    assert counts.dtype == torch.int64 and (counts == scenes.objects).float().mean() >= 0.99
    assert len(scenes.objects.unique()) == 4


def test_white_objects_on_black_are_counted_too(rng):
    scenes = Scenes.sample(500, rng, objects=3, words=("small", "red"))
    green = scenes.images(28)[:, 1:2].float()
    ink = ((235 - green) / (235 - 16) * 255).round().to(torch.uint8)
    assert (count_objects(ink) == 3).float().mean() >= 0.99 and (count_objects(to_pixels(ink)) == 3).float().mean() >= 0.99


def test_empty_paper_holds_nothing_and_a_speck_is_no_object(rng):
    images = Scenes.sample(2, rng).images(32)
    images[:] = 235
    images[1, :, 10:12, 10:12] = 0
    assert count_objects(images).tolist() == [0, 0]
    images[1, :, 10:13, 10:13] = 0
    assert count_objects(images).tolist() == [0, 1]


def test_bytes_and_pixels_are_read_alike(rng):
    scenes, roads, faces = (kind.sample(20, rng).images(32) for kind in (Scenes, Roads, Faces))
    assert torch.equal(count_objects(scenes), count_objects(to_pixels(scenes)))
    torch.testing.assert_close(vanishing_point(roads), vanishing_point(to_pixels(roads)), atol=1e-3, rtol=0)
    torch.testing.assert_close(asymmetry(faces), asymmetry(to_pixels(faces)))


@SIDES
def test_the_edges_of_a_road_are_found_to_meet_where_they_do(side, rng):
    roads = Roads.sample(500, rng)
    found = vanishing_point(roads.images(side))
    truth = torch.cat([roads.horizon, roads.horizon[:, 1:]], dim=1)
    pixels = (found - truth).abs() * side / 2
    assert pixels.quantile(0.99, dim=0).max() < 0.25


def test_a_road_that_meets_elsewhere_than_at_the_horizon_is_noticed(rng):
    roads = Roads.sample(50, rng)
    images, lowered = roads.images(32), roads.images(32)
    lowered[:, :, 1:] = images[:, :, :-1]  # the road and the posts move down by one pixel, and the horizon with them
    lowered[:, :, :18, :6] = images[:, :, :18, :6]  # but not where it is looked for
    apart = [(found[:, 1] - found[:, 2]) * 16 for found in map(vanishing_point, (images, lowered))]
    torch.testing.assert_close(apart[1] - apart[0], torch.ones(50), atol=0.35, rtol=0)


def test_a_face_is_symmetric_and_a_shifted_one_is_not(rng):
    images = Faces.sample(50, rng).images(32)
    assert asymmetry(images).max() == 0 and asymmetry(images.roll(1, 3)).min() > 0.01
    half = images.clone()
    half[..., :16] = 0
    half[..., 16:] = 255
    torch.testing.assert_close(asymmetry(half), torch.ones(50))


def test_the_shares_of_paints_in_a_mixed_pixel_are_found():
    ground, paints = (10, 20, 30), [(200, 30, 40), (20, 220, 90)]
    shares = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.3, 0.2], [0.0, 0.75]])
    colours = torch.tensor([ground, *paints], dtype=torch.float32)
    seen = torch.cat([1 - shares.sum(1, keepdim=True), shares], dim=1) @ colours
    torch.testing.assert_close(mixed(seen, ground, *paints).T, shares, atol=1e-5, rtol=0)
