"""The laboratory of strokes plays the package's own game, `Projection`. One process of node answers all questions of this file."""

from functools import partial

import pytest
import torch
from torch import nn

from gan_edu.engine import Engine
from gan_edu.errors import GameError
from gan_edu.models.gan import Latent
from gan_edu.models.projection import Projection
from gan_edu.networks import dcgan_generator, residual_generator
from gan_edu.training import play
from gan_edu.widgets import StrokeLab
from gan_edu.widgets.page.generator import exported
from gan_edu.widgets.strokes import BRUSHES

CELLS = 4
STROKES = {"ink": ["a1", "b1", "c3"], "paper": ["d4", "a4"]}
FIELDS = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -1]
COLOURS = {"yellow": ["a1", "b1"], "#FF8000": ["c3"], "white": ["d4"], "black": ["a4"]}
YELLOW, OWN, WHITE, BLACK = ([0.8824, 0.6314, -0.749], [1.0, 0.0039, -1.0], [1.0] * 3, [-1.0] * 3)
FREE = [0.0] * 3
COLOUR_FIELDS = [YELLOW, YELLOW, *[FREE] * 8, OWN, FREE, BLACK, FREE, FREE, WHITE]
NEARNESS = (0.0, 0.5)
STEPS = 8


def in_eight_bits(network, loudness):
    """The network with weights that the page holds without rounding, whole numbers times a scale for each output; loud, so that images
    differ and it matters which is nearest."""
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            outputs = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
            others = [axis for axis in range(layer.weight.dim()) if axis != outputs]
            scale = layer.weight.data.abs().amax(others, keepdim=True) / 127
            layer.weight.data = loudness * scale * (layer.weight.data / scale).round()
    return network


def coloured():
    """A residual generator whose norms have seen something, told a latent of 5 numbers and one of 2 categories."""
    network = residual_generator(7, 3, 8, width=4)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 1, 2)
    return in_eight_bits(network, loudness=2).eval()


torch.manual_seed(0)
LATENT = Latent(5)
GENERATOR = in_eight_bits(dcgan_generator(5, 1, 8, width=3, depth=1, normalise=False), loudness=3).eval()
STARTS = torch.randn(3, 5)
COLOURED = coloured()
CATEGORY = [0.0, 1.0]


def in_colour():
    return StrokeLab(COLOURED, LATENT, CELLS, COLOURS, categories=2)


def strokes_of(lab):
    """What the page knows of the strokes."""
    return {"fields": lab.settings["strokes"], "brushes": lab.settings["brushes"], "cells": CELLS}


@pytest.fixture(scope="module")
def answers(node):
    """`answers[key]`: what JavaScript answers."""
    grey = {"generator": exported(GENERATOR, 5)} | strokes_of(StrokeLab(GENERATOR, LATENT, CELLS, STROKES))
    colour = {"generator": exported(COLOURED, 7)} | strokes_of(in_colour())
    pool = {"count": 4, "among": 30, "made": 40, "seed": 3}
    normal, uniform = {"size": 5, "kind": "normal", "scale": 0.5}, {"size": 5, "kind": "uniform", "scale": 1.0}
    questions = {
        "wish": ["wish", strokes_of(StrokeLab(GENERATOR, LATENT, CELLS, STROKES)) | {"shape": [1, 8, 8]}],
        "wish in colour": ["wish", strokes_of(in_colour()) | {"shape": [3, 8, 8]}],
        "names": ["names", 7],
        "words": ["words", ["ink", "free", "yellow", "#ff8000"]],
        "normal": ["pool", grey | pool | {"latent": normal, "categories": 0}],
        "uniform": ["pool", grey | pool | {"latent": uniform, "categories": 0}],
        "other seed": ["pool", grey | pool | {"seed": 4, "latent": uniform, "categories": 0}],
        "in colour": ["pool", colour | pool | {"latent": normal, "categories": 2}],
        "grey table": ["table", grey["brushes"]],
        "colour table": ["table", colour["brushes"]],
        "own": ["setting", {"brushes": colour["brushes"], "given": {"brush": "own", "own": "#FF8000"}}],
        "no colour": ["setting", {"brushes": colour["brushes"], "given": {"own": "reddish"}}],
    }
    for nearness in NEARNESS:
        search = {"starts": STARTS.tolist(), "nearness": nearness, "steps": STEPS}
        questions[nearness] = ["search", grey | search | {"category": []}]
        questions["in colour", nearness] = ["search", colour | search | {"category": CATEGORY}]
    return node("strokes.mjs", StrokeLab.folder, questions)


def wish(fields=FIELDS):
    """The strokes as images: what is wanted (1, C, 8, 8), and where it counts (1, 1, 8, 8)."""
    whole = torch.tensor(fields).view(1, CELLS, CELLS, -1).movedim(3, 1).float()
    whole = whole.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return whole, (whole != 0).any(1, keepdim=True).float()


@pytest.mark.parametrize(("which", "fields"), [("wish", FIELDS), ("wish in colour", COLOUR_FIELDS)])
def test_a_wish_is_the_fields_grown_to_the_images_size(answers, which, fields):
    wanted, mask = wish(fields)
    places = mask.expand_as(wanted).flatten().nonzero().flatten()
    assert answers[which]["places"] == places.tolist()
    torch.testing.assert_close(
        torch.tensor(answers[which]["wanted"], dtype=torch.float32), wanted.flatten()[places], rtol=0, atol=1e-4
    )


class OfCategory(nn.Module):
    """The generator in colour, told that category."""

    def __init__(self):
        super().__init__()
        self.network = COLOURED

    def forward(self, latents):
        return self.network(torch.cat([latents, torch.tensor([CATEGORY]).expand(len(latents), -1)], 1))


@pytest.mark.parametrize("nearness", NEARNESS)
@pytest.mark.parametrize("colour", [False, True])
def test_latents_move_as_in_projection(answers, colour, nearness):
    generator, paths = (OfCategory(), answers["in colour", nearness]) if colour else (GENERATOR, answers[nearness])
    wanted, mask = wish(COLOUR_FIELDS if colour else FIELDS)
    before = None
    for steps in range(0, STEPS + 1, 2):
        game = Projection(generator, STARTS, wanted.expand(3, -1, -1, -1), mask, nearness)
        if steps:
            play(game, None, steps, optimiser=partial(torch.optim.Adam, lr=0.05), engine=Engine("fp32", threads=1))
        latents, errors = game.latent.detach(), game.errors().detach()
        there = [path[steps] for path in paths]
        torch.testing.assert_close(torch.tensor([each["latent"] for each in there]), latents, rtol=0, atol=1e-4)
        torch.testing.assert_close(torch.tensor([each["error"] for each in there]), errors, rtol=0, atol=1e-4)
        assert [each["error"] for each in there] == pytest.approx([each["measured"] for each in there])
        before = errors if before is None else before
    assert (errors < before - 0.01).all(), "there was something to find"


def test_nearness_keeps_latents_near(answers):
    far, near = ([path[STEPS]["latent"] for path in answers[nearness]] for nearness in NEARNESS)
    for start, there, here in zip(STARTS, far, near, strict=True):
        assert (torch.tensor(here) - start).norm() < 0.95 * (torch.tensor(there) - start).norm()


@pytest.mark.parametrize("which", ["normal", "uniform", "in colour"])
def test_the_search_begins_at_the_nearest_of_the_pool(answers, which):
    generator, fields = (COLOURED, COLOUR_FIELDS) if which == "in colour" else (GENERATOR, FIELDS)
    made = answers[which]
    latents, images = (torch.tensor([member[what] for member in made["members"]]) for what in ("latent", "image"))
    assert len(latents) == made["grown"] == 40 and len(latents.unique(dim=0)) == 40
    categories = torch.tensor([member["category"] for member in made["members"]])
    with torch.no_grad():
        torch.testing.assert_close(images, generator(torch.cat([latents, categories], 1)).flatten(1), rtol=0, atol=1e-5)
    wanted, mask = wish(fields)
    apart = (mask * (images[:30].view(30, -1, 8, 8) - wanted).square()).sum((1, 2, 3))
    assert made["nearest"] == apart.topk(4, largest=False).indices.tolist()


def test_each_random_latent_has_a_random_category_where_there_are_some(answers):
    categories = torch.tensor([member["category"] for member in answers["in colour"]["members"]])
    assert categories.sum(1).eq(1).all() and 10 < categories[:, 0].sum() < 30
    assert all(member["category"] == [] for member in answers["normal"]["members"])


def test_latents_are_drawn_as_the_generator_wants_them_and_by_seed(answers):
    normal, uniform, other = (
        torch.tensor([member["latent"] for member in answers[which]["members"]])
        for which in ("normal", "uniform", "other seed")
    )
    assert 0.4 < normal.std() < 0.6 and normal.abs().max() > 1
    assert uniform.abs().max() < 1 and 0.5 < uniform.std() < 0.65
    assert not (uniform == other).any()


# ----- What Python puts into the page


def test_strokes_are_given_by_the_names_that_the_page_shows(answers):
    lab = StrokeLab(GENERATOR, LATENT, cells=4, strokes=STROKES, steps=3)
    names = {1: "ink", 0: "free", -1: "paper"}
    assert lab.settings["strokes"] == [names[value] for value in FIELDS] and lab.settings["steps"] == 3
    assert lab.settings["latent"] == {"size": 5, "kind": "normal", "scale": 1.0}
    assert StrokeLab(GENERATOR, LATENT, cells=4).settings["strokes"] == ["free"] * 16
    assert answers["names"][:9] == ["a1", "b1", "c1", "d1", "e1", "f1", "g1", "a2", "b2"] and answers["names"][-1] == "g7"


def test_brushes_are_those_of_the_images(answers):
    grey, colour = answers["grey table"], answers["colour table"]
    assert grey["brushes"] == ["ink", "paper", "free"] and "own" not in grey["names"]
    assert colour["brushes"] == [*BRUSHES[3], "own", "free"] and "own" in colour["names"]
    fields = in_colour().settings["strokes"]
    assert [fields[k] for k in (0, 1, 2, 10, 12, 15)] == ["yellow", "yellow", "free", "#ff8000", "black", "white"]
    assert answers["words"] == ["ink", "free", "yellow", "own colour #ff8000"]


def test_a_colour_of_ones_own_is_read_or_said_to_be_none(answers):
    assert answers["own"]["settings"]["own"] == "#ff8000" and answers["own"]["problems"] == []
    (problem,) = answers["no colour"]["problems"]
    assert problem.startswith('The page says “own: "reddish"”: write red, green and blue with two digits')


def test_colours_may_have_other_names():
    sky = {"sky": "#0080FF", "grass": "#00ff00"}
    lab = StrokeLab(COLOURED, LATENT, cells=2, strokes={"sky": ["a1"], "#FF0000": ["b2"]}, colours=sky, categories=2)
    assert lab.settings["brushes"] == {"sky": [-1, pytest.approx(1 / 255, abs=1e-4), 1], "grass": [-1, 1, -1]}
    assert lab.settings["strokes"] == ["sky", "free", "free", "#ff0000"]
    with pytest.raises(GameError, match="'red' is no brush: choose sky or grass, or a colour of your own"):
        StrokeLab(COLOURED, LATENT, cells=2, strokes={"red": ["a1"]}, colours=sky, categories=2)
    for colours in ({"sky": "blue"}, {"free": "#0080ff"}, {"#0080ff": "#0080ff"}):
        with pytest.raises(GameError, match="is no brush: give a name and a colour"):
            StrokeLab(COLOURED, LATENT, cells=2, colours=colours, categories=2)
    with pytest.raises(GameError, match="does not fit images with 1 channels"):
        StrokeLab(GENERATOR, LATENT, cells=2, colours=sky)


def test_colours_can_be_told_from_one_another():
    colours = torch.tensor([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in BRUSHES[3].values()])
    assert torch.pdist(colours.float()).min() > 60


@pytest.mark.parametrize("field", ["e1", "a5", "a0", "a", "", "11", "a-1", "a1.5", "A1"])
def test_a_field_that_there_is_not_is_refused(field):
    with pytest.raises(GameError, match="there is no field .* the first is a1, at the top left, the last d4"):
        StrokeLab(GENERATOR, LATENT, cells=4, strokes={"ink": [field]})


def test_other_mistakes_are_refused_too():
    with pytest.raises(GameError, match="'chalk' is no brush: choose ink or paper"):
        StrokeLab(GENERATOR, LATENT, cells=4, strokes={"chalk": ["a1"]})
    with pytest.raises(GameError, match=r"a grid of 3×3 fields does not fit images of \(1, 8, 8\)"):
        StrokeLab(GENERATOR, LATENT, cells=3)
    with pytest.raises(GameError, match="fit images of .* square"):
        StrokeLab(nn.Sequential(nn.Linear(5, 8), nn.Unflatten(1, (1, 2, 4))), LATENT, cells=2)
    with pytest.raises(GameError, match="27×27 fields .* 26 at most"):
        StrokeLab(nn.Sequential(nn.Linear(5, 27**2), nn.Unflatten(1, (1, 27, 27))), LATENT, cells=27)
    with pytest.raises(
        GameError, match="'ink' is no brush: choose red, .* grey or white, or a colour of your own such as #ff8800"
    ):
        StrokeLab(COLOURED, LATENT, cells=4, strokes={"ink": ["a1"]}, categories=2)
    with pytest.raises(GameError, match="'#ff88' is no brush"):
        StrokeLab(COLOURED, LATENT, cells=4, strokes={"#ff88": ["a1"]}, categories=2)
    with pytest.raises(GameError, match="'#ff8800' is no brush: choose ink or paper.$"):
        StrokeLab(GENERATOR, LATENT, cells=4, strokes={"#ff8800": ["a1"]})
    with pytest.raises(GameError, match="layer 1, GELU"):
        StrokeLab(nn.Sequential(nn.Unflatten(1, (1, 1, 5)), nn.GELU()), LATENT)
