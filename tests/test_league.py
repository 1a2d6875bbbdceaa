"""Every cure changes something, the rates fall as they should, and the recorded league is the one that is played."""

import math
from functools import cache
from itertools import combinations, islice

import pytest
import torch

from gan_edu import data, metrics
from gan_edu.course import league, recorded
from recordings import league as recording

CHANGES = [name for name in league.CURES if name not in ("textbook", "two rates")]


@cache
def ground(name):
    if name != "pictures":
        return league.GROUNDS[name]()
    digits = data.load("digits")
    return league.pictures(digits.images, digits.held_out.images, metrics.features, rounds=4, count=100)


def played(cure, name, rounds=3, seed=0, **settings):
    """A run after so many of the ground's rounds."""
    run = league.begin(cure, ground(name), seed, **settings)
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
    run = league.begin("two rates", ground("ring"), 0, rates=(4.0, 1.0))
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


@pytest.mark.parametrize("cure", CHANGES)
def test_every_setting_of_a_cure_is_another_game(cure):
    runs = [league.begin(cure, ground("ring"), 0, setting=setting) for setting in league.CURES[cure].settings]
    assert all(a.identity() != b.identity() or unlike(a.game, b.game) for a, b in combinations(runs, 2))


def unlike(game, other):
    """Whether two games' weights differ."""
    pairs = zip(game.state_dict().values(), other.state_dict().values())
    return any(a.shape != b.shape or not torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("cure", CHANGES)
def test_the_rates_of_a_search_are_the_optimisers(cure):
    plain, changed = (league.begin(cure, ground("ring"), 0, rates=rates) for rates in ((1.0, 1.0), (2.0, 0.5)))
    for player, share in (("discriminator", 2.0), ("generator", 0.5)):
        before, after = (run.optimisers[player].param_groups[0]["lr"] for run in (plain, changed))
        assert after == pytest.approx(share * before)


# ----- the search


@pytest.mark.parametrize("cure", league.CURES)
def test_every_cure_has_as_many_tries_all_different(cure):
    asked = set()
    tries = league.search(cure, lambda rates, setting: asked.add((rates, setting)) or 0.0)
    assert len(tries) == league.TRIES == len(asked)
    assert {str(setting) for setting in league.CURES[cure].settings} == {str(one["setting"]) for one in tries}


def test_a_search_looks_for_rates_first_then_for_the_cures_own_setting_with_the_best_of_them():
    tries = league.search("R1", lambda rates, setting: -abs(rates[0] - 0.5) - abs(setting - 10.0))
    assert league.best(tries)["rates"] == [0.5, 0.5] and league.best(tries)["setting"] == 10.0


def test_only_the_textbook_has_one_rate_for_both():
    equal = {one["rates"][0] == one["rates"][1] for one in league.search("textbook", lambda *_: 0.0)}
    assert equal == {True}
    for cure in league.CURES:
        assert cure == "textbook" or any(a != b for a, b in (one["rates"] for one in league.search(cure, lambda *_: 0.0)))


def test_what_overlaps_is_a_tie():
    values = {"low": [0, 1, 2, 3, 9], "middle": [0, 2, 3, 4, 9], "high": [4, 5, 5, 6, 0]}
    assert league.clearly_better(values) == {"low": (0, 1), "middle": (0, 0), "high": (1, 0)}
    hair = {"low": [0.125] * 5, "high": [0.13] * 5}
    assert league.clearly_better(hair) == {"low": (0, 0), "high": (0, 0)}


def test_a_run_that_broke_counts_as_nothing():
    found = league.contest("textbook", ground("ring"), 0, 3, rates=(1e30, 1e30))
    assert found == {"overlap": 0.0, "modes": 0, "high quality": 0.0}


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
