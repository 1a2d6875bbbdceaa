"""The next frame and denoising: what is drawn, what is asked, and that what is learned is what squared error asks for."""

import itertools
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gan_edu.data import Stream
from gan_edu.errors import CheckpointError, GameError
from gan_edu.models.denoising import Denoising
from gan_edu.models.next_frame import NextFrame
from gan_edu.networks import UNet, patchgan
from gan_edu.training import Run, play

SIDE = 16


def next_frame(**settings):
    return NextFrame(UNet(3 * 2, 2, SIDE, width=2), patchgan(4 * 2, width=2, layers=2), **settings)


def denoising(**settings):
    return Denoising(UNet(2, 2, SIDE, width=2), patchgan(2 * 2, width=2, layers=2), **settings)


def films(count, rng):
    return torch.rand(count, 4, 2, SIDE, SIDE, generator=rng) * 2 - 1


def images(count, rng):
    return torch.rand(count, 2, SIDE, SIDE, generator=rng) * 2 - 1


GAMES = {"next frame": (next_frame, films), "denoising": (denoising, images)}
games = pytest.mark.parametrize("kind", GAMES)


class Constant(nn.Module):
    """A generator that makes the same number everywhere, whatever the condition."""

    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1))

    def forward(self, condition):
        return self.value.expand(len(condition), 1, *condition.shape[2:])


@games
def test_the_generator_pays_the_squared_error_and_for_what_the_discriminator_sees_through(kind, rng):
    make, batch = GAMES[kind]
    game = make(adversarial=2.0, weight=3.0).eval()
    draw = game.draw(batch(4, rng), rng)
    fake = game.generator(draw.condition)
    error = (fake - draw.image).square().mean()
    fooling = softplus(-game.discriminator(torch.cat([draw.condition, fake], dim=1))).mean()
    torch.testing.assert_close(game.cost("generator", draw), 2 * fooling + 3 * error)


@games
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(kind, tmp_path):
    make, batch = GAMES[kind]

    def play_until(rounds, **settings):
        torch.manual_seed(7)
        game = make()
        history = play(game, Stream(batch, 4, seed=1), rounds, ema=0.9, **settings)
        return game.state_dict(), history.average.state_dict(), history.costs

    whole = play_until(4)
    play_until(2, checkpoint=tmp_path / "run.pt")
    torch.testing.assert_close(play_until(4, checkpoint=tmp_path / "run.pt"), whole, rtol=0, atol=0)


@games
@pytest.mark.parametrize("mover", ["discriminator", "generator"])
def test_a_step_leaves_the_other_player_alone(kind, mover):
    make, batch = GAMES[kind]
    game = make()
    run = Run(game, Stream(batch, 4))
    run.next_draw()
    before = {name: value.clone() for name, value in game.state_dict().items()}
    run.turn(0, (mover,))
    assert {name.split(".")[0] for name, value in game.state_dict().items() if not torch.equal(value, before[name])} == {mover}


def test_squared_error_asks_for_the_mean_where_two_futures_are_possible():
    """Of two thirds of black futures and a third of white ones it learns neither, but a grey one: this is what blur is."""
    ends = torch.tensor([-1.0, -1.0, 1.0]).view(3, 1, 1, 1, 1)
    batch = torch.cat([torch.zeros_like(ends), ends], dim=1)
    game = NextFrame(Constant(), nn.Conv2d(2, 1, 1), adversarial=0.0, weight=1.0)
    play(game, itertools.repeat(batch), 60, schedule="G", optimiser=partial(torch.optim.SGD, lr=0.2))
    assert game.generator.value.item() == pytest.approx(-1 / 3, abs=0.01)


# The next frame ---------------------------------------------------------------------------------------------------------


def test_all_frames_but_the_last_are_known_in_their_order(rng):
    batch = films(3, rng)
    draw = next_frame().draw(batch, rng)
    assert torch.equal(draw.condition, torch.cat([batch[:, 0], batch[:, 1], batch[:, 2]], dim=1))
    assert torch.equal(draw.image, batch[:, 3])


@pytest.mark.parametrize("shape", [(4, 2, 8, 8), (4, 1, 2, 8, 8)])
def test_what_is_no_film_is_refused(shape, rng):
    with pytest.raises(GameError, match=r"is told films \(N, frames, C, H, W\) of two or more"):
        next_frame().draw(torch.zeros(shape), rng)


def test_a_film_goes_on_from_what_was_made_of_it():
    """A generator that makes twice the last frame less the one before: what moves evenly goes on so."""

    class Straight(nn.Module):
        def forward(self, known):
            return 2 * known[:, 2:] - known[:, :2]

    game = NextFrame(Straight(), patchgan(6, 2, 1))
    time = torch.arange(7.0).view(1, 7, 1, 1, 1)
    film = (time * torch.randn(5, 1, 2, 3, 3)) + torch.randn(5, 1, 2, 3, 3)
    torch.testing.assert_close(game.continued(film[:, :2], 5), film[:, 2:], rtol=1e-4, atol=1e-4)


def test_more_than_two_known_frames_are_handed_on_one_by_one():
    class Oldest(nn.Module):
        def forward(self, known):
            return known[:, :1]

    film = torch.randn(2, 3, 1, 4, 4)
    continued = NextFrame(Oldest(), patchgan(4, 2, 1)).continued(film, 7)
    assert torch.equal(continued, torch.cat([film, film, film[:, :1]], dim=1))


# Denoising --------------------------------------------------------------------------------------------------------------


def test_noise_is_normal_with_the_deviation_asked_for_and_new_with_every_draw(rng):
    game, batch = denoising(noise=0.7), images(200, rng)
    draw, other = game.draw(batch, rng), game.draw(batch, rng)
    assert torch.equal(draw.image, batch) and not torch.equal(draw.condition, other.condition)
    noise = (draw.condition - batch).flatten()
    assert noise.std().item() == pytest.approx(0.7, rel=0.01) and noise.mean().abs() < 0.01
    assert (noise.abs() > 1.4).float().mean().item() == pytest.approx(0.0455, abs=0.003), (
        "as a normal distribution has beyond 2σ"
    )


def test_the_same_seed_spoils_alike(rng):
    batch = images(3, rng)
    one, again = (denoising().spoilt(batch, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, again)


def test_a_checkpoint_for_other_noise_is_refused(tmp_path):
    play(denoising(noise=0.5), Stream(images, 4), 1, checkpoint=tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match="its game is"):
        play(denoising(noise=0.6), Stream(images, 4), 2, checkpoint=tmp_path / "run.pt")


def test_denoising_learns_the_least_squares_answer():
    """Constant images from a normal distribution with deviation 1 and noise with deviation 1 in one pixel: the best linear answer is
    half of what is seen (Wiener)."""
    game = Denoising(nn.Conv2d(1, 1, 1), nn.Conv2d(2, 1, 1), adversarial=0.0, weight=1.0, noise=1.0)
    batches = Stream(lambda count, rng: torch.randn(count, 1, 1, 1, generator=rng), 512)
    play(game, batches, 150, schedule="G", optimiser=partial(torch.optim.SGD, lr=0.1), ema="mean")
    assert game.generator.weight.item() == pytest.approx(0.5, abs=0.05) and game.generator.bias.item() == pytest.approx(
        0, abs=0.05
    )
