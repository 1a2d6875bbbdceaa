"""Where the notebooks are that are being executed, for whoever waits for them."""

import json
import re
import threading
import time
from contextlib import contextmanager

from rich.live import Live


class Board:
    """For each notebook in progress the cell that it is in, for how long, and how long its header says that all of it takes.

    promised: {name: "3 min 40 s"}. `told` is called with a notebook's name, the number of a cell that begins, and how many there are;
    and with the name alone when the notebook ends.
    """

    def __init__(self, promised, clock=time.monotonic):
        self.promised, self.clock = promised, clock
        self.places, self.began = {}, {}

    def told(self, name, cell=None, cells=None):
        """Notes where a notebook is."""
        if cell is None:
            self.places.pop(name, None)
            return
        self.began.setdefault(name, self.clock())
        self.places[name] = cell, cells, self.clock()

    def __str__(self):
        now, lines = self.clock(), []
        for name, (cell, cells, since) in sorted(self.places.copy().items()):
            promise = f" (its header says {self.promised[name]} alone)" if name in self.promised else ""
            lines.append(
                f"{name}: cell {cell} of {cells} for {now - since:.0f} s, {now - self.began[name]:.0f} s in all{promise}"
            )
        return "\n".join(lines)


def promised(path, profile):
    """What a notebook's header says that it takes in a profile, as in "3 min 40 s", or None."""
    try:
        header = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    except (ValueError, LookupError, TypeError):  # no notebook
        return None
    found = re.search(rf"\*\*Time\*\*.*?\b{profile} ((?:\d+ (?:min|s) ?)+)", header)
    return found[1].strip() if found else None


@contextmanager
def shown(board, messages, console, every=60):
    """Inside, what is put into the queue `messages` is told to the board, which a terminal shows all the time; elsewhere it is printed
    every so many seconds."""
    done = threading.Event()

    def listen():
        spoken = time.monotonic()
        while not done.wait(0.1):
            while not messages.empty():
                board.told(*messages.get())
            if not console.is_terminal and time.monotonic() - spoken > every and board.places:
                spoken = time.monotonic()
                console.print(str(board))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        with Live(get_renderable=lambda: str(board), console=console, refresh_per_second=2, transient=True):
            yield
    finally:
        done.set()
        listener.join()
