"""Laboratories as the page shows them, in JavaScript and with no network: what all of them share. Most need no kernel either; of those
that do, `kernel.py` has the other half."""

import html
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

from ...errors import GameError

SHARED = Path(__file__).parent


class Laboratory:
    """A page within the page, as Jupyter and its exported pages show it.

    A laboratory has a folder, with a module and a style sheet named like it; the module's `mount(element, {settings})` puts the
    laboratory into an element, without settings one that keeps them in the page's address. settings: those that differ from the
    defaults, by name. What does not exist is named in the laboratory itself; GameError for what a page cannot hold.
    """

    title: str
    folder: Path

    def __init__(self, **settings):
        for name, value in settings.items():
            try:
                json.dumps(value)
            except TypeError:
                kind = type(value).__name__
                raise GameError(f"{name} must be a number, a word, or a list of these, and this is a {kind}.") from None
        self.settings = settings

    def _repr_html_(self):
        return self.frame()

    def frame(self, addressed: bool = False) -> str:
        """The laboratory in a frame, as a piece of a page. addressed: as in `page`, and it is the address of the whole."""
        page = html.escape(self.page(addressed))
        return f'<iframe title="{self.title}" srcdoc="{page}" style="width: 100%; height: 48rem; border: 0"></iframe>'

    def page(self, addressed: bool = False) -> str:
        """All of it as one page, style sheets and modules included. addressed: the settings are those of its address, which follows
        what is set: a link to it is a link to the set-up. Raises GameError if the laboratory has settings of its own, besides."""
        if addressed and self.settings:
            raise GameError(
                f"{', '.join(self.settings)} cannot be given here: the settings are to be those of the page's address."
            )
        return PAGE.format(
            title=self.title,
            style=style(self.folder),
            addresses=addresses(self.folder),
            entry=self.folder.name,
            settings="undefined" if addressed else in_script(self.settings),
        )


def modules(folder: Path) -> dict[str, str]:
    """The sources of a laboratory's modules by name, each after those that it imports, from its own folder or from this one."""
    sources, imports, todo = {}, {}, [folder / f"{folder.name}.js"]
    while todo:
        path = todo.pop()
        if path.name not in sources:
            source = sources[path.name] = path.read_text(encoding="utf-8")
            needed = [(path.parent / name).resolve() for name in re.findall(r'from "(\.[\w./]+)"', source)]
            imports[path.name] = [other.name for other in needed]
            todo += needed
    return {name: sources[name] for name in TopologicalSorter(imports).static_order()}


def addresses(folder: Path) -> str:
    """JavaScript that gives each of a laboratory's modules an address, `addresses[name]`: a module that lies inside a page, or inside
    another module, has none that another could import it by."""
    return ADDRESSES.replace("SOURCES", in_script(modules(folder)))


def style(*folders: Path) -> str:
    """The style sheet that all laboratories share, and those of these folders."""
    sheets = [SHARED / "page.css", *(folder / f"{folder.name}.css" for folder in folders)]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def in_script(value) -> str:
    """JSON that may stand in a script of a page, which `</script>` within it would end."""
    return json.dumps(value).replace("</", "<\\/")


ADDRESSES = r"""const sources = SOURCES;
const addresses = {};
for (const [name, source] of Object.entries(sources)) {
  const code = source.replace(/from "\.[\w.\/]*\/([\w.]+)"/g, (_, other) => `from "${addresses[other]}"`);
  addresses[name] = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
}"""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ margin: 0; }}
{style}</style>
<body><noscript><p>The {title} runs in JavaScript, which is switched off here.</p></noscript></body>
<script>
{addresses}
const failed = (error) => {{
  const why = "It is made of modules at blob: addresses, which some pages forbid.";
  const words = `The {title} cannot run here. ${{why}} The browser says: ${{error.message}}`;
  document.body.append(Object.assign(document.createElement("p"), {{ role: "alert", textContent: words }}));
}};
import(addresses["{entry}.js"])
  .then(({{ mount }}) => mount(document.body, {{ settings: {settings} }}))
  .catch(failed);
const fit = () => frameElement && (frameElement.style.height = `${{document.body.offsetHeight}}px`);
new ResizeObserver(fit).observe(document.body);
</script>
</html>
"""
