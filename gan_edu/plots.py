"""Figures. Three colours keep one meaning through the whole course: blue is data, vermilion the generator, green the
discriminator; black is theory. (Okabe & Ito's palette, safe for colour-blind eyes.)

Functions draw on the axes they are given, or on new ones, and return the axes. New ones carry words for those who cannot see them,
`alt`, which a page of the course puts beside the picture: what is drawn against what, and what there is to be seen.
"""

import base64
import html
import io
import json

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

DATA, GENERATOR, DISCRIMINATOR, THEORY, OTHER = "#0072B2", "#D55E00", "#009E73", "#000000", "#8A8A8A"
COLOURS = {"data": DATA, "generator": GENERATOR, "discriminator": DISCRIMINATOR, "theory": THEORY, "other": OTHER}
SERIES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A8A8A"]
NEITHER = SERIES[3:]
"""Colours of what is neither data nor a player, such as methods that are compared."""
VERDICTS = LinearSegmentedColormap.from_list("verdicts", [GENERATOR, "#F7F4F0", DATA])
"""D(x) as a colour: 0, surely generated, is the generator's colour; 1, surely data, is the data's; 1/2 is white."""


def use_style(arrange=True):
    """Sets the style of the course, whatever the reader's own is. Without `arrange`, what is in a figure may overlap."""
    plt.rcdefaults()
    plt.rcParams.update(
        {
            "figure.figsize": (7.5, 4.2),
            "figure.dpi": 96,
            "savefig.dpi": 120,
            "figure.constrained_layout.use": arrange,
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": plt.cycler(color=SERIES),
            "legend.frameon": False,
            "image.cmap": "gray_r",
            "lines.linewidth": 2,
        }
    )


class Described(Figure):
    """A figure with words for those who cannot see it."""

    def __init__(self, *arguments, alt="", **settings):
        super().__init__(*arguments, **settings)
        self.alt = alt


def describe_figures():
    """In a notebook, figures bring their words along, as the metadata `alt` of the picture."""
    from IPython import get_ipython
    from IPython.core.pylabtools import print_figure

    def described(figure):
        return print_figure(figure, base64=True), {"alt": figure.alt}

    if shell := get_ipython():
        shell.display_formatter.formatters["image/png"].for_type(Described, described)


def axes(rows=1, columns=1, width=None, height=None, alt="", **settings):
    """New axes, `rows` × `columns` of them, each `width` × `height` inches. alt: the figure in words."""
    size = ((width or (7.5 if columns == 1 else 4.0)) * columns, (height or 3.6) * rows)
    return plt.subplots(rows, columns, figsize=size, FigureClass=Described, alt=alt, **settings)[1]


def array(values):
    """Any tensor, list or array as a numpy array on the CPU."""
    return values.detach().float().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def curve(ax, xs, ys, label=None, of="theory", **style):
    """One curve in the colour of what it belongs to."""
    ax.plot(array(xs).ravel(), array(ys).ravel(), color=COLOURS.get(of, of), label=label, **style)
    return ax


def densities(p, q, xs, labels=("data p", "generator q"), ax=None, alt=""):
    """Two densities on the line, filled, in the colours of data and generator."""
    ax = ax or axes(alt=alt or "Two densities on a line: " + " and ".join(labels))
    flat = array(xs).ravel()
    for density, of, label in ((p, "data", labels[0]), (q, "generator", labels[1])):
        values = array(density(xs) if callable(density) else density).ravel()
        ax.fill_between(flat, values, color=COLOURS[of], alpha=0.18, linewidth=0)
        curve(ax, flat, values, label, of)
    ax.set(xlabel="x", ylabel="density", ylim=(0, None))
    ax.legend()
    return ax


def cloud(ax, real=None, fake=None, limit=None, size=5, edge=None):
    """Points in the plane: data under generated samples. edge: a colour around each, where the ground is coloured too."""
    for points, of, label in ((real, "data", "data"), (fake, "generator", "generated")):
        if points is not None:
            points = array(points)
            style = {"alpha": 0.5, "linewidths": 0} if edge is None else {"edgecolors": edge, "linewidths": 0.4}
            ax.scatter(points[:, 0], points[:, 1], s=size, facecolors=COLOURS[of], label=label, **style)
    if limit:
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
    ax.set(aspect="equal", xlabel="x₁", ylabel="x₂")
    return ax


def verdicts(ax, discriminator, limit, resolution=80):
    """D(x) over the square [-limit, limit]² as a heat map; white is 1/2."""
    line = torch.linspace(-limit, limit, resolution)
    points = torch.cartesian_prod(line, line)
    with torch.no_grad():
        values = torch.sigmoid(discriminator(points)).view(resolution, resolution).T
    return ax.imshow(
        array(values),
        extent=(-limit, limit, -limit, limit),
        origin="lower",
        cmap=VERDICTS,
        vmin=0,
        vmax=1,
        alpha=0.75,
        aspect="equal",
    )


def manifold(ax, generator, size, reach=2.0, lines=21, points=61):
    """Where a generator with two-dimensional samples puts its latents: the curves of its `lattice`."""
    curves = lattice(generator, size, reach, lines if size > 1 else 1, points)
    ax.add_collection(LineCollection(array(curves), colors=GENERATOR, linewidths=0.7, alpha=0.6))
    return ax


@torch.no_grad()
def lattice(generator, size, reach, lines, points):
    """A square lattice of latents on [-reach, reach]² pushed through a generator with two-dimensional samples: curves
    (2 · lines, points, 2), first those along the first latent.

    size: numbers in a latent. The lattice spans the first two of them, the others stay at 0; of a single one, `lines` curves are left.
    """
    along, across = torch.linspace(-reach, reach, points), torch.linspace(-reach, reach, lines)
    latent = torch.zeros(2, lines, points, size)
    for k in range(min(size, 2)):
        latent[k, ..., k] = along
        if size > 1:
            latent[k, ..., 1 - k] = across.unsqueeze(1)
    return generator(latent[:size].flatten(0, 2)).view(-1, points, 2)


def arrows(ax, points, directions, longest):
    """Arrows from points (N, 2) along directions (N, 2), in the discriminator's colour. Lengths are to scale, the longest is
    `longest` units of the plane."""
    points, directions = array(points), array(directions)
    scale = max(np.linalg.norm(directions, axis=1).max() / longest, 1e-30)
    style = {"facecolors": DISCRIMINATOR, "edgecolors": "white", "linewidths": 0.4, "width": 0.006}
    ax.quiver(*points.T, *directions.T, angles="xy", scale_units="xy", scale=scale, **style)
    return ax


def tile(pixels, columns, gap=1):
    """Images (N, C, H, W), bytes or pixels in [-1, 1], side by side in one array of [0, 1], `columns` to a row, with a white gap."""
    images = pixels.detach().float().cpu()
    images = images / 255 if pixels.dtype == torch.uint8 else (images + 1) / 2
    images = images.clamp(0, 1).permute(0, 2, 3, 1).numpy()
    images = images[..., 0] if images.shape[-1] == 1 else images  # (N, H, W) if they are grey
    count, height, width = images.shape[:3]
    rows = -(-count // columns)
    paper = 0.0 if images.ndim == 3 else 1.0  # grey images are drawn as ink: 0 is white
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *images.shape[3:]), paper)
    for k, image in enumerate(images):
        top, left = k // columns * (height + gap), k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def samples(pixels, columns=10, title=None, ax=None, scale=0.62, of=None, alt=""):
    """A sheet of images, drawn as dark ink on white paper if they are grey."""
    rows = -(-len(pixels) // columns)
    if ax is None:
        alt = alt or f"{len(pixels)} images in rows of {columns}" + (f": {title}" if title else "")
        ax = axes(width=columns * scale, height=rows * scale + (0.35 if title else 0), alt=alt)
    ax.imshow(tile(pixels, columns), vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if title:
        ax.set_title(title, color=COLOURS.get(of, "black"))
    return ax


def trace(ax, values, label=None, of="other", smooth=1):
    """One number a round; with `smooth`, its mean over that many rounds, and the numbers themselves pale behind."""
    values = np.asarray(values)
    rounds = np.arange(1, len(values) + 1)
    colour = COLOURS.get(of, OTHER)
    if smooth > 1 and len(values) > smooth:
        ax.plot(rounds, values, color=colour, alpha=0.18, linewidth=0.8)
        values, rounds = np.convolve(values, np.ones(smooth) / smooth, "valid"), rounds[smooth - 1 :]
    ax.plot(rounds, values, color=colour, label=label, linewidth=1.4)
    return ax


def costs(history, ax=None, smooth=1, coin=True, alt=""):
    """Both players' costs over the rounds; dashed, what they are when the discriminator can only toss a coin."""
    ax = ax or axes(alt=alt or "The costs of " + " and ".join(history.costs) + " over the rounds")
    for player, values in history.costs.items():
        trace(ax, values, player, player, smooth)
    if coin:
        ax.axhline(2 * np.log(2), color=DISCRIMINATOR, linestyle="--", linewidth=1)
        ax.axhline(np.log(2), color=GENERATOR, linestyle="--", linewidth=1)
    ax.set(xlabel="round", ylabel="cost (nats)")
    ax.legend()
    return ax


def trials(values, ax=None, bound=None, ylabel="", colours=NEITHER, alt=""):
    """One dot for each seed, in the order of the seeds, a column for each name: {name: values}. A bar marks the median, a dashed line
    the bound. colours: one for each column."""
    ax = ax or axes(alt=alt or f"{ylabel or 'Values'}, one dot for each seed, of " + ", ".join(values))
    for k, column in enumerate(values.values()):
        column = np.asarray(column, float)
        spread = (np.arange(len(column)) - (len(column) - 1) / 2) * min(0.06, 0.6 / max(len(column), 1))
        ax.plot(k + spread, column, "o", color=colours[k % len(colours)], alpha=0.75, markersize=5)
        ax.plot([k - 0.3, k + 0.3], [np.median(column)] * 2, color="black", linewidth=1.5)
    if bound is not None:
        ax.axhline(bound, color=OTHER, linestyle="--", linewidth=1)
    ax.set(xticks=range(len(values)), xticklabels=list(values), ylabel=ylabel)
    return ax


def players(ax=None):
    """The one picture: noise becomes a fake, fakes and data go to the discriminator, its verdict teaches both."""
    alt = (
        "Noise z goes into the generator, the forger. Its fakes and samples of the data go to the discriminator, the investigator, "
        "who says real or fake. From this verdict the one learns to answer right, the other to be called real."
    )
    ax = ax or axes(width=9.5, height=3.4, alt=alt)
    boxes = (
        (0.6, 1.0, "latent\nnoise z", OTHER),
        (2.9, 1.0, "generator G\nthe forger", GENERATOR),
        (2.9, 2.6, "data\nthe originals", DATA),
        (6.3, 1.8, "discriminator D\nthe investigator", DISCRIMINATOR),
        (9.1, 1.8, "real or\nfake?", THEORY),
    )
    for x, y, text, colour in boxes:
        style = {"boxstyle": "round,pad=0.42", "edgecolor": colour, "facecolor": "white", "linewidth": 2}
        ax.text(x, y, text, ha="center", va="center", bbox=style, fontsize=11)

    def arrow(start, end, colour, text="", at=None, **style):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, **style})
        if text:
            ax.text(*at, text, color=colour, ha="center", va="center", fontsize=10)

    arrow((1.1, 1.0), (2.3, 1.0), OTHER)
    arrow((3.5, 1.0), (5.55, 1.65), GENERATOR, "fakes G(z)", (4.9, 1.1))
    arrow((3.5, 2.6), (5.55, 1.95), DATA, "samples x", (4.9, 2.5))
    arrow((7.05, 1.8), (8.7, 1.8), THEORY)
    back = {"linestyle": "--", "connectionstyle": "arc3,rad=-0.28"}
    arrow((9.1, 1.35), (6.4, 1.3), DISCRIMINATOR, "learns to answer right", (7.75, 1.22), **back)
    arrow((9.2, 1.3), (2.9, 0.5), GENERATOR, "learns to be called real", (5.6, 0.28), **back)
    ax.set(xlim=(0, 10), ylim=(-0.6, 3.2))
    ax.axis("off")
    return ax


def frame(figure):
    """The figure as PNG bytes; the figure is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    plt.close(figure)
    return buffer.getvalue()


def sheet(pixels, columns=10, scale=2):
    """Images (N, C, H, W), bytes or pixels in [-1, 1], `columns` to a row, each pixel `scale` wide, as the bytes of a WebP picture: a
    frame for the `film` of a recorded run. Grey ones are dark ink on white paper, as in `samples`."""
    paper = tile(pixels, columns, gap=2)
    picture = Image.fromarray((255 * (1 - paper if paper.ndim == 2 else paper)).round().astype("uint8"))
    buffer = io.BytesIO()
    picture.resize([scale * side for side in picture.size], Image.Resampling.NEAREST).save(buffer, "webp", quality=90)
    return buffer.getvalue()


def film(frames, labels=None, milliseconds=120, alt="A film"):
    """A player for PNG or WebP frames that runs in the page itself: no kernel, no network. Slider, play, pause. matplotlib's own
    `to_jshtml` draws its buttons with a font from the network; this one does not.

    alt: what the film shows, in words.
    """
    from IPython.display import HTML

    kinds = ("webp" if frame.startswith(b"RIFF") else "png" for frame in frames)
    sources = [f"data:image/{kind};base64,{base64.b64encode(frame).decode()}" for kind, frame in zip(kinds, frames)]
    labels = [str(label) for label in labels or range(len(frames))]
    name = f"film{id(frames)}"
    return HTML(_FILM.format(name=name, sources=json.dumps(sources), labels=json.dumps(labels), last=len(frames) - 1,
                             first=sources[0], pace=milliseconds, label=html.escape(labels[0]), alt=html.escape(alt)))  # fmt: skip


_FILM = """<div id="{name}" style="display:inline-block;font-family:sans-serif">
<img src="{first}" alt="{alt}" style="display:block;max-width:100%">
<button type="button" aria-label="play or pause">play</button>
<input type="range" min="0" max="{last}" value="0" aria-label="frame" style="width:18rem;vertical-align:middle">
<output>{label}</output></div>
<script>(() => {{
  const box = document.getElementById("{name}"), sources = {sources}, labels = {labels};
  const [image, button, slider, text] = ["img", "button", "input", "output"].map(tag => box.querySelector(tag));
  let timer = null;
  const show = k => {{ slider.value = k; image.src = sources[k]; text.textContent = labels[k]; }};
  const stop = () => {{ clearInterval(timer); timer = null; button.textContent = "play"; }};
  slider.oninput = () => {{ stop(); show(+slider.value); }};
  button.onclick = () => {{
    if (timer) return stop();
    if (+slider.value === sources.length - 1) show(0);
    button.textContent = "pause";
    timer = setInterval(() => +slider.value < sources.length - 1 ? show(+slider.value + 1) : stop(), {pace});
  }};
}})();</script>"""
