"""The game of real or fake deals fairly, tells nothing before the end, and scores as `metrics.sensitivity` does. One process of node
answers all questions of this file."""

import base64
import io
import re
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
import torch
from PIL import Image

from gan_edu import metrics
from gan_edu.errors import GameError
from gan_edu.widgets import RealOrFake

COUNTS = [
    {"hits": hits, "falseAlarms": alarms, "real": real, "fake": fake}
    for real, fake in ((10, 10), (13, 7), (1, 3))
    for hits, alarms in product(range(real + 1), range(fake + 1))
]
PACK = {"trials": 20, "real": 100, "fake": 60, "network": [True] * 100 + [False] * 60}
PLAYERS = ("perfect", "contrary", "always real", "coin")
SEEDS = range(40)


@pytest.fixture(scope="module")
def answers(node):
    """`answers[key]`: what JavaScript answers."""
    questions = {("score", k): ["score", counts] for k, counts in enumerate(COUNTS)}
    for player, seed in product(PLAYERS, SEEDS):
        questions[player, seed] = ["game", {"pack": PACK, "seed": seed, "player": player}]
    questions["alone"] = ["game", {"pack": PACK | {"network": None}, "seed": 0, "player": "coin"}]
    questions["truths"] = ["truths", {"pack": PACK, "seeds": list(range(300))}]
    return node("real_or_fake.mjs", RealOrFake.folder, questions)


def test_the_score_is_that_of_metrics(answers):
    for k, counts in enumerate(COUNTS):
        there, here = answers["score", k], metrics.sensitivity(*counts.values())
        assert [there["value"], there["error"]] == pytest.approx([here.value, here.error], rel=1e-9, abs=1e-12)
        z = NormalDist().inv_cdf
        assert there["criterion"] == pytest.approx(-z((counts["falseAlarms"] + 0.5) / (counts["fake"] + 1)), abs=1e-9)
        within = z(0.975) * here.error
        assert there["interval"] == pytest.approx([here.value - within, here.value + within], abs=1e-9)


@pytest.mark.parametrize("player", PLAYERS)
def test_nothing_is_told_before_the_end_and_then_everything(answers, player):
    for seed in SEEDS:
        game = answers[player, seed]
        assert game["said"][:20] == [[f"Image {k + 1} of 20: real or fake?"] for k in range(20)]
        assert game["said"][20] == game["said"][22] and len(game["answers"]) == 20, "a press too many changes nothing"
        you, network = game["said"][20]
        counts = game["counts"]
        hits = sum(truth and answer for truth, answer in zip(game["truth"], game["answers"]))
        alarms = sum(answer and not truth for truth, answer in zip(game["truth"], game["answers"]))
        real = sum(game["truth"])
        assert counts == {"hits": hits, "falseAlarms": alarms, "real": real, "fake": 20 - real}
        assert f"You called {hits} of {real} real images real (hit rate" in you and f"and {alarms} of {20 - real} fakes" in you
        score = str(metrics.sensitivity(hits, alarms, real, 20 - real)).replace("-", "−")
        assert f"{score} (one standard error" in you
        assert network.startswith(f"The discriminator called {real} of {real} real images real (hit rate 100 %) and 0 of")
        verdict = {"perfect": "better than guessing", "contrary": "worse than guessing"}.get(player)
        assert verdict is None or verdict in you


def test_who_does_not_look_scores_nothing(answers):
    for player, most in (("always real", 0.7), ("coin", 2.0)):
        scores = [metrics.sensitivity(*answers[player, seed]["counts"].values()).value for seed in SEEDS]
        assert abs(sum(scores) / len(scores)) < 0.25 and max(map(abs, scores)) < most
        told = [answers[player, seed]["said"][20][0] for seed in SEEDS]
        assert sum("not to be told from guessing" in words for words in told) >= 35


def test_without_a_network_only_the_player_is_scored(answers):
    assert len(answers["alone"]["said"][20]) == 1


def test_what_is_shown_is_what_it_is_said_to_be_and_nothing_twice(answers):
    for seed in SEEDS:
        game = answers["perfect", seed]
        assert [k < PACK["real"] for k in game["shown"]] == game["truth"] and len(set(game["shown"])) == 20
        assert max(game["shown"]) < PACK["real"] + PACK["fake"]
    assert answers["perfect", 3]["shown"] == answers["coin", 3]["shown"] != answers["perfect", 4]["shown"]


def test_there_is_nothing_to_count_but_neither_side_is_missing(answers):
    """What came before says nothing about what comes next, as it would in a pack of ten and ten."""
    games = answers["truths"]
    assert {sum(truth) for truth in games} >= set(range(7, 14)) and all(5 <= sum(truth) <= 15 for truth in games)
    led = [(sum(truth[:k]) * 2 > k) != truth[k] for truth in games for k in range(1, 20, 2)]  # is the rarer one next?
    assert sum(led) / len(led) == pytest.approx(0.5, abs=0.03)


# ----- What Python puts into the page


def images_of(game):
    """The pictures of the sprite, one after the other."""
    kind, data = game.settings["sprite"].split(",")
    assert kind == "data:image/png;base64"
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    (height, width), columns = game.settings["size"], game.settings["columns"]
    count = game.settings["real"] + game.settings["fake"]
    places = [divmod(k, columns) for k in range(count)]
    return [sheet[height * row : height * (row + 1), width * column : width * (column + 1)] for row, column in places]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_page_holds_the_images_to_the_bit_and_what_the_discriminator_says_of_each(channels):
    rng = torch.Generator().manual_seed(0)
    real = torch.randint(0, 256, (130, channels, 8, 6), generator=rng, dtype=torch.uint8)
    fake = torch.rand(40, channels, 8, 6, generator=rng) * 2 - 1
    logits = torch.randn(130, 1, 2, 2, generator=rng), torch.randn(40, generator=rng)
    game = RealOrFake(real, fake, trials=8, logits=logits, seed=3)
    assert (game.settings["real"], game.settings["fake"], game.settings["trials"]) == (100, 40, 8)
    known = {}
    for images, said in ((real, logits[0].flatten(1).mean(1)), ((fake + 1) * 127.5, logits[1])):
        for image, logit in zip(images, said):
            ink = image.float().round().to(torch.uint8).permute(1, 2, 0).numpy().squeeze()
            known[(255 - ink if channels == 1 else ink).tobytes()] = bool(logit > 0)
    found = [image.tobytes() for image in images_of(game)]
    assert len(set(found)) == 140 and [known[image] for image in found] == game.settings["network"]
    again = RealOrFake(real, fake, trials=8, logits=logits, seed=3)
    assert again.settings == game.settings != RealOrFake(real, fake, trials=8, logits=logits, seed=4).settings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(30, 8, 8), torch.zeros(30, 8, 8)), r"must be \(N, C, H, W\)"),
        ((torch.zeros(30, 1, 8, 8), torch.zeros(30, 3, 8, 8)), r"of one size; these are \(30, 1, 8, 8\) and"),
        ((torch.zeros(30, 1, 8, 8), torch.zeros(19, 1, 8, 8)), "20 trials with 30 real and 19 fake"),
        ((torch.zeros(30, 1, 8, 8), torch.zeros(30, 1, 8, 8), 3), "at least 4 trials"),
        ((torch.zeros(30, 1, 8, 8), torch.zeros(30, 1, 8, 8), 9, (torch.zeros(30, 1), torch.zeros(29, 1))), "pair of tensors"),
    ],
)
def test_a_game_that_cannot_be_played_is_refused(arguments, message):
    with pytest.raises(GameError, match=message):
        RealOrFake(*arguments)


def test_no_image_of_a_digit_costs_the_page_much():
    digits = torch.randint(0, 256, (100, 1, 28, 28), dtype=torch.uint8)  # noise, which nothing compresses
    assert len(RealOrFake(digits, digits).page()) < 300_000
    assert re.search(r"data:image/png", RealOrFake(digits, digits).page())
