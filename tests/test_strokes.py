"""The laboratory of strokes plays the package's own game, `Projection`. One process of node answers all questions of this file."""

from functools import partial

import pytest
import torch
from torch import nn

from gan_edu.engine import Engine
from gan_edu.errors import GameError
from gan_edu.models.gan import Latent
from gan_edu.models.projection import Projection
from gan_edu.networks import dcgan_generator
from gan_edu.training import play
from gan_edu.widgets import StrokeLab
from gan_edu.widgets.page.generator import exported

CELLS = 4
STROKES = {"ink": ["a1", "b1", "c3"], "paper": ["d4", "a4"]}
FIELDS = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -1]
NEARNESS = (0.0, 0.5)
STEPS = 8


def loud_in_eight_bits(network):
    """Images that differ, so that it matters which is nearest, from weights that the page holds without rounding."""
    for layer in (layer for layer in network if hasattr(layer, "weight")):
        outputs = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        others = [axis for axis in range(layer.weight.dim()) if axis != outputs]
        scale = layer.weight.data.abs().amax(others, keepdim=True) / 127
        layer.weight.data = 3 * scale * (layer.weight.data / scale).round()
    return network


torch.manual_seed(0)
GENERATOR = loud_in_eight_bits(dcgan_generator(5, 1, 8, width=3, depth=1, normalise=False)).eval()
LATENT = Latent(5)
STARTS = torch.randn(3, 5)


@pytest.fixture(scope="module")
def answers(node):
    """`answers[key]`: what JavaScript answers."""
    base = {"generator": exported(GENERATOR, LATENT.size), "fields": FIELDS, "cells": CELLS}
    pool = base | {"count": 4, "among": 30, "made": 40, "seed": 3}
    questions = {
        "wish": ["wish", {"fields": FIELDS, "cells": CELLS, "side": 8}],
        "names": ["names", 7],
        "normal": ["pool", pool | {"latent": {"size": 5, "kind": "normal", "scale": 0.5}}],
        "uniform": ["pool", pool | {"latent": {"size": 5, "kind": "uniform", "scale": 1.0}}],
        "other seed": ["pool", pool | {"seed": 4, "latent": {"size": 5, "kind": "uniform", "scale": 1.0}}],
    }
    for nearness in NEARNESS:
        questions[nearness] = ["search", base | {"starts": STARTS.tolist(), "nearness": nearness, "steps": STEPS}]
    return node("strokes.mjs", StrokeLab.folder, questions)


def wish():
    """The strokes as images: what is wanted and where it counts, both (1, 1, 8, 8)."""
    whole = torch.tensor(FIELDS, dtype=torch.float32).view(1, 1, CELLS, CELLS)
    whole = whole.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return whole, (whole != 0).float()


def test_a_wish_is_the_fields_grown_to_the_images_size(answers):
    wanted, mask = wish()
    assert list(answers["wish"]["wanted"].values()) == wanted.flatten().tolist()
    assert answers["wish"]["count"] == mask.sum()


@pytest.mark.parametrize("nearness", NEARNESS)
def test_latents_move_as_in_projection(answers, nearness):
    wanted, mask = wish()
    before = None
    for steps in range(0, STEPS + 1, 2):
        game = Projection(GENERATOR, STARTS, wanted.expand(3, -1, -1, -1), mask, nearness)
        if steps:
            play(game, None, steps, optimiser=partial(torch.optim.Adam, lr=0.05), engine=Engine("fp32", threads=1))
        latents, errors = game.latent.detach(), game.errors().detach()
        there = [path[steps] for path in answers[nearness]]
        torch.testing.assert_close(torch.tensor([each["latent"] for each in there]), latents, rtol=0, atol=1e-4)
        torch.testing.assert_close(torch.tensor([each["error"] for each in there]), errors, rtol=0, atol=1e-4)
        assert [each["error"] for each in there] == pytest.approx([each["measured"] for each in there])
        before = errors if before is None else before
    assert (errors < before - 0.01).all(), "there was something to find"


def test_nearness_keeps_latents_near(answers):
    far, near = ([path[STEPS]["latent"] for path in answers[nearness]] for nearness in NEARNESS)
    for start, there, here in zip(STARTS, far, near, strict=True):
        assert (torch.tensor(here) - start).norm() < 0.95 * (torch.tensor(there) - start).norm()


@pytest.mark.parametrize("which", ["normal", "uniform"])
def test_the_search_begins_at_the_nearest_of_the_pool(answers, which):
    made = answers[which]
    latents, images = (torch.tensor([member[what] for member in made["members"]]) for what in ("latent", "image"))
    assert len(latents) == made["grown"] == 40 and len(latents.unique(dim=0)) == 40
    with torch.no_grad():
        torch.testing.assert_close(images, GENERATOR(latents).flatten(1), rtol=0, atol=1e-5)
    wanted, mask = wish()
    apart = (mask * (images[:30].view(30, 1, 8, 8) - wanted).square()).sum((1, 2, 3))
    assert made["nearest"] == apart.topk(4, largest=False).indices.tolist()


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
    assert lab.settings["strokes"] == FIELDS and lab.settings["steps"] == 3
    assert lab.settings["latent"] == {"size": 5, "kind": "normal", "scale": 1.0}
    assert StrokeLab(GENERATOR, LATENT, cells=4).settings["strokes"] == [0] * 16
    assert answers["names"][:9] == ["a1", "b1", "c1", "d1", "e1", "f1", "g1", "a2", "b2"] and answers["names"][-1] == "g7"


@pytest.mark.parametrize("field", ["e1", "a5", "a0", "a", "", "11", "a-1", "a1.5", "A1"])
def test_a_field_that_there_is_not_is_refused(field):
    with pytest.raises(GameError, match="there is no field .* the first is a1, at the top left, the last d4"):
        StrokeLab(GENERATOR, LATENT, cells=4, strokes={"ink": [field]})


def test_other_mistakes_are_refused_too():
    with pytest.raises(GameError, match="'chalk' is no brush: choose ink or paper"):
        StrokeLab(GENERATOR, LATENT, cells=4, strokes={"chalk": ["a1"]})
    with pytest.raises(GameError, match=r"a grid of 3×3 fields does not fit images of \(1, 8, 8\)"):
        StrokeLab(GENERATOR, LATENT, cells=3)
    with pytest.raises(GameError, match="grey and square"):
        StrokeLab(dcgan_generator(5, 3, 8, width=3, depth=1), LATENT, cells=4)
    with pytest.raises(GameError, match="layer 1, GELU"):
        StrokeLab(nn.Sequential(nn.Unflatten(1, (1, 1, 5)), nn.GELU()), LATENT)
