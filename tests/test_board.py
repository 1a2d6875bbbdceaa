"""What is shown to whoever waits for the course."""

import queue
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from gan_edu.course import board, runner

BROKEN = Path(__file__).parent / "broken"
NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))


def test_it_says_in_which_cell_each_notebook_is_for_how_long_and_what_its_header_promises():
    now = [100.0]
    shown = board.Board({"05_dcgan": "3 min 40 s"}, clock=lambda: now[0])
    shown.told("05_dcgan", 1, 80)
    now[0] = 140.0
    shown.told("05_dcgan", 34, 80)
    shown.told("09_measuring", 2, 70)
    now[0] = 152.0
    assert str(shown).splitlines() == [
        "05_dcgan: cell 34 of 80 for 12 s, 52 s in all (its header says 3 min 40 s alone)",
        "09_measuring: cell 2 of 70 for 12 s, 12 s in all",
    ]
    shown.told("05_dcgan")
    assert str(shown).startswith("09_measuring")


@pytest.mark.parametrize("profile", ["smoke", "lecture"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_header_promises_a_time(path, profile):
    amount, unit = board.promised(path, profile).split()[:2]
    assert int(amount) > 0 and unit in ("s", "min")


def test_what_is_no_notebook_promises_nothing():
    assert board.promised(BROKEN / "17_merge_conflict.ipynb", "lecture") is None
    assert board.promised(BROKEN / "20_sound.ipynb", "lecture") is None


def test_a_notebook_tells_before_each_cell_where_it_is(tmp_path):
    places = []
    runner.run_notebook(BROKEN / "20_sound.ipynb", tmp_path / "executed.ipynb", tell=lambda *place: places.append(place))
    cells = places[0][2]
    assert [place[1:] for place in places[:-1]] == [(k + 1, cells) for k in range(cells)]
    assert {place[0] for place in places} == {"20_sound"} and places[-1] == ("20_sound",)


@pytest.mark.parametrize("terminal", [False, True])
def test_a_terminal_shows_it_all_the_time_and_a_log_now_and_then(terminal):
    messages, written = queue.Queue(), StringIO()
    console = Console(file=written, force_terminal=terminal, width=100, highlight=False)
    shown = board.Board({})
    with board.shown(shown, messages, console, every=0.2):
        messages.put(("05_dcgan", 3, 80))
        until = time.monotonic() + 10
        while "cell 3 of 80" not in written.getvalue() and time.monotonic() < until:
            time.sleep(0.05)
    assert "05_dcgan: cell 3 of 80 for" in written.getvalue()
