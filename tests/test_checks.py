"""Checks: each kind accepts what is right, rejects what is wrong, and refuses to exist if it cannot fail."""

import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from gan_edu.course.checks import FAILS, HOLDS, MIME, OPEN, UNJUDGED, Checks
from gan_edu.errors import CourseError


@pytest.fixture
def check():
    return Checks()


def state(check):
    return check.reports[-1].state


KINDS = {  # how to make the check of an answer; right answers; wrong answers
    "close, numbers": (
        lambda check, answer, but_not: check.close(answer, 1.0, within=0.1, says="one", but_not=but_not),
        [
            1.0,
            1.09,
            0.91,
            1,
            True,
            np.float64(1.0),
            np.float32(1.0),
            np.array(1),
            Fraction(1),
            Decimal("1.05"),
            torch.tensor(1),
            *([1.0], np.ones(1), torch.ones(1, 1)),
        ],
        [1.11, 0.89, -1.0, float("nan"), float("inf"), [1.2], torch.ones(2), [], Fraction(1, 3)],
    ),
    "close, lists": (
        lambda check, answer, but_not: check.close(answer, [1.0, 2.0], within=1e-9, says="one, two", but_not=but_not),
        [
            *([1.0, 2.0], (1, 2), np.array([1, 2]), np.array([2.0, 1.0])[::-1], torch.tensor([1.0, 2.0]), np.arange(3)[1:]),
            *([torch.tensor(1.0, requires_grad=True), np.float64(2.0)], (Fraction(1), np.array(2))),
        ],
        [[1.0, 2.1], [2.0, 1.0], [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [1.0, float("nan")], np.array([1.0, 2.0])[::-1]],
    ),
    "close, where": (
        lambda check, answer, but_not: check.close(
            answer,
            torch.zeros(3),
            within=0.1,
            says="zero on the left",
            but_not=but_not,
            where=torch.tensor([True, True, False]),
        ),
        [torch.zeros(3), torch.tensor([0.0, 0.0, 9.0])],
        [torch.tensor([0.0, 1.0, 0.0])],
    ),
    "at least": (
        lambda check, answer, but_not: check.at_least(answer, 7, says="seven", but_not=but_not),
        [7, 8, 7.0, torch.tensor(7), np.array([9.0])[0], Fraction(15, 2), float("inf")],
        [6, 6.999, float("nan"), torch.tensor(0), Decimal(6)],
    ),
    "at most": (
        lambda check, answer, but_not: check.at_most(answer, 0.5, says="a half", but_not=but_not),
        [0.5, 0, -1.0, torch.tensor(0.5)],
        [0.51, float("nan"), float("inf")],
    ),
    "equal": (
        lambda check, answer, but_not: check.equal(answer, (28, "tanh"), says="a pair", but_not=but_not),
        [(28, "tanh"), [28, "tanh"], (28.0, "tanh"), (torch.tensor(28), "tanh")],
        [(28, "sigmoid"), 28, ("tanh", 28), "", "28tanh", ((28, "tanh"),), (np.array([28]), "tanh"), (10**400, "tanh")],
    ),
    "equal, whole numbers": (
        lambda check, answer, but_not: check.equal(answer, [1, 0], says="one, nothing", but_not=but_not),
        [(1, 0), [1, 0], np.array([1, 0]), np.array([0, 1])[::-1], torch.tensor([1, 0]), [np.int64(1), 0.0], (True, False)],
        [[1], [0, 1], [[1, 0]], torch.ones(2), np.array([]), float("nan"), {1: 0}, "10", [1, np.array([0])]],
    ),
    "that": (
        lambda check, answer, but_not: check.that(lambda v: v % 2 == 0, answer, says="even", but_not=but_not),
        [0, 2, -4],
        [1, 2.5],
    ),
}
answers = [(kind, wrong) for kind, (_, _, wrongs) in KINDS.items() for wrong in wrongs]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_check_accepts_each_right_answer(kind, check):
    make, rights, wrongs = KINDS[kind]
    for right in rights:
        make(check, right, wrongs[0])
        assert state(check) == HOLDS, right


@pytest.mark.parametrize("kind, wrong", answers, ids=lambda value: str(value)[:30])
def test_every_kind_of_check_rejects_each_wrong_answer_and_takes_it_as_its_own_counterexample(kind, wrong, check):
    make, rights, wrongs = KINDS[kind]
    make(check, wrong, wrongs[0])
    assert state(check) == FAILS
    make(check, rights[0], wrong)
    assert state(check) == HOLDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_whose_wrong_answer_passes_is_refused(kind, check):
    make, rights, wrongs = KINDS[kind]
    for but_not in (rights[0], {"fine": wrongs[0], "not wrong at all": rights[-1]}):
        with pytest.raises(CourseError, match="cannot fail: the wrong answer .* passes it"):
            make(check, rights[0], but_not)
    assert check.reports == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_without_a_wrong_answer_is_refused(kind, check):
    make, rights, _ = KINDS[kind]
    with pytest.raises(CourseError, match="names no wrong answer"):
        make(check, rights[0], {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", [None, ...], ids=["None", "..."])
def test_an_unanswered_exercise_is_not_attempted(kind, answer, check):
    make, _, wrongs = KINDS[kind]
    make(check.exercise("3.1"), answer, wrongs[0])
    assert state(check) == OPEN and check.reports[-1].exercise == "3.1"


def falls_over():
    raise ZeroDivisionError("somewhere deep down")


def leaves():
    sys.exit("enough")


class Unreadable:
    """Can be neither written down nor compared, nor told what is wrong with it."""

    def __repr__(self):
        raise TypeError("unreadable")

    def __eq__(self, other):
        raise Unprintable

    __float__ = __len__ = __iter__ = __repr__


class Unprintable(Exception):
    def __str__(self):
        raise ValueError


endless = []
endless.append(endless)
ODD = {  # answers to no question of this file
    **{"a word": "a word", "a number in words": "8", "a dict": {"a": 1}, "an object": object(), "a complex number": 1 + 2j},
    **{
        "too large": 10**400 + 1,
        "too long to write": [10**5000],
        "ragged": [[1.0], [1.0, 2.0]],
        "empty": [],
        "endless": endless,
    },
    **{"words": np.array(["1", "2"]), "many": np.arange(12.0).reshape(3, 4), "nothing": torch.zeros(0), "a class": np.ndarray},
    **{
        "complex": torch.tensor([1j, 2]),
        "a pair of arrays": (np.ones(2), np.ones(3)),
        "a set": {1, 2},
        "unreadable": Unreadable(),
    },
    **{"raises": falls_over, "leaves": leaves, "wants an argument": lambda x: x, "a generator": (k for k in "ab")},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ODD)
def test_no_answer_whatever_it_is_stops_the_notebook(kind, odd, check):
    make, _, wrongs = KINDS[kind]
    for but_not in (wrongs[0], {"a hint": wrongs[0]}):
        make(check.exercise("3.1"), ODD[odd], but_not)
        make(check.exercise("3.1"), lambda: ODD[odd], but_not)
    assert [report.state for report in check.reports] == [FAILS] * 4


def test_a_report_names_what_an_answer_raised(check):
    check.exercise("1.1").close(falls_over, 1.0, within=0.1, says="one", but_not=2.0)
    assert check.reports[-1].detail == "this answer cannot be judged: ZeroDivisionError: somewhere deep down"
    check.exercise("1.1").close(lambda: undefined, 1.0, within=0.1, says="one", but_not=2.0)  # noqa: F821
    assert "name 'undefined' is not defined" in check.reports[-1].detail
    check.exercise("1.1").equal([10**9] * 1000, 1, says="one", but_not=2)
    assert len(check.reports[-1].detail) < 400


def test_what_an_answer_raised_can_be_sent_to_the_page(check):
    def half_a_character():
        raise ValueError("\ud800")

    check.close(half_a_character, 1.0, within=0.1, says="one", but_not=2.0)
    assert check.reports[-1].detail.encode().endswith(b"ValueError: ?")


def test_only_the_person_at_the_keyboard_interrupts_a_check(check):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check.close(interrupted, 1.0, within=0.1, says="one", but_not=2.0)


def test_an_answer_is_called_inside_the_check_and_seen_through_a_function_once_it_is_there(check):
    seen = []

    def side(square):
        seen.append(square)
        return square**0.5

    for answer, state in [(9.0, HOLDS), (4.0, FAILS), ("nine", FAILS), (..., OPEN), ([None, 9.0], OPEN)]:
        check.exercise("1.1").equal(lambda answer=answer: answer, 3, says="the side", but_not=9, through=side)
        assert check.reports[-1].state == state
    assert seen == [9.0, 4.0, "nine"]


@pytest.mark.parametrize(
    "answer",
    [(1.0, None), [..., ...], [[1.0], [...]], {"a": None}, np.array([1.0, None]), (np.ones(2), ...)],
    ids=lambda answer: str(answer),
)
def test_an_answer_of_which_a_part_is_missing_is_not_attempted(answer, check):
    check.exercise("3.1").close(answer, [1.0, 2.0], within=0.1, says="two", but_not=[2.0, 1.0])
    assert state(check) == OPEN


def test_a_function_that_is_not_written_yet_is_not_attempted(check):
    def stub():
        raise NotImplementedError()

    check.exercise("3.1").equal(stub, 1, says="one", but_not=2)
    assert state(check) == OPEN


def test_an_answer_that_the_predicate_cannot_read_fails_and_does_not_stop_the_notebook(check):
    for answer in ({}, [], 1, "a word"):
        check.that(lambda v: v["mean"].shape == (2,), answer, says="a fit", but_not={"three": {"mean": torch.zeros(3)}})
        assert state(check) == FAILS and "cannot be judged" in check.reports[-1].detail


def test_a_known_mistake_is_answered_with_its_hint(check):
    mistakes = {"that is the odds, not a probability": 2.0, "that is its logarithm": -0.4}
    for answer, hint in [(2.0, "odds"), (2.0004, "odds"), (-0.4, "logarithm"), (5.0, None)]:
        check.close(answer, 2 / 3, within=1e-6, says="the best D", but_not=mistakes)
        said = check.reports[-1].detail
        assert ("odds" in said, "logarithm" in said) == (hint == "odds", hint == "logarithm")


def test_a_known_mistake_in_words_is_answered_too(check):
    check.equal("both", "neither", says="who gains", but_not={"look at the other player": "both"})
    assert "look at the other player" in check.reports[-1].detail


def test_a_failing_check_says_by_how_much(check):
    check.close([1.0, 2.5], [1.0, 2.0], within=0.1, says="two", but_not=[0.0, 0.0])
    assert check.reports[-1].detail == "largest error 0.5, allowed 0.1"
    check.close([1.0], [1.0, 2.0], within=0.1, says="two", but_not=[0.0, 0.0])
    assert check.reports[-1].detail == "the shape is (1,), wanted is (2,)"
    check.at_least(3, 7, says="modes", but_not=0)
    assert check.reports[-1].detail == "3, at least 7 wanted"


def test_double_precision_is_not_lost_on_the_way(check):
    check.close(0.1 + 1e-12, 0.1, within=1e-13, says="a tenth", but_not=0.2)
    assert state(check) == FAILS
    check.close(0.1, 0.1, within=0.0, says="a tenth", but_not=0.2)
    assert state(check) == HOLDS


@pytest.mark.parametrize("expected", [1 / 3, 1234.0, [1e-3, 50.0]])
def test_an_exercise_may_be_answered_in_single_precision(expected, check):
    right, wrong = torch.tensor(expected, dtype=torch.float32), torch.tensor(expected, dtype=torch.float64) * 1.01 + 1e-5
    check.exercise("1.1").close(right, expected, within=1e-12, says="a number", but_not=wrong)
    assert state(check) == HOLDS
    check.exercise("1.1").close(wrong, expected, within=1e-12, says="a number", but_not=wrong)
    assert state(check) == FAILS
    check.close(right.double() + 1e-9, expected, within=1e-12, says="the chapter's own number", but_not=wrong)
    assert state(check) == FAILS


@pytest.mark.parametrize("judging, expected", [(True, FAILS), (False, UNJUDGED)])
def test_claims_about_training_are_judged_unless_the_profile_trains_too_little(judging, expected):
    check = Checks(judging=judging)
    check.learned.at_least(3, 7, says="modes", but_not=1)
    assert state(check) == expected
    check.at_least(3, 7, says="modes", but_not=1)
    assert state(check) == FAILS, "mathematics is judged always"
    check.learned.exercise("6.1").at_least(..., 7, says="modes", but_not=1)
    assert state(check) == OPEN


def test_a_check_that_cannot_fail_is_refused_even_where_it_is_not_judged():
    with pytest.raises(CourseError, match="cannot fail"):
        Checks(judging=False).learned.at_least(8, 7, says="modes", but_not=8)


def test_reports_of_exercises_and_claims_go_to_one_list(check):
    check.exercise("1.1").equal(1, 1, says="one", but_not=2)
    check.learned.equal(1, 1, says="one again", but_not=2)
    assert [(report.exercise, report.claim) for report in check.reports] == [("1.1", "one"), (None, "one again")]


def test_two_notebooks_do_not_share_their_reports():
    one, other = Checks(), Checks()
    one.equal(1, 1, says="one", but_not=2)
    assert other.reports == []


@pytest.mark.parametrize(
    "answer, judging, passes", [(1, True, True), (2, True, False), (None, True, False), (1, False, True), (2, False, True)]
)
def test_the_graders_requirement_raises_unless_the_exercise_is_done(answer, judging, passes):
    check = Checks(judging=judging)
    check.learned.exercise("2.1").equal(answer, 1, says="the answer is one", but_not=3)
    if passes:
        check.require("2.1")
    else:
        with pytest.raises(AssertionError, match=r"exercise 2\.1: the answer is one"):
            check.require("2.1")


@pytest.mark.parametrize("tries, passes", [([250, 500], True), ([None, 500], True), ([500, 250], False), ([500, None], False)])
def test_the_latest_try_counts(tries, passes, check):
    for answer in tries:
        check.exercise("0.1").equal(1, 1, says="another claim of the exercise, which holds", but_not=2)
        check.exercise("0.1").close(answer, 500, within=2, says="half of the time", but_not=1000)
    if passes:
        check.require("0.1")
    else:
        with pytest.raises(AssertionError, match="half of the time$"):
            check.require("0.1")


def test_every_claim_of_an_exercise_counts_whichever_was_made_last(check):
    check.exercise("0.1").equal(2, 1, says="this one fails", but_not=3)
    check.exercise("0.1").equal(1, 1, says="this one holds", but_not=3)
    with pytest.raises(AssertionError, match="this one fails$"):
        check.require("0.1")


@pytest.mark.parametrize("answer, passes", [(1, True), (2, False), (None, False), ("one", False)])
def test_a_wrong_answer_raises_where_nbgrader_validates_a_copy_without_hidden_tests(answer, passes, check, monkeypatch):
    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    check.equal(2, 1, says="the chapter's own claims are reported only", but_not=3)
    if passes:
        check.exercise("2.1").equal(answer, 1, says="one", but_not=3)
    else:
        with pytest.raises(AssertionError, match=r"exercise 2\.1: one"):
            check.exercise("2.1").equal(answer, 1, says="one", but_not=3)
    assert check.reports[-1].claim == "one", "what it raises over is reported too"


def test_requiring_an_exercise_that_nobody_checked_raises(check):
    check.exercise("2.2").equal(1, 1, says="one", but_not=2)
    with pytest.raises(AssertionError, match="no check was made"):
        check.require("2.1")


def test_a_report_is_text_for_the_terminal_a_box_for_the_page_and_data_for_the_runner(check):
    check.exercise("4.2").at_least(1, 2, says="a < b & `c`", but_not=0)
    bundle = check.reports[0]._repr_mimebundle_()
    assert bundle["text/plain"] == "Exercise 4.2 fails: a < b & `c` (1, at least 2 wanted)"
    assert "a &lt; b &amp; <code>c</code>" in bundle["text/html"] and FAILS in bundle["text/html"]
    assert bundle[MIME] == {
        "claim": "a < b & `c`", "state": FAILS, "detail": "1, at least 2 wanted", "exercise": "4.2",
        "learned": False, "measured": {"found": 1.0, "at least": 2.0},
    }  # fmt: skip
