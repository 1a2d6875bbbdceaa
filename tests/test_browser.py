"""The laboratories in a browser: each opened from a file with no network, every control operated. What they compute is compared
elsewhere, without a browser."""

import base64
import math
import re

import pytest
import torch
from browsing import controls, operate, picture, settle

from gan_edu.data import ring
from gan_edu.models.gan import GAN, Latent
from gan_edu.networks import dcgan_generator, mlp
from gan_edu.widgets import DensityLab, GameLab, LatentLab, OrbitLab, Playground, RealOrFake, StrokeLab


def some_images(count):
    """Images of which no two are equal."""
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(count)) * 2 - 1


def real_or_fake():
    return RealOrFake(some_images(20), some_images(21), trials=6, logits=(torch.ones(20), -torch.ones(21)))


def generator(inputs, channels=1):
    """One whose images differ, though nobody has trained it."""
    torch.manual_seed(0)
    network = dcgan_generator(inputs, channels, 8, width=2, depth=1, normalise=False)
    for parameter in network.parameters():
        parameter.data *= 3
    return network


def latents(**settings):
    return LatentLab(generator(9), Latent(5), categories=3, continuous=1, directions=2, **settings)


def strokes(**settings):
    return StrokeLab(generator(5), Latent(5), cells=4, **({"pool": 30} | settings))


def colours(**settings):
    return StrokeLab(generator(8, 3), Latent(5), cells=4, categories=3, **({"pool": 30} | settings))


LABORATORIES = {
    "playground": Playground,
    "orbits": OrbitLab,
    "densities": DensityLab,
    "real or fake": real_or_fake,
    "latents": latents,
    "strokes": strokes,
    "strokes in colour": colours,
}
STATES = {  # in which, together, each control of a laboratory is to be seen and has an effect
    "consensus beside momentum": OrbitLab(
        rule="consensus", game="r1", order="first", compare={"name": "rule", "value": "momentum"}
    ),
    "momentum beside lookahead": OrbitLab(rule="momentum", average=True, compare={"name": "rule", "value": "lookahead"}),
    "two modes": DensityLab(apart=4, drawn=[]),
    "codes and directions": latents(position=0.3, truncation=0.9),
    "a few strokes": strokes(strokes={"ink": ["a1", "b1"], "paper": ["d4"]}, steps=10, nearness=1),
    "a few colours": colours(strokes={"yellow": ["a1", "b1"], "#ff8800": ["d4"]}, steps=10, nearness=1),
}


@pytest.fixture
def opened(new_page, tmp_path):
    """`opened(laboratory, **how)` opens it as a page of its own."""

    def opened(laboratory, width=1400, height=900, html=None, **how):
        path, page = tmp_path / f"{len(list(tmp_path.iterdir()))}.html", new_page(width, height, **how)
        path.write_text(html or laboratory.page(), encoding="utf-8")
        page.goto(path.as_uri())
        if html is None:
            page.wait_for_selector("canvas[aria-label]")
            settle(page)
        return page

    return opened


# ----- Each laboratory


@pytest.mark.parametrize("state", STATES)
def test_every_control_changes_the_picture_and_changes_it_back(opened, state):
    page = opened(STATES[state], width=1000, height=700)
    before, seen = picture(page), set()
    for control in controls(page):
        name = control.evaluate("(control) => control.labels[0].textContent")
        back = operate(control)
        assert picture(page) != before, name
        back()
        assert picture(page) == before, name
        seen.add(name)
    assert len(seen) >= 5


def test_every_control_of_the_playground_can_be_operated_and_the_game_goes_on(opened):
    page = opened(Playground(compare={"name": "seed", "value": 1}, batch=16, width=8), 700, 700, reduced_motion="reduce")
    play_one, status = page.get_by_role("button", name="Round", exact=True), page.locator(".status")
    for control in controls(page):
        operate(control)
        settle(page)
        before = status.text_content()
        play_one.click()
        assert status.text_content() != before
        assert page.locator(".problem").text_content() == ""
    for name in ("Step D", "Step G", "Phase", "Reset"):
        before = picture(page)
        page.get_by_role("button", name=name, exact=True).click()
        assert picture(page) != before, name


@pytest.mark.parametrize("name", LABORATORIES)
def test_controls_have_names_and_pictures_have_words(opened, name):
    page = opened(LABORATORIES[name]())
    fields = "() => [...document.querySelectorAll('input, select')].map((one) => one.labels[0]?.textContent.trim())"
    names = page.evaluate(fields) + [button.text_content() for button in page.get_by_role("button").all()]
    assert names and all(names)
    words = [canvas.get_attribute("aria-label") for canvas in page.locator("canvas").all()]
    assert words and all(len(each) > 20 for each in words)


@pytest.mark.parametrize("name", LABORATORIES)
def test_a_telephone_and_a_dark_room_are_served(opened, name):
    page = opened(LABORATORIES[name](), width=390, height=800, color_scheme="dark", reduced_motion="reduce")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    ground = "() => getComputedStyle(document.querySelector('.gan-lab')).backgroundColor"
    dark, seen = page.evaluate(ground), picture(page)
    page.emulate_media(color_scheme="light")
    settle(page)
    assert page.evaluate(ground) != dark
    assert name == "real or fake" or picture(page) != seen, "images are the same in every light"


@pytest.mark.parametrize("name", LABORATORIES)
def test_nothing_moves_by_itself_for_those_who_wish_it(opened, name):
    page = opened(LABORATORIES[name](), reduced_motion="reduce")
    before = picture(page)
    page.wait_for_timeout(400)
    assert picture(page) == before


@pytest.mark.parametrize("name", LABORATORIES)
def test_whoever_comes_with_the_keyboard_sees_where_it_is(opened, name):
    page = opened(LABORATORIES[name](), reduced_motion="reduce")
    wanted = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, canvas[tabindex]')].filter((one) => one.checkVisibility()).length"
    )
    seen = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        where, outline = page.evaluate(
            "() => { const now = document.activeElement; const { outlineStyle, outlineWidth } = getComputedStyle(now);"
            "const all = [...document.querySelectorAll('*')]; return [all.indexOf(now), `${outlineStyle} ${outlineWidth}`]; }"
        )
        assert outline == "solid 3px"
        seen.add(where)
    assert len(seen) == wanted


def test_all_laboratories_stand_in_one_notebook_page_and_each_has_its_height(opened):
    page = opened(None, html="<body>" + "".join(make()._repr_html_() for make in LABORATORIES.values()))
    frames = page.locator("iframe").all()
    assert len(frames) == len(LABORATORIES)
    for frame in frames:
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator("canvas[aria-label]").first.wait_for()
    page.wait_for_timeout(300)
    heights = page.evaluate(
        "() => [...document.querySelectorAll('iframe')].map((one) => [one.clientHeight, one.contentDocument.body.offsetHeight])"
    )
    assert all(abs(outer - inner) <= 2 and inner > 300 for outer, inner in heights), heights


def test_an_address_follows_what_is_set_and_the_way_back_leads_to_what_was(opened):
    page = opened(None, html=DensityLab().page(addressed=True))
    mean = page.get_by_role("group", name="Generator, q").get_by_label("mean")
    mean.press("ArrowRight")
    page.wait_for_url("**#meanG=1.05")
    page.reload()
    assert mean.get_attribute("aria-valuetext") == "1.05"
    page.evaluate("() => (location.hash = '#meanG=2&stdG=wide')")
    page.wait_for_url("**#meanG=2")
    assert mean.get_attribute("aria-valuetext") == "2"
    assert page.locator(".problem").text_content().startswith("The address says “stdG=wide”: give a number from 0.2 to 2")
    page.go_back()
    page.wait_for_url("**#meanG=1.05")
    assert mean.get_attribute("aria-valuetext") == "1.05" and page.locator(".problem").text_content() == ""


# ----- What each of them is about


def test_the_start_of_an_orbit_is_dragged_or_moved_with_the_keys(opened):
    page = opened(OrbitLab())
    plane, (x, y) = page.locator(".plane"), page.locator("input[type=number]").all()
    before, words = picture(page), plane.get_attribute("aria-label")
    plane.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert (x.input_value(), y.input_value()) == ("0.9", "0")
    assert picture(page) != before and plane.get_attribute("aria-label") != words
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4, steps=4)
    page.mouse.up()
    assert float(x.input_value()) == pytest.approx(-1.5, abs=0.05) and float(y.input_value()) == pytest.approx(1.5, abs=0.05)
    page.mouse.move(box["x"], box["y"])
    assert float(x.input_value()) == pytest.approx(-1.5, abs=0.05), "whoever has let go drags nothing"


def test_an_orbit_is_played_from_its_start_for_those_who_do_not_mind(opened):
    page = opened(OrbitLab(steps=10))
    whole, button = picture(page), page.locator(".play")
    button.click()
    page.wait_for_timeout(300)
    assert button.text_content() == "Show all" and picture(page) != whole
    page.wait_for_function("() => document.querySelector('.play').textContent === 'Play'")
    assert picture(page) == whole
    button.click()
    button.click()
    assert picture(page) == whole
    page.emulate_media(reduced_motion="reduce")
    settle(page)
    assert not button.is_visible()


def test_the_chapters_questions_are_answered_in_the_laboratory_of_orbits(opened):
    page = opened(OrbitLab(rule="extragradient", rate=1.1))
    verdict = page.locator(".verdicts")
    assert "leaves" in verdict.text_content()
    page.get_by_label("rate α").press("ArrowLeft")
    assert "stays bounded" in verdict.text_content()
    page.get_by_label("rate α").press("ArrowLeft")
    assert ": converges." in verdict.text_content()
    page.get_by_label("game", exact=True).select_option(label="Dirac, non-saturating")
    assert "linearisation" in verdict.text_content()
    assert page.get_by_label("order of play").text_content() == "togetherin turn, θ firstin turn, ψ first"


def test_densities_are_dragged_or_moved_with_the_keys(opened):
    page = opened(DensityLab())
    canvas, table = page.locator(".densities"), page.locator("table")
    mean = page.get_by_role("group", name="Generator, q").get_by_label("mean")
    before, numbers = picture(page), table.text_content()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    assert mean.get_attribute("aria-valuetext") == "1.1"
    assert picture(page) != before and table.text_content() != numbers
    page.keyboard.press("Shift+ArrowLeft")
    data = page.get_by_role("group", name="Data, p").get_by_label("mean")
    assert data.get_attribute("aria-valuetext") == "-1.1"
    box = canvas.bounding_box()
    x, y = disc_of_the_generator(box, 1.1, 0.7)
    for grip, arrived in ((100, "1.1"), (10, "3.1")):  # too far from the disc, and near enough
        page.mouse.move(x, y + grip)
        page.mouse.down()
        page.mouse.move(x + (box["width"] - 58) * 2 / 12, y + grip, steps=4)
        page.mouse.up()
        assert mean.get_attribute("aria-valuetext") == arrived
        assert page.get_by_role("group", name="Generator, q").get_by_label("width").get_attribute("aria-valuetext") == "0.7"
    assert data.get_attribute("aria-valuetext") == "-1.1"


def disc_of_the_generator(box, mean, std):
    """Where it is on the page, for a canvas at `box` whose picture is as high as D*."""
    high = 1 / (std * math.sqrt(2 * math.pi)) / 1.06
    return box["x"] + 46 + (box["width"] - 58) * (mean + 6) / 12, box["y"] + box["height"] - 30 - (box["height"] - 56) * high


def swipe(page, x, y, up):
    """A finger that goes up by so many pixels. Returns by how many the page was scrolled."""
    session, before = page.context.new_cdp_session(page), page.evaluate("() => scrollY")
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for k in range(1, 9):
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - up * k / 8}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(200)
    return page.evaluate("() => scrollY") - before


def test_a_finger_moves_what_it_holds_and_else_scrolls_the_page(opened):
    page = opened(DensityLab(), width=800, height=380, has_touch=True, is_mobile=True)
    canvas, width = page.locator(".densities"), page.get_by_role("group", name="Generator, q").get_by_label("width")
    x, y = disc_of_the_generator(canvas.bounding_box(), 1, 0.7)
    assert swipe(page, x, y, 40) == 0 and width.get_attribute("aria-valuetext") < "0.7"
    assert swipe(page, 100, 250, 150) > 50
    page = opened(OrbitLab(), width=800, height=380, has_touch=True, is_mobile=True)
    start, box = page.locator("input[type=number]").nth(1), page.locator(".plane").bounding_box()
    x, y = box["x"] + box["width"] * 4 / 6, box["y"] + box["width"] * 2 / 6
    assert swipe(page, x, y, 60) == 0 and float(start.input_value()) > 1.2
    now = start.input_value()
    assert swipe(page, box["x"] + 50, y, 100) > 50 and start.input_value() == now
    box = page.locator(".plane").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["width"] / 2)
    assert float(start.input_value()) == pytest.approx(0, abs=0.05)
    page = opened(strokes(), width=800, height=380, has_touch=True, is_mobile=True)
    box = page.locator(".fields").bounding_box()
    assert swipe(page, box["x"] + 20, box["y"] + 0.6 * box["height"], 0.4 * box["height"]) == 0
    assert page.locator(".status").text_content().startswith("3 fields ink, 0 paper.")
    page = opened(latents(), width=800, height=380, has_touch=True, is_mobile=True)
    page.locator(".way").evaluate("(canvas) => canvas.scrollIntoView()")
    position, box = page.get_by_label("position on it"), page.locator(".way").bounding_box()
    assert swipe(page, box["x"] + box["width"] / 2 + 20, box["y"] + 60, 30) == 0
    assert swipe(page, box["x"] + 80, box["y"] + 60, -60) != 0 and position.get_attribute("aria-valuetext") == "0.5"


def test_what_is_seen_of_an_orbit_is_said_once_it_has_come_to_rest(opened):
    page = opened(OrbitLab())
    page.get_by_label("start, x").fill("")
    page.get_by_label("start, x").press("Enter")
    assert page.get_by_label("start, x").input_value() == "0"
    assert page.get_by_role("listitem").count() == 1
    page.wait_for_function("() => document.querySelector('.spoken').textContent.includes('Spectral radius of a round')")


def test_a_game_is_played_with_keys_or_buttons_and_scored_at_the_end(opened):
    page = opened(real_or_fake())
    said = page.locator(".said")
    pictures = {picture(page)}
    for k in range(6):
        assert said.text_content() == f"Image {k + 1} of 6: real or fake?"
        if k % 2:
            page.get_by_role("button", name="Real").click()
        else:
            page.keyboard.press("f")
        pictures.add(picture(page))
    assert len(pictures) == 7
    assert re.search(r"You called \d of \d real images real .*d′ = .* 95 % interval .* Criterion c = ", said.text_content())
    assert "The discriminator called" in said.text_content()
    result = said.text_content()
    page.keyboard.press("r")
    assert said.text_content() == result, "a press too many leaves the result where it is"
    page.keyboard.press("n")
    assert said.text_content() == "Image 1 of 6: real or fake?" and picture(page) not in pictures
    for _ in range(3):
        page.keyboard.down("f")
    assert said.text_content() == "Image 2 of 6: real or fake?", "a key that is held answers one image"


def test_samples_are_chosen_and_the_way_between_them_is_walked(opened):
    page = opened(latents())
    position, beginning, end = (page.get_by_label(name) for name in ("position on it", "start at sample", "end at sample"))
    samples, way = page.locator(".samples"), page.locator(".way")
    box = samples.bounding_box()
    for column, row, chosen in ((3.5, 1.5, ("8", "2")), (2.5, 0.5, ("8", "3")), (0.5, 1.5, ("5", "3"))):
        before = picture(page)
        page.mouse.click(box["x"] + box["width"] * column / 4, box["y"] + box["height"] * row / 2)
        assert tuple(select.evaluate("(one) => one.selectedOptions[0].text") for select in (beginning, end)) == chosen
        assert picture(page) != before
    box = way.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 30, box["y"] + 10, steps=4)
    page.mouse.up()
    assert position.get_attribute("aria-valuetext") == "1" and "At 1 of the way from sample 5 to sample 3" in way.get_attribute(
        "aria-label"
    )
    page.mouse.click(box["x"] + 20, box["y"] + 40)
    assert position.get_attribute("aria-valuetext") == "0"
    before, words = picture(page), page.locator(".caption").first.text_content()
    page.get_by_role("button", name="Other samples").click()
    assert picture(page) != before and page.get_by_label("seed").input_value() == "1"
    assert page.locator(".caption").first.text_content() != words and "a random latent's is about √5 = 2.24" in words


def test_a_latent_at_an_end_makes_the_image_of_the_sample(opened):
    """Compared in the middle of each of the 8 × 8 pixels, of sample 4, the last of the first row."""
    page = opened(latents(position=0, start=4))
    look = """(canvas, [left, side]) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const at = (share) => Math.floor(side * (share + 0.5) / 8);
        return Array.from({ length: 64 }, (_, k) =>
            data[4 * (at(Math.floor(k / 8)) * canvas.width + Math.floor(left) + at(k % 8))]);
    }"""
    large, samples = page.locator(".large"), page.locator(".samples")
    width, wide = (one.evaluate("(canvas) => canvas.width") for one in (large, samples))
    side = (wide - 18) / 4
    shown = large.evaluate(look, [0, width])
    framed = {*range(8), *range(56, 64), *range(0, 64, 8), *range(7, 64, 8)}
    same = [k for k, grey in enumerate(samples.evaluate(look, [wide - side, side])) if grey == shown[k]]
    assert len(set(shown)) > 10 and {*range(64)} - framed <= {*same}


def test_fields_are_painted_with_pointer_or_keys_and_answers_follow(opened):
    page = opened(strokes())
    grid, status = page.locator(".fields"), page.locator(".status")
    assert status.text_content() == "No strokes: random images. Make a field ink or paper."
    box = grid.bounding_box()
    at = lambda column, row: (box["x"] + box["width"] * (column + 0.5) / 4, box["y"] + box["height"] * (row + 0.5) / 4)  # noqa: E731
    seen = [picture(page)]

    def said(words):
        seen.append(picture(page))
        assert status.text_content().startswith(words), status.text_content()

    page.mouse.move(*at(0, 0))
    page.mouse.down()
    page.mouse.move(*at(2, 0), steps=8)
    page.mouse.up()
    page.mouse.move(*at(2, 3))
    said("3 fields ink, 0 paper. The best answer misses them by ")
    page.mouse.click(*at(1, 0))
    said("2 fields ink, 0 paper.")
    page.get_by_label("brush", exact=True).select_option(label="paper")
    page.mouse.click(*at(0, 0))
    said("1 field ink, 1 paper.")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    said("1 field ink, 2 paper.")
    assert "field a2, paper. Brush: paper" in grid.get_attribute("aria-label")
    page.keyboard.press("Enter")
    said("1 field ink, 1 paper.")
    page.get_by_role("button", name="Clear").click()
    said("No strokes")
    assert len({*seen[1:]}) == 6, "each of them has another answer"


def test_fields_are_painted_in_colours_that_have_names(opened):
    page = opened(colours(strokes={"yellow": ["d4"]}))
    grid, status, where = (page.locator(place) for place in (".fields", ".status", ".caption"))
    own, brush = page.get_by_label("colour", exact=True), page.get_by_label("brush", exact=True)
    seen = [picture(page)]

    def said(words):
        seen.append(picture(page))
        assert status.text_content().startswith(words), status.text_content()

    def ground(*places):
        """The colours of fields, each near a corner where there is neither a word nor a frame."""
        settle(page)
        look = """(canvas, places) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const near = (k) => Math.round(canvas.width * k / 4) + 12;
            const at = ([column, row]) => 4 * (canvas.width * near(row) + near(column));
            return places.map((place) => [...data.slice(at(place), at(place) + 3)]);
        }"""
        return grid.evaluate(look, places)

    assert re.match(
        r"1 field yellow\. The best answer, of category [012], misses them by .* of red, green and blue", status.text_content()
    )
    box = grid.bounding_box()
    brush.select_option(label="blue")
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    said("1 field blue, 1 yellow.")
    assert where.text_content() == "Field a1, blue" and not own.is_visible()
    grid.focus()
    page.keyboard.press("ArrowDown")
    brush.select_option(label="own colour")
    assert own.is_visible()
    own.fill("#ff8800")
    assert "field a2, free. Brush: own colour #ff8800" in grid.get_attribute("aria-label")
    grid.press("Space")
    said("1 field blue, 1 own colour #ff8800, 1 yellow.")
    page.keyboard.press("ArrowRight")
    assert ground((0, 0), (0, 1), (3, 3)) == [[48, 96, 208], [255, 136, 0], [240, 208, 32]]
    page.get_by_role("button", name="Clear").click()
    said("No strokes: random images. Give a field a colour.")
    assert len({*seen}) == len(seen), "each of them has another answer"


def test_those_who_want_no_motion_are_told_that_a_search_has_begun_and_see_what_it_came_to(opened):
    page = opened(strokes(strokes={"ink": ["a1"]}, pool=10), reduced_motion="reduce")
    settle(page)
    begin = """(slider) => {
      slider.value = slider.max;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      return [document.querySelector("[aria-busy]").getAttribute("aria-busy"), document.querySelector(".status").textContent];
    }"""
    busy, said = page.get_by_label("random latents").evaluate(begin)
    assert busy == "true" and re.fullmatch(r"1 field ink, 0 paper\. Images of random latents: \d+ of 1000\.", said)
    settle(page)
    assert "The best answer misses them by" in page.locator(".status").text_content()


def test_a_setting_that_there_is_not_is_said_on_the_page(opened):
    for laboratory in (
        OrbitLab(rule="sideways"), DensityLab(colour="red"), Playground(loss="no-such"), latents(way="home"), strokes(brush="chalk"),
    ):  # fmt: skip
        page = opened(laboratory, reduced_motion="reduce")
        assert re.match(r"The page says “.*”: .* The default is used\.", page.locator(".problem").text_content())


def test_the_playground_plays_at_once_and_reaches_seven_of_eight_modes(opened):
    page = opened(Playground())
    button = page.locator(".play")
    assert button.text_content() == "Pause"
    page.wait_for_function("() => /[78] of 8 modes/.test(document.querySelector('.status').textContent)", timeout=60_000)
    page.keyboard.press("Space")
    assert button.text_content() == "Play"
    before = picture(page)
    page.keyboard.press("n")
    assert picture(page) != before


# ----- The laboratory whose numbers come from the kernel: here from this process, through a model as anywidget has it

MOUNT = """async ({ source, style, first }) => {
  const view = (text) => new DataView(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
  const state = { first: { said: first.said, buffers: first.buffers.map(view) }, outputs: [] };
  const listeners = new Set();
  Object.assign(window, { questions: [], due: 0, most: 0, beside: 0, listeners });
  const model = {
    get: (name) => state[name],
    on: (_, hear) => listeners.add(hear),
    off: (_, hear) => listeners.delete(hear),
    async send(question) {
      questions.push(question);
      most = Math.max(most, ++due);
      if (due > 1 && !question.rounds) beside++;
      const { said, buffers, outputs } = await answer(question);
      due--;
      state.outputs = outputs;
      for (const hear of listeners) hear(said, buffers.map(view));
    },
  };
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.leave = module.default.render({ model, el: document.body });
}"""


@pytest.fixture
def mounted(opened):
    """`mounted(lab, **how)`: a page with the lab's view. No question may be asked before the last one's answer has come; unless there
    are no `answers`."""
    pages = []

    def sent(said, buffers, outputs=()):
        return {"said": said, "buffers": [base64.b64encode(each).decode() for each in buffers], "outputs": list(outputs)}

    def mounted(lab, answers=True, **how):
        view = lab.view()
        page = opened(None, html="<!doctype html><body>", **how)
        page.expose_function("answer", lambda question: sent(*view.reply(question), view.outputs))
        if not answers:
            page.evaluate("() => (window.answer = () => new Promise(() => {}))")
        page.evaluate(MOUNT, {"source": view._esm, "style": view._css, "first": sent(**view.first)})
        if answers:
            quiet(page)
            pages.append(page)
        return page

    yield mounted
    for page in pages:
        assert page.evaluate("most") <= 2 and page.evaluate("beside") == 0, "two are under way only while it plays"


def quiet(page):
    """Waits until nothing is asked any more and what has been answered is drawn."""
    page.wait_for_function("due === 0 && questions.length > 0")
    settle(page)


def small_lab(**settings):
    return GameLab(lambda: GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2), ring(), batch=32, **settings)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    quiet(page)


def test_every_control_of_the_game_in_the_kernel_changes_the_picture(mounted):
    lab = small_lab()
    page = mounted(lab)
    before = picture(page)
    presses = {"Round": 1, "Step D": 1.5, "Step G": 2, "Phase": 3, "Phase ": 3, "Reset": 0, "Round ": 1}
    for name, position in presses.items():
        press(page, name.strip())
        assert lab.position == position
        assert before != (before := picture(page)), name
    for box in page.get_by_role("checkbox").all():
        box.click()
        quiet(page)
        assert picture(page) != before
        box.click()
        quiet(page)
        assert picture(page) == before
    page.get_by_label("seed").fill("7")
    page.get_by_label("seed").press("Enter")
    press(page, "Reset")
    assert lab.seed == 7 and "Seed 7, round 0" in page.locator(".status").text_content()
    assert page.locator(".problem").text_content() == ""


@pytest.mark.parametrize(("speed", "each"), [(2, {1}), (3, {10}), (4, {100}), (5, None)])
def test_the_game_in_the_kernel_plays_until_it_is_paused(mounted, speed, each):
    lab = small_lab()
    page = mounted(lab)
    page.get_by_label("speed").select_option(index=speed)
    page.locator(".play").click()
    page.wait_for_function("questions.filter((question) => question.rounds).length >= 5")
    page.locator(".play").click()
    quiet(page)
    asked = page.evaluate("questions.map((question) => question.rounds).filter(Boolean)")
    assert lab.run.done == sum(asked) and (each is None or set(asked) == each)
    assert f"round {lab.run.done:,};" in page.locator(".status").text_content()
    page.wait_for_timeout(300)
    assert lab.run.done == sum(asked), "whoever pauses it has paused it"


def test_slow_motion_shows_each_turn_phase_by_phase(mounted):
    page = mounted(small_lab())
    said, pictures = [], set()
    for _ in range(8):
        press(page, "Phase")
        said.append(" ".join(page.locator(".caption").text_content().split(". ")[0].split(" ")[2:4]))
        pictures.add(picture(page))
    assert said == [f"{who}, {phase}" for who in "DG" for phase in ("sample", "judge", "gradient", "move")]
    assert len(pictures) >= 7, "each shows something else; before G moves first, its samples are those that D has judged"
    page.get_by_label("speed").select_option(index=0)
    page.locator(".play").click()
    page.wait_for_function("document.querySelector('.caption').textContent.includes('judge')")
    press(page, "Round")
    assert "Blue dots: real points." in page.locator(".caption").text_content()


def test_an_error_in_the_kernel_is_said_and_ends_the_play(mounted):
    lab = small_lab(optimiser=lambda parameters: torch.optim.SGD(parameters, lr=1e30))
    page = mounted(lab)
    page.locator(".play").click()
    page.wait_for_function("document.querySelector('.problem').textContent !== ''")
    quiet(page)
    assert re.match("That did not work: the .* Lower the learning rate", page.locator(".problem").text_content())
    assert page.locator(".play").text_content() == "Play"
    page.get_by_text("the error in full").click()
    assert "Traceback (most recent call last)" in page.locator("pre").text_content()
    press(page, "Reset")
    assert page.locator(".problem").text_content() == "" and "round 0;" in page.locator(".status").text_content()


def test_the_laboratory_of_a_game_has_keys_where_it_has_the_focus(mounted):
    lab = small_lab()
    page = mounted(lab)
    page.keyboard.press("n")
    assert lab.position == 0, "the page around it has keys of its own"
    page.get_by_role("button", name="Round", exact=True).focus()
    for key, position in (("n", 1), ("d", 1.5), ("g", 2), ("s", 3), ("r", 0)):
        page.keyboard.press(key)
        quiet(page)
        assert lab.position == position
    page.get_by_label("seed").focus()
    page.keyboard.press("n")
    assert lab.position == 0
    suppressed = "document.activeElement.closest('[data-lm-suppress-shortcuts]') !== null"
    assert page.evaluate(suppressed), "in JupyterLab two presses of d would delete the cell"


def test_a_kernel_that_does_not_answer_is_said_and_what_was_drawn_first_stays(mounted):
    page = mounted(small_lab(), answers=False)
    settle(page)
    seen = picture(page)
    assert "round 0" in page.locator(".status").text_content()
    page.wait_for_function("document.querySelector('.problem').textContent.startsWith('The kernel has not answered yet')")
    assert picture(page) == seen
    before = page.evaluate("questions.length")
    page.get_by_role("button", name="Round", exact=True).click()
    assert page.evaluate("questions.length") == before + 1, "an answer that is lost is not waited for"


def test_the_laboratory_of_a_game_has_names_and_words_and_fits_a_telephone(mounted):
    page = mounted(small_lab(), width=390, height=800)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    fields = "() => [...document.querySelectorAll('input, select')].map((one) => one.labels[0]?.textContent.trim())"
    names = page.evaluate(fields)
    assert len(names) == 5 and all(names)
    words = [canvas.get_attribute("aria-label") for canvas in page.locator("canvas").all()]
    assert len(words) == 2 and all(len(each) > 20 for each in words)
    page.evaluate("leave()")
    assert page.locator(".gan-lab").count() == 0 and page.evaluate("listeners.size") == 0
