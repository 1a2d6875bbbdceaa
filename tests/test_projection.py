"""Projection: latents find what the generator can make, each for itself; a stroke is answered, and what is near stays near."""

from functools import partial

import pytest
import torch
from torch import nn

from gan_edu.errors import GameError
from gan_edu.models.projection import Projection, nearest
from gan_edu.networks import dcgan_generator
from gan_edu.training import Run, play

SIDE = 4


def linear(latent=3):
    """A generator (N, 3) -> (N, 1, 4, 4) whose images are a linear subspace: projections are known."""
    torch.manual_seed(7)
    return nn.Sequential(nn.Linear(latent, SIDE**2), nn.Unflatten(1, (1, SIDE, SIDE)))


def sgd(rate):
    return partial(torch.optim.SGD, lr=rate)


def played(game, rounds=300, rate=2.0, **settings):
    play(game, None, rounds, optimiser=sgd(rate), **settings)
    return game


def best(generator, wanted, mask=None):
    """The latents of least squares, (N, 3)."""
    layer = generator[0]
    rows = slice(None) if mask is None else mask.flatten() > 0
    return torch.linalg.lstsq(layer.weight[rows], (wanted.flatten(1) - layer.bias)[:, rows].T).solution.T.detach()


def test_what_the_generator_made_is_found_again(rng):
    generator, latent = linear(), torch.randn(5, 3, generator=rng)
    wanted = generator(latent).detach()
    game = played(Projection(generator, torch.zeros(5, 3), wanted))
    torch.testing.assert_close(game.latent.detach(), latent, atol=1e-3, rtol=0)
    assert game.errors().max() < 1e-6 and (game.images() - wanted).abs().max() < 1e-3


def test_what_it_cannot_make_is_projected_on_the_nearest_that_it_can(rng):
    generator, wanted = linear(), torch.randn(4, 1, SIDE, SIDE, generator=rng)
    game = played(Projection(generator, torch.randn(4, 3, generator=rng), wanted))
    torch.testing.assert_close(game.latent.detach(), best(generator, wanted), atol=1e-3, rtol=0)


def test_strokes_count_where_the_mask_says_and_nowhere_else(rng):
    generator, wanted, mask = linear(), torch.randn(2, 1, SIDE, SIDE, generator=rng), torch.zeros(1, 1, SIDE, SIDE)
    mask[..., :2, :3] = 1
    game = played(Projection(generator, torch.zeros(2, 3), wanted, mask), 1500)
    torch.testing.assert_close(game.latent.detach(), best(generator, wanted, mask), atol=0.01, rtol=0)
    other = Projection(generator, game.latent, torch.where(mask > 0, wanted, torch.full_like(wanted, 9.0)), mask)
    torch.testing.assert_close(other.errors(), game.errors())


def test_the_error_is_the_mean_square_over_what_counts_whatever_the_weights(rng):
    wanted = torch.zeros(1, 2, SIDE, SIDE)
    flat = nn.Sequential(nn.Linear(3, 32), nn.Unflatten(1, (2, SIDE, SIDE)))
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 0, :3] = torch.tensor([1.0, 1.0, 2.0])
    game = Projection(flat, torch.randn(1, 3, generator=rng), wanted, mask)
    made = flat(game.latent)[0, :, 0, :3].square().mean(0)
    torch.testing.assert_close(game.errors()[0], (made * torch.tensor([0.25, 0.25, 0.5])).sum())


def test_nearness_is_the_price_of_the_way_from_the_start(rng):
    generator, wanted, start = linear(), torch.randn(2, 1, SIDE, SIDE, generator=rng), torch.randn(2, 3, generator=rng)
    game = Projection(generator, start, wanted, nearness=3.0)
    free = game.cost("latent", game.draw(None, rng))
    torch.testing.assert_close(free, game.errors().sum())
    with torch.no_grad():
        game.latent += 2.0
    torch.testing.assert_close(game.cost("latent", game.draw(None, rng)), game.errors().sum() + 2 * 3.0 * 4.0)
    ways = [
        (played(Projection(generator, start, wanted, nearness=nearness)).latent - start).norm() for nearness in (0.0, 0.1, 1.0)
    ]
    assert ways[0] > 1.2 * ways[1] > 1.2 * 1.2 * ways[2] > 0


def test_each_image_is_found_as_if_it_were_alone(rng):
    generator, wanted = linear(), torch.randn(3, 1, SIDE, SIDE, generator=rng)
    together = played(Projection(generator, torch.zeros(3, 3), wanted), 7)
    for k in range(3):
        alone = played(Projection(generator, torch.zeros(1, 3), wanted[k : k + 1]), 7)
        torch.testing.assert_close(alone.latent[0], together.latent[k])


def test_of_several_starts_the_best_is_kept(rng):
    class Folded(nn.Module):
        def forward(self, z):  # from z < 0 down to 0 it goes only downhill to -1/2: a local minimum, 1/4 high
            return torch.where(z > 0, z, 0.5 * (z + 1).square() - 0.5).view(-1, 1, 1, 1)

    start = torch.tensor([[-1.5], [0.5], [0.2], [-0.6]])
    game = played(Projection(Folded(), start, torch.ones(4, 1, 1, 1)), 100, 0.2)
    found = game.best(2)
    torch.testing.assert_close(found, torch.ones(2, 1), atol=1e-3, rtol=0)
    assert game.latent.min() < 0, "the other starts did not arrive"


def test_the_generator_is_in_eval_mode_and_stays_as_it_was_and_so_does_the_start(rng):
    generator = dcgan_generator(5, 1, 8, width=2)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    start = torch.randn(3, 5, generator=rng)
    game = Projection(generator, start, torch.zeros(3, 1, 8, 8))
    images = game.images()
    assert list(game.player("latent").parameters) == ["latent"] and len(game.players()) == 1
    play(game, None, 3)
    assert generator.training and next(generator.parameters()).requires_grad and not game.generator.training
    assert torch.equal(game.start, start) and not torch.equal(game.latent, start)
    for state in (generator.state_dict(), game.generator.state_dict()):
        torch.testing.assert_close(dict(state), before, rtol=0, atol=0)
    again = Projection(generator, torch.cat([start, start]), torch.zeros(6, 1, 8, 8)).images()
    assert torch.allclose(again[:3], images), "an image is made without those beside it"


def test_a_resumed_search_equals_an_uninterrupted_one_bit_for_bit(rng, tmp_path):
    generator, wanted = linear(), torch.randn(3, 1, SIDE, SIDE, generator=rng)

    def searched(rounds, **settings):
        game = Projection(generator, torch.zeros(3, 3), wanted, nearness=0.1)
        play(game, None, rounds, **settings)
        return game.state_dict()

    whole = searched(5)
    searched(2, checkpoint=tmp_path / "search.pt")
    torch.testing.assert_close(searched(5, checkpoint=tmp_path / "search.pt"), whole, rtol=0, atol=0)
    assert len(Run(Projection(generator, torch.zeros(3, 3), wanted), None).players) == 1


def test_the_nearest_of_many_latents_are_those_by_brute_force(rng):
    generator, latents = linear(), torch.randn(50, 3, generator=rng)
    images = torch.randn(4, 1, SIDE, SIDE, generator=rng)
    found = nearest(generator, latents, images, count=3)
    apart = (generator(latents)[None] - images[:, None]).square().mean((2, 3, 4))
    assert found.shape == (4, 3, 3)
    for k in range(4):
        assert torch.equal(found[k], latents[apart[k].argsort()[:3]])
    exact = nearest(generator, latents, generator(latents[7:8]).detach())
    assert torch.equal(exact[0, 0], latents[7])


@pytest.mark.parametrize("images, mask", [(2, torch.ones(1, 1, SIDE, SIDE)), (3, torch.zeros(1, 1, SIDE, SIDE))])
def test_wishes_that_do_not_fit_are_refused(images, mask):
    with pytest.raises(GameError, match="give each latent an image, and each mask a place"):
        Projection(linear(), torch.zeros(3, 3), torch.zeros(images, 1, SIDE, SIDE), mask)
