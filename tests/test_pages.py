"""Pages: formulas are MathML, and only formulas are."""

import re

import bs4
import nbformat
import pytest

from gan_edu.course import pages, runner


def formulas(html):
    """What each formula of a page says, and where it stands: a list of (text, "inline" or "block")."""
    return [(math.get_text(), math["display"]) for math in bs4.BeautifulSoup(html, "html.parser").find_all("math")]


def prose(html):
    """What a page says outside code and formulas."""
    page = bs4.BeautifulSoup(html, "html.parser")
    for element in page(["code", "pre", "script", "style", "math"]):
        element.decompose()
    return page.get_text()


@pytest.mark.parametrize(
    "markdown, found",
    [
        ("the value $V$ of it", [("V", "inline")]),
        ("$$V$$", [("V", "block")]),
        ("before\n\n$$\na + b\n$$\n\nafter", [("a+b", "block")]),
        ("$a_1 b_2$ and $c_1$, *not* emphasised", [("a1b2", "inline"), ("c1", "inline")]),
        ("a formula $a +\nb$ on two lines", [("a+b", "inline")]),
        ("# A title with $x$", [("x", "inline")]),
        ("- **bold $x$**\n- $y$", [("x", "inline"), ("y", "inline")]),
        ("| a | b |\n|---|---|\n| $x$ | $y$ |", [("x", "inline"), ("y", "inline")]),
        ("> a quotation of $x$\n>\n> $$\n> a\n> + b\n> $$\n>\n> goes on", [("x", "inline"), ("a+b", "block")]),
        (r"$\bigl\|x\bigr\| = \|x\|$", [("‖x‖=‖x‖", "inline")]),
        ("$a < b & c$", [("a<b&c", "inline")]),
        (r"\$5, and \$6", []),
        (r"it costs \$5, which is $x$", [("x", "inline")]),
        ("`$x$` and ``$y$ ` $z$``", []),
        ("```\n$x$\n```\n\n    $y$\n\n~~~python\n$z$\n~~~", []),
    ],
)
def test_formulas_become_mathml_and_nothing_else_does(markdown, found):
    html = pages.markdown_to_html(markdown)
    assert formulas(html) == found
    assert ("$5" in prose(html)) == (r"\$5" in markdown) and "\\" not in prose(html)


def test_a_formula_in_a_quotation_stays_in_it():
    (quotation,) = bs4.BeautifulSoup(pages.markdown_to_html("> so that\n>\n> $$\n> x\n> $$\n>\n> holds"), "html.parser")(
        "blockquote"
    )
    assert quotation.math["display"] == "block" and "so that" in quotation.text and "holds" in quotation.text


def test_what_belongs_below_a_function_is_below_it_and_the_space_behind_both():
    found = pages.mathml(r"\min_G V", "block")
    assert re.search(r"<munder><mo>min</mo><mi>G</mi></munder><mspace [^>]*/><mi>V</mi>", found)
    assert re.search(r"<msup><mi>cos</mi><mn>3</mn></msup><mspace ", pages.mathml(r"\cos^3 x"))


def test_primes_and_dots_are_as_large_as_fonts_make_them():
    assert "<mi>m</mi><mo>′</mo>" in pages.mathml("m'") and "msup" not in pages.mathml("m'")
    assert '<mover accent="true"><mi>x</mi>' in pages.mathml(r"\dot x")


def test_a_function_stands_apart_from_its_argument():
    for name in ("log", "arg"):
        assert re.search(rf"<m[io]>{name}</m[io]><mspace", pages.markdown_to_html(rf"$\{name} x$"))


def test_formulas_in_what_a_cell_displays_are_drawn_too(tmp_path):
    shown = nbformat.v4.new_output("display_data", {"text/markdown": "so $x$ is one"})
    cells = [nbformat.v4.new_markdown_cell("the formula $y$"), nbformat.v4.new_code_cell("show()", outputs=[shown])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    html = pages.write_page(tmp_path / "a.ipynb").read_text(encoding="utf-8")
    assert formulas(html) == [("y", "inline"), ("x", "inline")]


def test_a_picture_that_a_cell_carries_lies_inside_the_page(tmp_path):
    cell = nbformat.v4.new_markdown_cell("![a dot](attachment:dot.png)", attachments={"dot.png": {"image/png": "iVBORw0K"}})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    assert "data:image/png;base64,iVBORw0K" in pages.write_page(tmp_path / "a.ipynb").read_text(encoding="utf-8")


def test_a_figure_carries_its_words(tmp_path):
    shown = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0K"}, metadata={"image/png": {"alt": 'p < q, "far"'}})
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("show()", outputs=[shown])]), tmp_path / "a.ipynb")
    page = bs4.BeautifulSoup(pages.write_page(tmp_path / "a.ipynb").read_text(encoding="utf-8"), "html.parser")
    assert [image["alt"] for image in page.find_all("img")] == ['p < q, "far"']


@pytest.mark.parametrize("path", runner.notebooks(), ids=lambda path: path.stem)
def test_no_formula_of_the_course_is_left_over(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            html = pages.markdown_to_html(cell.source)
            assert "$" not in prose(html), cell.source
            assert not [text for text, _ in formulas(html) if "\\" in text], cell.source
            of_two = bs4.BeautifulSoup(html, "html.parser").find_all(["msub", "msup", "munder", "mover", "mfrac"])
            assert all(len(part.find_all(recursive=False)) == 2 for part in of_two), cell.source
