"""The course as a web site: pages made by Sphinx from the executed notebooks and from the words in this folder. It needs no network.

Notebooks are not executed here. `conf.py` says how Sphinx draws what `build` lays out for it: the chapters as `chapters.py` has
them, the pages of `words/`, which are jinja templates, and a page of the package's documentation for every room of the house.
"""

import io
import os
import pkgutil
import re
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import gan_edu

from ...errors import CourseError, file_errors
from ...widgets import DensityLab, OrbitLab, Playground
from .. import claims, launch, runner
from ..checks import MIME
from . import glossary
from .chapters import Chapter, parts
from .gallery import figure

HERE = Path(__file__).parent
LABORATORIES = {"03": DensityLab, "07": OrbitLab}
"""Those that have a page of their own, by the number of their chapter. The playground is on the first page."""


def build(executed: Path | None = None, into: Path | None = None) -> Path:
    """Builds the site and returns its first page. What was there before is replaced when all of the new site is there.

    executed: the folder with the executed notebooks, `build/course/` if not given. into: the site's, `build/site/` if not given.

    Raises CourseError if a chapter was not executed or has no student's copy, if a page says what is no longer true of the course, and
    for whatever Sphinx warns of: a link to nothing, a formula or a docstring that it cannot read.
    """
    executed, into = executed or runner.ROOT / "build" / "course", into or runner.ROOT / "build" / "site"
    masters = runner.chosen_notebooks()
    missing = [path.stem for path in masters if not (executed / path.name).is_file()]
    if missing:
        raise CourseError(
            f"{executed} lacks {', '.join(missing)}: `python3 run.py course` executes all chapters, `--only {missing[0][:2]}` one."
        )
    chapters = [Chapter(executed / path.name) for path in masters]
    with file_errors(CourseError, into, "written to"):
        into.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=into.parent) as folder:
            sources, pages, old = (Path(folder, name) for name in ("sources", "pages", "old"))
            sources.mkdir()
            lay_out(chapters, sources)
            draw(sources, pages, Path(folder, "doctrees"))
            if into.exists():
                into.rename(old)
            pages.rename(into)
    return into / "index.html"


def lay_out(chapters: list[Chapter], sources: Path):
    """Writes everything that the site is made of to a folder."""
    import nbformat

    repository = launch.repository(runner.ROOT)
    for folder in ("executed", "student", "laboratories", "api"):
        (sources / folder).mkdir()
    for chapter in chapters:
        copy = runner.ROOT / launch.COPIES / chapter.path.name
        with file_errors(CourseError, copy, "read, though `python3 run.py student` writes it,"):
            (sources / "student" / copy.name).write_bytes(copy.read_bytes())
        (sources / "executed" / copy.name).write_bytes(chapter.path.read_bytes())
        nbformat.write(chapter.page(repository), sources / copy.name)
    known = {
        "chapters": chapters,
        "parts": parts(chapters),
        "repository": repository,
        "playground": Playground().frame(addressed=True),
        "laboratories": {chapter: LABORATORIES[chapter.number] for chapter in chapters if chapter.number in LABORATORIES},
        "readme": lambda section: readme(section, repository),
        "contributing": launch.address(repository, "CONTRIBUTING.md"),
        "figure": partial(figure, chapters, sources),
        "entries": glossary.entries(chapters),
        "claims": linked_claims(chapters),
        "rooms": rooms(repository),
    }
    pages = environment()
    for template in pages.list_templates():
        if template not in ("room.md", "laboratory.md"):
            (sources / template).write_text(pages.get_template(template).render(known), encoding="utf-8")
    for chapter, laboratory in known["laboratories"].items():
        text = pages.get_template("laboratory.md").render(
            chapter=chapter, laboratory=laboratory, frame=laboratory().frame(addressed=True)
        )
        (sources / "laboratories" / f"{laboratory.folder.name}.md").write_text(text, encoding="utf-8")
    for room, modules in known["rooms"].items():
        text = pages.get_template("room.md").render(room=room, modules=modules)
        (sources / "api" / f"{room}.md").write_text(text, encoding="utf-8")


def linked_claims(chapters: list[Chapter]) -> str:
    """The page of claims; each number of a notebook leads to the section in which the claim is checked."""
    places = {
        (chapter.number, claims.in_cell(output["data"][MIME]["claim"])): chapter.place(title)
        for chapter in chapters
        for title, _, outputs in chapter.sections()
        for output in outputs
        if MIME in output.get("data", ())
    }

    def link(row):
        number, words = row.groups()
        place = places.get((number, words))
        return f"| [{number}]({place}) | {words} |" if place else row[0]

    return re.sub(r"^\| (\d\d) \| (.*?) \|(?= )", link, claims.PAGE.read_text(encoding="utf-8"), flags=re.M)


def readme(section: str, repository: str) -> str:
    """The words of a section of README: links to chapters lead to their pages, and those to other files to the repository. Raises
    CourseError if README has no such section."""
    text = (runner.ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if not found:
        raise CourseError(f"README.md has no section {section!r}, which a page of `gan_edu/course/site/words` shows.")

    def link(match):
        path = match[1]
        chapter = re.fullmatch(r"notebooks/(\d\d_\w+\.ipynb)", path)
        return f"]({chapter[1] if chapter else launch.address(repository, path)})"

    return re.sub(r"\]\((?!\w+:|#)([^)]+)\)", link, found[1]).strip()


def environment():
    """The templates in `words/`; a name that they do not know is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(HERE / "words"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def rooms(repository: str) -> dict[str, list[dict[str, str]]]:
    """The modules of the package by the room of the house that they are in: of each its name, and the address of its code."""
    found = {}
    for module in pkgutil.walk_packages(gan_edu.__path__, "gan_edu."):
        if not module.name.endswith((".__main__", ".conf")):
            path = module.name.replace(".", "/") + ("/__init__.py" if module.ispkg else ".py")
            known = {"name": module.name, "address": launch.address(repository, path)}
            found.setdefault(module.name.split(".")[1], []).append(known)
    return found


def draw(sources: Path, pages: Path, doctrees: Path):
    """Has Sphinx make pages of sources. Raises CourseError with what it warns of."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.console import strip_escape_sequences
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    try:
        with patch_docutils(HERE), docutils_namespace():
            Sphinx(sources, HERE, pages, doctrees, "html", status=None, warning=warnings).build()
    except SphinxError as error:
        warnings.write(str(error))
    said = strip_escape_sequences(warnings.getvalue()).replace(f"{sources}{os.sep}", "")
    if said:
        raise CourseError(f"Sphinx is not content with the site's sources, which `gan_edu/course/site` lays out:\n{said}")
