"""Students' copies that start with one click: in step with their masters, launched from one address, and able to fetch the course."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

import gan_edu
from gan_edu.course import launch, runner
from gan_edu.course.student import is_edited
from gan_edu.errors import CourseError
from run import NOTEBOOKS_NEED

ROOT = Path(__file__).resolve().parents[1]
COPIES = ROOT / "notebooks" / "student"
WRITE = "write it again: python3 run.py student (--force overwrites copies that were worked in)"
REPOSITORY = launch.repository(ROOT)


# ---- in step


@pytest.fixture(scope="module", params=runner.notebooks(), ids=lambda path: path.stem)
def master(request):
    return request.param


@pytest.fixture(scope="module")
def copy(master):
    path = COPIES / master.name
    assert path.is_file(), WRITE
    return nbformat.read(path, as_version=4)


def test_a_copy_is_what_its_master_makes_of_it_today(master, copy):
    due = launch.launchable(master, REPOSITORY, gan_edu.__version__)
    assert [cell.source for cell in copy.cells] == [cell.source for cell in due.cells], WRITE
    assert not is_edited(COPIES / master.name), WRITE
    copy.metadata.pop("gan_edu")  # the mark by which somebody's work is noticed
    assert json.loads(nbformat.writes(copy)) == json.loads(nbformat.writes(due)), WRITE


def test_every_master_has_a_copy_and_every_copy_a_master():
    assert {path.name for path in COPIES.iterdir() if path.suffix == ".ipynb"} == {path.name for path in runner.notebooks()}, (
        WRITE
    )


def test_a_copy_is_a_valid_notebook_without_solutions_and_outputs(copy):
    nbformat.validate(copy)
    text = "\n".join(cell.source for cell in copy.cells)
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)|check\.require", text)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in copy.cells)
    assert len({cell.id for cell in copy.cells}) == len(copy.cells)


def test_a_copy_begins_with_its_title_its_launch_links_and_the_cell_that_fetches_the_course(master, copy):
    title, _, links = copy.cells[0].source.splitlines()[:3]
    assert title.startswith(f"# {master.stem[:2]} · ") and links.startswith("Open in [Colab](")
    first = next(cell for cell in copy.cells if cell.cell_type == "code")
    assert first is copy.cells[1] and launch.archive(REPOSITORY) in first.source
    assert sum("This kernel has no gan_edu: run the first cell of code" in cell.source for cell in copy.cells) == 1


def test_the_relative_links_of_a_copy_lead_somewhere(copy):
    text = "\n\n".join(cell.source for cell in copy.cells if cell.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?://|#", link)]
    assert links and [link for link in links if not (COPIES / link.split("#")[0]).exists()] == []


def test_a_copy_looks_for_pictures_one_folder_up_and_for_chapters_beside_it(tmp_path):
    text = "# 03 · Two\n![a](pictures/a.png) [b](03_b.ipynb#c) [d](#e) [f](https://g.h/i.png) $[a](x)$ ![j](attachment:j.png)"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]), tmp_path / "03_two.ipynb")
    made = launch.launchable(tmp_path / "03_two.ipynb", REPOSITORY, "1.0").cells[0].source
    assert made.endswith(text.split("\n")[1].replace("](pictures", "](../pictures"))


def test_the_runner_takes_no_copy_for_a_notebook_of_the_course():
    assert not [path for path in runner.notebooks() if COPIES in path.parents]


def test_readme_has_todays_launch_links_and_leads_to_every_copy():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert launch.with_links(page, REPOSITORY, runner.notebooks()) == page, WRITE
    assert all(f"](notebooks/student/{path.name})" in page for path in runner.notebooks())


def test_readme_says_of_links_that_lead_nowhere_yet_that_they_do():
    page = f"{launch.BEGIN}\n{launch.END}"
    assert "lead nowhere" in launch.with_links(page, "some_placeholder/course", [])
    assert "lead nowhere" not in launch.with_links(page, "me/co_urse", [])


def test_a_readme_without_a_place_for_the_links_is_told_so():
    with pytest.raises(CourseError, match="put back the lines <!-- launch links"):
        launch.with_links("# gan_edu\n", REPOSITORY, [])


# ---- one address


def test_the_links_are_those_that_the_services_document():
    assert launch.notebook_links("me/course", "03_two.ipynb") == {
        "Colab": "https://colab.research.google.com/github/me/course/blob/main/notebooks/student/03_two.ipynb",
        "Kaggle": "https://kaggle.com/kernels/welcome?src=https://github.com/me/course/blob/main/notebooks/student/03_two.ipynb",
        "Binder": "https://mybinder.org/v2/gh/me/course/main?labpath=notebooks%2Fstudent%2F03_two.ipynb",
    }
    assert launch.codespace("me/course") == "https://codespaces.new/me/course"
    assert launch.archive("me/course") == "https://github.com/me/course/archive/refs/heads/main.zip"


@pytest.mark.parametrize(
    "address", ["https://github.com/me/course", "https://github.com/me/course.git", "https://github.com/me/course/"]
)
def test_the_address_is_read_from_pyproject(address, tmp_path):
    (tmp_path / "pyproject.toml").write_text(f'[project]\n[project.urls]\nRepository = "{address}"\n')
    assert launch.repository(tmp_path) == "me/course"


@pytest.mark.parametrize(
    "urls", ["", '[project.urls]\nRepository = "https://example.org/me/course"', "[project.urls]\nHome = 'x'"]
)
def test_an_address_that_nothing_can_be_launched_from_is_told_so(urls, tmp_path):
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{urls}\n")
    with pytest.raises(CourseError, match="launch links need https://github.com/OWNER/NAME"):
        launch.repository(tmp_path)


def tracked():
    """Path and text of what is, or would be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue  # weights, pictures, what was deleted


OURS = r"""(?x)
      github\.com/ ([\w.-]+/gan_edu)\b
    | (?:colab\.research\.google\.com/github|mybinder\.org/v2/gh|codespaces\.new) / ([\w.-]+/[\w.-]+)
    | kernels/welcome\?src=https://github\.com/ ([\w.-]+/[\w.-]+)
"""


def test_no_other_address_of_this_project_is_written_anywhere_and_only_one_by_hand():
    by_hand = []
    for name, text in tracked():
        if name == "tests/test_launch.py":
            continue  # which has made-up ones
        if name.startswith(f"{launch.COPIES}/"):
            derived, text = text, ""
        elif name == "README.md":
            before, _, rest = text.partition(launch.BEGIN)
            derived, _, after = rest.partition(launch.END)
            text = before + after
        else:
            derived = ""
        assert {next(filter(None, one)) for one in re.findall(OURS, derived)} <= {REPOSITORY}, f"{name}: {WRITE}"
        by_hand += [name for _ in re.findall(OURS, text)] + [name] * (REPOSITORY in text)
    assert set(by_hand) == {"pyproject.toml"}


# ---- the cell that fetches the course

LOOK = """
import pathlib
import gan_edu
root = pathlib.Path(gan_edu.__file__).parents[1]
print("from", root)
print([name for name in ("notebooks/recorded/stackgan.safetensors", "notebooks/pictures/digits.png", "gan_edu/judge.safetensors")
       if not (root / name).is_file()])
"""
FAKE_PIP = """
import json, os, sys
with open(os.environ["PIP_CALLS"], "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit(int(os.environ.get("PIP_FAILS", 0)))
"""


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """The archive of this repository, as its host packs it: all below one folder."""
    path = tmp_path_factory.mktemp("host") / "main.zip"
    wanted = ("run.py", "pyproject.toml", "constraints.txt", "gan_edu/", "notebooks/recorded/stackgan", "notebooks/pictures/")
    with zipfile.ZipFile(path, "w") as file:
        for name in [name for top in ("gan_edu", "notebooks") for name in (ROOT / top).rglob("*")] + list(ROOT.glob("*.*")):
            inside = name.relative_to(ROOT).as_posix()
            if name.is_file() and inside.startswith(wanted) and "__pycache__" not in inside:
                file.write(name, f"gan_edu-main/{inside}")
    return path


class Kernel:
    """A Python of its own, without site-packages: it has the packages that it is given, a pip that only notes what it was told, and a
    home of its own."""

    def __init__(self, folder, packages):
        self.home, self.desk, self.site = folder / "home", folder / "desk", folder / "site"
        for place in (self.home, self.desk, self.site / "pip"):
            place.mkdir(parents=True)
        (self.site / "pip" / "__init__.py").touch()
        (self.site / "pip" / "__main__.py").write_text(FAKE_PIP)
        for name in packages:
            (self.site / f"{name.replace('-', '_')}-0.1.dist-info").mkdir()
            (self.site / f"{name.replace('-', '_')}-0.1.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 0.1\n")
        self.calls, self.own = folder / "calls", self.home / ".cache" / "gan_edu" / "course-9.9"

    def run(self, archive, desk=None, again=None, **settings):
        """The cell, and a look at what it has brought. With `again`, the cell before it, and between the two what is given."""
        cell = launch.CELL.format(archive=archive, version="9.9")
        before = "" if again is None else f"try:\n    exec({cell!r})\nexcept SystemExit as stop:\n    print(stop)\n{again}\n"
        return self.python(before + cell + LOOK, desk, **settings)

    def python(self, source, desk=None, **settings):
        home = {"HOME": str(self.home), "USERPROFILE": str(self.home)}
        environment = os.environ | {"PYTHONPATH": str(self.site), "PIP_CALLS": str(self.calls)} | home | settings
        command = [sys.executable, "-S", "-c", source]
        return subprocess.run(command, cwd=desk or self.desk, env=environment, capture_output=True, text=True)

    def pip(self):
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []


@pytest.fixture
def hosted(tmp_path):
    """As on Colab: a torch that fits the machine and nearly all else, no matter how old."""
    return Kernel(tmp_path, [name for name in NOTEBOOKS_NEED if name not in ("pooch", "safetensors")])


@pytest.fixture
def whole(tmp_path):
    """Everything but the course."""
    return Kernel(tmp_path, NOTEBOOKS_NEED)


def test_the_course_is_fetched_with_its_records_pictures_and_weights(whole, zipped):
    result = whole.run(zipped.as_uri())
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == ["Fetching the course ...", f"from {whole.own}", "[]"]
    assert list(whole.own.parent.iterdir()) == [whole.own], "nothing else is left behind"


def test_what_a_hosted_kernel_lacks_is_installed_and_what_it_has_is_kept(hosted, zipped):
    result = hosted.run(zipped.as_uri())
    assert result.returncode == 0, result.stderr
    assert "Installing safetensors, pooch (some minutes) ..." in result.stdout
    (call,) = hosted.pip()
    assert call == ["install", "--quiet", "--disable-pip-version-check", "safetensors>=0.4", "pooch>=1.8"]


def test_after_a_restart_the_kernel_finds_what_was_fetched_and_says_nothing(whole, zipped):
    whole.run(zipped.as_uri())
    again = whole.run("file:///nowhere/main.zip")
    assert again.returncode == 0 and len(again.stdout.splitlines()) == 2 and not whole.pip()


def test_inside_a_clone_that_clone_is_used(whole, zipped, tmp_path):
    shutil.unpack_archive(zipped, tmp_path / "mine")
    desk = tmp_path / "mine" / "gan_edu-main" / "notebooks" / "student"
    desk.mkdir()
    result = whole.run("file:///nowhere/main.zip", desk)
    assert result.stdout.splitlines() == [f"from {tmp_path / 'mine' / 'gan_edu-main'}", "[]"], result.stderr
    assert list(whole.home.iterdir()) == []


def test_a_folder_that_is_only_called_gan_edu_is_not_the_course(whole, zipped):
    (whole.desk / "gan_edu").mkdir()
    assert "from" in whole.run(zipped.as_uri()).stdout


@pytest.mark.parametrize("damage", ["no network", "no archive"])
def test_without_the_archive_it_is_said_what_to_do_and_nothing_half_remains(whole, damage, tmp_path):
    if damage == "no archive":
        (tmp_path / "main.zip").write_text("<html>404</html>")
    result = whole.run((tmp_path / "main.zip").as_uri())
    assert result.returncode == 1 and "Traceback" not in result.stderr
    for words in ("The course could not be fetched (", "Is there a network? On Kaggle: Settings", "so that there is"):
        assert words in result.stderr
    assert list(whole.home.iterdir()) == list(whole.desk.iterdir()) == []


def test_a_failed_installation_is_said_in_words(hosted, zipped):
    result = hosted.run(zipped.as_uri(), PIP_FAILS="1")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "The packages could not be installed. Is there a network" in result.stderr


def test_what_could_not_be_installed_is_tried_again_by_another_run_of_the_cell(hosted, zipped):
    result = hosted.run(zipped.as_uri(), again="import os; os.environ['PIP_FAILS'] = '0'", PIP_FAILS="1")
    assert result.returncode == 0, result.stderr
    failed, rest = result.stdout.split("The packages could not be installed. ")
    assert failed.count("Fetching") == 1 and "Fetching" not in rest and "Installing safetensors, pooch" in rest
    first, second = hosted.pip()
    assert first == second


def test_another_run_of_the_cell_where_all_is_there_says_nothing(whole, zipped):
    result = whole.run(zipped.as_uri(), again="print('again')")
    assert result.stdout.splitlines()[:2] == ["Fetching the course ...", "again"], result.stderr
    assert len(result.stdout.splitlines()) == 4 and not whole.pip()


def test_what_lies_around_the_notebook_and_is_no_whole_course_is_no_clone(whole, zipped):
    (whole.desk.parent / "gan_edu" / "course").mkdir(parents=True)
    assert f"from {whole.own}" in whole.run(zipped.as_uri()).stdout


@pytest.mark.parametrize("state", ["a level too deep", "half", "a file"])
def test_what_was_kept_and_is_not_whole_is_fetched_anew(whole, zipped, state):
    if state == "a level too deep":
        shutil.unpack_archive(zipped, whole.own)
    elif state == "half":
        (whole.own / "gan_edu" / "course").mkdir(parents=True)
        (whole.own / "run.py").touch()
    else:
        whole.own.parent.mkdir(parents=True)
        whole.own.touch()
    without = whole.run("file:///nowhere/main.zip")
    assert without.returncode == 1 and f"so that there is {whole.own / 'run.py'}" in without.stderr and whole.own.exists()
    result = whole.run(zipped.as_uri())
    assert result.stdout.splitlines() == ["Fetching the course ...", f"from {whole.own}", "[]"], result.stderr
    assert list(whole.own.parent.iterdir()) == [whole.own] and not (whole.own / "gan_edu-main").exists()


@pytest.mark.parametrize("state", ["not written", "not looked into"])
def test_where_the_home_cannot_be_written_the_course_is_kept_beside_the_notebook(whole, zipped, state):
    if state == "not written":
        (whole.home / ".cache").touch()  # no folder can be made in a file, not even by root
    else:
        whole.home /= 300 * "x"  # a longer name than systems look up
        whole.own = whole.home / ".cache" / "gan_edu" / "course-9.9"
    result, beside = whole.run(zipped.as_uri()), whole.desk / "gan_edu-course-9.9"
    assert (result.returncode, result.stderr) == (0, "")
    fetching, unwritten, *rest = result.stdout.splitlines()
    assert unwritten.startswith(f"The course could not be written to {whole.own} (") and rest == [f"from {beside}", "[]"]
    assert list(whole.desk.iterdir()) == [beside]
    again = whole.run("file:///nowhere/main.zip")
    assert again.stdout.splitlines() == rest, again.stderr


def test_where_nothing_can_be_written_it_is_not_the_network_that_is_blamed(whole, zipped):
    (whole.home / ".cache").touch()
    source = launch.CELL.format(archive=zipped.as_uri(), version="9.9")
    source = source.replace("found = find_spec", f"BESIDE = Path({str(whole.home / '.cache' / 'x')!r})\nfound = find_spec")
    result = whole.python(source)
    assert result.returncode == 1 and "Traceback" not in result.stderr and "network" not in result.stderr
    assert result.stdout.count("could not be written to") == 2 and "Make room on the disk, or open a copy" in result.stderr


def test_somebody_elses_module_named_run_is_left_alone(whole, zipped):
    (whole.desk / "run.py").write_text("print('somebody else')")
    result = whole.python("import run\n" + launch.CELL.format(archive=zipped.as_uri(), version="9.9") + LOOK)
    assert result.stdout.splitlines() == ["somebody else", "Fetching the course ...", f"from {whole.own}", "[]"], result.stderr


def test_in_a_clones_root_where_packages_are_missing_they_are_installed(hosted, zipped, tmp_path):
    shutil.unpack_archive(zipped, tmp_path / "mine")
    root = tmp_path / "mine" / "gan_edu-main"
    result = hosted.run("file:///nowhere/main.zip", root)
    assert result.returncode == 0 and f"from {root}" in result.stdout, result.stderr
    assert len(hosted.pip()) == 1 and list(hosted.home.iterdir()) == []


def test_a_course_that_is_installed_without_its_records_is_said_in_one_line(whole):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "gan_edu", whole.site / "gan_edu", ignore=ignored)
    (whole.site / "run.py").write_text("raise SystemExit('somebody else')")
    result = whole.run("file:///nowhere/main.zip")
    said = result.stdout.splitlines()
    assert len(said) == 3 and said[0].startswith("This kernel's gan_edu has no recorded runs")
    assert said[1] == f"from {whole.site}"
    assert list(whole.home.iterdir()) == list(whole.desk.iterdir()) == []


def test_where_the_course_is_installed_the_cells_of_a_copy_run_and_the_first_is_silent(tmp_path):
    """The first cells of a copy: it begins the lesson, fetches nothing, installs nothing."""
    cells = [cell for cell in nbformat.read(COPIES / "00_welcome.ipynb", as_version=4).cells if cell.cell_type == "code"]
    first, parameters, imports = (cell.source for cell in cells[:3])
    parameters += '\nPROFILE, DEVICE = "smoke", "cpu"'
    source = "\n".join([first, "print('fetched')", parameters, imports])
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "MPLCONFIGDIR": str(tmp_path / "matplotlib")}
    environment = os.environ | home | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    result = subprocess.run([sys.executable, "-c", source], cwd=COPIES, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    said = result.stdout.splitlines()
    assert said[0] == "fetched" and said[1].startswith("profile smoke, seed 0, device cpu") and len(said) == 2
    assert not (tmp_path / ".cache" / "gan_edu").exists()
