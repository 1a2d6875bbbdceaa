"""Executed notebooks as web pages that need no network: formulas become MathML, figures lie inside the page."""

import html
import re
from pathlib import Path
from xml.etree import ElementTree

from . import recorded

STYLE = """<style>
body { max-width: 62rem; margin: 2rem auto; font-family: system-ui, sans-serif; padding: 0 1rem; color: #222; }
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "TeX Gyre Termes Math", "DejaVu Math TeX Gyre", math; }
table { border-collapse: collapse; } td, th { padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: left; }
.problem { color: #C0392B; }
</style>"""

TEMPLATE = """{% extends "lab/index.html.j2" %}
{% block data_png scoped %}{{ super() | with_words(output.metadata) }}{% endblock %}"""
"""nbconvert's page, whose pictures carry words."""


def write_page(notebook_path):
    """Writes `name.html` beside an executed `name.ipynb` and returns its path."""
    import nbformat
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    path = Path(notebook_path)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)  # their views need a script from the network; the figures beside them do not
    exporter = HTMLExporter(
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        filters=filters(),
        extra_loaders=[DictLoader({"course.html.j2": TEMPLATE})],
        template_file="course.html.j2",
    )
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    target = path.with_suffix(".html")
    target.write_text(page, encoding="utf-8")
    return target


def filters():
    """What the templates of this course need, by the names that they call it."""
    from jinja2 import pass_context

    @pass_context
    def markdown2html(context, markdown):
        return markdown_to_html(markdown, context.get("cell", {}).get("attachments"))

    return {"markdown2html": markdown2html, "with_words": with_words}


def with_words(picture, metadata):
    """An element `<img>` with the words of its output's metadata, if there are any (`plots.axes(alt=...)`)."""
    words = metadata.get("image/png", {}).get("alt")
    return picture.replace("<img ", f'<img alt="{html.escape(words)}" ', 1) if words else picture


def markdown_to_html(markdown, attachments=None):
    """Markdown as nbconvert reads it, with `$...$` and `$$...$$` as MathML, which browsers draw without help.

    attachments: the pictures that a cell carries with it, by name, as in its notebook.
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body):
            return mathml(body)

        def block_math(self, body):
            return mathml(body, "block")

    return MarkdownWithMath(Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)).render(markdown)


MATHML = "{http://www.w3.org/1998/Math/MathML}"
ElementTree.register_namespace("", MATHML[1:-1])
ROWS = ("math", "mrow", "mstyle", "mtd", "msqrt")  # of as many parts as one likes
FUNCTIONS = ("log", "exp", "min", "max", "sin", "cos", "tanh", "arg")
ACCENTS = ("˙", "^", "ˆ", "¯", "˜", "~", "→")


def mathml(formula: str, display: str = "inline") -> str:
    """A formula of TeX as MathML; display: "inline" or "block"."""
    from latex2mathml.converter import convert

    # latex2mathml does not know \arg, nor \| behind \bigl, and leaves an ampersand as it is
    converted = convert(" ".join(formula.split()), display=display).replace(r"\|", "‖").replace(r"\arg<", "arg<")
    math = ElementTree.fromstring(re.sub(r"&(?!#?\w+;)", "&amp;", converted))
    for parent in list(math.iter()):
        for place, part in reversed(list(enumerate(parent))):
            tag = part.tag.removeprefix(MATHML)
            if tag == "mover" and (part[1].text or "").strip() in ACCENTS:
                part.set("accent", "true")  # else it would be as small as an exponent
            if tag == "msup" and part[1].text == "′":  # which fonts raise by themselves
                part.tag, part[1].tag = f"{MATHML}mrow", f"{MATHML}mo"
            name = part[0] if tag in ("msub", "msup", "msubsup") else part
            if parent.tag.removeprefix(MATHML) in ROWS and name.text in FUNCTIONS:
                parent.insert(place + 1, ElementTree.Element(f"{MATHML}mspace", width="0.17em"))  # as TeX does
                if display == "block" and tag == "msub" and name.text in ("min", "max"):
                    part.tag = f"{MATHML}munder"
    return ElementTree.tostring(math, encoding="unicode")


def write_index(folder, outcomes, profile, seed):
    """Writes `index.html`: the notebooks run so far, with times, checks and problems. One that has no page gets no link."""
    rows = []
    for outcome in outcomes:
        checks = ", ".join(f"{count} {state}" for state, count in outcome.checks.items())
        problems = "".join(f"<div class='problem'>{html.escape(p)}</div>" for p in outcome.problems)
        page = f"{outcome.name}.html"
        name = f"<a href='{page}'>{outcome.name}</a>" if (Path(folder) / page).exists() else outcome.name
        rows.append(f"<tr><td>{name}</td><td>{outcome.seconds:.0f} s</td><td>{checks}{problems}</td></tr>")
    claims = "<p><a href='claims.html'>What the notebooks claim, and for how many seeds it held</a></p>" * write_claims(folder)
    table = f"<table><tr><th>notebook</th><th>time</th><th>checks</th></tr>{''.join(rows)}</table>"
    words = f"<h1>The course, executed</h1><p>Profile {profile}, seed {seed}.</p>{table}{claims}"
    (Path(folder) / "index.html").write_text(whole_page("Course", words), encoding="utf-8")


def write_claims(folder):
    """Writes `claims.html`, the record of claims tried with other seeds, and says whether there is one."""
    record = recorded.FOLDER / "claims.md"
    if record.is_file():
        words = markdown_to_html(record.read_text(encoding="utf-8"))
        (Path(folder) / "claims.html").write_text(whole_page("Claims", words), encoding="utf-8")
    return record.is_file()


def whole_page(title, words):
    """A page of its own."""
    return f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title>{STYLE}{words}</html>"
