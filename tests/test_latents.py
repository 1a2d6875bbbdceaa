"""The laboratory of latents walks as chapter 05 does, and tells the generator what it was trained to be told. One process of node
answers all questions of this file."""

import pytest
import torch
from torch import nn

from gan_edu.data import to_bytes
from gan_edu.errors import GameError
from gan_edu.models.gan import Latent
from gan_edu.models.infogan import InfoGAN
from gan_edu.networks import dcgan_generator, mlp
from gan_edu.widgets import LatentLab
from gan_edu.widgets.latents import principal_directions

SIZE = 6
TS = [0.0, 0.2, 0.5, 1.0]
PLAIN = {"latent": {"size": SIZE, "kind": "normal", "scale": 1.0}, "categories": 0, "continuous": 0, "directions": []}
TOLD = PLAIN | {"latent": {"size": SIZE, "kind": "normal", "scale": 0.25}, "categories": 4, "continuous": 2}
MOVED = PLAIN | {"directions": [["slant", [1.0, 0, 0, 0, 0, 0]], ["weight", [0, 0, 2.0, 0, 0, 0]]]}
LATENTS = [Latent(64), Latent(64, scale=0.25), Latent(100, "uniform"), Latent(10)]


def ends():
    return torch.randn(2, SIZE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture(scope="module")
def answers(node):
    """`answers[key]`: what JavaScript answers."""
    a, b = ends().tolist()
    walk = lambda space, **given: ["walk", {"space": space, "given": given, "ts": TS}]  # noqa: E731
    questions = {way: ["way", {"way": way, "a": a, "b": b, "ts": TS}] for way in ("sphere", "line")}
    questions |= {
        "nowhere": ["way", {"way": "sphere", "a": a, "b": a, "ts": TS}],
        "back": ["way", {"way": "sphere", "a": a, "b": [-x for x in a], "ts": TS}],
        "plain": walk(PLAIN),
        "from 3 to 5": walk(PLAIN, start=3, end=5, way="line"),
        "seed": walk(PLAIN, seed=1),
        "truncated": walk(PLAIN, truncation=0.5),
        "moved": walk(MOVED, direction1=1.5, direction2=-1, truncation=0.5),
        "told": walk(TOLD, category=2, code1=0.5, code2=-2),
        "quiet": walk(TOLD),
        "uniform": walk(PLAIN | {"latent": {"size": SIZE, "kind": "uniform", "scale": 2.0}}),
        "grey": ["bytes", {"image": [-1.0, 1.0, 0.0, 0.5, 7.0, -7.0], "shape": [1, 2, 3]}],
        "colour": ["bytes", {"image": [-1.0, 1.0, 0.0, 1.0, 0.5, -0.5], "shape": [3, 1, 2]}],
        "lengths": ["lengths", [a, b]],
    }
    questions |= {("table", k): ["table", space] for k, space in enumerate((PLAIN, TOLD, MOVED))}
    questions |= {("shell", k): ["shell", vars(latent)] for k, latent in enumerate(LATENTS)}
    return node("latents.mjs", LatentLab.folder, questions)


def slerp(a, b, t):
    """As in chapter 05."""
    omega = torch.acos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def test_ways_are_those_of_chapter_05(answers):
    a, b = ends()
    for t, straight, arc in zip(TS, answers["line"], answers["sphere"], strict=True):
        assert straight == pytest.approx(((1 - t) * a + t * b).tolist(), abs=1e-12)
        assert arc == pytest.approx(slerp(a, b, t).tolist(), abs=1e-12)
    assert answers["lengths"] == pytest.approx([a.norm().item(), b.norm().item()])


def test_where_there_is_no_arc_the_way_is_straight(answers):
    a = ends()[0]
    for t, there, back in zip(TS, answers["nowhere"], answers["back"], strict=True):
        assert there == pytest.approx(a.tolist()) and back == pytest.approx(((1 - 2 * t) * a).tolist(), abs=1e-12)


def test_the_way_leads_from_the_one_sample_to_the_other(answers):
    walk, other = answers["plain"], answers["from 3 to 5"]
    assert len(walk["samples"]) == 8 and walk["samples"] == walk["raw"] == other["samples"] != answers["seed"]["samples"]
    for way, (first, last) in ((walk["way"], (0, 1)), (other["way"], (2, 4))):
        assert way[0] == pytest.approx(walk["samples"][first]) and way[-1] == pytest.approx(walk["samples"][last])
    middle = [(a + b) / 2 for a, b in zip(walk["samples"][2], walk["samples"][4])]
    assert other["way"][2] == other["other"] == pytest.approx(middle) and walk["other"] != walk["way"][2]


def test_truncation_shrinks_all_latents_and_directions_move_all_of_them(answers):
    plain, truncated, moved = (torch.tensor(answers[which]["samples"]) for which in ("plain", "truncated", "moved"))
    torch.testing.assert_close(truncated, plain / 2)
    torch.testing.assert_close(moved, plain / 2 + torch.tensor([1.5, 0, -2.0, 0, 0, 0]))
    on_the_way = [torch.tensor(answers[which]["way"]) for which in ("plain", "moved")]
    torch.testing.assert_close(on_the_way[1], on_the_way[0] / 2 + torch.tensor([1.5, 0, -2.0, 0, 0, 0]))


def test_the_generator_is_told_what_infogan_tells_it(answers):
    game = InfoGAN(mlp(12, 4, 8), mlp(8, 4, 7), latent=SIZE, categories=4, continuous=2)
    latents = torch.tensor(answers["told"]["way"])
    codes = torch.tensor([[0.5, -2.0]]).expand(len(TS), -1)
    expected = game.request(latents, torch.full((len(TS),), 2), codes)
    torch.testing.assert_close(torch.tensor(answers["told"]["told"]), expected)
    assert answers["plain"]["told"] == answers["plain"]["way"]


def test_latents_are_as_loud_as_the_generator_knows_them(answers):
    quiet, plain, uniform = (torch.tensor(answers[which]["raw"]) for which in ("quiet", "plain", "uniform"))
    torch.testing.assert_close(quiet, plain / 4)
    assert 1 < uniform.abs().max() < 2


def test_the_shell_holds_nearly_all_random_latents(answers, rng):
    for k, latent in enumerate(LATENTS):
        shell = answers["shell", k]
        lengths = latent.draw(20_000, rng).norm(dim=1)
        assert shell["root"] == pytest.approx(lengths.square().mean().sqrt().item(), rel=0.01)
        assert 0.94 < ((lengths > shell["low"]) & (lengths < shell["high"])).float().mean() < 0.965
    words = [answers["shell", k]["words"] for k in range(len(LATENTS))]
    assert words == ["√64", "0.25 · √64", "√(100/3)", "√10"]


def test_there_is_a_control_for_what_the_generator_is_told_and_for_nothing_else(answers):
    always = ["start", "end", "way", "position", "truncation", "seed"]
    for k, more in enumerate(([], ["category", "code1", "code2"], ["direction1", "direction2"])):
        table = answers["table", k]
        assert sorted(table["names"]) == sorted(table["shown"]) == sorted(always + more)


def test_grey_images_are_ink_on_paper_and_colours_are_colours(answers):
    grey = torch.tensor(answers["grey"]).view(6, 4)
    assert grey[:, 3].eq(255).all() and grey[:, 0].tolist() == [255, 0, 128, 64, 0, 255]
    assert (grey[:, 0] == grey[:, 1]).all() and (grey[:, 1] == grey[:, 2]).all()
    image = torch.tensor([-1.0, 1.0, 0.0, 1.0, 0.5, -0.5]).view(1, 3, 1, 2)
    colours = torch.tensor(answers["colour"]).view(2, 4)
    assert (colours[:, :3].T - to_bytes(image).view(3, 2).int()).abs().max() <= 1


# ----- What Python puts into the page


def generator(inputs=SIZE, channels=1):
    torch.manual_seed(0)
    return dcgan_generator(inputs, channels, 8, width=2, depth=1)


def test_the_page_knows_the_generator_and_what_it_is_to_be_told():
    lab = LatentLab(generator(SIZE + 5, 3), Latent(SIZE, scale=0.5), categories=4, continuous=1, way="line", seed=3)
    assert lab.settings["generator"]["inputs"] == 11 and lab.settings["generator"]["shape"] == [3, 8, 8]
    assert lab.settings["latent"] == {"size": SIZE, "kind": "normal", "scale": 0.5}
    assert (lab.settings["categories"], lab.settings["continuous"], lab.settings["seed"]) == (4, 1, 3)
    names, vectors = zip(*lab.settings["directions"])
    assert names == ("principal 1", "principal 2", "principal 3")
    expected = 0.5 * principal_directions(generator(SIZE + 5, 3), SIZE, 3)
    torch.testing.assert_close(torch.tensor(vectors), expected, rtol=0, atol=1e-6)
    lab = LatentLab(generator(), Latent(SIZE), directions={"slant": torch.arange(6.0)})
    assert lab.settings["directions"] == [["slant", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]]


def test_principal_directions_are_those_that_change_most():
    first = nn.Linear(5, 4)
    nn.init.zeros_(first.weight)
    for place, weight in ((1, 3.0), (3, -2.0), (0, 1.0), (4, 9.0)):
        first.weight.data[place % 4, place] = weight
    found = principal_directions(nn.Sequential(first, nn.ReLU()), 4, 2)
    torch.testing.assert_close(found, torch.eye(4)[[1, 3]])


def test_what_does_not_fit_is_refused():
    with pytest.raises(GameError, match=r"direction 'slant' has shape \(7,\), and latents have 6 numbers"):
        LatentLab(generator(), Latent(SIZE), directions={"slant": torch.zeros(7)})
    with pytest.raises(GameError, match="9 principal directions"):
        LatentLab(generator(), Latent(SIZE), directions=9)
    with pytest.raises(GameError, match="layer 1, GELU"):
        LatentLab(nn.Sequential(nn.Unflatten(1, (1, 2, 3)), nn.GELU()), Latent(SIZE))
