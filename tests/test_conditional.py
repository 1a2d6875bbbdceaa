"""Conditional, auxiliary-classifier, information-maximising and bidirectional GANs: what their costs ask for, and whose they are."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot, softplus

from gan_edu.augmentations import InstanceNoise
from gan_edu.data import Stream
from gan_edu.engine import Engine
from gan_edu.errors import GameError
from gan_edu.games import Draw
from gan_edu.models.ac_gan import AuxiliaryClassifierGAN
from gan_edu.models.bigan import Bidirectional, BiGAN, JointDiscriminator
from gan_edu.models.conditional import ConditionalGAN
from gan_edu.models.gan import GAN
from gan_edu.models.infogan import InfoGAN
from gan_edu.networks import dcgan_discriminator, dcgan_generator, leaky_relu, mlp, spectral
from gan_edu.penalties import R1, R2
from gan_edu.training import play

smooth = partial(mlp, activation=nn.Tanh)


class First(nn.Module):
    """A generator that makes of its input the first k numbers: what it makes can be chosen."""

    def __init__(self, k):
        super().__init__()
        self.k = k
        self.nothing = nn.Parameter(torch.zeros(1))

    def forward(self, latent):
        return latent[:, : self.k] + 0 * self.nothing


def labelled(rng, n=12, d=2, classes=3):
    return torch.randn(n, d, generator=rng), torch.arange(n) % classes


def conditional(kind=ConditionalGAN):
    return kind(smooth(4 + 3, 8, 2), smooth(2, 8, 1 + 3), latent=4, classes=3)


def information(weight=1.0, continuous=2):
    return InfoGAN(
        smooth(4 + 3 + continuous, 8, 2),
        smooth(2, 8, 1 + 3 + continuous),
        4,
        categories=3,
        continuous=continuous,
        weight=weight,
    )


def bidirectional():
    both = Bidirectional(smooth(4, 8, 2), smooth(2, 8, 4))
    return BiGAN(both, JointDiscriminator(smooth(2, 8), smooth(8 + 4, 8, 1), nn.Linear(8, 4)), latent=4)


GAMES = {
    "conditional": (conditional, labelled),
    "auxiliary": (partial(conditional, AuxiliaryClassifierGAN), labelled),
    "information": (information, lambda rng: labelled(rng)[0]),
    "bidirectional": (bidirectional, lambda rng: labelled(rng)[0]),
}
games = pytest.mark.parametrize("kind", GAMES)
LABELLED = pytest.mark.parametrize("kind", [ConditionalGAN, AuxiliaryClassifierGAN])


def begun(kind, rng):
    make, batch = GAMES[kind]
    game = make()
    return game, game.draw(batch(rng), rng)


def descended(cost, parameters):
    """The least value that a smooth convex cost takes, and where it is, by L-BFGS."""
    optimiser = torch.optim.LBFGS(parameters, max_iter=500, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        value = cost()
        value.backward(inputs=parameters)
        return value

    optimiser.step(closure)
    return cost().item()


def rows(counts):
    """Samples, one-hot (N, values), and their classes (N,): as many of each value in each class as a table (classes, values) says."""
    classes, values = counts.shape
    kinds = torch.arange(classes * values).repeat_interleave(counts.flatten())
    return one_hot(kinds % values, values).double(), kinds // values


# What the generator is asked ---------------------------------------------------------------------------------------------


@LABELLED
def test_what_is_generated_has_the_labels_of_the_real_images_beside_it(kind, rng):
    game, (real, labels) = conditional(kind), labelled(rng)
    draw = game.draw((real, labels), rng)
    assert torch.equal(draw.real, real) and torch.equal(draw.labels, labels) and draw.latent.shape == (12, 4 + 3)
    assert torch.equal(draw.latent[:, 4:], torch.eye(3)[labels]) and draw.latent[:, :4].std() > 0.5


@LABELLED
def test_images_can_be_had_of_any_class_with_the_same_latents(kind):
    game = kind(First(7), smooth(7, 4), latent=4, classes=3)
    labels = torch.tensor([2, 0, 0, 1])
    asked, others = (game.sample(y, torch.Generator().manual_seed(3)) for y in (labels, (labels + 1) % 3))
    assert torch.equal(asked[:, 4:], torch.eye(3)[labels]) and torch.equal(others[:, 4:], torch.eye(3)[(labels + 1) % 3])
    assert torch.equal(asked[:, :4], others[:, :4]) and asked[:, :4].unique().numel() == 16 and not asked.requires_grad


@LABELLED
def test_batches_without_labels_and_classes_that_there_are_not_are_refused(kind, rng):
    game = conditional(kind)
    with pytest.raises(GameError, match=rf"a {kind.__name__} is told labels.*labels=True"):
        game.draw(labelled(rng)[0], rng)
    for wrong in ([0, 3], [-1, 2]):
        with pytest.raises(GameError, match="classes are 0 to 2"):
            game.sample(torch.tensor(wrong), rng)


def test_a_code_is_a_category_of_each_kind_alike_and_numbers_uniform_between_minus_one_and_one(rng):
    draw = information().draw(torch.zeros(30_000, 2), rng)
    shares = draw.category.bincount(minlength=3) / 30_000
    torch.testing.assert_close(shares, torch.full((3,), 1 / 3), atol=0.01, rtol=0)
    assert draw.continuous.shape == (30_000, 2) and draw.continuous.abs().max() <= 1
    torch.testing.assert_close(draw.continuous.square().mean(0), torch.full((2,), 1 / 3), atol=0.01, rtol=0)
    torch.testing.assert_close(torch.corrcoef(draw.continuous.T), torch.eye(2), atol=0.03, rtol=0)
    assert torch.equal(draw.latent[:, 4:], torch.cat([torch.eye(3)[draw.category], draw.continuous], dim=1))
    category, continuous = information().code(5, rng)
    assert category.shape == (5,) and continuous.shape == (5, 2)


def test_images_can_be_had_of_any_code_with_the_same_latents():
    game = InfoGAN(First(8), smooth(8, 5), latent=4, categories=3, continuous=1)
    category = torch.tensor([2, 0])
    one, other = (game.sample(category, torch.full((2, 1), u), torch.Generator().manual_seed(3)) for u in (-1.0, 0.5))
    assert torch.equal(one[:, 4:], torch.tensor([[0.0, 0, 1, -1], [1, 0, 0, -1]])) and (other[:, 7] == 0.5).all()
    assert torch.equal(one[:, :7], other[:, :7])


@pytest.mark.parametrize("kind", ["conditional", "auxiliary", "information"])
def test_sampling_is_done_in_eval_mode_and_leaves_mode_and_statistics(kind):
    games = {
        "conditional": lambda g: ConditionalGAN(g, smooth(2, 4), 4, 3),
        "auxiliary": lambda g: AuxiliaryClassifierGAN(g, smooth(2, 4), 4, 3),
        "information": lambda g: InfoGAN(g, smooth(2, 4), 4, 3, 0),
    }
    game = games[kind](nn.Sequential(nn.Linear(7, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)))
    before = {name: b.clone() for name, b in game.named_buffers()}
    asked = (torch.tensor([1]), torch.zeros(1, 0)) if kind == "information" else (torch.tensor([1]),)
    assert game.sample(*asked, torch.Generator()).shape == (1, 2)  # BatchNorm in train mode refuses a single sample
    assert game.generator.training and all(torch.equal(b, before[name]) for name, b in game.named_buffers())


# The conditional GAN -----------------------------------------------------------------------------------------------------


def test_the_discriminator_is_a_projection(rng):
    """ψ(φ(x)) + v_y·φ(x), in the terms of Miyato & Koyama."""
    game, (real, labels) = conditional(), labelled(rng)
    features, last = game.discriminator[:-1](real), game.discriminator[-1]
    psi = features @ last.weight[0] + last.bias[0]
    v, bias = last.weight[1:][labels], last.bias[1:][labels]
    by_hand = psi + (v * features).sum(1) + bias
    torch.testing.assert_close(game.projected(game.discriminator(real), labels), by_hand.unsqueeze(1))


def test_the_best_logit_is_the_log_of_the_ratio_within_the_class():
    """Three values that an image can take, two classes: the discriminator that the cost leads to knows p(x | y) / q(x | y)."""
    p, q = torch.tensor([[1, 2, 5], [6, 1, 1]]), torch.tensor([[4, 2, 2], [1, 2, 5]])
    (real, labels), (fake, again) = rows(p), rows(q)
    assert torch.equal(labels, again)
    game = ConditionalGAN(First(3), nn.Linear(3, 3, bias=False).double(), latent=3, classes=2)
    draw = Draw(real=real, labels=labels, latent=game.request(fake, labels))
    descended(lambda: game.cost("discriminator", draw), list(game.discriminator.parameters()))
    every, classes = rows(torch.ones(2, 3, dtype=torch.long))
    found = game.projected(game.discriminator(every), classes).view(2, 3)
    torch.testing.assert_close(found, (p / q).log().double(), atol=1e-4, rtol=0)


def test_the_conditional_costs_are_cross_entropies_of_the_labels_logits(rng):
    game, draw = begun("conditional", rng)
    real, fake = (game.projected(game.discriminator(x), draw.labels) for x in (draw.real, game.fake(draw)))
    torch.testing.assert_close(game.cost("discriminator", draw), softplus(-real).mean() + softplus(fake).mean())
    torch.testing.assert_close(game.cost("generator", draw), softplus(-fake).mean())


@pytest.mark.parametrize("player", ["discriminator", "generator"])
@LABELLED
def test_other_labels_cost_something_else(kind, player, rng):
    game, draw = conditional(kind), None
    draw = game.draw(labelled(rng), rng)
    others = Draw(**vars(draw) | {"labels": (draw.labels + 1) % 3})
    assert (game.cost(player, draw) - game.cost(player, others)).abs() > 1e-4


# The auxiliary classifier ------------------------------------------------------------------------------------------------


def test_a_classifier_that_knows_every_label_costs_nothing(rng):
    """Softmax before cross-entropy has been seen: there certainty costs log(1 + (K - 1)/e) a term."""
    real, labels = one_hot(torch.arange(12) % 3, 3).float(), torch.arange(12) % 3
    certain = nn.Linear(3, 4, bias=False)
    nn.init.zeros_(certain.weight).data[1:] = 100 * torch.eye(3)
    game = AuxiliaryClassifierGAN(First(3), certain, latent=3, classes=3)
    draw = Draw(real=real, labels=labels, latent=game.request(real, labels))
    assert game.cost("discriminator", draw).item() == pytest.approx(2 * math.log(2), abs=1e-6)
    assert game.cost("generator", draw).item() == pytest.approx(math.log(2), abs=1e-6)
    wrong = Draw(**vars(draw) | {"labels": (labels + 1) % 3})
    assert game.cost("discriminator", wrong).item() == pytest.approx(2 * math.log(2) + 200, abs=1e-3)
    assert game.cost("generator", wrong).item() == pytest.approx(math.log(2) + 100, abs=1e-3)


def test_the_classifier_is_taught_by_real_and_by_generated_images(rng):
    game, draw = begun("auxiliary", rng)
    plain = GAN(game.generator, nn.Sequential(game.discriminator, First(1)), latent=7)
    outputs = [game.discriminator(x)[:, 1:] for x in (draw.real, game.fake(draw))]
    real, fake = (cross_entropy(x, draw.labels) for x in outputs)
    torch.testing.assert_close(game.cost("discriminator", draw), plain.cost("discriminator", draw) + real + fake)
    torch.testing.assert_close(game.cost("generator", draw), plain.cost("generator", draw) + fake)


def test_the_logit_does_not_see_the_label(rng):
    """Source and class are two questions: with the class logits at zero, the label is a constant."""
    game, draw = begun("auxiliary", rng)
    with torch.no_grad():
        game.discriminator[-1].weight[1:], game.discriminator[-1].bias[1:] = 0, 0
    others = Draw(**vars(draw) | {"labels": (draw.labels + 1) % 3})
    for player in game.order:
        torch.testing.assert_close(game.cost(player, draw), game.cost(player, others))


# Information -------------------------------------------------------------------------------------------------------------


def test_the_least_surprise_is_the_entropy_that_the_image_leaves_in_its_code():
    """Q's best answer is the posterior: the bound H(code) - E[-log Q] then is the mutual information, here summed by hand."""
    channel = torch.tensor([[6, 1, 1], [2, 4, 2]])  # how often a category makes each of three images
    images, category = rows(channel)
    joint = channel.double() / channel.sum()
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    truth = (joint * (joint / independent).log()).sum().item()
    game = InfoGAN(First(3), nn.Linear(3, 3).double(), latent=3, categories=2, continuous=0)
    draw = Draw(category=category, continuous=torch.zeros(len(category), 0))
    least = descended(lambda: game.surprise(game.discriminator(images), draw), list(game.discriminator.parameters()))
    assert math.log(2) - least == pytest.approx(truth, abs=1e-6) and truth > 0.1


def test_an_image_that_ignores_its_code_leaves_q_the_prior(rng):
    game = information()
    draw = game.draw(torch.zeros(3000, 2), rng)
    outputs = nn.Parameter(torch.zeros(1, 1 + 3 + 2))
    least = descended(lambda: game.surprise(outputs.expand(3000, -1), draw), [outputs])
    assert least == pytest.approx(math.log(3) + 2 * (1 / 3) / 2, abs=0.02)


def test_q_that_knows_the_code_is_not_surprised(rng):
    game = information()
    draw = game.draw(torch.zeros(8, 2), rng)
    known = torch.cat([torch.zeros(8, 1), 100 * one_hot(draw.category, 3), draw.continuous], dim=1)
    assert game.surprise(known, draw).item() == pytest.approx(0, abs=1e-6)
    off = known + torch.tensor([0.0, 0, 0, 0, 0.5, 0])
    assert game.surprise(off, draw).item() == pytest.approx(0.5**2 / 2, abs=1e-6)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_the_information_term_stands_in_both_costs_and_moves_every_parameter_of_both(player, rng):
    """It has been seen rebuilt as a constant, which moves nothing."""
    game, draw = begun("information", rng)
    own = dict(getattr(game, player).named_parameters())

    def at(weight):
        game.weight = weight
        return game.cost(player, draw)

    plain, priced = at(0.0), at(2.0)
    surprise = game.surprise(game.discriminator(game.fake(draw)), draw)
    torch.testing.assert_close(priced - plain, 2 * surprise)
    without, with_it = (torch.autograd.grad(cost, list(own.values())) for cost in (plain, priced))
    assert [name for name, a, b in zip(own, without, with_it) if torch.allclose(a, b, atol=1e-7)] == []


def test_without_the_term_infogan_is_the_plain_game_with_codes_for_latents(rng):
    game = information(weight=0.0)
    draw = game.draw(labelled(rng)[0], rng)
    plain = GAN(game.generator, nn.Sequential(game.discriminator, First(1)), latent=9)
    for player in game.order:
        torch.testing.assert_close(game.cost(player, draw), plain.cost(player, draw))


def test_each_part_of_the_code_is_read_from_its_own_outputs(rng):
    game, draw = begun("information", rng)
    outputs = torch.randn(12, 6, generator=rng, requires_grad=True)
    changes = {"category": ((draw.category + 1) % 3, [1, 2, 3]), "continuous": (-draw.continuous, [4, 5])}
    for part, (changed, columns) in changes.items():
        others = Draw(**vars(draw) | {part: changed})
        one, other = (torch.autograd.grad(game.surprise(outputs, d), outputs)[0] for d in (draw, others))
        assert (one - other).abs().sum(0).nonzero().flatten().tolist() == columns
    category, continuous = game.read(draw.real)
    torch.testing.assert_close(torch.cat([category, continuous], 1), game.discriminator(draw.real)[:, 1:].detach())
    assert category.shape == (12, 3) and continuous.shape == (12, 2)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_discriminator_and_q_see_changed_images_and_what_is_read_is_not_changed(player, rng):
    game = InfoGAN(smooth(4 + 5, 8, 2), smooth(2, 8, 6), 4, categories=3, weight=2.0, augmentation=InstanceNoise(1.0, 10))
    draw = game.draw(labelled(rng)[0], rng)
    real, fake = (game.discriminator(x) for x in (draw.real + draw.augment_real, game.fake(draw) + draw.augment_fake))
    adversarial = getattr(game.objective, player)(real[:, :1], fake[:, :1])
    torch.testing.assert_close(game.cost(player, draw), adversarial + 2 * game.surprise(fake, draw))
    assert torch.equal(torch.cat(game.read(draw.real), dim=1), game.discriminator(draw.real)[:, 1:])


def test_the_weight_belongs_to_what_a_checkpoint_asks_for():
    assert information(weight=1.0).identity() != information(weight=0.0).identity()


# Both ways ---------------------------------------------------------------------------------------------------------------


def test_the_discriminator_sees_each_image_beside_its_own_latent(rng):
    game, draw = begun("bidirectional", rng)
    real, latents, fake, drawn = game.pairs(draw)
    assert torch.equal(real, draw.real) and torch.equal(drawn, draw.latent)
    torch.testing.assert_close(latents, game.generator.encoder(draw.real))
    torch.testing.assert_close(fake, game.generator.decoder(draw.latent))
    features = game.discriminator.trunk(real)
    by_hand = game.discriminator.head(torch.cat([features, latents], dim=1))
    by_hand += torch.einsum("nk, nk -> n", game.discriminator.match(features), latents).unsqueeze(1)
    torch.testing.assert_close(game.discriminator(real, latents), by_hand)


def test_the_two_sides_pay_for_the_same_answers_exchanged(rng):
    game, draw = begun("bidirectional", rng)
    real, latents, fake, drawn = game.pairs(draw)
    encoded, decoded = game.discriminator(real, latents), game.discriminator(fake, drawn)
    torch.testing.assert_close(game.cost("discriminator", draw), softplus(-encoded).mean() + softplus(decoded).mean())
    torch.testing.assert_close(game.cost("generator", draw), softplus(encoded).mean() + softplus(-decoded).mean())


def test_penalties_of_pairs_differentiate_by_image_and_latent_together(rng):
    game, draw = begun("bidirectional", rng)
    plain, pairs = game.cost("discriminator", draw), [part.detach().requires_grad_() for part in game.pairs(draw)]

    def squared_slopes(images, latents):
        slopes = torch.autograd.grad(game.discriminator(images, latents).sum(), (images, latents))
        return sum(slope.flatten(1).square().sum(1) for slope in slopes).mean()

    by_hand = {R1(0.3): 0.15 * squared_slopes(*pairs[:2]), R2(0.3): 0.15 * squared_slopes(*pairs[2:])}
    for penalty, expected in by_hand.items():
        game.penalties = (penalty,)
        torch.testing.assert_close(game.cost("discriminator", draw) - plain, expected)
    game.penalties = tuple(by_hand)
    torch.testing.assert_close(game.cost("discriminator", draw) - plain, sum(by_hand.values()))


def test_products_of_features_with_latents_stand_in_the_logit_of_a_pair(rng):
    """They tell the inverse from the same with the other sign."""
    head, match = nn.Linear(4, 1), nn.Linear(2, 2, bias=False)
    nn.init.zeros_(head.weight)
    discriminator, images = JointDiscriminator(nn.Identity(), head, match), torch.randn(32, 2, generator=rng)
    for sign in (1, -1):
        found = discriminator(images, sign * match(images)) - head.bias
        torch.testing.assert_close(found, sign * match(images).square().sum(1, keepdim=True))


def test_where_encoder_and_decoder_are_each_others_inverse_no_discriminator_can_win(rng):
    there, back = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
    back.weight.data = there.weight.data.inverse()
    discriminator = JointDiscriminator(nn.Identity(), smooth(4, 16, 1), nn.Linear(2, 2))
    game = BiGAN(Bidirectional(there, back), discriminator, latent=2)
    latent = torch.randn(32, 2, generator=rng)
    latent = torch.cat([latent, -latent])
    draw = Draw(real=there(latent).detach(), latent=latent)
    own = list(discriminator.parameters())
    assert descended(lambda: game.cost("discriminator", draw), own) == pytest.approx(2 * math.log(2), abs=1e-3)
    back.weight.data *= -1  # the same images and the same latents, wrongly paired: neither alone gives anything away
    assert descended(lambda: game.cost("discriminator", draw), own) < 1


def test_encoder_and_decoder_are_one_player_and_each_is_moved():
    game = bidirectional()
    discriminator, generator = game.players()
    assert {name.split(".")[1] for name in generator.parameters} == {"decoder", "encoder"}
    assert {name.split(".")[1] for name in discriminator.parameters} == {"trunk", "head", "match"}


def test_what_the_two_make_of_a_draw_is_made_once_for_both_players(rng):
    game, draw = begun("bidirectional", rng)
    calls = []
    for network in (game.generator.decoder, game.generator.encoder):
        network.register_forward_hook(lambda *_: calls.append(1))
    with game.differentiating("discriminator"):
        assert not any(part.requires_grad for part in game.pairs(draw))
    with game.differentiating("generator"):
        assert [part.requires_grad for part in game.pairs(draw)] == [False, True, True, False]
    assert len(calls) == 2


def test_images_are_encoded_and_made_again_in_eval_mode(rng):
    convolutional = Bidirectional(
        dcgan_generator(3, size=8, width=4), dcgan_discriminator(1, 8, 4, 1, None, "batch", outputs=3)
    )
    discriminator = JointDiscriminator(dcgan_discriminator(1, 8, 4, outputs=5), mlp(5 + 3, 1), nn.Linear(5, 3))
    game = BiGAN(convolutional, discriminator, latent=3)
    images = torch.randn(2, 1, 8, 8, generator=rng)
    latents, again = game.encode(images), game.reconstruct(images)
    assert latents.shape == (2, 3) and again.shape == images.shape and game.generator.encoder.training
    torch.testing.assert_close(game.encode(images[:1]), latents[:1])  # in train mode BatchNorm would look at both
    torch.testing.assert_close(again, game.generator.eval().decoder(latents))
    assert game.sample(2, rng).shape == images.shape
    draw = game.draw(images, rng)
    assert game.cost("discriminator", draw).shape == game.cost("generator", draw).shape == ()


# All of them -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("player", ["discriminator", "generator"])
@games
def test_a_turn_moves_every_parameter_of_its_player_and_none_of_the_others(kind, player, rng, moved_by):
    game, draw = begun(kind, rng)
    assert moved_by(player, game, draw) == set(game.player(player).parameters)


@games
def test_the_same_draw_costs_the_same(kind, rng):
    game, draw = begun(kind, rng)
    for player in game.order:
        assert game.cost(player, draw) == game.cost(player, draw)


def two_clusters(count, rng, labels):
    """Points about (-2, 0) and (2, 0), and which."""
    which = torch.randint(2, (count,), generator=rng)
    points = 0.3 * torch.randn(count, 2, generator=rng) + torch.stack([4.0 * which - 2, torch.zeros(count)], dim=1)
    return (points, which) if labels else points


def trained(kind, inputs, outputs, labels, seed=1):
    """A small game with points for images, after 400 rounds."""
    torch.manual_seed(seed)
    discriminator = spectral(mlp(2, 32, 32, 1 + outputs, activation=leaky_relu))
    game = kind(mlp(2 + inputs, 32, 2), discriminator, latent=2)
    batches = Stream(partial(two_clusters, labels=labels), 64, seed=1)
    play(game, batches, 400, optimiser=partial(torch.optim.Adam, lr=5e-3, betas=(0.0, 0.9)), engine=Engine("fp32", 1))
    return game


@LABELLED
def test_each_label_comes_to_make_its_own_cluster(kind, rng):
    game = trained(partial(kind, classes=2), 2, 2, labels=True)
    labels = torch.arange(2).repeat(500)
    points = game.sample(labels, rng)
    assert (points[:, 0] > 0).eq(labels == 1).float().mean() > 0.98
    assert (points[:, 0].abs() - 2).abs().mean() < 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_each_category_comes_to_make_a_cluster_though_nobody_says_which_is_which(seed, rng):
    """Without the information term, at these seeds, a category makes half of each."""
    game = trained(partial(InfoGAN, categories=2, continuous=0), 2, 2, labels=False, seed=seed)
    category = torch.arange(2).repeat(500)
    points = game.sample(category, torch.zeros(1000, 0), rng)
    right = (points[:, 0] > 0).eq(category == 1).float().mean().item()
    assert max(right, 1 - right) > 0.95
    found, _ = game.read(points)
    assert (found.argmax(1) == category).float().mean() > 0.95
