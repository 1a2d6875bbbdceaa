"""The loop: resume is exact, checkpoints are whole or not there, and the bookkeeping is what it says."""

import copy
import io
import itertools
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.data import DataLoader

from gan_edu import checkpoints, data, losses, training
from gan_edu.augmentations import DifferentiableAugmentation, InstanceNoise
from gan_edu.data.batches import Batches
from gan_edu.dynamics import Consensus, Extragradient, HistoricalAveraging, Momentum, Unrolled, gradient, optimistic
from gan_edu.engine import Engine
from gan_edu.errors import CheckpointError, GameError
from gan_edu.games import described
from gan_edu.models.ac_gan import AuxiliaryClassifierGAN
from gan_edu.models.bigan import Bidirectional, BiGAN, JointDiscriminator
from gan_edu.models.conditional import ConditionalGAN
from gan_edu.models.gan import GAN, FeatureMatchingGAN, Latent
from gan_edu.models.infogan import InfoGAN
from gan_edu.models.mlp_gan import RegularisedGAN, TwiceTheFakesGAN
from gan_edu.models.pix2pix import Pix2Pix
from gan_edu.models.small_games import BilinearGame, DiracGAN
from gan_edu.models.srgan import SuperResolution
from gan_edu.networks import (
    Ensemble,
    MinibatchDiscrimination,
    Packed,
    UNet,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    patchgan,
    spectral,
    upsampler,
    virtual_batch_norm,
)
from gan_edu.penalties import R1, R2, GradientPenalty
from gan_edu.training import Run, adam, clipped, extrapolated, optimistic_steps, play

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
sgd = partial(torch.optim.SGD, lr=0.05)


def ring(device, members=1):
    return data.ring().batches(8 * members, seed=1, device=device)


def images(device):
    drawn = torch.randint(0, 256, (20, 1, 8, 8), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)
    return Batches(drawn, size=8, seed=1, device=device, prepare=data.to_pixels)  # 20 rows: epochs end in the middle of a run


def labelled(device):
    rng = torch.Generator().manual_seed(2)
    drawn = torch.randint(0, 256, (20, 1, 8, 8), generator=rng, dtype=torch.uint8)
    labels = torch.randint(0, 3, (20,), generator=rng)
    return Batches(drawn, labels, size=8, seed=1, device=device, prepare=data.to_pixels)


def told(kind, extra, **settings):
    return kind(dcgan_generator(4 + extra, 1, 8, 4), dcgan_discriminator(1, 8, 4, outputs=1 + extra), latent=4, **settings)


def bidirectional():
    encoder = dcgan_discriminator(1, 8, 4, normalise="batch", outputs=4)
    trunk, head = dcgan_discriminator(1, 8, 4, outputs=6), spectral(mlp(6 + 4, 8, 1, dropout=0.2))
    discriminator = JointDiscriminator(trunk, head, torch.nn.Linear(6, 4))
    return BiGAN(Bidirectional(dcgan_generator(4, 1, 8, 4), encoder), discriminator, latent=4)


def memoryful():
    generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    critic = nn.Sequential(spectral_norm(nn.Linear(2, 8)), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))
    return GAN(generator, critic, latent=3)


def plain(**settings):
    return GAN(mlp(3, 8, 2, activation=nn.Tanh), mlp(2, 8, 1, activation=nn.Tanh), latent=3, **settings)


GAMES = {
    "dropout and BatchNorm": (memoryful, ring),
    "DCGAN with spectral norm": (
        lambda: GAN(dcgan_generator(4, 1, 8, 4, refine=1), dcgan_discriminator(1, 8, 4), latent=4),
        images,
    ),
    "ensemble": (
        lambda: GAN(Ensemble(lambda: mlp(2, 6, 2), 3), Ensemble(lambda: mlp(2, 6, 1), 3), latent=2),
        partial(ring, members=3),
    ),
    "ensemble with dropout": (
        lambda: GAN(Ensemble(lambda: mlp(2, 6, 2), 2), Ensemble(lambda: mlp(2, 6, 1, dropout=0.2), 2), latent=2),
        partial(ring, members=2),
    ),
    "bilinear": (BilinearGame, None),
    "translation with dropout": (
        lambda: Pix2Pix(UNet(1, 1, 8, 4), nn.Sequential(nn.Dropout2d(0.5), patchgan(2, 4, 1)), weight=1.0),
        lambda device: Batches(torch.rand(20, 2, 1, 8, 8), size=8, seed=1, device=device),
    ),
    "one player with dropout": (
        lambda: SuperResolution(nn.Sequential(nn.Dropout(0.3), upsampler(1, 1, doublings=2, width=4))),
        images,
    ),
    "Dirac": (lambda: DiracGAN(penalties=[R1(0.5)]), None),
    "regularised": (lambda: RegularisedGAN(mlp(3, 8, 2), mlp(2, 8, 1), latent=3), ring),
    "twice the fakes": (lambda: TwiceTheFakesGAN(mlp(3, 8, 2), mlp(2, 8, 1, dropout=0.3), latent=3), ring),
    "relativistic with R1 and R2": (lambda: plain(objective=losses.relativistic, penalties=[R1(1.0), R2(1.0)]), ring),
    "WGAN-GP": (lambda: plain(objective=losses.wasserstein, penalties=[GradientPenalty(10.0)]), ring),
    "packed": (lambda: GAN(mlp(3, 8, 2), Packed(mlp(4, 8, 1), 2), latent=3), ring),
    "minibatch discrimination": (
        lambda: GAN(mlp(3, 8, 2), nn.Sequential(mlp(2, 6), MinibatchDiscrimination(6, 3, 2), nn.Linear(9, 1)), latent=3),
        ring,
    ),
    "spectral norm": (lambda: GAN(mlp(3, 8, 2), spectral(mlp(2, 8, 1)), latent=3, objective=losses.hinge), ring),
    "virtual BatchNorm": (
        lambda: GAN(
            virtual_batch_norm(
                nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)), torch.randn(5, 3)
            ),
            virtual_batch_norm(
                nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1)), torch.randn(5, 2)
            ),
            latent=3,
        ),
        ring,
    ),
    "DCGAN with virtual BatchNorm": (
        lambda: GAN(virtual_batch_norm(dcgan_generator(4, 1, 8, 4), torch.randn(5, 4)), dcgan_discriminator(1, 8, 4), latent=4),
        images,
    ),
    "feature matching": (lambda: FeatureMatchingGAN(mlp(3, 8, 2), mlp(2, 8, 1, dropout=0.3), latent=3), ring),
    "conditional": (lambda: told(ConditionalGAN, 3, classes=3), labelled),
    "auxiliary classifier": (lambda: told(AuxiliaryClassifierGAN, 3, classes=3), labelled),
    "InfoGAN": (lambda: told(InfoGAN, 5, categories=3, continuous=2), images),
    "BiGAN": (bidirectional, images),
    "instance noise": (lambda: plain(augmentation=InstanceNoise(0.5, 5), penalties=[R1(1.0)]), ring),
    "DCGAN with penalties": (
        lambda: GAN(
            dcgan_generator(4, 1, 8, 4),
            dcgan_discriminator(1, 8, 4, normalise=None),
            latent=4,
            penalties=[R1(0.5), R2(0.5), GradientPenalty(1.0)],
        ),
        images,
    ),
    "augmented": (
        lambda: GAN(
            dcgan_generator(4, 1, 8, 4), dcgan_discriminator(1, 8, 4), latent=4, augmentation=DifferentiableAugmentation()
        ),
        images,
    ),
}
RULES = {
    "gradient": gradient,
    "extragradient": Extragradient(0.05),
    "optimistic": optimistic,
    "momentum": Momentum(-0.3),
    "consensus": Consensus(0.1),
    "historical": HistoricalAveraging(0.3),
}


def scheduled(schedule, game):
    """The same schedule in a game whose players are x and y, or of one player."""
    if len(game.order) == 1:
        return None
    return schedule.translate(str.maketrans("DG", "XY")) if isinstance(game, BilinearGame) else schedule


def played(kind, rounds, device="cpu", schedule="DG", **settings):
    torch.manual_seed(7)
    make, batches = GAMES[kind]
    game = make().to(device)
    history = play(game, batches and batches(device), rounds, schedule=scheduled(schedule, game), **settings)
    return game, history


def look(game, average):
    """Something that a notebook would keep: a parameter, and where averaging stands."""
    return {"now": next(game.parameters()).detach().clone(), "average": next(average.parameters()).detach().sum().item()}


class Interrupted(Exception):
    """Somebody pulled the plug."""


def interrupted_look(at):
    calls = itertools.count()

    def watch(game, average):
        if next(calls) == at:
            raise Interrupted
        return look(game, average)

    return watch


def assert_same(one, other):
    (game, history), (again, resumed) = one, other
    assert_equal(game.state_dict(), again.state_dict())
    assert_equal(history.costs, resumed.costs)
    assert_equal(history.seen, resumed.seen)
    assert (history.average is None) == (resumed.average is None)
    if history.average is not None:
        assert_equal(history.average.state_dict(), resumed.average.state_dict())


def assert_equal(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=0, check_device=False)


def assert_resumes_exactly(tmp_path, kind, **settings):
    """Interrupted after two rounds' checkpoint, in round four; resumed with everything made anew: bit for bit the same."""
    path = tmp_path / "run.pt"
    whole = played(kind, 7, watch=look, every=2, **settings)
    with pytest.raises(Interrupted):
        played(kind, 7, watch=interrupted_look(at=2), every=2, checkpoint=path, **settings)
    resumed = played(kind, 7, watch=look, every=2, checkpoint=path, **settings)
    assert whole[1].rounds == resumed[1].rounds == 7 and [r for r, _ in resumed[1].seen] == [0, 2, 4, 6, 7]
    assert_same(whole, resumed)
    assert_same(whole, played(kind, 7, watch=look, every=2, checkpoint=path, **settings))  # nothing left to do


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("ema", [None, 0.9, "mean"])
@pytest.mark.parametrize("kind", GAMES)
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(kind, ema, device, tmp_path):
    assert_resumes_exactly(tmp_path, kind, ema=ema, device=device)


@pytest.mark.parametrize("schedule", ["GD", "DDG", "DGG", "DDDDDG", "D+G", "D+GG"])
@pytest.mark.parametrize("kind", ["dropout and BatchNorm", "DCGAN with spectral norm", "bilinear"])
def test_it_does_with_every_schedule(kind, schedule, tmp_path):
    assert_resumes_exactly(tmp_path, kind, schedule=schedule, ema=0.9)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("schedule", ["DG", "DDG", "D+G"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["dropout and BatchNorm", "bilinear"])
def test_it_does_with_every_rule(kind, rule, schedule, device, tmp_path):
    assert_resumes_exactly(tmp_path, kind, schedule=schedule, rule=RULES[rule], device=device)


@pytest.mark.parametrize("rule", RULES)
def test_it_does_with_every_rule_on_an_ensemble_and_with_penalties(rule, tmp_path):
    assert_resumes_exactly(tmp_path, "ensemble", rule=RULES[rule])
    (tmp_path / "run.pt").unlink()
    assert_resumes_exactly(tmp_path, "relativistic with R1 and R2", rule=RULES[rule])


@pytest.mark.parametrize("kind", ["WGAN-GP", "ensemble"])
def test_it_does_with_an_unrolled_player(kind, tmp_path):
    assert_resumes_exactly(tmp_path, kind, rule=Unrolled("generator", 2, 0.1))


@pytest.mark.parametrize(
    "optimiser",
    [sgd, {"discriminator": sgd, "generator": adam}, torch.optim.RMSprop, clipped(adam, 0.1)],
    ids=["sgd", "two", "rms", "clipped"],
)
def test_it_does_with_every_optimiser(optimiser, tmp_path):
    assert_resumes_exactly(tmp_path, "dropout and BatchNorm", optimiser=optimiser)


@pytest.mark.parametrize(
    "kind",
    [
        "DCGAN with penalties",
        "DCGAN with spectral norm",
        "DCGAN with virtual BatchNorm",
        "augmented",
        "instance noise",
        "feature matching",
    ],
)
def test_it_does_in_half_precision(kind, tmp_path):
    assert_resumes_exactly(tmp_path, kind, engine=Engine("bf16"))


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    one, same, other = (played("dropout and BatchNorm", 3, seed=seed) for seed in (0, 0, 1))
    assert_same(one, same)
    assert one[1].costs["generator"] != other[1].costs["generator"]


def test_a_longer_run_goes_on_from_a_shorter_ones_checkpoint(tmp_path):
    path = tmp_path / "run.pt"
    played("dropout and BatchNorm", 3, checkpoint=path)
    assert_same(played("dropout and BatchNorm", 6, checkpoint=path), played("dropout and BatchNorm", 6))


# Checkpoints ----------------------------------------------------------------------------------------------------------


def broken_off(path, monkeypatch, error):
    """Plays on from a good checkpoint and breaks off in the middle of writing the next one. Returns the good one's bytes."""
    played("dropout and BatchNorm", 2, checkpoint=path)
    good, save = path.read_bytes(), torch.save

    def half(state, file):
        file.write(b"half a checkpoint")
        file.flush()
        raise error

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(CheckpointError if isinstance(error, Exception) else type(error)) as caught:
        played("dropout and BatchNorm", 4, checkpoint=path)
    monkeypatch.setattr(torch, "save", save)
    return good, caught


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError("unexpected pos 704"), OSError(28, "No space left on device")], ids=repr
)
def test_an_interrupted_write_leaves_the_old_checkpoint_whole_and_nothing_else(error, tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    good, caught = broken_off(path, monkeypatch, error)
    assert path.read_bytes() == good and list(tmp_path.iterdir()) == [path]
    if isinstance(error, Exception):
        assert f"the checkpoint {path} cannot be written ({getattr(error, 'strerror', error)}): " in str(caught.value)
    assert_same(played("dropout and BatchNorm", 4, checkpoint=path), played("dropout and BatchNorm", 4))


class Full(io.FileIO):
    """A file on a disk that is full."""

    def write(self, data):
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_named_and_not_what_torch_makes_of_it(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    played("bilinear", 2, checkpoint=path)
    good = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda path, mode: (Full if "x" in mode else io.FileIO)(path, mode))
        with pytest.raises(CheckpointError, match=r"run\.pt cannot be written \(No space left on device\): make room on"):
            played("bilinear", 4, checkpoint=path)
    assert path.read_bytes() == good and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="there, permissions are not in a file's mode")
def test_a_checkpoint_may_be_read_by_whoever_may_read_other_files(tmp_path):
    played("bilinear", 1, checkpoint=tmp_path / "run.pt")
    (tmp_path / "other").touch()
    assert (tmp_path / "run.pt").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize(
    "error, remedy",
    [
        (PermissionError(13, "Permission denied"), "check its permissions"),
        (OSError(5, "Input/output error"), "choose another place"),
    ],
    ids=repr,
)
def test_a_checkpoint_that_cannot_be_read_is_not_called_damaged(error, remedy, tmp_path, monkeypatch):
    played("bilinear", 1, checkpoint=tmp_path / "run.pt")

    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CheckpointError) as caught:
        played("bilinear", 2, checkpoint=tmp_path / "run.pt")
    assert str(caught.value) == f"{tmp_path / 'run.pt'} cannot be read ({error.strerror}): {remedy}."


def test_a_failed_rename_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    played("bilinear", 2, checkpoint=path)
    good = path.read_bytes()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        with pytest.raises(CheckpointError, match="Permission denied"):
            played("bilinear", 4, checkpoint=path)
    assert path.read_bytes() == good and list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_that_cannot_be_written_names_the_file(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match="file/run.pt cannot be written"):
        played("bilinear", 1, checkpoint=tmp_path / "file" / "run.pt")


def test_a_checkpoint_makes_its_folder(tmp_path):
    played("bilinear", 1, checkpoint=str(tmp_path / "new" / "run.pt"))
    assert (tmp_path / "new" / "run.pt").is_file()


class Pickled:
    """Something whose unpickling would run code."""

    def __reduce__(self):
        return (print, ("unpickled: arbitrary code ran",))


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(b"P"),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "cut at the end": lambda path: path.write_bytes(path.read_bytes()[:-30]),
    "a web page": lambda path: path.write_text("<!DOCTYPE html><html>404</html>"),
    "a list": lambda path: torch.save([1, 2], path),
    "a tensor": lambda path: torch.save(torch.ones(3), path),
    "another dict": lambda path: torch.save({"epoch": 3}, path),
    "only the head": lambda path: torch.save({"identity": torch.load(path)["identity"]}, path),
    "pickled code": lambda path: torch.save({"identity": Pickled()}, path),
    "a pickle that ends in a number": lambda path: rezipped(path, "data.pkl", lambda pickled: b"\x80\x02J"),
    "a pickle that names nothing": lambda path: rezipped(path, "data.pkl", lambda pickled: b"\x80\x02h\x51."),
    "a tensor lost": lambda path: rezipped(path, "/data/0", lambda tensor: b""),
}


def rezipped(path, ending, change):
    """The same archive, sums and all, with the contents of one of its files changed."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, contents in files.items():
            archive.writestr(name, change(contents) if name.endswith(ending) else contents)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_reported_by_name_with_the_remedy(damage, tmp_path, capsys):
    path = tmp_path / "run.pt"
    played("bilinear", 2, checkpoint=path)
    DAMAGE[damage](path)
    with pytest.raises(CheckpointError, match=r"run\.pt.*[Dd]elete it"):
        played("bilinear", 4, checkpoint=path)
    assert "arbitrary code" not in capsys.readouterr().out


def test_a_folder_where_a_checkpoint_should_be_is_not_to_be_deleted(tmp_path):
    (tmp_path / "run.pt").mkdir()
    with pytest.raises(CheckpointError, match=r"run\.pt cannot be read .*: "):
        played("bilinear", 2, checkpoint=tmp_path / "run.pt")


def test_no_flipped_byte_of_its_contents_changes_a_run_unnoticed(tmp_path):
    path = tmp_path / "run.pt"
    played("bilinear", 2, checkpoint=path)
    expected, good = played("bilinear", 3), path.read_bytes()
    contents, noticed = zipfile.ZipFile(path).start_dir, 0  # behind them lies the archive's list of them
    for place in range(0, contents, contents // 60):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        try:
            assert_same(played("bilinear", 3, checkpoint=path), expected)  # a byte that means nothing: padding, a time
        except CheckpointError:
            noticed += 1
    assert noticed > 10


OTHERS = {
    "another game": {"kind": "Dirac"},
    "another schedule": {"schedule": "D+G"},
    "another rule": {"rule": optimistic},
    "averaging": {"ema": 0.9},
    "another optimiser": {"optimiser": sgd},
    "another learning rate": {"optimiser": partial(adam, lr=0.5)},
}


@pytest.mark.parametrize("change", OTHERS)
def test_a_checkpoint_of_another_run_is_refused_and_left_alone(change, tmp_path):
    path = tmp_path / "run.pt"
    played("bilinear", 2, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="belongs to another run"):
        played(**{"kind": "bilinear"} | OTHERS[change], rounds=4, checkpoint=path)
    assert path.read_bytes() == before


def test_a_checkpoint_of_the_same_rule_with_another_weight_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    played("bilinear", 2, rule=Consensus(1.0), checkpoint=path)
    played("bilinear", 3, rule=Consensus(1.0), checkpoint=path)
    with pytest.raises(CheckpointError, match=r"its rule is Consensus\(weight=1.0\), this run.s is Consensus\(weight=2.0\)"):
        played("bilinear", 4, rule=Consensus(2.0), checkpoint=path)


OTHER_COSTS = {
    "another objective": {"objective": losses.hinge},
    "other labels": {"objective": losses.smoothed(0.8)},
    "a penalty": {"penalties": (R1(1.0),)},
    "another penalty's weight": {"penalties": (R1(2.0),)},
    "an augmentation": {"augmentation": InstanceNoise(0.1, 100)},
    "another noise": {"augmentation": InstanceNoise(0.2, 100)},
    "latents of another kind": {"latent": Latent(2, "uniform")},
    "latents of another scale": {"latent": Latent(2, scale=0.5)},
}


@pytest.mark.parametrize("mine, other", list(itertools.permutations([None, *OTHER_COSTS], 2)))
def test_a_checkpoint_of_a_game_with_other_costs_is_refused(mine, other, tmp_path):
    def run(settings, rounds):
        torch.manual_seed(0)
        settings = {"objective": losses.smoothed(0.9), "latent": 2} | OTHER_COSTS.get(settings, {})
        game = GAN(nn.Linear(2, 2), nn.Linear(2, 1), **copy.deepcopy(settings))
        return play(game, ring("cpu"), rounds, checkpoint=tmp_path / "run.pt")

    run(mine, 1)
    run(mine, 2)
    with pytest.raises(CheckpointError, match="its game is GAN"):
        run(other, 3)


class Pressed:
    """Batches; while the `when`-th is handed out, Ctrl-C is pressed `times` times."""

    def __init__(self, when, times=1):
        self.batches, self.when, self.times = ring("cpu"), when, times

    def __next__(self):
        self.when -= 1
        for _ in range(self.times if self.when == 0 else 0):
            signal.raise_signal(signal.SIGINT)
        return next(self.batches)

    def __getattr__(self, name):
        return getattr(self.batches, name)


def test_ctrl_c_lets_the_round_be_finished_and_leaves_a_checkpoint_to_go_on_from(tmp_path):
    def run(batches, **settings):
        torch.manual_seed(0)
        game = GAN(nn.Linear(2, 2), nn.Linear(2, 1), 2)
        history = play(game, batches, 7, every=5, watch=lambda game, average: 0, **settings)
        return game.state_dict(), history.costs, history.seen

    whole, before = run(ring("cpu")), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(Pressed(3), checkpoint=tmp_path / "run.pt")
    assert torch.load(tmp_path / "run.pt", weights_only=True)["done"] == 3 and signal.getsignal(signal.SIGINT) is before
    torch.testing.assert_close(run(ring("cpu"), checkpoint=tmp_path / "run.pt"), whole, rtol=0, atol=0)


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        play(GAN(nn.Linear(2, 2), nn.Linear(2, 1), 2), Pressed(3, times=2), 7, checkpoint=tmp_path / "run.pt")
    assert not (tmp_path / "run.pt").exists() and signal.getsignal(signal.SIGINT) is before


def test_a_run_gives_itself_after_every_round_and_plays_in_any_thread():
    run, rounds = Run(BilinearGame(), None), []
    thread = threading.Thread(target=lambda: rounds.extend(run.done for run in run.play(3)))
    thread.start()
    thread.join()
    assert rounds == [1, 2, 3] and run.history.rounds == 3


def test_a_checkpoint_of_another_latent_says_so(tmp_path):
    def run(latent):
        play(GAN(nn.Linear(2, 2), nn.Linear(2, 1), latent), ring("cpu"), 1, checkpoint=tmp_path / "run.pt")

    run(Latent(2, scale=1 / 8))
    mine, other = "GAN (non-saturating, 2 uniform latents)", "GAN (non-saturating, 2 normal latents · 0.125)"
    with pytest.raises(CheckpointError, match=re.escape(f"its game is {other}, this run's is {mine}. ")):
        run(Latent(2, "uniform"))


class Slope:
    """A penalty that is an object."""

    def __init__(self, weight):
        self.weight = weight

    def __call__(self, discriminator, real, fake, draw):
        return R1(self.weight)(discriminator, real, fake, draw)


def slope(discriminator, real, fake, draw, weight):
    """A penalty that is a function with a setting."""
    return R1(weight)(discriminator, real, fake, draw)


@pytest.mark.parametrize("penalty", [lambda w: partial(slope, weight=w), Slope], ids=["partial", "object"])
def test_a_penalty_of_any_kind_has_a_name_in_the_checkpoint(penalty, tmp_path):
    def run(weight, rounds):
        game = GAN(nn.Linear(2, 2), nn.Linear(2, 1), 2, penalties=(penalty(weight),))
        return play(game, ring("cpu"), rounds, checkpoint=tmp_path / "run.pt")

    run(1.0, 1)
    assert run(1.0, 2).rounds == 2
    with pytest.raises(CheckpointError, match=r"\+ (?i:slope)\(weight=1.0\), this run's is .* \+ (?i:slope)\(weight=2.0\)"):
        run(2.0, 3)


def test_a_rule_that_holds_functions_resumes_too(tmp_path):
    def scaled(by):
        return lambda field, point, memory: ({name: by(g) for name, g in field(point).items()}, memory)

    for rounds in (2, 4):
        played("bilinear", rounds, rule=scaled(lambda g: 0.5 * g), checkpoint=tmp_path / "run.pt")


def test_a_checkpoint_of_another_size_of_network_or_batch_is_refused(tmp_path):
    def run(hidden, size):
        game = GAN(mlp(2, hidden, 2), mlp(2, hidden, 1), latent=2)
        play(game, data.ring().batches(size), 2, checkpoint=tmp_path / "run.pt")

    run(4, 8)
    with pytest.raises(CheckpointError, match="its parameters"):
        run(5, 8)
    with pytest.raises(CheckpointError, match="its batch is 8, this run's is 16"):
        run(4, 16)


def test_a_refused_checkpoint_leaves_the_game_as_it_was(tmp_path):
    played("bilinear", 2, checkpoint=tmp_path / "run.pt")
    game = BilinearGame()
    with pytest.raises(CheckpointError):
        play(game, None, 4, schedule="X+Y", checkpoint=tmp_path / "run.pt")
    assert (game.x.item(), game.y.item()) == (1.0, 1.0)


def test_a_checkpoint_holds_nothing_but_tensors_numbers_and_words(tmp_path):
    played("dropout and BatchNorm", 2, checkpoint=tmp_path / "run.pt", watch=look, every=1, ema=0.9)
    state = torch.load(tmp_path / "run.pt", weights_only=True)

    def leaves(value):
        if isinstance(value, dict):
            return [leaf for key, item in value.items() for leaf in [key, *leaves(item)]]
        return [leaf for item in value for leaf in leaves(item)] if isinstance(value, (list, tuple)) else [value]

    assert {type(leaf) for leaf in leaves(state)} <= {torch.Tensor, int, float, str, bool, type(None)}
    assert {"precision", *checkpoints.KEPT} == set(state)


# The loop ---------------------------------------------------------------------------------------------------------------


class Counting(GAN):
    """Notes who moved on which batch."""

    def draw(self, real, rng):
        self.batch = real
        return super().draw(real, rng)

    def cost(self, player, draw):
        self.log.append((player[0], int(self.batch[0, 0])))
        return super().cost(player, draw)

    forward = cost


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ("DG", "D0 G0 D1 G1"),
        ("D+G", "D0 G0 D1 G1"),
        ("DDG", "D0 D1 G1 D2 D3 G3"),
        ("DGG", "D0 G0 G1 D2 G2 G3"),
        ("GD", "G0 D0 G1 D1"),
    ],
)
def test_players_share_a_rounds_batch_and_nobody_sees_one_twice(schedule, expected):
    game = Counting(mlp(3, 4, 2), mlp(2, 4, 1), latent=3)
    game.log = []
    batches = (torch.full((4, 2), float(k)) for k in itertools.count())
    play(game, batches, 2, schedule=schedule)
    assert " ".join(f"{player.upper()}{batch}" for player, batch in game.log) == expected


def test_the_history_holds_one_cost_a_round_and_the_cost_before_the_step():
    game = BilinearGame(2.0, 3.0)
    history = play(game, None, 5, optimiser=partial(torch.optim.SGD, lr=0.1), every=2)
    assert history.costs["x"][0] == pytest.approx(6.0) and history.costs["y"][0] == pytest.approx(-(2.0 - 0.3) * 3.0)
    assert {name: len(costs) for name, costs in history.costs.items()} == {"x": 5, "y": 5} and history.rounds == 5


def test_rounds_are_counted_where_only_one_player_moves():
    history = play(BilinearGame(2.0, 3.0), None, 3, schedule="Y")
    assert history.costs["x"] == [] and history.rounds == 3


def test_a_fused_optimiser_moves_an_ensemble_as_a_plain_one_does():
    # under vmap, gradients come back as transposed views, and a fused kernel reads memory in order
    def path(fused):
        torch.manual_seed(0)
        game = GAN(Ensemble(lambda: mlp(2, 6, 5, 2), 3), Ensemble(lambda: mlp(2, 6, 5, 1), 3), latent=2)
        play(game, ring("cpu", members=3), 20, optimiser=partial(torch.optim.Adam, lr=1e-2, fused=fused))
        return torch.cat([parameter.detach().flatten() for parameter in game.parameters()])

    torch.testing.assert_close(path(fused=True), path(fused=False), rtol=1e-4, atol=1e-5)


def test_costs_of_an_ensemble_are_reported_per_game():
    torch.manual_seed(0)
    make = lambda n: GAN(Ensemble(lambda: mlp(2, 6, 2), n), Ensemble(lambda: mlp(2, 6, 1), n), latent=2)  # noqa: E731
    costs = [play(make(n), data.ring().batches(64 * n), 1).costs["discriminator"][0] for n in (1, 8)]
    assert costs == pytest.approx([1.386, 1.386], abs=0.2)


def test_watch_is_called_before_the_first_round_every_so_often_and_after_the_last():
    _, history = played("bilinear", 7, watch=lambda game, average: game.x.item(), every=3)
    assert [number for number, _ in history.seen] == [0, 3, 6, 7] and history.seen[0][1] == 1.0


def test_the_average_is_exponential_once_it_has_forgotten_where_it_began_and_buffers_are_copied():
    torch.manual_seed(7)
    game = memoryful()
    expected = {name: p.detach().clone() for name, p in game.named_parameters()}
    weights = iter([0, 9 / 10, 9 / 11, 9 / 12, 0.7, 0.7])  # of the present parameters, before round 1 and after each round

    def follow(game, average):
        weight = next(weights)
        for name, p in game.named_parameters():
            expected[name] = (1 - weight) * expected[name] + weight * p.detach()

    history = play(game, ring("cpu"), 5, ema=0.3, watch=follow, every=1)
    for name, p in history.average.named_parameters():
        torch.testing.assert_close(p, expected[name])
        assert not p.requires_grad
    assert not torch.allclose(history.average.generator[0].weight, game.generator[0].weight)
    assert_equal(dict(history.average.named_buffers()), dict(game.named_buffers()))
    assert history.average.generator[1].num_batches_tracked > 0


def test_without_averaging_there_is_no_average_and_watch_sees_the_game():
    game, history = played("bilinear", 1, watch=lambda game, average: game is average)
    assert history.average is None and [same for _, same in history.seen] == [True, True]


def test_a_cost_that_is_not_finite_stops_the_run_and_names_player_and_round():
    game = BilinearGame()
    with pytest.raises(GameError, match=r"the x's cost is (inf|-inf|nan) in round \d+.*learning rate"):
        play(game, None, 2000, optimiser=partial(torch.optim.SGD, lr=1e3), every=10)


def test_optimisers_for_the_wrong_players_are_refused():
    with pytest.raises(GameError, match="optimisers are given for generator; the players are discriminator, generator"):
        played("dropout and BatchNorm", 1, optimiser={"generator": adam})


def test_each_player_can_have_its_own_optimiser():
    game = BilinearGame()
    makers = {"x": partial(torch.optim.SGD, lr=0.1), "y": partial(torch.optim.SGD, lr=0.0)}
    play(game, None, 1, optimiser=makers)
    assert (game.x.item(), game.y.item()) == (pytest.approx(0.9), 1.0)


def test_bf16_computes_in_it_and_keeps_parameters_in_full_precision():
    dtypes = []
    torch.manual_seed(7)
    game = GAN(mlp(3, 8, 2), mlp(2, 8, 1), latent=3)
    game.generator[0].register_forward_hook(lambda module, args, output: dtypes.append(output.dtype))
    play(game, ring("cpu"), 2, engine=Engine("bf16"))
    assert set(dtypes) == {torch.bfloat16} and {p.dtype for p in game.parameters()} == {torch.float32}


def test_adam_has_radfords_settings():
    (group,) = adam([nn.Parameter(torch.zeros(1))]).param_groups
    assert (group["lr"], group["betas"]) == (2e-4, (0.5, 0.999))


@pytest.mark.parametrize("maker", [adam, torch.optim.RMSprop, sgd], ids=["fused Adam", "RMSprop", "SGD"])
@pytest.mark.parametrize("kind", ["WGAN-GP", "ensemble"])
def test_clipping_keeps_the_weights_of_the_player_whose_optimiser_it_is_within_the_bound(maker, kind):
    largest = []

    def look(game, average):
        largest.append([max(p.abs().max() for p in getattr(game, name).parameters()) for name in game.order])

    optimiser = {"discriminator": clipped(partial(maker, lr=0.03), 0.02), "generator": maker}
    played(kind, 4, optimiser=optimiser, watch=look, every=1)
    (free, _), *later = largest
    assert free > 0.1 and all(bounded == torch.tensor(0.02) and other > 0.1 for bounded, other in later)


def test_a_clipped_step_is_the_plain_one_clamped():
    one, plain = BilinearGame(0.3, 2.0), BilinearGame(0.3, 2.0)
    play(one, None, 1, optimiser=clipped(sgd, 0.25), schedule="X+Y")
    play(plain, None, 1, optimiser=sgd, schedule="X+Y")
    assert (one.x, one.y) == (plain.x, 0.25) and plain.x.item() == pytest.approx(0.2) and plain.y > 2


def test_optimistic_steps_of_gradient_descent_are_the_optimistic_rule():
    for schedule in ("XY", "X+Y"):
        steps, rule, plain = BilinearGame(), BilinearGame(), BilinearGame()
        play(steps, None, 30, optimiser=optimistic_steps(sgd), schedule=schedule)
        play(rule, None, 30, optimiser=sgd, rule=optimistic, schedule=schedule)
        play(plain, None, 30, optimiser=sgd, schedule=schedule)
        torch.testing.assert_close((steps.x, steps.y), (rule.x, rule.y))
        assert abs(plain.x - rule.x) > 1e-3


def test_optimistic_adam_is_the_papers():
    """Algorithm 1 of Daskalakis et al. (2018), on a given sequence of gradients."""
    rate, b1, b2, eps = 0.1, 0.5, 0.9, 1e-8
    parameter = nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    optimiser = optimistic_steps(partial(torch.optim.Adam, lr=rate, betas=(b1, b2), eps=eps))([parameter])
    here, mean, square, last = parameter.detach().clone(), 0.0, 0.0, None
    for t, slope in enumerate(torch.randn(6, 2, dtype=torch.float64), 1):
        parameter.grad = slope
        optimiser.step()
        mean, square = b1 * mean + (1 - b1) * slope, b2 * square + (1 - b2) * slope**2
        ratio = (mean / (1 - b1**t)) / ((square / (1 - b2**t)).sqrt() + eps)
        here = here - 2 * rate * ratio + rate * (ratio if last is None else last)
        last = ratio
        torch.testing.assert_close(parameter.detach(), here)


def test_extrapolated_gradient_descent_is_the_extragradient_method():
    steps, rule, plain = BilinearGame(), BilinearGame(), BilinearGame()
    play(steps, None, 30, optimiser=extrapolated(sgd), schedule="X+YX+Y")
    play(rule, None, 30, optimiser=sgd, rule=Extragradient(0.05), schedule="X+Y")
    play(plain, None, 30, optimiser=sgd, schedule="X+Y")
    torch.testing.assert_close((steps.x, steps.y), (rule.x, rule.y))
    assert abs(plain.x - rule.x) > 1e-3


def test_extrapolated_adam_is_the_papers():
    """Algorithm 4 of Gidel et al. (2019): both steps of a pair share moments, and the second starts where the first did."""
    rate, b1, b2, eps = 0.1, 0.5, 0.9, 1e-8
    parameter = nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    optimiser = extrapolated(partial(torch.optim.Adam, lr=rate, betas=(b1, b2), eps=eps))([parameter])
    start, mean, square = parameter.detach().clone(), 0.0, 0.0
    for t, slope in enumerate(torch.randn(6, 2, dtype=torch.float64), 1):
        parameter.grad = slope
        optimiser.step()
        mean, square = b1 * mean + (1 - b1) * slope, b2 * square + (1 - b2) * slope**2
        there = start - rate * (mean / (1 - b1**t)) / ((square / (1 - b2**t)).sqrt() + eps)
        torch.testing.assert_close(parameter.detach(), there)
        start = start if t % 2 else there


def test_extrapolated_steps_resume_exactly(tmp_path):
    assert_resumes_exactly(tmp_path, "ensemble", ema=None, device="cpu", optimiser=extrapolated(adam), schedule="D+GD+G")


@pytest.mark.parametrize("kind", ["WGAN-GP", "ensemble"])
def test_optimistic_steps_resume_exactly_and_from_no_others_checkpoint(kind, tmp_path):
    assert_resumes_exactly(tmp_path, kind, ema=None, device="cpu", optimiser=optimistic_steps(adam))
    played(kind, 2, optimiser=adam, checkpoint=tmp_path / "plain.pt")
    with pytest.raises(CheckpointError, match="its optimisers is"):
        played(kind, 3, optimiser=optimistic_steps(adam), checkpoint=tmp_path / "plain.pt")


@pytest.mark.parametrize("other", [clipped(adam, 0.02), adam], ids=["another bound", "no bound"])
def test_a_checkpoint_of_a_run_clipped_at_another_bound_is_refused(other, tmp_path):
    path = tmp_path / "run.pt"
    played("WGAN-GP", 2, optimiser=clipped(adam, 0.01), checkpoint=path)
    played("WGAN-GP", 3, optimiser=clipped(adam, 0.01), checkpoint=path)
    with pytest.raises(CheckpointError, match="its optimisers is"):
        played("WGAN-GP", 4, optimiser=other, checkpoint=path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda_is_used_when_the_game_lies_there():
    from gan_edu.course import choose_device

    assert choose_device("auto") == "cuda"
    game, history = played("DCGAN with spectral norm", 3, device="cuda", ema=0.9)
    assert {p.device.type for p in (*game.parameters(), *history.average.parameters())} == {"cuda"}
    assert game.sample(4, torch.Generator("cuda")).device.type == "cuda"


# Several processes ------------------------------------------------------------------------------------------------------

WORKER = textwrap.dedent(
    """
    import os
    import sys
    import torch
    from torch import distributed, nn
    from gan_edu import data, penalties
    from gan_edu.augmentations import InstanceNoise
    from gan_edu.dynamics import Consensus, Extragradient, gradient, Unrolled
    from gan_edu.models.gan import GAN
    from gan_edu.networks import mlp
    from gan_edu.training import play

    rank, processes, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    if processes > 1:
        distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=processes)
    for name, rule, schedule in (
        ("plain", gradient, "DDG"),
        ("ahead", Extragradient(0.1), "D+G"),
        ("consensus", Consensus(0.2), "D+G"),
        ("unrolled", Unrolled("generator", 2, 0.2), "DG"),
        ("noisy", gradient, "DG"),
    ):
        torch.manual_seed(3)
        game = GAN(mlp(2, 8, 2, activation=nn.Tanh), mlp(2, 8, 1, activation=nn.Tanh), 2, penalties=[penalties.R1(1.0)],
                   augmentation=InstanceNoise(1.0, 4) if name == "noisy" else None)
        optimiser = lambda parameters: torch.optim.SGD(parameters, lr=0.1)
        play(game, data.ring().batches(16), 6, optimiser=optimiser, rule=rule, schedule=schedule,
             checkpoint=f"{folder}/{name}-of-{processes}.pt")
        torch.save(game.state_dict(), f"{folder}/{name}-{rank}-of-{processes}.weights")
    if processes > 1:
        distributed.barrier()  # nobody hangs up on the other
        distributed.destroy_process_group()
        os._exit(0)  # gloo's threads have aborted a process that was ending in the ordinary way
    """
)


@pytest.mark.skipif(not torch.distributed.is_available() or sys.platform == "win32", reason="needs torch.distributed with gloo")
def test_two_processes_play_the_same_game_as_one(tmp_path):
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "lo0"}
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), str(n), str(tmp_path)], env=environment, stderr=subprocess.PIPE, text=True
        )
        for rank, n in ((0, 1), (0, 2), (1, 2))
    ]
    for job in jobs:
        _, complaints = job.communicate(timeout=120)
        assert job.returncode == 0, complaints
    for name in ("plain", "ahead", "consensus", "unrolled", "noisy"):
        alone, first, second = (torch.load(tmp_path / f"{name}-{which}.weights") for which in ("0-of-1", "0-of-2", "1-of-2"))
        torch.testing.assert_close(first, alone, rtol=1e-5, atol=1e-6)
        assert_equal(first, second)
        assert (tmp_path / f"{name}-of-2.pt").is_file()


# How far it is ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bars(monkeypatch):
    """The bars that are made, as what they were asked for, and what was said on them."""
    made = []

    class Bar(training.tqdm):
        def __init__(self, **settings):
            super().__init__(**settings | {"disable": True})
            self.settings, self.said, self.steps = settings, [], 0
            made.append(self)

        def update(self, n=1):
            self.n += n

        def set_postfix(self, said, refresh):
            self.said.append(said)

    monkeypatch.setattr(training, "tqdm", Bar)
    monkeypatch.delenv("TQDM_DISABLE")
    return made


def test_a_run_shows_how_far_it_is_if_asked_and_in_notebooks(bars, monkeypatch):
    for progress in (None, True, False):
        play(plain(), ring("cpu"), 5, every=2, progress=progress)
    training.show_progress(True)
    play(plain(), ring("cpu"), 5)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    play(plain(), ring("cpu"), 5, progress=True)
    assert [bar.settings["disable"] for bar in bars] == [True, False, True, False, True]
    assert all(bar.settings["delay"] == 3 and bar.settings["total"] == bar.n == 5 for bar in bars)
    assert len(bars[1].said) == 2 and set(bars[1].said[0]) == {"discriminator", "generator"}


def test_a_resumed_run_shows_where_it_goes_on(bars, tmp_path):
    for rounds in (2, 5):
        play(plain(), ring("cpu"), rounds, checkpoint=tmp_path / "run.pt", progress=True)
    assert [bar.n for bar in bars] == [2, 5]


# What cannot be played --------------------------------------------------------------------------------------------------

TENSOR = torch.zeros(16, 2)
UNFIT = {
    "a DataLoader": (
        {"batches": DataLoader(TENSOR, 4)},
        r"a DataLoader is no endless source of batches: .*images.batches\(64\)",
    ),
    "a tensor": ({"batches": TENSOR}, "a Tensor is no endless source"),
    "a list": ({"batches": [TENSOR]}, "a list is no endless source"),
    "a function": ({"batches": abs}, "a builtin_function_or_method is no endless source"),
    "an optimiser's instance": ({"optimiser": torch.optim.Adam([nn.Parameter(TENSOR)])}, "optimiser must make an optimiser"),
    "an optimiser's name": ({"optimiser": "adam"}, "optimiser must make an optimiser"),
    "instances by player": (
        {"optimiser": {"discriminator": adam, "generator": torch.optim.Adam([nn.Parameter(TENSOR)])}},
        "optimiser must make an optimiser",
    ),
    "optimisers for others": (
        {"optimiser": {"critic": adam}},
        "optimisers are given for critic; the players are discriminator",
    ),
    "a rule's name": ({"rule": "extragradient"}, "'extragradient' is no rule: give one of gan_edu.dynamics"),
    "a decay of two": ({"ema": 2}, "ema=2 is no way to average"),
    "a word": ({"ema": "median"}, "ema='median' is no way to average"),
    "yes": ({"ema": True}, "ema=True is no way to average"),
    "a precision": ({"engine": "bf16"}, "'bf16' is no engine: give engine.Engine"),
    "a seed's name": ({"seed": "0"}, "seed='0' is no seed"),
    "too long a seed": ({"seed": 10**20}, "is no seed: give a whole number of at most 64 bits"),
    "less than nothing": ({"rounds": -1}, "rounds=-1 is no whole number of rounds from 0 on"),
    "a part of a round": ({"rounds": 1.5}, "rounds=1.5 is no whole number"),
    "never": ({"every": 0}, "every=0 is no whole number of rounds from 1 on"),
    "a network": ({"game": mlp(2, 1)}, "what is played must be a Game .*, not a Sequential"),
}


@pytest.mark.parametrize(("wrong", "words"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_played_is_refused_in_a_sentence_before_anything_is_learned(wrong, words):
    settings = {"game": plain(), "batches": ring("cpu"), "rounds": 1} | wrong
    game = settings.pop("game")
    before = copy.deepcopy(game.state_dict())
    with pytest.raises(GameError, match=words):
        play(game, settings.pop("batches"), settings.pop("rounds"), **settings)
    assert_equal(game.state_dict(), before)


def test_a_checkpoint_is_refused_at_once_where_the_batches_cannot_say_where_they_are(tmp_path):
    endless = (TENSOR[:4] for _ in itertools.count())
    with pytest.raises(GameError, match="must say where the batches are, and a generator cannot"):
        play(plain(), endless, 1, checkpoint=tmp_path / "run.pt")
    assert list(tmp_path.iterdir()) == [] and play(plain(), endless, 1).rounds == 1


@pytest.mark.parametrize("source", [lambda: iter(DataLoader(TENSOR, 4)), lambda: iter(TENSOR.split(4))], ids=["loader", "list"])
def test_batches_that_end_say_after_how_many_rounds(source):
    with pytest.raises(GameError, match="came to an end after 4 rounds: play needs an endless source"):
        play(plain(), source(), 9)


def test_a_loader_is_played_as_the_message_says():
    loader = DataLoader(TENSOR, 4)
    assert play(plain(), (batch for _ in itertools.count() for batch in loader), 9).rounds == 9


def bounded(limit):
    return lambda discriminator, real, fake, draw: (real.logits - torch.as_tensor(limit).flatten()[0]).square().mean()


def with_default(limit):
    def penalty(discriminator, real, fake, draw, limit=limit):
        return (real.logits - limit).square().mean()

    return penalty


LIMITS = {
    "a tensor": (bounded(torch.tensor(1.0)), bounded(torch.tensor(1.0)), bounded(torch.tensor(2.0))),
    "an array": (bounded(np.array([1.0])), bounded(np.array([1.0])), bounded(np.array([2.0]))),
    "a list": (bounded([1.0]), bounded([1.0]), bounded([2.0])),
    "a default": (with_default(1.0), with_default(1.0), with_default(2.0)),
    "an argument": (partial(abs, limit=torch.ones(1)), partial(abs, limit=torch.ones(1)), partial(abs, limit=torch.zeros(1))),
    "what a lambda does": (lambda: 1.0, lambda: 1.0, lambda: 2.0),
}


def test_a_checkpoint_of_an_earlier_version_is_not_called_damaged(tmp_path):
    path = tmp_path / "run.pt"
    played("bilinear", 1, checkpoint=path)
    state = torch.load(path)
    state["about"] = state.pop("identity")
    torch.save(state, path)
    with pytest.raises(CheckpointError, match="written by another version of gan_edu: go on with that one, or") as caught:
        played("bilinear", 2, checkpoint=path)
    assert "Delete" not in str(caught.value) and path.is_file()


@pytest.mark.parametrize(("one", "same", "other"), LIMITS.values(), ids=LIMITS)
def test_penalties_are_told_apart_by_all_that_they_hold(one, same, other):
    assert described(one) == described(same) != described(other)


def test_a_run_with_a_penalty_that_holds_another_tensor_is_another_run(tmp_path):
    def begun(limit, rounds):
        play(plain(penalties=[bounded(limit)]), ring("cpu"), rounds, checkpoint=tmp_path / "run.pt")

    begun(torch.tensor(1.0), 1)
    begun(torch.tensor(1.0), 2)
    with pytest.raises(CheckpointError, match="belongs to another run: its game is"):
        begun(torch.tensor(2.0), 3)
