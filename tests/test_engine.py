"""How games are computed: threads and precision."""

import psutil
import pytest
import torch

from gan_edu import course, engine
from gan_edu.errors import GameError


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Builds a machine: `cores`, of which others keep `busy` busy in each of two windows; `threads` are usual."""

    def build(cores, threads, busy=(0, 0), quota=None):
        windows = iter(100 * b / cores for b in busy)
        monkeypatch.setattr(psutil, "cpu_count", lambda: cores)
        monkeypatch.setattr(psutil, "cpu_percent", lambda interval: next(windows))
        monkeypatch.setattr(engine, "USUAL", threads)
        monkeypatch.setattr(engine, "QUOTA", tmp_path / "cpu.max")
        if quota is not None:
            (tmp_path / "cpu.max").write_text(quota)

    return build


@pytest.mark.parametrize(
    ("cores", "threads", "busy", "free"),
    [
        (2, 2, (0, 0), 2),
        (2, 2, (0.3, 0.2), 2),  # a browser, say
        (2, 2, (1, 1), 1),
        (2, 2, (2, 2), 1),  # never none
        (2, 2, (0, 2), 2),  # a moment's work of somebody else
        (16, 8, (4, 4), 8),
        (16, 8, (12, 12), 4),
    ],
)
def test_threads_are_those_whose_cores_nobody_else_keeps_busy(machine, cores, threads, busy, free):
    machine(cores, threads, busy)
    assert engine.free_threads() == free


def test_somebody_who_wants_one_thread_is_not_asked_to_wait(machine):
    machine(2, 1, busy=())  # measuring would fail
    assert engine.free_threads() == 1


@pytest.mark.parametrize(
    ("quota", "free"),
    [("200000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", 16), ("something else", 16), (None, 16)],
)
def test_a_container_uses_no_more_threads_than_its_quota(machine, quota, free):
    machine(32, 16, quota=quota)
    assert engine.free_threads() == free


@pytest.mark.parametrize(("busy", "words"), [(0, "2 threads,"), (1, "1 thread of 2, for others need the cores,")])
def test_a_notebook_says_how_many_threads_it_uses_and_uses_them(machine, monkeypatch, capsys, busy, words):
    machine(2, 2, busy=(busy, busy))
    used = []
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    course.begin("smoke", 0, "cpu")
    assert words in capsys.readouterr().out and used == [2 - busy]


def test_auto_precision_chooses_one_of_the_two_and_others_are_refused():
    assert engine.chosen_precision("auto", torch.device("cpu")) in ("fp32", "bf16")
    assert engine.chosen_precision("bf16", torch.device("cpu")) == "bf16"
    with pytest.raises(GameError, match="'fp16' is no precision"):
        engine.chosen_precision("fp16", torch.device("cpu"))
