"""What is recorded comes back as it was, is what would be played today, and is what its weights still show."""

import io
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from distributed import LocalCluster
from PIL import Image

import recordings
from gan_edu import data, judge, plots
from gan_edu.course import recorded
from gan_edu.engine import Engine
from gan_edu.errors import CourseError
from gan_edu.models.gan import GAN
from gan_edu.networks import dcgan_generator, mlp
from gan_edu.training import Run
from recordings import article, flowers, palettes, playing

PLAYED = {  # records by the recording that writes them
    "league": ["league"],
    "article": ["article"],
    "bigan": ["bigan"],
    "facades": ["facades"],
    "few_labels": ["few_labels"],
    "flowers": ["flowers"],
    "house_fronts": ["house_fronts"],
    "infogan": ["infogan", "infogan_clothes", "infogan_without"],
    "lapgan": ["lapgan"],
    "next_frame": ["next_frame"],
    "palettes": ["palettes"],
    "stacked": ["stacked"],
    "stackgan": ["stackgan"],
    "super_resolution": ["super_resolution"],
}
DRAWN = ("stackgan",)  # what needs no data set
WITHOUT_WEIGHTS = ("league", "few_labels")


def test_a_record_comes_back_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "recorded")
    network = dcgan_generator(4, size=28, width=4)
    words = {"configuration": {"rounds": 3}, "beginnings": {"a": {"settings": "0"}}, "seeds": [{"distance": 1.5}]}
    pictures = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8)
    recorded.write(
        "run", modules=["gan_edu.games"], weights=network.state_dict(), snapshots={"after": pictures.flip(3)}, **words
    )
    record = recorded.read("run")
    assert {key: getattr(record, key) for key in words} == words
    assert torch.equal(record.snapshots["after"], pictures.flip(3))
    again = dcgan_generator(4, size=28, width=4)
    again.load_state_dict(record.weights)
    for a, b in zip(network.state_dict().values(), again.state_dict().values()):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_frames_that_were_recorded_become_a_film_dark_ink_on_white_paper():
    frame = plots.sheet(torch.ones(3, 1, 8, 8), columns=3, scale=2)
    picture = np.array(Image.open(io.BytesIO(frame)).convert("L"))
    assert picture.shape == (2 * 8, 2 * (3 * 8 + 2 * 2))
    assert picture[8, 8] < 20 and picture[8, 18] > 235
    assert "data:image/webp;base64," in plots.film([frame]).data
    assert "data:image/png;base64," in plots.film([b"\x89PNG"]).data


def test_a_record_without_arrays_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    recorded.write("run", configuration={}, modules=["gan_edu.games"], beginnings={}, seeds=[])
    record = recorded.read("run")
    assert record.weights == {} and record.snapshots == {}


def test_a_fingerprint_tells_sources_apart():
    games, losses = (recorded.fingerprint([f"gan_edu.{name}"]) for name in ("games", "losses"))
    assert games != losses and games == recorded.fingerprint(["gan_edu.games"])
    assert recorded.fingerprint(["gan_edu.games", "gan_edu.losses"]) not in (games, losses)


def test_what_is_not_recorded_is_named_beside_what_is():
    with pytest.raises(CourseError, match="nothing is recorded as 'leage'.* there is .*league"):
        recorded.read("leage")


def small_run(rate=0.01, penalties=()):
    torch.manual_seed(0)
    game = GAN(mlp(2, 4, 2), mlp(2, 4, 1), latent=2, penalties=penalties)
    batches = iter(lambda: torch.ones(8, 2), None)
    return {"small": Run(game, batches, lambda p: torch.optim.Adam(p, rate), engine=Engine("fp32", 1))}


def test_a_beginning_is_played_in_float64_and_leaves_the_default_as_it_was():
    (beginning,) = recorded.beginnings(small_run).values()
    costs = beginning["first costs"]["generator"]
    assert len(costs) == recorded.FIRST and costs[0] != torch.tensor(costs[0]).item()
    assert torch.get_default_dtype() == torch.float32
    with pytest.raises(ZeroDivisionError):
        recorded.beginnings(lambda: 1 / 0)
    assert torch.get_default_dtype() == torch.float32


def test_a_beginning_tells_runs_apart_by_their_settings_even_where_the_first_costs_are_alike():
    one, same, other = (recorded.beginnings(lambda rate=rate: small_run(rate))["small"] for rate in (0.01, 0.01, 0.011))
    assert one == same and one["settings"] != other["settings"]


def recording_of(name):
    return next(recording for recording, names in PLAYED.items() if name in names)


def test_every_recording_writes_the_records_that_are_there():
    assert set(PLAYED) == set(recordings.RECORDINGS)
    assert set(recorded.names()) == set(sum(PLAYED.values(), []))


@pytest.fixture(autouse=True, scope="module")
def read_once():
    """The photographs of `article`, which asks for them again and again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(article, "flowers", cache(article.flowers))
        yield


@pytest.fixture(scope="module")
def begun():
    """How a recording's runs begin today, played once."""
    found = {}

    def of(recording):
        if recording not in found:
            found[recording] = recorded.beginnings(playing.named(recording).begin)
        return found[recording]

    return of


def assert_begins_as(kept, today, label):
    """In float64 processors agree in the first costs to a millionth and better."""
    assert today["settings"] == kept["settings"], f"{label} is played with other settings than when it was recorded"
    assert set(today["first costs"]) == set(kept["first costs"])
    for player, costs in today["first costs"].items():
        assert costs == pytest.approx(kept["first costs"][player], rel=1e-6, abs=1e-9), (label, player)


@pytest.mark.parametrize("name", DRAWN)
def test_a_record_of_drawn_data_is_of_the_run_that_is_played_today(name, begun):
    for label, kept in recorded.read(name).beginnings.items():
        assert_begins_as(kept, begun(recording_of(name))[label], label)


@pytest.mark.parametrize("name", [name for names in PLAYED.values() for name in names if name not in (*DRAWN, "league")])
def test_a_record_is_of_the_run_that_is_played_today(name, real_data, begun):
    for label, kept in recorded.read(name).beginnings.items():
        assert_begins_as(kept, begun(recording_of(name))[label], label)


def test_the_runs_beside_that_of_the_flowers_differ_from_it_in_what_is_seen_and_in_nothing_else(rng):
    """Of the three the whole run alone is begun again."""
    photographs = SimpleNamespace(shape=(3, flowers.SIDE, flowers.SIDE), classes=range(17))
    images = torch.rand(2, *photographs.shape, generator=rng) * 2 - 1
    maps = judge.load(colour=True).maps(images)
    shown = {"maps and pixels": [*maps, images], "pixels": [images], "maps": maps}
    assert {sees for sees, *_ in flowers.TASKS} == set(shown)
    recipes = {sees: flowers.recipe_of(sees, photographs) for sees in shown}
    games = {sees: recipe.game(photographs.shape) for sees, recipe in recipes.items()}
    for sees, game in games.items():
        torch.testing.assert_close(game.eyes(images), shown[sees], rtol=0, atol=0)
        assert game.identity() == games["pixels"].identity()
        assert str(replace(recipes[sees], game=None)) == str(replace(recipes["pixels"], game=None))


def test_the_runs_of_other_palettes_differ_in_the_colours_of_the_label_maps_and_in_nothing_else(real_data):
    """Of the three that of the published palette alone is begun again."""
    runs = {palette: palettes.run_of(palette, 1) for palette in palettes.PALETTES}
    published, others = runs.pop("published"), runs.values()
    first, (labels, photographs) = published.game.state_dict(), next(published.batches)
    for other in others:
        assert other.identity() == published.identity()
        assert all(torch.equal(first[name], value) for name, value in other.game.state_dict().items())
        painted, same_photographs = next(other.batches)
        assert torch.equal(same_photographs, photographs) and not torch.equal(painted, labels)


def assert_remeasured(recording):
    """Half precision and another processor may turn a few of a thousand samples round, no more."""
    now, kept = playing.named(recording).remeasured()
    assert now == pytest.approx(kept, rel=0.05, abs=0.02), recording


def test_the_weights_kept_of_drawn_data_measure_what_the_record_says():
    assert_remeasured("stackgan")


@pytest.mark.parametrize("recording", [name for name in PLAYED if name not in (*DRAWN, *WITHOUT_WEIGHTS)])
def test_the_weights_kept_measure_what_the_record_says(recording, real_data):
    assert_remeasured(recording)


def test_what_stands_in_for_data_is_not_recorded_as_if_it_were_that_data():
    drawn = data.load("digits")
    assert playing.real(drawn) is drawn
    with pytest.raises(SystemExit, match="needs the real data: .*STANDING IN for MNIST"):
        playing.real(replace(drawn, stands_in_for="MNIST"))


COUNTING = """
from pathlib import Path
import torch

TASKS = [("a", 0), ("b", 1), ("c", 2)]
LOG, KEPT = Path({folder!r}, "log"), Path({folder!r}, "kept")


def contest(task, folder):
    name, number = task
    before = LOG.read_text() if LOG.exists() else ""
    LOG.write_text(before + name)
    if name == "b" and "b" not in before:
        (folder / "run").write_text("half")
        raise ZeroDivisionError("interrupted")
    assert name != "b" or (folder / "run").read_text() == "half"
    return {{"number": number, "made": torch.full((2,), number)}}


def keep(found):
    torch.save(found, KEPT)
"""


def test_a_recording_that_was_interrupted_plays_only_what_is_missing(tmp_path, monkeypatch):
    """The second of three tasks fails the first time: the third is kept all the same, and the second goes on from its checkpoints."""
    (tmp_path / "counting.py").write_text(COUNTING.format(folder=str(tmp_path)))
    monkeypatch.setattr(recordings, "__path__", [*recordings.__path__, str(tmp_path)])
    monkeypatch.setattr(playing, "DONE", tmp_path / "done")
    quiet = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(1, threads_per_worker=1, **quiet) as cluster:
        said = []
        with pytest.raises(ZeroDivisionError):
            playing.record(["counting"], cluster, said.append)
        assert any("failed" in line for line in said) and not (tmp_path / "kept").exists()
        playing.record(["counting"], cluster, said.append)
    assert sorted((tmp_path / "log").read_text()) == ["a", "b", "b", "c"]
    assert list((tmp_path / "done").rglob("run")) == []
    kept = torch.load(tmp_path / "kept", weights_only=True)
    assert [number for _, number in kept] == [0, 1, 2] and torch.equal(kept["c", 2]["made"], torch.tensor([2, 2]))
