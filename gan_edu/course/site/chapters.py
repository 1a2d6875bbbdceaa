"""Executed notebooks as chapters of the site: what is known of each, and what its page shows."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .. import launch, runner
from ..checks import FAILS, HOLDS
from ..student import without_hidden_tests

PARTS = {0: "Foundations", 4: "Building", 6: "Failure and cure", 10: "The zoo", 14: "Since then", 16: "The clinic"}
"""The number of the chapter with which each part of the course begins."""

COLUMNS = 96
"""Characters for which a page has room beside each other, as many as notebooks have."""


@dataclass(frozen=True)
class Chapter:
    """An executed notebook. path: where it lies; its name begins with the chapter's number."""

    path: Path

    @cached_property
    def notebook(self):
        """The notebook, as nbformat has it. Raises CourseError for a file that is none."""
        return runner.read_notebook(self.path, f"`python3 run.py course --only {self.number}` writes it again")

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.path.name[:2]

    @property
    def title(self) -> str:
        """Its title without the number."""
        return self.notebook.cells[0].source.partition("\n")[0].removeprefix(f"# {self.number} · ")

    @property
    def needs(self) -> str:
        """What its header says that a reader needs, in Markdown."""
        return self._header("You need")

    @property
    def time(self) -> str:
        """What its header says of how long it runs."""
        return self._header("Time")

    def _header(self, row):
        found = re.search(rf"^\| \*\*{row}\*\* \| (.*) \|$", self.notebook.cells[0].source, re.M)
        return found[1] if found else ""

    @property
    def exercises(self) -> int:
        """How many exercises it has."""
        graded = (cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in self.notebook.cells)
        return sum(name.startswith("exercise-") for name in graded)

    @property
    def ran(self) -> str:
        """With which profile and seed it was executed, in how many seconds, and what became of its checks, as one sentence."""
        run = self.notebook.metadata.get("papermill", {})
        given = run.get("parameters", {})
        states = Counter(report["state"] for report in runner.reports(self.notebook))
        checks = ", ".join(f"{states[state]} {word}" for state, word in ((HOLDS, "hold"), (FAILS, "fail")) if states[state])
        how = f"Executed in the {given.get('PROFILE', 'lecture')} profile with seed {given.get('SEED', 0)}"
        return f"{how}, in {run.get('duration') or 0:.0f} s. Of its checks {checks or 'none was judged'}."

    def sections(self) -> Iterable[tuple[str, str, list]]:
        """Its sections but the header: the title, of the second level, the prose in Markdown, and what cells put out."""
        title, prose, outputs = "", [], []
        for cell in self.notebook.cells[1:]:
            outputs += cell.get("outputs", ())
            for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
                if line.startswith("## "):
                    yield title, "\n".join(prose), outputs
                    title, prose, outputs = line.removeprefix("## "), [], []
                else:
                    prose.append(line)
        yield title, "\n".join(prose), outputs

    def place(self, title: str) -> str:
        """Where the section of that title is, for a link, or the chapter if there is none."""
        section = f"#{slug(re.sub(r'[$].*?[$]', '', title))}" if title else ""  # MyST names a section without its formulas
        return f"{self.path.name}{section}"

    def link(self, title: str) -> str:
        """A link in Markdown to the section of that title, or to the chapter if it has none."""
        return f"[{self.number} · {title or self.title}]({self.place(title)})"

    def page(self, repository: str):
        """The notebook as its page shows it: below the title links that open or download it and a line on how it ran, solutions
        folded and what was said of them, no hidden tests, no parameters but those it ran with. Of an output's forms those stay that
        need no script from the network, as the views of widgets do."""
        from copy import deepcopy

        notebook = deepcopy(self.notebook)
        notebook.metadata.pop("widgets", None)
        notebook.cells = _as_given(notebook.cells)
        for cell in notebook.cells:
            _join(cell.get("outputs", []))
            for output in cell.get("outputs", ()):
                for kind in [kind for kind in output.get("data", ()) if kind.startswith("application/")]:
                    del output.data[kind]
            if cell.cell_type == "code" and "### BEGIN SOLUTION" in cell.source:
                cell.metadata["mystnb"] = {"code_prompt_show": "Show an answer", "code_prompt_hide": "Hide the answer"}
                cell.metadata.setdefault("tags", []).append("hide-input")
            if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("check-"):
                cell.metadata["mystnb"] = {"code_prompt_show": "Show the verdict", "code_prompt_hide": "Hide the verdict"}
                cell.metadata.setdefault("tags", []).append("hide-output")
            if cell.cell_type == "code":
                cell.source = without_hidden_tests(cell.source)
        first = notebook.cells[0]
        title, _, rest = first.source.partition("\n")
        first.source = f"{title}\n\n{self._buttons(repository)}\n\n{{.ran}}\n{self.ran}\n{rest}"
        return notebook

    def _buttons(self, repository):
        links = launch.notebook_links(repository, self.path.name) | {"Codespaces": launch.codespace(repository)}
        opened = " ".join(f"[{name}]({link})" for name, link in links.items())
        begin = "As soon as the course has an address, open in" if launch.is_placeholder(repository) else "Open in"
        copies = " ".join(
            f"{{download}}`{name} <{folder}/{self.path.name}>`"
            for name, folder in (("without solutions", "student"), ("as executed", "executed"))
        )
        return f"{{.launch}}\n{begin} {opened}\n\n{{.launch}}\nDownload {copies}"


def _as_given(cells: list) -> list:
    """Cells whose parameters are those that papermill wrote below them, in the words that the notebook has for each."""
    given = next((cell for cell in cells if "injected-parameters" in cell.metadata.get("tags", ())), None)
    if given is None:
        return cells
    values = dict(re.findall(r"^(\w+) = (.*)$", given.source, re.M))
    for cell in cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source = re.sub(
                r"^(\w+) = (.+?)(?=  #|$)", lambda line: f"{line[1]} = {values.get(line[1], line[2])}", cell.source, flags=re.M
            )
    return [cell for cell in cells if cell is not given]


def _join(outputs: list) -> None:
    """Makes one of what was printed piece by piece, for MyST-NB would begin a new line with each piece, and breaks lines that a page
    has no room for, those of tables excepted."""
    for k in reversed(range(1, len(outputs))):
        one, next_one = outputs[k - 1 : k + 1]
        if one.output_type == next_one.output_type == "stream" and one.name == next_one.name:
            one.text += next_one.text
            del outputs[k]
    for output in outputs:
        if output.output_type == "stream":
            output.text = "\n".join(map(_broken, output.text.split("\n")))


def _broken(line: str) -> str:
    """A line of words at most `COLUMNS` wide; one with blanks in a row as it is."""
    if len(line) <= COLUMNS or "  " in line.strip():
        return line
    return textwrap.fill(line, COLUMNS, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def parts(chapters: Iterable[Chapter]) -> dict[str, list[Chapter]]:
    """The chapters by the part of the course that they are in."""
    found = {}
    for chapter in chapters:
        part = PARTS[max(first for first in PARTS if first <= int(chapter.number))]
        found.setdefault(part, []).append(chapter)
    return found


def slug(title: str) -> str:
    """The name by which a link finds the section of that title."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")
