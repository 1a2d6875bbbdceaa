"""What is recorded comes back as it was, and is what would be played today."""

import sys
from pathlib import Path

import pytest
import torch

from gan_edu import recorded
from gan_edu.errors import CourseError
from gan_edu.networks import dcgan_generator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.__main__ import BENCHMARKS

RECORDING = [name for name, benchmark in BENCHMARKS.items() if hasattr(benchmark, "RECORDS")]


def test_a_record_comes_back_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "recorded")
    network = dcgan_generator(4, size=28, width=4)
    words = {"configuration": {"rounds": 3}, "first_costs": {"generator": [0.5, 0.25]}, "seeds": [{"distance": 1.5}]}
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


def test_a_record_without_arrays_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    recorded.write("run", configuration={}, modules=["gan_edu.games"], first_costs={}, seeds=[])
    record = recorded.read("run")
    assert record.weights == {} and record.snapshots == {}


def test_a_fingerprint_tells_sources_apart():
    games, losses = (recorded.fingerprint([f"gan_edu.{name}"]) for name in ("games", "losses"))
    assert games != losses and games == recorded.fingerprint(["gan_edu.games"])
    assert recorded.fingerprint(["gan_edu.games", "gan_edu.losses"]) not in (games, losses)


def test_what_is_not_recorded_is_named_beside_what_is():
    with pytest.raises(CourseError, match="nothing is recorded as 'leage'.* there is .*league"):
        recorded.read("leage")


@pytest.mark.parametrize("name", RECORDING)
def test_a_recorded_run_is_the_one_that_is_played_today(name, real_data):
    """Today's first costs are the recorded ones, up to what another processor's rounding makes of them in so few rounds."""
    for record, first_costs in BENCHMARKS[name].RECORDS.items():
        kept = recorded.read(record).first_costs
        today = first_costs(recorded.COMPARED)
        assert set(today) == set(kept)
        for player, costs in today.items():
            assert len(costs) == recorded.COMPARED
            assert costs == pytest.approx(kept[player][: recorded.COMPARED], rel=0.02, abs=2e-3), (record, player)
