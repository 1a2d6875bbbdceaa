"""The course runner: what it rejects and how it says so, the `gan-edu` command, and `run.py`, which installs and starts it."""

import ast
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import tomllib
import urllib.error
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from packaging.specifiers import SpecifierSet
from typer.testing import CliRunner

from gan_edu import cli, course, plots
from gan_edu.course import doctor, launch, lesson, runner
from gan_edu.course.checks import Checks
from gan_edu.course.student import student_version
from gan_edu.engine import allowed_cores
from gan_edu.errors import CourseError

ROOT = Path(__file__).resolve().parents[1]
BROKEN = ROOT / "tests" / "broken"


def gan_edu(*arguments):
    """Runs the command in this process."""
    return CliRunner().invoke(cli.app, arguments)


@contextmanager
def a_course_of(notebooks, elsewhere):
    """The course consists of these notebooks, and its results go elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "NOTEBOOKS", notebooks)
        patch.setattr(runner, "ROOT", elsewhere)
        yield


# ---- the runner, on notebooks that are broken on purpose

REJECTED = {
    "10_error_in_a_cell": "cell [4] raised ZeroDivisionError: division by zero",
    "11_error_in_an_output_widget": "a widget hides KeyError: 'swallowed by Output'",
    "12_error_in_interact": "a widget hides ValueError: swallowed by interact",
    "13_failing_check": "check failed: one is two (largest error 1, allowed 0.1)",
    "15_unknown_parameter": "15_unknown_parameter.ipynb has no parameter DEVICE; it has PROFILE, SEED.",
    "16_dying_kernel": "the kernel stopped",
    "17_merge_conflict": "17_merge_conflict.ipynb is no notebook",
}


@pytest.fixture(scope="module")
def broken_course(tmp_path_factory):
    """`gan-edu course` on tests/broken: what it printed and returned, and the folder that it wrote to."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with a_course_of(BROKEN, elsewhere):
        return SimpleNamespace(result=gan_edu("course", "--profile", "smoke"), folder=elsewhere / "build" / "course")


@pytest.mark.parametrize("name", REJECTED)
def test_a_broken_notebook_is_rejected_with_a_sentence(broken_course, name):
    line = next(line for line in broken_course.result.stdout.splitlines() if f"] {name}: " in line)
    assert "FAILED" in line and REJECTED[name] in line


def test_every_broken_notebook_has_its_sentence():
    assert {path.stem for path in BROKEN.glob("1*.ipynb")} == set(REJECTED) | {"14_stray_output"}  # which runs


def test_a_broken_notebook_makes_the_exit_code_non_zero(broken_course):
    assert broken_course.result.exit_code == 1 and isinstance(broken_course.result.exception, SystemExit)


def test_a_broken_notebook_does_not_stop_the_others(broken_course):
    assert re.search(r"20_sound: \d+ s, ok, 1 checks hold, 1 exercises open", broken_course.result.stdout)


def test_two_notebooks_run_at_a_time_where_there_are_two_cores(broken_course):
    assert f"{len(REJECTED) + 2} notebooks, {min(2, allowed_cores())} at a time, on" in broken_course.result.stdout


def test_notebooks_that_run_at_a_time_share_the_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    with runner._workers(2, threads=3) as (each, _):
        assert list(each(os.getenv, ["OMP_NUM_THREADS"] * 4)) == ["3"] * 4
        assert list(each(os.getenv, ["TQDM_DISABLE"] * 2)) == ["1"] * 2
    assert "OMP_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(("usual", "asked", "given"), [("1", ["--threads", 3], "3"), ("2", [], "2")])
def test_threads_that_are_asked_for_are_those_that_a_notebook_gets(usual, asked, given, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", usual)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    seen = []
    monkeypatch.setattr(
        runner,
        "run_notebook",
        lambda source, target, parameters, tell: seen.append(os.environ["OMP_NUM_THREADS"]) or runner.Outcome(source.stem),
    )
    with a_course_of(BROKEN, tmp_path):
        said = gan_edu("course", "--only", "20", *map(str, asked)).stdout
    assert seen == [given] and f"on {given} thread{'s' * (given != '1')} each" in said


def test_the_run_ends_with_a_table_and_a_verdict(broken_course):
    shown = broken_course.result.stdout
    assert all(f"\u2502 {name} " in shown for name in (*REJECTED, "20_sound"))  # a cell of the table
    assert (
        f"{len(REJECTED) + 2} notebooks in" in shown and f"{len(REJECTED)} with problems. See build/course/index.html" in shown
    )


def test_the_summary_for_programs_says_the_same(broken_course):
    found = {entry["name"]: entry for entry in json.loads((broken_course.folder / "summary.json").read_text())}
    assert {name for name, entry in found.items() if entry["problems"]} == set(REJECTED)
    assert found["20_sound"]["checks"] == {"holds": 1, "not attempted": 1}


def test_the_index_shows_every_notebook_and_links_only_to_pages_that_exist(broken_course):
    index = (broken_course.folder / "index.html").read_text(encoding="utf-8")
    assert all(name in index for name in (*REJECTED, "20_sound")) and "division by zero" in index
    links = re.findall(r"href='([^']+)'", index)
    assert "20_sound.html" in links and all((broken_course.folder / link).is_file() for link in links)


def test_pages_ask_the_network_for_nothing(broken_course):
    pages = list(broken_course.folder.glob("*.html"))
    assert pages
    for page in pages:
        assert not re.findall(
            r"""<(?:script|link|img)[^>]+(?:src|href)=["']?https?://[^>]+>""", page.read_text(encoding="utf-8")
        )


def test_sound_notebooks_make_the_exit_code_zero(tmp_path):
    with a_course_of(BROKEN, tmp_path):
        result = gan_edu("course", "--profile", "smoke", "--only", "20", "--seed", "7")
    assert result.exit_code == 0 and "1 notebooks in" in result.stdout and "0 with problems" in result.stdout
    injected = (tmp_path / "build" / "course" / "20_sound.ipynb").read_text(encoding="utf-8")
    assert "SEED = 7" in injected and 'PROFILE = \\"smoke\\"' in injected


def test_an_older_result_does_not_pass_for_a_new_one(tmp_path, monkeypatch):
    target = tmp_path / "16_dying_kernel.ipynb"
    target.write_text((BROKEN / "20_sound.ipynb").read_text())
    monkeypatch.setattr("papermill.execute_notebook", lambda *a, **k: (_ for _ in ()).throw(RuntimeError("no kernel")))
    outcome = runner.run_notebook(BROKEN / "16_dying_kernel.ipynb", target)
    assert outcome.problems == ["the kernel stopped: no kernel"] and not target.exists()


# ---- what the reader's machine has been told before


def run_cells(folder, *sources):
    """What a notebook of these cells prints when the runner executes it."""
    path = folder / "30_own.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]), path)
    outcome = runner.run_notebook(path, folder / "executed.ipynb")
    assert outcome.problems == []
    outputs = [output for cell in nbformat.read(folder / "executed.ipynb", 4).cells for output in cell.outputs]
    return "".join(output.get("text", "") or "<a picture>" * ("image/png" in output.data) for output in outputs)


@pytest.fixture
def foreign_kernel(tmp_path, monkeypatch):
    """Another Python's kernel is registered, under the name that ours has."""
    folder = tmp_path / "elsewhere" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["no/such/python", "-f", "{connection_file}"], "display_name": "Another", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "elsewhere"))


def test_the_runner_uses_this_python_whatever_kernel_is_registered(foreign_kernel, tmp_path):
    assert run_cells(tmp_path, "import sys; print(sys.executable)") == f"{sys.executable}\n"


def test_the_lab_offers_this_python_whatever_kernel_is_registered(foreign_kernel, monkeypatch):
    seen = {}
    monkeypatch.setattr(cli.subprocess, "run", lambda command, env: seen.update(env) or subprocess.CompletedProcess(command, 0))
    assert KernelSpecManager().get_kernel_spec("python3").display_name == "Another"
    assert gan_edu("lab").exit_code == 0
    monkeypatch.setenv("JUPYTER_PATH", seen["JUPYTER_PATH"])
    found = KernelSpecManager().find_kernel_specs()
    assert Path(found["python3"]).is_relative_to(sys.prefix)


def test_the_runner_leaves_the_readers_own_start_up_files_alone(tmp_path, monkeypatch):
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("leaked = 1; import torch; torch.set_default_dtype(torch.float64)")
    (tmp_path / "own.py").write_text("leaked = 2")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "own.py"))
    assert run_cells(tmp_path, "print('leaked' in globals())") == "False\n"


def test_figures_are_shown_in_the_courses_style_whatever_the_readers_is(tmp_path, monkeypatch):
    (tmp_path / "matplotlibrc").write_text("image.origin: lower\ntext.usetex: True\nsavefig.facecolor: red\nlines.marker: o\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    monkeypatch.setenv("MPLBACKEND", "agg")  # which shows nothing
    begin = "from gan_edu import course; course.begin('smoke', 0, 'cpu')"
    look = "import matplotlib.pyplot as plt; print(*(plt.rcParams[name] for name in ('image.origin', 'text.usetex', 'lines.marker')))"
    printed = run_cells(tmp_path, f"{begin}; {look}", "plt.plot([1, 2]);")
    assert printed.endswith("upper False None\n<a picture>")


def test_the_style_leaves_the_backend_alone():
    import matplotlib

    backend = matplotlib.get_backend()
    with matplotlib.rc_context({"image.origin": "lower", "axes.grid": True}):
        plots.use_style()
        assert matplotlib.rcParams["image.origin"] == "upper" and not matplotlib.rcParams["axes.grid"]
        assert matplotlib.rcParams["image.cmap"] == "gray_r" and matplotlib.get_backend() == backend


@pytest.mark.parametrize("execution", ["validate", "autograde"])
def test_nbgrader_plays_the_smoke_profile(execution, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)
    monkeypatch.setattr("torch.set_num_threads", lambda count: None)
    lesson = course.begin("full", 0, "cpu")
    assert lesson.pick(smoke=1, lecture=60, full=3600) == 1 and not lesson.check.judging
    assert capsys.readouterr().out.startswith("profile smoke")


# ---- the command


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--profile", "nonsense"], "'nonsense' is no profile: choose smoke, lecture, full."),
        (["--only", "99"], "no notebook begins with 99; there are 10_error_in_a_cell"),
        (["--only", "20,98"], "no notebook begins with 98;"),
        (["--only", ""], "no notebook begins with ''; there are 10_error_in_a_cell"),
        (["--only", " , "], "no notebook begins with ' , '; there are"),
        (["--device", "abacus"], "there is no device 'abacus' here: choose auto"),
        (["--device", "cpu:x"], "there is no device 'cpu:x' here: choose auto"),
        (["--device", ""], "there is no device '' here: choose auto"),
    ],
)
def test_a_wrong_option_is_answered_with_a_sentence_and_exit_code_2(tmp_path, arguments, sentence):
    with a_course_of(BROKEN, tmp_path):
        result = gan_edu("course", *arguments)
    assert result.exit_code == 2 and sentence in result.stdout and "Traceback" not in result.output
    assert not (tmp_path / "build").exists()


def test_a_course_without_notebooks_is_no_success(tmp_path):
    with a_course_of(tmp_path, tmp_path):
        result = gan_edu("course")
    assert result.exit_code == 2 and "there are no notebooks in" in result.stdout


def test_only_takes_several_beginnings_and_no_comma_for_a_beginning():
    with a_course_of(BROKEN, None):
        assert [path.name[:2] for path in runner.notebooks("20, 11,14")] == ["11", "14", "20"]
        assert [path.name[:2] for path in runner.notebooks("20,")] == ["20"]
        assert len(runner.notebooks(None)) == len(list(BROKEN.glob("[0-9]*.ipynb")))


def refuse(error):
    def raising(*_, **__):
        raise error

    return raising


ADDRESS = '[project]\n[project.urls]\nRepository = "https://github.com/me/course"\n'
REFUSALS = {
    "check its permissions": PermissionError(13, "Permission denied"),
    "make room on the disk": OSError(28, "No space left on device"),
}


@pytest.mark.parametrize("remedy", REFUSALS)
@pytest.mark.parametrize("command, function", [("course", "mkdir"), ("course", "write_text"), ("student", "mkdir")])
def test_a_folder_that_cannot_be_written_to_is_said(command, function, remedy, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(ADDRESS)
    monkeypatch.setattr(runner, "run_notebook", lambda source, target, parameters, tell: runner.Outcome(source.stem))
    monkeypatch.setattr(Path, function, refuse(REFUSALS[remedy]))
    with a_course_of(BROKEN, tmp_path):
        result = gan_edu(command, "--only", "20")
    sentence = f"/{command} cannot be written to ({REFUSALS[remedy].strerror}): {remedy}."
    assert result.exit_code == 2 and sentence in result.stdout.replace(os.sep, "/") and "Traceback" not in result.output


def test_a_result_that_cannot_be_written_is_its_notebooks_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "run_notebook", refuse(PermissionError(13, "Permission denied", "20_sound.ipynb")))
    with a_course_of(BROKEN, tmp_path):
        result = gan_edu("course", "--only", "20")
    assert result.exit_code == 1 and "FAILED: [Errno 13] Permission denied: '20_sound.ipynb'" in result.stdout


@pytest.mark.parametrize("code", [0, 1, 5])
def test_the_test_command_returns_pytests_exit_code_and_hands_its_options_on(monkeypatch, code):
    seen = {}

    def fake(command, **settings):
        seen.update(command=command, **settings)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(cli.subprocess, "run", fake)
    result = gan_edu("test", "-k", "minimax", "-x")
    assert result.exit_code == code
    assert seen["command"][-3:] == ["-k", "minimax", "-x"]
    files = [Path(word).name for word in seen["command"] if word.endswith(".py")]
    assert files[-2:] == ["test_notebooks.py", "test_exercises.py"] and files[:-2] == sorted(files[:-2])
    assert sorted(files) == sorted(path.name for path in (ROOT / "tests").glob("test_*.py"))


@pytest.fixture
def copy(tmp_path):
    """What `gan-edu student` writes of notebook 03, once it has, in a project of its own."""
    (tmp_path / "pyproject.toml").write_text(ADDRESS)
    (tmp_path / "README.md").write_text(f"Words before.\n{launch.BEGIN}\n{launch.END}\nWords after.\n")
    (tmp_path / "notebooks").mkdir()
    shutil.copy(runner.notebooks("03")[0], tmp_path / "notebooks")
    with a_course_of(tmp_path / "notebooks", tmp_path):
        assert gan_edu("student", "--only", "03").exit_code == 0
        (path,) = (tmp_path / "notebooks" / "student").glob("*.ipynb")
        yield path


def work_in(path):
    """Somebody opens a notebook and writes an answer."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source += "\nmy own notes"
    nbformat.write(notebook, path)


def test_the_student_command_writes_copies_without_solutions_and_the_links_that_open_them(copy, tmp_path):
    assert "BEGIN SOLUTION" not in copy.read_text(encoding="utf-8")
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert page.startswith("Words before.\n") and page.endswith("Words after.\n")
    assert f"me/course/blob/main/notebooks/student/{copy.name}" in page


def test_the_student_command_without_a_checkout_is_told_where_notebooks_are(tmp_path):
    with a_course_of(tmp_path, tmp_path):
        result = gan_edu("student")
    assert result.exit_code == 2 and "they come with a checkout of the project" in result.output


def test_a_students_work_is_kept_unless_force_says_otherwise(copy):
    work_in(copy)
    again = gan_edu("student", "--only", "03")
    assert again.exit_code == 0 and "my own notes" in copy.read_text(encoding="utf-8")
    assert f"kept {copy}, which may hold somebody's work: --force overwrites it" in again.stdout
    forced = gan_edu("student", "--only", "03", "--force")
    assert f"wrote {copy}" in forced.stdout and "my own notes" not in copy.read_text(encoding="utf-8")


def test_a_file_of_which_nobody_knows_who_wrote_it_is_kept(copy):
    for text in (
        "",
        "half a notebo",
        "{}",
        "[]",
        json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
    ):
        copy.write_text(text, encoding="utf-8")
        assert "kept" in gan_edu("student", "--only", "03").stdout and copy.read_text(encoding="utf-8") == text


def test_a_copy_that_was_only_run_is_written_again_from_the_source_of_today(copy):
    notebook = nbformat.read(copy, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="run")]
    notebook.metadata["kernelspec"]["display_name"] = "another"
    nbformat.write(notebook, copy)
    (path,) = runner.notebooks()
    source = nbformat.read(path, as_version=4)
    source.cells[0].source += "\nan erratum"
    nbformat.write(source, path)
    assert f"wrote {copy}" in gan_edu("student").stdout
    assert "an erratum" in copy.read_text(encoding="utf-8")


def test_the_course_overwrites_its_own_results_and_nobodys_work(tmp_path, monkeypatch):
    monkeypatch.setattr("papermill.execute_notebook", lambda source, target, **settings: shutil.copy(source, target))
    command = ["course", "--profile", "smoke", "--only", "20"]
    with a_course_of(BROKEN, tmp_path):
        assert gan_edu(*command).exit_code == gan_edu(*command).exit_code == 0
        result = tmp_path / "build" / "course" / "20_sound.ipynb"
        work_in(result)
        again = gan_edu(*command)
        assert again.exit_code == 2 and "my own notes" in result.read_text(encoding="utf-8")
        assert "20_sound.ipynb in" in again.stdout and "may hold somebody's work: move it away, or" in again.stdout
        assert gan_edu(*command, "--force").exit_code == 0 and "my own notes" not in result.read_text(encoding="utf-8")


def test_the_doctor_reports_what_is_here_and_advises_on_what_is_not(monkeypatch):
    import torch

    monkeypatch.setenv("COLUMNS", "300")
    found = {what: (value, advice) for what, value, advice in doctor.findings()}
    assert found["PyTorch"][0] == torch.__version__ and found["device"][0] == lesson.choose_device()
    assert found["MNIST"] == ("not here", "it is downloaded when a notebook needs it; see data/README.md")
    assert found["CMP facades"] == ("not here", "drawn outlines stand in for them; see data/README.md")
    assert gan_edu("doctor").exit_code == 0


def test_the_doctor_notices_a_data_folder_that_does_not_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_EDU_DATA", str(tmp_path / "gone"))
    advice = {what: advice for what, _, advice in doctor.findings()}
    assert "gone, which is no folder. Correct it, or unset it." in advice["MNIST"]


def test_the_doctor_notices_a_driver_that_pytorch_cannot_use(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(doctor, "choose_device", lambda: "cpu")
    assert "--torch-index" in {what: advice for what, _, advice in doctor.findings()}["device"]


# ---- data before the run


@pytest.fixture
def asked(monkeypatch):
    """Downloads are recorded and fail, as they do without a network."""
    from gan_edu.data import images

    monkeypatch.delenv("GAN_EDU_OFFLINE")
    titles = []
    monkeypatch.setattr(images, "fetch", lambda remotes, folder: titles.append(folder.name))
    return titles


def notebook_that_says(folder, source):
    path = folder / "30_data.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    return path


def test_only_what_the_chosen_notebooks_load_is_downloaded(tmp_path, asked):
    runner.prepare_data([notebook_that_says(tmp_path, 'load("fashion")')], say=lambda text: None)
    assert asked == ["fashion-mnist"]


def test_a_missing_network_is_asked_once_and_the_stand_in_is_named(tmp_path, asked):
    said = []
    runner.prepare_data([notebook_that_says(tmp_path, 'load("mnist"); load("flowers", 64)')], say=said.append)
    assert asked == ["mnist"]
    assert said == [f"{t} is neither here nor to be had: a stand-in takes its place." for t in ("MNIST", "Oxford 17 flowers")]


# ---- checks, where the runner depends on them


def test_an_answer_of_the_wrong_kind_fails_its_check_and_does_not_stop_the_notebook():
    check = Checks()
    check.close("a word", 1.0, within=0.1, says="a number", but_not=2.0)
    assert check.reports[0].state == "fails" and "cannot be judged" in check.reports[0].detail


def test_a_check_without_any_wrong_answer_refuses_to_exist():
    with pytest.raises(CourseError, match="names no wrong answer"):
        Checks().close(1.0, 1.0, within=0.1, says="one is one", but_not={})


# ---- the student's copy

MASTER = '''\
value = ...
### BEGIN SOLUTION
value = 42
### END SOLUTION


def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
### BEGIN HIDDEN TESTS
check.require("1")
### END HIDDEN TESTS'''


def test_the_students_copy_keeps_the_stub_and_loses_solutions_hidden_tests_and_outputs(tmp_path):
    cell = nbformat.v4.new_code_cell(MASTER, execution_count=3, outputs=[nbformat.v4.new_output("stream", text="42\n")])
    kept = nbformat.v4.new_code_cell("1", execution_count=4, metadata={"tags": ["keep_output"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell, kept]), tmp_path / "master.ipynb")
    student, fact = student_version(tmp_path / "master.ipynb").cells
    assert student.source == ('value = ...\n...  # your answer\n\n\ndef double(x):\n    """Twice x."""\n    ...  # your answer')
    assert student.outputs == [] and student.execution_count is None and fact.execution_count == 4
    names = {}
    exec(student.source, names)
    assert names["value"] is ... and names["double"](1) is None


# ---- run.py


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run.py in a project of its own, whose commands are recorded instead of executed.

    `commands` are what it started; `failing` lists words that make a command fail; `torch` says whether the environment has it.
    """
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    for name, value in {"ROOT": tmp_path, "VENV": venv, "PYTHON": venv / "bin" / "python", "STAMP": venv / "installed"}.items():
        monkeypatch.setattr(module, name, value)
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\ntorch==2.13.0\ntorchmetrics==1.9.0\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    module.commands, module.failing, module.torch = [], [], False

    def fake(command, **settings):
        assert not settings.get("shell")
        words = [str(word) for word in command]
        module.commands.append(words)
        if words[1:3] == ["-m", "venv"]:
            module.PYTHON.parent.mkdir(parents=True)
            module.PYTHON.touch()
        if words[1] == "-c":  # the question whether that torch is here
            return subprocess.CompletedProcess(words, 0 if module.torch else 1)
        return subprocess.CompletedProcess(words, 1 if set(words) & set(module.failing) else 0)

    monkeypatch.setattr(module.subprocess, "run", fake)
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(module.platform, "system", lambda: "Linux")
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module.Path, "exists", lambda path, real=Path.exists: real(path) and path.parts[:2] != ("/", "proc"))
    monkeypatch.setattr(module.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(b"torch-2.13.0%2Bcpu-cp311.whl"))
    return module


def pip(module):
    """What it had pip install, call by call."""
    return [words[words.index("install") + 3 :] for words in module.commands if "install" in words]


CPU = ["torch==2.13.0", "--index-url", "https://download.pytorch.org/whl/cpu"]
DEFAULT = ["torch==2.13.0"]


def test_the_first_call_makes_an_environment_installs_and_hands_over(run):
    assert run.main(["course", "--profile", "smoke"]) == 0
    assert run.commands[0] == [sys.executable, "-m", "venv", str(run.VENV)]
    everything = ["-c", str(run.ROOT / "constraints.txt"), "-e", f"{run.ROOT}[site,test]"]
    assert pip(run) == [CPU, everything]
    assert run.commands[-1] == [str(run.PYTHON), "-P", "-m", "gan_edu", "course", "--profile", "smoke"]


def test_the_newest_versions_are_installed_on_request_and_the_tested_ones_again_without_it(run):
    newest = ["--upgrade", "--upgrade-strategy", "eager", "-e", f"{run.ROOT}[site,test]"]
    assert run.main(["--newest", "test"]) == 0
    assert pip(run) == [newest] and run.commands[-1][-2:] == ["gan_edu", "test"]
    run.main(["--newest", "test"])
    assert pip(run) == [newest]
    run.main(["test"])
    assert [call[0] for call in pip(run)[1:]] == ["torch==2.13.0", "-c"]


def test_an_unchanged_environment_is_left_alone(run):
    run.main(["doctor"])
    run.commands.clear()
    run.main(["course"])
    assert run.commands == [[str(run.PYTHON), "-P", "-m", "gan_edu", "course"]]


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_again_and_an_installed_torch_is_kept(run, name):
    run.main(["doctor"])
    run.commands.clear()
    run.torch = True
    (run.ROOT / name).write_text((run.ROOT / name).read_text() + "# another version\n")
    run.main(["doctor"])
    assert [call[0] for call in pip(run)] == ["-c"] and not any("venv" in words for words in run.commands)


def test_an_interrupted_installation_is_taken_up_again(run):
    run.failing = ["-e"]
    with pytest.raises(SystemExit, match="Is there a network"):
        run.main(["course"])
    assert not run.STAMP.exists() and not any("gan_edu" in words for words in run.commands)
    run.failing, run.torch = [], True
    assert run.main(["course"]) == 0 and run.STAMP.exists()


def test_an_environment_that_cannot_be_made_leaves_no_half_behind(run):
    run.failing = ["venv"]
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        run.main(["course"])
    assert not run.VENV.exists()


def test_with_an_nvidia_driver_torch_comes_from_the_default_index(run, monkeypatch):
    monkeypatch.setattr(run.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    run.main(["doctor"])
    assert pip(run)[0] == DEFAULT


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_elsewhere_than_on_linux_torch_comes_from_the_default_index(run, monkeypatch, system):
    monkeypatch.setattr(run.platform, "system", lambda: system)
    run.main(["doctor"])
    assert pip(run)[0] == DEFAULT


def test_if_the_cpu_index_does_not_answer_torch_comes_from_the_default_index(run, monkeypatch):
    def silence(url, timeout):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(run.urllib.request, "urlopen", silence)
    run.main(["doctor"])
    assert pip(run)[0] == DEFAULT


def test_if_the_cpu_index_lacks_the_version_torch_comes_from_the_default_index(run, monkeypatch):
    monkeypatch.setattr(run.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(b"torch-2.12.0%2Bcpu-cp311.whl"))
    run.main(["doctor"])
    assert pip(run)[0] == DEFAULT


def test_an_index_that_is_asked_for_replaces_even_an_installed_torch(run):
    run.main(["doctor"])
    run.commands.clear()
    run.torch = True
    run.main(["--torch-index", "https://example.org/cu", "doctor"])
    assert pip(run)[0] == ["torch==2.13.0", "--index-url", "https://example.org/cu", "--force-reinstall", "--no-deps"]


@pytest.fixture
def bare(run, monkeypatch):
    """run.py in a Python with these packages; `bare.has` may be given others."""
    run.has = []
    monkeypatch.setattr(run, "is_here", lambda name: name in run.has)
    (run.ROOT / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return run


def test_a_python_without_torch_gets_the_tested_versions_of_what_notebooks_need(bare):
    bare.complete()
    torch, others = pip(bare)
    assert torch == CPU and others[:2] == ["-c", str(bare.ROOT / "constraints.txt")]
    assert [word.partition(">=")[0] for word in others[2:]] and {word.partition(">=")[0] for word in others[2:]} == set(
        bare.NOTEBOOKS_NEED
    )
    assert {words[0] for words in bare.commands} == {sys.executable}, "into the Python that runs this, and no other"


def test_a_torch_that_is_there_is_kept_and_nothing_is_pinned_beside_it(bare):
    bare.has = [name for name in bare.NOTEBOOKS_NEED if name != "pooch"]
    bare.complete()
    assert pip(bare) == [["pooch>=1.8"]]


def test_a_python_that_has_everything_is_left_alone(bare, capsys):
    bare.has = bare.NOTEBOOKS_NEED
    bare.complete()
    assert bare.commands == [] and capsys.readouterr().out == ""


def test_here_makes_ready_the_python_that_is_there_and_makes_no_other(bare):
    bare.has = bare.NOTEBOOKS_NEED
    assert bare.main(["here"]) == 0
    assert pip(bare) == [["--no-deps", "-e", str(bare.ROOT)]] and bare.commands[0][0] == sys.executable
    assert not bare.VENV.exists()


def test_a_kernel_that_is_too_old_is_told_so(bare, monkeypatch):
    monkeypatch.setattr(bare.sys, "version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match="The course needs Python 3.11 or newer, and this is .*: choose another kernel"):
        bare.complete()


def test_the_exit_code_is_the_commands(run):
    run.failing = ["test"]
    assert run.main(["test"]) == 1


@pytest.mark.skipif(os.name == "nt", reason="sends a signal to a group of processes")
def test_ctrl_c_leaves_the_command_the_time_that_it_takes(tmp_path):
    package = tmp_path / "gan_edu"
    package.mkdir()
    (package / "__init__.py").touch()
    command = """
        import sys, time
        try:
            print("ready", flush=True)
            time.sleep(20)
        except KeyboardInterrupt:
            time.sleep(1)  # writing a checkpoint
            sys.exit(7)
    """
    (package / "__main__.py").write_text(textwrap.dedent(command))
    start = "import run, sys; run.prepare = lambda *_: None; run.PYTHON = sys.executable; sys.exit(run.main(['train']))"
    paths = os.pathsep.join(map(str, (tmp_path, ROOT)))  # that package comes before ours
    process = subprocess.Popen(
        [sys.executable, "-c", start],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 7


def test_without_a_command_it_explains_itself(run, capsys):
    assert run.main([]) == 2 and run.main(["--help"]) == 0 and run.commands == []
    assert capsys.readouterr().out.count("usage: python3 run.py") == 2


@pytest.mark.parametrize("minor", range(9, 16))
def test_a_python_that_the_course_is_not_tested_on_is_told_so(run, monkeypatch, minor):
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    monkeypatch.setattr(run.sys, "version_info", (3, minor, 1))
    monkeypatch.setattr(run.platform, "python_version", lambda: f"3.{minor}.1")
    if SpecifierSet(wanted).contains(f"3.{minor}.1"):
        assert run.main(["course"]) == 0
    else:
        with pytest.raises(SystemExit, match=rf"is for Python 3.11 to 3.13, and this is 3.{minor}.1. Install one from"):
            run.main(["course"])


def test_run_py_imports_the_standard_library_only():
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


# ---- pages about the project


def test_the_page_about_data_names_every_download_with_its_checksum():
    from gan_edu.data.images import SETS

    page = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for remote in (remote for entry in SETS.values() for remote in entry.remotes):
        assert f"`{remote.name}` | {remote.checksum.replace(':', ' `')}`" in page


def test_the_runners_client_looks_again_when_a_message_came_unannounced(monkeypatch):
    import asyncio
    from queue import Empty

    from jupyter_client.channels import AsyncZMQSocketChannel

    looks = []

    async def get_msg(channel, timeout):
        looks.append(timeout)
        if len(looks) < 3:
            raise Empty  # nobody was called, though a message may have come
        return "the reply"

    monkeypatch.setattr(AsyncZMQSocketChannel, "get_msg", get_msg)
    channel = object.__new__(runner._kernel_manager("")().client().shell_channel_class)
    assert asyncio.run(channel.get_msg(7200)) == "the reply" and looks == [1.0, 1.0, 1.0]
    looks.clear()
    with pytest.raises(Empty):
        asyncio.run(channel.get_msg(0))
    assert looks == [0.0]


def test_the_links_of_the_pages_about_the_project_lead_somewhere():
    for page in (*ROOT.glob("*.md"), ROOT / "data" / "README.md"):
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            assert re.match(r"https?://|#", link) or (page.parent / link.split("#")[0]).exists(), (page.name, link)


def test_continuous_integration_runs_the_same_command_as_everybody():
    script = ROOT / ".ci" / "run"
    assert script.read_text().splitlines()[-1] == "exec python3 run.py test"
    assert os.name == "nt" or script.stat().st_mode & 0o111
