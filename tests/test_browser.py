"""The laboratories that live in the page, in a browser: each opened from a file with no network, every control operated. What they
compute is compared elsewhere, without a browser."""

import math
import re

import pytest
import torch
from browsing import controls, operate, picture, settle

from gan_edu.widgets import DensityLab, OrbitLab, Playground, RealOrFake


def some_images(count):
    """Images of which no two are equal."""
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(count)) * 2 - 1


def real_or_fake():
    return RealOrFake(some_images(20), some_images(21), trials=6, logits=(torch.ones(20), -torch.ones(21)))


LABORATORIES = {
    "playground": Playground,
    "orbits": OrbitLab,
    "densities": DensityLab,
    "real or fake": real_or_fake,
}
STATES = {  # in which, together, each control of a laboratory is to be seen and has an effect
    "consensus beside momentum": OrbitLab(
        rule="consensus", game="r1", order="first", compare={"name": "rule", "value": "momentum"}
    ),
    "momentum beside lookahead": OrbitLab(rule="momentum", average=True, compare={"name": "rule", "value": "lookahead"}),
    "two modes": DensityLab(apart=4, drawn=[]),
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


def test_a_setting_that_there_is_not_is_said_on_the_page(opened):
    for laboratory in (OrbitLab(rule="sideways"), DensityLab(colour="red"), Playground(loss="no-such")):
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
