"""A discriminator that is a classifier: what its K logits mean, what they are asked, and that images without labels help."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, log_softmax, pad

from gan_edu.data import Batches, Stream, Together
from gan_edu.errors import CheckpointError, GameError
from gan_edu.models.semi_supervised import SemiSupervisedGAN, published, realness
from gan_edu.networks import Ensemble, Noise, leaky_relu, mlp
from gan_edu.training import Run, play

CLASSES = 3


def body():
    return nn.Sequential(mlp(2, 16, 8, activation=leaky_relu), leaky_relu())


def game():
    torch.manual_seed(7)
    return SemiSupervisedGAN(mlp(4, 16, 2), nn.Sequential(body(), nn.Linear(8, CLASSES)), latent=4)


def batch(rng, n=12, few=6):
    points = torch.randn(n + few, 2, generator=rng)
    return points[:n], points[n:], torch.arange(few) % CLASSES


def slope(cost, parameters):
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(cost, list(parameters), materialize_grads=True, retain_graph=True)]
    )


def test_realness_is_that_of_softmax_with_one_class_more_whose_logit_is_zero(rng):
    logits = 5 * torch.randn(20, CLASSES, generator=rng, dtype=torch.float64)
    with_fake = log_softmax(pad(logits, (0, 1)), dim=1)
    chance = torch.sigmoid(realness(logits)[:, 0])
    torch.testing.assert_close(1 - chance, with_fake[:, -1].exp())
    torch.testing.assert_close(with_fake[:, :-1] - chance.log()[:, None], log_softmax(logits, dim=1))


def test_the_cost_is_that_of_k_plus_one_classes(rng):
    """-log p(class | image) of K classes for labelled images, -log(1 - p(K + 1)) for other real ones, -log p(K + 1) for fakes."""
    one = game().double()
    draw = one.draw(tuple(t.double() if t.is_floating_point() else t for t in batch(rng)), rng)
    draw.latent = draw.latent.double()
    real, fake, labelled = (
        pad(one.discriminator(x), (0, 1)).softmax(1) for x in (draw.real, one.generator(draw.latent), draw.labelled)
    )
    classes = labelled[:, :-1] / labelled[:, :-1].sum(1, keepdim=True)
    expected = -classes[range(6), draw.labels].log().mean() - (1 - real[:, -1]).log().mean() - fake[:, -1].log().mean()
    torch.testing.assert_close(one.cost("discriminator", draw), expected)


def test_a_perfect_prediction_costs_nothing_and_extreme_logits_are_finite(rng):
    """Softmax before the cross-entropy, as in many copies of SGAN, would leave log(e + K - 1) - 1."""
    one = game()
    draw = one.draw(batch(rng), rng)
    one.discriminator = nn.Sequential(nn.Identity(), nn.Linear(2, CLASSES))
    with torch.no_grad():
        one.discriminator[1].weight.zero_(), one.discriminator[1].bias.copy_(torch.tensor([100.0, -100.0, -100.0]))
    draw.labels = torch.zeros_like(draw.labels)
    right = cross_entropy(one.discriminator(draw.labelled), draw.labels)
    cost = one.cost("discriminator", draw)
    assert right < 1e-6 and cost.item() == pytest.approx(100, rel=1e-5)  # what the fakes cost, that are called real
    assert (
        torch.isfinite(slope(cost, one.discriminator.parameters())).all() and slope(cost, one.discriminator.parameters()).any()
    )


def test_each_term_moves_the_discriminator_and_labels_matter_to_it_alone(rng):
    one = game()
    draw = one.draw(batch(rng), rng)
    before = [one.cost(player, draw) for player in one.order]
    draw.labels = (draw.labels + 1) % CLASSES
    assert one.cost("discriminator", draw) != before[0] and one.cost("generator", draw) == before[1]
    for name in ("real", "labelled", "latent"):
        changed = one.draw(batch(rng), rng)
        vars(changed).update({key: value for key, value in vars(draw).items() if key != name})
        assert one.cost("discriminator", changed) != one.cost("discriminator", draw), name


def test_without_the_adversarial_term_it_is_a_classifier(rng):
    one = game()
    draw = one.draw(batch(rng), rng)
    classes = cross_entropy(one.discriminator(draw.labelled), draw.labels)
    whole = one.cost("discriminator", draw)
    one.adversarial = 0.0
    torch.testing.assert_close(one.cost("discriminator", draw), classes)
    one.adversarial = 2.0
    torch.testing.assert_close(one.cost("discriminator", draw), classes + 2 * (whole - classes))


def test_a_checkpoint_with_another_weight_is_refused(rng, tmp_path):
    points, few, labels = batch(rng, 40, 10)
    batches = Together(Batches(points, size=16), Batches(few, labels, size=4))
    play(game(), batches, 1, checkpoint=tmp_path / "run.pt")
    other = game()
    other.adversarial = 0.5
    with pytest.raises(CheckpointError, match="its game is"):
        play(other, batches, 2, checkpoint=tmp_path / "run.pt")


def test_classifying_is_done_in_eval_mode_and_leaves_the_mode(rng):
    one = game()
    one.discriminator.insert(0, nn.Dropout(0.5))
    points = torch.randn(30, 2, generator=rng)
    torch.testing.assert_close(one.classify(points), nn.Sequential(*one.discriminator[1:])(points).detach())
    assert one.discriminator.training and not one.classify(points).requires_grad


def test_the_published_classifier_has_noise_before_every_layer_and_weight_normalisation_in_it(rng):
    """Noise before each of its six layers in train mode, none in eval mode; weight normalisation in each (Salimans & Kingma 2016)."""
    one, images = published((1, 8, 8), CLASSES), torch.rand(5, 1, 8, 8, generator=rng) * 2 - 1
    assert [module.std for module in one.discriminator if isinstance(module, Noise)] == [0.6] + 5 * [0.5]
    assert one.sample(3, rng).shape == (3, 1, 8, 8) and one.classify(images).shape == (5, CLASSES)
    assert not torch.equal(one.discriminator(images), one.discriminator(images))
    said = one.classify(images)
    torch.testing.assert_close(said, one.classify(images))
    with torch.no_grad():
        for name, parameter in one.discriminator.named_parameters():
            if name.endswith("original1"):  # the direction: its length says nothing
                parameter *= 3
    torch.testing.assert_close(one.classify(images), said)


def test_a_common_shift_of_all_logits_changes_realness_and_not_the_classes(rng):
    logits = torch.randn(5, CLASSES, generator=rng)
    torch.testing.assert_close(realness(logits + 2), realness(logits) + 2)
    torch.testing.assert_close((logits + 2).softmax(1), logits.softmax(1))


def test_the_generator_matches_means_of_features(rng):
    one = game()
    draw = one.draw(batch(rng), rng)
    features = [one.discriminator[0](x).mean(0) for x in (draw.real, one.generator(draw.latent))]
    torch.testing.assert_close(one.cost("generator", draw), (features[0] - features[1]).square().sum())


@pytest.mark.parametrize("mover", ["discriminator", "generator"])
def test_a_step_leaves_the_other_player_alone(mover):
    one = game()
    run = Run(one, Stream(lambda n, rng: batch(rng, n), 12))
    run.next_draw()
    before = {name: value.clone() for name, value in one.state_dict().items()}
    run.turn(0, (mover,))
    assert {name.split(".")[0] for name, value in one.state_dict().items() if not torch.equal(value, before[name])} == {mover}


def test_costs_of_an_ensemble_are_sums_over_its_games(rng):
    members = 3
    together = SemiSupervisedGAN(
        Ensemble(lambda: mlp(4, 16, 2), members),
        nn.Sequential(Ensemble(body, members), Ensemble(lambda: mlp(8, CLASSES), members)),
        latent=4,
    )
    draw = together.draw(batch(rng), rng)
    alone = dict.fromkeys(together.order, 0)
    for k in range(members):
        one = SemiSupervisedGAN(together.generator.member(k), nn.Sequential(*(e.member(k) for e in together.discriminator)), 4)
        part = one.draw(batch(rng), rng)
        for name, value in vars(draw).items():
            if isinstance(value, torch.Tensor):
                setattr(part, name, value.chunk(members)[k])
        for player in alone:
            alone[player] = alone[player] + one.cost(player, part)
    for player, cost in alone.items():
        torch.testing.assert_close(together.cost(player, draw), cost)


@pytest.mark.parametrize("wrong", [torch.zeros(4, 2), (torch.zeros(4, 2), torch.zeros(4))])
def test_batches_without_labelled_images_are_refused(wrong, rng):
    with pytest.raises(GameError, match="wants three things in a batch.*data.Together"):
        game().draw(wrong, rng)


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(rng, tmp_path):
    points, few, labels = batch(rng, 40, 10)

    def play_until(rounds, **settings):
        one, streams = game(), Together(Batches(points, size=16, seed=1), Batches(few, labels, size=4, seed=2))
        history = play(one, streams, rounds, ema=0.9, **settings)
        return one.state_dict(), history.average.state_dict(), history.costs

    whole = play_until(7)
    play_until(3, checkpoint=tmp_path / "run.pt")
    torch.testing.assert_close(play_until(7, checkpoint=tmp_path / "run.pt"), whole, rtol=0, atol=0)
