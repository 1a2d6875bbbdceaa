"""Every notebook of the course: its form, its run in the smoke profile, and the copy that a student gets.

Each is executed twice. Papermill runs the master, solutions and hidden tests included, on the real data sets if this machine
has them. nbval runs the student's copy on the stand-ins: no cell may fail, unanswered exercises must report that they were not
attempted, and cells that state a fact must state it again, letter by letter.
"""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from traitlets.config.loader import PyFileConfigLoader

from gan_edu.course import claims, lesson, runner
from gan_edu.course.checks import HOLDS, MIME, OPEN, UNJUDGED, Report
from gan_edu.course.site.chapters import COLUMNS
from gan_edu.course.student import student_version

BROKEN = Path(__file__).parent / "broken"
KINDS = {"close", "at_least", "at_most", "equal", "that"}


def smoke_seconds(path):
    """The time that the notebook's own header states."""
    stated = re.search(r"smoke (\d+) s", path.read_text(encoding="utf-8"))
    return int(stated[1]) if stated else 0


@pytest.fixture(scope="module", params=sorted(runner.notebooks(), key=smoke_seconds, reverse=True), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def text(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def parameters(code):
    """The values that the parameters cell sets."""
    values = {}
    exec(code[0].source, values)
    return {name: value for name, value in values.items() if name.isupper()}


def graded(cells, what):
    """{exercise: cell} of the exercises' solution cells or check cells, by their nbgrader id."""
    found = [
        (re.fullmatch(rf"{what}-(\d+)-(\d+)", cell.metadata.get("nbgrader", {}).get("grade_id", "")), cell) for cell in cells
    ]
    return {f"{match[1]}.{match[2]}": cell for match, cell in found if match}


# ---- form


def test_it_is_a_valid_notebook(notebook, path):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert path.stem.isascii() and path.stem == path.stem.lower()


def test_its_cells_have_ids_of_their_own(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def stray_outputs(notebook):
    """Numbers of the cells that were saved with outputs and without the tag `keep_output`."""
    return [
        number
        for number, cell in enumerate(notebook.cells, 1)
        if (cell.get("outputs") or cell.get("execution_count")) and "keep_output" not in cell.metadata.get("tags", [])
    ]


def test_it_is_saved_without_outputs_but_those_it_means_to_keep(notebook):
    assert stray_outputs(notebook) == [], "clear them before you commit (Edit, Clear Outputs of All Cells), or tag keep_output"
    assert "widgets" not in notebook.metadata


def test_a_stray_output_is_noticed():
    assert stray_outputs(nbformat.read(BROKEN / "14_stray_output.ipynb", as_version=4)) == [3]


def test_its_first_code_cell_sets_the_parameters(code, parameters):
    assert "parameters" in code[0].metadata.tags
    assert parameters["PROFILE"] == "lecture" and parameters["SEED"] == 0 and parameters["DEVICE"] in ("auto", "cpu")


def test_its_header_promises_and_prepares(notebook, path):
    header = notebook.cells[0].source
    assert re.match(rf"# {path.stem[:2]} · \S", header)
    assert all(f"| **{row}** |" in header for row in ("Time", "You need", "You will"))
    assert re.search(r"smoke \d+ s, lecture \d+ (s|min)", header)


def test_it_corrects_popular_accounts_sums_up_and_points_on(text):
    assert re.search(r"^> \*\*Errat(a|um)", text, re.M)
    assert re.search(r"^## What to take away$", text, re.M)
    assert re.search(r"^(## Read on$|\*\*Read on)", text, re.M) and re.search(r"^\*\*Next", text, re.M)


def test_its_links_lead_somewhere(text, path):
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    broken = [link for link in links if not re.match(r"https?://|#", link) and not (path.parent / link.split("#")[0]).exists()]
    assert broken == []


def test_its_exercises_each_have_a_solution_and_a_locked_check(code):
    solutions, checks = graded(code, "exercise"), graded(code, "check")
    assert len(solutions) >= 3 and list(solutions) == list(checks)
    for number, cell in solutions.items():
        assert cell.metadata.nbgrader.solution and not cell.metadata.nbgrader.locked, number
        assert cell.source.count("### BEGIN SOLUTION") == cell.source.count("### END SOLUTION") > 0, number
    for number, cell in checks.items():
        assert cell.metadata.nbgrader.grade and cell.metadata.nbgrader.locked, number
        visible, hidden = cell.source.split("### BEGIN HIDDEN TESTS")
        assert f'check.exercise("{number}")' in visible and f'check.require("{number}")' in hidden, number


def test_nbgrader_understands_its_metadata(notebook):
    MetadataValidator().validate_nb(notebook)


class Loose(ast.NodeVisitor):
    """Finds where a check cell reads an answer as it runs, rather than inside a function that the check calls."""

    def __init__(self, answers):
        self.answers, self.askers, self.found = answers, set(), []

    def visit_Lambda(self, node):
        pass

    def visit_FunctionDef(self, node):
        if any(isinstance(part, ast.Name) and part.id in self.answers | self.askers for part in ast.walk(node)):
            self.askers.add(node.name)

    def visit_Name(self, node):
        if node.id in self.answers and isinstance(node.ctx, ast.Load):
            self.found.append(ast.unparse(node))

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id in self.askers:
            self.found.append(ast.unparse(node))
        self.generic_visit(node)


def given_in(source):
    """The names that a solution cell gives to answers."""
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id


def test_its_exercises_read_the_answers_inside_their_checks_which_report_whatever_these_raise(code, student):
    for number, cell in graded(code, "check").items():
        loose = Loose(set(given_in(graded(student.cells, "exercise")[number].source)))
        loose.visit(ast.parse(cell.source))
        assert loose.answers and not loose.found, f"exercise {number}: {loose.found} outside a lambda or function"


def test_a_kernel_without_the_package_is_told_so_in_one_line(code):
    first = next(cell.source for cell in code if "import" in cell.source)
    bare = subprocess.run([sys.executable, "-I", "-S", "-c", first], capture_output=True, text=True)
    assert bare.returncode == 1 and bare.stdout == ""
    assert re.fullmatch("This kernel has no gan_edu: .*run.py lab.*%pip install.*\n", bare.stderr)


def test_each_of_its_checks_names_a_wrong_answer(code):
    calls = [call for cell in code for call in check_calls(cell.source)]
    assert calls
    for call in calls:
        assert {"says", "but_not"} <= {keyword.arg for keyword in call.keywords}, ast.unparse(call)


def check_calls(source):
    """The calls of a check's methods: check.close(...), check.learned.at_least(...), check.exercise("1.1").that(...)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KINDS:
            root = node.func.value
            while not isinstance(root, ast.Name):
                root = getattr(root, "func", None) or getattr(root, "value", None)
                if root is None:
                    break
            if root is not None and root.id == "check":
                yield node


def test_its_facts_are_stored_to_be_compared(code):
    for cell in code:
        if "nbval-check-output" in cell.metadata.get("tags", []) or "# NBVAL_CHECK_OUTPUT" in cell.source:
            assert "keep_output" in cell.metadata.get("tags", []) and cell.outputs and cell.execution_count, cell.source


# ---- run


@pytest.fixture(scope="module")
def run(path, tmp_path_factory):
    """The master executed by papermill in the smoke profile: the outcome, and the executed notebook."""
    target = tmp_path_factory.mktemp("master") / path.name
    with pytest.MonkeyPatch.context() as patch:
        if os.environ["GAN_EDU_TESTS_DATA"]:
            patch.setenv("GAN_EDU_DATA", os.environ["GAN_EDU_TESTS_DATA"])
        outcome = runner.run_notebook(path, target, {"PROFILE": "smoke", "SEED": 0, "DEVICE": "auto"}, timeout=300)
    return outcome, nbformat.read(target, as_version=4)


def test_it_runs_to_its_end_without_a_problem(run):
    outcome, executed = run
    assert outcome.problems == []
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code" and cell.source.strip())


def test_it_writes_nothing_to_the_error_stream(run):
    _, executed = run
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_its_tables_are_no_wider_than_a_page(run):
    """Sentences are broken where they are shown; a table would be torn."""
    for cell in run[1].cells:
        printed = "".join(output.text for output in cell.get("outputs", []) if output.get("name") == "stdout")
        assert [line for line in printed.split("\n") if len(line) > COLUMNS and "  " in line.strip()] == [], cell.id


def test_its_checks_hold_or_wait_for_real_training(run):
    reports = runner.reports(run[1])
    assert reports and {report["state"] for report in reports} <= {HOLDS, UNJUDGED}


def test_its_claims_about_training_are_recorded_with_twelve_seeds_and_room_to_spare(run, path):
    tried = json.loads(claims.FILE.read_text(encoding="utf-8"))
    entry = tried[path.stem]
    kept = {(one["exercise"], one["claim"]): one for one in entry["claims"] if one["learned"]}
    made = {(one["exercise"], one["claim"]): one["measured"] for one in runner.reports(run[1]) if one["learned"]}
    assert len(entry["seeds"]) >= 12 and set(made) <= set(kept)
    for key, bounds in made.items():
        claim = kept[key]
        assert claim["held"] == len(entry["seeds"]) and claims.deviations(claim) >= 2.5, claim
        for wanted, bound in bounds.items():
            assert claim[wanted] == claims.short(bound), "the bound is another one now: run.py claims"


def test_what_it_says_about_an_exercise_it_says_once(run):
    made = [(report["exercise"], report["claim"]) for report in runner.reports(run[1]) if report["exercise"]]
    assert len(set(made)) == len(made), "of two claims in the same words only the later counts"


def test_its_figures_have_words_for_those_who_cannot_see_them(run):
    outputs = [output for cell in run[1].cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    words = [output.metadata.get("image/png", {}).get("alt", "") for output in outputs]
    assert [said for said in words if len(said.split()) < 8] == []
    assert len(set(words)) == len(words), "two figures in the same words"


def test_it_uses_the_best_device_there_is(run):
    printed = "".join(output.get("text", "") for cell in run[1].cells for output in cell.get("outputs", []))
    assert f"profile smoke, seed 0, device {lesson.choose_device()}" in printed


# ---- the student's copy


@pytest.fixture(scope="module")
def student(path):
    return student_version(path)


def test_the_students_copy_shows_no_solution_and_no_hidden_test(student):
    text = "\n".join(cell.source for cell in student.cells)
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)|check\.require", text)
    assert all("your answer" in cell.source for cell in graded(student.cells, "exercise").values())


def test_nbgraders_release_copy_is_the_students_copy(student, notebook):
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(runner.NOTEBOOKS)).load_config()
    release, resources = notebook.copy(), {}
    release.cells = [cell.copy() for cell in notebook.cells]
    for step in (ClearSolutions, ClearHiddenTests):
        release, resources = step(config=settings).preprocess(release, resources)
    assert [cell.source for cell in release.cells] == [cell.source for cell in student.cells]


def test_the_students_copy_runs_and_its_exercises_report_that_they_were_not_attempted(run, student, path, tmp_path):
    answered = {cell.id: [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]
                for cell in graded(run[1].cells, "check").values()}  # fmt: skip
    assert all(answered.values()), "the master has not reported on every exercise"
    for cell in graded(student.cells, "check").values():
        reports = [Report(r["claim"], OPEN, "", r["exercise"], r["learned"]) for r in answered[cell.id]]
        cell.outputs = [nbformat.v4.new_output("display_data", report._repr_mimebundle_()) for report in reports]
        cell.execution_count = 1  # nbval compares with cells that have been executed
        cell.metadata.tags = ["nbval-check-output"]
    nbformat.write(student, tmp_path / path.name)
    result = nbval(tmp_path / path.name, tmp_path)
    assert result.returncode == 0, result.stdout


def nbval(notebook, folder):
    """Runs nbval on a copy of the notebook whose parameters say smoke, in a pytest of its own."""
    copy = str(folder / f"smoke_{notebook.name}")
    papermill.execute_notebook(str(notebook), copy, {"PROFILE": "smoke", "SEED": 0, "DEVICE": "auto"}, prepare_only=True)
    options = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "300", "--rootdir", str(folder)]
    plain = ["-q", "-x", "--color=no", "-p", "no:xdist", "-p", "no:cacheprovider"]
    return subprocess.run([sys.executable, "-m", "pytest", *options, *plain, copy], capture_output=True, text=True)


@pytest.mark.parametrize(
    "name, words",
    [
        ("10_error_in_a_cell", "ZeroDivisionError"),
        ("11_error_in_an_output_widget", "swallowed by Output"),
        ("12_error_in_interact", "swallowed by interact"),
        ("false_fact", "2 + 2 = 5"),
    ],
)
def test_nbval_rejects_a_broken_notebook(name, words, tmp_path):
    result = nbval(Path(__file__).parent / "broken" / f"{name}.ipynb", tmp_path)
    assert result.returncode == 1 and words in result.stdout
