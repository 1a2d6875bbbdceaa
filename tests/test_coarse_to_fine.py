"""From coarse to fine: the Laplacian pyramid of GANs, super-resolution, and captions drawn in two stages."""

import copy
import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gan_edu import judge
from gan_edu.data import Stream, tokens
from gan_edu.data.drawn import scenes
from gan_edu.data.drawn.scenes import VOCABULARY
from gan_edu.engine import Engine
from gan_edu.errors import GameError
from gan_edu.games import Draw
from gan_edu.models.gan import GAN
from gan_edu.models.lapgan import Level, enlarge, join, sample, shrink, split
from gan_edu.models.srgan import SRGAN, SuperResolution, bicubic
from gan_edu.models.stackgan import Bottleneck, StageI, StageII, divergence
from gan_edu.networks import (
    Centred,
    dcgan_discriminator,
    dcgan_generator,
    he_initialise,
    mlp,
    spectral,
    sum_pool_discriminator,
    upsampler,
)
from gan_edu.penalties import R1, R2, GradientPenalty
from gan_edu.training import play

EXACT = Engine("fp32", 1)


def images(rng, n=6, channels=1, side=16):
    return torch.rand(n, channels, side, side, generator=rng) * 2 - 1


def captioned(rng, n=6, side=16):
    return scenes.captioned(side)(n, rng)


def level():
    return moved(Level(upsampler(2, 1, 1, width=8, blocks=1), dcgan_discriminator(2, 16, width=4)))


def restoring():
    return moved(SuperResolution(upsampler(1, 1, 2, width=8, blocks=1)))


def adversarial(content=torch.square, weight=0.1):
    return moved(SRGAN(upsampler(1, 1, 2, width=8, blocks=1), dcgan_discriminator(1, 16, width=4), content, weight))


def stage_one(side=8, **settings):
    generator = dcgan_generator(4 + 5, 3, side, width=4)
    discriminator = dcgan_discriminator(3, side, width=4, outputs=1 + 6)
    return moved(StageI(generator, discriminator, len(VOCABULARY), latent=4, code=5, features=6, **settings))


def stage_two(**settings):
    generator = Bottleneck(3, 5, small=16, large=32, width=4, blocks=1)
    discriminator = dcgan_discriminator(3, 32, width=4, outputs=1 + 6)
    return StageII(stage_one(16), generator, discriminator, len(VOCABULARY), code=5, features=6, **settings)


def moved(game):
    """The game with a last layer that no longer begins at 0, so that what is made depends on every parameter."""
    for network in game.generator.modules():
        if isinstance(network, nn.Conv2d) and not network.weight.any():
            nn.init.normal_(network.weight, std=0.1)
    return game


GAMES = {
    "level": (level, images),
    "super-resolution": (restoring, images),
    "SRGAN": (adversarial, images),
    "stage I": (stage_one, partial(captioned, side=8)),
    "stage II": (stage_two, partial(captioned, side=32)),
}
games = pytest.mark.parametrize("kind", GAMES)
STAGES = pytest.mark.parametrize("kind", ["stage I", "stage II"])


def begun(kind, rng):
    make, batch = GAMES[kind]
    game = make()
    return game, game.draw(batch(rng), rng)


# All of them -------------------------------------------------------------------------------------------------------------


@games
def test_a_turn_moves_every_parameter_of_its_player_and_none_of_the_others(kind, rng, moved_by):
    for player in GAMES[kind][0]().order:
        game, draw = begun(kind, rng)
        assert moved_by(player, game, draw) == set(game.player(player).parameters)


@games
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(kind, tmp_path):
    def run(rounds, checkpoint):
        torch.manual_seed(0)
        game = GAMES[kind][0]()
        batches = Stream(lambda n, rng: GAMES[kind][1](rng, n), 4, seed=1)
        history = play(game, batches, rounds, ema=0.9, engine=EXACT, every=2, checkpoint=checkpoint)
        return game.state_dict() | {f"average {k}": v for k, v in history.average.state_dict().items()}, history.costs

    whole = run(4, None)
    run(2, tmp_path / "run.pt")
    torch.testing.assert_close(run(4, tmp_path / "run.pt"), whole, rtol=0, atol=0)


@games
def test_the_same_draw_costs_the_same_and_others_something_else(kind, rng):
    game, draw = begun(kind, rng)
    other = game.draw(GAMES[kind][1](rng), rng)
    for player in game.order:
        game.eval()  # spectral norm's vectors move in a pass
        assert game.cost(player, draw) == game.cost(player, draw) != game.cost(player, other)


# Enlarging ---------------------------------------------------------------------------------------------------------------


def test_an_enlarger_makes_nothing_at_first_and_sees_only_the_neighbourhood(rng):
    network = upsampler(2, 3, doublings=2, width=8, blocks=1)
    x = torch.randn(1, 2, 16, 16, generator=rng)
    assert network(x).shape == (1, 3, 64, 64) and not network(x).any()
    nn.init.ones_(network[-1].weight)
    changed = x.clone()
    changed[:, :, 0, 0] += 1
    where = (network(changed) - network(x))[0].abs().sum(0)
    assert where[:8, :8].any() and not where[40:, 40:].any()


def test_pixel_shuffle_deals_four_channels_out_to_a_square():
    four = torch.arange(4.0).view(1, 4, 1, 1)
    assert nn.PixelShuffle(2)(four).tolist() == [[[[0, 1], [2, 3]]]]


def test_a_centred_discriminator_sees_what_differs_from_the_paper(rng):
    x = images(rng, channels=3)
    torch.testing.assert_close(Centred(0.84)(x + 0.84), x)
    assert not list(Centred(0.84).parameters()) and not Centred(0.84)(torch.full((1, 3, 4, 4), 0.84)).any()


def test_a_signal_keeps_its_size_through_layers_that_he_initialised(rng):
    layers = [layer for _ in range(6) for layer in (nn.Conv2d(32, 32, kernel_size=3, padding=1), nn.LeakyReLU(0.2))]
    plain, deep = nn.Sequential(*layers), nn.Sequential(*copy.deepcopy(layers)).apply(he_initialise)
    x = torch.randn(8, 32, 24, 24, generator=rng)
    assert 0.5 < deep(x)[..., 8:16, 8:16].square().mean() < 2 and plain(x).square().mean() < 0.02


# The pyramid -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "levels"), [(28, 2), (32, 3), (64, 4)])
def test_the_pyramid_inverts(side, levels, rng):
    x = images(rng, channels=3, side=side)
    parts = split(x, levels)
    assert [part.shape[-1] for part in parts] == [side >> levels, *(side >> k for k in reversed(range(levels)))]
    assert (join(parts) - x).abs().max() < 1e-6


def test_a_level_is_what_the_enlarged_coarser_image_lacks(rng):
    x = images(rng)
    coarse, detail = split(x, 1)
    torch.testing.assert_close(coarse[:, :, 2, 5], x[:, :, 4:6, 10:12].mean((2, 3)))
    torch.testing.assert_close(detail, x - enlarge(coarse))
    flat = torch.full((1, 1, 8, 8), 0.3)
    assert split(flat, 2)[0].allclose(torch.tensor(0.3)) and max(part.abs().max() for part in split(flat, 2)[1:]) < 1e-6


def test_the_pyramid_holds_more_numbers_than_the_image_so_most_pyramids_belong_to_none(rng):
    parts = split(images(rng, n=1), 2)
    assert sum(part.numel() for part in parts) == 16**2 + 8**2 + 4**2
    parts[-1] = parts[-1] + 1.0  # details whose mean is not what shrinking leaves
    again = split(join(parts), 2)
    assert (again[-1] - parts[-1]).abs().max() > 0.5


def test_shrinking_several_times_is_shrinking_again_and_again(rng):
    x = images(rng)
    torch.testing.assert_close(shrink(x, 2), shrink(shrink(x)))
    assert torch.equal(shrink(x, 0), x)


# A level of LAPGAN -------------------------------------------------------------------------------------------------------


def test_a_level_judges_finished_images_beside_the_enlarged_coarse_one(rng):
    game, draw = begun("level", rng)
    game.eval()
    base = enlarge(shrink(draw.real))
    fake = base + game.generator(torch.cat([shrink(draw.real), draw.noise], 1))
    real_logit, fake_logit = (game.discriminator(torch.cat([base, x], 1)) for x in (draw.real, fake))
    torch.testing.assert_close(game.cost("discriminator", draw), softplus(-real_logit).mean() + softplus(fake_logit).mean())
    torch.testing.assert_close(game.cost("generator", draw), softplus(-fake_logit).mean())


def test_penalties_of_a_level_differentiate_by_the_finished_image_alone(rng):
    plain = level()
    draw = plain.draw(images(rng), rng)
    real, fake = draw.real.requires_grad_(), plain.fake(draw).detach().requires_grad_()
    slopes = [
        torch.autograd.grad(plain.logits_for(draw, each).sum(), each)[0].square().sum() / len(each) for each in (real, fake)
    ]
    game = Level(plain.generator, plain.discriminator, penalties=[R1(4.0), R2(6.0)])
    cost = game.cost("discriminator", draw) - plain.cost("discriminator", draw)
    torch.testing.assert_close(cost, 2 * slopes[0] + 3 * slopes[1], rtol=1e-4, atol=1e-6)
    assert game.draw(images(rng), rng).mix.shape == (6,) and plain.draw(images(rng), rng).mix is None
    assert game.identity() != plain.identity() == "Level"
    between = Level(plain.generator, plain.discriminator, penalties=[GradientPenalty(1.0)])
    assert between.cost("discriminator", between.draw(images(rng), rng)) > 0


def test_one_coarse_image_has_many_details_and_a_seed_makes_the_same(rng):
    game, coarse = level(), images(rng, side=8)
    first, again, other = (game.refine(coarse, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and (first - other).abs().max() > 1e-4 and first.shape == (6, 1, 16, 16)
    assert not first.requires_grad and game.generator.training


def test_a_sample_goes_through_all_levels_from_coarse_to_fine(rng):
    seen = []

    class Noted(Level):
        def refine(self, coarse, rng):
            seen.append(coarse)
            return super().refine(coarse, rng)

    first = GAN(nn.Sequential(mlp(3, 16), nn.Unflatten(1, (1, 4, 4))), mlp(16, 1), latent=3)
    levels = [Noted(moved_enlarger(), mlp(1, 1)) for _ in range(2)]
    made = sample([first, *levels], 5, rng)
    assert made.shape == (5, 1, 16, 16) and [x.shape[-1] for x in seen] == [4, 8]
    assert torch.equal(seen[0], first.sample(5, torch.Generator().manual_seed(0)))


def moved_enlarger():
    network = upsampler(2, 1, 1, width=4, blocks=1)
    nn.init.normal_(network[-1].weight)
    return network


def test_a_level_learns_detail_that_the_coarse_image_does_not_tell():
    """Each 2×2 square is bright on the left or on the right, at random: its mean says nothing, its detail is one of two."""

    def stripes(n, rng):
        side = torch.randint(0, 2, (n, 1, 4, 4), generator=rng) * 2.0 - 1
        return torch.stack([side, -side], dim=-1).flatten(3).repeat_interleave(2, dim=2)

    torch.manual_seed(0)
    squares = [nn.Conv2d(2, 32, kernel_size=2, stride=2), nn.LeakyReLU(0.2), nn.Conv2d(32, 32, 1), nn.LeakyReLU(0.2)]
    game = Level(upsampler(2, 1, 1, width=16, blocks=0), spectral(nn.Sequential(*squares, nn.Conv2d(32, 1, 1))))
    adam = partial(torch.optim.Adam, lr=5e-3, betas=(0.0, 0.9))
    average = play(game, Stream(stripes, 32, seed=0), 200, optimiser=adam, ema=0.95, engine=EXACT).average
    made = average.refine(torch.zeros(200, 1, 4, 4), torch.Generator().manual_seed(1))[:, 0, ::2, ::2]
    assert made.std() > 0.7 and made.mean().abs() < 0.35, "squared error would leave every pixel grey"


# Super-resolution --------------------------------------------------------------------------------------------------------


def test_the_network_begins_at_the_bicubic_enlargement_of_means(rng):
    game, real = SuperResolution(upsampler(1, 1, 2, width=8)), images(rng)
    draw = game.draw(real, rng)
    torch.testing.assert_close(draw.small[:, :, 0, 0], real[:, :, :4, :4].mean((2, 3)))
    torch.testing.assert_close(game.enlarge(draw.small), bicubic(draw.small, 4))
    torch.testing.assert_close(game.cost("generator", draw), (bicubic(draw.small, 4) - real).square().mean())


def test_squared_error_leads_to_the_conditional_mean():
    """Two large images for one small one, 3 : 1. The least squared error is at their mean, which is neither."""

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.image = nn.Parameter(torch.zeros(1, 1, 4, 4))

        def forward(self, small):
            return self.image.expand(len(small), -1, -1, -1)

    left = torch.tensor([1.0, 1, -1, -1]).expand(1, 1, 4, 4)
    real = torch.cat([left, left, left, -left])
    game = SuperResolution(Constant())
    draw = game.draw(real, None)
    (slope,) = torch.autograd.grad(game.cost("generator", draw), game.generator.parameters())
    assert slope.abs().max() > 0
    game.generator.image.data = left / 2
    (slope,) = torch.autograd.grad(game.cost("generator", draw), game.generator.parameters())
    torch.testing.assert_close(slope, torch.zeros_like(slope))


def test_srgan_pays_for_content_and_for_being_found_out(rng):
    content = lambda x: 2 * x[:, :, ::2]  # noqa: E731
    game = adversarial(content, weight=0.3).eval()
    draw = game.draw(images(rng), rng)
    fake = bicubic(draw.small, 4) + game.generator(draw.small)
    paid = (content(fake) - content(draw.real)).square().mean()
    torch.testing.assert_close(game.cost("generator", draw), paid + 0.3 * softplus(-game.discriminator(fake)).mean())
    found = softplus(-game.discriminator(draw.real)).mean() + softplus(game.discriminator(fake)).mean()
    torch.testing.assert_close(game.cost("discriminator", draw), found)
    assert adversarial(weight=0.3).identity() != adversarial(weight=0.1).identity()


def test_content_on_the_judges_maps_is_frozen_and_teaches_the_generator(rng):
    eye = judge.load()
    game = adversarial(eye.maps, weight=0.0)
    assert not any(name.startswith("content") for name, _ in game.named_parameters())
    draw = game.draw(images(rng), rng)
    cost = game.cost("generator", draw)
    slopes = torch.autograd.grad(cost, list(game.generator.parameters()))
    assert all(slope.abs().sum() > 0 for slope in slopes) and not any(p.requires_grad for p in eye.parameters())
    assert copy.deepcopy(game).cost("generator", draw) == cost


def test_the_judges_maps_are_what_its_features_are_made_of(rng):
    eye, x = judge.load(), images(rng, side=28)
    torch.testing.assert_close(eye.features_of_pixels[4:](eye.maps(x)), eye.features(x))
    assert eye.maps(images(rng, channels=3, side=64)).shape == (6, 64, 16, 16)


def test_squared_error_restores_better_than_bicubic():
    """Edges at one of two places: the small image tells which."""

    def edges(n, rng):
        where = torch.randint(1, 15, (n, 1, 1, 1), generator=rng)
        return (torch.arange(16).expand(n, 1, 16, 16) < where) * 2.0 - 1

    torch.manual_seed(0)
    game = SuperResolution(upsampler(1, 1, 2, width=16, blocks=1))
    play(game, Stream(edges, 32, seed=0), 150, optimiser=partial(torch.optim.Adam, lr=3e-3), engine=EXACT)
    real = edges(200, torch.Generator().manual_seed(1))
    small = game.draw(real, None).small
    error, before = ((x - real).square().mean() for x in (game.enlarge(small), bicubic(small, 4)))
    assert error < 0.3 * before


# Captions ----------------------------------------------------------------------------------------------------------------


def test_kl_divergence_from_the_standard_normal():
    mean, log = torch.randn(5, 3), torch.randn(5, 3)
    normal = torch.distributions.Normal
    by_torch = torch.distributions.kl_divergence(normal(mean, log.exp()), normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(divergence(mean, log), by_torch)
    assert divergence(torch.zeros(2, 3), torch.zeros(2, 3)) == 0


@STAGES
def test_a_caption_is_the_sum_of_its_words(kind, rng):
    game, draw = begun(kind, rng)
    for encoder in (game.generator["encoder"], game.discriminator["encoder"]):
        row = tokens(["a small red circle on the left"])
        torch.testing.assert_close(encoder(row)[0], encoder.weight[row[0][row[0] > 0]].sum(0))


@STAGES
def test_the_stages_costs_by_hand(kind, rng):
    game, draw = begun(kind, rng)
    game.eval()
    look = game.discriminator["network"]

    def logit(x, words):
        out = look(x)
        return out[:, 0] + torch.einsum("nf,nf->n", out[:, 1:], game.discriminator["encoder"](words))

    fake = game.fake(draw)
    right, made = logit(draw.real, draw.tokens), logit(fake, draw.tokens)
    wrong = torch.stack([logit(draw.real, words) for words in draw.wrong.unbind(1)])
    expected = softplus(-right).mean() + (softplus(wrong).mean() + softplus(made).mean()) / 2
    torch.testing.assert_close(game.cost("discriminator", draw), expected)
    price = game.weight * divergence(*game.code(draw.tokens))
    torch.testing.assert_close(game.cost("generator", draw), softplus(-made).mean() + price)
    game.matching = False
    torch.testing.assert_close(game.cost("discriminator", draw), softplus(-right).mean() + softplus(made).mean())


@STAGES
def test_the_penalty_is_the_slope_at_real_images_with_their_captions_and_only_the_discriminator_pays(kind, rng):
    game, draw = begun(kind, rng)
    game.eval()
    plain = [game.cost(player, draw) for player in game.order]
    game.slope = 3.0
    images = draw.real.clone().requires_grad_()
    logits = game.logits_for(game.discriminator["network"](images), draw.tokens)
    (slopes,) = torch.autograd.grad(logits.sum(), images)
    torch.testing.assert_close(game.cost("discriminator", draw) - plain[0], 1.5 * slopes.square().sum((1, 2, 3)).mean())
    assert game.cost("generator", draw) == plain[1]
    assert stage_one(slope=1.0).identity() != stage_one(slope=0.0).identity() != stage_one(matching=False).identity()


@STAGES
def test_only_matching_asks_about_wrong_captions(kind, rng):
    game, draw = begun(kind, rng)
    game.eval()
    assert (draw.wrong != draw.tokens[:, None]).any(2).all()
    unhelped = game.draw((draw.real, draw.tokens), rng)
    assert torch.equal(unhelped.wrong[:, 0], torch.cat([draw.tokens[-1:], draw.tokens[:-1]]))
    others = Draw(**vars(draw) | {"wrong": draw.tokens[:, None]})
    assert game.cost("discriminator", draw) != game.cost("discriminator", others)
    assert game.cost("generator", draw) == game.cost("generator", others)
    game.matching = False
    assert game.cost("discriminator", draw) == game.cost("discriminator", others)


@STAGES
def test_the_caption_reaches_the_image_and_codes_are_random(kind, rng):
    game, draw = begun(kind, rng)
    game.eval()
    made = game.fake(draw)
    for what in ("tokens", "noise", "start"):
        other = {"tokens": draw.tokens.roll(1, 0)}.get(what, getattr(draw, what).roll(1, 0))
        assert (game.fake(Draw(**vars(draw) | {what: other})) - made).abs().max() > 1e-5, what


def test_a_reader_hears_the_same_wherever_it_sees_it():
    """What an object adds to the sums is the same in all places; the means over quarters tell these apart."""
    network = sum_pool_discriminator(3, 64, width=4, mean=-1.0, outputs=5)

    def seen(row, column):
        image = torch.full((1, 3, 64, 64), -1.0)
        image[:, :, row : row + 4, column : column + 4] = 1
        return network[:-1](image)[0]

    left, right, below = seen(16, 24), seen(16, 32), seen(40, 24)
    width = len(left) // 5
    torch.testing.assert_close(left[:width], right[:width])
    torch.testing.assert_close(left[:width], below[:width])
    assert (left[width:] - below[width:]).abs().max() > 1e-3
    empty = torch.full((2, 3, 64, 64), -1.0)
    assert network[:-1](empty).abs().max() == 0, "the mean itself is nothing to see"
    assert network(empty).shape == (2, 5)


def test_a_code_has_the_mean_and_the_deviation_that_the_encoder_gives(rng):
    game, words = stage_one(), tokens(["a large blue star in the middle"]).expand(5000, -1)
    seen = []
    game.painted(torch.zeros(5000, 4), words, game.noise(words, rng), lambda inputs: seen.append(inputs[:, 4:]))
    mean, deviation = game.code(words[:1])
    torch.testing.assert_close(seen[0].mean(0), mean[0], atol=0.1, rtol=0)
    torch.testing.assert_close(seen[0].std(0), deviation[0].exp(), atol=0.05, rtol=0.05)


def test_the_second_stage_paints_from_the_first_ones_image_and_the_caption_and_leaves_the_first_alone(rng):
    game, first = stage_two(), stage_one(16)
    game.first.load_state_dict(first.state_dict())
    draw = game.draw(captioned(rng, side=32), torch.Generator().manual_seed(3))
    torch.testing.assert_close(draw.start, first.sample(draw.tokens, torch.Generator().manual_seed(3)))
    for change in ({"start": -draw.start}, {"tokens": draw.tokens.flip(0)}):
        assert (game.fake(Draw(**(vars(draw) | change))) - game.fake(draw)).abs().max() > 1e-4
    assert all(p.requires_grad for p in first.parameters()) and not any(p.requires_grad for p in game.first.parameters())
    assert {name.split(".")[0] for player in game.players() for name in player.parameters} == {"generator", "discriminator"}


@pytest.mark.parametrize("small, large, side", [(16, 32, 16), (24, 48, 24), (32, 64, 16), (34, 68, 17), (64, 128, 16)])
def test_the_second_stage_goes_through_sixteen_pixels_or_somewhat_more(small, large, side):
    network, seen = Bottleneck(3, 5, small, large, width=4, blocks=1), []
    network.join.register_forward_hook(lambda module, inputs, output: seen.append(output.shape[2:]))
    assert network(torch.rand(2, 3, small, small), torch.rand(2, 5)).shape == (2, 3, large, large)
    assert seen == [(side, side)]


@pytest.mark.parametrize("small, large", [(8, 16), (33, 66), (16, 48)])
def test_a_second_stage_refuses_sizes_that_it_could_not_keep(small, large):
    with pytest.raises(GameError, match=f"cannot go from {small} × {small} to {large} × {large}"):
        Bottleneck(3, 5, small, large)


@STAGES
def test_batches_without_captions_are_refused(kind, rng):
    game = GAMES[kind][0]()
    with pytest.raises(GameError, match="is told captions: give it batches of images and tokens"):
        game.draw(images(rng, channels=3), rng)


def test_each_player_reads_with_an_encoder_of_its_own():
    for game in (stage_one(), stage_two()):
        for player in game.players():
            assert f"{player.name}.encoder.weight" in player.parameters


def test_a_matching_discriminator_leads_to_the_ratio_with_wrong_pairs_counted_as_generated():
    """Two captions, two images: the best logit is log p / ((q + w) / 2), where w has images and captions independent."""
    p, q = torch.tensor([[3.0, 1], [1, 3]]) / 8, torch.tensor([[1.0, 1], [1, 1]]) / 4
    w = p.sum(1, keepdim=True) * p.sum(0, keepdim=True)
    logits = torch.zeros(2, 2, requires_grad=True)
    optimiser = torch.optim.LBFGS([logits], max_iter=100, line_search_fn="strong_wolfe")

    def cost():
        optimiser.zero_grad()
        value = (p * softplus(-logits)).sum() + ((q + w) / 2 * softplus(logits)).sum()
        value.backward()
        return value

    optimiser.step(cost)
    torch.testing.assert_close(logits.detach(), (p / ((q + w) / 2)).log(), atol=1e-3, rtol=0)
    assert math.isclose(p.sum(), 1)


def test_words_come_to_mean_something():
    """Flat pictures of one colour or another, 8×8: what is asked for is what comes."""

    def flat(n, rng):
        which = torch.randint(0, 2, (n,), generator=rng)
        colours = torch.tensor([[0.8, -0.8, -0.8], [-0.8, -0.8, 0.8]])
        words = tokens(["a red", "a blue"])
        pictures = colours[which][..., None, None] + 0.05 * torch.randn(n, 3, 8, 8, generator=rng)
        return pictures, words[which], words[1 - which][:, None]

    torch.manual_seed(0)
    game = stage_one()
    adam = partial(torch.optim.Adam, lr=5e-3, betas=(0.0, 0.9))
    average = play(game, Stream(flat, 32, seed=0), 150, optimiser=adam, ema=0.95, engine=EXACT).average
    asked = tokens(["a red", "a blue"]).repeat_interleave(50, 0)
    made = average.sample(asked, torch.Generator().manual_seed(1)).mean((2, 3))
    assert ((made[:, 0] > made[:, 2]) == (torch.arange(100) < 50)).float().mean() > 0.95
