"""The playground: a GAN in the plane that learns in the page itself, in JavaScript, with no kernel and no network. For notebook 00."""

import html
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

FOLDER = Path(__file__).parent


class Playground:
    """A playground, which Jupyter and its exported pages show as a page within the page.

    settings: those that differ from the defaults, by the names in `settings.js`: `Playground(data="spiral", loss="hinge")`. What does
    not exist is named in the playground itself.
    """

    def __init__(self, **settings):
        self.settings = settings

    def _repr_html_(self):
        page = html.escape(self.page())
        return f'<iframe title="GAN playground" srcdoc="{page}" style="width: 100%; height: 48rem; border: 0"></iframe>'

    def page(self) -> str:
        """All of it as one page, style sheet and modules included."""
        style = (FOLDER / "playground.css").read_text(encoding="utf-8")
        return PAGE.format(style=style, sources=in_script(modules()), settings=in_script(self.settings))


def modules() -> dict[str, str]:
    """The modules' sources by name, each after those that it imports."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.js"))}
    imports = {name: re.findall(r'from "\./([\w.]+)"', source) for name, source in sources.items()}
    return {name: sources[name] for name in TopologicalSorter(imports).static_order()}


def in_script(value) -> str:
    """JSON that may stand in a script of a page, which `</script>` within it would end."""
    return json.dumps(value).replace("</", "<\\/")


# A module that lies inside the page has no address that another could import it by: each is given one.
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>GAN playground</title>
<style>body {{ margin: 0; }}
{style}</style>
<body><noscript><p>The playground runs in JavaScript, which is switched off here.</p></noscript></body>
<script>
const sources = {sources};
const addresses = {{}};
for (const [name, source] of Object.entries(sources)) {{
  const code = source.replace(/from "\\.\\/([\\w.]+)"/g, (_, other) => `from "${{addresses[other]}}"`);
  addresses[name] = URL.createObjectURL(new Blob([code], {{ type: "text/javascript" }}));
}}
const failed = (error) => {{
  const why = "It is made of modules at blob: addresses, which some pages forbid.";
  const words = `The playground cannot run here. ${{why}} The browser says: ${{error.message}}`;
  document.body.append(Object.assign(document.createElement("p"), {{ role: "alert", textContent: words }}));
}};
import(addresses["playground.js"])
  .then(({{ mount }}) => mount(document.body, {{ settings: {settings} }}))
  .catch(failed);
const fit = () => frameElement && (frameElement.style.height = `${{document.body.offsetHeight}}px`);
new ResizeObserver(fit).observe(document.body);
</script>
</html>
"""
