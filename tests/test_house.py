"""The house in order: which room may enter which, what must be documented, and which files must agree."""

import ast
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import gan_edu
import run

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "gan_edu"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(gan_edu.__path__, "gan_edu.") if module.name != "gan_edu.__main__"
)

# Room by room from the ground up, what each may import besides `errors`, which all may, and its own room.
MATHEMATICS = {"networks", "losses", "penalties", "augmentations", "games", "dynamics"}
WORKSHOP = MATHEMATICS | {"data", "models", "engine", "checkpoints", "training", "judge", "metrics", "recipes"}
ROOMS = {
    "errors": set(),
    "data": set(),
    "games": set(),
    "networks": {"games"},
    "losses": set(),
    "penalties": set(),
    "augmentations": set(),
    "dynamics": {"games"},
    "models": MATHEMATICS | {"data"},
    "engine": set(),
    "checkpoints": set(),
    "training": {"games", "dynamics", "engine", "checkpoints"},
    "judge": {"networks", "data"},
    "metrics": {"networks", "judge"},
    "recipes": MATHEMATICS | {"data", "models", "training"},
    "plots": WORKSHOP,
    "zoo": WORKSHOP | {"plots"},
    "widgets": WORKSHOP | {"plots"},
    "course": WORKSHOP | {"plots", "widgets"},
    "cli": WORKSHOP | {"plots", "zoo", "widgets", "course"},
    "__main__": {"cli"},
}


def sources():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """The rooms that a file imports from, wherever in the file it does."""
    inside = ("gan_edu", *path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(inside[: len(inside) - node.level]) if node.level else ""
            base = ".".join(filter(None, [start, node.module]))
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("gan_edu.") and name.split(".")[1] in ROOMS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_only_go_upward_from_room_to_room(path):
    room = room_of(path)
    if room == "__init__":
        assert list(imported(path)) == [], "importing gan_edu imports nothing else"
        return
    assert room in ROOMS, f"{path.name} is a new room: give it a place in ROOMS, and in the order of the house"
    assert set(imported(path)) <= ROOMS[room] | {room, "errors"}


def test_the_order_of_the_rooms_has_no_circle():
    for room, below in ROOMS.items():
        assert not [other for other in below if room in ROOMS[other]], room


def members(module):
    """Public classes, functions, methods and properties that are defined in a module."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__ or not callable(thing):
            continue
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        yield name, thing
        if inspect.isclass(thing):
            for attribute, value in vars(thing).items():
                if not attribute.startswith("_") and (inspect.isfunction(value) or isinstance(value, (property, classmethod))):
                    yield f"{name}.{attribute}", value


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_says_what_it_is(name):
    module = importlib.import_module(name)
    silent = [] if module.__doc__ else ["the module itself"]
    for path, thing in members(module):
        method = path.split(".")[-1]
        # What every network's forward, every game's draw and every player's cost are is said once, in the base class.
        if method.endswith("_cost") or method in ("forward", "train", "draw", "cost"):
            continue
        if not thing.__doc__ or thing.__doc__.startswith(f"{path.split('.')[0]}("):  # a dataclass writes its signature there
            silent.append(path)
    assert silent == []


# What is written in the code ---------------------------------------------------------------------------------------------


def trees():
    for path in sources():
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_batchnorm_takes_its_number_of_channels_and_nothing_else_by_position():
    """The second argument is eps, which many have taken for the momentum."""
    wrong = [
        where for where, tree in trees() for node, name in calls(tree) if name.startswith("BatchNorm") and len(node.args) > 1
    ]
    assert wrong == []


def test_costs_are_written_on_logits():
    """No probability is made only to take its logarithm."""
    wrong = [(where, name) for where, tree in trees() for _, name in calls(tree) if name in ("BCELoss", "binary_cross_entropy")]
    logs = [where for where, tree in trees() for node, name in calls(tree) if name == "log" and "sigmoid" in ast.dump(node)]
    assert wrong == logs == []


def test_a_models_costs_detach_nothing():
    """A player's step differentiates by its own parameters only: there is nothing to cut off, and unrolling needs the rest."""
    models = [(where, tree) for where, tree in trees() if where.startswith("gan_edu/models/")]
    assert models and not [where for where, tree in models for _, name in calls(tree) if name in ("detach", "detach_")]


def test_checkpoints_are_loaded_without_running_their_code():
    loads = [
        {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        for _, tree in trees()
        for node, name in calls(tree)
        if name == "load" and ast.unparse(node.func) == "torch.load"
    ]
    assert loads and all(settings.get("weights_only") == "True" for settings in loads)


# Files that must agree ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def pins():
    lines = [line.split("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines()]
    return {canonical(name): version for name, version in (line.split("==") for line in lines if line)}


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(project, *extras):
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {canonical(r.name): r.specifier for r in map(Requirement, lines)}


def test_every_requirement_is_pinned_to_a_version_that_it_allows(project, pins):
    for name, wanted in requirements(project, "site", "test", "edit").items():
        assert name in pins, f"constraints.txt does not pin {name}"
        assert wanted.contains(pins[name]), f"constraints.txt pins {name} to {pins[name]}, pyproject.toml wants {wanted}"


def test_the_pins_are_exact_sorted_and_each_there_once():
    names = [line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    assert len(set(map(canonical, names))) == len(names)
    assert names == sorted(names, key=str.lower)


def test_conda_gets_the_same_packages_as_pip(project):
    path = ROOT / "environment.yml"
    lines = yaml.safe_load(path.read_text())["dependencies"]
    plain, (pip,) = [line for line in lines if isinstance(line, str)], [line["pip"] for line in lines if isinstance(line, dict)]
    conda = {canonical(r.name): r.specifier for r in map(Requirement, plain)}
    assert conda.pop("python") == SpecifierSet(project["requires-python"])
    conda.pop("pip")
    conda["torch"] = conda.pop("pytorch")
    conda["playwright"] = conda.pop("playwright-python")
    course, *others = pip  # which conda-forge does not have
    assert course == "-e ."
    assert conda | {canonical(r.name): r.specifier for r in map(Requirement, others)} == requirements(project, "site", "test")


USED = {  # though nothing imports them
    "jupyterlab": "gan-edu lab",
    "ipykernel": "the notebooks' kernel",
    "tqdm": "pooch's progress bar",
    "ipywidgets": "tqdm's bars in a notebook",
    "myst-nb": "notebooks as pages of the site",
    "furo": "the site's theme",
    "sphinx-revealjs": "brings reveal.js, which shows the slides",
    "nbval": "pytest --nbval-lax",
    "ruff": "the style",
    "jupytext": "notebooks as text",
}


def distributions(*folders):
    """What to install for everything that the Python files and the notebooks in these folders import, wherever they do."""
    installed = importlib.metadata.packages_distributions()
    for folder in folders:
        codes = [path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")]
        for path in (ROOT / folder).glob("*.ipynb"):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            codes += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        for node in (node for code in codes for node in ast.walk(ast.parse(code))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.split(".")[0] for name in names} - sys.stdlib_module_names - OURS:
                yield from map(canonical, installed.get(name, [name]))


OURS = {"gan_edu", "benchmarks", "recordings", "run", "browsing", "sitecustomize", "test_notebooks"}


def test_what_is_imported_is_declared_and_what_is_declared_is_used(project):
    course, tests = set(distributions("gan_edu", "notebooks", "benchmarks", "recordings")), set(distributions("tests"))
    assert course <= set(requirements(project, "site"))
    assert course | tests <= set(requirements(project, "site", "test"))
    assert set(requirements(project, "site", "test", "edit")) <= course | tests | set(USED)


# What these modules import inside functions runs, grades and publishes notebooks; no notebook calls it.
RUNNERS = {"gan_edu.course.runner", "gan_edu.course.pages", "gan_edu.course.student", "gan_edu.course.launch"}


def test_a_kernel_without_the_course_gets_what_notebooks_import(project):
    """Followed from the notebooks' cells through every module of the package that they reach."""
    cells = [cell for path in NOTEBOOKS for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    todo, reached, others = [name for code in codes for name in names_of(ast.walk(ast.parse(code)))], set(), set()
    while todo:
        name = todo.pop()
        if name.split(".")[0] != "gan_edu":
            others.add(name.split(".")[0])
        elif name in MODULES and name not in reached:
            reached.add(name)
            module = importlib.import_module(name)
            tree = ast.parse(Path(module.__file__).read_text())
            todo += [name.rpartition(".")[0], *names_of(tree.body if name in RUNNERS else ast.walk(tree), module.__package__)]
    installed = importlib.metadata.packages_distributions()
    wanted = {canonical(installed[name][0]) for name in others - sys.stdlib_module_names}
    assert "gan_edu.judge" in reached, "which only other modules import"
    assert set(run.NOTEBOOKS_NEED) == wanted <= set(requirements(project))


def names_of(nodes, package=None):
    """The full names of all that is imported among these nodes of a module of that package."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def test_containers_install_the_tested_versions_and_name_none_themselves(project):
    """They call run.py, which reads constraints.txt, with a Python that the course is tested on."""
    box, binder = ROOT / ".devcontainer", ROOT / ".binder"
    settings = json.loads((box / "devcontainer.json").read_text())
    image, argument, address = [line for line in (box / "Dockerfile").read_text().splitlines() if line[0] != "#"]
    assert settings["onCreateCommand"] == 'python3 run.py --torch-index "$TORCH_INDEX" doctor'
    assert argument == "ARG TORCH=cpu" and settings["build"] == {"dockerfile": "Dockerfile", "args": {"TORCH": "cpu"}}
    assert address == f"ENV TORCH_INDEX={run.CPU_INDEX.removesuffix('cpu')}${{TORCH}}"
    assert all((ROOT / name).is_file() for name in settings["customizations"]["codespaces"]["openFiles"])
    assert (binder / "postBuild").read_text().splitlines()[-1] == "exec python3 run.py here"
    assert os.name == "nt" or (binder / "postBuild").stat().st_mode & 0o111
    pythons = [image.removeprefix("FROM mcr.microsoft.com/devcontainers/python:")]
    pythons += [(binder / "runtime.txt").read_text().strip().removeprefix("python-")]
    assert all(SpecifierSet(project["requires-python"]).contains(version) for version in pythons)
    there = {path.name for folder in (box, binder) for path in folder.iterdir()}
    assert there == {"devcontainer.json", "Dockerfile", "postBuild", "runtime.txt"}, "another file may pin something else"


def test_every_page_says_which_pythons_the_course_is_tested_on(project):
    fit = [f"3.{minor}" for minor in range(40) if SpecifierSet(project["requires-python"]).contains(f"3.{minor}")]
    for page in ("README.md", "CONTRIBUTING.md"):
        assert f"Python {', '.join(fit[:-1])} or {fit[-1]}" in (ROOT / page).read_text(encoding="utf-8")
    assert f"Python {fit[0]} to {fit[-1]}" in (ROOT / "run.py").read_text(encoding="utf-8")


def test_the_wheel_holds_every_package_and_the_judges_weights():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    there = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(tools["packages"]) == there
    assert "*.safetensors" in tools["package-data"]["gan_edu"] and (PACKAGE / "judge.safetensors").is_file()


def test_the_version_is_the_same_everywhere(project):
    assert gan_edu.__version__ == project["version"]


def files():
    """What is, or would be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts():
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # weights, pictures


def test_nothing_asks_for_torchvision(project, pins):
    name = "torch" + "vision"
    asks = re.compile(rf"^\s*(import|from) {name}|^\s*[-\"' ]*{name}\b\s*([=<>~\"']|$)", re.M)
    assert [path.name for path, text in texts() if asks.search(text)] == []
    assert name not in {**requirements(project, "site", "test", "edit"), **pins}


def test_no_file_names_a_path_of_somebodys_machine():
    homes = "|".join(["/" + "home/", "/" + "Users/", "/" + "root/", "/" + "work/", r"[A-Z]:\\" + r"\\?Users"])
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts()
        for match in re.finditer(rf"(?<![\w.:/])({homes})[\w.-]*", text)
    }
    assert found == set()


def test_no_file_is_pickled_compiled_or_large():
    """Records of hours may have twelve megabytes each, and forty in all."""
    records = ROOT / "notebooks" / "recorded"
    for path in files():
        assert path.suffix not in (".pt", ".pth", ".pkl", ".pyc", ".npz", ".npy"), path
        megabytes, most = path.stat().st_size / 1e6, 12 if path.parent == records else 2
        assert megabytes < most, f"{path} has {megabytes:.1f} MB"
    assert sum(path.stat().st_size for path in records.iterdir()) < 40e6


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
@pytest.mark.parametrize("what", ["gan_edu", "tests", "notebooks", "benchmarks", "recordings", "run.py"])
def test_ruff_has_nothing_to_say(command, what):
    ruff = subprocess.run([sys.executable, "-m", "ruff", *command, what], cwd=ROOT, capture_output=True, text=True)
    assert ruff.returncode == 0, f"ruff {' '.join(command)} {what}:\n{(ruff.stdout + ruff.stderr)[:2000]}"
