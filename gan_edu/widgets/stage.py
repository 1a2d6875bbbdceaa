"""Pictures that move: two axes drawn once, and what changes on top of them."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .. import plots

MARGINS = {"left": 0.07, "right": 0.975, "bottom": 0.12, "top": 0.93, "wspace": 0.16}


class Stage:
    """Two axes side by side, `width` × `height` inches, that no cell shows by itself.

    A frame draws ticks, labels and title only if the limits of the axes have changed since the frame before; they cost most of the
    time that a figure takes.
    """

    def __init__(self, width, height):
        self.canvas = FigureCanvasAgg(Figure((width, height), dpi=80, layout="none"))
        self.axes = self.canvas.figure.subplots(1, 2, width_ratios=(1, 1.15), gridspec_kw=MARGINS)
        self.limits = None

    def frame(self, draw):
        """What `draw(left, right)` adds to the axes, as PNG bytes; the axes are empty again afterwards."""
        fixed = {child for ax in self.axes for child in ax.get_children()}
        draw(*self.axes)
        added = [child for ax in self.axes for child in ax.get_children() if child not in fixed]
        limits = [(ax.get_xlim(), ax.get_ylim()) for ax in self.axes]
        if limits != self.limits:
            for artist in added:
                artist.set_visible(False)
            self.canvas.draw()
            self.empty, self.limits = self.canvas.copy_from_bbox(self.canvas.figure.bbox), limits
            for artist in added:
                artist.set_visible(True)
        self.canvas.restore_region(self.empty)
        for artist in sorted(added, key=lambda artist: artist.zorder):
            artist.axes.draw_artist(artist)
            artist.remove()
        return plots.shown(self.canvas)
