"""What the systems of the zoo learn from: each kind from a folder of one's own, nothing held out is learned from."""

import pytest
import torch
from PIL import Image

from gan_edu.data import Bouncing, to_pixels
from gan_edu.data.examples import FILM, KINDS, Examples, load_examples
from gan_edu.errors import DataError

NAMED = {
    "images": "mnist",
    "labelled images": "mnist",
    "images, a few of them labelled": "mnist",
    "pairs": "outlines",
    "two domains": "outlines",
    "captioned images": "scenes",
    "films": "mnist",
}


def drawn(path, names):
    """A folder in which the k-th name is an image of the shade k."""
    for k, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 10), (k, k, k)).save(path / name)
    return str(path)


def shades(images):
    return images.flatten(1)[:, 0].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_batches_of_its_size_and_shape(kind):
    examples = load_examples(kind, NAMED[kind], None if NAMED[kind] == "mnist" else 16)
    batch = next(examples.batches(4, 0, "cpu", to_pixels))
    parts = batch if isinstance(batch, tuple) else (batch,)
    assert all(len(part) == 4 for part in parts) and parts[0].shape[-3:] == examples.shape
    assert -1 <= parts[0].min() < parts[0].max() <= 1 and examples.held_out[0].dtype == torch.uint8
    assert {len(tensor) for tensor in examples.held_out} == {len(examples.held_out[0])}


@pytest.mark.parametrize("kind", ["images", "labelled images", "images, a few of them labelled"])
def test_your_own_images_have_a_class_a_folder_and_some_are_held_out(kind, tmp_path):
    folder = drawn(tmp_path, [f"{name}/{k}.png" for name in ("cats", "dogs") for k in range(20)])
    examples = load_examples(kind, folder, 8)
    kept, out = shades(examples.sources[0][0]), shades(examples.held_out[0])
    assert examples.shape == (3, 8, 8) and len(out) == 4 and sorted(kept + out) == list(range(40))
    if kind != "images":
        images, labels = examples.sources[-1]
        assert examples.names == ("cats", "dogs") and labels.tolist() == [int(shade > 19) for shade in shades(images)]
        assert examples.held_out[1].tolist() == [int(shade > 19) for shade in out]


def test_of_few_labels_there_are_ten_a_class():
    ((images,), (few, labels)) = load_examples("images, a few of them labelled", "mnist").sources
    distinct = {(image.numpy().tobytes(), label) for image, label in zip(few, labels.tolist())}
    assert len(images) > 1000 and torch.bincount(torch.tensor([label for _, label in distinct])).tolist() == [10] * 10


def test_held_out_classes_take_turns():
    labels = load_examples("labelled images", "mnist").held_out[1]
    assert labels[:30].tolist() == 3 * list(range(10))


def test_of_two_domains_no_images_partner_is_seen():
    pairs, domains = (load_examples(kind, "outlines", 16) for kind in ("pairs", "two domains"))
    (everything,) = pairs.sources[0]
    (a,), (b,) = domains.sources
    half = len(everything) // 2
    assert torch.equal(a, everything[:half, 0]) and torch.equal(b, everything[half:, 1])
    assert torch.equal(domains.held_out[0], pairs.held_out[0]) and domains.held_out[1].all()


def test_two_folders_are_two_domains(tmp_path):
    folder = drawn(tmp_path, [f"{side}/{k:02}.png" for side in ("a", "b") for k in range(60)])
    examples = load_examples("two domains", folder, 8)
    both, matched = examples.held_out
    assert not matched.any() and (both[:, 0] < 60).all() and (both[:, 1] >= 60).all()
    assert [len({*shades(source)} & set(range(60))) > 0 for (source,) in examples.sources] == [True, False]


@pytest.mark.parametrize(
    "form",
    ["{split}{side}/{k}.png", "{side}/{split}/{k}.png", "mine/{split}/{side}/{k}.png"],
    ids=["CycleGAN's", "below", "above"],
)
def test_what_lies_below_test_of_two_domains_is_held_out(form, tmp_path):
    parts = [("train", "A", 20), ("train", "B", 30), ("test", "A", 4), ("test", "B", 6)]
    names = [form.format(split=split, side=side, k=k) for split, side, count in parts for k in range(count)]
    examples = load_examples("two domains", drawn(tmp_path, names), 8)
    assert [shades(source) for (source,) in examples.sources] == [[*range(20)], [*range(20, 50)]]
    assert [shades(part) for part in examples.held_out[0].unbind(1)] == [[*range(50, 54)], [*range(54, 58)]]


@pytest.mark.parametrize("sizes", [(20, 20), (71, 180), (20, 199), (29, 21)])
def test_twenty_images_of_each_domain_are_enough(sizes, tmp_path):
    folder = drawn(tmp_path, [f"{side}/{k}.png" for side, size in zip("ab", sizes) for k in range(size)])
    examples = load_examples("two domains", folder, 8)
    assert len(examples.held_out[0]) >= 2 and all(len(a) >= 0.85 * size for (a,), size in zip(examples.sources, sizes))


@pytest.mark.parametrize(
    "kind, names",
    [
        ("labelled images", "train/cats/{k}.png train/dogs/{k}.png test/cats/{k}.png test/dogs/{k}.png"),
        ("images", "train/{k}.png train/more/{k}.png test/{k}.png test/more/{k}.png"),
        ("captioned images", "train/a cat {k}.png train/a dog {k}.png test/a cat {k}.png test/a dog {k}.png"),
        ("films", "train/cats/{k}.png train/dogs/{k}.png test/cats/{k}.png test/dogs/{k}.png"),
    ],
)
def test_what_lies_below_test_is_held_out_of_every_kind(kind, names, tmp_path):
    folder = drawn(tmp_path, [form.strip().format(k=k) + ".png" for form in names.split(".png")[:-1] for k in range(50)])
    examples = load_examples(kind, folder, 8)
    assert sorted(shades(examples.sources[0][0].flatten(0, -4))) == [*range(100)]
    assert sorted(shades(examples.held_out[0].flatten(0, -4))) == [*range(100, 200)]
    assert not {"train", "test"} & {*examples.names}


def test_a_class_that_is_only_held_out_is_named(tmp_path):
    names = [f"train/{name}/{k}.png" for name in ("cats", "dogs") for k in range(20)] + [f"test/{k}.png" for k in range(20)]
    assert len(load_examples("images", drawn(tmp_path / "mine", names), 8).held_out[0]) == 20
    with pytest.raises(DataError, match="holds images of mine only below test"):
        load_examples("labelled images", tmp_path / "mine", 8)


def test_frames_are_in_the_order_of_their_numbers_and_those_left_over_are_counted(tmp_path):
    examples = load_examples("films", drawn(tmp_path, [f"film{film}/{k}.png" for film in (2, 10) for k in range(1, 54)]), 8)
    films = torch.cat([examples.sources[0][0], examples.held_out[0]])[:, :, 0, 0, 0].int()
    assert films.shape == (20, FILM) and (films.diff(dim=1) == 1).all() and films[0, 0] == 0
    assert "(6 left out at the ends of films, which have 5 frames): 18 to learn from, 2 held out" in examples.about


@pytest.mark.parametrize("kind", ["captioned images", "films"])
def test_what_is_left_out_and_converted_is_said_of_every_kind(kind, tmp_path):
    folder = drawn(tmp_path, [f"{name}/{name} {k}.png" for name in ("cat", "dog") for k in range(50)])
    (tmp_path / "cat" / "1.heic").write_bytes(b"no picture")
    (tmp_path / "cat" / "notes.txt").write_bytes(b"no picture")
    assert "(1 left out that are no pictures or cannot be read: 1 .heic)" in load_examples(kind, folder, 8).about


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_name_is_an_error(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn(tmp_path, [f"{name}/{name} {k}.png" for name in ("cat", "dog") for k in range(100)]))
    with pytest.raises(DataError, match="'' is neither .* nor a folder or archive that exists"):
        load_examples(kind, "", 8)


def test_a_digest_tells_names_counts_and_every_byte():
    def examples(names="ab", count=4, pixel=0):
        images = torch.zeros(count, 1, 2, 2, dtype=torch.uint8)
        images[0, 0, 0, 0] = pixel
        return Examples(((images, torch.arange(count)),), (images[:1], torch.arange(1)), "", tuple(names)).digest()

    first = examples()
    assert first == examples() and first["names"] == ["a", "b"] and first["counts"] == [4, 1]
    for other, changed in (examples("ac"), "names"), (examples(count=5), "counts"), (examples(pixel=1), "sha256"):
        assert other[changed] != first[changed]


def test_two_sources_are_shuffled_apart_so_that_equal_rows_do_not_meet():
    images = torch.arange(60, dtype=torch.uint8).view(-1, 1, 1, 1)
    a, b = next(Examples(((images,), (images + 60,)), (images,), "two").batches(30, 0, "cpu", lambda x: x))
    assert a.max() < 60 <= b.min() and (a + 60 == b).sum() < 5


def test_captions_are_the_words_of_names_and_folders(tmp_path):
    names = [f"roses/a red rose {k:02}.png" for k in range(10)] + [f"tulips/Yellow_tulip-{k:02}.png" for k in range(10)]
    examples = load_examples("captioned images", drawn(tmp_path, names), 8)
    images, tokens = examples.sources[0]
    said = {" ".join(examples.names[token] for token in row).strip() for row in tokens.tolist()}
    assert said == {"roses a red rose", "tulips yellow tulip"} and examples.names[0] == ""
    assert all((examples.names[row[0]] == "roses") == (shade < 10) for row, shade in zip(tokens.tolist(), shades(images)))


def test_scenes_have_wrong_captions_beside_the_right_ones():
    _, right, wrong = load_examples("captioned images", "scenes", 8).sources[0]
    assert len(right) == len(wrong) and (right[:, None] != wrong).any(2).all()


def test_films_are_cut_within_a_folder_in_the_order_of_names(tmp_path):
    names = [f"{film}/{k:02}.png" for film in "abc" for k in range(44)]
    examples = load_examples("films", drawn(tmp_path, names), 8)
    films = torch.cat([examples.sources[0][0], examples.held_out[0]])[:, :, 0, 0, 0].int()
    assert films.shape == (24, FILM) and (films.diff(dim=1) == 1).all()
    assert (films // 44 == films[:, :1] // 44).all(), "no film begins in one folder and ends in another"


def test_held_out_films_show_images_that_no_other_film_shows(monkeypatch):
    asked = []
    sample = Bouncing.sample
    monkeypatch.setattr(Bouncing, "sample", lambda images, *others: asked.append(images) or sample(images, *others))
    load_examples("films", "mnist", 32)
    kept, out = ({image.numpy().tobytes() for image in images} for images in asked)
    assert len(kept) > 1300 and len(out) > 400 and not kept & out


@pytest.mark.parametrize("kind", ["images", "labelled images", "two domains", "captioned images", "films"])
def test_too_few_of_your_own_are_refused_with_how_many_are_wanted(kind, tmp_path):
    folder = drawn(tmp_path, [f"{name}/{name} {k}.png" for name in ("cat", "dog") for k in range(9)])
    with pytest.raises(DataError, match="at least 20 are wanted"):
        load_examples(kind, folder, 8)
