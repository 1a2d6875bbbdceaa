"""The laboratories step as the course's own loop does, look without touching, and hide no error."""

import base64
import math
import re
import signal
import threading
from functools import partial

import nbformat
import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook
from scipy.spatial.distance import jensenshannon

from gan_edu.course import pages, runner
from gan_edu.data import gaussian, ring
from gan_edu.errors import GameError
from gan_edu.losses import non_saturating, relativistic
from gan_edu.models.gan import GAN
from gan_edu.networks import Ensemble, mlp
from gan_edu.penalties import R1
from gan_edu.training import adam, play
from gan_edu.widgets import GameLab
from gan_edu.widgets.lab import WatchedRun
from gan_edu.widgets.lab.view import FOLDER

PNG = b"\x89PNG"


# ----- GameLab


def small_gan(objective=non_saturating):
    return GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2, objective=objective)


def small_lab(make=small_gan, density=None, **settings):
    return GameLab(make, density or ring(), batch=32, optimiser=partial(adam, lr=1e-3), **settings)


def state(lab):
    """Everything that could differ between two runs, as one flat list of tensors."""
    run = lab.run.state_dict()
    optimisers = [v for o in run["optimisers"].values() for s in o["state"].values() for v in s.values()]
    return [*run["game"].values(), *optimisers, run["rng"], run["batches"]["rng"]]


def same(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(("mover", "other"), [("discriminator", "generator"), ("generator", "discriminator")])
def test_a_turn_of_one_player_leaves_the_other_bit_for_bit(mover, other):
    lab = small_lab()
    lab.rounds(3)
    moved = [p.clone() for p in getattr(lab.game, mover).parameters()]
    still = [p.clone() for p in getattr(lab.game, other).parameters()]
    lab.turn(mover)
    assert same(still, list(getattr(lab.game, other).parameters()))
    assert not any(torch.equal(a, b) for a, b in zip(moved, getattr(lab.game, mover).parameters(), strict=True))
    assert lab.alone == {mover: 1, other: 0} and lab.run.done == 3 and lab.position == 3.5


def test_rounds_in_the_lab_are_rounds_of_play():
    lab = small_lab(seed=5)
    view = lab.view()
    for question in ({"rounds": 1}, {"rounds": 4}, {"apart": True}, {}, {"rounds": 1}):
        assert "problem" not in asked(view, **question)[0]
    torch.manual_seed(5)
    game = small_gan()
    history = play(game, ring().batches(32, seed=5), 7, optimiser=partial(adam, lr=1e-3), seed=5)
    assert same(list(lab.game.parameters()), list(game.parameters()))
    assert lab.run.history.costs == history.costs
    assert lab.course == [list(row) for row in zip(range(1, 8), history.costs["discriminator"], history.costs["generator"])]


def test_looking_changes_nothing():
    lab = small_lab(lambda: GAN(mlp(2, 8, 2), torch.nn.Sequential(torch.nn.BatchNorm1d(2), mlp(2, 8, 1)), latent=2))
    lab.rounds(2)
    before, noise = [t.clone() for t in state(lab)], torch.get_rng_state()
    lab.scene()
    lab.picture()
    lab.describe()
    assert same(before, state(lab)) and torch.equal(noise, torch.get_rng_state())


def test_taking_a_round_apart_changes_nothing_of_it():
    make = partial(GAN, penalties=[R1(0.1)], latent=2)
    whole, apart = (
        small_lab(lambda: make(mlp(2, 8, 2), torch.nn.Sequential(torch.nn.BatchNorm1d(2), mlp(2, 8, 1)))) for _ in range(2)
    )
    whole.rounds(3)
    for _ in range(3):
        apart.round_apart()
    assert same(state(whole), state(apart)) and whole.course == apart.course


def test_starting_again_with_the_same_seed_repeats_the_run_and_with_another_does_not():
    lab = small_lab(seed=1)
    lab.turn("discriminator")
    lab.rounds(3)
    first = [t.clone() for t in state(lab)]
    lab.reset(1)
    assert lab.run.done == 0 and lab.costs == {} and lab.course == [] and not any(lab.alone.values())
    lab.turn("discriminator")
    lab.rounds(3)
    assert same(first, state(lab))
    lab.reset(2)
    assert not same(first[:1], state(lab)[:1])


def test_arrows_point_up_the_slope_of_a_linear_discriminator():
    lab = small_lab(lambda: GAN(mlp(2, 2), mlp(2, 1), latent=2))
    points = torch.randn(50, 2)
    slope = lab.game.discriminator[0].weight.detach()
    expected = torch.sigmoid(-lab.game.discriminator(points)).detach() * slope  # of -log D, one sample at a time
    torch.testing.assert_close(lab.pulls(points), expected)


def test_the_scene_is_what_the_networks_say():
    lab = small_lab()
    scene = lab.scene()
    with torch.no_grad():
        corners = torch.tensor([[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]) * lab.limit * (1 - 1 / 40)
        torch.testing.assert_close(scene["field"][[0, 0, -1, -1], [0, -1, 0, -1]], lab.game.discriminator(corners).flatten())
        ends = lab.game.generator(torch.tensor([[-2.0, -2.0], [2.0, -2.0]]))
        torch.testing.assert_close(scene["lattice"][0][[0, -1]], ends)
        torch.testing.assert_close(scene["judged"][1], lab.game.discriminator(lab.samples()).flatten())
    assert torch.equal(scene["pulls"], lab.pulls(lab.samples()[:25]))
    assert scene["lattice"].shape == (30, 41, 2) and set(lab.scene(())) == {"real", "samples"}


def test_a_turn_apart_holds_the_derivatives_of_its_costs():
    lab = small_lab(partial(small_gan, relativistic))
    (first, d), (second, g) = lab.round_apart()
    assert list(first) == ["discriminator"] and list(second) == ["generator"]
    real, fake = (outputs.requires_grad_() for outputs in d["outputs"].clone())
    cost = relativistic.discriminator(real, fake)
    assert cost.item() == pytest.approx(first["discriminator"]) == lab.run.history.costs["discriminator"][0]
    torch.testing.assert_close(d["pressures"], torch.stack(torch.autograd.grad(cost, (real, fake))))
    points = g["batch"][1].clone().requires_grad_()
    cost = relativistic.generator(lab.game.discriminator(g["batch"][0]), lab.game.discriminator(points))
    torch.testing.assert_close(g["slopes"], torch.autograd.grad(cost, points)[0])
    assert torch.equal(d["after"], d["batch"][1]) and not torch.equal(g["after"], g["batch"][1])
    assert not torch.equal(d["field"], g["field"]) and torch.equal(d["samples"], g["samples"])


def test_the_discriminators_cost_is_said_without_its_penalties():
    lab = small_lab(lambda: GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2, penalties=[R1(5.0)]))
    (costs, seen), _ = lab.round_apart()
    assert costs["discriminator"] == pytest.approx(non_saturating.discriminator(*seen["outputs"]).item())
    assert costs["discriminator"] < lab.run.history.costs["discriminator"][0]


@pytest.mark.parametrize("make", [partial(small_gan, relativistic), lambda: GAN(mlp(1, 8, 2), mlp(2, 8, 1), latent=1)])
def test_a_paired_objective_and_one_latent_are_drawn_too(make):
    lab = small_lab(make)
    assert lab.picture().startswith(PNG)
    assert lab.scene()["lattice"].shape == ((30, 41, 2) if lab.game.latent.size == 2 else (1, 201, 2))


class Disc:
    """Data without modes."""

    batches = ring().batches

    def sample(self, count, rng):
        return torch.rand(count, 2, generator=rng)


def test_modes_are_counted_where_there_are_modes():
    assert len(small_lab().modes().counts) == 8 and "of 8 modes" in small_lab().describe()
    assert small_lab(density=Disc()).modes() is None and "modes" not in small_lab(density=Disc()).describe()


def test_the_divergence_is_scipys_jensen_shannon_between_the_shares_of_cells():
    lab = small_lab()
    lab.rounds(3)
    edges, shares = np.linspace(-lab.limit, lab.limit, 21), []
    rng = torch.Generator().manual_seed(lab.seed)
    for points in (lab.samples(2500), ring().sample(20_000, rng), ring().sample(2500, rng)):
        inside = np.histogram2d(*points.double().numpy().T, bins=[edges, edges])[0].ravel() / len(points)
        shares.append([*inside, 1 - inside.sum()])
    generated, reference, again = shares
    assert lab.divergence() == pytest.approx(jensenshannon(generated, reference) ** 2, abs=1e-9)
    assert lab.floor == pytest.approx(jensenshannon(again, reference) ** 2, abs=1e-9) and 0 < lab.floor < 0.05
    lab.game.generator[-1].bias.data.fill_(math.nan)
    assert lab.divergence() == pytest.approx(math.log(2)), "what is at no number is outside"


def test_an_unknown_player_is_refused():
    with pytest.raises(GameError, match="no player 'judge'"):
        small_lab().turn("judge")


def test_ensembles_and_data_outside_the_plane_are_refused():
    with pytest.raises(GameError, match="not an ensemble"):
        small_lab(lambda: GAN(Ensemble(lambda: mlp(2, 2), 3), Ensemble(lambda: mlp(2, 1), 3), latent=2))
    with pytest.raises(GameError, match="in the plane"):
        small_lab(lambda: GAN(mlp(1, 1), mlp(1, 1), latent=1), gaussian())


# ----- What its page asks


def asked(view, **question):
    """What the page is told: (said, arrays by name)."""
    known = {"run": 0, "costs": 0, "measures": 0, "layers": ["verdicts", "manifold", "arrows"], "measure": True}
    said, buffers = view.reply(known | question)
    arrays = [np.frombuffer(b, np.float32).reshape(s) for b, (_, s) in zip(buffers, said["arrays"], strict=True)]
    return said, {name: array for (name, _), array in zip(said["arrays"], arrays)}


def test_the_page_steps_plays_and_begins_again():
    lab = small_lab()
    view = lab.view()
    asked(view, turn="discriminator")
    asked(view, turn="generator")
    said, arrays = asked(view, rounds=4)
    assert lab.alone == {"discriminator": 1, "generator": 1} and lab.run.done == 4
    assert said["says"] == lab.describe() and said["position"] == 5
    assert arrays["costs"].tolist() == [pytest.approx(row, nan_ok=True) for row in lab.course]
    assert arrays["costs"][:, 0].tolist() == [0.5, 1, 2, 3, 4, 5] and np.isnan(arrays["costs"][0, 2])
    for name, array in lab.scene().items():
        assert arrays[name].tolist() == array.tolist(), name
    said, arrays = asked(view, layers=["arrows"], measure=False)
    assert set(arrays) == {"real", "samples", "pulls", "costs", "measures"} and "says" not in said
    asked(view, seed=3)
    assert (lab.seed, lab.run.done) == (3, 0)


def test_the_page_is_told_what_it_does_not_know_yet():
    lab = small_lab()
    view = lab.view()
    _, arrays = asked(view, rounds=3)
    known = {"run": 1, "costs": len(arrays["costs"]), "measures": len(arrays["measures"])}
    said, arrays = asked(view, rounds=2, **known)
    assert arrays["costs"][:, 0].tolist() == [4, 5] and arrays["measures"][:, 0].tolist() == [5]
    said, arrays = asked(view, **known | {"costs": 5, "measures": 3})
    assert arrays["costs"].shape == (0, 3) and arrays["measures"].shape == (0, 3), "looking twice is measured once"
    said, arrays = asked(view, seed=0, **known)
    assert said["run"] == 2 and arrays["costs"].shape == (0, 3) and arrays["measures"][:, 0].tolist() == [0]


def test_a_page_that_asks_again_before_it_has_an_answer_knows_each_round_once(node):
    """While it plays, two questions are under way; and a cell may begin another run in between."""
    view = small_lab().view()
    lab = view.lab
    told = [asked(view)]
    told += [asked(view, rounds=2, run=lab.begun, costs=0, measures=1) for _ in range(2)]  # both asked from the first answer
    told += [asked(view, rounds=1, run=lab.begun, costs=2, measures=2)]
    before = {"run": lab.begun, "costs": 5, "measures": 4}
    lab.reset(1)
    other = [asked(view, rounds=1, **before) for _ in range(2)]  # both asked of the run that is no more
    plain = [{"said": said, "arrays": {k: shaped(v) for k, v in arrays.items()}} for said, arrays in told + other]
    found = node("lab.mjs", FOLDER, {"one": ["histories", plain[:4]], "other": ["histories", plain]})
    assert found["one"]["costs"] == [1, 2, 3, 4, 5] and found["one"]["measures"] == [0, 2, 4, 5]
    assert found["other"]["costs"] == [1, 2] and found["other"]["known"] == {"run": lab.begun, "costs": 2, "measures": 2}


def shaped(array):
    """An array as the page has it, but for `values`, a list."""
    return {"shape": array.shape, "values": array.flatten().tolist()}


def test_a_cost_that_is_no_longer_finite_is_said_and_what_is_left_can_be_looked_at():
    lab = GameLab(small_gan, ring(), batch=32, optimiser=partial(torch.optim.SGD, lr=1e30))
    view = lab.view()
    said, arrays = asked(view, rounds=5)
    assert said["problem"].startswith("That did not work: the ") and "Lower the learning rate" in said["problem"]
    (error,) = view.outputs
    assert (error["output_type"], error["ename"]) == ("error", "GameError") and "Traceback" in error["traceback"][0]
    said, arrays = asked(view)
    assert "problem" not in said and len(arrays["costs"]) == 5
    assert "problem" not in asked(view, seed=0)[0]


def test_cells_and_page_wait_for_one_another():
    lab = small_lab()
    view = lab.view()
    cell = threading.Thread(target=lambda: [lab.rounds(2) for _ in range(20)])
    cell.start()
    problems = [asked(view, rounds=2)[0].get("problem") for _ in range(20)]
    cell.join()
    torch.manual_seed(0)
    history = play(small_gan(), ring().batches(32, seed=0), 80, optimiser=partial(adam, lr=1e-3))
    assert problems == [None] * 20 and lab.run.history.costs == history.costs
    assert [row[0] for row in lab.course] == list(range(1, 81))


def test_an_interrupt_lets_the_round_be_finished_and_is_no_error(monkeypatch):
    lab = small_lab()
    view = lab.view()
    step = WatchedRun.turn

    def interrupted(run, k, movers):
        if k == 0:
            signal.raise_signal(signal.SIGINT)
        return step(run, k, movers)

    monkeypatch.setattr(WatchedRun, "turn", interrupted)
    said, _ = asked(view, rounds=100)
    assert said["problem"] == "Interrupted." and view.outputs == []
    assert lab.run.done == 1 and len(lab.course) == 1


def test_what_the_page_cannot_know_of_a_game_it_is_not_told():
    class Another(GAN):
        def generator_cost(self, draw):
            return -super().generator_cost(draw)

    said, _ = asked(small_lab(lambda: Another(mlp(2, 2), mlp(2, 1), latent=2), density=Disc()).view())
    assert said["loss"] is None and said["modes"] is None
    assert asked(small_lab().view())[0]["loss"] == "non-saturating" and asked(small_lab().view())[0]["modes"] == 8


def test_a_page_without_a_kernel_keeps_picture_and_words_of_the_moment():
    lab = small_lab()
    view = lab.view()
    lab.rounds(2)
    data, _ = view._repr_mimebundle_()
    assert data["text/plain"] == lab.describe() and "round 2" in data["text/plain"]
    figure = BeautifulSoup(data["text/html"], "html.parser")
    assert figure.img["alt"] == figure.figcaption.text == lab.describe()
    assert base64.b64decode(figure.img["src"].partition("base64,")[2]).startswith(PNG)
    assert "application/vnd.jupyter.widget-view+json" in data


# ----- in a notebook


GAME = """from gan_edu.data import ring
from gan_edu.models.gan import GAN
from gan_edu.networks import mlp
from gan_edu.widgets import GameLab
view = GameLab(lambda: GAN(mlp(2, 8, 2), mlp(2, 8, 1), latent=2), ring()).view()
view"""
MISHAP = "said, _ = view.reply({'turn': 'judge', 'layers': []})\n'the cell goes on'"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A laboratory and a mishap, executed as the course does: (outcome, executed notebook, page)."""
    folder = tmp_path_factory.mktemp("course")
    cells = [new_code_cell(source) for source in ("SEED = 0", GAME, MISHAP)]
    cells[0].metadata.tags = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source, target = folder / "99_lab.ipynb", folder / "out" / "99_lab.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), source)
    outcome = runner.run_notebook(source, target)
    return outcome, nbformat.read(target, as_version=4), pages.write_page(target).read_text()


def test_a_page_without_a_kernel_keeps_the_picture_and_the_line(executed):
    _, notebook, page = executed
    (output,) = notebook.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data and output.data["text/plain"].startswith(
        "Seed 0, round 0;"
    )
    picture = re.search(r"<img [^>]*alt=.Seed 0, round 0;[^>]*base64,([^'\"]+)", page)
    assert base64.b64decode(picture[1]).startswith(PNG) and re.search(r"<figcaption>Seed 0, round 0;", page)


def test_an_error_in_a_callback_makes_the_executed_notebook_fail_though_its_cells_do_not(executed):
    outcome, notebook, _ = executed
    assert notebook.cells[2].outputs[0].data["text/plain"] == "'the cell goes on'"
    (problem,) = outcome.problems
    assert problem.startswith("a widget hides GameError: GAN has no player 'judge'")
