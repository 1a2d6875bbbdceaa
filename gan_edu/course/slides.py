"""Slides of an executed chapter, made by nbconvert and shown by reveal.js, in one file that needs no network.

What a class looks at is projected: headings, questions, displayed formulas, tables, lists, errata, figures, films, and what was
checked. The sentences between them become the speaker's notes (key S). Code is left out, unless its cell is tagged `slide`; so are
sections of exercises, answers wherever they stand, and what there is to read on.
"""

import re
from importlib.resources import files
from pathlib import Path

from jinja2 import DictLoader
from nbconvert import SlidesExporter
from nbformat import NotebookNode, v4
from traitlets.config import Config

from ..errors import CourseError, file_errors
from .checks import FAILS, HOLDS, MIME
from .pages import filters
from .runner import read_notebook

SHOWN = {HOLDS: "", FAILS: "**fails:** "}  # before a claim; what was not judged is not listed
LINES, WIDTH = 13, 78  # of text on a slide; what holds more is drawn smaller
FIGURE = LINES  # a figure or a film has a slide of its own


def write_slides(executed: str | Path, into: str | Path) -> Path:
    """Writes `name.html`, the slides of an executed notebook, into a folder and returns its path.

    Raises CourseError if the notebook is not there, is none, or was not executed.
    """
    path, folder = Path(executed), Path(into)
    remedy = f"`python3 run.py course --only {path.stem[:2]}` does it"
    cells = read_notebook(path, f"execute it again, {remedy}").cells if path.is_file() else []
    if not any(cell.get("outputs") for cell in cells):
        raise CourseError(f"{path.name} was not executed: {remedy}.")
    page = slides_page(v4.new_notebook(cells=Deck().of(cells)), path.stem)
    target = folder / path.with_suffix(".html").name
    with file_errors(CourseError, folder, "written to"):
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    return target


class Deck:
    """The cells of slides, made of a chapter's one after the other: a slide for each section (`##`), and below it one for each part of
    it that is projected.

    heading: of the present section or part. full: lines on the present slide. notes: what is to be said with it. claims: those that
    were checked in the present section. left_out: whether this section is.
    """

    def __init__(self):
        self.cells, self.notes, self.claims = [], [], []
        self.heading, self.full, self.left_out = "", 0, False

    def of(self, cells: list[NotebookNode]) -> list[NotebookNode]:
        """The cells of slides for a chapter's cells."""
        for cell in cells:
            if cell.cell_type == "markdown":
                self.read(cell)
            elif not self.left_out and "nbgrader" not in cell.metadata:  # which exercises and their checks have
                self.show(cell)
        self.end_section()
        return self.cells

    def read(self, cell):
        """Parts a cell of text into what is projected and what is said."""
        for block in blocks(cell.source):
            if block.startswith(("# ", "## ")):
                self.end_section()
                self.left_out = bool(re.search("[Ee]xercises|Read on", block))
                if not self.left_out:
                    self.begin(block, "slide")
            elif self.left_out:
                continue
            elif block.startswith("#"):
                self.begin(block)
            elif block.startswith(("$$", "|", ">", "!", "- ", "1. ")):
                self.project(block, cell.get("attachments", {}))
            else:
                self.notes.append(block)
                for question in questions(block):
                    self.project(question)

    def show(self, cell):
        """Projects a cell's pictures; what it printed is said, and what it checked waits for the end of the section."""
        if "slide" in cell.metadata.get("tags", ()):
            self.make_room(len(cell.source.splitlines()))
            self.add(v4.new_code_cell(cell.source))
        for output in cell.outputs:
            data = output.get("data", {})
            if MIME in data:
                report = data[MIME]
                if report["state"] in SHOWN:
                    self.claims.append(SHOWN[report["state"]] + report["claim"])
            elif "image/png" in data or "text/html" in data:
                self.make_room(FIGURE)
                self.add(v4.new_code_cell(outputs=[output], metadata={"tags": ["picture"]}))
            elif output.output_type == "stream":
                self.notes.append(f"```\n{output.text.rstrip()}\n```")

    def begin(self, heading, kind="subslide"):
        """A new slide with that heading."""
        self.end_slide()
        self.heading, self.full = heading, 0
        self.add(v4.new_markdown_cell(heading), kind)

    def project(self, block, attachments=None):
        """Shows a block of text on the present slide, or on a further one with the same heading if there is no room."""
        self.make_room(sum(1 + len(line) // WIDTH for line in block.splitlines()))
        self.add(v4.new_markdown_cell(block, attachments=attachments or {}))

    def make_room(self, lines):
        """Begins a further slide with the same heading if so many lines do not fit on the present one."""
        if self.full and self.full + lines > LINES:
            self.begin(self.heading)
        self.full += lines

    def end_slide(self):
        """What is to be said with the slide becomes its notes."""
        if self.notes and self.cells:
            self.add(v4.new_markdown_cell("\n\n".join(self.notes)), "notes")
        self.notes = []

    def end_section(self):
        """What was checked in it is listed at its end."""
        if self.claims:
            self.begin("### Checked")
            for claim in self.claims:
                self.project(f"- {claim}")
        self.claims = []
        self.end_slide()

    def add(self, cell, kind=""):
        """A further cell. kind: that with which nbconvert begins a slide, or makes notes; none on the present slide."""
        cell.metadata.slideshow = {"slide_type": kind}
        self.cells.append(cell)


def blocks(source: str) -> list[str]:
    """The paragraphs of a text. A displayed formula is one by itself, and so is code between fences."""
    found = []
    for part in re.split(r"^(```.*?^```)", source, flags=re.DOTALL | re.MULTILINE):
        for paragraph in [part] if part.startswith("```") else re.split(r"\n\s*\n", part):
            whole = paragraph.startswith((">", "|", "```"))
            parts = [paragraph] if whole else re.split(r"(\$\$.*?\$\$)", paragraph, flags=re.DOTALL)
            found += [one.strip() for one in parts if one.strip()]
    return found


def questions(paragraph: str) -> list[str]:
    """Its sentences that ask something."""
    return [sentence for sentence in re.split(r"(?<=[.?!])\s+", paragraph) if sentence.endswith("?")]


TEMPLATE = """{% extends "reveal/index.html.j2" %}
{% block header %}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ resources.metadata.name }}</title>
{{ resources.include_css("static/index.css") }}{{ resources.include_css("static/theme-light.css") }}
<style>{{ "dist/reveal.css" | reveal_file }}</style>
<style>{{ style }}</style>
</head>{% endblock %}
{% block body_header %}<body><div class="reveal"><div class="slides">{% endblock %}
{% block body_footer %}</div></div></body>{% endblock %}
{% block data_png scoped %}{{ super() | with_words(output.metadata) }}{% endblock %}
{% block footer_js %}<script>{{ "dist/reveal.js" | reveal_file }}</script>
<script>{{ "plugin/notes/notes.js" | reveal_file }}</script>
<script>{{ script }}</script>{% endblock %}"""
"""nbconvert's slides, with all that reveal.js needs inside the page."""

STYLE = """
html, body { height: 100%; margin: 0; overflow: hidden; }
body { background: white; color: #222; font-family: system-ui, sans-serif; }
.reveal { font-size: 30px; }
.reveal .slides { text-align: left; }
.reveal :is(h1, h2, h3) { margin: 0 0 0.5em; line-height: 1.15; }
.reveal h1 { font-size: 2em; } .reveal h2 { font-size: 1.5em; } .reveal h3 { font-size: 1.2em; }
.reveal .jp-RenderedHTMLCommon { font-size: 1em; line-height: 1.35; }
.reveal .jp-RenderedHTMLCommon :is(table, blockquote) { font-size: 0.8em; }
.reveal math[display="block"] { font-size: 1.2em; margin: 0.5em 0; }
.reveal .jp-OutputArea-output img { width: 100%; height: 570px; object-fit: contain; margin: 0; }
.reveal .jp-OutputArea-output iframe { width: 100%; height: 600px; border: 0; }
.reveal .jp-Cell { padding: 0.1em 0; }
.reveal ul { margin: 0; }
.reveal :is(.jp-OutputPrompt, .jp-InputPrompt, .jp-Collapser) { display: none; }
.reveal .highlight pre { font-size: 0.65em; line-height: 1.4; box-shadow: none; width: 100%; }
"""

SCRIPT = """
Reveal.initialize({hash: true, slideNumber: true, center: false, width: 1280, height: 720, plugins: [RevealNotes]});
function fit() {  // a slide that is too full is drawn smaller
  const slide = Reveal.getCurrentSlide();
  slide.style.zoom = "";
  if (slide.scrollHeight > 720) slide.style.zoom = 720 / slide.scrollHeight;
}
Reveal.on('ready', fit);
Reveal.on('slidechanged', fit);
for (const page of document.querySelectorAll("iframe")) new ResizeObserver(fit).observe(page);
"""


def slides_page(slides: NotebookNode, title: str) -> str:
    """A notebook of slides as a web page."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    exporter = SlidesExporter(
        filters=filters() | {"reveal_file": lambda name: (reveal / name).read_text(encoding="utf-8")},
        extra_loaders=[DictLoader({"slides.html.j2": TEMPLATE})],
        template_file="slides.html.j2",
        config=Config(TagRemovePreprocessor={"enabled": True, "remove_input_tags": {"picture"}}),
    )
    exporter.environment.globals |= {"style": STYLE, "script": SCRIPT}
    page, _ = exporter.from_notebook_node(slides, resources={"metadata": {"name": title}})
    return page
