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

SOON = 60  # seconds, for a machine that is busy
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

def shown(laboratory):
    return laboratory.view() if hasattr(laboratory, "view") else laboratory

images = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
drawing = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.Tanh(), torch.nn.Unflatten(1, (1, 8, 8)))
"""


@dataclass(frozen=True)
class Laboratory:
    """A cell that shows a laboratory. quiet: the controls that alone change nothing in the picture, by a pattern for their names, and
    the button that is pressed after each of them."""

    cell: str
    quiet: dict[str, str] = field(default_factory=dict)


LABORATORIES = {
    "DensityLab": Laboratory("widgets.DensityLab(apart=4)"),
    "GameLab": Laboratory(
        "shown(widgets.GameLab(make_gan, data.ring(), batch=16))", {"rounds each": "one round", "seed": "start again"}
    ),
    "OrbitLab": Laboratory("widgets.OrbitLab(rule='consensus', game='r1')"),
    "Playground": Laboratory("widgets.Playground(batch=16, width=8)", {"(?!Play|Round|Step|Phase|Reset)": "Round"}),
    "RealOrFake": Laboratory("widgets.RealOrFake(images[:20], images[20:], trials=6)"),
    "StrokeLab": Laboratory(
        "shown(widgets.StrokeLab(drawing, Latent(2), cells=2, rounds=1, pool=20))", {"ink|paper|free": "field a1"}
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
    names |= {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython", "HOME": "."}
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


RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await app.commands.execute("notebook:run-all-cells");
}"""


CONTROLS = "button:visible, select:visible, input:visible, [role=slider]:visible"
NAME = "(one) => (one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent || one.title).trim()"


@pytest.fixture(scope="module")
def notebook(server, browser):
    """A page of JupyterLab with a notebook that has been run, a cell for each laboratory."""
    address, folder = server
    cells = [new_code_cell(source) for source in (BEGIN, *(laboratory.cell for laboratory in LABORATORIES.values()))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "laboratories.ipynb")
    with watched(browser) as new_page:
        page = new_page(reduced_motion="reduce")
        page.goto(address)
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
        page.evaluate(RUN_ALL)
        yield page


@pytest.mark.parametrize("name", LABORATORIES)
def test_every_control_changes_the_picture(notebook, name):
    cell = notebook.locator(".jp-CodeCell").nth(1 + list(LABORATORIES).index(name))
    output = cell.locator(".jp-Cell-outputArea")
    output.locator("canvas, img, iframe").first.wait_for()
    place = output.frame_locator("iframe").locator("body") if output.locator("iframe").count() else output
    place.locator("canvas, img").first.wait_for()
    seen = set()
    for k in range(place.locator(CONTROLS).count()):
        control = place.locator(CONTROLS).nth(k)
        seen.add(operated(place, control, LABORATORIES[name].quiet))
    assert len(seen) >= 3
    problems = place.get_by_role("alert").all_text_contents()
    assert not any(problems) and cell.locator("[data-mime-type$=stderr], [data-mime-type$=error]").count() == 0


def operated(place, control, quiet):
    """Operates a control, and sees that the picture changes. Returns its name."""
    name = control.evaluate(NAME)
    then = next((button for pattern, button in quiet.items() if re.match(pattern, name)), None)
    before = picture(place)
    if control.evaluate("(one) => one.matches('button')"):
        control.click()
    elif control.evaluate("(one) => one.matches('div')"):
        control.press("ArrowRight")
    else:
        operate(control.element_handle())
    print(name, "->", then, time.strftime("%X"))
    if then:
        place.get_by_role("button", name=then, exact=True).or_(place.get_by_title(then, exact=True)).first.click()
    wait_for(lambda: picture(place) != before, name)
    if not at_rest(place):  # what has begun to play
        control.click()
        wait_for(lambda: at_rest(place), name)
    return name


def at_rest(place):
    """Whether the picture stays as it is."""
    before = picture(place)
    place.page.wait_for_timeout(300)
    return picture(place) == before


def test_every_laboratory_is_here():
    assert set(LABORATORIES) == set(widgets.__all__) - {"Panel"}
