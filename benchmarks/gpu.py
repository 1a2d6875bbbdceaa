"""What a GPU gives, in one script of about ten minutes: `python -m benchmarks gpu`.

Without one it does the same on the processor with shapes shrunk, by which a test sees that it still works; no result is written then.
"""

import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from matplotlib.figure import Figure
from torch.utils.flop_counter import FlopCounterMode

from gan_edu import data, plots, recipes
from gan_edu.course import runner
from gan_edu.engine import Engine
from gan_edu.models.gan import GAN
from gan_edu.networks import dcgan_discriminator, dcgan_generator
from gan_edu.training import Run

from .growth import rings

TITLE = "On a GPU"
NOTE = (
    "Rounds of ring GANs (fp32, the same batch again and again) as PyTorch starts them, kernel by kernel, and captured once in a CUDA "
    "graph and replayed; Radford's stack, 64 channels wide, BatchNorm on both sides, in bf16, and what share its products are of the "
    "rate at which this GPU multiplies large matrices; the recipe for photographs on flowers at 128×128 for the time that was left."
)
MINUTES = 10
ON_GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if ON_GPU else "cpu")
adam = partial(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999), fused=True, capturable=ON_GPU)


def measure(folder=Path("build/gpu")):
    """Rows of what was measured. Pictures of the flowers stay in the folder."""
    until = time.perf_counter() + 60 * MINUTES
    rows = []
    for part in (cuda_tests, notebooks, ring_gans, stacks, partial(flowers, folder, until)):
        for what, value in part():
            rows.append({"what": what, "found": value})
            print(f"{what}: {value}", flush=True)
    return rows


def cuda_tests():
    """The tests that ask for a device."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", "cuda", "tests/test_training.py"]
    ended = subprocess.run(command, cwd=runner.ROOT, capture_output=True, text=True)
    yield "tests that ask for CUDA", (ended.stdout + ended.stderr).strip().splitlines()[-1]


def notebooks():
    """Every notebook in the smoke profile (without a GPU the first), eight at a time."""
    paths = runner.notebooks(None if ON_GPU else "00")
    with ProcessPoolExecutor(8 if ON_GPU else 1, get_context("spawn")) as pool:
        outcomes = list(pool.map(notebook, paths))
    problems = [f"{outcome.name}: {problem}" for outcome in outcomes for problem in outcome.problems]
    yield "notebooks in smoke without a problem", f"{sum(not o.problems for o in outcomes)} of {len(outcomes)}"
    for problem in problems:
        yield "problem", problem


def notebook(path):
    """What comes of a notebook in the smoke profile on this device."""
    with TemporaryDirectory() as folder:
        parameters = {"PROFILE": "smoke", "SEED": 0, "DEVICE": DEVICE.type}
        return runner.run_notebook(path, Path(folder, path.name), parameters, timeout=300)


def ring_gans():
    """Milliseconds of a round, eager and captured."""
    for members in (1, 32):
        game = rings(members)[0].to(DEVICE)
        batch = data.ring().sample(128 * members, torch.Generator().manual_seed(0)).to(DEVICE)
        run = Run(game, repeat(batch), adam, engine=Engine("fp32"))
        eager = milliseconds(run.round)
        yield f"ring GANs at once: {members}, eager, ms", round(eager, 3)
        if ON_GPU:
            replayed = milliseconds(captured(run))
            yield f"ring GANs at once: {members}, captured, ms", round(replayed, 3)
            yield f"ring GANs at once: {members}, eager / captured", round(eager / replayed, 1)


def captured(run):
    """A function that plays a round of a `Run` by replaying its kernels. Its costs are those of the round that was captured."""
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(run.rng)
    aside = torch.cuda.Stream()
    with torch.cuda.stream(aside):  # what PyTorch asks for before a capture: the optimisers' states come to be here
        for _ in range(3):
            run.round()
    torch.cuda.synchronize()
    with torch.cuda.graph(graph):
        run.round()
    return graph.replay


def stacks():
    """Images a second of a DCGAN in bf16, and its products as a share of the peak."""
    side, batches = (8192, (64, 128)) if ON_GPU else (256, (16,))
    a, b = torch.randn(2, side, side, device=DEVICE).bfloat16()
    peak = 2 * side**3 / (1e-3 * milliseconds(lambda: a @ b))
    yield f"TFLOP/s in bf16, {side} × {side} matrices", round(peak / 1e12, 3)
    for size in batches:
        width, batch = (64, 128) if ON_GPU else (4, 4)
        torch.manual_seed(0)
        generator = dcgan_generator(100, 3, size, width)
        game = GAN(generator, dcgan_discriminator(3, size, width, normalise="batch"), latent=100).to(DEVICE)
        images = torch.rand(batch, 3, size, size, device=DEVICE) * 2 - 1
        run = Run(game, repeat(images), adam, engine=Engine("bf16"))
        with FlopCounterMode(display=False) as counter:
            run.round()
        seconds = 1e-3 * milliseconds(run.round)
        yield f"DCGAN {size} × {size}, images a second", round(batch / seconds)
        yield f"DCGAN {size} × {size}, share of the peak", f"{counter.get_total_flops() / seconds / peak:.1%}"


def milliseconds(action, repeats=5):
    """How long an action takes on the device: the median of stretches of about a tenth of a second."""
    action()
    count, times = 1, []
    while len(times) < repeats:
        synchronise()
        started = time.perf_counter()
        for _ in range(count):
            action()
        synchronise()
        elapsed = time.perf_counter() - started
        if elapsed < 0.1 and not times:
            count *= 2
            continue
        times.append(1e3 * elapsed / count)
    return statistics.median(times)


def synchronise():
    """Waits for the device."""
    if ON_GPU:
        torch.cuda.synchronize()


def flowers(folder, until):
    """The recipe for photographs, on flowers, until that time; on a processor two rounds at 16 × 16."""
    side = 128 if ON_GPU else 16
    images = data.load("flowers", size=side)
    recipe = recipes.named("photographs")
    torch.manual_seed(0)
    batches = images.batches(recipe.batch, 0, DEVICE, prepare=recipe.prepare)
    run = Run(recipe.game(images.shape).to(DEVICE), batches, recipe.optimiser, recipe.schedule, ema=recipe.ema)
    rounds, every = (10**9, 500) if ON_GPU else (2, 1)
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    for _ in run.play(rounds, every=every):
        if run.done % every == 0:
            made = run.shown.sample(64, torch.Generator(DEVICE).manual_seed(0))
            (folder / f"flowers{run.done:07}.webp").write_bytes(plots.sheet(made, 8))
        if time.perf_counter() > until and ON_GPU:
            break
    seconds = time.perf_counter() - started
    yield f"flowers {side} × {side}, recipe for photographs, passes", round(run.done * recipe.batch / len(images), 1)
    yield f"flowers {side} × {side}, images a second, with looks", round(run.done * recipe.batch / seconds)


def plot(rows):
    """Eager and captured rounds."""
    found = {row["what"]: row["found"] for row in rows}
    names = [what for what in found if what.endswith("ms")]
    figure = Figure(figsize=(7, 2.2), layout="constrained")
    ax = figure.subplots()
    ax.barh(names, [found[name] for name in names])
    ax.set(xlabel="ms a round", xscale="log")
    ax.invert_yaxis()
    return figure
