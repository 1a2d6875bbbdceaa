"""A run of hours that was stopped on its way is, to the bit, the run that was not."""

import pytest
import torch

from gan_edu.course import recorded
from gan_edu.data import Batches, to_bytes
from gan_edu.engine import Engine
from gan_edu.errors import CheckpointError, GameError
from gan_edu.models.gan import GAN
from gan_edu.networks import dcgan_discriminator, dcgan_generator
from recordings import hours


def small(rounds=9, schedule=None):
    torch.manual_seed(0)
    networks = dcgan_generator(4, 3, 16, width=2), dcgan_discriminator(3, 16, width=2)
    images = Batches(torch.rand(20, 3, 16, 16) * 2 - 1, size=4, seed=0)
    how = {"ema": 0.9, "engine": Engine("fp32", 1), "seed": 0}
    return hours.Falling(rounds, GAN(*networks, latent=4), images, schedule=schedule, **how)


def look(game):
    made = game.sample(5, torch.Generator().manual_seed(1))
    return to_bytes(made), {"mean": made.mean().item()}


class Killed(Exception):
    """What stops a run here."""


@pytest.mark.parametrize("at", [0, 1, 4, 7])
def test_a_run_that_was_killed_ends_as_one_that_was_not(tmp_path, at):
    film, about = hours.played(small(), 9, tmp_path / "whole", look, looks=3)
    assert film.shape == (4, 5, 3, 16, 16) and about["frames"] == [0, 3, 6, 9]
    run, point = small(), tmp_path / "killed"
    plays = run.round

    def dying():
        if run.done == at:
            raise Killed
        plays()

    run.round = dying
    with pytest.raises(Killed):
        hours.played(run, 9, point, look, looks=3)
    again, said = hours.played(small(), 9, point, look, looks=3)
    assert torch.equal(film, again)
    assert {**about, "hours": 0} == {**said, "hours": 0}


def test_rates_fall_from_the_middle_on_and_a_longer_run_is_another(tmp_path):
    run, rates = small(rounds=8), []
    for _ in run.play(8, checkpoint=tmp_path / "eight"):
        rates.append(run.optimisers["generator"].param_groups[0]["lr"] / 2e-4)
    assert rates == pytest.approx([1, 1, 1, 1, 1, 3 / 4, 2 / 4, 1 / 4])
    with pytest.raises(CheckpointError, match="rates"):
        hours.played(small(rounds=9), 9, tmp_path / "eight", look)
    with pytest.raises(GameError, match="has 8 rounds, and they are played"):
        run.round()


def test_a_player_who_never_moves_has_no_costs(tmp_path):
    _, about = hours.played(small(schedule="G"), 9, tmp_path / "G", look)
    assert list(about["costs"]) == ["generator"]


def test_costs_are_thinned_to_means():
    assert hours.thinned([1.0, 3.0]) == [1.0, 3.0]
    thinned = hours.thinned(list(range(1000)))
    assert len(thinned) == hours.POINTS and thinned[:2] == [2.0, 7.0]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_film_comes_back_nearly_as_it_was(tmp_path, monkeypatch, channels):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    line = torch.arange(16, dtype=torch.float32)
    smooth = 5 * line[:, None] + 2 * line  # downwards and across it is not the same
    shades = 10 * torch.arange(6)[:, None] + 25 * torch.arange(channels)  # nor in two images, or channels
    film = torch.stack([(smooth + shades[..., None, None] + 10 * k).byte() for k in range(3)])
    recorded.write("run", configuration={}, modules=["gan_edu.games"], beginnings={}, seeds=[], films={"samples": film})
    back = recorded.read("run").films["samples"]
    assert back.shape == film.shape
    assert (back.float() - film.float()).abs().max() < 12
