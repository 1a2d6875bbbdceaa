"""What every laboratory with a kernel looks like: controls, a picture, a line of text. And what becomes of an exception in a callback.

A widget's callback runs outside any cell, so an exception there stops nothing: the notebook stays green and the reader sees a
picture that does not move. A `Panel` says in one line what went wrong, and keeps the whole traceback as an output of type
"error", which is what `course.hidden_errors` looks for in an executed notebook.
"""

import base64
import html
import traceback

import ipywidgets

from ..errors import GanEduError


class Panel(ipywidgets.VBox):
    """Controls above a picture above a line of text; `refresh` makes the latter two anew.

    controls: widgets, from top to bottom. draw: returns the picture as PNG bytes. describe: returns the line in plain words.

    Where there is no kernel, as in a web page made from the notebook, the picture and the line of the moment remain.
    """

    def __init__(self, controls, draw, describe):
        self.draw = draw
        self.describe = describe
        self.picture = ipywidgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})
        self.line = ipywidgets.HTML()
        self.errors = ipywidgets.Output()
        self.details = ipywidgets.Accordion([self.errors], titles=["the error in full"], layout={"display": "none"})
        super().__init__([*controls, self.picture, self.line, self.details])
        self.refresh()

    def refresh(self):
        """Draws and describes the present state."""
        self.picture.value = self.draw()
        self.says = self.describe()
        self.line.value = f"<div role='status'>{html.escape(self.says)}</div>"

    def does(self, action):
        """A callback for any widget of the panel: calls `action()`, then refreshes; an exception is shown and kept."""

        def callback(*_):
            try:
                action()
                self.refresh()
            except Exception as error:  # noqa: BLE001 (nobody above would show it)
                self.fail(error)

        return callback

    def fail(self, error):
        """Shows an exception in one line and keeps its traceback. Later successes replace the line, not the traceback."""
        kind = "" if isinstance(error, GanEduError) else f"{type(error).__name__}: "
        self.says = f"That did not work: {kind}{error}"
        self.line.value = f"<div role='alert' style='color:#C0392B'>{html.escape(self.says)}</div>"
        self.errors.outputs = (
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": str(error),
                "traceback": "".join(traceback.format_exception(error)).splitlines(),
            },
        )
        self.details.layout.display = None

    def _repr_mimebundle_(self, **kwargs):
        picture = base64.b64encode(self.picture.value).decode()
        says = html.escape(self.says)
        return super()._repr_mimebundle_(**kwargs) | {
            "text/plain": self.says,
            "text/html": f"<figure style='margin:0'><img alt='{says}' src='data:image/png;base64,{picture}' "
            f"style='max-width:100%'><figcaption>{says}</figcaption></figure>",
        }
