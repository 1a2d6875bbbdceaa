"""Laboratories that live in the page: what is shipped, and that each is a page of its own that asks nobody."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup

from gan_edu import plots
from gan_edu.errors import GameError
from gan_edu.models.gan import Latent
from gan_edu.networks import dcgan_generator
from gan_edu.widgets import DensityLab, LatentLab, OrbitLab, Playground, RealOrFake, StrokeLab
from gan_edu.widgets.lab.view import FOLDER, GameView
from gan_edu.widgets.page import SHARED, modules

ROOT = Path(__file__).resolve().parents[1]
LABORATORIES = {
    "playground": Playground(data="spiral", loss="</script>"),
    "densities": DensityLab(apart=4, drawn=["js"]),
    "orbit": OrbitLab(rule="extragradient", start=(1.0, -0.5)),
    "real or fake": RealOrFake(torch.zeros(4, 1, 8, 8), torch.ones(4, 1, 8, 8), trials=4),
    "latents": LatentLab(dcgan_generator(5, 1, 8, width=2, depth=1), Latent(4), continuous=1, way="line"),
    "strokes": StrokeLab(dcgan_generator(5, 1, 8, width=2, depth=1), Latent(5), cells=4, strokes={"ink": ["a1"]}),
}
FOLDERS = [*(laboratory.folder for laboratory in LABORATORIES.values()), FOLDER]


@pytest.fixture(params=LABORATORIES)
def laboratory(request):
    return LABORATORIES[request.param]


def imported(source):
    return set(re.findall(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""", source))


def test_every_file_is_used_and_needs_nothing_but_the_others():
    used = set()
    for folder in FOLDERS:
        made = modules(folder)
        used |= {path for path in [*folder.iterdir(), *SHARED.iterdir()] if path.name in made}
        for path in folder.glob("*.js"):
            assert path.name in made, f"no module imports {path.name}"
            others = [SHARED, Playground.folder] if folder == FOLDER else [SHARED]
            assert not any((other / path.name).exists() for other in others), "a page tells modules apart by their names alone"
    assert set(SHARED.glob("*.js")) <= used
    files = [path for folder in (SHARED, *FOLDERS) for path in folder.iterdir()]
    for path in (path for path in files if path.suffix in (".js", ".css")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org)|@import|\bfetch\(|XMLHttpRequest|\brequire\(", text), path.name
        known = ("./", "../page/", "../playground/") if path.parent == FOLDER else ("./", "../page/")
        assert all(name.startswith(known) for name in imported(text)), path.name


def test_the_wheel_holds_all_files():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for folder in (SHARED, *FOLDERS):
        shipped = {path for pattern in data[f"gan_edu.widgets.{folder.name}"] for path in folder.glob(pattern)}
        assert shipped == {path for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_module_of_the_page_comes_after_those_that_it_imports(folder):
    made, before = modules(folder), set()
    assert list(made)[-1] == f"{folder.name}.js"
    for name, source in made.items():
        assert {Path(other).name for other in imported(source)} <= before, name
        assert not re.search(r"""import\s*\(|from\s+'|^\s*import\s+["']""", source, re.M), (
            f"{name}: the page rewrites no such import"
        )
        before.add(name)


def test_a_laboratory_is_a_page_of_its_own_that_holds_all_it_needs(laboratory):
    shown = BeautifulSoup(laboratory._repr_html_(), "html.parser").iframe
    page = BeautifulSoup(shown["srcdoc"], "html.parser")
    assert shown["title"] == laboratory.title == page.title.text
    (script,) = page.find_all("script")  # one, so that no text within it ended it
    assert json.loads(re.search(r"^const sources = (.*);$", script.string, re.M)[1]) == modules(laboratory.folder)
    held = json.loads(re.search(r"\{ settings: (.*) \}\)\)$", script.string, re.M)[1])
    assert held == json.loads(json.dumps(laboratory.settings))
    assert ".catch(failed);" in script.string and "JavaScript" in page.noscript.text, "where it cannot run, it says so"
    for sheet in (SHARED / "page.css", laboratory.folder / f"{laboratory.folder.name}.css"):
        assert sheet.read_text(encoding="utf-8") in page.style.string
    assert not re.search(r"""(?:src|href)\s*=|url\(|https?://(?!www\.w3\.org)""", shown["srcdoc"]), "it asks nobody"


def test_a_laboratory_with_a_kernel_is_one_module_that_asks_nobody_else():
    source = GameView._esm
    assert json.loads(re.search(r"^const sources = (.*);$", source, re.M)[1]) == modules(FOLDER)
    assert re.search(r"^export default \{ render", source, re.M) and not re.search(r"https?://(?!www\.w3\.org)", source)
    for sheet in (SHARED / "page.css", FOLDER.parent / "playground" / "playground.css", FOLDER / "lab.css"):
        assert sheet.read_text(encoding="utf-8") in GameView._css


def test_what_a_page_cannot_hold_is_refused():
    with pytest.raises(GameError, match="start must be a number, a word, or a list of these, and this is a Tensor"):
        OrbitLab(start=torch.ones(2))


def test_settings_are_the_pages_or_the_addresses():
    assert "{ settings: undefined }" in OrbitLab().page(addressed=True) and "{ settings: {} }" in OrbitLab().page()
    with pytest.raises(GameError, match="rule cannot be given here"):
        OrbitLab(rule="extragradient").page(addressed=True)


def test_colours_mean_what_they_mean_in_the_course():
    source = (SHARED / "palettes.js").read_text(encoding="utf-8")
    players = dict(re.findall(r'(data|generator|discriminator|other): "(#\w{6})"', source))
    assert players == {
        "data": plots.DATA, "generator": plots.GENERATOR, "discriminator": plots.DISCRIMINATOR, "other": plots.OTHER,
    }  # fmt: skip
