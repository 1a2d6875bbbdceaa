"""Recipes: the articles' own settings, layer by layer, and that each plays."""

import pytest
import torch
from torch import nn

from gan_edu import recipes
from gan_edu.data import ImageSet, to_pixels
from gan_edu.engine import Engine
from gan_edu.errors import GameError
from gan_edu.games import turns
from gan_edu.models import bigan, conditional, infogan, mlp_gan
from gan_edu.models.gan import GAN

ARTICLES = ["tensorflow", "introductory", "keras"]
UNTOLD = ["dcgan", "clothes", "photographs", *ARTICLES]  # generators that nobody asks for anything
LAYERS = (nn.Linear, nn.ReLU, nn.LeakyReLU, nn.Dropout, nn.Sigmoid, nn.Tanh)


@pytest.fixture
def tiny():
    """As many random images as the largest batch needs, and one more."""
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (129, 1, 28, 28), generator=rng, dtype=torch.uint8)
    return ImageSet("noise", images, torch.zeros(129, dtype=torch.long), ("noise",), "a generator of random numbers")


def layers(network):
    """Layers in words: widths of linear layers, names of all others."""
    found = [module for module in network.modules() if isinstance(module, LAYERS)]
    return " ".join(str(m.out_features) if isinstance(m, nn.Linear) else type(m).__name__ for m in found)


def group(name, player="generator"):
    maker = recipes.named(name).optimiser
    maker = maker[player] if isinstance(maker, dict) else maker
    optimiser = maker([nn.Parameter(torch.zeros(1))])
    return type(optimiser), optimiser.param_groups[0]["lr"], optimiser.param_groups[0]["betas"]


NETWORKS = {
    "tensorflow": ("128 ReLU 784 Sigmoid", "128 ReLU 1"),
    "introductory": ("500 ReLU 500 ReLU 784 Sigmoid", "500 ReLU 500 ReLU 1"),
    "keras": (
        "256 LeakyReLU 512 LeakyReLU 1024 LeakyReLU 784 Tanh",
        "1024 LeakyReLU Dropout 512 LeakyReLU Dropout 256 LeakyReLU Dropout 1",
    ),
}


@pytest.mark.parametrize("name", ARTICLES)
def test_the_networks_have_the_articles_layers(name):
    game = recipes.named(name).game((1, 28, 28))
    assert (layers(game.generator), layers(game.discriminator)) == NETWORKS[name]
    assert game.latent.size == 100
    for module in game.modules():
        assert not isinstance(module, nn.LeakyReLU) or module.negative_slope == 0.2
        assert not isinstance(module, nn.Dropout) or module.p == 0.3


PLAY = {  # learning rate, betas, batch, epochs, schedule, latent, objective
    "tensorflow": (1e-3, (0.9, 0.999), 128, None, "DG", "uniform"),
    "introductory": (1e-3, (0.9, 0.999), 128, 100, "D+G", "normal"),
    "keras": (2e-4, (0.5, 0.999), 128, 200, "DG", "normal"),
}


@pytest.mark.parametrize("name", ARTICLES)
def test_optimiser_batch_epochs_and_order_of_play_are_the_articles(name):
    recipe = recipes.named(name)
    rate, betas, batch, epochs, schedule, latent = PLAY[name]
    assert group(name) == group(name, "discriminator") == (torch.optim.Adam, rate, betas)
    assert recipe.batch == batch and recipe.schedule == schedule and epochs in (None, recipe.epochs)
    game = recipe.game((1, 28, 28))
    assert game.latent.kind == latent and game.objective.name == "non-saturating" and recipe.ema is None
    assert turns(recipe.schedule, game.order)


@pytest.mark.parametrize("name, low", [("tensorflow", 0), ("introductory", 0), ("keras", -1)])
def test_the_generator_makes_what_the_data_look_like(name, low, rng):
    """Pixels in [-1, 1] against a tanh, in [0, 1] against a sigmoid: the published mixture of the two does not learn."""
    recipe = recipes.named(name)
    prepared = recipe.prepare(torch.tensor([[[[0, 255]]]], dtype=torch.uint8))
    assert prepared.flatten().tolist() == [low, 1]
    assert {"Sigmoid": 0, "Tanh": -1}[layers(recipe.game((1, 28, 28)).generator).split()[-1]] == low


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_generated_images_come_back_as_pixels_between_minus_one_and_one(name):
    bytes_ = torch.tensor([[[[0, 255]]]], dtype=torch.uint8)
    torch.testing.assert_close(recipes.pixels(name, recipes.named(name).prepare(bytes_)), to_pixels(bytes_))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)], ids=["MNIST", "colour"])
@pytest.mark.parametrize("name", UNTOLD)
def test_networks_follow_the_shape_of_the_images(name, shape, rng):
    game = recipes.named(name).game(shape)
    samples = game.sample(2, rng)
    assert samples.shape == (2, *shape) and game.discriminator(samples).shape == (2, 1)


ASKED = {
    "conditional": lambda game, rng: game.sample(torch.tensor([3, 9]), rng),
    "auxiliary classifier": lambda game, rng: game.sample(torch.tensor([3, 9]), rng),
    "infogan": lambda game, rng: game.sample(torch.tensor([3, 9]), torch.tensor([[0.0], [-1.0]]), rng),
    "bigan": lambda game, rng: game.reconstruct(game.sample(2, rng)),
}


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)], ids=["MNIST", "colour"])
@pytest.mark.parametrize("name", ASKED)
def test_networks_that_are_asked_follow_the_shape_of_the_images(name, shape, rng):
    assert ASKED[name](recipes.named(name).game(shape), rng).shape == (2, *shape)


def test_what_the_recipes_of_notebook_10_are_told():
    assert {name for name in recipes.RECIPES if recipes.named(name).labels} == {"conditional", "auxiliary classifier"}
    kinds = {name: type(recipes.named(name).game((1, 28, 28))).__name__ for name in ASKED}
    assert list(kinds.values()) == ["ConditionalGAN", "AuxiliaryClassifierGAN", "InfoGAN", "BiGAN"]
    assert conditional.game((1, 28, 28), classes=3).generator[0].in_features == 64 + 3
    assert infogan.game((1, 28, 28), categories=5, continuous=2, changes=()).generator[0].in_features == 64 + 7
    assert bigan.game((1, 28, 28), latent=7).encode(torch.zeros(2, 1, 28, 28)).shape == (2, 7)


def test_the_logit_of_infogan_is_bounded_by_itself_and_its_reader_is_free(rng):
    heads = recipes.named("infogan").game((1, 28, 28)).discriminator[-1].heads
    logit, reader = (head.weight.norm(dim=1) for head in heads)
    assert logit.tolist() == pytest.approx([1.0], abs=1e-5) and reader.shape == (11,)
    with torch.no_grad():
        heads[1].weight.mul_(100)
    features = torch.randn(2, heads[1].in_features, generator=rng)
    assert heads[0](features).std() < 10 < heads[1](features).std()


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_plays_and_moves_every_parameter(name, tiny):
    torch.manual_seed(0)
    start = recipes.named(name).game(tiny.shape).state_dict()
    game, history = recipes.play(name, tiny, rounds=2)
    assert history.rounds == 2 and all(len(costs) == 2 for costs in history.costs.values())
    still = [key for key, p in game.named_parameters() if torch.equal(p, start[key])]
    assert still == []


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_recipe_is_reproducible_and_its_seed_matters(name, tiny):
    costs = [recipes.play(name, tiny, rounds=1, seed=seed, engine=Engine("fp32"))[1].costs for seed in (4, 4, 5)]
    assert costs[0] == costs[1] != costs[2]


def test_without_a_number_of_rounds_it_plays_the_epochs_of_its_source(tiny, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        recipes.training, "play", lambda game, batches, rounds, **settings: asked.update(rounds=rounds, **settings)
    )
    recipes.play("keras", tiny)
    assert asked["rounds"] == 200 * (129 // 128) and asked["schedule"] == "DG"
    recipes.play("keras", tiny, rounds=3, schedule="D+G", seed=8)
    assert (asked["rounds"], asked["schedule"], asked["seed"]) == (3, "D+G", 8)


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(GameError, match="'kears'; there are dcgan, clothes, photographs, tensorflow, introductory, keras"):
        recipes.named("kears")


def test_the_introductory_price_is_l1_and_l2_of_all_weight_matrices_and_no_biases():
    game = mlp_gan.introductory((1, 28, 28))
    rng = torch.Generator().manual_seed(0)
    draw = game.draw(torch.rand(8, 1, 28, 28), rng)
    for player in game.players():
        weights = [p for name, p in player.parameters.items() if name.endswith("weight")]
        assert len(weights) == 3
        expected = 1e-5 * sum(w.abs().sum() + w.square().sum() for w in weights)
        plain = GAN(game.generator, game.discriminator, game.latent)
        torch.testing.assert_close(game.cost(player.name, draw) - plain.cost(player.name, draw), expected, rtol=1e-3, atol=1e-5)


def test_in_keras_the_discriminator_sees_128_fakes_and_the_generator_learns_from_256():
    game = mlp_gan.keras((1, 28, 28))
    seen = {}
    game.discriminator.register_forward_hook(lambda module, args, output: seen.setdefault(player, []).append(len(args[0])))
    draw = game.draw(torch.zeros(128, 1, 28, 28), torch.Generator().manual_seed(0))
    for player in game.order:
        game.cost(player, draw)
    assert seen == {"discriminator": [256], "generator": [256]}  # one batch of real and generated digits, as in the article
