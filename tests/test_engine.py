"""How games are computed: threads, precision, memory. Whatever is chosen changes results by rounding only."""

import copy
import mmap
import platform
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
import torch

from gan_edu import course, data, engine, training
from gan_edu.engine import CoreTime, Engine
from gan_edu.errors import GameError
from gan_edu.models.gan import GAN
from gan_edu.models.small_games import BilinearGame
from gan_edu.networks import Ensemble, dcgan_discriminator, dcgan_generator, mlp
from gan_edu.training import Run, play


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Builds a machine: `cores`, of which others keep `busy` busy in each of two windows; `threads` are usual."""

    def build(cores, threads, busy=(0, 0), quota=None):
        clock = (mark for b in busy for mark in (CoreTime(0.0, 0.0, 0.0), CoreTime(1.0, 0.7 + b, 0.7)))
        monkeypatch.setattr(CoreTime, "now", lambda: next(clock))
        monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(psutil, "cpu_count", lambda: cores)
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
    machine(2, 1, busy=())  # looking would fail
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


def test_work_of_this_process_is_nobody_elses():
    before, after = CoreTime(10.0, 5.0, 3.0), CoreTime(12.0, 9.0, 4.0)
    assert after.others_since(before) == pytest.approx(1.5)
    assert CoreTime(12.0, 5.9, 4.0).others_since(before) == 0  # counters of the two kinds tick apart


def test_a_run_gives_up_threads_while_others_need_the_cores_and_takes_them_again(machine, monkeypatch):
    machine(4, 4)
    clock, used = [0.0], []
    marks = iter([CoreTime(0, 0, 0), CoreTime(1, 4, 4), CoreTime(2, 8, 6), CoreTime(3, 11, 9)])
    monkeypatch.setattr(CoreTime, "now", lambda: next(marks))
    monkeypatch.setattr(engine.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    with engine.threads(4, sharing=True) as look:
        for clock[0] in (0.1, 1.0, 1.2, 2.0, 3.0):  # it looks at most twice a second
            look()
    assert used[:-1] == [4, 4, 2, 4] and used[-1] == torch.get_num_threads()


@pytest.mark.parametrize(("most", "sharing"), [(1, True), (2, False)], ids=["one thread", "a number asked for"])
def test_some_runs_look_at_nobody(machine, monkeypatch, most, sharing):
    machine(4, 4, busy=(0,))
    used = []
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    with engine.threads(most, sharing) as look:
        monkeypatch.setattr(CoreTime, "now", None)  # looking would fail
        monkeypatch.setattr(engine.time, "perf_counter", lambda: 1e9)
        look()
    assert used == [most, torch.get_num_threads()]


@pytest.mark.parametrize(("asked", "sharing"), [("auto", True), (2, False)])
def test_play_leaves_others_their_cores_unless_a_number_of_threads_is_asked_for(monkeypatch, asked, sharing):
    said = []

    @contextmanager
    def threads(most, sharing):
        said.append(sharing)
        yield lambda: None

    monkeypatch.setattr(training, "threads", threads)
    play(BilinearGame(), None, 1, engine=Engine(threads=asked))
    assert said == [sharing]


# Choices -----------------------------------------------------------------------------------------------------------------


def convolutional():
    torch.manual_seed(0)
    return GAN(dcgan_generator(4, 1, 8, 4, normalise=False), dcgan_discriminator(1, 8, 4, normalise=None), latent=4)


def dense(width):
    return GAN(mlp(4, width, 8), mlp(8, width, 1), latent=4)


def test_auto_takes_bf16_only_where_a_layer_of_this_game_gains_from_it(monkeypatch):
    asked, gain = [], 2.0
    monkeypatch.setattr(engine, "bf16_gain", lambda *size: asked.append(size[:3]) or gain)
    assert Engine().settled(convolutional(), 64).precision == "bf16"
    assert Engine().settled(dense(4000), 300).precision == "bf16"
    gain = 1.0
    assert Engine().settled(convolutional(), 64).precision == "fp32"
    assert Engine().settled(dense(4000), 300).precision == "fp32"
    assert asked[1] == asked[3] == (300, 4000, 8)
    asked.clear()
    gain = 2.0
    assert Engine().settled(dense(16), 64).precision == "fp32", "a small game is spent on calls, not on products"
    assert Engine().settled(BilinearGame(), 1).precision == "fp32" and asked == []
    for precision in ("fp32", "bf16"):
        assert Engine(precision).settled(convolutional(), 64).precision == precision and asked == []


def test_the_gain_of_bf16_is_a_ratio_of_times_on_this_machine():
    assert 0.01 < engine.bf16_gain(32, 16, 16, torch.device("cpu")) < 100


def test_a_small_game_takes_one_thread_and_a_large_one_what_torch_is_set_to(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    ring = GAN(mlp(2, 128, 128, 2), mlp(2, 128, 128, 1), latent=2)
    assert Engine().settled(ring, 128).threads == 1 and Engine(threads=3).settled(ring, 128).threads == 3
    assert Engine("fp32").settled(convolutional(), 8).threads == 6
    side_by_side = [GAN(Ensemble(lambda: mlp(2, 128, 128, 2), n), Ensemble(lambda: mlp(2, 128, 128, 1), n), 2) for n in (1, 10)]
    assert [Engine().settled(game, 128 * game.members).threads for game in side_by_side] == [1, 6]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"precision": "fp16"}, "'fp16' is no precision: choose fp32, bf16 or auto"),
        ({"threads": 0}, "0 is no number of threads"),
        ({"threads": "many"}, "'many' is no number of threads"),
    ],
)
def test_what_does_not_exist_is_refused(settings, words):
    with pytest.raises(GameError, match=words):
        play(dense(4), data.Batches(torch.zeros(8, 8), size=4), 1, engine=Engine(**settings))


def test_the_history_says_in_a_line_how_it_was_computed(monkeypatch):
    monkeypatch.setattr(engine, "keep_memory", lambda: True)

    def said(game, batches, **settings):
        return play(game, batches, 1, engine=Engine(**settings)).engine

    images = data.Batches(torch.zeros(8, 1, 8, 8), size=4)
    assert said(convolutional(), images, precision="fp32", threads=2) == "fp32, 2 threads, channels last, memory kept"
    assert (
        said(convolutional(), images, precision="bf16", threads=1, channels_last=False, keep_memory=False) == "bf16, 1 thread"
    )
    assert said(BilinearGame(), None) == "fp32, 1 thread, memory kept"


def test_channels_last_lays_weights_out_anew_and_leaves_their_values_and_identities():
    game = convolutional()
    before, values = list(game.parameters()), copy.deepcopy(game.state_dict())
    Run(game, data.Batches(torch.zeros(8, 1, 8, 8), size=4))
    assert all(a is b for a, b in zip(before, game.parameters()))
    torch.testing.assert_close(game.state_dict(), values, rtol=0, atol=0)
    weights = [module.weight for module in game.modules() if isinstance(module, torch.nn.ConvTranspose2d)]
    assert weights and all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


TEN_ROUNDS = """
import resource, torch
from gan_edu.engine import keep_memory
print(keep_memory())
def rounds(number):
    for _ in range(number):
        del [torch.ones(5 * 2**20) for _ in range(3)][:]  # 20 MB each
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(-rounds(3) + rounds(10))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="keeping memory is asked of glibc alone")
def test_memory_that_is_kept_is_not_fetched_anew_every_round():
    """Left to itself, glibc gives most of a round's memory back and fetches it again page by page, nearly always."""
    kept, pages = subprocess.run([sys.executable, "-c", TEN_ROUNDS], capture_output=True, text=True, check=True).stdout.split()
    of_one_round = 3 * 5 * 2**20 * 4 // mmap.PAGESIZE
    assert kept == "True" and int(pages) < of_one_round


@pytest.mark.parametrize("library", [lambda name: object(), None], ids=["without mallopt", "without a library"])
def test_where_memory_cannot_be_kept_nothing_is_claimed(monkeypatch, library):
    monkeypatch.setattr(engine.ctypes, "CDLL", library)
    assert not engine.keep_memory()
    assert not Engine().settled(BilinearGame(), 1).keep_memory


ENGINES = {
    "two threads": (Engine("fp32", threads=2), 1e-4),
    "channels first": (Engine("fp32", threads=1, channels_last=False), 1e-4),
    "bf16": (Engine("bf16", threads=1), 0.05),
}


@pytest.mark.parametrize(("engine", "within"), ENGINES.values(), ids=ENGINES)
def test_a_choice_changes_what_is_learned_by_rounding_only(engine, within):
    def costs(engine):
        images = torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
        optimiser = partial(torch.optim.SGD, lr=0.05)
        return play(convolutional(), data.Batches(images, size=16), 10, optimiser=optimiser, engine=engine).costs

    plain, chosen = costs(Engine("fp32", threads=1)), costs(engine)
    for player, values in plain.items():
        torch.testing.assert_close(torch.tensor(chosen[player]), torch.tensor(values), rtol=within, atol=within)
