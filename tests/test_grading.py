"""nbgrader with the settings that the course brings: what it releases, what it validates, what it grades."""

import io
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader import api as database
from nbgrader.apps import NbGraderAPI
from nbgrader.validator import Validator
from traitlets.config.loader import PyFileConfigLoader

from gan_edu.course import runner

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")  # nbgrader's own affair

START = """from gan_edu import course
check = course.begin("lecture", 0, "cpu").check"""
EXERCISES = {
    "1.1": (
        "half = ...\n### BEGIN SOLUTION\nhalf = 0.5\n### END SOLUTION",
        'check.exercise("1.1").close(lambda: half, 0.5, within=0.01, says="a half", but_not=1.0)',
    ),
    "1.2": (
        'def double(x):\n    """Twice x."""\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION',
        'check.exercise("1.2").equal(lambda: [double(x) for x in (0, 3)], [0, 6], says="twice", but_not=[0, 3])',
    ),
    "1.3": (
        "distance = ...\n### BEGIN SOLUTION\ndistance = 7.0\n### END SOLUTION",
        'check.exercise("1.3").learned.at_most(lambda: distance, 1.0, says="near enough after an hour", but_not=2.0)',
    ),
}


def nbgraders(name, **rest):
    """The metadata by which nbgrader knows a cell."""
    return {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **rest}}


def master():
    """A notebook with an exercise of each kind; the third is about training, for which grading has no time."""
    cells = [nbformat.v4.new_code_cell(START)]
    for number, (exercise, check) in EXERCISES.items():
        name = number.replace(".", "-")
        hidden = f'\n### BEGIN HIDDEN TESTS\ncheck.require("{number}")\n### END HIDDEN TESTS'
        solution = nbgraders(f"exercise-{name}", grade=False, locked=False, solution=True)
        graded = nbgraders(f"check-{name}", grade=True, locked=True, points=1, solution=False)
        cells += [
            nbformat.v4.new_code_cell(exercise, metadata=solution),
            nbformat.v4.new_code_cell(check + hidden, metadata=graded),
        ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


RIGHT = ["half = 1 / 2", "return x + x", "distance = 7.0"]
WRONG = ["half = 0.4", "return 1 / x", "distance = 7.0"]  # of which the second raises


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """A course folder as a teacher sets it up, with a notebook released: the folder, nbgrader, and a function `copy(*answers)`."""
    root = tmp_path_factory.mktemp("class")
    shutil.copy(runner.NOTEBOOKS / "nbgrader_config.py", root)
    (root / "source" / "week").mkdir(parents=True)
    nbformat.write(master(), root / "source" / "week" / "gans.ipynb")
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    settings.CourseDirectory.root = str(root)
    api = NbGraderAPI(config=settings)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader calls alembic by its name

    def copy(answers):
        """The released notebook with these lines in place of its stubs."""
        notebook, left = nbformat.read(root / "release" / "week" / "gans.ipynb", as_version=4), iter(answers)
        for cell in notebook.cells if answers else []:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = cell.source.replace("...  # your answer", next(left))
        return notebook

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", programs)
        patch.setattr(database, "get_alembic_version", cache(database.get_alembic_version))  # half a second, dozens of times
        assert api.generate_assignment("week")["success"]
        yield SimpleNamespace(root=root, api=api, settings=settings, copy=copy)


@pytest.fixture(scope="module")
def grades(week):
    """What nbgrader gives, out of three points, to those who hand in something."""
    handed_in = {"able": master(), "wrong": week.copy(WRONG), "idle": week.copy([])}
    for student, notebook in handed_in.items():
        folder = week.root / "submitted" / student / "week"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "gans.ipynb")
        assert week.api.autograde("week", student)["success"]
    with database.Gradebook(f"sqlite:///{week.root}/gradebook.db") as gradebook:
        return {student: gradebook.find_submission("week", student).score for student in handed_in}


def test_solutions_get_full_marks_and_stubs_get_none(grades):
    assert grades["able"] == 3 and grades["idle"] == 0


def test_a_wrong_answer_loses_its_own_point_whatever_it_raises(grades):
    assert grades["wrong"] == 1


def test_a_copy_is_graded_in_seconds_whatever_profile_it_names(grades, week):
    graded = nbformat.read(week.root / "autograded" / "able" / "week" / "gans.ipynb", as_version=4)
    assert graded.cells[0].outputs[0].text.startswith("profile smoke, seed 0")


def test_a_release_copy_runs_to_its_end(grades, week):
    graded = nbformat.read(week.root / "autograded" / "idle" / "week" / "gans.ipynb", as_version=4)
    raised = [output.evalue for cell in graded.cells for output in cell.outputs if output.output_type == "error"]
    assert raised == [f"exercise {number}: {says}" for number, says in
                      (("1.1", "a half"), ("1.2", "twice"), ("1.3", "near enough after an hour"))], "hidden tests only"  # fmt: skip


@pytest.mark.parametrize("answers, passes", [([], False), (WRONG, False), (RIGHT, True)], ids=["untouched", "wrong", "right"])
def test_nbgrader_validates_right_answers_and_no_others(answers, passes, week, tmp_path):
    nbformat.write(week.copy(answers), tmp_path / "gans.ipynb")
    validator = Validator()  # as a student has it, without the teacher's settings
    validator.stream = io.StringIO()
    validator.validate_and_print(str(tmp_path / "gans.ipynb"))
    said = " ".join(validator.stream.getvalue().split())
    assert ("Success! Your notebook passes all the tests." in said) == passes
    assert ("VALIDATION FAILED ON" in said) != passes and ("exercise 1.1: a half" in said) != passes


def test_the_shipped_settings_give_a_cell_minutes(week):
    assert week.settings.Execute.timeout >= 120
