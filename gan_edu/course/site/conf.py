"""How Sphinx draws the site. `build` in this package calls it."""

import hashlib
import html
import inspect
import re
from binascii import a2b_base64
from pathlib import Path

from docutils import nodes
from PIL import Image

from gan_edu import __version__
from gan_edu.course import pages

project = "gan_edu"
release = __version__
language = "en"
html_title = "Generative adversarial networks"
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["executed", "student"]  # to be downloaded as they are

nb_execution_mode = "off"  # they were executed
nb_merge_streams = True
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
nb_render_markdown_format = "myst"
myst_enable_extensions = ["attrs_block", "deflist", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 2
myst_heading_slug_func = "gan_edu.course.site.chapters.slug"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
autodoc_typehints_format, python_use_unqualified_type_names = "fully-qualified", True
default_role = "code"  # a name between backticks, as the docstrings have them

html_theme = "furo"
html_static_path = ["static"]
html_favicon = "static/icon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_math_renderer = "mathml"
html_copy_source = html_show_sourcelink = html_show_copyright = False
html_use_index = html_domain_indices = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#005a8f", "color-brand-content": "#005a8f"},
    "dark_css_variables": {"color-brand-primary": "#7cc4f0", "color-brand-content": "#7cc4f0"},
}


def setup(app):
    """Formulas become MathML, figures get their words, and pages lose what they do not need and what readers by ear stumble over."""
    inline, block = (_formula(display) for display in ("inline", "block"))
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    app.connect("doctree-read", add_words)
    app.connect("doctree-read", measure)
    app.connect("doctree-read", drop_empty_heads)
    app.connect("html-page-context", mend, priority=900)  # after the theme
    app.connect("autodoc-skip-member", skip_others)
    app.connect("autodoc-process-docstring", as_written)


def _formula(display):
    def visit(writer, node):
        formula = pages.mathml(node.astext(), display)
        writer.body.append(f'<div class="formula">{formula}</div>' if display == "block" else formula)
        raise nodes.SkipNode

    return visit


def add_words(app, doctree):
    """Gives each figure of a notebook, whose file MyST-NB names by its hash, the words of its output (`plots.axes(alt=...)`)."""
    import nbformat

    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    words = {}
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt:
                words[hashlib.sha256(a2b_base64(output["data"]["image/png"])).hexdigest()] = alt
    for image in doctree.findall(nodes.image):
        image.setdefault("alt", words.get(Path(image["uri"]).stem, ""))


def measure(app, doctree):
    """Gives each figure its size in pixels."""
    for image in doctree.findall(nodes.image):
        with Image.open(Path(app.srcdir, image["uri"])) as picture:
            image["size"] = picture.size


def drop_empty_heads(app, doctree):
    """Takes the head off tables whose head says nothing, which Markdown cannot do without."""
    for head in [head for head in doctree.findall(nodes.thead) if not head.astext().strip()]:
        head.parent.remove(head)


def mend(app, name, template, context, doctree):
    """Leaves the style sheet of notebooks out of pages that are none: the first page has 300 kB for all that it shows. Gives the
    headings of the navigation their level, and to what unfolds the name that is to be read on it."""
    if app.env.doc2path(name).suffix != ".ipynb":
        context["css_files"] = [file for file in context["css_files"] if "mystnb" not in str(file.filename)]
    tree = context["furo_navigation_tree"]
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')
    context["body"] = context.get("body", "").replace('<summary aria-label="Toggle hidden content">', "<summary>")
    if doctree:
        describe(context, doctree)
        frame(context, doctree)


def describe(context, doctree):
    """Tells search engines what a page is about, in its first sentences."""
    paragraphs = (" ".join(one.astext().split()) for one in doctree.findall(nodes.paragraph) if not one["classes"])
    if first := next((words for words in paragraphs if len(words) > 40), None):  # shorter ones are links
        context["metatags"] += f'<meta name="description" content="{html.escape(first)}">'


def frame(context, doctree):
    """Figures are fetched as a reader comes near them; the page keeps their place until then, and on a telephone they scroll rather
    than become too small to read."""
    body = context["body"].replace("<img ", '<img loading="lazy" ')
    for image in doctree.findall(nodes.image):
        file, (width, height) = Path(image["uri"]).name, image["size"]
        framed = rf'<span class="figure"><img width="{width}" height="{height}" style="--width: {width}px" \1></span>'
        body = re.sub(rf'<img (loading[^>]*src="_images/{re.escape(file)}"[^>]*)>', framed, body)
    context["body"] = body


def skip_others(app, what, name, member, skip, options):
    """Leaves out what a class or module has of PyTorch or matplotlib, and tables of their classes."""
    if isinstance(member, (tuple, dict, set)) and any(isinstance(each, type) for each in member):
        return True
    module = getattr(member, "__module__", None)
    return True if module and not module.startswith("gan_edu") else None


def as_written(app, what, name, member, options, lines):
    """Has docstrings of this house read as they are meant: what is indented as a whole is code, `name: what it is` is an item of a
    list where a sentence has ended, on a new line or if that is the name of a parameter, and bars, stars and lines below a word are
    themselves."""
    read, code = [], False
    own = "|".join(parameters(member))
    item = re.compile(rf"(?:\A|(?:(?<=[.):;,])\n\s*|(?<=[.)])\s+(?=(?:{own})\b)))([a-z]\w*(?:, \w+)*): ")
    for block in re.split(r"\n\s*\n", "\n".join(lines)):
        if block.startswith("    "):
            read += [*([] if code else ["::", ""]), *block.split("\n"), ""]
        else:
            first, *items = item.split(block)
            read += [flat(first), ""] if first.strip() else []
            read += [line for of, words in zip(items[::2], items[1::2]) for line in (f"- **{escaped(of)}**: {flat(words)}", "")]
        code = block.startswith("    ")
    lines[:] = read


def parameters(member):
    """The names of a function's or a class's parameters; a word that is none where there are none."""
    try:
        names = list(inspect.signature(member).parameters)
    except (TypeError, ValueError):
        names = []
    return names or ["(?!)"]


def flat(words: str) -> str:
    """Words on one line, for reStructuredText."""
    return escaped(" ".join(words.split()))


def escaped(words: str) -> str:
    """Words for reStructuredText, in which nothing but what stands between backticks is special."""
    parts = re.split(r"(`[^`]*`)", words)
    return "".join(part if k % 2 else re.sub(r"([\\*|]|_\b)", r"\\\1", part) for k, part in enumerate(parts))
