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
# Where the course is missing, as on Colab or Kaggle, this cell fetches it. Elsewhere it does nothing.
import shutil
import sys
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlretrieve

ARCHIVE = "{archive}"

found = find_spec("gan_edu")
if found is None or found.origin is None:  # which a mere folder of that name has not
    own = Path.home() / ".cache" / "gan_edu" / "course-{version}"
    near = [folder for folder in Path.cwd().parents if (folder / "gan_edu" / "course").is_dir()]
    place = (near or [own])[0]  # a clone around this notebook comes first
    if not place.exists():
        print("Fetching the course ...", flush=True)
        try:
            own.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=own.parent) as folder:
                urlretrieve(ARCHIVE, f"{{folder}}/course.zip")
                shutil.unpack_archive(f"{{folder}}/course.zip", f"{{folder}}/unpacked")
                next(Path(folder, "unpacked").iterdir()).rename(own)
        except (OSError, HTTPException) as error:
            raise SystemExit(
                f"The course could not be fetched ({{error}}). Is there a network? On Kaggle: Settings, "
                f"Internet, on. Without one: unpack {{ARCHIVE}} so that there is {{own / 'run.py'}}, "
                "and run this cell again."
            ) from None
    sys.path.insert(0, str(place))
    import run

    run.complete()  # installs what notebooks need and this kernel lacks; what is here is kept
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
    if "_" in repository.partition("/")[0]:  # which no account has, so that nobody can register the placeholder
        words += " (Not yet: the course has no address in `pyproject.toml` so far; until it has one, these links lead nowhere.)"
    return f"{page.partition(BEGIN)[0]}{BEGIN}\n\n{table}\n\n{words}\n\n{END}{page.partition(END)[2]}"


def _title(master):
    import nbformat

    line = nbformat.read(master, as_version=4).cells[0].source.partition("\n")[0]
    return line.removeprefix("# ").replace(" · ", " ", 1)
