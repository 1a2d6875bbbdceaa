"""The clinic's patients have the fault that they are said to have, and no other; and nothing gives it away but their charts."""

import matplotlib.pyplot as plt
import pytest
import torch

from gan_edu import data
from gan_edu.course import clinic
from gan_edu.errors import CourseError

SICK = [name for name in clinic.DISEASES if name != "healthy"]
NO_STEP_OF_G = ("g_optimiser.step()", "pass")
NO_STEP_OF_D = ("d_optimiser.step()", "pass")


def after_one_round(player, *changes):
    """The parameters of one network after a round of the changed script, as one vector."""
    network = clinic.run(changes, rounds=1).networks[player]
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def start(player):
    return after_one_round(player, NO_STEP_OF_D, NO_STEP_OF_G)


def cost_lines(name):
    return [change for change in clinic.DISEASES[name].changes if change[0] == clinic.G_COST]


def same(a, b):
    """Whether two charts are equal in every number."""
    numbers = [(a.costs, b.costs), (a.answers, b.answers), (a.gradients, b.gradients)]
    logs = all((x[k] == y[k]).all() for x, y in numbers for k in x)
    return logs and torch.equal(a.samples, b.samples) and torch.equal(a.pixels, b.pixels)


# ----- runs


def test_the_same_seed_gives_the_same_chart_and_another_seed_another():
    assert same(clinic.run(rounds=3, seed=1), clinic.run(rounds=3, seed=1))
    assert not same(clinic.run(rounds=3, seed=1), clinic.run(rounds=3, seed=2))


def test_a_chart_does_not_depend_on_how_many_threads_torch_may_use():
    alone = clinic.run(rounds=3)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert same(clinic.run(rounds=3), alone) and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_run_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    clinic.run(rounds=1)
    assert torch.equal(torch.rand(3), expected)


def test_the_healthy_script_trains_each_network_in_its_own_step():
    assert torch.equal(after_one_round("generator", NO_STEP_OF_G), start("generator"))
    assert torch.equal(after_one_round("discriminator", NO_STEP_OF_D), start("discriminator"))
    assert not torch.equal(after_one_round("generator"), start("generator"))
    assert not torch.equal(after_one_round("discriminator"), start("discriminator"))


def test_a_line_that_the_script_does_not_hold_exactly_once_is_refused():
    with pytest.raises(CourseError, match="0 lines"):
        clinic.run((("d_optimizer.step()", "pass"),), rounds=1)
    with pytest.raises(CourseError, match="lines"):
        clinic.run((("torch.randn(64, 16)", "torch.zeros(64, 16)"),), rounds=1)


@pytest.mark.parametrize("name", SICK)
def test_every_disease_changes_something(name):
    assert clinic.DISEASES[name].changes
    assert not same(clinic.run(clinic.DISEASES[name].changes, rounds=3), clinic.run(rounds=3))


# ----- diseases


def test_wrong_sign_sends_the_generator_the_other_way():
    here = start("generator")
    right = after_one_round("generator", NO_STEP_OF_D) - here
    wrong = after_one_round("generator", NO_STEP_OF_D, *cost_lines("wrong sign")) - here
    assert torch.cosine_similarity(right, wrong, dim=0) < -0.9


def test_the_saturating_cost_starts_in_the_right_direction():
    here = start("generator")
    right = after_one_round("generator", NO_STEP_OF_D) - here
    saturating = after_one_round("generator", NO_STEP_OF_D, *cost_lines("vanishing gradient")) - here
    assert torch.cosine_similarity(right, saturating, dim=0) > 0.9


def test_without_detach_and_with_an_optimiser_for_both_the_generator_moves_in_the_discriminators_step():
    changes = clinic.DISEASES["missing detach"].changes
    assert not torch.equal(after_one_round("generator", NO_STEP_OF_G, *changes), start("generator"))


def test_either_line_of_the_missing_detach_alone_changes_no_number():
    healthy = clinic.run(rounds=5)
    for change in clinic.DISEASES["missing detach"].changes:
        assert same(clinic.run((change,), rounds=5), healthy)


def test_wrong_range_feeds_data_from_zero_to_one():
    right, wrong = (clinic.run(clinic.DISEASES[name].changes, rounds=1).pixels for name in ("healthy", "wrong range"))
    assert (right.min(), right.max(), wrong.min(), wrong.max()) == (-1, 1, 0, 1)
    assert torch.allclose((right + 1) / 2, wrong, atol=1e-6)


def test_batchnorm_without_its_buffers_trains_as_the_healthy_script_does_and_shows_something_else():
    healthy, sick = (
        clinic.run(clinic.DISEASES[name].changes, rounds=20) for name in ("healthy", "BatchNorm without its buffers")
    )
    assert all((healthy.costs[player] == sick.costs[player]).all() for player in healthy.costs)
    assert not torch.allclose(healthy.samples, sick.samples, atol=0.1)


def test_a_dead_discriminator_answers_one_half_and_teaches_nothing():
    chart = clinic.run(clinic.DISEASES["dead discriminator"].changes, rounds=60)
    assert (chart.gradients["generator"][-10:] == 0).all()
    assert (chart.answers["data"][-10:] == chart.answers["generator"][-10:]).all()


# ----- the autoencoder


def drawn(*changes, rounds=4):
    """What the changed autoencoder says and draws, from one seed."""
    images = data.load("digits").images.flatten(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return clinic.changed(clinic.autoencoder, changes)(images, rounds)


def test_the_adversary_of_the_healthy_autoencoder_pulls_as_strongly_as_the_error():
    (costs_of_d, _, _, shares), pixels, made, moved = drawn()
    assert shares == pytest.approx(1, abs=1e-5) and moved > 0 and made.shape == pixels.shape
    assert costs_of_d[0] == pytest.approx(2 * 0.6931, abs=0.1)


def test_a_detach_in_the_generators_cost_leaves_squared_error_alone():
    fixed = "weight = (by_error / by_adversary).item()"
    cut = ("softplus(-discriminator(drawn)).mean()", "softplus(-discriminator(drawn.detach())).mean()")
    quiet, loud = (drawn((fixed, f"weight = {weight}"), cut) for weight in (0, 100))
    assert (quiet[0][3] == 0).all() and torch.equal(quiet[2], loud[2])


# ----- the ward


@pytest.fixture(scope="module")
def ward():
    return clinic.patients(rounds=2, seed=0)


def test_every_disease_lies_in_the_ward_once(ward):
    assert sorted(patient.diagnosis for patient in ward.values()) == sorted(clinic.DISEASES)
    assert all(letter == patient.letter for letter, patient in ward.items())


def test_the_patients_chart_is_that_of_its_diagnosis(ward):
    for patient in ward.values():
        assert same(patient.chart, clinic.run(clinic.DISEASES[patient.diagnosis].changes, rounds=2, seed=0))


def test_the_seed_shuffles_the_letters(ward):
    orders = {tuple(patient.diagnosis for patient in clinic.patients(rounds=1, seed=seed).values()) for seed in range(3)}
    assert len(orders) == 3
    assert [p.diagnosis for p in clinic.patients(rounds=1, seed=0).values()] == [p.diagnosis for p in ward.values()]


def test_what_a_patient_shows_of_itself_does_not_tell_what_it_has(ward):
    shown = repr(ward) + "".join(map(repr, (patient.chart for patient in ward.values())))
    assert not any(name in shown for name in clinic.DISEASES)


def test_every_wrong_diagnosis_meets_an_objection_and_the_right_one_does_not(ward):
    for patient in ward.values():
        objections = patient.objections()
        assert sorted([*objections.values(), patient.diagnosis]) == sorted(clinic.DISEASES)
        assert all(len(hint.split()) > 5 and "{" not in hint for hint in objections)


def test_the_findings_of_data_as_samples_are_a_perfect_score():
    chart = clinic.run(rounds=1)
    perfect = clinic.Chart(chart.costs, chart.answers, chart.gradients, chart.pixels, chart.pixels, chart.networks)
    mean = chart.pixels.mean(0, keepdim=True).expand(1000, -1, -1, -1)
    boring = clinic.Chart(chart.costs, chart.answers, chart.gradients, chart.pixels, mean, chart.networks)
    assert perfect.findings["distance"] == pytest.approx(0, abs=1e-6)
    assert perfect.findings["variety"] == pytest.approx(1)
    assert boring.findings["distance"] == pytest.approx(1, abs=1e-3)
    assert boring.findings["variety"] == pytest.approx(0, abs=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name, rounds", [*((name, 2) for name in clinic.DISEASES), ("dead discriminator", 350)])
def test_every_chart_can_be_drawn_without_a_warning(name, rounds):
    """Also level curves, which means over seven rounds leave level only to the last digit."""
    clinic.show(clinic.run(clinic.DISEASES[name].changes, rounds), "patient")
    plt.gcf().canvas.draw()
    plt.close("all")
