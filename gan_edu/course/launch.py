"""Students' copies that start with one click: the links that open them, and the cell that fetches the course where it is missing.

All of it is derived from one line, the repository's address in pyproject.toml.
"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from ..errors import CourseError, file_errors
from .student import student_version

BRANCH = "main"
COPIES = "notebooks/student"
BEGIN = "<!-- launch links: python3 run.py student writes them -->"
END = "<!-- end of launch links -->"
GUARD = "open the course with `python3 run.py lab`, or %pip install a clone of it."  # what a master's import cell advises

CELL = """\
# Run this cell first. Where the course is missing, as on Colab or Kaggle, it fetches the course; and it
# installs packages that are missing. What it fetched it keeps, in CACHE or BESIDE (below): for a newer
# course delete that folder, restart the kernel and run this cell again.
import sys
from http.client import HTTPException
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from io import BytesIO
from os.path import isfile
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen
from zipfile import BadZipFile, ZipFile

ARCHIVE = "{archive}"
HERE = Path.cwd()
CACHE = Path.home() / ".cache" / "gan_edu" / "course-{version}"
BESIDE = HERE / "gan_edu-course-{version}"  # for a home that cannot be written


def whole(folder):
    return all(isfile(folder / name) for name in ("run.py", "constraints.txt", "gan_edu/course/__init__.py"))


def fetch():
    print("Fetching the course ...", flush=True)
    try:
        with urlopen(ARCHIVE, timeout=60) as answer:
            archive = ZipFile(BytesIO(answer.read()))
    except (OSError, HTTPException, BadZipFile) as error:
        raise SystemExit(
            f"The course could not be fetched ({{error}}). Is there a network? On Kaggle: Settings, Internet, on. "
            f"Without one: unpack {{ARCHIVE}} so that there is {{CACHE / 'run.py'}} or {{BESIDE / 'run.py'}}, "
            "and run this cell again."
        ) from None
    for place in (CACHE, BESIDE):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=place.parent) as folder:
                archive.extractall(f"{{folder}}/new")
                if place.exists():  # and is not whole
                    place.rename(f"{{folder}}/old")
                next(Path(folder, "new").iterdir()).rename(place)
            return place
        except OSError as error:
            print(f"The course could not be written to {{place}} ({{error}}).", flush=True)
    raise SystemExit("Make room on the disk, or open a copy of this notebook in a folder that you may write to.")


found = find_spec("gan_edu")
here = found is not None and found.origin is not None  # a mere folder of that name has no origin
if here:
    place = Path(found.origin).parents[1]
else:  # a clone around this notebook comes first
    place = next(filter(whole, [HERE, *HERE.parents, CACHE, BESIDE]), None) or fetch()
if whole(place):
    spec = spec_from_file_location("gan_edu_run", place / "run.py")
    setup = module_from_spec(spec)
    spec.loader.exec_module(setup)
    setup.complete()  # installs what notebooks need and this kernel lacks; what is here is kept
    if not here:  # and last, so that another run of this cell tries again what failed
        sys.path.insert(0, str(place))
elif not (place / "notebooks" / "recorded").is_dir():
    print("This kernel's gan_edu has no recorded runs, which some chapters show: they come with a clone of the course.")
"""


def repository(root: Path) -> str:
    """OWNER/NAME of the project in that folder, from its pyproject.toml. Raises CourseError if that names no GitHub repository."""
    path = root / "pyproject.toml"
    with file_errors(CourseError, path, "read"):
        address = tomllib.loads(path.read_text(encoding="utf-8"))["project"].get("urls", {}).get("Repository", "")
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", address)
    if not found:
        raise CourseError(
            f"{path} has {address!r} as Repository in [project.urls], and launch links need https://github.com/OWNER/NAME."
        )
    return found[1]


def archive(repository: str) -> str:
    """The address of all of the repository as one zip."""
    return f"https://github.com/{repository}/archive/refs/heads/{BRANCH}.zip"


def codespace(repository: str) -> str:
    """The link that opens the repository in a Codespace, which is all that one can open there."""
    return f"https://codespaces.new/{repository}"


def address(repository: str, path: str) -> str:
    """The address of a file or folder of the repository, to be read."""
    return f"https://github.com/{repository}/blob/{BRANCH}/{path}"


def is_placeholder(repository: str) -> bool:
    """Whether no account can have that name, so that nobody can register what stands there until the course has an address."""
    return "_" in repository.partition("/")[0]


def notebook_links(repository: str, name: str) -> dict[str, str]:
    """The links that open the copy of that file name, by where they open it."""
    path = f"{COPIES}/{name}"
    blob = f"{repository}/blob/{BRANCH}/{path}"
    return {
        "Colab": f"https://colab.research.google.com/github/{blob}",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com/{blob}",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?labpath={quote(path, safe='')}",
    }


def launchable(master: Path, repository: str, version: str):
    """The student's copy of a notebook, for `notebooks/student/`: with launch links and the cell that fetches the course, and without
    outputs, be they facts."""
    import nbformat

    notebook = student_version(master)
    links = {**notebook_links(repository, master.name), "Codespaces": codespace(repository)}
    title, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{title}\n\nOpen in {_joined(links)}\n{rest}"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = cell.source.replace(GUARD, "run the first cell of code, which fetches it.")
        else:
            cell.source = _seen_from_below(cell.source)
    source = CELL.format(archive=archive(repository), version=version).rstrip()
    notebook.cells.insert(1, nbformat.v4.new_code_cell(source, id="fetch"))
    return notebook


def _joined(links):
    return " · ".join(f"[{name}]({link})" for name, link in links.items())


def _seen_from_below(markdown):
    """Markdown whose relative links are those of a file one folder further down, where chapters still lie beside it."""
    return re.sub(r"\]\((?!\d\d_\w+\.ipynb)([\w./-]+\.\w+[)#])", r"](../\1", markdown)


def with_links(page: str, repository: str, masters: Iterable[Path]) -> str:
    """README's text, its launch links written anew between their two marks. Raises CourseError if the marks are not there."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise CourseError(f"README.md has no place for the launch links: put back the lines {BEGIN} and {END}.")
    rows = [
        f"| [{_title(path)}]({COPIES}/{path.name}) | {_joined(notebook_links(repository, path.name))} |" for path in masters
    ]
    table = "\n".join(["| without solutions | open in |", "|---|---|", *rows])
    words = f"[Open all of it in a Codespace]({codespace(repository)}), with everything installed."
    if is_placeholder(repository):
        words += " (Not yet: the course has no address in `pyproject.toml` so far; until it has one, these links lead nowhere.)"
    return f"{page.partition(BEGIN)[0]}{BEGIN}\n\n{table}\n\n{words}\n\n{END}{page.partition(END)[2]}"


def _title(master):
    import nbformat

    line = nbformat.read(master, as_version=4).cells[0].source.partition("\n")[0]
    return line.removeprefix("# ").replace(" · ", " ", 1)
