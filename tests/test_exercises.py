"""The exercises judge answers as a teacher would: right ones pass however they are written, wrong ones fail with a sentence.

`tests/answers/NN.py` holds answers to the exercises of chapter NN, each of them Python that replaces the solution cell:

    # %% 3.1 right
    # %% 3.1 wrong: words that the verdict must contain, if any

To these come, for whatever an exercise asks for, the values in `ODD`. A notebook is played once in the smoke profile, in this
process, and every answer is judged in a copy of its namespace.
"""

import ast
import re
import sys
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
from test_notebooks import graded

from gan_edu import training
from gan_edu.course import runner
from gan_edu.course.checks import FAILS, HOLDS, OPEN, UNJUDGED, _same
from gan_edu.course.student import student_version
from gan_edu.data import images

ANSWERS = Path(__file__).parent / "answers"
ODD = ["5", "'a word'", "[]", "[0.5, 2.0, -3.0]", "float('nan')"]
STUB = "...  # your answer"


@pytest.fixture(scope="module", params=runner.notebooks(), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def judged(path):
    """{exercise: [(kind, words, answer, reports)]}, kind being "right", "wrong", "odd" or "none"."""
    with pytest.MonkeyPatch.context() as patch, plt.rc_context(), redirect_stdout(StringIO()):
        patch.setattr(training, "_SHOWN", [False])  # what a lesson's begin sets is for this notebook alone, like its style
        patch.setattr(images, "home", lambda: Path("nowhere"))
        patch.setattr(sys, "argv", sys.argv[:1])
        yield dict(judge(path, patch))


def judge(path, patch):
    """Plays a notebook, and at each exercise the answers; yields the exercise and what was said of each."""
    module = ModuleType("played")
    patch.setitem(sys.modules, "played", module)  # where its classes look for the module that they are from
    patch.chdir(path.parent)
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    stubs = graded(student_version(path).cells, "exercise")
    solved, checks = graded(cells, "exercise"), graded(cells, "check")
    written = answers(path.stem[:2])
    space = vars(module)
    for cell in cells:
        number = next((number for number, solution in solved.items() if solution is cell), None)
        if number:
            before = dict(space)
        run(cell.source, space)
        if "parameters" in cell.metadata.get("tags", []):
            space |= {"PROFILE": "smoke", "DEVICE": "cpu"}
        exercise = next((number for number, check in checks.items() if check is cell), None)
        if exercise:
            stub = stubs[exercise].source
            found = [(*a, said(a[-1], cell.source, dict(before))) for a in [*written.get(exercise, []), *odd_returns(stub)]]
            found += [(*a, said(a[-1], cell.source, dict(space))) for a in odd_names(stub, space)]
            yield exercise, found


def said(answer, check, space):
    """What a check cell reports about an answer. Whatever else is random stays as it was."""
    state, reports = torch.get_rng_state(), space["check"].reports
    count = len(reports)
    with suppress(AssertionError):  # the hidden test, which raises for whoever grades
        run(answer, space)
        run(check, space)
    torch.set_rng_state(state)
    found, reports[count:] = reports[count:], []
    return found


def run(source, space):
    exec(compile(source, "<cell>", "exec"), space)
    plt.close("all")


def answers(chapter):
    """{exercise: [(kind, words, source)]} from a file of answers."""
    file, found = ANSWERS / f"{chapter}.py", {}
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    for head, source in re.findall(r"^# %% (.*)\n((?:(?!# %%).*\n?)*)", text, re.M):
        number, kind, words = re.fullmatch(r"(\d+\.\d+) (right|wrong)(?:: (.*))?", head).groups()
        found.setdefault(number, []).append((kind, words or "", source))
    return found


def odd_names(stub, space):
    """The values in ODD, and None, for every name that a stub asks for, where they are not the answer."""
    for node in ast.parse(stub).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in ("...", "(..., ...)", "None"):
            for target in node.targets:
                for name in [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]:
                    for value in ["None", *ODD]:
                        if not _same(eval(value), space[name]):
                            yield "none" if value == "None" else "odd", "", f"{name} = {value}\n"


def odd_returns(stub):
    """A stub whose functions return the values in ODD, and None."""
    if re.search(rf"^ +{re.escape(STUB)}$", stub, re.M):
        for value in ["None", *ODD]:
            source = re.sub(rf"^( +){re.escape(STUB)}$", rf"\1return {value}", stub, flags=re.M)
            yield "none" if value == "None" else "odd", "", source


def states(reports):
    return {report.state for report in reports}


def told(judged, *kinds):
    """(exercise, words, answer, reports) of all answers of these kinds."""
    return [(number, *rest) for number, found in judged.items() for kind, *rest in found if kind in kinds]


def test_every_exercise_has_another_right_answer_and_a_wrong_one(judged):
    kinds = {number: {kind for kind, *_ in found} for number, found in judged.items()}
    assert {number: {"right", "wrong"} - found for number, found in kinds.items() if not {"right", "wrong"} <= found} == {}


def test_right_answers_pass_however_they_are_written(judged):
    for number, _, answer, reports in told(judged, "right"):
        assert reports and states(reports) <= {HOLDS, UNJUDGED}, f"exercise {number}: {reports}\n{answer}"


def test_wrong_answers_fail_with_a_sentence(judged):
    for number, words, answer, reports in told(judged, "wrong"):
        failed = [report for report in reports if report.state == FAILS]
        waits = UNJUDGED in states(reports)
        assert failed or waits, f"exercise {number}: {reports}\n{answer}"
        assert waits or words in " ".join(report.detail for report in failed), f"exercise {number}: {failed}\n{answer}"


def test_an_answer_of_the_wrong_kind_fails_and_breaks_nothing(judged):
    for number, _, answer, reports in told(judged, "odd"):
        assert states(reports) & {FAILS, UNJUDGED}, f"exercise {number}: {reports}\n{answer}"


def test_no_answer_is_not_attempted(judged):
    for number, _, answer, reports in told(judged, "none"):
        assert states(reports) & {OPEN, FAILS, UNJUDGED}, f"exercise {number}: {reports}\n{answer}"
