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
