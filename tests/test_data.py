"""Data: what is damaged is named with its remedy, what is missing is looked for in order, and nothing is left half done."""

import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pooch
import pytest
import requests
import torch
from PIL import Image, features
from sklearn.datasets import load_digits

from gan_edu import data
from gan_edu.data import Batches, Mixture, Together, download, grid, images, ring, to_bytes, to_pixels
from gan_edu.data.download import Remote, fetch
from gan_edu.data.folder import _decode, read_images
from gan_edu.data.idx import read_idx
from gan_edu.errors import DataError

# idx --------------------------------------------------------------------------------------------------------------------


def idx(array, kind=8):
    array = np.asarray(array, np.uint8)
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


PICTURES = np.arange(5 * 28 * 28).reshape(5, 28, 28) % 256
ZIPPED = gzip.compress(idx(PICTURES), mtime=0)


@pytest.mark.parametrize("name, raw", [("images", idx(PICTURES)), ("images.gz", ZIPPED)])
def test_an_idx_file_is_read_gzipped_or_not(name, raw, tmp_path):
    (tmp_path / name).write_bytes(raw)
    found = read_idx(tmp_path / name)
    assert found.dtype == torch.uint8 and np.array_equal(found.numpy(), PICTURES)


DAMAGED = {  # what a download can turn into: the file's name, its bytes, and what must be said
    "an archive cut in half": ("images.gz", ZIPPED[: len(ZIPPED) // 2], "damaged or truncated gzip"),
    "an archive without its end": ("images.gz", ZIPPED[:-4], "damaged or truncated gzip"),
    "an archive of ten bytes": ("images.gz", ZIPPED[:10], "damaged or truncated gzip"),
    "an archive with flipped bytes": ("images.gz", ZIPPED[:40] + bytes(20) + ZIPPED[60:], "damaged or truncated gzip"),
    "an archive with a wrong checksum": ("images.gz", ZIPPED[:-8] + b"1234" + ZIPPED[-4:], "damaged or truncated gzip"),
    "a web page": ("images.gz", b"<!DOCTYPE html>\n<html><title>403 Forbidden</title></html>", "is a web page, not data"),
    "a web page after blank lines": ("images.gz", b"\r\n\n  <html></html>", "is a web page, not data"),
    "an error in XML": ("images", b"<?xml version='1.0'?><Error>AccessDenied</Error>", "is a web page, not data"),
    "something else called .gz": ("images.gz", idx(PICTURES), "is called .gz but is not gzip"),
    "an empty .gz": ("images.gz", b"", "is called .gz but is not gzip"),
    "an empty file": ("images", b"", "is not an idx file"),
    "a text": ("images", b"epoch,loss\n1,2\n", "is not an idx file"),
    "a zipped text": ("images.gz", gzip.compress(b"epoch,loss\n"), "is not an idx file"),
    "the magic number of floats": ("images", idx(PICTURES, kind=0x0D), "magic number 0x00000d03"),
    "two dimensions": ("images", idx(np.zeros((3, 4))), "magic number 0x00000802"),
    "no header": ("images", idx(PICTURES)[:9], "ends inside its header"),
    "too few bytes": ("images", idx(PICTURES)[:-1], "is truncated: it declares 5×28×28"),
    "too many bytes": ("images", idx(PICTURES) + b"!", "is too long"),
    "a header that lies": ("images", idx(PICTURES)[:4] + struct.pack(">3I", 2**31, 28, 28), "is truncated"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_idx_file_is_named_with_what_is_wrong_and_the_remedy(case, tmp_path):
    name, raw, wrong = DAMAGED[case]
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    said = str(caught.value)
    assert str(path) in said and wrong in said and "Delete" in said
    assert path.read_bytes() == raw and list(tmp_path.iterdir()) == [path], "reading changes nothing on disk"


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere.gz cannot be read.*permissions"):
        read_idx(tmp_path / "nowhere.gz")


def mnist_in(folder, count=30, labels=None, held_out=10):
    """A folder with an MNIST of random digits."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, n in (("train", count), ("t10k", held_out)):
        pictures = np.random.default_rng(0).integers(0, 256, (n, 28, 28))
        (folder / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pictures)))
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(idx(np.arange(n) % 10 if labels is None else labels))
        )
    return folder


def test_images_and_labels_that_do_not_belong_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_EDU_DATA", str(tmp_path))
    folder = mnist_in(tmp_path / "mnist", labels=np.zeros(3))
    with pytest.raises(DataError, match=r"do not belong together.*Delete both") as caught:
        data.load("mnist")
    assert str(folder / "t10k-images-idx3-ubyte.gz") in str(caught.value)


def test_a_label_that_no_class_has_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_EDU_DATA", str(tmp_path))
    mnist_in(tmp_path / "mnist", count=2, held_out=2, labels=[3, 10])
    with pytest.raises(DataError, match=r"labels-idx1-ubyte.gz holds the label 10, and there are 10 classes"):
        data.load("mnist")


# Looking for data -------------------------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Two empty places to look in: what `GAN_EDU_DATA` names, and the project's data/; and a network that answers nothing."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.setenv("GAN_EDU_DATA", str(first))
    monkeypatch.setattr(images, "home", lambda: second)
    monkeypatch.delenv("GAN_EDU_OFFLINE")
    asked = []
    monkeypatch.setattr(images, "fetch", lambda remotes, folder: asked.append(folder))
    return first, second, asked


def test_data_is_looked_for_where_the_environment_says_then_in_the_project_then_in_the_network(places):
    first, second, asked = places
    assert data.load("mnist").stands_in_for == "MNIST" and asked == [second / "mnist"]
    mnist_in(second / "mnist")
    assert data.load("mnist").source == str(second / "mnist")
    mnist_in(first / "mnist")
    assert data.load("mnist").source == str(first / "mnist") and len(asked) == 1


def test_a_download_is_read_from_where_it_went(places, monkeypatch):
    _, second, _ = places
    monkeypatch.setattr(images, "fetch", lambda remotes, folder: mnist_in(folder))
    found = data.load("mnist")
    assert found.source == str(second / "mnist") and found.stands_in_for is None


def test_an_incomplete_folder_is_passed_over(places):
    first, second, _ = places
    mnist_in(first / "mnist")
    (first / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    mnist_in(second / "mnist")
    assert data.load("mnist").source == str(second / "mnist")


def test_unzipped_files_are_found_too(places):
    first, _, _ = places
    for path in list(mnist_in(first / "mnist").iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert data.load("mnist").source == str(first / "mnist")


@pytest.mark.parametrize("case", ["an archive cut in half", "a web page", "too few bytes"])
@pytest.mark.parametrize("kind", ["images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"])
def test_a_damaged_copy_is_reported_and_never_replaced_in_silence(case, kind, places):
    first, second, asked = places
    mnist_in(second / "mnist")
    mnist_in(first / "mnist")
    (first / "mnist" / f"train-{kind}").write_bytes(DAMAGED[case][1])
    with pytest.raises(DataError, match=f"train-{kind}"):
        data.load("mnist")
    assert asked == []


def test_offline_nothing_is_asked_of_the_network(places, monkeypatch):
    monkeypatch.setenv("GAN_EDU_OFFLINE", "1")
    assert data.load("fashion").stands_in_for == "Fashion-MNIST" and places[2] == []


def test_a_place_that_does_not_exist_is_reported(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_EDU_DATA", str(tmp_path / "typo"))
    with pytest.raises(DataError, match="GAN_EDU_DATA names .*typo, which is no folder. Correct it, or unset it"):
        data.load("mnist")


@pytest.mark.parametrize(
    "name, title, shape",
    [("mnist", "MNIST", (1, 28, 28)), ("fashion", "Fashion-MNIST", (1, 28, 28)), ("flowers", "Oxford 17 flowers", (3, 64, 64))],
)
def test_a_stand_in_says_so(name, title, shape):
    found = data.load(name)
    assert found.stands_in_for == title and f"STANDING IN for {title}, which was not found" in found.describe()
    assert found.shape == shape and found.images.dtype == torch.uint8 and found.held_out.shape == shape
    assert len(found) > 1000 and len(found.labels) == len(found) and int(found.labels.max()) == len(found.classes) - 1


def test_the_small_digits_are_themselves_and_stand_in_for_nothing():
    digits = data.load("digits")
    assert digits.stands_in_for is None and "STANDING IN" not in digits.describe()
    assert digits.shape == (1, 8, 8) and len(digits) + len(digits.held_out) == 1797
    assert len(digits.images.unique()) == 17


@pytest.mark.parametrize("name, own", [("digits", 8), ("mnist", 28)])
def test_digits_keep_their_own_size(name, own):
    assert data.load(name, size=own).shape == (1, own, own)
    with pytest.raises(DataError, match=f"comes as {own}×{own} pixels"):
        data.load(name, size=64)


def test_the_small_digits_are_drawn_at_28_if_that_is_asked_for():
    large, stand_in = data.load("digits", size=28), data.load("mnist")
    assert torch.equal(large.images, stand_in.images) and torch.equal(large.labels, data.load("digits").labels)
    assert large.stands_in_for is None


@pytest.mark.parametrize("read", [data.load, data.load_pairs])
@pytest.mark.parametrize("name", ["", " ", "~nobody-of-this-name/pictures", "a" * 5000, "\0"])
def test_what_names_no_place_is_an_error_and_not_the_working_directory(read, name, tmp_path, monkeypatch):
    (tmp_path / "1.png").write_bytes(picture())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="is neither a set of .* nor a folder or archive that exists"):
        read(name)
    assert len(data.load(".")) == 1


def test_a_name_that_nothing_has_is_reported_with_those_there_are():
    with pytest.raises(DataError, match=r"'mnits' is neither a set of images \(mnist, fashion, flowers, digits\) nor a folder"):
        data.load("mnits")


def test_held_out_images_are_not_among_the_others():
    digits = data.load("digits")
    everything = torch.cat([digits.images, digits.held_out.images]).flatten(1)
    original = (torch.from_numpy(load_digits().data) * 255 / 16).round().byte()
    assert sorted(map(bytes, everything.numpy())) == sorted(map(bytes, original.numpy()))


def test_real_flowers_have_seventeen_classes_of_eighty(real_data):
    if not (real_data / "flowers").is_dir():
        pytest.skip("GAN_EDU_DATA holds no flowers/")
    flowers = data.load("flowers", size=8)
    labels = torch.cat([flowers.labels, flowers.held_out.labels])
    assert flowers.stands_in_for is None and labels.bincount().tolist() == [80] * 17


# Downloads --------------------------------------------------------------------------------------------------------------

GOOD = b"the real thing"
SUM = "sha256:" + hashlib.sha256(GOOD).hexdigest()
FILE = Remote("file.gz", ("https://one.example/file.gz", "https://two.example/file.gz"), SUM)


@pytest.fixture
def network(monkeypatch):
    """A network without sockets: what each address answers, bytes or an error, and a list of what was asked."""

    class Network(dict):
        asked = []

    network = Network()
    network.asked = []

    def downloader(**settings):
        def download(url, output_file, pooch):
            network.asked.append(url)
            answer = network.get(url, requests.ConnectionError("no route"))
            part, error = answer if isinstance(answer, tuple) else (answer, None)
            if isinstance(part, bytes):
                Path(output_file).write_bytes(part)
            else:
                error = part
            if error is not None:
                raise error

        return download

    monkeypatch.setattr(pooch, "HTTPDownloader", downloader)
    return network


def test_a_download_is_checked_and_kept(network, tmp_path):
    network[FILE.mirrors[0]] = GOOD
    assert fetch((FILE,), tmp_path / "new") == tmp_path / "new"
    assert (tmp_path / "new" / "file.gz").read_bytes() == GOOD and network.asked == [FILE.mirrors[0]]


def test_what_is_there_is_not_downloaded_again(network, tmp_path):
    (tmp_path / "file.gz").write_bytes(GOOD)
    assert fetch((FILE,), tmp_path) == tmp_path and network.asked == []


TROUBLE = {
    "refuses": requests.ConnectionError("refused"),
    "answers 403": requests.HTTPError("403 Forbidden"),
    "is slow": requests.Timeout("10 s"),
    "breaks off": (b"the re", requests.exceptions.ChunkedEncodingError("broken")),
    "sends half": b"the re",
    "sends a web page": b"<html>log in</html>",
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_the_second_mirror_serves_where_the_first(trouble, network, tmp_path):
    network[FILE.mirrors[0]], network[FILE.mirrors[1]] = TROUBLE[trouble], GOOD
    fetch((FILE,), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz"] and (tmp_path / "file.gz").read_bytes() == GOOD
    assert network.asked == list(FILE.mirrors)


@pytest.mark.parametrize("trouble", ["refuses", "answers 403", "is slow", "breaks off"])
def test_without_any_mirror_there_is_no_download_no_error_and_no_file(trouble, network, tmp_path):
    for mirror in FILE.mirrors:
        network[mirror] = TROUBLE[trouble]
    assert fetch((FILE,), tmp_path) is None
    assert list(tmp_path.iterdir()) == [] and network.asked == list(FILE.mirrors) * 2


@pytest.mark.parametrize("trouble", ["sends half", "sends a web page"])
def test_a_wrong_checksum_everywhere_is_an_error_and_leaves_no_file(trouble, network, tmp_path):
    for mirror in FILE.mirrors:
        network[mirror] = TROUBLE[trouble]
    with pytest.raises(DataError, match=r"file\.gz arrived damaged or altered from every mirror.*good copy") as caught:
        fetch((FILE,), tmp_path)
    assert str(tmp_path) in str(caught.value) and list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(network, tmp_path):
    network[FILE.mirrors[0]] = (b"the re", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        fetch((FILE,), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named(network, tmp_path):
    network[FILE.mirrors[0]] = (b"the", OSError(28, "No space left on device"))
    with pytest.raises(DataError, match=r"file\.gz cannot be written to .*No space left on device"):
        fetch((FILE,), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(network, tmp_path):
    (tmp_path / "data").write_text("a file is in the way")
    with pytest.raises(DataError, match="cannot be written"):
        fetch((FILE,), tmp_path / "data" / "mnist")


def test_only_what_is_missing_is_downloaded_when_the_network_comes_back(network, tmp_path):
    other = Remote("other.gz", ("https://one.example/other.gz",), SUM)
    network[FILE.mirrors[0]] = GOOD
    assert fetch((FILE, other), tmp_path) is None
    network[other.mirrors[0]] = GOOD
    network.asked.clear()
    assert fetch((FILE, other), tmp_path) == tmp_path and network.asked == [other.mirrors[0]]


def test_a_download_without_network_leads_to_the_stand_in(network, monkeypatch, tmp_path):
    monkeypatch.delenv("GAN_EDU_OFFLINE")
    monkeypatch.setattr(images, "home", lambda: tmp_path / "data")
    found = data.load("mnist")
    assert found.stands_in_for == "MNIST" and network.asked
    assert not list((tmp_path / "data").rglob("*.gz"))


def test_every_remote_file_has_a_checksum_two_mirrors_and_a_place_where_it_is_found():
    for entry in images.SETS.values():
        wanted = {choice for file in entry.files for choice in file.split("|")}
        for remote in entry.remotes:
            kind, _, digits = remote.checksum.partition(":")
            assert (kind, len(digits)) in {("md5", 32), ("sha256", 64)} and len(remote.mirrors) >= 2
            assert remote.name in wanted and all(mirror.endswith(remote.name) for mirror in remote.mirrors)
    assert download.fetch is images.fetch


# Folders of images ------------------------------------------------------------------------------------------------------


def picture(mode="RGB", size=(12, 12), colour=None, **saved):
    """An encoded one-coloured picture."""
    file = io.BytesIO()
    Image.new(mode, size, colour if colour is not None else 200).save(file, **{"format": "PNG"} | saved)
    return file.getvalue()


def folder_of(tmp_path, **files):
    for name, raw in files.items():
        path = tmp_path / "pictures" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return tmp_path / "pictures"


def written(path, files):
    """A folder that holds these files."""
    for name, raw in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(raw)
    return path


def palette(transparent=False):
    image = Image.new("P", (12, 12), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    file = io.BytesIO()
    image.save(file, "PNG", **({"transparency": 1} if transparent else {}))
    return file.getvalue()


def deep(value, corner=None, kind=np.float32):
    """A grey picture of one value but for a corner: 16 bits as PNG, 32 as TIFF."""
    array = np.full((12, 12), value, kind)
    array[0, 0] = value if corner is None else corner
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG" if kind == np.uint16 else "TIFF")
    return file.getvalue()


def sixteen_bit_colour(value):
    """A PNG with 16 bits a colour, which Pillow reads and cannot write."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress((b"\0" + struct.pack(">H", value) * 36) * 12)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 12, 12, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SIGNED, UNSIGNED = (struct.pack("<HHIHH", 339, 3, 1, kind, 0) for kind in (2, 1))  # a TIFF's SampleFormat
CONVERTED = {  # what a camera or a program may write: file name, bytes, the colour of a pixel, the notes
    "RGB": ("a_png", picture(colour=(10, 20, 30)), (10, 20, 30), None),
    "grey": ("a_png", picture("L", colour=40), (40, 40, 40), None),
    "black and white": ("a_png", picture("1", colour=1), (255, 255, 255), None),
    "a palette": ("a_png", palette(), (10, 20, 30), "1 converted from a palette"),
    "a transparent palette": (
        "a_png",
        palette(transparent=True),
        (255, 255, 255),
        "1 converted from a palette",
        "1 with transparency laid on white",
    ),
    "a GIF": ("a_gif", picture("P", colour=0, format="GIF"), None, "1 converted from a palette"),
    "RGBA, clear": ("a_png", picture("RGBA", colour=(10, 20, 30, 0)), (255, 255, 255), "1 with transparency laid on white"),
    "RGBA, half clear": ("a_png", picture("RGBA", colour=(0, 0, 0, 128)), (127, 127, 127), "1 with transparency laid on white"),
    "RGBA, opaque": ("a_png", picture("RGBA", colour=(10, 20, 30, 255)), (10, 20, 30), "1 with transparency laid on white"),
    "grey and alpha": ("a_png", picture("LA", colour=(40, 255)), (40, 40, 40), "1 with transparency laid on white"),
    "CMYK": ("a_jpg", picture("CMYK", colour=(0, 0, 0, 0), format="JPEG"), (255, 255, 255), "1 converted from CMYK"),
    "16 bits, white": ("a_png", deep(65535, kind=np.uint16), (255, 255, 255), "1 scaled from 0…65535 to 0…255"),
    "16 bits, grey": ("a_png", deep(257 * 100, kind=np.uint16), (100, 100, 100), "1 scaled from 0…65535 to 0…255"),
    "12 bits in 16": ("a_png", deep(2048, 4000, np.uint16), (128, 128, 128), "1 scaled from 0…4095 to 0…255"),
    "16 bits a colour": (
        "a_png",
        sixteen_bit_colour(0x8001),
        (128, 128, 128),
        "1 with 16 bits a colour, of which the upper 8 are taken",
    ),
    "integers": ("a_tif", deep(1000, 4000, np.int32), (62, 62, 62), "1 scaled from 0…4095 to 0…255"),
    "large integers": ("a_tif", deep(200_000, 100_000, np.int32), (255, 255, 255), "1 scaled from 100000…200000 to 0…255"),
    "unsigned integers": (
        "a_tif",
        deep(-1, 0, np.int32).replace(SIGNED, UNSIGNED),
        (255, 255, 255),
        "1 scaled from 0…4294967296 to 0…255",
    ),
    "floats": ("a_tif", deep(0.6, 1.0), (153, 153, 153), "1 scaled from 0…1 to 0…255"),
    "dark floats": ("a_tif", deep(0.2, 0.4), (51, 51, 51), "1 scaled from 0…1 to 0…255"),
    "signed floats": ("a_tif", deep(0.0, -1.0), (255, 255, 255), "1 scaled from -1…0 to 0…255"),
    "one large float": ("a_tif", deep(7.0), (0, 0, 0), "1 scaled from 7…7 to 0…255"),
    "JPEG": ("a_JPG", picture(colour=(90, 90, 90), format="JPEG"), (90, 90, 90), None),
    "WebP": ("a_webp", picture(colour=(90, 90, 90), format="WEBP", lossless=True), (90, 90, 90), None),
    "BMP": ("a_bmp", picture(colour=(10, 20, 30), format="BMP"), (10, 20, 30), None),
}


@pytest.mark.parametrize("case", CONVERTED)
def test_every_kind_of_picture_becomes_eight_bit_rgb_and_conversions_are_noted(case, tmp_path):
    name, raw, colour, *expected = CONVERTED[case]
    found, names, notes = read_images(folder_of(tmp_path, **{name: raw}))
    assert found.shape == (1, 3, 12, 12) and found.dtype == torch.uint8 and len(names) == 1
    if colour is not None:
        gap = (found[0, :, 6, 6].int() - torch.tensor(colour)).abs().max()
        assert gap <= 1, f"{found[0, :, 6, 6].tolist()} is not {colour}"
    assert notes == [note for note in expected if note]


def test_a_picture_is_turned_as_its_camera_was():
    """Orientation 6: the left edge of the stored rows belongs on top."""
    stored = Image.new("RGB", (16, 8), "black")
    stored.paste("white", (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    stored.save(file, "PNG", exif=exif)
    notes = Counter()
    upright = _decode("a.png", file.getvalue(), notes, [])
    assert upright.size == (8, 16) and upright.getpixel((4, 1)) == (255, 255, 255) and upright.getpixel((4, 14)) == (0, 0, 0)
    assert +notes == {"turned upright by their EXIF orientation": 1}


def photograph(orientation, *odd, kind="JPEG"):
    """A photograph, white on its left half, with an orientation and other EXIF entries: (tag, type, count, four bytes) each."""
    stored = Image.new("RGB", (16, 8), "black")
    stored.paste("white", (0, 0, 8, 8))
    entries = sorted([(0x0112, 3, 1, struct.pack("<HH", orientation, 0)), *odd])
    table = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(4)
    file = io.BytesIO()
    stored.save(file, kind, exif=exif, **{"quality": 95} if kind == "JPEG" else {})
    return file.getvalue()


ODD = {  # what programs write into EXIF data: orientation 6 can be read in all of them
    "nothing odd": (),
    "a resolution that is a text": ((0x011A, 2, 4, b"72\0\0"),),
    "a software that is a number": ((0x0131, 3, 1, b"\7\0\0\0"),),
    "a resolution that is a list of bytes": ((0x011A, 7, 4, b"abcd"),),
    "an unknown type": ((0x0132, 99, 1, b"abcd"),),
    "a list of nothing": ((0x8769, 4, 0, b"\0\0\0\0"),),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_with_odd_exif_data_is_used_upright(case, kind, tmp_path):
    found, _, notes = read_images(folder_of(tmp_path, a_jpg=photograph(6, *ODD[case], kind=kind)))
    assert found.shape == (1, 3, 16, 8) and (found[0, :, :6] > 200).all() and (found[0, :, 10:] < 50).all()
    assert notes == ["1 turned upright by their EXIF orientation"]


def test_a_tiff_which_pillow_turns_itself_is_not_turned_twice(tmp_path):
    stored = Image.new("RGB", (16, 8), "black")
    stored.paste("white", (0, 0, 8, 8))
    file = io.BytesIO()
    stored.save(file, "TIFF", tiffinfo={0x0112: 6})
    found, _, _ = read_images(folder_of(tmp_path, a_tif=file.getvalue()))
    assert found.shape == (1, 3, 16, 8) and (found[0, :, :8] == 255).all()


def test_all_pictures_of_more_than_eight_bits_are_scaled_by_one_range(tmp_path):
    ints = [deep(value, kind=np.uint16) for value in (1000, 2000, 4000)]
    found, _, notes = read_images(written(tmp_path / "ints", {f"{k}.png": raw for k, raw in enumerate(ints)}))
    assert found[:, 0, 5, 5].tolist() == [62, 125, 249] and notes == ["3 scaled from 0…4095 to 0…255"]
    reals = [deep(value) for value in (-1.0, 0.0, 3.0)] + [picture(colour=(9, 9, 9))]
    found, _, notes = read_images(written(tmp_path / "reals", {f"{k}.tif": raw for k, raw in enumerate(reals)}), size=8)
    assert found[:, 0, 5, 5].tolist() == [0, 64, 255, 9] and notes[0] == "3 scaled from -1…3 to 0…255"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_picture_with_values_that_are_no_numbers_is_named(value, tmp_path):
    folder = written(tmp_path, {"a.tif": deep(0.5), "b.tif": deep(0.5, value)})
    with pytest.raises(DataError, match=r"b\.tif holds values that are no numbers, or infinite"):
        read_images(folder)


JPEG = picture(size=(64, 64), colour=(90, 120, 150), format="JPEG")
PNG = picture(size=(64, 64), colour=(90, 120, 150))
UNREADABLE = {
    "a text called .png": b"this is no picture",
    "an empty file": b"",
    "a truncated PNG": PNG[: len(PNG) // 2],
    "a truncated JPEG": JPEG[: len(JPEG) // 2],
    "a PNG with flipped bytes": PNG[:50] + bytes(20) + PNG[70:],
    "a web page": b"<html>404</html>",
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_picture_is_named_with_the_remedy(case, tmp_path):
    folder = folder_of(tmp_path, a_png=picture(), b_png=UNREADABLE[case])
    with pytest.raises(DataError, match=r"cannot be read as an image.*Remove it or save it again") as caught:
        read_images(folder)
    assert str(folder / "b.png") in str(caught.value)


@pytest.mark.parametrize("size", [(1, 1), (1, 100), (7, 64)])
def test_a_picture_too_small_to_learn_from_is_named(size, tmp_path):
    folder = folder_of(tmp_path, a_png=picture(size=size))
    with pytest.raises(DataError, match=rf"a\.png is {size[0]}×{size[1]} pixels, too small to learn from. Remove it"):
        read_images(folder, size=16)


def test_mixed_sizes_need_a_size(tmp_path):
    folder = folder_of(tmp_path, a_png=picture(size=(12, 12)), b_png=picture(size=(20, 10)), c_png=picture(size=(12, 12)))
    with pytest.raises(DataError, match=r"different sizes: .*a\.png is 12×12 and .*b\.png is 20×10.*for example size=64"):
        read_images(folder)
    found, _, notes = read_images(folder, size=16)
    assert found.shape == (3, 3, 16, 16) and notes == ["2 different sizes cut and resized to 16×16"]


def test_the_middle_square_is_kept(tmp_path):
    wide = Image.new("RGB", (48, 16), "black")
    wide.paste("white", (16, 0, 32, 16))
    file = io.BytesIO()
    wide.save(file, "PNG")
    found, _, _ = read_images(folder_of(tmp_path, a_png=file.getvalue()), size=16)
    assert (found[0, :, 8, 2:14] == 255).all()


@pytest.mark.parametrize(
    "files",
    [{}, {"notes_txt": b"hello"}, {"_hidden_png": picture()}, {"__MACOSX__a_png": picture()}],
    ids=["empty", "text", "hidden", "mac"],
)
def test_a_folder_without_pictures_says_what_belongs_there(files, tmp_path):
    (tmp_path / "pictures").mkdir()
    folder = folder_of(tmp_path, **files)
    with pytest.raises(DataError, match=r"pictures holds no images\. Put .*\.png.* files there"):
        read_images(folder)


def archive(tmp_path, kind, files):
    path = tmp_path / f"pictures.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, raw in files.items():
                file.writestr(name, raw)
    else:
        mode = {"tar": "w", "tgz": "w:gz"}.get(kind, f"w:{kind[4:]}")
        with tarfile.open(path, mode) as file:
            for name, raw in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(raw)
                file.addfile(member, io.BytesIO(raw))
    return path


kinds = pytest.mark.parametrize("kind", ["zip", "tar", "tgz", "tar.gz", "tar.bz2", "tar.xz"])


def noisy(seed):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


@kinds
def test_an_archive_reads_like_its_folder(kind, tmp_path):
    files = {f"{c}/{k}.png": noisy(k) for k, c in enumerate("abba")}
    path = archive(tmp_path, kind, files | {"readme.txt": b"no picture", "__MACOSX/a/._0.png": b"no picture"})
    for name, raw in files.items():
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).write_bytes(raw)
    from_archive, from_folder = data.load(str(path)), data.load(str(tmp_path / "pictures"))
    assert torch.equal(from_archive.images, from_folder.images) and torch.equal(from_archive.labels, from_folder.labels)
    assert from_archive.classes == from_folder.classes == ("a", "b") and from_folder.labels.tolist() == [0, 0, 1, 1]


@kinds
@pytest.mark.parametrize("left", [0, 0.02, 0.3, 0.6, 0.95])
def test_an_archive_cut_short_is_named(kind, left, tmp_path):
    path = archive(tmp_path, kind, {f"{k}.png": noisy(k) for k in range(20)})
    raw = path.read_bytes()
    raw = raw.rstrip(b"\0")  # a plain tar ends in more zeros than it needs
    path.write_bytes(raw[: int(left * len(raw))])
    with pytest.raises(DataError, match=rf"pictures\.{kind}.*[Ff]etch it again"):
        read_images(path)


@pytest.mark.parametrize("kind", ["zip", "tgz", "tar.bz2", "tar.xz"])
def test_an_archive_with_flipped_bytes_is_named(kind, tmp_path):
    path = archive(tmp_path, kind, {f"{k}.png": noisy(k) for k in range(20)})
    raw = bytearray(path.read_bytes())
    for k in range(len(raw) // 2, len(raw) // 2 + 60):
        raw[k] ^= 0xFF
    path.write_bytes(bytes(raw))
    with pytest.raises(DataError, match=rf"pictures\.{kind}") as caught:
        read_images(path)
    assert "permission" not in str(caught.value)


def test_a_locked_archive_is_named(tmp_path):
    path = archive(tmp_path, "zip", {"a.png": noisy(0)})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # "encrypted", in the file's header
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and in the archive's list
    path.write_bytes(bytes(raw))
    with pytest.raises(DataError, match=r"pictures\.zip is a damaged or locked archive"):
        read_images(path)


def test_a_web_page_called_zip_and_a_missing_folder_are_named(tmp_path):
    (tmp_path / "pictures.zip").write_text("<html>404</html>")
    with pytest.raises(DataError, match=r"pictures\.zip is neither a zip nor a tar archive"):
        data.load(str(tmp_path / "pictures.zip"))
    with pytest.raises(DataError, match="there is no folder or archive .*nowhere"):
        read_images(tmp_path / "nowhere")


def test_a_picture_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, a_png=picture())

    def refuse(self, *mode):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"a\.png cannot be read \(Permission denied\)"):
        read_images(folder)


@pytest.mark.parametrize("names", [["rose.jpg"], [f"image_{k:04}.png" for k in range(1, 30)]], ids=["no numbers", "too few"])
def test_an_archive_of_other_flowers_is_refused(names, places):
    first, _, _ = places
    (first / "flowers").mkdir()
    archive(first / "flowers", "zip", {name: picture() for name in names}).rename(first / "flowers" / "flowers17_160.zip")
    with pytest.raises(DataError, match=r"flowers17_160\.zip does not hold the 1,360 images.*Delete it"):
        data.load("flowers")


@pytest.mark.parametrize("count, held_out", [(19, 0), (20, 2), (40, 4)])
def test_a_tenth_of_your_own_pictures_is_held_out_if_there_are_twenty(count, held_out, tmp_path):
    folder = folder_of(tmp_path, **{f"{k}_png": noisy(k) for k in range(count)})
    found = data.load(str(folder))
    assert len(found) == count - held_out and (len(found.held_out) if found.held_out else 0) == held_out
    assert f"{len(found):,} training" in found.describe()


# What lies in a folder ---------------------------------------------------------------------------------------------------


def made(where, names):
    """A folder, or a zip if `where` ends so, of tiny pictures, the k-th of the shade k, smaller than 200 of them."""
    files = {name: picture("L", (8, 8), k) for k, name in enumerate(names)}
    return str(archive(where.parent, "zip", files) if where.suffix == ".zip" else written(where, files))


def read(where):
    """What a folder is read as: of each class and, first, whether it is held out, the shades."""
    found, parts = data.load(where), {}
    for out, part in enumerate(filter(None, (found, found.held_out))):
        for image, label in zip(part.images, part.labels.tolist()):
            parts.setdefault((bool(out), found.classes[label]), []).append(int(image[0, 0, 0]))
    return parts


PLACES = {  # the folders of pictures in order, and what they mean; four in each: kept (False) or held out, and the class
    "classes": ("cats dogs", "False cats, False dogs"),
    "classes in a wrapping folder": ("mine/cats mine/dogs", "False cats, False dogs"),
    "classes in two": ("mine/all/cats mine/all/dogs", "False cats, False dogs"),
    "folders within classes": ("cats/batch1 cats/batch2 dogs/batch1", "False cats, False cats, False dogs"),
    "split above": ("train/cats train/dogs test/cats test/dogs", "False cats, False dogs, True cats, True dogs"),
    "split below": (
        "horses/train horses/test zebras/train zebras/test",
        "False horses, True horses, False zebras, True zebras",
    ),
    "split above, wrapped": ("mine/Train/a mine/Train/b mine/Test/a", "False a, False b, True a"),
    "split above, folders below": ("train/a/1 train/b/2 val/a/3 val/b/4", "False a, False b, True a, True b"),
    "wrapped below the split": ("train/images/a train/images/b valid/images/a", "False a, False b, True a"),
    "three parts": ("training/a training/b validation/a testing/b", "False a, False b, True a, True b"),
    "CycleGAN's": ("trainA trainB testA testB", "False A, False B, True A, True B"),
    "CycleGAN's, wrapped": ("horse2zebra/trainA horse2zebra/trainB horse2zebra/testA", "False A, False B, True A"),
    "CycleGAN's, with more letters": ("train_A train_B val_A val_B", "False A, False B, True A, True B"),
    "sets": ("training_set/a training_set/b test_set/a", "False a, False b, True a"),
    "names before the split": ("horse_train horse_test zebra_train", "False horse, True horse, False zebra"),
    "a class called train": ("bus train", "False bus, False train"),
    "a class of a longer name": ("bus_station train_station", "False bus_station, False train_station"),
    "only training": ("train/a train/b", "False a, False b"),
    "only test": ("test/a test/b", "False a, False b"),
    "numbers": ("2 10 1", "False 2, False 10, False 1"),
}


@pytest.mark.parametrize("where", ["mine", "pictures.zip"], ids=["folder", "zip"])
@pytest.mark.parametrize("case", PLACES)
def test_the_first_folder_that_differs_is_the_class_and_test_is_held_out(where, case, tmp_path):
    folders, meant = (text.split(" " if k == 0 else ", ") for k, text in enumerate(PLACES[case]))
    expected = {}
    for k, place in enumerate(meant):
        out, label = place.split()
        expected.setdefault((out == "True", label), []).extend(range(4 * k, 4 * k + 4))
    assert read(made(tmp_path / where, [f"{folder}/{k}.png" for folder in folders for k in range(4)])) == expected


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    where = made(tmp_path / "mine", [f"{folder}/{k}.png" for folder in ("10", "9", "b2", "B10") for k in range(2)])
    assert data.load(where).classes == ("9", "10", "b2", "B10") and "(classes 9, 10, b2, B10)" in data.load(where).describe()


@pytest.mark.parametrize("where", ["mine", "pictures.zip"], ids=["folder", "zip"])
def test_names_are_in_the_order_of_their_numbers(where, tmp_path):
    names = [f"film{film}/{k}.png" for film in (2, 10) for k in (*range(1, 13), 100)]
    shuffled = [names[k] for k in np.random.default_rng(0).permutation(len(names))]
    assert read_images(made(tmp_path / where, shuffled))[1] == names


@pytest.mark.parametrize("sizes", [(20, 20), (71, 180), (25, 9, 100), (30,)])
def test_of_each_class_a_tenth_is_held_out(sizes, tmp_path):
    names = [f"{label}/{k}.png" for label, size in enumerate(sizes) for k in range(size)]
    held_out = data.load(made(tmp_path / "mine", names)).held_out.labels.bincount(minlength=len(sizes)).tolist()
    assert all(size // 10 <= out <= -(-size // 10) for size, out in zip(sizes, held_out)) and sum(held_out) == sum(sizes) // 10


def test_links_are_followed_and_not_in_circles(tmp_path):
    made(tmp_path / "elsewhere", ["cats/1.png", "cats/deep/2.png", "dogs/3.png"])
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("cats", "dogs"):
        (mine / name).symlink_to(tmp_path / "elsewhere" / name)
    (tmp_path / "elsewhere" / "dogs" / "back").symlink_to(mine)
    (tmp_path / "elsewhere" / "cats" / "itself").symlink_to("../cats")
    (mine / "cats.png").symlink_to(tmp_path / "elsewhere" / "dogs" / "3.png")
    names = read_images(mine)[1]
    assert [name for name in names if "back" not in name] == ["cats/1.png", "cats/deep/2.png", "cats.png", "dogs/3.png"]
    assert len(names) < 20


def test_links_in_a_tar_archive_are_followed(tmp_path):
    folder = Path(made(tmp_path / "mine", ["a/1.png", "b/2.png"]))
    os.link(folder / "a" / "1.png", folder / "b" / "3.png")
    (folder / "b" / "4.png").symlink_to("../a/1.png")
    with tarfile.open(tmp_path / "mine.tar", "w") as archive:
        archive.add(folder, ".")
    found, names, _ = read_images(tmp_path / "mine.tar")
    assert names == ["a/1.png", "b/2.png", "b/3.png", "b/4.png"] and torch.equal(found[0], found[3])


@pytest.mark.parametrize("what", ["a link to nothing", "a folder that may not be read"])
def test_what_cannot_be_read_in_a_folder_is_named(what, tmp_path, monkeypatch):
    folder = Path(made(tmp_path / "mine", ["cats/1.png", "dogs/2.png"]))
    if what == "a link to nothing":
        (folder / "dogs" / "2.png").unlink()
        (folder / "dogs" / "2.png").symlink_to("nowhere.png")
    else:
        listed = Path.iterdir

        def refuse(self):
            if self.name == "dogs":
                raise PermissionError(13, "Permission denied", str(self))
            return listed(self)

        monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match=r"dogs.* cannot be read \(.*\)\. Check its permissions, and that it is there"):
        data.load(str(folder))


def test_every_format_that_can_be_read_is_read_whatever_it_is_called(tmp_path):
    files = {
        "a.jfif": picture(format="JPEG"),
        "b.ppm": picture(format="PPM"),
        "c": picture(format="JPEG"),
        "d.jpg_large": picture(format="JPEG"),
        "e.JPE": picture(format="JPEG"),
        "f.PNG": picture(),
        "g.TIFF": picture(format="TIFF"),
        "h.avif": picture(format="AVIF"),
    }
    if not features.check("avif"):
        del files["h.avif"]
    assert read_images(written(tmp_path, files))[1:] == ([*files], [])


@pytest.mark.parametrize("where", ["mine", "pictures.zip"], ids=["folder", "zip"])
def test_what_is_left_out_is_counted_by_its_ending(where, tmp_path):
    files = dict.fromkeys([f"{k}.heic" for k in range(20)] + ["a.CR2", "b.cr2", "c", "d.zip", "e.ico"], b"\0\0\0 ftypheic")
    write = archive if where == "pictures.zip" else lambda path, kind, files: written(path / where, files)
    path = write(tmp_path, "zip", {"1.png": picture()} | files)
    said = "25 left out that are no pictures or cannot be read: 20 .heic, 2 .cr2, 1 without ending, 1 .zip, 1 .ico"
    assert read_images(path)[2] == [said] and said in data.load(str(path)).describe()
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=r"20 \.heic.* holds no images. Put"):
        read_images(write(tmp_path / "none", "zip", files))


def test_what_systems_and_programs_leave_beside_pictures_is_passed_over_without_a_word(tmp_path):
    beside = ".DS_Store Thumbs.db desktop.ini .hidden/1.png .ipynb_checkpoints/1.png a/._1.png a/@eaDir/1.png labels.csv"
    beside += " about.txt README.md data.json a/.2.png $RECYCLE.BIN/1.png __MACOSX/a/1.png"
    names, notes = read_images(written(tmp_path, {"a/1.png": picture()} | dict.fromkeys(beside.split(), b"no picture")))[1:]
    assert names == ["a/1.png"] and notes == []


@pytest.mark.parametrize("where", ["%41 #[é] 'ü'&", "pictures.zip"], ids=["folder", "zip"])
def test_a_path_may_hold_any_characters(where, tmp_path):
    names = ["ä ö/%20#1.png", "ä ö/[2]*?.png", "日本/it's.png"]
    found = data.load(made(tmp_path / where, names))
    assert found.classes == ("ä ö", "日本") and found.labels.tolist() == [0, 0, 1]


def test_names_in_a_zip_from_windows_are_paths(tmp_path):
    assert read(made(tmp_path / "pictures.zip", ["cats\\1.png", "dogs\\2.png"])) == {(False, "cats"): [0], (False, "dogs"): [1]}


def test_what_a_run_drew_is_not_learned_from(tmp_path):
    drawn = ["run/samples/1-000000.png", "run/samples/1-000200.png", "run/sample.png", "samples/2-1000000.png"]
    where = Path(made(tmp_path / "mine", ["a/1.png", "b/samples/2.png", "b/sample.png", "run/mine.png", *drawn]))
    for folder in (where, where / "run"):
        written(folder, {"config.json": b"{}", "stage1.pt": b"", "stage1.csv": b""})
    _, names, notes = read_images(where)
    assert names == ["a/1.png", "b/sample.png", "b/samples/2.png", "run/mine.png"]
    assert notes == ["4 left out that runs of gan-edu drew"]
    (where / "run" / "config.json").unlink()
    assert "run/samples/1-000000.png" in read_images(where)[1]


# Batches ----------------------------------------------------------------------------------------------------------------


def test_bytes_survive_the_way_to_pixels_and_back():
    everything = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_bytes(to_pixels(everything)), everything)
    assert to_pixels(everything).min() == -1 and to_pixels(everything).max() == 1
    assert to_bytes(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_an_epoch_shows_each_sample_once_in_a_new_order_each_time():
    batches = Batches(torch.arange(10), size=2, seed=0)
    epochs = [torch.cat([next(batches) for _ in range(5)]).tolist() for _ in range(2)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2 and epochs[0] != epochs[1]


def test_the_last_incomplete_batch_is_dropped():
    batches = Batches(torch.arange(10), size=4)
    assert len(set(torch.cat([next(batches) for _ in range(2)]).tolist())) == 8 and len(next(batches)) == 4


def test_images_and_labels_stay_together():
    batches = Batches(torch.arange(10), torch.arange(10) * 7, size=3, prepare=lambda x: x + 1)
    for _ in range(5):
        first, second = next(batches)
        assert torch.equal((first - 1) * 7, second)


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(DataError, match="a batch of 11 needs at least 11 samples, and there are 10"):
        Batches(torch.arange(10), size=11)


def test_several_sources_give_one_tuple_and_each_goes_on_from_where_it_was():
    def sources():
        numbers, others, names = torch.arange(10.0), torch.arange(100.0, 107), torch.arange(7)
        return Together(Batches(numbers, size=4), Batches(others, names, size=3, seed=1))

    together = sources()
    numbers, others, names = next(together)
    assert (len(numbers), len(others), len(names), together.size) == (4, 3, 3, 4)
    assert (numbers < 10).all() and torch.equal(others, names + 100.0), "what belongs together stays together"
    next(together)
    position, expected = together.state_dict(), next(together)
    again = sources()
    again.load_state_dict(position)
    torch.testing.assert_close(next(again), expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    "make", [lambda: Batches(torch.arange(10), size=3), lambda: ring().batches(3)], ids=["batches", "stream"]
)
@pytest.mark.parametrize("used", [0, 2, 3, 7])
def test_a_source_goes_on_from_where_it_was(make, used):
    source, again = make(), make()
    for _ in range(used):
        next(source)
    state = {key: value.clone() if isinstance(value, torch.Tensor) else value for key, value in source.state_dict().items()}
    expected = [next(source) for _ in range(8)]
    again.load_state_dict(state)
    assert all(torch.equal(next(again), batch) for batch in expected)


@pytest.mark.parametrize("mixture", [ring(), grid(), Mixture([[0.0], [3.0]], 0.5, [1.0, 2.0])], ids=["ring", "grid", "line"])
def test_log_density_is_the_log_of_the_density(mixture, rng):
    points = mixture.sample(50, rng).double()
    torch.testing.assert_close(mixture.log_density(points).exp(), mixture(points))
    assert mixture(points).shape == (50, 1)
    assert torch.isfinite(mixture.log_density(points + 1000)).all(), "far away the density underflows, its logarithm does not"


def test_centres_need_two_axes():
    with pytest.raises(DataError, match="the shape"):
        Mixture([0.0, 1.0], 0.5)
