"""How games are computed: threads, precision, memory. Whatever is chosen changes results by rounding only."""

import copy
import mmap
import os
import platform
import subprocess
import sys
from functools import partial

import pytest
import torch

from gan_edu import course, data, engine
from gan_edu.engine import Engine, threads
from gan_edu.errors import CheckpointError, GameError
from gan_edu.models.gan import GAN
from gan_edu.models.small_games import BilinearGame
from gan_edu.networks import Ensemble, dcgan_discriminator, dcgan_generator, mlp
from gan_edu.training import Run, play


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("200000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", 32), ("something else", 32), (None, 32)],
)
def test_a_container_uses_no_more_threads_than_its_quota(monkeypatch, tmp_path, quota, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(32)), raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    monkeypatch.setattr(engine, "QUOTA", tmp_path / "cpu.max")
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota)
    assert engine.allowed_cores() == cores
    assert Engine("fp32").resolved(convolutional(), 8).threads == min(16, cores)


@pytest.mark.parametrize(("cores", "words"), [(8, "6 threads,"), (1, "1 thread,")])
@pytest.mark.parametrize(("bf16", "precision"), [(True, "bf16 for convolutions and wide layers"), (False, "fp32")])
def test_a_notebook_says_how_it_computes(monkeypatch, capsys, cores, words, bf16, precision):
    used = []
    monkeypatch.setattr(engine, "allowed_cores", lambda: cores)
    monkeypatch.setattr(engine, "knows_bf16", lambda device: bf16)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    course.begin("smoke", 0, "cpu")
    assert f"{words} {precision}, torch" in capsys.readouterr().out and used == [min(6, cores)]


# What a seed fixes -------------------------------------------------------------------------------------------------------


def test_a_seed_fixes_a_run_whatever_else_the_machine_does(tmp_path):
    """Precision and threads follow from what game and machine are: neither looks at a clock or at who else is there."""

    def left_by(name):
        images = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
        history = play(convolutional(), data.Batches(images, size=32), 12, ema=0.9, checkpoint=tmp_path / name)
        state = torch.load(tmp_path / name, weights_only=True)
        assert state["precision"] in history.engine and "2 threads" in history.engine
        return history.engine, state["game"], state["average"], state["history"]["costs"]

    with threads(2):
        quiet = left_by("quiet.pt")
        neighbours = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            beside = left_by("beside.pt")
        finally:
            for neighbour in neighbours:
                neighbour.kill()
                neighbour.wait()
    assert quiet[0] == beside[0]
    torch.testing.assert_close(quiet[1:], beside[1:], rtol=0, atol=0)


FLAGS = {
    "none": ({}, {}, False),
    "AVX512-BF16": ({"_is_avx512_bf16_supported": True}, {}, True),
    "AMX": ({"_is_amx_tile_supported": True}, {}, True),
    "as told, all": ({"_is_amx_tile_supported": True}, {"ONEDNN_MAX_CPU_ISA": "all"}, True),
    "as told, bf16": ({"_is_amx_tile_supported": True}, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}, True),
    "told less": ({"_is_avx512_bf16_supported": True}, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}, False),
    "told less, by its old name": ({"_is_avx512_bf16_supported": True}, {"DNNL_MAX_CPU_ISA": "AVX2"}, False),
    "told more than there is": ({}, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}, False),
}


@pytest.mark.parametrize(("flags", "told", "known"), FLAGS.values(), ids=FLAGS)
def test_a_processors_flags_say_whether_it_knows_bf16(monkeypatch, flags, told, known):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda name=name: flags.get(name, False))
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert engine.knows_bf16("cpu") == known
    assert not engine.knows_bf16("mps")


# Choices -----------------------------------------------------------------------------------------------------------------


def convolutional():
    torch.manual_seed(0)
    return GAN(dcgan_generator(4, 1, 8, 4, normalise=False), dcgan_discriminator(1, 8, 4, normalise=None), latent=4)


def dense(width):
    return GAN(mlp(4, width, 8), mlp(8, width, 1), latent=4)


def test_auto_takes_bf16_for_convolutions_and_wide_layers_where_the_processor_knows_it(monkeypatch):
    monkeypatch.setattr(engine, "knows_bf16", lambda device: True)
    assert Engine().resolved(convolutional(), 64).precision == "bf16"
    assert Engine().resolved(dense(4000), 300).precision == "bf16"
    assert Engine().resolved(dense(16), 64).precision == "fp32", "a small game is spent on calls, not on products"
    assert Engine().resolved(dense(400), 300).precision == "fp32", "a narrow layer gains nothing"
    assert Engine().resolved(BilinearGame(), 1).precision == "fp32"
    monkeypatch.setattr(engine, "knows_bf16", lambda device: False)
    assert Engine().resolved(convolutional(), 64).precision == "fp32"
    assert Engine().resolved(dense(4000), 300).precision == "fp32"
    for precision in ("fp32", "bf16"):
        assert Engine(precision).resolved(convolutional(), 64).precision == precision


def test_a_run_goes_on_in_the_precision_in_which_it_began(tmp_path, monkeypatch):
    """What a checkpoint says is kept on another machine, too; who asks for another precision is refused."""
    path, batches = tmp_path / "run.pt", lambda: data.Batches(torch.zeros(8, 1, 8, 8), size=4)
    monkeypatch.setattr(engine, "knows_bf16", lambda device: True)
    assert play(convolutional(), batches(), 1, checkpoint=path).engine.startswith("bf16")
    monkeypatch.setattr(engine, "knows_bf16", lambda device: False)
    history = play(convolutional(), batches(), 2, checkpoint=path)
    assert history.engine.startswith("bf16") and torch.load(path, weights_only=True)["precision"] == "bf16"
    with pytest.raises(CheckpointError, match=r'played in bf16.*in fp32: ask for Engine\("bf16"\) or for "auto"'):
        play(convolutional(), batches(), 3, checkpoint=path, engine=Engine("fp32"))
    assert play(convolutional(), batches(), 3, checkpoint=path, engine=Engine("bf16")).rounds == 3


def test_a_small_game_takes_one_thread_and_a_large_one_what_torch_is_set_to(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    monkeypatch.setattr(engine, "allowed_cores", lambda: 8)
    ring = GAN(mlp(2, 128, 128, 2), mlp(2, 128, 128, 1), latent=2)
    assert Engine().resolved(ring, 128).threads == 1 and Engine(threads=3).resolved(ring, 128).threads == 3
    assert Engine("fp32").resolved(convolutional(), 8).threads == 6
    side_by_side = [GAN(Ensemble(lambda: mlp(2, 128, 128, 2), n), Ensemble(lambda: mlp(2, 128, 128, 1), n), 2) for n in (1, 10)]
    assert [Engine().resolved(game, 128 * game.members).threads for game in side_by_side] == [1, 6]


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


def test_the_history_says_in_a_line_how_it_was_computed():
    def said(game, batches, **settings):
        return play(game, batches, 1, engine=Engine(**settings)).engine

    images = data.Batches(torch.zeros(8, 1, 8, 8), size=4)
    assert said(convolutional(), images, precision="fp32", threads=2) == "fp32, 2 threads, channels last"
    assert said(convolutional(), images, precision="bf16", threads=1, channels_last=False) == "bf16, 1 thread"
    assert said(BilinearGame(), None) == "fp32, 1 thread"


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
    assert kept == "True" and int(pages) < 3 * of_one_round  # of ten


@pytest.mark.parametrize("library", [lambda name: object(), None], ids=["without mallopt", "without a library"])
def test_where_memory_cannot_be_kept_nothing_is_claimed(monkeypatch, library):
    monkeypatch.setattr(engine.ctypes, "CDLL", library)
    assert not engine.keep_memory()


def test_playing_leaves_the_processs_memory_as_it_is_and_a_notebook_asks_for_it(monkeypatch):
    asked = []
    monkeypatch.setattr(engine, "keep_memory", lambda: asked.append(1))
    play(BilinearGame(), None, 1)
    assert asked == []
    course.begin("smoke", 0, "cpu")
    assert asked == [1]


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
