"""The site: whole, complete without a network, and true of the chapters that it is built from, which are faked, small; and that a
browser shows all of it, served or opened from a file."""

import inspect
import io
import json
import re
from base64 import b64encode
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import bs4
import nbformat
import pytest
from browsing import picture, settle
from PIL import Image
from typer.testing import CliRunner

try:
    from axe_playwright_python.sync_playwright import Axe
except ImportError:
    Axe = None

from gan_edu import cli, plots
from gan_edu.course import claims, runner, site
from gan_edu.course.checks import Report
from gan_edu.course.site import conf, glossary
from gan_edu.course.site.chapters import Chapter, parts
from gan_edu.errors import CourseError

pytestmark = pytest.mark.filterwarnings("ignore:'myst_parser.*is deprecated")  # not ours

WIDTH, HEIGHT = 1000, 200
with io.BytesIO() as file:
    Image.new("L", (WIDTH, HEIGHT), "white").save(file, "PNG")
    PNG = file.getvalue()
GALLERY = re.findall(r'shown\("(\d\d)", "(.*?)"\)', (site.HERE / "words" / "gallery.md").read_text(encoding="utf-8"))
SPECIAL = "03_minimax_mathematics"  # has one of everything
CLAIM = re.search(r"^\| 03 \| (.*?) \| at ", claims.PAGE.read_text(encoding="utf-8"), re.M)[1]
FORMULAS = {
    r"$\bigl\|x\bigr\| < \arg y$": "inline",
    "$$\nV(D) = \\int p\n$$": "block",
    r"$$\frac{d}{dt}\bigl(x^2 + y^2\bigr) = 2x\dot x + 2y\dot y = 0.$$": "block",
    r"**$D^\star$** costs \$5": "inline",
}


UNSEEN = """async () => {
  const shown = [...document.images].filter((one) => one.checkVisibility());
  for (const one of shown) one.loading = "eager"; // also those that a reader has not come to yet
  await Promise.allSettled(shown.map((one) => one.decode()));
  return shown.filter((one) => !one.naturalWidth).map((one) => one.src);
}"""


def figure(words):
    data, metadata = {"image/png": b64encode(PNG).decode(), "text/plain": "a figure"}, {"image/png": {"alt": words}}
    return nbformat.v4.new_output("display_data", data, metadata=metadata)


def html(data, **others):
    return nbformat.v4.new_output("display_data", {"text/html": data, "text/plain": "words", **others})


def code(source, *outputs, tags=()):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def executed(master):
    """What a run of a notebook might have left, on a page of its own: the header of the master, and figures."""
    markdown = nbformat.v4.new_markdown_cell
    cells = [markdown(nbformat.read(master, as_version=4).cells[0].source), markdown("## 1 A section\n\nwith words")]
    cells += [code("plot()", figure(words)) for number, words in GALLERY if master.name.startswith(number)]
    if master.stem == SPECIAL:
        cells += [markdown("## 2 The **words** of $x$\n\n" + "\n\n".join([*used(), *FORMULAS]))]
        held = Report("it holds", "holds")._repr_mimebundle_()
        view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0"}}
        claimed = Report(CLAIM.replace("\\|", "|"), "holds")._repr_mimebundle_()
        cells += [code("check()", html(claimed.pop("text/html"), **claimed))]
        cells += [code("check()", html(held.pop("text/html"), **held)), code("slider()", html("<p>still there</p>", **view))]
        cells += [code(f"draw_it()  # {20 * 'as before, '}", figure('p < q, "far": *here*'), tags=["hide-input"])]
        cells += [code("film()", html(plots.film([PNG, PNG], alt="two frames").data))]
        cells += [code("### BEGIN SOLUTION\nanswer = 42\n### END SOLUTION")]
        verdict = code('check("3.1")\n### BEGIN HIDDEN TESTS\nrequire("3.1")\n### END HIDDEN TESTS', html("<p>given: 42</p>"))
        verdict.metadata["nbgrader"] = {"grade_id": "check-3-1"}
        printed = [
            nbformat.v4.new_output("stream", text=text)
            for text in ("one line, ", "in three ", f"pieces\n{30 * 'words '}\n{40 * 'a  '}|\n")
        ]
        cells += [verdict, code("print()", *printed)]
        cells += [code('SEED = 0\nDATA = "mnist"  # or "digits"', tags=["parameters"])]
        cells += [code("# Parameters\nSEED = 7\n", tags=["injected-parameters"])]
    run = {"parameters": {"PROFILE": "lecture", "SEED": 7}, "duration": 12.3}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"papermill": run, "widgets": {}, "language_info": language})


def used():
    """Something that uses each symbol and word of the glossary."""
    return [f"`{spellings.split('|')[0]}`" for _, _, spellings, _ in glossary.known()]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    for master in runner.notebooks():
        nbformat.write(executed(master), folder / master.name)
    return folder


@pytest.fixture(scope="module")
def pages(course, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "rooms", lambda repository: {"losses": [{"name": "gan_edu.losses", "address": "https://losses"}]})
        return site.build(course, tmp_path_factory.mktemp("build") / "site").parent


@cache
def soup(path):
    return bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def special(pages):
    return soup(pages / f"{SPECIAL}.html")


def addresses(page):
    """All that a page refers to: (tag, address)."""
    for name in ("href", "src", "poster", "data"):
        yield from ((element.name, element[name]) for element in page.find_all(attrs={name: True}))


def test_every_link_leads_somewhere(pages):
    dead = []
    for path in pages.rglob("*.html"):
        for _, address in addresses(soup(path)):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not there.is_file() or parts.fragment and there.suffix == ".html" and not soup(there).find(id=parts.fragment):
                dead.append((path.name, address))
    assert dead == []


def test_no_page_asks_another_host_for_anything(pages):
    asked = [
        (path.name, address)
        for path in pages.rglob("*.html")
        for tag, address in addresses(soup(path))
        if tag != "a" and urlsplit(address).scheme not in ("", "data")
    ]
    for path in pages.rglob("*.css"):
        asked += re.findall(r"(?:url\(|@import)\s*[\"']?(?!data:)[^)\"']*//[^)\"']*", path.read_text(encoding="utf-8"))
    assert asked == []
    assert not re.search(r"https?://", json.dumps([script.get_text() for script in soup(pages / "index.html")("script")]))


def test_formulas_are_mathml_and_dollars_are_dollars(pages):
    special = soup.__wrapped__(pages / f"{SPECIAL}.html")  # to be taken apart
    drawn = [(math["display"], math.get_text()) for math in special("math")]
    assert ("inline", "‖x‖<argy") in drawn and ("inline", "D⋆") in drawn
    assert any(display == "block" and text.startswith("V(D)=") for display, text in drawn)
    article = special.find("article")
    for element in article(["math", "code", "pre", "script"]):
        element.extract()
    assert re.findall(r"\$\S*", article.get_text()) == ["$5"]


@pytest.mark.parametrize("path", runner.notebooks(), ids=lambda path: path.stem)
def test_no_formula_of_the_course_is_left_over(path):
    """As the site's Markdown reads it; `tests/test_pages.py` has what becomes of each formula."""
    from myst_parser.config.main import MdParserConfig
    from myst_parser.mdit_to_docutils.base import DocutilsRenderer
    from myst_parser.parsers.mdit import create_md_parser

    from gan_edu.course.site import conf

    config = MdParserConfig(enable_extensions=set(conf.myst_enable_extensions), dmath_double_inline=True)
    parser = create_md_parser(config, DocutilsRenderer)
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            inline = [child for token in parser.parse(cell.source) for child in token.children or ()]
            assert not [child.content for child in inline if child.type == "text" and "$" in child.content.replace("$5", "")]


def test_figures_have_their_words(pages, special):
    assert 'p < q, "far": *here*' in [image.get("alt") for image in special("img")]
    shown = [image["alt"] for image in soup(pages / "gallery.html").find("article")("img")]
    assert shown == [words for _, words in GALLERY]


def test_cells_that_only_draw_and_answers_are_folded(special):
    folded = {details.summary.p.get_text(): details.get_text() for details in special("details")}
    assert "answer = 42" in folded["Show an answer"]
    assert [text for text in folded.values() if "draw_it()" in text] and not [t for t in folded.values() if "film()" in t]
    assert "require(" not in special.get_text()


def test_a_verdict_on_an_answer_is_folded_like_the_answer(special):
    (folded,) = (details for details in special("details") if details.summary.p.get_text() == "Show the verdict")
    assert "given: 42" in folded.get_text() and special.get_text().count("given: 42") == 1


def test_what_was_printed_piece_by_piece_is_one_line(special):
    assert "one line, in three pieces" in special.get_text()


def test_long_lines_are_broken_where_there_is_no_table(special):
    text = special.get_text()
    assert f"{16 * 'words '}".strip() + "\n    words" in text and 40 * "a  " + "|" in text


def test_parameters_are_those_of_the_run(special):
    text = special.get_text()
    assert 'SEED = 7\nDATA = "mnist"  # or "digits"' in text and "SEED = 0" not in text and "# Parameters" not in text


def test_an_item_of_a_docstring_is_a_parameter_or_begins_a_line_after_a_sentence():
    def stretch(images, width, depth=1):
        """Images, stretched, and as one
        more: wider.

        width: of the result. depth: how often.
        other: what is
        kept: and so on."""

    lines = inspect.getdoc(stretch).split("\n")
    conf.as_written(None, "function", "stretch", stretch, None, lines)
    text = "\n".join(line for line in lines if line)
    assert text == (
        "Images, stretched, and as one more: wider.\n- **width**: of the result.\n- **depth**: how often.\n"
        "- **other**: what is kept: and so on."
    )


def test_films_play_and_views_of_widgets_are_left_out(special):
    assert special.find("input", type="range") and "setInterval" in str(special("script"))
    assert "still there" in special.get_text() and "widget-view" not in str(special)


def test_a_chapter_says_how_it_ran_and_where_it_opens(special):
    text = " ".join(special.find("article").get_text().split())
    assert "lecture profile with seed 7, in 12 s. Of its checks 2 hold." in text
    links = {a.get_text(): a["href"] for a in special.select(".launch a")}
    assert set(links) == {"Colab", "Kaggle", "Binder", "Codespaces", "without solutions", "as executed"}
    assert all(links[name].endswith(f"{SPECIAL}.ipynb") for name in ("Colab", "without solutions", "as executed"))


def test_the_first_page_has_the_playground_and_fits(pages):
    page = soup(pages / "index.html")
    assert "addresses" in page.find("iframe", title="GAN playground")["srcdoc"]
    asked = page.select("link[rel=stylesheet], link[rel=icon], script[src], img[src]")
    files = {pages / urlsplit(element.get("src") or element["href"]).path for element in asked}
    assert {"furo.css", "site.css"} <= {file.name for file in files}
    assert sum(file.stat().st_size for file in [pages / "index.html", *files]) <= 300_000
    assert [a.get_text() for a in page.select(".ways a")] == ["Read", "Run in the browser", "Install"]


def test_every_page_says_what_it_is_about(pages):
    """To search engines, in the words with which it begins, not those of its buttons."""
    for path in (SPECIAL, "index", "gallery", "api/losses"):
        (description,) = soup(pages / f"{path}.html").find_all("meta", attrs={"name": "description"})
        begin = " ".join(description["content"].split()[:3])
        assert len(description["content"]) > 40 and begin in soup(pages / f"{path}.html").find("article").get_text(" "), path
        assert "Open in" not in description["content"] and "Executed" not in description["content"]


def test_the_search_knows_words_of_chapters_and_of_the_package(pages):
    index = (pages / "searchindex.js").read_text(encoding="utf-8")
    assert '"wasserstein"' in index and "03_minimax_mathematics" in index and "gan_edu.losses" in index
    assert "site.js" in str(soup(pages / "search.html")("script"))


def test_a_claim_leads_to_the_section_that_checks_it(pages):
    rows = [row("td") for row in soup(pages / "claims.html").find("table")("tr")[1:]]
    assert len({(row[0].get_text(), row[1].get_text()) for row in rows}) == len(rows) > 100
    (there,) = [row[0].a["href"] for row in rows if row[0].a]
    assert there == f"{SPECIAL}.html#the-words-of-x"


def test_the_glossary_leads_to_the_first_use(pages):
    page = soup(pages / "glossary.html")
    terms = {term.get_text().strip("#¶ "): term.find_next("dd") for term in page.find("article")("dt")}
    assert terms["critic"].a["href"] == f"{SPECIAL}.html#the-words-of-x"


def test_the_parts_hold_every_chapter(pages, course):
    chapters = [Chapter(course / path.name) for path in runner.notebooks()]
    assert [chapter for members in parts(chapters).values() for chapter in members] == chapters
    tree = soup(pages / "index.html").select(".sidebar-tree .caption")
    assert [caption.get_text() for caption in tree] == [*parts(chapters), "Beside the chapters"]


def test_the_command_says_what_is_missing_and_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    result = CliRunner().invoke(cli.app, ["site"])
    assert result.exit_code == 2 and "lacks 00_welcome" in result.stdout and "Traceback" not in result.output


def test_a_chapter_that_is_no_notebook(tmp_path):
    (tmp_path / "05_dcgan.ipynb").write_text("half of a")
    with pytest.raises(CourseError, match="05_dcgan.ipynb is no notebook .* `python3 run.py course --only 05`"):
        _ = Chapter(tmp_path / "05_dcgan.ipynb").notebook


# What is wrong is said, and the old site stays


def refused(course, into, **changes):
    into.mkdir()
    (into / "index.html").write_text("the old one")
    with pytest.raises(CourseError) as caught, pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            patch.setattr(site, name, value)
        site.build(course, into)
    assert [path.name for path in into.parent.iterdir()] == [into.name] and (into / "index.html").read_text() == "the old one"
    return str(caught.value)


def test_chapters_that_were_not_executed(tmp_path):
    (tmp_path / "course").mkdir()
    (tmp_path / "build").mkdir()
    said = refused(tmp_path / "course", tmp_path / "build" / "site")
    assert "00_welcome" in said and "`python3 run.py course`" in said


def test_a_word_that_no_chapter_uses(course, tmp_path, monkeypatch):
    monkeypatch.setattr(glossary, "FILE", tmp_path / "words.toml")
    glossary.FILE.write_text('symbol = []\n[[word]]\nterm = "zebra"\nmeans = "an animal"')
    (tmp_path / "build").mkdir()
    assert "zebra" in refused(course, tmp_path / "build" / "site")


def test_a_page_that_shows_what_is_not_there(course, tmp_path):
    chapters = [Chapter(path) for path in sorted(course.iterdir())]
    with pytest.raises(CourseError, match="'A unicorn'.*gallery.md"):
        site.figure(chapters, tmp_path, "05", "A unicorn")
    with pytest.raises(CourseError, match="no section 'Unicorns'"):
        site.readme("Unicorns", "a/b")


def test_what_sphinx_warns_of_is_an_error(tmp_path):
    (tmp_path / "index.md").write_text("# Title\n\n[a link](nowhere.ipynb)\n")
    with pytest.raises(CourseError, match=r"(?s)index.md:3: .*nowhere.ipynb"):
        site.draw(tmp_path, tmp_path / "pages", tmp_path / "doctrees")


# In a browser

KINDS = (
    "index",
    SPECIAL,
    "gallery",
    "laboratories/orbit",
    "glossary",
    "teach",
    "api/losses",
    "search",
)  # of pages, one of each


class Silent(SimpleHTTPRequestHandler):
    """Serves a folder, and logs nothing."""

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def served(pages):
    """The address of the site on a server of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=pages)) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["served", "from a file"])
def address(request, pages):
    """Where the site is: on a server, or in a folder that somebody has opened."""
    return request.getfixturevalue("served") if request.param == "served" else pages.as_uri()


def test_every_page_opens_whole_and_its_links_lead_to_what_is_there(address, pages, new_page):
    page, links, named = new_page(), set(), {}
    for path in sorted(pages.rglob("*.html")):
        url = f"{address}/{path.relative_to(pages).as_posix()}"
        page.goto(url)
        assert page.locator("h1").count() == 1, url
        assert page.evaluate(UNSEEN) == [], url
        links |= set(page.evaluate("() => [...document.links].map((link) => link.href)"))
        named[url] = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
    inside = [link.partition("#") for link in links if link.startswith(address)]
    assert len(inside) > len(named)
    for url, _, name in inside:
        there = pages / unquote(url.removeprefix(f"{address}/"))
        assert there.is_file() and (not name or unquote(name) in named[url]), f"{url}#{name}"


def test_formulas_are_set_as_mathematics(address, new_page):
    page = new_page()
    page.goto(f"{address}/{SPECIAL}.html")
    boxes = [formula.bounding_box() for formula in page.locator("article math").all()]
    assert len(boxes) > len(FORMULAS) and all(box["width"] > 8 and box["height"] > 8 for box in boxes)
    set_as = "(one) => ({ bottom: one.getBoundingClientRect().bottom, size: parseFloat(getComputedStyle(one).fontSize) })"
    d, star = page.locator("article msup").last.evaluate(f"(power) => [...power.children].map({set_as})")
    assert star["bottom"] < d["bottom"] and star["size"] < d["size"], "an exponent is raised, and small"
    heights = "(boxes) => boxes.map((box) => [box.scrollHeight, box.clientHeight])"
    assert all(inner <= outer for inner, outer in page.locator(".formula").evaluate_all(heights)), "they scroll along alone"


def test_figures_keep_their_place_and_are_never_too_small_to_read(served, new_page):
    """Fewer than three fifths of their pixels no figure has: on a telephone it scrolls instead, and can be reached by the keyboard."""
    page, wide = new_page(390, 800), "(frames) => frames.map((one) => one.querySelector('img').clientWidth)"
    for kind in (SPECIAL, "gallery"):
        page.goto(f"{served}/{kind}.html")
        frames = page.locator("article .figure")
        assert frames.count() and frames.locator("img").count() == page.locator("article img[src^=_images]").count()
        assert frames.locator("img").first.get_attribute("height") == str(HEIGHT)
        assert frames.evaluate_all(wide) == [pytest.approx(0.6 * WIDTH, abs=1)] * frames.count(), kind
        assert frames.first.get_attribute("tabindex") == "0"
    page.set_viewport_size({"width": 1400, "height": 800})
    room = page.locator("article").evaluate("(one) => one.clientWidth")
    assert all(each <= room for each in frames.evaluate_all(wide))


def test_the_search_finds_a_word_and_leads_to_it(address, new_page):
    page = new_page()
    page.goto(f"{address}/index.html")
    page.get_by_role("textbox", name="Search").fill("wasserstein")
    page.keyboard.press("Enter")
    page.locator("#search-results li a", has_text="The mathematics of minimax").first.click()
    page.wait_for_url(f"{address}/{SPECIAL}.html*")
    assert page.locator("h1").text_content().startswith("03 · The mathematics of minimax")


def test_the_playground_of_the_first_page_learns_by_itself(address, new_page):
    page = new_page()
    page.goto(f"{address}/index.html")
    playground = page.frame_locator("iframe[title='GAN playground']")
    status, plane = playground.locator(".status"), playground.locator("canvas.plane")
    status.filter(has_text="8 modes").wait_for(state="attached")
    seen = plane.evaluate("(canvas) => canvas.toDataURL()")
    page.wait_for_timeout(500)
    assert plane.evaluate("(canvas) => canvas.toDataURL()") != seen


def test_a_link_to_a_laboratory_is_a_link_to_what_was_set(address, new_page):
    def opened(url):
        page = new_page()
        page.goto(url)
        laboratory = page.frames[1]
        laboratory.locator("canvas[aria-label]").first.wait_for()
        return page, laboratory

    page, laboratory = opened(f"{address}/laboratories/orbit.html#rule=extragradient&rate=1.1")
    rule, steps = laboratory.get_by_label("rule", exact=True), laboratory.get_by_label("rounds", exact=True)
    assert rule.locator("option:checked").text_content() == "extragradient"
    steps.press("ArrowRight")
    page.wait_for_url("**/orbit.html#rule=extragradient&rate=1.1&steps=300")
    shown = picture(laboratory)
    assert shown == picture(opened(page.url)[1]) != picture(opened(page.url.partition("#")[0])[1])
    page.evaluate("() => (location.hash = '#furo-main-content')")
    settle(page)
    assert picture(laboratory) == shown, "a place in the page is no setting"
    page.evaluate("() => (location.hash = '#rule=sideways')")
    page.wait_for_url("**/orbit.html")
    assert laboratory.locator(".problem").text_content().startswith("The address says “rule=sideways”")
    assert rule.locator("option:checked").text_content() == "plain gradient steps"
    page, playground = opened(f"{address}/index.html#data=spiral")
    playground.get_by_label("loss", exact=True).select_option(label="hinge")
    page.wait_for_url("**/index.html#data=spiral&loss=hinge")


CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


FADED_IN = """() => document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
  .forEach((one) => one.finish())"""  # what is just being unfolded is pale


@pytest.mark.parametrize("scheme, rules", [("light", {}), ("dark", CONTRAST)], ids=["light", "dark"])
def test_nobody_is_shut_out(served, new_page, scheme, rules):
    """What axe-core calls critical or serious, in a page, unfolded, and in what is framed in it; in the dark, of colours alone. And on
    a telephone nothing lies beside the screen."""
    if Axe is None:
        pytest.skip("axe-core is not installed: pip install axe-playwright-python")
    page, faults = new_page(390, 800, color_scheme=scheme, reduced_motion="reduce"), []
    for kind in KINDS:
        page.goto(f"{served}/{kind}.html")
        page.evaluate("() => document.querySelectorAll('details').forEach((folded) => (folded.open = true))")
        settle(page)
        page.evaluate(FADED_IN)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, kind
        for frame in page.frames:
            found = Axe().run(frame, options={"resultTypes": ["violations"], **rules}).response["violations"]
            grave = [one for one in found if one["impact"] in ("critical", "serious")]
            faults += [(kind, one["id"], [node["html"] for node in one["nodes"]]) for one in grave]
    assert faults == []
