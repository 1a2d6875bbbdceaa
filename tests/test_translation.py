"""Translation: a U-Net that keeps the detail, a discriminator of patches, and games in which each term reaches whom it should."""

import copy
import itertools
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gan_edu.data import Batches, Stream
from gan_edu.dynamics import Consensus, Extragradient
from gan_edu.engine import Engine
from gan_edu.errors import CheckpointError, GameError
from gan_edu.games import Draw
from gan_edu.models.cyclegan import CycleGAN
from gan_edu.models.discogan import DiscoGAN
from gan_edu.models.pix2pix import Pix2Pix, jittered
from gan_edu.networks import Ensemble, UNet, mlp, patchgan, residual_translator
from gan_edu.training import Run, play

SIDE = 16


def pix2pix(**settings):
    return Pix2Pix(UNet(3, 3, SIDE, width=2), patchgan(6, width=2, layers=2), **settings)


def translators():
    """Between grey pictures, a, and coloured ones, b."""
    return UNet(3, 1, SIDE, 2), UNet(1, 3, SIDE, 2), patchgan(1, 2, 2), patchgan(3, 2, 2)


def cyclegan(**settings):
    return CycleGAN(*translators(), (1, SIDE, SIDE), (3, SIDE, SIDE), **{"memory": 6} | settings)


def discogan(**settings):
    return DiscoGAN(mlp(2, 8, 3), mlp(3, 8, 2), mlp(3, 8, 1), mlp(2, 8, 1), **settings)


def pairs(count, rng):
    return torch.rand(count, 2, 3, SIDE, SIDE, generator=rng) * 2 - 1


def pictures(count, rng):
    return tuple(torch.rand(count, channels, SIDE, SIDE, generator=rng) * 2 - 1 for channels in (1, 3))


def points(count, rng):
    return torch.randn(count, 3, generator=rng), torch.randn(count, 2, generator=rng)


GAMES = {"pix2pix": (pix2pix, pairs), "CycleGAN": (cyclegan, pictures), "DiscoGAN": (discogan, points)}
games = pytest.mark.parametrize("kind", GAMES)


def made(kind, **settings):
    torch.manual_seed(7)
    return GAMES[kind][0](**settings)


def slopes(cost, network):
    """How far a cost's gradient reaches into a network: its largest component."""
    found = torch.autograd.grad(cost, list(network.parameters()), materialize_grads=True, retain_graph=True)
    return max(slope.abs().max().item() for slope in found)


# The networks -----------------------------------------------------------------------------------------------------------


smooth_or_not = pytest.mark.parametrize("smooth", [False, True])


@smooth_or_not
@pytest.mark.parametrize("size", [8, 32, 64, 128])
def test_a_u_net_makes_an_image_of_the_same_size_with_pixels_in_range(size, smooth):
    images = UNet(1, 3, size, width=2, smooth=smooth)(5 * torch.randn(2, 1, size, size))
    assert images.shape == (2, 3, size, size) and images.abs().max() <= 1


def test_a_u_net_for_a_size_that_does_not_halve_is_refused():
    with pytest.raises(GameError, match="try 28, 32, 64 or 128"):
        UNet(3, 3, 33)


@smooth_or_not
def test_each_of_a_u_nets_maps_goes_the_straight_way_to_the_decoder(rng, smooth):
    network, maps = UNet(1, 1, 64, width=4, smooth=smooth), []

    def cut(module, args, output):  # whatever reaches the image now has not gone through a smaller map
        maps.append(output.detach().clone().requires_grad_())
        return maps[-1]

    for halve in network.down:
        halve.register_forward_hook(cut)
    image = network(torch.randn(2, 1, 64, 64, generator=rng))
    assert [part.shape[2] for part in maps] == [32, 16, 8, 4] and [part.shape[1] for part in maps] == [4, 8, 16, 32]
    assert all(slope.abs().max() > 1e-5 for slope in torch.autograd.grad(image[:, :, 0, 0].sum(), maps))


@smooth_or_not
def test_a_u_net_translates_every_image_by_itself_and_alike_in_train_and_eval_mode(rng, smooth):
    network, images = UNet(3, 3, 16, width=4, smooth=smooth), torch.randn(5, 3, 16, 16, generator=rng)
    together = network.train()(images)
    torch.testing.assert_close(together[2:3], network(images[2:3]))
    torch.testing.assert_close(together, network.eval()(images))
    assert not list(network.buffers())


@smooth_or_not
@pytest.mark.parametrize("normalise, over", [("instance", (2, 3)), ("batch", (0, 2, 3))])
def test_a_u_nets_hidden_maps_are_normalised(normalise, over, rng, smooth):
    network, outputs = UNet(3, 3, 32, width=4, smooth=smooth, normalise=normalise), []
    for module in network.modules():
        if isinstance(module, nn.InstanceNorm2d | nn.BatchNorm2d):
            module.register_forward_hook(lambda module, args, output: outputs.append(output.clone()))
    network(100 * torch.randn(2, 3, 32, 32, generator=rng))
    assert len(outputs) == 4
    for output in outputs:
        assert output.mean(over).abs().max() < 1e-4 and (output.std(over, correction=0) - 1).abs().max() < 0.01


def test_a_u_net_with_batchnorm_translates_every_image_by_itself_in_eval_mode_alone(rng):
    network, images = UNet(3, 3, 16, width=4, normalise="batch"), torch.randn(5, 3, 16, 16, generator=rng)
    alone, together = network.eval()(images[2:3]), network(images)[2:3]
    torch.testing.assert_close(together, alone)
    assert (network.train()(images)[2:3] - alone).abs().max() > 1e-3


def test_only_a_smooth_u_net_enlarges_an_even_map_to_an_even_one():
    """A transposed convolution weighs neighbouring pixels with different parts of its kernel: there is the mesh."""
    for smooth in (False, True):
        double = UNet(3, 3, 32, width=4, smooth=smooth).up[-1][:-1]
        inside = double(torch.ones(1, 8, 16, 16))[..., 2:-2, 2:-2]
        assert (inside.std((2, 3)).max() < 1e-6) == smooth


@pytest.mark.parametrize("layers, patch, logits", [(1, 10, 31), (2, 22, 15), (3, 46, 7)])
def test_a_logit_of_a_patchgan_sees_its_patch_and_all_of_it(layers, patch, logits):
    network = patchgan(2, width=2, layers=layers).double()
    image = torch.randn(1, 2, 64, 64, dtype=torch.float64, requires_grad=True)
    scores = network(image)
    assert scores.shape == (1, 1, logits, logits)
    (slope,) = torch.autograd.grad(scores[0, 0, logits // 2, logits // 2], image)
    rows, columns = (slope[0].abs().amax(0) > 0).nonzero().unbind(1)
    assert rows.unique().tolist() == columns.unique().tolist() == list(range(rows.min(), rows.min() + patch))


@pytest.mark.parametrize("normalise, batchnorms, spectral", [("spectral", 0, 4), ("batch", 2, 0), (None, 0, 0)])
def test_a_patchgan_is_normalised_as_asked(normalise, batchnorms, spectral):
    network = patchgan(3, width=2, layers=3, normalise=normalise)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network.modules()) == batchnorms
    assert sum(hasattr(module, "parametrizations") for module in network.modules()) == spectral
    assert not isinstance(network[1], nn.BatchNorm2d), "the first layer sees the pixels as they are"


# All of them ------------------------------------------------------------------------------------------------------------


@games
def test_every_parameter_has_one_owner_and_feels_its_owners_cost(kind, rng):
    game = made(kind)
    draw = game.draw(GAMES[kind][1](4, rng), rng)
    for player in game.players():
        gradients = torch.autograd.grad(game.cost(player.name, draw), list(player.parameters.values()))
        still = {name for name, g in zip(player.parameters, gradients) if g.abs().max() < 1e-7}
        # A bias in front of instance normalisation is subtracted again.
        assert still == set() if kind == "DiscoGAN" else all(name.endswith(".0.bias") for name in still)


@games
@pytest.mark.parametrize("mover", ["discriminator", "generator"])
def test_a_step_leaves_the_other_player_alone(kind, mover, rng):
    game = made(kind)
    run = Run(game, Stream(GAMES[kind][1], 4))
    run.next_draw()
    before = copy.deepcopy(game.state_dict())
    run.turn(0, (mover,))
    moved = {name.split(".")[0] for name, value in game.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {mover}


@games
def test_in_the_discriminators_turn_nothing_is_recorded_of_the_generators(kind, rng):
    game = made(kind)
    draw = game.draw(GAMES[kind][1](4, rng), rng)
    with game.differentiating("discriminator"):
        assert slopes(game.cost("discriminator", draw), game.discriminator) > 0
        assert slopes(game.cost("discriminator", draw), game.generator) == 0
    assert slopes(game.cost("discriminator", draw), game.generator) > 0, "other rules differentiate through the opponent"


@games
def test_the_same_draw_gives_the_same_cost(kind, rng):
    game = made(kind).eval()  # spectral norm moves its estimate in train mode
    draw = game.draw(GAMES[kind][1](4, rng), rng)
    other = game.draw(GAMES[kind][1](4, rng), rng)
    for player in game.order:
        assert game.cost(player, draw) == game.cost(player, draw) != game.cost(player, other)


@games
@pytest.mark.parametrize("rule", [None, Consensus(0.1), Extragradient(0.05)], ids=["gradient", "consensus", "extragradient"])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(kind, rule, tmp_path):
    def play_until(rounds, **settings):
        game = made(kind)
        settings |= {} if rule is None else {"rule": rule, "schedule": "D+G"}
        history = play(game, Stream(GAMES[kind][1], 4, seed=1), rounds, ema=0.9, **settings)
        return game.state_dict(), history.average.state_dict(), history.costs

    whole = play_until(5)
    play_until(2, checkpoint=tmp_path / "run.pt")
    torch.testing.assert_close(play_until(5, checkpoint=tmp_path / "run.pt"), whole, rtol=0, atol=0)


SETTINGS = {
    "pix2pix": [{}, {"weight": 50.0}, {"adversarial": 0.0}, {"jitter": 2}],
    "DiscoGAN": [{}, {"weight": 2.0}, {"fooled": "b"}, {"rebuilt": "a"}],
    "CycleGAN": [{}, {"weight": 2.0}, {"fooled": "b"}, {"rebuilt": "a"}],
}


@games
def test_a_checkpoint_of_a_game_with_other_terms_is_refused(kind, tmp_path):
    batches = Stream(GAMES[kind][1], 4)
    for one, other in itertools.permutations(SETTINGS[kind], 2):
        path = tmp_path / f"{one}-{other}.pt"
        play(made(kind, **one), batches, 1, checkpoint=path)
        with pytest.raises(CheckpointError, match="its game is"):
            play(made(kind, **other), batches, 2, checkpoint=path)


@games
def test_translating_is_done_in_eval_mode_and_leaves_the_mode_and_the_statistics(kind, rng):
    game = made(kind)
    batch = GAMES[kind][1](3, rng)
    source, translate, network = (
        (batch[:, 0], game.translate, game.generator)
        if kind == "pix2pix"
        else (batch[0], partial(game.translate, to="b"), game.generator["b"])
    )
    torch.testing.assert_close(translate(source), network(source).detach())
    modes = []
    network.register_forward_hook(lambda *_: modes.append(network.training))
    assert not translate(source).requires_grad and network.training
    game.eval()
    translate(source)
    assert modes == [False, False] and not network.training


@pytest.mark.parametrize("kind", ["pix2pix", "CycleGAN"])
def test_in_half_precision_the_generators_run_in_it_alone(kind):
    game, dtypes = made(kind), set()
    for layer in game.generator.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda module, args, output: dtypes.add(output.dtype))
    play(game, Stream(GAMES[kind][1], 4), 2, engine=Engine("bf16"))
    assert dtypes == {torch.bfloat16}


# pix2pix ----------------------------------------------------------------------------------------------------------------


def test_the_generators_cost_is_the_adversarial_term_and_the_absolute_difference(rng):
    game = made("pix2pix", weight=3.0).eval()
    draw = game.draw(pairs(4, rng), rng)
    fake = game.generator(draw.condition)
    away = (fake - draw.image).abs().mean()
    fooling = softplus(-game.discriminator(torch.cat([draw.condition, fake], dim=1))).mean()
    torch.testing.assert_close(game.cost("generator", draw), fooling + 3 * away)
    game.adversarial = 0.0
    torch.testing.assert_close(game.cost("generator", draw), 3 * away)
    game.adversarial, game.weight = 2.0, 0.0
    torch.testing.assert_close(game.cost("generator", draw), 2 * fooling)


def test_each_term_moves_the_generator_elsewhere(rng):
    game = made("pix2pix").eval()
    draw = game.draw(pairs(4, rng), rng)
    directions = []
    for game.adversarial, game.weight in ((1.0, 0.0), (0.0, 1.0)):
        gradients = torch.autograd.grad(game.cost("generator", draw), list(game.generator.parameters()))
        directions.append(torch.cat([g.flatten() for g in gradients]))
    assert all(d.norm() > 1e-5 for d in directions) and torch.cosine_similarity(*directions, dim=0) < 0.9


def test_the_discriminator_judges_an_image_beside_what_it_was_made_from(rng):
    game = made("pix2pix").eval()
    draw = game.draw(pairs(4, rng), rng)
    right = game.logits_for(draw, draw.image)
    wrong = game.logits_for(Draw(condition=draw.condition.roll(1, 0)), draw.image)
    assert right.shape == (4, 1, 3, 3) and (right - wrong).abs().min() > 0


def test_regression_alone_finds_the_median():
    """Of two thirds of black answers and a third of white ones it learns black, and not their mean."""

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.zeros(1))

        def forward(self, condition):
            return self.value.expand_as(condition)

    image = torch.tensor([-1.0, -1.0, 1.0]).view(3, 1, 1, 1)
    batch = torch.stack([torch.zeros_like(image), image], dim=1)
    game = Pix2Pix(Constant(), nn.Conv2d(2, 1, 1), adversarial=0.0, weight=1.0)
    play(game, itertools.repeat(batch), 200, schedule="G", optimiser=partial(torch.optim.SGD, lr=0.02))
    assert game.generator.value.item() == pytest.approx(-1, abs=0.05)


def test_both_images_of_a_pair_are_moved_and_mirrored_alike_and_nothing_comes_in_but_their_edges(rng):
    images = torch.arange(64.0).view(1, 1, 8, 8) + 100 * torch.arange(40.0).view(-1, 1, 1, 1)  # every pixel another number
    moved = jittered(torch.stack([images, -images], dim=1), 2, rng)
    assert torch.equal(moved[:, 0], -moved[:, 1])
    places = {tuple(image[0, :2, 3].tolist()) for image in moved[:, 0] % 100}
    assert len(places) > 10, "forty pairs stand in many places"
    steps = moved[:, 0, 0, :, 1:] - moved[:, 0, 0, :, :-1]
    assert set(steps.unique().tolist()) == {-1.0, 0.0, 1.0}, "mirrored or not; 0 where the edge is repeated"
    assert all(image.unique().numel() >= 36 and set(image.unique().tolist()) <= set(before.flatten().tolist())
               for image, before in zip(moved[:, 0], images))  # fmt: skip


def test_without_a_jitter_nothing_is_moved_or_drawn(rng):
    before = rng.get_state()
    batch = pairs(3, torch.Generator().manual_seed(1))
    assert torch.equal(made("pix2pix").draw(batch, rng).image, batch[:, 1]) and torch.equal(before, rng.get_state())


def test_pix2pix_learns_to_turn_an_image_into_its_negative(rng):
    blobs = nn.functional.interpolate(torch.randn(40, 1, 4, 4, generator=rng), size=SIDE, mode="bilinear").tanh()
    both = torch.stack([blobs, -blobs], dim=1)
    game = Pix2Pix(UNet(1, 1, SIDE, 4), patchgan(2, 4, 2))
    play(game, Batches(both[:32], size=8), 60, optimiser=partial(torch.optim.Adam, lr=1e-2, betas=(0.5, 0.99)))
    held_out = both[32:]
    error = (game.translate(held_out[:, 0]) - held_out[:, 1]).abs().mean()
    assert error < 0.3 * (held_out[:, 0] - held_out[:, 1]).abs().mean()


# DiscoGAN ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fooled, rebuilt, reached",
    [("b", "", "b"), ("a", "", "a"), ("ab", "", "ab"), ("", "a", "ab"), ("", "b", "ab"), ("b", "a", "ab")],
)
def test_each_term_reaches_the_translators_that_it_is_about(fooled, rebuilt, reached, rng):
    game = made("DiscoGAN", fooled=fooled, rebuilt=rebuilt)
    draw = game.draw(points(8, rng), rng)
    cost = game.cost("generator", draw)
    assert {side for side in "ab" if slopes(cost, game.generator[side]) > 1e-7} == set(reached)


def test_each_term_adds_its_part_to_the_generators_cost(rng):
    game = made("DiscoGAN", weight=3.0)
    draw = game.draw(points(8, rng), rng)
    to_a, to_b = game.generator.values()
    rebuilt_a = (to_a(to_b(draw.a)) - draw.a).square().mean()
    rebuilt_b = (to_b(to_a(draw.b)) - draw.b).square().mean()
    fooled_a = softplus(-game.discriminator["a"](to_a(draw.b))).mean()
    fooled_b = softplus(-game.discriminator["b"](to_b(draw.a))).mean()
    expected = {
        ("ab", "ab"): fooled_a + fooled_b + 3 * (rebuilt_a + rebuilt_b),
        ("b", ""): fooled_b,
        ("b", "a"): fooled_b + 3 * rebuilt_a,
        ("a", "b"): fooled_a + 3 * rebuilt_b,
    }
    for (game.fooled, game.rebuilt), cost in expected.items():
        torch.testing.assert_close(game.cost("generator", draw), cost)


def test_translators_that_undo_one_another_pay_nothing_for_rebuilding(rng):
    twice, half = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
    nn.init.eye_(twice.weight).data.mul_(2), nn.init.eye_(half.weight).data.div_(2)
    game = DiscoGAN(half, twice, mlp(2, 1), mlp(2, 1), fooled="")
    draw = game.draw((torch.randn(8, 2), torch.randn(8, 2)), rng)
    assert game.cost("generator", draw).item() == pytest.approx(0, abs=1e-10)
    nn.init.eye_(half.weight)
    expected = draw.a.square().mean() + draw.b.square().mean()  # all comes back twice as large
    torch.testing.assert_close(game.cost("generator", draw), expected)


def test_each_discriminator_tells_its_own_domain_from_translations_to_it(rng):
    game = made("DiscoGAN")
    draw = game.draw(points(8, rng), rng)
    cost = 0
    for side, real, source in (("a", draw.a, draw.b), ("b", draw.b, draw.a)):
        judge, fake = game.discriminator[side], game.generator[side](source)
        cost = cost + softplus(-judge(real)).mean() + softplus(judge(fake)).mean()
    torch.testing.assert_close(game.cost("discriminator", draw), cost)


def test_two_domains_without_pairs_are_translated_into_one_another():
    """Their means are 3 apart. What comes back is what went there."""
    game = DiscoGAN(mlp(1, 16, 1), mlp(1, 16, 1), mlp(1, 32, 1), mlp(1, 32, 1), weight=10.0)
    domains = Stream(lambda count, rng: torch.randn(2, count, 1, generator=rng) + torch.tensor([-2.0, 1.0]).view(2, 1, 1), 64)
    average = play(game, domains, 300, optimiser=partial(torch.optim.Adam, lr=1e-2, betas=(0.0, 0.9)), ema=0.98).average
    a, b = next(domains)
    for there, back, real in (("b", "a", a), ("a", "b", b)):
        translated = average.translate(real, there)
        assert translated.mean().item() == pytest.approx({"a": -2, "b": 1}[there], abs=0.8)
        assert translated.std().item() == pytest.approx(1, abs=0.4)
        assert (average.translate(translated, back) - real).square().mean() < 0.05


def test_costs_of_an_ensemble_are_sums_over_its_games(rng):
    members, n = 3, 8
    sizes = [(2, 8, 3), (3, 8, 2), (3, 8, 1), (2, 8, 1)]
    game = DiscoGAN(*(Ensemble(lambda shape=shape: mlp(*shape), members) for shape in sizes))
    draw = game.draw(points(members * n, rng), rng)
    networks = [*game.generator.values(), *game.discriminator.values()]
    for player in game.order:
        alone = 0
        for k in range(members):
            one = DiscoGAN(*(network.member(k) for network in networks))
            part = slice(k * n, (k + 1) * n)
            alone = alone + one.cost(player, Draw(a=draw.a[part], b=draw.b[part]))
        torch.testing.assert_close(game.cost(player, draw), alone)


# CycleGAN ---------------------------------------------------------------------------------------------------------------


def test_cyclegan_plays_least_squares_and_absolute_differences(rng):
    game = made("CycleGAN", weight=3.0).eval()
    draw = game.draw(pictures(4, rng), rng)
    to_a, to_b = game.generator.values()
    judge_a, judge_b = game.discriminator.values()
    fake_a, fake_b = to_a(draw.b), to_b(draw.a)
    fooling = ((judge_a(fake_a) - 1).square().mean() + (judge_b(fake_b) - 1).square().mean()) / 2
    rebuilding = (to_a(fake_b) - draw.a).abs().mean() + (to_b(fake_a) - draw.b).abs().mean()
    torch.testing.assert_close(game.cost("generator", draw), fooling + 3 * rebuilding)


def test_the_identity_term_asks_translators_to_leave_their_own_domain_alone(rng):
    torch.manual_seed(7)
    networks = *(residual_translator(3, 3, 2, 1) for _ in "ab"), *(patchgan(3, 2, 2) for _ in "ab")
    plain, asked = (CycleGAN(*networks, (3, SIDE, SIDE), (3, SIDE, SIDE), same=same, memory=6).eval() for same in (0.0, 2.5))
    draw = plain.draw([torch.rand(4, 3, SIDE, SIDE, generator=rng) * 2 - 1 for _ in "ab"], rng)
    to_a, to_b = networks[:2]
    left_alone = (to_a(draw.a) - draw.a).abs().mean() + (to_b(draw.b) - draw.b).abs().mean()
    torch.testing.assert_close(asked.cost("generator", draw), plain.cost("generator", draw) + 2.5 * left_alone)
    assert asked.identity() != plain.identity()
    with pytest.raises(GameError, match="the identity term .* alike, not .*1, 16, 16.* and .*3, 16, 16"):
        cyclegan(same=2.5)


def test_a_residual_translator_takes_any_size_of_fours_and_sees_beyond_its_neighbours(rng):
    network = residual_translator(1, 3, width=2, blocks=1)
    image = (torch.rand(1, 1, 12, 20, generator=rng) * 2 - 1).requires_grad_()
    made = network(image)
    assert made.shape == (1, 3, 12, 20) and made.abs().max() <= 1
    made[0, 0, 6, 10].backward()
    assert (image.grad != 0).all(), "instance normalisation sees all of an image"


def test_the_first_translations_are_shown_themselves_and_remembered(rng):
    game = made("CycleGAN").eval()
    draw = game.draw(pictures(4, rng), rng)
    fakes = game.fakes(draw)
    assert not draw.swap.any() and game.filled.sum() == 4
    for shown, fake, past in zip(game.shown(draw), fakes, (game.past_a, game.past_b)):
        assert torch.equal(shown, fake)
        assert all(holds(past[game.filled], one) for one in fake.detach())


def test_a_full_memory_shows_half_of_the_time_what_it_gives_up_for_the_new(rng):
    game, swaps = made("CycleGAN", memory=4).eval(), []
    game.draw(pictures(4, rng), rng)
    for _ in range(60):
        before = {"a": game.past_a.clone(), "b": game.past_b.clone()}
        draw = game.draw(pictures(4, rng), rng)
        after = {"a": game.past_a, "b": game.past_b}
        for side, fakes, shown in zip("ab", game.fakes(draw), game.shown(draw)):
            for swap, fake, seen in zip(draw.swap, fakes.detach(), shown.detach()):
                assert holds(before[side], seen) == swap and torch.equal(seen, fake) != swap
                assert not holds(after[side], seen) and holds(after[side], fake) == swap
        swaps.append(draw.swap.float().mean())
    assert torch.stack(swaps).mean().item() == pytest.approx(0.5, abs=0.1)


def holds(memory, sample):
    """Whether the memory holds the sample."""
    return any(torch.equal(kept, sample) for kept in memory)


def test_only_the_discriminators_are_shown_the_past(rng):
    game = made("CycleGAN", memory=4).eval()
    game.draw(pictures(4, rng), rng)
    draw = game.draw(pictures(4, rng), rng)
    assert draw.swap.any() and not draw.swap.all()
    forgetful = Draw(**vars(draw) | {"swap": torch.zeros(4, dtype=torch.bool)})
    assert game.cost("discriminator", draw) != game.cost("discriminator", forgetful)
    assert game.cost("generator", draw) == game.cost("generator", forgetful)
    everything_past = Draw(**vars(draw) | {"swap": torch.ones(4, dtype=torch.bool)})
    assert slopes(game.cost("discriminator", draw), game.generator) > 0, "what is new depends on the generator"
    assert slopes(game.cost("discriminator", everything_past), game.generator) == 0, "what is past does not"


def test_the_memory_lies_in_the_games_state(rng):
    game, twin = made("CycleGAN"), made("CycleGAN")
    for _ in range(3):
        game.draw(pictures(4, rng), rng)
    twin.load_state_dict(game.state_dict())
    batch = pictures(4, rng)
    draws = [vars(one.draw(batch, torch.Generator().manual_seed(3))) for one in (game, twin)]
    assert {"past_a", "past_b", "filled"} <= set(game.state_dict()) and draws[0]["swap"].any()
    torch.testing.assert_close(*draws, rtol=0, atol=0)


def test_a_draw_moves_nothing_of_the_players_and_makes_what_their_turns_need(rng):
    networks = [nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1)) for _ in "ab"]
    game = CycleGAN(*networks, patchgan(1, 2, 1), patchgan(1, 2, 1), (1, 8, 8), (1, 8, 8))
    before = copy.deepcopy([game.generator.state_dict(), game.discriminator.state_dict()])
    calls = []
    networks[0].register_forward_hook(lambda *_: calls.append(1))
    run = Run(game, Stream(lambda n, rng: torch.randn(2, n, 1, 8, 8, generator=rng).unbind(0), 4))
    run.next_draw()
    torch.testing.assert_close([game.generator.state_dict(), game.discriminator.state_dict()], before, rtol=0, atol=0)
    run.turn(0, ("discriminator",))
    assert len(calls) == 1, "the translation that went into the memory"
    run.turn(1, ("generator",))
    assert len(calls) == 2, "and one that takes the other domain's back"
    assert networks[0][1].num_batches_tracked == 2


def test_a_batch_that_the_memory_cannot_take_is_refused(rng):
    with pytest.raises(GameError, match="a memory of 6 cannot take a batch of 7"):
        made("CycleGAN").draw(pictures(7, rng), rng)
