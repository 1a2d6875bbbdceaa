"""The laboratories step as the course's own loop does, look without touching, and hide no error."""

import base64
import re
from functools import partial

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from gan_edu.course import pages, runner
from gan_edu.data import gaussian, ring
from gan_edu.errors import GameError
from gan_edu.losses import non_saturating, relativistic
from gan_edu.models.gan import GAN
from gan_edu.networks import Ensemble, mlp
from gan_edu.training import adam, play
from gan_edu.widgets import GameLab, Panel

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
    assert lab.alone == {mover: 1, other: 0} and lab.run.done == 3


def test_rounds_in_the_lab_are_rounds_of_play():
    lab = small_lab(seed=5)
    for count in (1, 4, 2):
        lab.rounds(count)
        lab.frame()
        lab.describe()
    torch.manual_seed(5)
    game = small_gan()
    history = play(game, ring().batches(32, seed=5), 7, optimiser=partial(adam, lr=1e-3), seed=5)
    assert same(list(lab.game.parameters()), list(game.parameters()))
    assert lab.run.history.costs == history.costs


def test_looking_changes_nothing():
    lab = small_lab(lambda: GAN(mlp(2, 8, 2), torch.nn.Sequential(torch.nn.BatchNorm1d(2), mlp(2, 8, 1)), latent=2))
    lab.rounds(2)
    before, noise = [t.clone() for t in state(lab)], torch.get_rng_state()
    lab.frame()
    lab.describe()
    assert same(before, state(lab)) and torch.equal(noise, torch.get_rng_state())


def test_starting_again_with_the_same_seed_repeats_the_run_and_with_another_does_not():
    lab = small_lab(seed=1)
    lab.turn("discriminator")
    lab.rounds(3)
    first = [t.clone() for t in state(lab)]
    lab.reset(1)
    assert lab.run.done == 0 and lab.costs == {} and not any(lab.alone.values())
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


def test_a_paired_objective_and_one_latent_are_drawn_too():
    assert small_lab(partial(small_gan, relativistic)).frame().startswith(PNG)
    assert small_lab(lambda: GAN(mlp(1, 8, 2), mlp(2, 8, 1), latent=1)).frame().startswith(PNG)


def test_modes_are_counted_where_there_are_modes():
    class Disc:
        def sample(self, count, rng):
            return torch.rand(count, 2, generator=rng)

        batches = ring().batches

    assert len(small_lab().modes().counts) == 8 and "of 8 modes" in small_lab().describe()
    assert small_lab(density=Disc()).modes() is None and "modes" not in small_lab(density=Disc()).describe()


def test_an_unknown_player_is_refused():
    with pytest.raises(GameError, match="no player 'judge'"):
        small_lab().turn("judge")


def test_ensembles_and_data_outside_the_plane_are_refused():
    with pytest.raises(GameError, match="not an ensemble"):
        small_lab(lambda: GAN(Ensemble(lambda: mlp(2, 2), 3), Ensemble(lambda: mlp(2, 1), 3), latent=2))
    with pytest.raises(GameError, match="in the plane"):
        small_lab(lambda: GAN(mlp(1, 1), mlp(1, 1), latent=1), gaussian())


def test_the_controls_of_the_lab_step_play_and_start_again():
    lab = small_lab()
    panel = lab.view()
    controls = panel.controls
    controls["steps"][0].click()
    controls["steps"][1].click()
    controls["round"].click()
    assert lab.alone == {"discriminator": 1, "generator": 1} and lab.run.done == 1
    controls["pace"].value = 4
    controls["play"].value = 1
    controls["play"].value = 2
    assert lab.run.done == 9
    controls["play"].value = 0  # what the stop button does
    assert lab.run.done == 9
    controls["layers"][0].value = False
    assert lab.layers == {"manifold", "arrows"}
    controls["seed"].value = 3
    controls["reset"].click()
    assert (lab.seed, lab.run.done) == (3, 0) and panel.says == lab.describe()


def test_playing_stops_when_a_cost_is_no_longer_finite():
    lab = GameLab(small_gan, ring(), batch=32, optimiser=partial(torch.optim.SGD, lr=1e30))
    panel = lab.view()
    panel.controls["play"].playing = True
    panel.controls["play"].value = 1
    assert not panel.controls["play"].playing
    assert "Lower the learning rate" in panel.says
    panel.controls["layers"][1].value = False  # what is left can be looked at
    assert panel.says == lab.describe()
    panel.controls["reset"].click()
    assert panel.says == lab.describe() and "round 0" in panel.says


def test_a_picture_does_not_depend_on_those_before_it():
    lab, fresh = small_lab(), small_lab()
    for _ in range(4):
        lab.rounds(12)
        lab.frame()
    fresh.rounds(48)
    assert lab.frame() == lab.frame() == fresh.frame()


# ----- errors in callbacks


def panel_of(action, says="all is well"):
    panel = Panel([], lambda: PNG, lambda: says)
    return panel, panel.does(action)


def fails(error):
    def action():
        raise error

    return action


def test_an_error_in_a_callback_is_shown_in_one_line_and_kept_in_full():
    panel, callback = panel_of(fails(ValueError("1 < 2")))
    callback()
    assert panel.says == "That did not work: ValueError: 1 < 2"
    assert "1 &lt; 2" in panel.line.value and "alert" in panel.line.value
    (output,) = panel.errors.outputs
    assert (output["output_type"], output["ename"], output["evalue"]) == ("error", "ValueError", "1 < 2")
    assert any("fails" in line or "action" in line for line in output["traceback"])
    assert panel.details.layout.display is None  # visible


def test_the_courses_own_errors_speak_for_themselves():
    panel, callback = panel_of(fails(GameError("the rate must be positive.")))
    callback()
    assert panel.says == "That did not work: the rate must be positive."


def test_a_later_success_replaces_the_line_but_not_the_traceback():
    panel, callback = panel_of(fails(ValueError("once")))
    callback()
    panel.does(lambda: None)()
    assert panel.says == "all is well" and "status" in panel.line.value
    assert panel.errors.outputs[0]["evalue"] == "once"


def test_an_error_in_drawing_is_an_error_too():
    panel, callback = panel_of(lambda: None)
    panel.draw = fails(RuntimeError("no ink"))
    callback()
    assert panel.says.endswith("no ink") and panel.errors.outputs


def test_a_quiet_panel_hides_its_error_box():
    panel, callback = panel_of(lambda: None)
    callback()
    assert panel.errors.outputs == () and panel.details.layout.display == "none"


# ----- in a notebook


LAB = """from gan_edu.errors import GameError
from gan_edu.widgets import Panel
panel = Panel([], lambda: b'\\x89PNG', lambda: 'Four images, of which none is <real>.')
panel"""
MISHAP = """def fails():
    raise GameError("there is no field 'z9'.")
panel.does(fails)()
'the cell goes on'"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A laboratory and a mishap, executed as the course does: (outcome, executed notebook, page)."""
    folder = tmp_path_factory.mktemp("course")
    cells = [new_code_cell(source) for source in ("SEED = 0", LAB, MISHAP)]
    cells[0].metadata.tags = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source, target = folder / "99_lab.ipynb", folder / "out" / "99_lab.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), source)
    outcome = runner.run_notebook(source, target)
    return outcome, nbformat.read(target, as_version=4), pages.write_page(target).read_text()


def test_a_page_without_a_kernel_keeps_the_picture_and_the_line(executed):
    _, notebook, page = executed
    (output,) = notebook.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    assert output.data["text/plain"] == "Four images, of which none is <real>."
    picture = re.search(r"<img [^>]*alt=.Four images[^>]*base64,([^'\"]+)", page)
    assert base64.b64decode(picture[1]) == PNG
    assert re.search(r"<figcaption>[^<]*Four images, of which none is &lt;real&gt;\.", page)


def test_an_error_in_a_callback_makes_the_executed_notebook_fail_though_its_cells_do_not(executed):
    outcome, notebook, _ = executed
    assert notebook.cells[2].outputs[0].data["text/plain"] == "'the cell goes on'"
    (problem,) = outcome.problems
    assert problem.startswith("a widget hides GameError: there is no field 'z9'")
