"""Laboratories whose numbers come from the kernel: questions of the page, arrays for an answer, and what becomes of an exception.

A widget's callback runs outside any cell, so an exception there stops nothing: the notebook stays green and the reader sees a picture
that does not move. A `KernelLaboratory` says in one line what went wrong, and keeps the whole traceback as an output of type "error",
which is what `course.hidden_errors` looks for in an executed notebook.
"""

import base64
import html
import traceback
from pathlib import Path

import anywidget
import torch
import traitlets
from torch import Tensor

from ...errors import GanEduError
from . import addresses


class KernelLaboratory(anywidget.AnyWidget):
    """A laboratory as a widget. Its page asks, and `answer` answers, question by question.

    A laboratory of this kind is a subclass with a module `_esm = module(folder)` and a style sheet `_css`, and with the methods
    `answer`, `words` and `picture`. Where there is no kernel, as in a web page made from the notebook, the picture and the words of
    the moment remain.
    """

    first = traitlets.Dict().tag(sync=True)  # an answer for a page that has not asked yet, or has nobody to ask
    outputs = traitlets.List().tag(sync=True)  # the last error, where `course.hidden_errors` finds it

    def __init__(self, **question):
        super().__init__()
        said, buffers = message(*self.answer(question))
        self.first = {"said": said, "buffers": buffers}
        self.on_msg(lambda _, question, __: self.send(*self.reply(question)))

    def answer(self, question: dict) -> tuple[dict, dict[str, Tensor]]:
        """What the page has asked for: words and numbers, and arrays by name."""
        raise NotImplementedError

    def words(self) -> str:
        """The present state in one line."""
        raise NotImplementedError

    def picture(self) -> bytes:
        """The present state as a PNG, for a page without a kernel."""
        raise NotImplementedError

    def reply(self, question: dict) -> tuple[dict, list[bytes]]:
        """A message for the page, and the arrays of it, each as 32-bit floats. An exception is in the message as its `problem`, and is
        kept: nobody above would show it."""
        try:
            said, arrays = self.answer(question)
        except KeyboardInterrupt:
            said, arrays = {"problem": "Interrupted."}, {}
        except Exception as error:  # noqa: BLE001
            self.outputs = [kept(error)]
            said, arrays = {"problem": in_words(error)}, {}
        return message(said | {"id": question.get("id")}, arrays)

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        words, picture = self.words(), base64.b64encode(self.picture()).decode()
        says = html.escape(words)
        figure = (
            f"<figure style='margin:0'><img alt='{says}' src='data:image/png;base64,{picture}' style='max-width:100%'>"
            f"<figcaption>{says}</figcaption></figure>"
        )
        return data | {"text/plain": words, "text/html": figure}, metadata


def module(folder: Path) -> str:
    """All modules of a laboratory as the one ES module that anywidget wants. The entry's `mount(element, {model})` puts the laboratory
    into an element and returns a function that takes it away."""
    entry = f"{folder.name}.js"
    return f"""{addresses(folder)}
const {{ mount }} = await import(addresses["{entry}"]);
export default {{ render: ({{ model, el }}) => mount(el, {{ model }}) }};
"""


def message(said: dict, arrays: dict[str, Tensor]) -> tuple[dict, list[bytes]]:
    """What is said, with the names and shapes of the arrays; and the arrays."""
    floats = [array.detach().to("cpu", torch.float32).contiguous() for array in arrays.values()]
    shapes = [[name, list(array.shape)] for name, array in arrays.items()]
    return said | {"arrays": shapes}, [array.numpy().tobytes() for array in floats]


def in_words(error: Exception) -> str:
    """An exception in one line. The course's own errors speak for themselves."""
    kind = "" if isinstance(error, GanEduError) else f"{type(error).__name__}: "
    return f"That did not work: {kind}{error}"


def kept(error: Exception) -> dict:
    """An exception as an output of a notebook, with its traceback."""
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": "".join(traceback.format_exception(error)).splitlines(),
    }
