"""The laboratories in JupyterLab, in a browser: each shown by a kernel, each of its controls operated."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field

import pytest
from browsing import operate, picture, watched
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

from gan_edu import widgets

SOON = 120  # seconds, for a machine that is busy
SLOW = r"Plugin .* (is taking too long|took [\d.]+ms) to activate"  # what JupyterLab says of itself there
SETTINGS = {  # files of JupyterLab's: no news from another host, no part of a notebook that is not drawn until somebody comes near
    "config/labconfig/page_config.json": '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}',
    "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
}
BEGIN = """
import torch
from gan_edu import data, widgets
from gan_edu.models.gan import GAN, Latent
from gan_edu.networks import mlp

def make_gan():
    return GAN(mlp(2, 8, 2), mlp(2, 8, 1), latent=2)

torch.manual_seed(0)  # another of 30 latents is nearest than of 10: so it is with this drawing, not with any
images = torch.rand(40, 1, 8, 8) * 2 - 1
drawing = torch.nn.Sequential(torch.nn.Linear(2, 36), torch.nn.Tanh(), torch.nn.Unflatten(1, (1, 6, 6)))
painting = torch.nn.Sequential(torch.nn.Linear(2, 108), torch.nn.Tanh(), torch.nn.Unflatten(1, (3, 6, 6)))
"""


@dataclass(frozen=True)
class Laboratory:
    """A cell that shows a laboratory. quiet: the controls that alone change nothing in the picture, and the button that is pressed
    after each of them; patterns for their names."""

    cell: str
    quiet: dict[str, str] = field(default_factory=dict)

    def after(self, name):
        """What is pressed after a control of that name, or None."""
        return next((button for pattern, button in self.quiet.items() if re.match(pattern, name)), None)


LABORATORIES = {
    "DensityLab": Laboratory("widgets.DensityLab(apart=4)"),
    "GameLab": Laboratory(
        "widgets.GameLab(make_gan, data.ring(), batch=16).view()",
        {"speed": "Round", "seed": "Reset"},
    ),
    "OrbitLab": Laboratory("widgets.OrbitLab(rule='consensus', game='r1')"),
    "Playground": Laboratory("widgets.Playground(batch=16, width=8)", {"(?!Play|Round|Step|Phase|Reset)": "Round"}),
    "RealOrFake": Laboratory("widgets.RealOrFake(images[:20], images[20:], trials=6)"),
    "LatentLab": Laboratory("widgets.LatentLab(drawing, Latent(2), directions=2)"),
    "StrokeLab": Laboratory(
        "widgets.StrokeLab(drawing, Latent(2), cells=3, pool=10, strokes={'ink': ['a1'], 'paper': ['c3']})", {"Clear": "Clear"}
    ),
    "StrokeLab in colour": Laboratory(
        "widgets.StrokeLab(painting, Latent(2), cells=3, pool=10, strokes={'yellow': ['a1'], 'blue': ['c3']})",
        {"Clear": "Clear"},
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a JupyterLab that knows nothing of the reader's own settings, and the folder that it shows."""
    home = tmp_path_factory.mktemp("home")
    for name, text in SETTINGS.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text)
    names = {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    names |= {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    environment = os.environ | {name: str(home / folder) for name, folder in names.items()}
    (home / "notebooks").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={home / 'notebooks'}"]
    with open(home / "log", "w") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as jupyter:
        try:
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/api/status?token={token}"), f"JupyterLab: {home / 'log'}")
            yield f"http://127.0.0.1:{port}/lab/tree/laboratories.ipynb?token={token}", home / "notebooks"
        finally:
            jupyter.terminate()


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


def wait_for(condition, what):
    """Asks until it is so; what that takes is no matter."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end, f"{what}: not after {SOON} s"
        time.sleep(0.1)


RUN_ALL = """(seconds) => {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error(`not run after ${seconds} s`)), 1000 * seconds));
  const run = async () => {
    const app = window.jupyterapp;
    await app.restored;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
    await app.commands.execute("notebook:run-all-cells");
  };
  return Promise.race([run(), late]);
}"""

CONTROLS = "button:visible, select:visible, input:visible, [role=slider]:visible"
NAME = """(one) => {
  const label = one.labels?.[0];
  return (one.getAttribute("aria-label") || (one.matches("button") ? one : label)?.textContent || "").trim();
}"""


@pytest.fixture(scope="module")
def notebook(browser, server):
    """A page of JupyterLab with a notebook that has been run, a cell for each laboratory."""
    address, folder = server
    cells = [new_code_cell(source) for source in (BEGIN, *(laboratory.cell for laboratory in LABORATORIES.values()))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "laboratories.ipynb")
    with watched(browser, aside=SLOW) as new_page:
        page = new_page(reduced_motion="reduce")
        page.set_default_timeout(1000 * SOON)
        page.goto(address)
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
        page.evaluate(RUN_ALL, SOON)
        yield page


@pytest.mark.parametrize("name", LABORATORIES)
def test_every_control_changes_the_picture(notebook, name):
    laboratory = LABORATORIES[name]
    cell = notebook.locator(".jp-CodeCell").nth(1 + list(LABORATORIES).index(name))
    output = cell.locator(".jp-Cell-outputArea")
    output.locator("canvas, img, iframe").first.wait_for()
    place = output.frame_locator("iframe").locator("body") if output.locator("iframe").count() else output
    place.locator("canvas, img").first.wait_for()
    seen = []
    while (control := another(place, laboratory)) is not None:
        seen.append(operated(place, control, laboratory))
    assert len(seen) >= 3
    problems = place.get_by_role("alert").all_text_contents()
    assert not any(problems) and cell.locator("[data-mime-type$=stderr], [data-mime-type$=error]").count() == 0


def another(place, laboratory):
    """A control that is to be seen and has not been operated: the quiet ones come last, the last of them first."""
    controls = place.locator(CONTROLS)
    names = controls.evaluate_all(f"(all) => all.map((one) => (one.wasOperated ? null : ({NAME})(one)))")
    left = [k for k, name in enumerate(names) if name is not None]
    loud = [k for k in left if not laboratory.after(names[k])]
    return controls.nth((loud or left[::-1])[0]) if left else None


def operated(place, control, laboratory):
    """Operates a control, and sees that the picture changes. Returns its name."""
    control = control.element_handle()  # whatever stands in its place afterwards
    name, before = control.evaluate(NAME), picture(place)
    tag, kind, example = control.evaluate(
        "(one) => { one.wasOperated = true; return [one.tagName, one.type, one.placeholder]; }"
    )
    if tag == "BUTTON":
        control.click()
    elif tag == "DIV":  # a slider of ipywidgets
        control.press("ArrowRight")
    elif kind == "text":
        control.fill(example.split()[-1])
        control.press("Enter")
    else:
        operate(control)
    if then := laboratory.after(name):
        place.get_by_role("button", name=re.compile(f"^({then})")).or_(place.get_by_title(then, exact=True)).first.click()
    wait_for(lambda: picture(place) != before, name)
    if tag == "BUTTON" and not at_rest(place):  # it has begun to play
        control.click()
        wait_for(lambda: at_rest(place), name)
    return name


def at_rest(place):
    """Whether the picture stays as it is."""
    before = picture(place)
    place.page.wait_for_timeout(300)
    return picture(place) == before


def test_every_laboratory_is_here():
    assert {name.partition(" ")[0] for name in LABORATORIES} == set(widgets.__all__)
