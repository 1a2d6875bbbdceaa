"""A browser for tests, in which a laboratory is looked at and operated as a reader would. A place is a page of playwright's, a frame
of one, or a locator of a part of it."""

import hashlib
import re
import shutil
from contextlib import contextmanager

import pytest

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

HERE = ("file:", "blob:", "data:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:")


@contextmanager
def chromium():
    """A Chromium that can reach no other machine. Whoever asks for it is skipped where there is none."""
    if sync_playwright is None:
        pytest.skip("playwright is not installed: pip install playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium on this machine: on Debian, apt install chromium")
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", alone])
        yield browser
        browser.close()


@contextmanager
def watched(browser, aside="$^"):
    """`new_page(width, height, **how)`, which opens a page beside nothing else. At the end none of them may have said anything on the
    console, or have asked another machine for anything. aside: a pattern for what may be said."""
    contexts, said, asked = [], [], []

    def new_page(width=1400, height=900, **how):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **how))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        return page

    yield new_page
    for context in contexts:
        context.close()
    ours = [words for words in said if not re.match(aside, words)]
    elsewhere = [url for url in asked if not url.startswith(HERE)]
    assert not ours and not elsewhere, [*ours, *elsewhere]


DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"


def settle(place):
    """Waits until what is to be computed and drawn has been."""
    page = getattr(place, "page", place)
    page.evaluate(DRAWN)
    expect(place.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
    page.evaluate(DRAWN)


PIXELS = """(pictures) => pictures.map((one) => {
  if (one.matches("canvas")) return one.toDataURL();
  const canvas = Object.assign(document.createElement("canvas"), { width: one.naturalWidth, height: one.naturalHeight });
  canvas.getContext("2d").drawImage(one, 0, 0);
  return canvas.toDataURL();
}).join()"""


def picture(place):
    """What all canvases and images of a place show."""
    settle(place)
    shown = place.locator("canvas, img").evaluate_all(PIXELS)
    return hashlib.sha256(shown.encode()).hexdigest()


def operate(control):
    """Sets a control to another value, as a reader would. Returns a function that sets it back."""
    tag, kind, now = control.evaluate("(control) => [control.tagName, control.type, control.value]")
    if tag == "SELECT":
        shown = "(select) => [...select.options].filter((option) => !option.hidden).map((option) => option.index)"
        options, place = control.evaluate(shown), control.evaluate("(select) => select.selectedIndex")
        now = options.index(place)
        control.select_option(index=options[now + 1 if now + 1 < len(options) else now - 1])
        return lambda: control.select_option(index=place)
    if kind == "range":
        keys = ["ArrowRight", "ArrowLeft"]
        if control.get_attribute("max") == now:
            keys.reverse()
        control.press(keys[0])
        return lambda: control.press(keys[1])
    if kind == "checkbox":
        control.click()
        return control.click
    control.fill("0.7" if control.get_attribute("step") != "1" else "7")
    control.press("Enter")
    return lambda: (control.fill(now), control.press("Enter"))


def controls(page):
    """The controls that are to be seen, one after the other, also where operating one shows or hides another."""
    visible = page.locator("select:visible, input:visible")
    for k in range(visible.count()):
        if k < visible.count():
            yield visible.nth(k).element_handle()
