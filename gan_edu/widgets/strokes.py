"""Drawing with a generator: a few strokes, and the nearest images that it can make answer. For notebook 13."""

import string
from functools import partial

import ipywidgets
import torch

from .. import plots
from ..errors import GameError
from ..models.projection import Projection
from ..networks import infer
from ..training import play
from .panel import Panel

BRUSHES = {"ink": 1.0, "paper": -1.0, "free": 0.0}
SIGNS = {1.0: "■", -1.0: "□", 0.0: "·"}
SHADES = {1.0: "#303030", -1.0: "#FFFFFF", 0.0: "#D8E4EC"}


class StrokeLab:
    """A grid of `cells` × `cells` fields, each of them free, or to be ink (+1) or paper (-1); the generator's images that come
    closest to the strokes, best first.

    generator: network from latents (N, size) to grey images (N, 1, side, side), pixels in [-1, 1]; side is a multiple of `cells`.
    latent: the generator's `Latent`. answers: how many images are shown. rounds: of the search, from the best of `pool` random
    latents; nearness: see `Projection`. seed: of those latents.

    The answer depends on the strokes alone and not on their order: what is taken back is undone. `view()` is the widget. Raises
    GameError if the fields do not fit the image, or there is no such field.
    """

    def __init__(self, generator, latent, cells=7, answers=4, rounds=30, pool=1000, nearness=0.05, seed=0):
        self.generator, self.cells, self.answers = generator, cells, answers
        self.rounds, self.nearness = rounds, nearness
        self.latents = latent.draw(pool, torch.Generator().manual_seed(seed))
        self.pool = infer(generator, self.latents)
        _, channels, height, width = self.pool.shape
        if channels != 1 or height != width or height % cells or cells > len(string.ascii_lowercase):
            raise GameError(
                f"a grid of {cells}×{cells} fields does not fit images of {tuple(self.pool.shape[1:])}: grey and square."
            )
        self.clear()

    def clear(self):
        """Takes all strokes back. Without any, the answers are the first latents of the pool."""
        self.strokes = torch.zeros(self.cells, self.cells)
        self.images, self.errors = self.pool[: self.answers], None

    def stroke(self, field, brush="ink"):
        """Makes a field, such as "c2" (third column, second row), ink, paper or free, and searches for the answers."""
        if brush not in BRUSHES:
            raise GameError(f"{brush!r} is no brush: choose {', '.join(BRUSHES)}.")
        self.strokes[self.place(field)] = BRUSHES[brush]
        self.search()

    def place(self, field):
        """Row and column of a field, from 0 on."""
        column, row = string.ascii_lowercase.find(field[:1].lower()), field[1:]
        if not field or not 0 <= column < self.cells or not row.isdecimal() or not 1 <= int(row) <= self.cells:
            last = f"{string.ascii_lowercase[self.cells - 1]}{self.cells}"
            raise GameError(f"there is no field {field!r}: the first is a1, at the top left, the last {last}.")
        return int(row) - 1, column

    def wish(self):
        """What is wanted and where it counts, both (1, 1, side, side)."""
        whole = self.strokes.repeat_interleave(self.pool.shape[3] // self.cells, 0)
        whole = whole.repeat_interleave(self.pool.shape[3] // self.cells, 1)[None, None]
        return whole, (whole != 0).float()

    def search(self):
        """The images that come closest to the strokes: first of all in the pool, then of all near the best of these."""
        wanted, mask = self.wish()
        if not mask.any():
            return self.clear()
        apart = (mask * (self.pool - wanted).square()).sum((1, 2, 3))
        start = self.latents[apart.topk(self.answers, largest=False).indices]
        game = Projection(self.generator, start, wanted.expand(self.answers, -1, -1, -1), mask, self.nearness)
        play(game, None, self.rounds, optimiser=partial(torch.optim.Adam, lr=0.05))
        errors = game.errors().detach()
        order = errors.argsort()
        self.images, self.errors = game.images()[order], errors[order]

    def describe(self):
        """The strokes and how well they are answered, in plain words."""
        ink, paper = int((self.strokes > 0).sum()), int((self.strokes < 0).sum())
        if self.errors is None:
            return f"No strokes: {self.answers} random images. Make a field ink or paper."
        error = self.errors[0].item() / 4
        return f"{ink} fields ink, {paper} paper: the best answer misses them by {error:.0%} of black against white, squared."

    def frame(self):
        """The picture as PNG bytes: the strokes, the best answer with them, and the others."""
        wanted, mask = self.wish()
        axes = plots.axes(1, 1 + self.answers, width=1.7, height=1.9)
        axes[0].imshow(plots.array(wanted[0, 0]), vmin=-1, vmax=1)
        axes[0].set_title("strokes", fontsize=10)
        for k, (ax, image) in enumerate(zip(axes[1:], self.images)):
            ax.imshow(plots.array(image[0]), vmin=-1, vmax=1)
            if mask.any():
                ax.contour(plots.array(mask[0, 0]), levels=[0.5], colors=plots.GENERATOR, linewidths=0.8)
            ax.set_title("answer" if k == 0 else f"next {k}", fontsize=10, color=plots.GENERATOR)
        for ax in axes:
            ax.set(xticks=[], yticks=[])
        return plots.frame(axes[0].figure)

    def view(self):
        """The laboratory as a widget. Every control can be reached and used with the keyboard alone."""
        brush = ipywidgets.ToggleButtons(options=list(BRUSHES), description="brush")
        names = [f"{column}{row + 1}" for row in range(self.cells) for column in string.ascii_lowercase[: self.cells]]
        fields = {name: ipywidgets.Button(tooltip=f"field {name}", layout={"width": "2.2rem"}) for name in names}
        typed = ipywidgets.Text(description="field", placeholder="a field, then Enter: c2", continuous_update=False)
        clear = ipywidgets.Button(description="clear", tooltip="take all strokes back")
        grid = ipywidgets.GridBox(list(fields.values()), layout={"grid_template_columns": f"repeat({self.cells}, 2.5rem)"})
        panel = Panel([ipywidgets.HBox([brush, typed, clear]), grid], self.frame, self.describe)

        def shade():
            for name, button in fields.items():
                value = self.strokes[self.place(name)].item()
                button.description, button.style.button_color = SIGNS[value], SHADES[value]
                button.style.text_color = "white" if value > 0 else "black"

        def stroke(name):
            self.stroke(name, brush.value)
            shade()

        def type_one():
            name, typed.value = typed.value.strip(), ""
            stroke(name)

        def wipe():
            self.clear()
            shade()

        for name, button in fields.items():
            button.on_click(panel.does(partial(stroke, name)))
        enter = panel.does(type_one)
        typed.observe(lambda change: enter() if change["new"] else None, "value")
        clear.on_click(panel.does(wipe))
        shade()
        panel.controls = {"brush": brush, "fields": fields, "typed": typed, "clear": clear}
        return panel
