"""Games: who owns what, who moves when, and that nobody touches what is another's."""

import inspect
import itertools
import textwrap
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_edu import games
from gan_edu.data import ring
from gan_edu.errors import GameError
from gan_edu.games import Draw, Game, drops, turns
from gan_edu.losses import non_saturating, relativistic
from gan_edu.models.gan import GAN, FeatureMatchingGAN, Latent
from gan_edu.models.small_games import BilinearGame
from gan_edu.networks import (
    Ensemble,
    FourierFeatures,
    MinibatchDiscrimination,
    Noise,
    Packed,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    virtual_batch_norm,
)
from gan_edu.penalties import R1, R2, GradientPenalty
from gan_edu.training import Run, play

DG = ("discriminator", "generator")


def with_everything():
    """A small GAN with all that has memory: BatchNorm on one side, spectral norm and dropout on the other."""
    generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    critic = nn.Sequential(
        spectral_norm(nn.Linear(2, 8)),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(8, 1),
    )
    return GAN(generator, critic, latent=3)


@pytest.mark.parametrize(
    "schedule, expected",
    [
        (None, [("discriminator",), ("generator",)]),
        ("DG", [("discriminator",), ("generator",)]),
        ("gd", [("generator",), ("discriminator",)]),
        ("DDG", [("discriminator",), ("discriminator",), ("generator",)]),
        ("D+G", [("discriminator", "generator")]),
        ("DD+GG", [("discriminator",), ("discriminator", "generator"), ("generator",)]),
    ],
)
def test_a_schedule_is_read_as_turns(schedule, expected):
    assert turns(schedule, DG) == expected


@pytest.mark.parametrize("schedule", ["", "D+", "+G", "D G", "D-G", "D++G", "DX", "XY"])
def test_what_is_no_schedule_is_refused(schedule):
    with pytest.raises(GameError, match="schedule"):
        turns(schedule, DG)


def test_players_with_one_initial_are_scheduled_by_their_names():
    two = ("discriminator_a", "discriminator_b", "generator")
    assert turns(None, two) == [(name,) for name in two]
    assert turns(["discriminator_a", ("discriminator_b", "generator")], two) == [two[:1], two[1:]]
    with pytest.raises(GameError, match="initials: list their names"):
        turns("DG", two)


@pytest.mark.parametrize("schedule", [[], [()], ["critic"], [("generator", "critic")], ["DG"], [3], 3, {"discriminator": 1}])
def test_what_lists_no_players_is_refused(schedule):
    with pytest.raises(GameError, match="schedule"):
        turns(schedule, DG)


def test_two_discriminators_are_played():
    """As in D2GAN (Nguyen et al. 2017): players whose names begin with one letter."""

    class TwoDiscriminators(Game):
        order = ("discriminator_a", "discriminator_b", "generator")

        def __init__(self):
            super().__init__()
            self.discriminator_a, self.discriminator_b = mlp(2, 8, 1), mlp(2, 8, 1)
            self.generator = mlp(2, 8, 2)

        def draw(self, batch, rng):
            return Draw(real=batch, latent=torch.randn(len(batch), 2, generator=rng))

        def telling(self, discriminator, draw):
            return non_saturating.discriminator(discriminator(draw.real), discriminator(self.generator(draw.latent)))

        def discriminator_a_cost(self, draw):
            return self.telling(self.discriminator_a, draw)

        def discriminator_b_cost(self, draw):
            return self.telling(self.discriminator_b, draw)

        def generator_cost(self, draw):
            fake = self.generator(draw.latent)
            return sum(non_saturating.generator(None, d(fake)) for d in (self.discriminator_a, self.discriminator_b))

    for schedule in (None, ["discriminator_b", ("discriminator_a", "generator")]):
        history = play(TwoDiscriminators(), ring().batches(8), 2, schedule=schedule)
        assert {name: len(costs) for name, costs in history.costs.items()} == dict.fromkeys(TwoDiscriminators.order, 2)


def test_the_game_in_the_documentation_is_one_that_can_be_played():
    lines = inspect.getdoc(games).split("\n\n    ", 1)[1].split("\n\nRandomness")[0]
    code = textwrap.dedent("    " + lines)
    written = [line for line in code.splitlines() if line.strip()]
    assert len(written) <= 25, "a page that a reader types"
    namespace = {}
    exec(code, namespace)
    history = namespace["history"]
    assert history.rounds == 100 and set(history.costs) == {"discriminator", "generator"}


class Nameless(Game):
    """A game with whatever attributes a test gives it."""

    def __init__(self, **attributes):
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)

    def draw(self, batch, rng):
        return Draw()


LINE = nn.Linear(1, 1)
UNPLAYABLE = {
    "no players": (lambda: Nameless(), "Nameless names no players: set order"),
    "a word for players": (lambda: Nameless(order="xy"), "names no players"),
    "a player without a network": (lambda: Nameless(order=("x",), x_cost=abs), "x of Nameless owns nothing to move"),
    "a frozen network": (
        lambda: Nameless(order=("x",), x_cost=abs, x=nn.Linear(1, 1).requires_grad_(False)),
        "x of Nameless owns nothing to move",
    ),
    "a cost misspelt": (
        lambda: Nameless(order=("x",), x=LINE, x_costs=abs),
        r"does not say what x minimises: define x_cost\(draw\)",
    ),
    "a cost for each sample": (
        lambda: Nameless(order=("x",), x=LINE, x_cost=lambda draw: LINE(torch.ones(3, 1))),
        r"Nameless.x_cost returns a tensor of shape \(3, 1\): a cost is one number",
    ),
    "a number without a graph": (
        lambda: Nameless(order=("x",), x=LINE, x_cost=lambda draw: LINE.weight.sum().item()),
        "Nameless.x_cost returns float",
    ),
    "nothing": (lambda: Nameless(order=("x",), x=LINE, x_cost=lambda draw: None), "Nameless.x_cost returns NoneType"),
}


@pytest.mark.parametrize(("make", "words"), UNPLAYABLE.values(), ids=UNPLAYABLE)
def test_a_game_that_cannot_be_played_says_why(make, words):
    with pytest.raises(GameError, match=words):
        play(make(), None, 1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"penalties": R1(1.0)}, r"penalties=.* is not a list of penalties: give \[penalties"),
        ({"penalties": [1.0]}, "1.0 is no penalty"),
        ({"objective": "hinge"}, "'hinge' is no objective: give one of gan_edu.losses, such as losses.hinge"),
        ({"latent": "64"}, "'64' is no latent"),
        ({"latent": 0}, "0 is no latent"),
        ({"augmentation": abs}, "is no augmentation"),
        ({"generator": abs}, "the generator is a builtin_function_or_method, not a network"),
        ({"discriminator": None}, "the discriminator is a NoneType, not a network"),
    ],
    ids=lambda value: "",
)
def test_what_no_gan_is_made_of_is_refused_in_a_sentence(settings, words):
    parts = {"generator": mlp(3, 8, 2), "discriminator": mlp(2, 8, 1), "latent": 3} | settings
    with pytest.raises(GameError, match=words):
        GAN(**parts)


def test_a_player_owns_what_lies_under_its_name_and_nothing_else():
    game = with_everything()
    owned = {player.name: set(player.parameters) for player in game.players()}
    assert owned["generator"] == {name for name, _ in game.named_parameters() if name.startswith("generator.")}
    assert owned["discriminator"] == {name for name, _ in game.named_parameters() if name.startswith("discriminator.")}
    assert set(BilinearGame().player("x").parameters) == {"x"}


def test_an_orphan_is_reported_by_name_and_a_frozen_one_is_fine():
    game = with_everything()
    game.judge = nn.Linear(2, 2)
    with pytest.raises(GameError, match=r"nobody owns judge\.weight, judge\.bias"):
        game.players()
    game.judge.requires_grad_(False)
    assert [player.name for player in game.players()] == list(DG)


def test_an_unknown_player_is_refused():
    with pytest.raises(GameError, match="no player 'critic'"):
        with_everything().player("critic")


def test_a_game_that_draws_nothing_says_so():
    with pytest.raises(GameError, match="define draw"):
        Game().draw(None, None)


@pytest.mark.parametrize("mover", DG)
def test_a_step_leaves_the_others_parameters_buffers_and_grads_alone(mover, rng):
    game = with_everything()
    other = DG[1 - DG.index(mover)]
    own, foreign = getattr(game, mover), getattr(game, other)
    for parameter in foreign.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)  # whatever stands there is somebody's
    before = {name: value.clone() for name, value in game.state_dict().items()}
    run = Run(game, None)
    run.draw = game.draw(torch.randn(16, 2, generator=rng), rng)
    run.turn(0, (mover,))
    for name, value in game.state_dict().items():
        if name.startswith(other):
            assert torch.equal(value, before[name]), f"{name} moved in the {mover}'s turn"
    assert all((p.grad == 7.0).all() for p in foreign.parameters())
    assert all(p.grad is None for p in own.parameters())
    moved = {name for name, p in game.named_parameters() if not torch.equal(p, before[name])}
    # A bias in front of BatchNorm is subtracted again: its gradient is zero but for rounding.
    assert moved | {"generator.0.bias", "discriminator.0.bias"} >= {name for name, _ in own.named_parameters(mover)}
    buffers = {name for name, b in own.named_buffers(mover) if not torch.equal(b, before[name])}
    assert buffers >= {name for name, _ in own.named_buffers(mover) if "running" in name or "tracked" in name}


def test_costs_without_a_differentiating_player_record_the_whole_graph(rng):
    game = GAN(mlp(3, 8, 2), mlp(2, 8, 1), latent=3)
    draw = game.draw(torch.randn(4, 2, generator=rng), rng)
    game.cost("discriminator", draw).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in game.generator.parameters())


def test_the_discriminators_own_turn_needs_no_graph_of_the_generator(rng):
    game = GAN(mlp(3, 8, 2), mlp(2, 8, 1), latent=3)
    draw = game.draw(torch.randn(4, 2, generator=rng), rng)
    with game.differentiating("discriminator"):
        assert not game.fake(draw).requires_grad
        game.cost("discriminator", draw).backward()
    assert all(p.grad is None for p in game.generator.parameters())
    assert game.fake(draw).requires_grad


def count_calls(network):
    calls = []
    network.register_forward_hook(lambda *_: calls.append(1))
    return calls


def test_what_the_generator_makes_of_a_draw_is_made_once_until_it_moves(rng):
    game = with_everything()
    made = count_calls(game.generator)
    draw = game.draw(torch.randn(16, 2, generator=rng), rng)
    with game.differentiating("discriminator"):
        first = game.fake(draw)
        assert not first.requires_grad
    with game.differentiating("generator"):
        again = game.fake(draw)
        assert again.requires_grad and torch.equal(again, first) and len(made) == 1
        with torch.no_grad():
            next(game.generator.parameters()).mul_(1.0)  # a step, of whatever size
        game.fake(draw)
        assert len(made) == 2, "the generator has moved: its samples are others"
        game.fake(Draw(**vars(draw) | {"latent": draw.latent[:4]}))
        assert len(made) == 3, "other latents, other samples"
    game.fake(draw)
    assert len(made) == 4, "without a differentiating player everything is recorded afresh"


class TwoSamples(GAN):
    """A GAN with a mode-seeking term (Mao et al. 2019): two latents a real sample, whose samples shall differ."""

    def draw(self, real, rng):
        draw = super().draw(real, rng)
        draw.other = self.latent.draw(len(real), rng)
        return draw

    def samples(self, draw):
        return [self.shared_output("generator", draw, self.generator, latent) for latent in (draw.latent, draw.other)]

    def generator_cost(self, draw):
        first, second = self.samples(draw)
        return super().generator_cost(draw) - (first - second).abs().mean()


def test_what_is_made_of_two_latents_is_two_samples(rng):
    game = TwoSamples(with_everything().generator, mlp(2, 8, 1), latent=3)
    draw, made = game.draw(torch.randn(16, 2, generator=rng), rng), count_calls(game.generator)
    for player in DG:
        with game.differentiating(player), game.turn((player,)):
            for sample, latent in zip(game.samples(draw), (draw.latent, draw.other)):
                normalise, *rest = game.generator[1:]
                alone = nn.Sequential(game.generator[0], nn.BatchNorm1d(8), *rest)(latent)
                torch.testing.assert_close(sample, alone)
    assert len(made) == 2, "each is made once for both players"
    linear, other = mlp(3, 2), mlp(3, 2)
    with game.differentiating("discriminator"):
        for network in (linear, other, linear):
            assert torch.equal(game.shared_output("generator", draw, network, draw.latent), network(draw.latent))


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1,), (0, 0)], ids=str)
def test_statistics_count_what_the_owner_made_in_its_own_turn_in_its_own_order(order, rng):
    """Whatever the discriminator has asked for before."""

    def after(asked_before):
        torch.manual_seed(2)
        game = TwoSamples(with_everything().generator, mlp(2, 8, 1), latent=3)
        draw = game.draw(torch.randn(16, 2, generator=torch.Generator().manual_seed(0)), torch.Generator().manual_seed(1))
        latents = (draw.latent, draw.other)
        with game.turn(("discriminator",)), game.differentiating("discriminator"):
            for k in asked_before:
                game.shared_output("generator", draw, game.generator, latents[k])
        with game.turn(("generator",)), game.differentiating("generator"):
            made = [game.shared_output("generator", draw, game.generator, latents[k]) for k in order]
        return made, [b.clone() for b in game.generator.buffers()]

    for asked in ((0,), (0, 1), (1, 0)):
        torch.testing.assert_close(after(asked), after(()), rtol=0, atol=0)


def test_statistics_of_a_network_that_made_samples_once_are_those_of_making_them_twice(rng):
    batch = torch.randn(16, 2, generator=rng)

    def after(remembering):
        torch.manual_seed(0)
        game = with_everything()
        run = Run(game, itertools.repeat(batch), optimiser=partial(torch.optim.SGD, lr=0.1))
        for _ in range(3):
            run.next_draw()
            for k, movers in enumerate(run.turns):
                if not remembering:
                    run.draw = Draw(**vars(run.draw))  # a copy starts without what was made of the first
                run.turn(k, movers)
        return game.state_dict()

    remembered, anew = after(True), after(False)
    assert any("running" in name for name in anew)
    # dropout's masks differ, for the generator no longer stands before them: not so in the statistics of the generator
    names = [name for name in anew if name.startswith("generator") and ("running" in name or "tracked" in name)]
    assert names and all(torch.equal(remembered[name], anew[name]) for name in names)


def test_the_same_draw_gives_the_same_cost_even_with_dropout(rng):
    game = with_everything().train()
    run = Run(game, itertools.repeat(torch.randn(16, 2, generator=rng)))

    def cost(draw):
        with game.turn(()):
            return game.cost("discriminator", draw)

    run.next_draw()
    draw, first = run.draw, cost(run.draw)
    torch.rand(3)  # somebody else uses the global random numbers
    state = torch.get_rng_state()
    run.next_draw()
    assert first == cost(draw) != cost(run.draw)
    assert torch.equal(torch.get_rng_state(), state), "a cost used the global random numbers"


class Mapping(Game):
    """Somebody's own game, in whose draw nothing is random: all that is, is which units its network drops."""

    order = ("mapping",)

    def __init__(self, dropout):
        super().__init__()
        self.mapping = dropout

    def draw(self, batch, rng):
        return Draw(samples=batch)

    def mapping_cost(self, draw):
        return self.mapping(draw.samples).square().mean()


DROPOUT = {
    "Dropout": lambda: nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1)),
    "Dropout1d": lambda: nn.Sequential(nn.Linear(4, 8), nn.Unflatten(1, (8, 1)), nn.Dropout1d(0.5), nn.Flatten()),
    "Dropout3d": lambda: nn.Sequential(nn.Linear(4, 8), nn.Unflatten(1, (8, 1, 1, 1)), nn.Dropout3d(0.5), nn.Flatten()),
    "AlphaDropout": lambda: nn.Sequential(nn.Linear(4, 8), nn.AlphaDropout(0.5), nn.Linear(8, 1)),
    "Noise": lambda: nn.Sequential(nn.Linear(4, 8), Noise(0.5), nn.Linear(8, 1)),
    "an ensemble's": lambda: Ensemble(lambda: mlp(4, 8, 1, dropout=0.5), 2),
    "an ensemble's noise": lambda: Ensemble(lambda: nn.Sequential(nn.Linear(4, 8), Noise(0.5), nn.Linear(8, 1)), 2),
}


@pytest.mark.parametrize("make", DROPOUT.values(), ids=DROPOUT)
def test_a_runs_seed_fixes_what_any_game_drops_and_each_draw_drops_something_else(make):
    def costs(seed):
        torch.manual_seed(1)
        game, batch = Mapping(make()), torch.randn(6, 4)
        torch.manual_seed(int(seed * 1000))  # what the process has drawn meanwhile is nobody's affair
        still = partial(torch.optim.SGD, lr=0.0)
        return play(game, itertools.repeat(batch), 4, optimiser=still, seed=seed).costs["mapping"]

    assert drops(make()) and not drops(mlp(4, 8, 1)) and not drops(Ensemble(lambda: mlp(4, 8, 1), 2))
    first, again, other = costs(0), costs(0), costs(1)
    assert first == again != other
    assert len(set(first)) == 4, "every round drops units of its own"


def test_a_turn_restores_buffers_even_if_it_fails(rng):
    game = with_everything()
    before = {name: b.clone() for name, b in game.named_buffers()}
    with pytest.raises(ZeroDivisionError), game.turn(()):
        game.cost("discriminator", game.draw(torch.randn(16, 2, generator=rng), rng))
        raise ZeroDivisionError
    assert all(torch.equal(b, before[name]) for name, b in game.named_buffers())


@pytest.mark.parametrize(
    "term",
    [R1(10.0), R2(10.0), GradientPenalty(10.0)],
    ids=["r1", "r2", "wgan_gp"],
)
def test_a_penalty_changes_every_weight_s_gradient(term, rng):
    """InfoGAN's penalty has been seen rebuilt as a constant: a term that moves nothing."""
    torch.manual_seed(1)
    plain = GAN(mlp(3, 8, 2), mlp(2, 8, 8, 1, activation=nn.Softplus), latent=3)
    priced = GAN(plain.generator, plain.discriminator, latent=3, penalties=[term])
    draw = priced.draw(torch.randn(16, 2, generator=rng), rng)
    own = dict(plain.discriminator.named_parameters())
    without, with_it = (torch.autograd.grad(g.cost("discriminator", draw), list(own.values())) for g in (plain, priced))
    still = {name for name, a, b in zip(own, without, with_it) if torch.allclose(a, b)}
    assert still <= {"4.bias"}, "the last bias shifts the logit and has no slope; all others must feel the penalty"


@pytest.mark.parametrize("player", DG)
def test_every_cost_moves_every_parameter_of_its_player(player, rng):
    game = GAN(mlp(3, 8, 2, activation=nn.Softplus), mlp(2, 8, 1, activation=nn.Softplus), latent=3, objective=relativistic)
    draw = game.draw(torch.randn(16, 2, generator=rng), rng)
    own = dict(getattr(game, player).named_parameters())
    gradients = torch.autograd.grad(game.cost(player, draw), list(own.values()))
    still = {name for name, g in zip(own, gradients) if g.abs().max() < 1e-7}
    # A relativistic cost looks at differences of logits: the discriminator's last bias cancels.
    assert still == ({"2.bias"} if player == "discriminator" else set())


def test_costs_of_an_ensemble_are_sums_over_its_games(rng):
    """Each member's gradient is what it would be alone."""
    members, n = 3, 8
    game = GAN(Ensemble(lambda: mlp(2, 8, 2), members), Ensemble(lambda: mlp(2, 8, 1), members), latent=2)
    draw = game.draw(torch.randn(members * n, 2, generator=rng), rng)
    own = game.generator.stacked()
    together = dict(zip(own, torch.autograd.grad(game.cost("generator", draw), list(own.values()))))
    for k in range(members):
        alone = GAN(game.generator.member(k), game.discriminator.member(k), latent=2)
        part = Draw(real=draw.real[k * n : (k + 1) * n], latent=draw.latent[k * n : (k + 1) * n])
        names, values = zip(*alone.generator.named_parameters())
        for name, gradient in zip(names, torch.autograd.grad(alone.cost("generator", part), values)):
            torch.testing.assert_close(together[name][k], gradient, rtol=1e-4, atol=1e-6)


def test_latents_have_their_distribution(rng):
    normal, uniform = Latent(2).draw(20000, rng), Latent(2, "uniform").draw(20000, rng)
    assert normal.mean().abs() < 0.03 and abs(normal.std() - 1) < 0.03
    assert uniform.min() >= -1 and uniform.max() <= 1 and abs(uniform.std() - 3**-0.5) < 0.01
    same = Latent(2).draw(5, torch.Generator().manual_seed(1))
    assert torch.equal(Latent(2, scale=0.25).draw(5, torch.Generator().manual_seed(1)), 0.25 * same)


def test_sampling_is_done_in_eval_mode_and_leaves_the_mode_and_the_statistics(rng):
    game = with_everything().train()
    before = {name: b.clone() for name, b in game.named_buffers()}
    samples = game.sample(1, torch.Generator().manual_seed(5))  # BatchNorm in training mode would refuse a single sample
    assert game.generator.training and not samples.requires_grad
    latent = game.latent.draw(1, torch.Generator().manual_seed(5))
    torch.testing.assert_close(samples, game.generator.eval()(latent).detach())
    assert all(torch.equal(b, before[name]) for name, b in game.named_buffers())


def test_an_ensembles_samples_come_member_by_member_in_any_batch_size():
    game = GAN(Ensemble(lambda: mlp(2, 8, 2), 3), Ensemble(lambda: mlp(2, 8, 1), 3), latent=2)
    samples = game.sample(30, torch.Generator().manual_seed(1), batch=7)
    latents = torch.Generator().manual_seed(1)
    parts = [game.latent.draw(6, latents).unflatten(0, (3, -1)) for _ in range(5)]
    first = torch.cat([part[0] for part in parts])
    torch.testing.assert_close(samples[:10], game.generator.member(0)(first))
    with pytest.raises(GameError, match="evenly"):
        game.sample(31, torch.Generator())


def test_a_convolutional_gan_is_a_game_too(rng):
    game = GAN(dcgan_generator(4, size=8, width=4), dcgan_discriminator(size=8, width=4), latent=4)
    draw = game.draw(torch.randn(2, 1, 8, 8, generator=rng), rng)
    assert game.cost("discriminator", draw).shape == game.cost("generator", draw).shape == ()


# Judging in one pass ------------------------------------------------------------------------------------------------------

JUDGES = {
    "dense": (lambda: mlp(2, 8, 1), True),
    "waves": (lambda: nn.Sequential(FourierFeatures(), mlp(14, 8, 1)), True),
    "spectral norm": (lambda: spectral_norm(nn.Linear(2, 1)), True),
    "ensemble": (lambda: Ensemble(lambda: mlp(2, 8, 1), 2), True),
    "virtual BatchNorm": (
        lambda: virtual_batch_norm(nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)), torch.randn(5, 2)),
        True,
    ),
    "BatchNorm": (lambda: nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)), False),
    "packed": (lambda: Packed(mlp(4, 8, 1), 2), False),
    "minibatch discrimination": (lambda: nn.Sequential(MinibatchDiscrimination(2, 3, 2), nn.Linear(5, 1)), False),
    "somebody else's": (lambda: Elsewhere(), False),
}


class Elsewhere(nn.Module):
    def forward(self, x):
        return x.mean(1, keepdim=True) - x.mean()


@pytest.mark.parametrize(("make", "apart"), JUDGES.values(), ids=JUDGES)
def test_real_and_generated_samples_are_judged_in_one_pass_only_where_that_changes_nothing(make, apart, rng):
    discriminator = make().eval()  # spectral norm moves its estimate in train mode
    members = getattr(discriminator, "members", 1)
    generator = Ensemble(lambda: mlp(3, 8, 2), members) if members > 1 else mlp(3, 8, 2)
    game = GAN(generator, discriminator, latent=3)
    assert game.apart == apart
    real, fake = torch.randn(12, 2, generator=rng), torch.randn(8, 2, generator=rng)
    calls = count_calls(discriminator)
    for found, alone in zip(game.logits(real, fake), (discriminator(real), discriminator(fake))):
        torch.testing.assert_close(found, alone)
    assert len(calls) == (3 if apart else 4)


def test_a_discriminator_that_is_replaced_is_asked_anew_how_it_judges():
    game = GAN(mlp(3, 8, 2), mlp(2, 8, 1), latent=3)
    assert game.apart
    game.discriminator = JUDGES["minibatch discrimination"][0]()
    assert not game.apart
    derived = type("Together", (nn.Linear,), {"forward": lambda self, x: nn.Linear.forward(self, x) - x.mean()})
    game.discriminator = nn.Sequential(derived(2, 1))
    assert not game.apart, "what is derived from a layer may look at the batch"


@pytest.mark.parametrize("members", [1, 3])
def test_two_penalties_cost_the_same_in_one_pass_as_in_two(members, rng, monkeypatch):
    generator, discriminator = (Ensemble(lambda n=n: mlp(2, 8, n, activation=nn.Tanh), members) for n in (2, 1))
    if members == 1:
        generator, discriminator = generator.member(0), discriminator.member(0)
    game = GAN(generator, discriminator, latent=2, objective=relativistic, penalties=[R1(0.7), R2(0.3)])
    draw = game.draw(torch.randn(4 * members, 2, generator=rng), rng)
    own = list(game.discriminator.parameters())
    found = []
    for apart in (True, False):
        monkeypatch.setattr(GAN, "apart", apart)
        calls = count_calls(game.discriminator)
        cost = game.cost("discriminator", draw)
        found.append([cost, *torch.autograd.grad(cost, own)])
        assert len(calls) == (1 if apart else 2)
    torch.testing.assert_close(*found)


# Feature matching ---------------------------------------------------------------------------------------------------------


def matching(**settings):
    return FeatureMatchingGAN(mlp(3, 8, 2), mlp(2, 8, 5, 1, activation=nn.Tanh), latent=3, **settings)


def drawn(game, rng, n=8):
    return game.draw(torch.randn(n, 2, generator=rng), rng)


def shuffled(draw, *names):
    """The same draw with some of its tensors in another order."""
    return Draw(**vars(draw) | {name: getattr(draw, name).flip(0).roll(3, 0) for name in names})


def test_feature_matching_is_the_squared_distance_of_the_mean_features(rng):
    game = matching()
    draw = drawn(game, rng)
    linear, tanh, last, nonlinear, _ = game.discriminator
    means = [nonlinear(last(tanh(linear(x)))).mean(0) for x in (draw.real, game.fake(draw))]
    torch.testing.assert_close(game.cost("generator", draw), (means[0] - means[1]).square().sum())
    assert means[0].shape == (5,) and game.cost("generator", draw) > 1e-4


def test_feature_matching_does_not_pair_samples(rng):
    """Implementations have been seen that compare each generated sample with the real one in its row."""
    game = matching()
    draw = drawn(game, rng)
    cost = game.cost("generator", draw)
    for names in (["real"], ["latent"], ["real", "latent"]):
        torch.testing.assert_close(game.cost("generator", shuffled(draw, *names)), cost)
    for_more = Draw(**vars(draw) | {"real": draw.real.repeat(3, 1)})
    torch.testing.assert_close(game.cost("generator", for_more), cost)


def test_batches_with_equal_mean_features_cost_nothing(rng):
    game = matching()
    draw = drawn(game, rng)
    samples = game.fake(draw).detach()
    same = Draw(**vars(draw) | {"real": samples[[7, 0, 3, 1, 2, 6, 4, 5]]})
    assert game.cost("generator", same) < 1e-12 < 1e-4 < game.cost("generator", draw)
    linear = FeatureMatchingGAN(game.generator, nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1)), latent=3)
    one_point = Draw(**vars(draw) | {"real": samples.mean(0).expand(8, 2)})
    assert linear.cost("generator", one_point) < 1e-12 < 1e-5 < game.cost("generator", one_point)


def test_feature_matching_leaves_the_discriminators_cost_as_it_was(rng):
    game = matching()
    plain = GAN(game.generator, game.discriminator, latent=3)
    draw = drawn(game, rng)
    assert game.cost("discriminator", draw) == plain.cost("discriminator", draw)
    assert game.cost("generator", draw) != plain.cost("generator", draw)


def test_a_generator_that_matches_features_moves_itself_alone(rng):
    game = matching()
    before = {name: p.detach().clone() for name, p in game.named_parameters()}
    run = Run(game, None)
    run.draw = drawn(game, rng)
    run.turn(0, ("generator",))
    moved = {name for name, p in game.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {name for name in before if name.startswith("generator")}


def test_an_ensemble_that_matches_features_is_as_many_single_games(rng):
    members, n = 3, 8
    body, head = (Ensemble(make, members) for make in (lambda: mlp(2, 8, 5, output=nn.Tanh), lambda: nn.Linear(5, 1)))
    game = FeatureMatchingGAN(Ensemble(lambda: mlp(2, 8, 2), members), nn.Sequential(body, head), latent=2)
    draw = drawn(game, rng, members * n)
    own = game.generator.stacked()
    cost = game.cost("generator", draw)
    together, costs = dict(zip(own, torch.autograd.grad(cost, list(own.values())))), []
    for k in range(members):
        alone = FeatureMatchingGAN(game.generator.member(k), nn.Sequential(body.member(k), head.member(k)), latent=2)
        part = Draw(real=draw.real[k * n : (k + 1) * n], latent=draw.latent[k * n : (k + 1) * n])
        costs.append(alone.cost("generator", part))
        names, values = zip(*alone.generator.named_parameters())
        for name, gradient in zip(names, torch.autograd.grad(costs[-1], values)):
            torch.testing.assert_close(together[name][k], gradient, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(cost, sum(costs))


def test_matching_features_brings_a_shifted_gaussian_to_the_datas_mean(rng):
    class Shift(nn.Linear):
        """z + b"""

        def forward(self, z):
            return z + self.bias

    data = (3 + torch.randn(256, 2, generator=rng) for _ in itertools.count())
    generator = Shift(2, 2).requires_grad_(False)
    generator.bias.requires_grad_()
    game = FeatureMatchingGAN(generator, mlp(2, 16, 1, activation=nn.Tanh), latent=2)
    play(game, data, 300, optimiser=partial(torch.optim.Adam, lr=0.05))
    torch.testing.assert_close(generator.bias.detach(), torch.full((2,), 3.0), rtol=0, atol=0.15)


@pytest.mark.parametrize(
    "discriminator",
    [
        nn.Linear(2, 1),
        nn.Sequential(nn.Linear(2, 1)),
        nn.Sequential(nn.Flatten(), mlp(2, 8, 1)),
        Ensemble(lambda: mlp(2, 8, 1), 2),
    ],
    ids=["no sequence", "one layer", "nothing learned before the last part", "an ensemble of whole ones"],
)
def test_a_discriminator_without_features_is_refused_with_advice(discriminator):
    with pytest.raises(GameError, match="learned layers before the last"):
        FeatureMatchingGAN(mlp(3, 8, 2), discriminator, latent=3)
