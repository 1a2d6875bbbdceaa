"""Every cure changes something, the rates fall as they should, and the recorded league is the one that is played."""

import math
from functools import cache
from itertools import islice

import pytest
import torch

from gan_edu import data
from gan_edu.course import league, recorded
from recordings import league as recording

CHANGES = [name for name in league.CURES if name != "textbook"]


@cache
def ground(name):
    return league.pictures(data.load("digits"), rounds=4) if name == "pictures" else league.GROUNDS[name]()


def played(cure, name, rounds=3, seed=0):
    """A run after so many of the ground's rounds."""
    run = league.begin(cure, ground(name), seed)
    for _ in islice(league.annealed(run, ground(name).rounds), rounds):
        pass
    return run


def generators_weights(run):
    return torch.cat([parameter.detach().flatten() for parameter in run.shown.generator.parameters()])


@pytest.mark.parametrize("cure", CHANGES)
@pytest.mark.parametrize("name", ["ring", "pictures"])
def test_no_cure_is_the_textbook_under_another_name(name, cure):
    plain, changed = generators_weights(played("textbook", name)), generators_weights(played(cure, name))
    assert changed.isfinite().all()
    assert plain.shape != changed.shape or not torch.allclose(plain, changed, rtol=0, atol=1e-7)


def test_the_same_seed_plays_the_same_game_and_another_seed_another():
    first, again, other = (generators_weights(played("R1", "ring", seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.allclose(first, other)


def test_every_players_rate_falls_from_its_own_start_to_nothing():
    run = league.begin("two rates", ground("ring"), 0)
    rate, rates = ground("ring").rate, []
    for _ in league.annealed(run, 10):
        rates.append([run.optimisers[player].param_groups[0]["lr"] for player in ("discriminator", "generator")])
    expected = [(1 + math.cos(math.pi * k / 10)) / 2 for k in range(10)]
    assert rates == [pytest.approx([4 * rate * share, rate * share]) for share in expected]
    assert run.done == 10


@pytest.mark.parametrize("name", ["ring", "pictures"])
def test_a_ground_measures_what_it_is_shown(name):
    found = league.contest("textbook", ground(name), 0, 2)
    assert all(map(math.isfinite, found.values()))
    assert list(found)[0] == ("overlap" if name == "ring" else "distance")


# ----- the record


@pytest.fixture(scope="module")
def record():
    return recorded.read("league")


def test_the_record_is_complete(record):
    assert list(record.configuration) == list(league.GROUNDS) and len(record.seeds) == 5
    for name, entries in record.configuration.items():
        assert list(entries) == list(league.CURES), name
        for cure, entry in entries.items():
            full, price = entry["rounds"]["steps"], entry["cost of a round"]
            assert entry["rounds"]["seconds"] == pytest.approx(min(full, full / price), rel=0.01, abs=1)
            assert all(set(seed[name][cure]) == {"seconds", "steps"} for seed in record.seeds)
        assert entries["textbook"]["cost of a round"] == 1
    assert set(record.beginnings) == {f"{ground}: {cure}" for ground in league.GROUNDS for cure in league.CURES}


def assert_begins_as_recorded(ground, record):
    runs = {cure: lambda cure=cure: {cure: league.begin(cure, recording.ground_of(ground), 0)} for cure in league.CURES}
    for cure, begin in runs.items():
        kept, today = record.beginnings[f"{ground}: {cure}"], recorded.beginnings(begin)[cure]
        assert today["settings"] == kept["settings"], (ground, cure)
        for player, costs in today["first costs"].items():
            assert costs == pytest.approx(kept["first costs"][player], rel=1e-6, abs=1e-9), (ground, cure, player)


@pytest.mark.parametrize("ground", ["ring", "grid"])
def test_the_recorded_runs_in_the_plane_begin_as_those_that_are_played_today(ground, record):
    assert_begins_as_recorded(ground, record)


def test_the_recorded_runs_on_digits_begin_as_those_that_are_played_today(real_data, record):
    assert_begins_as_recorded("digits", record)
