"""Pairs: each image is beside its own partner, whoever has none is named, and the pairing can be hidden."""

import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from gan_edu import data
from gan_edu.data import PairSet
from gan_edu.data.folder import read_images
from gan_edu.errors import DataError


def picture(shade, width=12, height=12):
    """A picture of one shade, whose halves are told apart by their red: 0 on the left, 200 on the right."""
    pixels = np.full((height, width, 3), shade, np.uint8)
    pixels[:, :height, 0], pixels[:, height:, 0] = 0, 200
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def folder_of(path, files):
    for name, raw in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(raw)
    return path


def zip_of(path, files):
    with zipfile.ZipFile(path / "pairs.zip", "w") as file:
        for name, raw in files.items():
            file.writestr(name, raw)
    return path / "pairs.zip"


def shades(pairs):
    """The shades of a and b, pair by pair."""
    return [tuple(shade) for shade in pairs.pairs[:, :, 2, 0, 0].tolist()]


ways = pytest.mark.parametrize("make", [folder_of, zip_of], ids=["folder", "zip"])


@ways
def test_images_of_one_name_in_two_folders_are_a_pair(make, tmp_path):
    files = {f"photos/b/{k}.png": picture(100 + k) for k in range(12)} | {f"photos/a/{k}.jpg": picture(k) for k in range(12)}
    found = data.load_pairs(str(make(tmp_path, files)), size=8)
    assert found.shape == (3, 8, 8) and found.sides == ("a", "b") and found.held_out is None
    assert {b - a for a, b in shades(found)} == {100} and len(set(shades(found))) == 12


@ways
def test_images_twice_as_wide_as_high_are_pairs_left_and_right(make, tmp_path):
    found = data.load_pairs(str(make(tmp_path, {f"{k}.png": picture(k, width=24) for k in range(3)})), size=8)
    assert found.sides == ("left", "right") and shades(found) == [(0, 0), (1, 1), (2, 2)]
    assert (found.pairs[:, 0, 0] == 0).all() and (found.pairs[:, 1, 0] == 200).all(), "nothing of the other half"


@ways
@pytest.mark.parametrize(
    "form",
    ["{split}/{side}/{k}.png", "{side}/{split}/{k}.png", "{split}{side}/{k}.png", "mine/{side}/{split}/some/{k}.png"],
)
def test_what_lies_below_test_is_held_out_and_no_partner_of_what_lies_below_train(make, form, tmp_path):
    files = {
        form.format(split=split, side=side, k=k): picture(100 * (split == "test") + 10 * k + (side == "b"))
        for split, count in (("train", 3), ("test", 2))
        for side in "ab"
        for k in range(count)
    }
    found = data.load_pairs(str(make(tmp_path, files)), size=8)
    assert sorted(shades(found)) == [(0, 1), (10, 11), (20, 21)]
    assert sorted(shades(found.held_out)) == [(100, 101), (110, 111)]
    assert found.describe().startswith(f"{found.name}: 3 training and 2 held-out pairs of 3×8×8 pixels, a and b, from")


def test_halves_below_train_and_test_are_told_apart_too(tmp_path):
    files = {f"{split}/1.png": picture(shade, width=24) for split, shade in (("train", 1), ("val", 2))}
    found = data.load_pairs(str(folder_of(tmp_path, files)), size=8)
    assert shades(found) == [(1, 1)] and shades(found.held_out) == [(2, 2)]


SIDES = {  # where the images of four pairs lie, and what their sides are called
    "folders within the sides": ("input/1/{k}.png input/2/{k}0.png target/1/{k}.png target/2/{k}0.png", ("input", "target")),
    "sides within the folders": (
        "1/input/{k}.png 2/input/{k}.png 3/input/{k}.png 1/target/{k}.png 2/target/{k}.png 3/target/{k}.png",
    )
    + (("input", "target"),),
    "no tests": ("trainA/{k}.png trainB/{k}.png", ("trainA", "trainB")),
    "one side in a folder of its own": ("{k}.png masks/{k}.png", ("mine", "masks")),
    "numbers": ("9/{k}.png 10/{k}.png", ("9", "10")),
    "images and masks": ("train_images/{k}.png val_images/{k}.png train_masks/{k}.png val_masks/{k}.png", ("images", "masks")),
}


@pytest.mark.parametrize("case", SIDES)
def test_the_sides_are_the_first_folders_in_which_all_find_their_partners(case, tmp_path):
    forms, sides = SIDES[case]
    forms = forms.split()
    files = {form.format(k=k): picture(50 * (2 * row >= len(forms)) + k) for row, form in enumerate(forms) for k in (1, 2, 10)}
    found = data.load_pairs(str(folder_of(tmp_path / "mine", files)), size=8)
    everything = shades(found) + (shades(found.held_out) if found.held_out else [])
    assert found.sides == sides and len(everything) == len(files) // 2 and {b - a for a, b in everything} == {50}


def test_pairs_are_in_the_order_of_their_numbers(tmp_path):
    found = data.load_pairs(str(folder_of(tmp_path, {f"{side}/{k}.png": picture(k) for side in "ab" for k in range(1, 13)})), 8)
    assert shades(found) == [(k, k) for k in range(1, 13)]


@pytest.mark.parametrize("count, held_out", [(19, 0), (20, 2)])
def test_a_tenth_of_your_own_pairs_is_held_out_if_there_are_twenty(count, held_out, tmp_path):
    found = data.load_pairs(str(folder_of(tmp_path, {f"{k:02}.png": picture(k, width=24) for k in range(count)})), size=8)
    kept_out = shades(found.held_out) if found.held_out else []
    assert len(kept_out) == held_out and sorted(shades(found) + kept_out) == [(k, k) for k in range(count)]


WRONG = {
    "no partner": (["a/1.png", "a/2.png", "b/1.png"], "2.png has no partner of its name in the other folder, nor have 0 more"),
    "other names": (["a/1.png", "b/2.png"], "1.png has no partner .*nor have 1 more.*the folders are a and b"),
    "a partner in the other split": (["train/a/1.png", "test/b/1.png"], "has no partner"),
    "twice": (["a/1.png", "a/1.jpg", "b/1.png"], "1.png has the name of another image beside it"),
    "three folders": (["a/1.png", "b/1.png", "c/1.png"], "images in 3 folders, a, b, c"),
    "one folder": (["a/1.png"], "1.png is 12×12 pixels: two square images side by side .*Or put the images of a pair into two"),
    "two ways": (
        ["a/x/1.png", "a/y/1.png", "b/x/1.png", "b/y/1.png"],
        "may hold pairs of a and b or of x and y: give each pair",
    ),
    "nothing": ([], "holds no images"),
}


@ways
@pytest.mark.parametrize("case", WRONG)
def test_images_that_are_no_pairs_are_named_with_the_remedy(make, case, tmp_path):
    names, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        data.load_pairs(str(make(tmp_path, dict.fromkeys(names, picture(7)))), size=8)


def test_a_name_that_nothing_has_is_reported_with_those_there_are():
    with pytest.raises(DataError, match=r"'facade' is neither a set of pairs \(facades, outlines\) nor a folder"):
        data.load_pairs("facade")


def test_reading_halves_leaves_whole_images_alone(tmp_path):
    folder = folder_of(tmp_path, {"1.png": picture(7, width=24)})
    whole, _, _ = read_images(folder)
    halves, names, _ = read_images(folder, halves=True)
    assert torch.equal(torch.cat(list(halves), dim=2), whole[0]) and names[0] == names[1]


# Facades and outlines ----------------------------------------------------------------------------------------------------


def test_the_facades_are_label_maps_and_photographs(real_data):
    if not (real_data / "facades").is_dir():
        pytest.skip("GAN_EDU_DATA holds no facades/")
    facades = data.load_pairs("facades", size=16)
    assert facades.stands_in_for is None and facades.sides == ("label", "photo")
    assert (len(facades), len(facades.held_out)) == (400, 100) and facades.shape == (3, 16, 16)
    labels, photos = (facades.pixels()[:, side] for side in (0, 1))
    assert labels.amax((1, 2, 3)).gt(0.9).all(), "the colours of a label map are pure"
    grey = (photos[:, :1] - photos).abs().mean() / (labels[:, :1] - labels).abs().mean()
    assert grey < 0.5, "those of a photograph are not"


def test_other_pairs_under_the_facades_name_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_EDU_DATA", str(tmp_path))
    (tmp_path / "facades").mkdir()
    files = {f"{side}/{k}.png": picture(k) for side in ("label", "photo") for k in range(3)}
    zip_of(tmp_path / "facades", files).rename(tmp_path / "facades" / "facades_128.zip")
    with pytest.raises(DataError, match="does not hold 400 and 100 pairs of facades. Delete it"):
        data.load_pairs("facades", size=8)


def test_drawn_outlines_stand_in_for_the_facades_and_say_so():
    found = data.load_pairs("facades", size=16)
    assert found.stands_in_for == "CMP facades" and "STANDING IN for CMP facades, which was not found" in found.describe()
    outlines = data.load_pairs("outlines", size=16)
    assert outlines.stands_in_for is None and torch.equal(outlines.pairs, found.pairs)
    assert len(outlines) == 2000 and len(outlines.held_out) == 300


def test_an_outline_lies_on_the_object_that_it_bounds():
    outlines = data.load_pairs("outlines", size=32)
    line, scene = outlines.pairs[:, 0].float(), outlines.pairs[:, 1].float()
    coloured = scene.amax(1) - scene.amin(1) > 60
    dark = line.mean(1) < 40
    assert dark.any(dim=(1, 2)).float().mean() > 0.9 and coloured[dark].all(), "a line lies inside what it bounds"
    assert line.amax(1).sub(line.amin(1)).max() == 0, "a line has no colour of its own"


def test_held_out_outlines_are_not_among_the_others():
    outlines = data.load_pairs("outlines", size=16)
    training = set(map(bytes, outlines.pairs.flatten(1).numpy()))
    assert training.isdisjoint(map(bytes, outlines.held_out.pairs.flatten(1).numpy()))


# Batches -----------------------------------------------------------------------------------------------------------------


def numbered(count):
    """Pairs whose sides both hold their number."""
    return PairSet(
        "numbers", torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1, 1).expand(-1, 2, 3, 4, 4), ("a", "b"), ""
    )


def numbers(pixels):
    return data.to_bytes(pixels[:, 0, 0, 0]).tolist()


def test_batches_keep_pairs_together():
    a, b = next(numbered(10).batches(8)).unbind(1)
    assert a.shape == (8, 3, 4, 4) and numbers(a) == numbers(b) and -1 <= a.min() < a.max() <= 1
    assert torch.equal(numbered(10).pixels(slice(2, 4))[:, 0], data.to_pixels(numbered(10).pairs[2:4, 0]))


def test_unpaired_batches_never_show_a_partner():
    batches, seen = numbered(11).unpaired(5), [set(), set()]
    for _ in range(4):
        for side, part in zip(seen, next(batches)):
            side.update(numbers(part))
    assert seen == [set(range(5)), set(range(5, 10))]
