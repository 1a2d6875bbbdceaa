"""Slides: what is projected, what is said, and that they need no network."""

import re

import pytest
from bs4 import BeautifulSoup
from nbformat import v4, write

from gan_edu.course.checks import FAILS, HOLDS, UNJUDGED, Report
from gan_edu.course.slides import LINES, blocks, questions, write_slides
from gan_edu.errors import CourseError

TEXT = """## 1 A section

A sentence to be said. What is asked? Another one, with $x^2$.

$$V = \\int p \\log D$$

| the paper | here |
|---|---|
| 1,024 units | 128 |

> **Erratum.** Not so."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def picture(alt):
    return v4.new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": alt}})


def checked(claim, state=HOLDS):
    return v4.new_output("display_data", Report(claim, state)._repr_mimebundle_())


def chapter():
    """A chapter as the runner leaves it."""
    printed = v4.new_output("stream", name="stdout", text="0.25 nats")
    return [
        v4.new_markdown_cell("# 99 · A chapter\n\nIts promise."),
        v4.new_markdown_cell(TEXT),
        v4.new_code_cell("hidden = 1", outputs=[printed, picture("A curve that falls"), checked("it falls")]),
        v4.new_code_cell("", outputs=[checked("it rises", FAILS), checked("it learns", UNJUDGED)]),
        v4.new_code_cell("shown = 2", metadata={"tags": ["slide"]}),
        v4.new_markdown_cell("### A part of it"),
        v4.new_markdown_cell("## 2 Another section"),
        v4.new_code_cell("", metadata={"nbgrader": {"grade_id": "check-99-1"}}, outputs=[picture(""), checked("an answer")]),
        v4.new_markdown_cell("Until here.\n\n## 3 More exercises"),
        v4.new_markdown_cell("**Exercise 99.1.** Prove it.\n\n### A hint\n\n$$x$$"),
        v4.new_code_cell("", outputs=[picture(""), checked("a solution")]),
        v4.new_markdown_cell("## What to take away\n\n1. Everything."),
        v4.new_markdown_cell("## Read on\n\nA book."),
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    write(v4.new_notebook(cells=chapter()), folder / "99_a_chapter.ipynb")
    return BeautifulSoup(
        write_slides(folder / "99_a_chapter.ipynb", folder / "slides").read_text(encoding="utf-8"), "html.parser"
    )


def said(page):
    return " ".join(notes.get_text() for notes in page.select("aside.notes"))


def projected(page):
    copy = BeautifulSoup(str(page.select_one(".slides")), "html.parser")
    for notes in copy.select("aside.notes"):
        notes.decompose()
    return copy


def test_every_section_is_a_slide_with_its_parts_below_it(page):
    headings = [[h.get_text() for h in slide.select("h1, h2, h3")] for slide in page.select(".slides > section")]
    assert [names[0] for names in headings] == ["99 · A chapter", "1 A section", "2 Another section", "What to take away"]
    assert {"A part of it", "Checked"} <= set(headings[1])
    assert all(slide.find("section") for slide in page.select(".slides > section"))


def test_what_a_class_looks_at_is_projected_and_the_sentences_between_are_said(page):
    shown = projected(page)
    assert shown.select_one("table") and shown.select_one("blockquote") and shown.select_one('math[display="block"]')
    for text in ("What is asked?", "it falls", "fails: it rises", "shown", "Everything."):
        assert text in shown.get_text() and (text not in said(page) or text.endswith("?"))
    for text in ("A sentence to be said.", "Its promise.", "0.25 nats", "Until here."):
        assert text in said(page) and text not in shown.get_text()
    for text in ("hidden", "Check holds", "it learns"):
        assert text not in page.select_one(".slides").get_text()


def test_exercises_their_answers_and_what_to_read_on_are_left_out(page):
    for text in ("Exercise", "hint", "solution", "an answer", "A book."):
        assert text not in page.select_one(".slides").get_text()
    assert len(page.select("img")) == 1 and len(page.select('math[display="block"]')) == 1


def test_pictures_keep_their_words(page):
    assert page.select_one("img")["alt"] == "A curve that falls"


def test_slides_are_one_file_that_needs_no_network(page):
    assert not page.select("link, script[src], img:not([src^='data:']), iframe[src]")
    assert not re.search(r"@import|url\(['\"]?(?!data:|#)", " ".join(style.get_text() for style in page.select("style")))


def test_what_does_not_fit_on_a_slide_goes_to_another_with_the_same_heading(tmp_path):
    points = "\n\n".join(["> " + "word " * 60] * 2 * LINES)
    cells = [v4.new_markdown_cell(f"## 1 Long\n\n{points}"), v4.new_code_cell("", outputs=[picture("")])]
    write(v4.new_notebook(cells=cells), tmp_path / "98.ipynb")
    slides = BeautifulSoup(write_slides(tmp_path / "98.ipynb", tmp_path / "slides").read_text(encoding="utf-8"), "html.parser")
    parts = slides.select(".slides > section > section")
    assert len(slides.select("blockquote")) == 2 * LINES and len(parts) > 4
    assert all(part.find(["h2"]).get_text() == "1 Long" for part in parts)
    assert all(len(part.get_text()) < 3 * 78 * LINES for part in parts)


def test_a_chapter_that_was_not_executed_is_refused(tmp_path):
    write(v4.new_notebook(cells=[v4.new_code_cell("1 + 1")]), tmp_path / "97_new.ipynb")
    with pytest.raises(CourseError, match="97_new.ipynb was not executed: .*--only 97"):
        write_slides(tmp_path / "97_new.ipynb", tmp_path)
    with pytest.raises(CourseError, match="96_none.ipynb was not executed"):
        write_slides(tmp_path / "96_none.ipynb", tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    write(v4.new_notebook(cells=[v4.new_code_cell("", outputs=[picture("")])]), tmp_path / "95.ipynb")
    with pytest.raises(CourseError, match="95.ipynb.* cannot be written to"):
        write_slides(tmp_path / "95.ipynb", tmp_path / "95.ipynb" / "slides")


def test_paragraphs_and_questions():
    assert blocks("One.\n\n```\na\n\n# b\n```\nTwo.") == ["One.", "```\na\n\n# b\n```", "Two."]
    assert blocks("One $x$.\n\nTwo\n$$y$$\nthree.\n\n| a $$z$$ |") == ["One $x$.", "Two", "$$y$$", "three.", "| a $$z$$ |"]
    assert questions("It is so. Is it? No: why? Well.") == ["Is it?", "No: why?"]
