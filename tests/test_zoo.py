"""The zoo outside of notebooks: every system is trained by its name, sampled, measured, and goes on where it was interrupted; what
cannot be done is said in a sentence."""

import csv
import io
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from gan_edu import cli, zoo
from gan_edu.checkpoints import load_game_state
from gan_edu.data.examples import NAMES
from gan_edu.errors import GanEduError
from gan_edu.training import Run
from gan_edu.zoo.systems import IN_LOSS

ROOT = Path(__file__).resolve().parents[1]
DATA = {  # what stands in for it without a network is learned from here; all else has the digits
    "lapgan": "flowers",
    "srgan": "flowers",
    "stackgan": "scenes",
    "pix2pix": "facades",
    "cyclegan": "facades",
    "discogan": "outlines",
}
STAGES = {"lapgan": 3, "srgan": 2, "stackgan": 2}
IMAGES = {"pix2pix": 3, "cyclegan": 5, "discogan": 5, "srgan": 3, "denoising": 3, "next-frame": 6, "projection": 3, "bigan": 3}
IMAGES |= {"stackgan": 2}  # that a picture shows of an example, if more than one
MEASURES = {
    "conditional": {"as asked", "so with real images"},
    "ac-gan": {"as asked", "so with real images"},
    "infogan": {"category read back"},
    "bigan": {"L1 of reconstructions"},
    "stackgan": {"size", "colour", "shape", "place"},
    "cyclegan": {"L1", "PSNR", "PSNR of what was given", "L1 there and back"},
    "discogan": {"L1", "PSNR", "PSNR of what was given", "L1 there and back"},
    "semi-supervised": {"error"},
} | dict.fromkeys(("pix2pix", "denoising", "next-frame", "projection"), {"L1", "PSNR", "PSNR of what was given"})
MEASURES["srgan"] = MEASURES["pix2pix"] | {"sharpness"}
systems = pytest.mark.parametrize("name", zoo.SYSTEMS)


def gan_edu(*arguments):
    """Runs the command in this process: exit code and output, in one line."""
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def asked(name, out, **options):
    """The words of `gan-edu train` for three rounds of a small system."""
    size = {"size": 32} if name in DATA or name == "next-frame" else {}
    options = {"data": DATA.get(name, "mnist"), "out": out, "rounds": 3, "every": 2, "batch": 8} | size | options
    return "train", name, *(word for option, value in options.items() for word in (f"--{option}", value))


@pytest.fixture(autouse=True, scope="module")
def little_to_measure():
    """Sixty held-out examples, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo.runs, "MEASURED", 60)
        patch.setattr(zoo.runs, "SHOWN", 12)
        patch.setattr(zoo.systems, "SHOWN", 12)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a system that was trained for three rounds, once for all tests."""
    folders = {}

    def folder(name):
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name) / "run"
            assert gan_edu(*asked(name, folders[name]))[0] == 0
        return folders[name]

    return folder


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Every system ------------------------------------------------------------------------------------------------------------


@systems
def test_every_system_is_trained_by_its_name_offline(name, trained):
    folder = trained(name)
    stages = STAGES.get(name, 1)
    names = [f"{k}-{rounds:06}.png" for k in range(1, stages + 1) for rounds in (0, 2, 3)]
    assert sorted(path.name for path in (folder / "samples").iterdir()) == names
    checkpoints = sorted(folder.glob("*.pt"))
    assert [path.name for path in checkpoints] == [f"stage{k}.pt" for k in range(1, stages + 1)]
    for path in checkpoints:
        assert torch.load(path, weights_only=True)["done"] == 3
        assert all(value.isfinite().all() for value in load_game_state(path).values() if value.is_floating_point())
        rows = table(path.with_suffix(".csv"))
        assert [row["round"] for row in rows] == ["0", "2", "3"]
        distance = next(name for name in rows[-1] if name.startswith("Fréchet distance"))
        assert math.isfinite(float(rows[-1]["generator"])) and float(rows[-1][distance]) > 0


@systems
def test_every_system_is_measured_and_sampled_from_its_folder_alone(name, trained, tmp_path):
    folder = trained(name)
    code, said = gan_edu("evaluate", folder)
    last = table(sorted(folder.glob("*.csv"))[-1])[-1]
    wanted = {IN_LOSS if name == "srgan" else "Fréchet distance"} | MEASURES.get(name, set())
    assert code == 0 and set(last) - {"round", "discriminator", "generator"} == wanted
    for measure in wanted:
        assert f"{measure} │ {float(last[measure]):.4g}" in said, "evaluate measures what training ended with"
    code, said = gan_edu("sample", folder, "--count", 3, "--seed", 1, "--to", tmp_path / "three.png")
    size = json.loads((folder / "config.json").read_text())["size"]
    with Image.open(tmp_path / "three.png") as picture:
        across = picture.width // size
        assert code == 0 and picture.height // size * across >= 3 * IMAGES.get(name, 1) and across % IMAGES.get(name, 1) == 0


@systems
def test_how_a_system_is_trained_stands_in_one_file(name):
    """Its game, the sizes of its networks and its recipe: nobody has to look in a second."""
    home = f"gan_edu.models.{name.replace('-', '_')}"
    data = DATA.get(name, "mnist")
    examples = zoo.RunConfig(name, data, 32 if name in DATA or name == "next-frame" else None).examples()
    source = Path(sys.modules[home].__file__).read_text(encoding="utf-8")
    for recipe in zoo.SYSTEMS[name].stages(examples):
        made_by = recipe.game
        while isinstance(made_by, partial):
            made_by = made_by.func
        trained_as = (
            {home, "gan_edu.models.dcgan"} if name in ("projection", "lapgan") else {home}
        )  # generators of theirs are DCGANs
        assert made_by.__module__ in trained_as
    assert "Recipe(" in source or "dcgan.recipe(" in source
    assert re.search(r"^def (game|stage_one|level|recipe)\(", source, flags=re.M)


def test_the_help_names_every_system_with_what_it_wants_and_its_paper():
    said = gan_edu("train", "--help")[1]
    for name, system in zoo.SYSTEMS.items():
        assert f"{name} {system.wants} ({system.paper})" in said and f"{system.wants}: " in said
        assert re.search(rf"\b{name}\b", (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found():
    """What a system makes of a named set in three rounds: nothing is said if it learns, else its sentence. Each is tried once."""

    @cache
    def said(system, data):
        size = None if data in ("mnist", "fashion", "digits") and system != "next-frame" else 32
        try:
            examples = zoo.RunConfig(system, data, size).examples()
            few = tuple(tuple(tensor[:16] for tensor in source) for source in examples.sources)
            examples = replace(examples, sources=few, held_out=tuple(tensor[:12] for tensor in examples.held_out))
        except GanEduError as error:
            return str(error)
        for recipe in zoo.SYSTEMS[system].stages(examples)[:1]:
            run = Run(
                recipe.game(examples.shape), examples.batches(4, 0, "cpu", recipe.prepare), recipe.optimiser, recipe.schedule
            )
            for _ in run.play(3):
                pass
            assert all(map(math.isfinite, run.history.costs["generator"]))
        return None

    return said


@pytest.mark.parametrize("data", NAMES)
@systems
def test_every_system_learns_from_every_named_set_or_says_from_which_it_does(name, data, found):
    sentence = found(name, data)
    if sentence:
        others = [other for other in NAMES if other != data and re.search(rf"\b{other}\b", sentence)]
        assert others and len(sentence.split(". ")) < 3, sentence
        assert [other for other in others if found(name, other)] == [], "what is named does work"


# Going on ----------------------------------------------------------------------------------------------------------------


def left_in(folder):
    """All that a run left, bit for bit: checkpoints without seconds, tables, pictures."""
    states = [torch.load(path, weights_only=True) for path in sorted(folder.glob("*.pt"))]
    for state in states:
        del state["history"]["seconds"]
    texts = [path.read_text(encoding="utf-8") for path in sorted([*folder.glob("*.csv"), folder / "config.json"])]
    return list(leaves(states)), texts, [path.read_bytes() for path in sorted((folder / "samples").iterdir())]


def leaves(tree):
    """What a tree of dicts, lists and tuples holds, tensors as bytes."""
    if isinstance(tree, (dict, list, tuple)):
        for part in tree.items() if isinstance(tree, dict) else tree:
            yield from leaves(part)
    else:
        yield tree.numpy().tobytes() if isinstance(tree, torch.Tensor) else tree


def interrupted(*arguments, stage):
    """`zoo.train`, and Ctrl-C after the first round of a stage."""
    for k, run in TRAIN(*arguments):
        if (k, run.done) == (stage, 1):
            signal.raise_signal(signal.SIGINT)
        yield k, run


TRAIN = zoo.train


@pytest.mark.parametrize("name, stage", [("cyclegan", 1), ("srgan", 1), ("srgan", 2)])
def test_the_same_command_goes_on_after_ctrl_c_as_if_nothing_had_happened(name, stage, trained, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "train", partial(interrupted, stage=stage))
        code, said = gan_edu(*asked(name, tmp_path))
    assert code == 130 and "the same command goes on from there" in said
    assert [torch.load(path, weights_only=True)["done"] for path in sorted(tmp_path.glob("*.pt"))] == [3] * (stage - 1) + [1]
    assert gan_edu(*asked(name, tmp_path))[0] == 0
    assert left_in(tmp_path) == left_in(trained(name))


def test_more_rounds_go_on_with_a_run_that_had_ended(trained, tmp_path):
    folder = shutil.copytree(trained("dcgan"), tmp_path / "run")
    before = load_game_state(folder / "stage1.pt")
    assert gan_edu(*asked("dcgan", folder))[0] == 0
    torch.testing.assert_close(load_game_state(folder / "stage1.pt"), before, rtol=0, atol=0)
    assert gan_edu(*asked("dcgan", folder, rounds=4))[0] == 0
    assert [row["round"] for row in table(folder / "stage1.csv")] == ["0", "2", "3", "4"]


def test_fewer_rounds_than_a_run_holds_are_not_played_and_the_true_count_is_said(trained):
    folder = trained("srgan")
    before = left_in(folder)
    code, said = gan_edu(*asked("srgan", folder, rounds=1))
    assert code == 0 and f"{folder} holds 3 rounds of stage 1, 3 rounds of stage 2 of srgan." in said
    assert all(f"stage {k} holds 3 rounds; 1 were asked for: nothing to do." in said for k in (1, 2))
    assert left_in(folder) == before


def test_a_table_holds_the_mean_costs_since_the_row_before(trained):
    costs = torch.load(trained("dcgan") / "stage1.pt", weights_only=True)["history"]["costs"]["generator"]
    rows = [row["generator"] for row in table(trained("dcgan") / "stage1.csv")]
    assert rows[0] == "" and list(map(float, rows[1:])) == pytest.approx([(costs[0] + costs[1]) / 2, costs[2]])


# What cannot be done -----------------------------------------------------------------------------------------------------


def drawn(path, *names):
    """A folder with these images, each of one random shade, some wider than high."""
    for k, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40 + k % 3, 36), (7 * k % 256, 90, 3 * k % 256)).save(path / name)
    return path


FLAT = [f"{k:02}.png" for k in range(30)]
WRONG = {
    "a system that there is not": (
        ["dcgam", "--data", "mnist"],
        "there is no system 'dcgam'; there are dcgan, conditional, ac-gan,",
    ),
    "a size that it cannot make": (
        ["pix2pix", "--data", "facades", "--size", 50],
        "pix2pix makes images of 28, 32, 64 or 128 pixels on a side, not of 50.",
    ),
    "a size that the digits do not have": (
        ["dcgan", "--data", "mnist", "--size", 64],
        "comes? as 28×28 pixels; leave size out",
    ),
    "no data": (["dcgan", "--data", ""], "Invalid value for '--data': it is empty: give a path"),
    "data that there are not": (
        ["dcgan", "--data", "minst"],
        "'minst' is neither a set of images .mnist, fashion, flowers, digits. nor",
    ),
    "pairs from digits": (["pix2pix", "--data", "mnist"], "'mnist' is neither a set of pairs .facades, outlines. nor a folder"),
    "pairs from images": (["pix2pix", "--data", FLAT], "two square images side by side are twice as wide as high. Or put"),
    "a partner missing": (["pix2pix", "--data", ["a/1.png", "a/2.png", "b/1.png"]], "a/2.png has no partner of its name in"),
    "labels from one folder": (["ac-gan", "--data", FLAT], "has but one class: put the images of each class into a subfolder"),
    "domains from one folder": (
        ["cyclegan", "--data", FLAT],
        "has 1 classes where two domains are wanted: take facades, outlines",
    ),
    "domains from ten classes": (["discogan", "--data", "mnist"], "has 10 classes where two domains are wanted"),
    "captions without words": (
        ["stackgan", "--data", FLAT],
        "are not named for what they show, as in 'roses/a red rose 01.jpg'",
    ),
    "captions of digits": (["stackgan", "--data", "mnist"], "'mnist' is neither scenes nor a folder or archive that exists"),
    "films of flowers": (["next-frame", "--data", "flowers"], "'flowers' is neither mnist, fashion, digits nor a folder"),
    "films too short": (["next-frame", "--data", FLAT[:12]], "has 2 examples: at least 20 are wanted"),
    "too few images": (["dcgan", "--data", FLAT[:19]], "has 19 examples: at least 20 are wanted, of which a tenth is held out"),
    "too few of a domain": (
        ["cyclegan", "--data", [f"a/{k}.png" for k in range(30)] + ["b/1.png"]],
        "one domain of .* has 1 examples: at least 20 are wanted",
    ),
    "a batch larger than the data": (
        ["dcgan", "--data", FLAT, "--batch", 64],
        "a batch of 64 needs at least 64 samples, and there",
    ),
    "a batch larger than the memory": (
        ["cyclegan", "--data", "outlines", "--batch", 51],
        "a memory of 50 cannot take a batch of 51",
    ),
    "a device that there is not": (
        ["dcgan", "--data", "mnist", "--device", "tpu"],
        "there is no device 'tpu' here: choose auto",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_trained_is_said_in_a_sentence(what, tmp_path):
    words, sentence = WRONG[what]
    words = [drawn(tmp_path / "own", *word) if isinstance(word, list) else word for word in words]
    code, said = gan_edu("train", *words, "--out", tmp_path / "run")
    assert code == 2 and re.search(sentence, said), said
    assert "Traceback" not in said and len(said) < 350 + len(str(tmp_path)) * 2


RANGES = {
    "train": {"--rounds": (0, -3), "--every": (0, -1), "--batch": (0, -4), "--size": (0, -1), "--seed": (-1, 2**32, 10**20)},
    "sample": {"--count": (0, -1, 10**9), "--seed": (-1, 10**20)},
    "course": {"--seed": (-1, 2**32)},
}


@pytest.mark.parametrize(
    "command, option, value",
    [(command, option, value) for command in RANGES for option, values in RANGES[command].items() for value in values],
)
def test_a_number_out_of_range_is_named_with_its_range(command, option, value, trained, tmp_path):
    words = {"train": asked("dcgan", tmp_path / "run"), "sample": ("sample", trained("dcgan")), "course": ("course",)}[command]
    code, said = gan_edu(*words, option, value)
    assert code == 2 and re.search(f"Invalid value for '{option}': .* (than or equal|range)", said)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "words",
    [("train", "dcgan", "--data", "mnist", "--out"), ("train", "dcgan", "--out", "run", "--data"), ("sample",), ("evaluate",)],
    ids=" ".join,
)
@pytest.mark.parametrize("path", ["", "~nobody-of-this-name/run"])
def test_an_empty_path_and_the_home_of_nobody_are_refused(words, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = gan_edu(*words, path)
    assert code == 2 and "Invalid value for" in said and list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_for_a_folder_is_said(tmp_path):
    code, said = gan_edu(*asked("dcgan", tmp_path / ("x" * 300)))
    assert code == 2 and "cannot be read (File name too long): choose another place." in said


def test_a_folder_that_holds_another_run_is_refused_and_left_alone(trained):
    folder = trained("dcgan")
    before = left_in(folder)
    for other, difference in ({"seed": 1}, "seed 0"), ({"batch": 9}, "batch 8"), ({"data": "fashion"}, "data mnist"):
        code, said = gan_edu(*asked("dcgan", folder, **other))
        assert code == 2 and f"holds another run, of {difference}: choose another folder, or ask for the same" in said
    code, said = gan_edu(*asked("bigan", folder))
    assert code == 2 and "holds another run, of system dcgan:" in said
    assert left_in(folder) == before


def test_a_folder_in_which_nothing_was_learned_is_free(trained, tmp_path):
    shutil.copy(trained("bigan") / "config.json", tmp_path)
    assert gan_edu(*asked("dcgan", tmp_path, rounds=1))[0] == 0


def test_a_file_is_no_folder_for_a_run(tmp_path):
    (tmp_path / "run").write_text("mine")
    code, said = gan_edu(*asked("dcgan", tmp_path / "run"))
    assert code == 2 and "run cannot be written to" in said and (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize("command", ["sample", "evaluate"])
def test_what_holds_no_run_cannot_be_sampled_or_evaluated(command, trained, tmp_path):
    code, said = gan_edu(command, tmp_path)
    assert code == 2 and "holds no run: give the folder that `gan-edu train` was given with --out" in said
    shutil.copy(trained("dcgan") / "config.json", tmp_path)
    code, said = gan_edu(command, tmp_path)
    assert code == 2 and "holds no checkpoint yet" in said
    (tmp_path / "stage1.pt").write_bytes(b"half")
    code, said = gan_edu(command, tmp_path)
    assert code == 2 and "is not a readable checkpoint" in said
    (tmp_path / "config.json").write_bytes(b"\xff{}")
    code, said = gan_edu(command, tmp_path)
    assert code == 2 and "holds no run: " in said


@pytest.mark.parametrize("command", ["sample", "evaluate"])
def test_a_checkpoint_of_other_networks_is_refused_in_a_sentence(command, trained, tmp_path):
    """As those of a run are, to whose data a class has been added."""
    shutil.copy(trained("dcgan") / "config.json", tmp_path)
    shutil.copy(trained("infogan") / "stage1.pt", tmp_path)
    code, said = gan_edu(command, tmp_path)
    assert code == 2 and "stage1.pt belongs to another run: its networks are not what the data ask for now." in said
    assert len(said) < 250 + len(str(tmp_path))


def refuse(error):
    def raising(*_, **__):
        raise error

    return raising


FILES = {
    "the run": ("run cannot be written to", Path, "write_text"),
    "a picture": ("1-000000.png cannot be written", Image.Image, "save"),
    "a table": ("stage1.csv cannot be written", csv, "writer"),
    "a checkpoint": ("stage1.pt cannot be written", torch, "save"),
}
TROUBLE = {
    "make room on the disk": OSError(28, "No space left on device"),
    "check its permissions": PermissionError(13, "Permission denied"),
    "choose another place": OSError(5, "Input/output error"),
}


@pytest.mark.parametrize("remedy", TROUBLE)
@pytest.mark.parametrize("file", FILES)
def test_what_cannot_be_written_is_named_with_reason_and_remedy(file, remedy, tmp_path, monkeypatch):
    what, owner, function = FILES[file]
    monkeypatch.setattr(owner, function, refuse(TROUBLE[remedy]))
    code, said = gan_edu(*asked("dcgan", tmp_path / "run", every=1))
    assert code == 2 and f"{what} ({TROUBLE[remedy].strerror}): {remedy}." in said and "Traceback" not in said


def test_a_full_disk_leaves_a_run_to_go_on_with(trained, tmp_path):
    folder = shutil.copytree(trained("dcgan"), tmp_path / "run")
    before = left_in(folder)[:2]
    with pytest.MonkeyPatch.context() as patch:
        for _, owner, function in FILES.values():
            patch.setattr(owner, function, refuse(TROUBLE["make room on the disk"]))
        assert gan_edu(*asked("dcgan", folder, rounds=4))[0] == 2
    assert left_in(folder)[:2] == before
    assert gan_edu(*asked("dcgan", folder, rounds=4))[0] == 0


@pytest.mark.parametrize("words", [("train",), ("sample",), ("evaluate",)], ids=" ".join)
@pytest.mark.parametrize("file", ["config.json", "stage1.pt"])
def test_what_may_not_be_read_is_neither_missing_nor_to_be_deleted(file, words, trained, monkeypatch):
    folder, opened = trained("dcgan"), Path.open

    def closed(path, *arguments, **settings):
        if path.name == file:
            raise TROUBLE["check its permissions"]
        return opened(path, *arguments, **settings)

    monkeypatch.setattr(Path, "open", closed)
    code, said = gan_edu(*(asked("dcgan", folder) if words == ("train",) else (*words, folder)))
    assert code == 2 and "cannot be read (Permission denied): check its permissions." in said
    assert "elete" not in said and "holds no run" not in said


def test_a_picture_that_cannot_be_written_is_said(trained, tmp_path):
    code, said = gan_edu("sample", trained("dcgan"), "--to", tmp_path / "nowhere" / "sample.png")
    assert code == 2 and "sample.png cannot be written (No such file or directory): choose another place." in said


def test_what_stands_in_is_named(trained, tmp_path):
    assert "STANDING IN for MNIST, which was not found" in gan_edu(*asked("dcgan", trained("dcgan")))[1]


# Your own ----------------------------------------------------------------------------------------------------------------


def test_a_run_on_your_own_images_is_sampled_from_anywhere(tmp_path, monkeypatch):
    drawn(tmp_path / "own", *(f"{side}/{k}.png" for side in ("horses", "zebras") for k in range(40)))
    monkeypatch.chdir(tmp_path)
    assert gan_edu(*asked("cyclegan", "run", data="own"))[0] == 0
    monkeypatch.chdir(tmp_path.parent)
    code, said = gan_edu("evaluate", tmp_path / "run")
    assert code == 0 and "L1 there and back" in said and "PSNR" not in said, "there is no right answer to measure against"
    assert gan_edu("sample", tmp_path / "run", "--count", 12)[0] == 0
    with Image.open(tmp_path / "run" / "sample.png") as picture:
        assert (picture.mode, picture.size) == ("RGB", (3 * 4 * 33 - 1, 4 * 33 - 1)), "twelve rows of b, b to a, a, a to b"


def test_a_run_within_its_data_does_not_learn_what_it_drew(tmp_path):
    drawn(tmp_path / "own", *(f"{k}.png" for k in range(36)))
    for out, rounds in (
        (tmp_path / "own" / "run", 3),
        (tmp_path / "own" / "run", 4),
        (tmp_path / "own", 1),
        (tmp_path / "own", 2),
    ):
        code, said = gan_edu(*asked("dcgan", out, data=tmp_path / "own", size=32, rounds=rounds))
        assert code == 0 and "33 training and 3 held-out images" in said
        assert gan_edu("sample", out, "--count", 4)[0] == 0
    assert "left out that runs of gan-edu drew" in said


def changed(folder, how):
    """Changes a folder of cats and dogs between two sittings."""
    if how == "a class renamed":
        (folder / "cats").rename(folder / "wolves")
    elif how == "a class added":
        drawn(folder, *(f"eels/{k}.png" for k in range(20)))
    elif how == "classes exchanged":
        for old, new in ("cats", "x"), ("dogs", "cats"), ("x", "dogs"):
            (folder / old).rename(folder / new)
    elif how == "images added":
        drawn(folder, *(f"cats/more {k}.png" for k in range(10)))
    else:
        Image.new("RGB", (40, 36), "white").save(folder / "cats" / "7.png")


@pytest.mark.parametrize(
    "how, sentence",
    {
        "a class renamed": "the names were cats, dogs and are dogs, wolves",
        "a class added": "the names were cats, dogs and are cats, dogs, eels",
        "classes exchanged": "the images are others",
        "images added": "the counts were 36, 4 and are 45, 5",
        "an image replaced": "the images are others",
    }.items(),
)
def test_data_that_have_changed_are_refused_by_every_command(how, sentence, tmp_path):
    own, run = drawn(tmp_path / "own", *(f"{side}/{k}.png" for side in ("cats", "dogs") for k in range(20))), tmp_path / "run"
    train = asked("conditional", run, data=own, size=32, rounds=1)
    assert gan_edu(*train)[0] == 0
    before = left_in(run)
    changed(own, how)
    for command in train, ("sample", run), ("evaluate", run):
        code, said = gan_edu(*command)
        assert code == 2 and f"own has changed since {run} learned from it: {sentence}. Choose another folder, or" in said
    assert left_in(run) == before


def test_a_run_that_was_begun_before_there_were_digests_goes_on_and_has_one_then(trained, tmp_path):
    folder = shutil.copytree(trained("dcgan"), tmp_path / "run")
    config = json.loads((folder / "config.json").read_text())
    digest = config.pop("examples")
    (folder / "config.json").write_text(json.dumps(config))
    assert gan_edu("evaluate", folder)[0] == 0
    assert gan_edu(*asked("dcgan", folder))[0] == 0
    assert json.loads((folder / "config.json").read_text()) == config | {"examples": digest}


def test_the_home_folder_is_meant_by_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    drawn(tmp_path / "own", *FLAT)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    words = ["--out=~/runs/x" if word == "--out" else word for word in asked("dcgan", "", data="~/own", size=32) if word != ""]
    assert gan_edu(*words)[0] == 0
    assert gan_edu("sample", "~/runs/x", "--to=~/s.png", "--count", 1)[0] == 0 and (tmp_path / "s.png").is_file()
    assert gan_edu("sample", "~/runs/x")[0] == 0 and (tmp_path / "runs" / "x" / "sample.png").is_file()
    assert gan_edu("evaluate", "~/runs/x")[0] == 0
    assert len(zoo.restore("~/runs/x")[1]) == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_batch_may_be_one_example(tmp_path):
    assert gan_edu(*asked("cyclegan", tmp_path / "run", batch=1, rounds=2))[0] == 0
    assert all(
        value.isfinite().all()
        for value in load_game_state(tmp_path / "run" / "stage1.pt").values()
        if value.is_floating_point()
    )


def test_a_run_goes_on_where_its_folder_was_moved_to(trained, tmp_path):
    moved = shutil.copytree(trained("dcgan"), tmp_path / "an ü, a 日 and %#[]'" / "moved")
    assert gan_edu("evaluate", moved)[0] == 0
    assert gan_edu(*asked("dcgan", moved, rounds=4))[0] == 0
    assert torch.load(moved / "stage1.pt", weights_only=True)["done"] == 4


# The command in processes of its own -------------------------------------------------------------------------------------


QUICK = ("-c", "from gan_edu import cli, zoo; zoo.runs.MEASURED = zoo.runs.SHOWN = 20; cli.main()")


def started(*arguments, launcher=QUICK, **environment):
    """The command in a process of its own."""
    words = [sys.executable, "-P", *launcher, *map(str, arguments)]
    environment = {name: value for name, value in (os.environ | environment).items() if value is not None}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_two_processes_may_have_one_folder(tmp_path):
    jobs = [started(*asked("dcgan", tmp_path / "run", rounds=1)) for _ in range(2)]
    for job in jobs:
        said = job.communicate(timeout=120)[0]
        assert job.returncode == 0, said
    assert torch.load(tmp_path / "run" / "stage1.pt", weights_only=True)["done"] == 1
    assert [row["round"] for row in table(tmp_path / "run" / "stage1.csv")] == ["0", "1"]
    assert sorted(path.suffix for path in (tmp_path / "run").iterdir()) == ["", ".csv", ".json", ".pt"]


def test_no_home_folder_is_needed(trained, tmp_path):
    homes = {"none.png": None, "impossible.png": os.devnull + "/nowhere"}
    jobs = [
        started("sample", trained("dcgan"), "--count", 1, "--to", tmp_path / picture, HOME=home, USERPROFILE=home)
        for picture, home in homes.items()
    ]
    for job, picture in zip(jobs, homes):
        said = job.communicate(timeout=120)[0]
        assert job.returncode == 0 and (tmp_path / picture).is_file(), said


ENCODINGS = ["cp1251", "cp437", "cp932", "latin-1", "gbk", "ascii", "utf-8"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "words, code, said",
    [("train --help", 0, "BiGAN|bigan"), ("evaluate é×日\udcff", 2, "holds no run"), ("doctor", 0, "PyTorch")],
)
def test_what_an_encoding_has_no_character_for_is_replaced(encoding, words, code, said, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gan-edu", *words.split()])
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    written = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(written, encoding=encoding, write_through=True))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code and re.search(said, written.getvalue().decode(encoding))
    assert os.environ["PYTHONIOENCODING"] == f"{encoding}:replace", "and so it is in processes that are started from here"


def test_both_doors_replace_what_the_encoding_of_a_file_lacks():
    jobs = [
        started("train", "--help", launcher=("-m", "gan_edu"), PYTHONIOENCODING="cp1251"),
        started("--help", launcher=[ROOT / "run.py"], PYTHONIOENCODING="ascii"),
    ]
    for job in jobs:
        said = job.communicate(timeout=120)[0]
        assert job.returncode == 0 and b"sage: " in said and b"Traceback" not in said


TOGETHER = textwrap.dedent(
    """
    import signal
    import sys
    from functools import partial
    from pathlib import Path

    import torch
    from torch import distributed, nn

    from gan_edu import cli, zoo
    from gan_edu.models.gan import GAN
    from gan_edu.models.recipe import Recipe


    class Seen(nn.Module):  # notes what it is shown, as BatchNorm does, and changes nothing
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(()))

        def forward(self, x):
            self.mean = x.detach().mean()
            return x


    def plain(shape):
        generator = nn.Sequential(nn.Linear(4, 784), nn.Tanh(), nn.Unflatten(1, shape))
        return GAN(generator, nn.Sequential(nn.Flatten(), Seen(), nn.Linear(784, 1)), 4)


    def watched(*arguments):
        rank = distributed.get_rank() if distributed.is_initialized() else 0
        for k, run in TRAIN(*arguments):
            if rank == 1 and run.done == INTERRUPTED:
                signal.raise_signal(signal.SIGINT)
            yield k, run
        torch.save([run.game.state_dict(), run.shown.state_dict()], f"{arguments[1]}.{rank}")


    INTERRUPTED = int(sys.argv.pop())
    TRAIN, zoo.train = zoo.train, watched
    zoo.Evaluation.draw = lambda answer, path: Path(path).touch(exist_ok=False)  # once
    zoo.Evaluation.measures = lambda answer: {"mean": answer.made.mean().item()}
    recipe = Recipe("this test", plain, batch=64, optimiser=partial(torch.optim.SGD, lr=0.1), ema=0.995)
    zoo.SYSTEMS["plain"] = zoo.System("", "images", lambda examples: (recipe,), zoo.systems._evaluate_samples)
    cli.main()
    """
)


@pytest.mark.skipif(not torch.distributed.is_available() or sys.platform == "win32", reason="needs torch.distributed with gloo")
def test_processes_that_torchrun_starts_train_one_game_in_one_folder(tmp_path):
    """Ctrl-C in one of them stops both after the same round; the same command goes on; and all is as with one process."""
    (tmp_path / "together.py").write_text(TOGETHER)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    network = {"GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "lo0"}

    def job(folder, interrupted, *launcher):
        words = asked("plain", tmp_path / folder, rounds=4)
        return started(*words, interrupted, launcher=(*launcher, tmp_path / "together.py"), **network)

    said = job("two", 2, *torchrun).communicate(timeout=120)[0].decode()
    assert "the same command goes on" in said and torch.load(tmp_path / "two" / "stage1.pt")["done"] == 2, said
    for each in job("two", -1, *torchrun), job("one", -1):
        said = each.communicate(timeout=120)[0].decode()
        assert each.returncode == 0 and said.count("STANDING IN for MNIST") == said.count("holds 4 rounds of plain") == 1, said
    one, first, second = (torch.load(tmp_path / name) for name in ("one.0", "two.0", "two.1"))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    for together, alone in zip(first, one):
        assert together.pop("discriminator.1.mean") != alone.pop("discriminator.1.mean"), "each has seen its share"
        torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


def test_an_answer_is_shown_in_columns_and_measured_against_what_is_right(tmp_path):
    real = torch.stack([torch.full((3, 4, 4), shade) for shade in (-1.0, 0.0, 1.0)])
    grey = torch.zeros(3, 1, 4, 4)
    answer = zoo.Evaluation(real + 0.5, real, matched=True, given=(grey,), row=2, numbers={"of its own": 7.0})
    answer.draw(tmp_path / "answer.png")
    sheet = torch.from_numpy(np.array(Image.open(tmp_path / "answer.png")))
    assert sheet.shape == (2 * 5 - 1, 6 * 5 - 1, 3)
    shades = [sheet[top, left, 0].item() for top in (1, 6) for left in range(1, 30, 5)]
    assert shades == [128, 64, 0, 128, 191, 128, 128, 255, 255, 255, 255, 255]
    found = answer.measures()
    assert found["of its own"] == 7 and found["L1"] == pytest.approx(0.5)
    # what is too bright is clipped: the last of the three is right
    assert found["PSNR"] == math.inf
    assert found["PSNR of what was given"] == pytest.approx((0 + math.inf + 0) / 3)
    assert set(zoo.Evaluation(real, real).measures()) == {"Fréchet distance"}
