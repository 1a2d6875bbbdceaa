"""What holds for every test: no network, one thread unless `GAN_EDU_TESTS_THREADS` says more, seeds, no data but what the test asks
for."""

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
OFFLINE = TESTS / "offline"

# Before anything else is imported, and for every process that a test starts (kernels, commands, workers):
others = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p not in ("", str(OFFLINE))]
os.environ["PYTHONPATH"] = os.pathsep.join([str(OFFLINE), *others])
THREADS = os.environ.setdefault("GAN_EDU_TESTS_THREADS", "1")
os.environ["TQDM_DISABLE"] = "1"  # no bars in logs
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = THREADS
sys.path[:0] = [str(OFFLINE), str(ROOT)]  # and ROOT, for benchmarks and recordings
# The system may have a sitecustomize of its own; xdist's workers have already imported ours.
if not hasattr(sys.modules.get("sitecustomize"), "NetworkUsed"):
    sys.modules.pop("sitecustomize", None)
import sitecustomize  # noqa: E402

sitecustomize.block()

import browsing  # noqa: E402
import matplotlib  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from xdist.scheduler import LoadFileScheduling  # noqa: E402

from gan_edu.engine import keep_memory  # noqa: E402
from gan_edu.training import show_progress  # noqa: E402

matplotlib.use("Agg")
torch.set_num_threads(int(THREADS))
keep_memory()  # as every lesson does: so that it does not matter which tests come after those that begin one

# Where this machine keeps real data sets, if it does; under another name, which xdist's workers inherit.
DATA = os.environ.setdefault("GAN_EDU_TESTS_DATA", os.environ.pop("GAN_EDU_DATA", ""))
os.environ["GAN_EDU_OFFLINE"] = "1"


class ByNotebook(LoadFileScheduling):
    """Which tests share a worker, so that what they share is made once: those of a file; of the longest files, of a notebook."""

    def _split_scope(self, nodeid):
        of_a_notebook = re.search(r"test_(notebooks|exercises)\.py::.*\[(.*)\]$", nodeid)
        return " ".join(of_a_notebook.groups()) if of_a_notebook else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByNotebook(config, log)


@pytest.fixture(autouse=True)
def offline():
    """The network is closed, in this process and in those it starts. No test may open it."""
    yield sitecustomize.NetworkUsed
    assert hasattr(socket.socket.connect, "guards"), "the test opened the network"


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same seeds, and leaves as they were torch's defaults and what a lesson that begins asks for."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)
    show_progress(False)


@pytest.fixture(autouse=True)
def no_data(monkeypatch, tmp_path_factory):
    """No data set is found unless the test provides one: not from `GAN_EDU_DATA`, not from this checkout's `data/`."""
    monkeypatch.delenv("GAN_EDU_DATA", raising=False)
    monkeypatch.setenv("GAN_EDU_OFFLINE", "1")
    from gan_edu.data import images

    nowhere = tmp_path_factory.getbasetemp() / "nowhere"
    monkeypatch.setattr(images, "home", lambda: nowhere)


@pytest.fixture
def real_data(monkeypatch, no_data):
    """Real data sets, where `GAN_EDU_DATA` named them when the tests were started; otherwise the test is skipped."""
    if not DATA:
        pytest.skip("needs real data: set GAN_EDU_DATA to a folder that holds mnist/")
    monkeypatch.setenv("GAN_EDU_DATA", DATA)
    return Path(DATA)


@pytest.fixture(scope="session")
def node():
    """`node(driver, folder, questions)`: what the JavaScript of a laboratory's folder answers to questions by key, asked in one
    process by a driver of this folder. Who asks is skipped where there is no node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("there is no node on this machine, and the laboratories are JavaScript")

    def answers(driver, folder, questions):
        asked, command = json.dumps(list(questions.values())), [program, TESTS / driver, folder]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, encoding="utf-8", timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return dict(zip(questions, json.loads(done.stdout)))

    return answers


@pytest.fixture(scope="module")
def browser():
    """See `browsing.chromium`. Not for the whole session: while it is there, an event loop runs in this thread, and tests that begin
    theirs could not."""
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture
def new_page(browser):
    """See `browsing.watched`."""
    with browsing.watched(browser) as new_page:
        yield new_page


@pytest.fixture
def rng():
    """A seeded `torch.Generator` on the CPU."""
    return torch.Generator().manual_seed(0)


@pytest.fixture
def moved_by():
    """`moved_by(player, game, draw)`: the names of the game's parameters that a turn of that player, on that draw, moves."""
    from gan_edu.engine import Engine
    from gan_edu.training import Run

    def moved(player, game, draw):
        before = {name: parameter.detach().clone() for name, parameter in game.named_parameters()}
        run = Run(game, None, optimiser=lambda parameters: torch.optim.SGD(parameters, lr=1.0), engine=Engine("fp32", 1))
        run.draw = draw
        run.turn(0, (player,))
        return {name for name, parameter in game.named_parameters() if not torch.equal(parameter, before[name])}

    return moved
