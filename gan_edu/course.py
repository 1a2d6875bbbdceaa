"""The course itself: profiles, what a notebook starts with, and running notebooks from outside."""

import hashlib
import json
import os
import platform
import random
import re
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from .checks import FAILS, MIME, OPEN, Checks
from .errors import CourseError, DataError, file_errors

PROFILES = ("smoke", "lecture", "full")
ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"


@dataclass
class Lesson:
    """What a notebook works with: profile, seed, device, and its checks."""

    profile: str
    seed: int
    device: object
    check: Checks

    def pick(self, smoke, lecture, full=None):
        """The value that this profile wants; `full` is the lecture's where it is not given."""
        return {"smoke": smoke, "lecture": lecture, "full": lecture if full is None else full}[self.profile]


def begin(profile, seed, device="auto"):
    """Starts a notebook: seeds everything, chooses the device, sets the style of the figures, says so in one line.

    profile: "smoke" (seconds: does every cell run?), "lecture" (minutes: real learning) or "full" (the papers' own settings).
        Where nbgrader validates or grades a copy it is "smoke", whatever the copy says.
    device: "auto", "cpu", "cuda" or "mps".
    """
    import numpy as np
    import torch

    from . import engine, plots, training

    if profile not in PROFILES:
        raise CourseError(f"{profile!r} is no profile: choose {', '.join(PROFILES)}.")
    if "NBGRADER_EXECUTION" in os.environ:
        profile = "smoke"
    device = torch.device(choose_device(device))
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    plots.use_style(arrange=profile != "smoke")  # arranging what is in a figure takes half the time of drawing it
    engine.keep_memory()
    training.show_progress(True)
    how = ["bf16 for convolutions and wide layers" if engine.knows_bf16(device) else "fp32"]
    if device.type == "cpu":
        threads = min(torch.get_num_threads(), engine.allowed_cores())
        torch.set_num_threads(threads)
        how.insert(0, f"{threads} thread{'s' * (threads > 1)}")
    print(f"profile {profile}, seed {seed}, device {device}, {', '.join(how)}, torch {torch.__version__}")
    return Lesson(profile, seed, device, Checks(judging=profile != "smoke"))


def choose_device(name="auto"):
    """The device: "cuda" if there is one, else "mps" if there is one, else "cpu"; or the one asked for, if it is there."""
    import torch

    here = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    if name == "auto":
        return here[0]
    if name.split(":")[0] in here:
        with suppress(RuntimeError):  # about a number that there is not
            torch.empty(0, device=name)
            return name
    raise CourseError(f"there is no device {name!r} here: choose {', '.join(['auto', *here])}.")


def findings():
    """What this machine has, as rows (what, found, advice): Python, PyTorch, device, data sets, disk."""
    import torch

    from .data import images, pairs

    yield "Python", platform.python_version(), ""
    yield "PyTorch", torch.__version__, ""
    device = choose_device()
    driver = shutil.which("nvidia-smi") is not None
    advice = "there is an NVIDIA driver, but this PyTorch build cannot use it: install a CUDA build with run.py --torch-index"
    yield "device", device, advice if driver and device != "cuda" else ""
    yield "CPU threads", str(torch.get_num_threads()), ""
    downloaded = "it is downloaded when a notebook needs it; see data/README.md"
    sets = [(entry.title, partial(images.find, name), downloaded) for name, entry in images.SETS.items()]
    for title, find, advice in [*sets, ("CMP facades", pairs.find, "drawn outlines stand in for them; see data/README.md")]:
        folder = None
        try:
            folder = find()
        except DataError as error:
            advice = str(error)
        yield title, str(folder or "not here"), "" if folder else advice
    free = shutil.disk_usage(ROOT).free / 1e9
    yield "free disk", f"{free:.1f} GB", "the course needs about 1 GB: make room" if free < 1 else ""
    yield "notebooks", str(len(notebooks())), ""


def notebooks(only=None):
    """The notebooks in order; those whose names begin with one of the comma-separated prefixes in `only`, if given."""
    found = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if only is not None:
        wanted = [prefix.strip() for prefix in only.split(",") if prefix.strip()]
        unknown = [prefix for prefix in wanted if not any(path.name.startswith(prefix) for path in found)]
        if unknown or not wanted:
            missing = ", ".join(unknown) or repr(only)
            raise CourseError(f"no notebook begins with {missing}; there are {', '.join(p.stem for p in found)}.")
        found = [path for path in found if path.name.startswith(tuple(wanted))]
    return found


@dataclass
class Outcome:
    """What became of one notebook: seconds, counts of checks by state, and every problem found, in words."""

    name: str
    seconds: float = 0.0
    checks: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def run_notebook(source, target, parameters=None, timeout=7200):
    """Executes one notebook with papermill, writes it with all its outputs to `target`, and returns the `Outcome`.

    parameters: values for names that the cell tagged `parameters` sets. Raises CourseError for an unknown name, which papermill
    would accept in silence, and for a file that is no notebook.
    """
    import nbformat
    import papermill

    source, target = Path(source), Path(target)
    target.unlink(missing_ok=True)  # an older run's result must not pass for this one's
    try:
        nbformat.read(source, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise CourseError(f"{source.name} is no notebook ({str(error).splitlines()[0]}). Put back a good copy.") from error
    known = set(papermill.inspect_notebook(str(source)))
    unknown = set(parameters or {}) - known
    if unknown:
        raise CourseError(
            f"{source.name} has no parameter {', '.join(sorted(unknown))}; it has {', '.join(sorted(known)) or 'none'}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    outcome, started = Outcome(source.stem), time.perf_counter()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Path(folder, target.name)  # an interrupted run leaves no half of a result
        try:
            papermill.execute_notebook(
                str(source),
                str(made),
                parameters=parameters or {},
                kernel_name="python3",
                cwd=str(source.parent),
                progress_bar=False,
                request_save_on_cell_execute=False,  # written once, at the end: after every cell it would take seconds
                start_timeout=120,
                execution_timeout=timeout,
                kernel_manager_class=_kernel_manager(folder),
                extra_arguments=["--IPKernelApp.log_level=CRITICAL"],  # no word about how kernel and runner say goodbye
            )
        except papermill.PapermillExecutionError as error:
            outcome.problems.append(f"cell [{error.exec_count}] raised {error.ename}: {error.evalue}")
        except (RuntimeError, TimeoutError) as error:  # the kernel died, or a cell never ended
            outcome.problems.append(f"the kernel stopped: {error}")
        outcome.seconds = time.perf_counter() - started
        if made.exists():
            executed = nbformat.read(made, as_version=4)
            write_derived(executed, target)
            outcome.problems += hidden_errors(executed)
            for report in reports(executed):
                outcome.checks[report["state"]] = outcome.checks.get(report["state"], 0) + 1
                if report["state"] == FAILS:
                    outcome.problems.append(f"check failed: {report['claim']} ({report['detail']})")
    return outcome


def _kernel_manager(settings):
    """A manager for kernels of this environment, whatever is registered as "python3". IPython's settings and start-up files come
    from the folder `settings`, not from the reader's home. Its client looks at its sockets once a second even if nothing calls it.

    nbclient answers an Output widget on the very socket on which it waits for the kernel. Sending may use up the one signal that a
    message has come in, and then it would wait for as long as a cell may take, beside a kernel that has long finished.
    """
    import asyncio
    from queue import Empty

    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.asynchronous import AsyncKernelClient
    from jupyter_client.channels import AsyncZMQSocketChannel
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import Type, default

    class Channel(AsyncZMQSocketChannel):
        async def get_msg(self, timeout=None):
            loop = asyncio.get_running_loop()
            end = float("inf") if timeout is None else loop.time() + timeout
            while True:
                try:
                    return await super().get_msg(max(0.0, min(1.0, end - loop.time())))
                except Empty:
                    if loop.time() >= end:
                        raise

    class Client(AsyncKernelClient):
        shell_channel_class = iopub_channel_class = Type(Channel)

    own = {"IPYTHONDIR": settings, "PYTHONSTARTUP": "", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}

    class Manager(AsyncKernelManager):
        kernel_spec = KernelSpec(**get_kernel_dict(), env=own)

        @default("client_factory")
        def _client_factory_default(self):
            return Client

    return Manager


def reports(notebook):
    """The reports of all checks in an executed notebook, as dicts."""
    return [
        output["data"][MIME] for cell in notebook.cells for output in cell.get("outputs", ()) if MIME in output.get("data", {})
    ]


def hidden_errors(notebook):
    """Errors that an executed notebook hides in the state of its widgets: an exception inside `interact` or `with Output():`
    lands there and leaves the cell green."""
    states = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    return [
        f"a widget hides {output.get('ename')}: {output.get('evalue')}"
        for model in states.values()
        for output in model.get("state", {}).get("outputs", ())
        if output.get("output_type") == "error"
    ]


def run_course(profile="lecture", only=None, device="auto", seed=0, into=None, say=print, force=False):
    """Executes the notebooks and writes them to `build/course/`, with HTML and an index as they come.

    Without a GPU two at a time, each on half of the cores: most of the networks are too small for a second thread.

    Returns the outcomes. One broken notebook does not stop the others. Raises CourseError if there is no such notebook, profile
    or device; and, unless `force` is set, if somebody has worked in a notebook that would be overwritten.
    """
    from .engine import allowed_cores
    from .pages import write_index

    if profile not in PROFILES:
        raise CourseError(f"{profile!r} is no profile: choose {', '.join(PROFILES)}.")
    chosen_device = choose_device(device)
    into = Path(into or ROOT / "build" / "course")
    chosen, outcomes = notebooks(only), []
    if not chosen:
        raise CourseError(f"there are no notebooks in {NOTEBOOKS}: they come with a checkout of the project.")
    edited = [path.name for path in chosen if is_edited(into / path.name)]
    if edited and not force:
        raise CourseError(
            f"{', '.join(edited)} in {into} may hold somebody's work: move it away, or overwrite it with --force."
        )
    with file_errors(CourseError, into, "written to"):
        into.mkdir(parents=True, exist_ok=True)
    prepare_data(chosen, say)
    work = partial(_run_into, into, {"PROFILE": profile, "SEED": seed, "DEVICE": device})
    at_a_time = min(2, len(chosen), allowed_cores()) if chosen_device == "cpu" else 1
    say(f"{len(chosen)} notebooks, {at_a_time} at a time", flush=True)
    with _workers(at_a_time, allowed_cores() // at_a_time) as each:
        for outcome in each(work, chosen):
            outcomes = sorted([*outcomes, outcome], key=lambda outcome: outcome.name)
            say(f"[{len(outcomes)}/{len(chosen)}] {outcome.name}: {summary(outcome)}", flush=True)
            with file_errors(CourseError, into, "written to"):
                write_index(into, outcomes, profile, seed)
                (into / "summary.json").write_text(json.dumps([vars(outcome) for outcome in outcomes], indent=1))
    return outcomes


def _run_into(into, parameters, path):
    """The `Outcome` of one notebook, which with its page is written to that folder."""
    from .pages import write_page

    target = into / path.name
    try:
        target.with_suffix(".html").unlink(missing_ok=True)
        outcome = run_notebook(path, target, parameters)
        if target.exists():  # a kernel that died leaves nothing
            write_page(target)
    except (CourseError, OSError) as error:  # a disk that is full, a file of somebody else's
        outcome = Outcome(path.stem, problems=[str(error)])
    return outcome


@contextmanager
def _workers(count, threads):
    """A function like `map`, with several workers if so many are wanted: results then come in the order in which they are ready."""
    if count == 1:
        yield map
        return
    with get_context("spawn").Pool(count, _share_cores, [threads]) as pool:
        yield pool.imap_unordered


def _share_cores(threads):
    """Begins a worker: its notebooks get that many threads, and Ctrl-C is left to the process that has the workers."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def prepare_data(chosen, say=print):
    """Downloads what these notebooks load, once and before they run; without a network, says so and has them not try."""
    from .data import images

    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in chosen)
    for name, entry in images.SETS.items():
        if rf"\"{name}\"" not in text or images.find(name) is not None:  # a quoted word, as JSON writes it
            continue
        if os.environ.get("GAN_EDU_OFFLINE") or images.fetch(entry.remotes, images.home() / entry.folder) is None:
            say(f"{entry.title} is neither here nor to be had: a stand-in takes its place.")
            os.environ["GAN_EDU_OFFLINE"] = "1"


def summary(outcome):
    """One line about an outcome."""
    held = outcome.checks.get("holds", 0)
    open_ = f", {outcome.checks[OPEN]} exercises open" if outcome.checks.get(OPEN) else ""
    verdict = f"ok, {held} checks hold{open_}" if not outcome.problems else "FAILED: " + "; ".join(outcome.problems)
    return f"{outcome.seconds:.0f} s, {_plain(verdict)}"


def _plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def student_version(source):
    """The notebook as a student gets it: `### BEGIN SOLUTION` regions replaced by `...`, hidden tests removed, no outputs."""
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.source = re.sub(
            r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[ \t]*$", r"\1...  # your answer", cell.source, flags=re.S | re.M
        )
        cell.source = re.sub(
            r"\n?^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[ \t]*$", "", cell.source, flags=re.S | re.M
        )
        if "keep_output" not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
    return notebook


def write_derived(notebook, path):
    """Writes a notebook that was made from another, with a mark by which `is_edited` sees whether somebody has worked in it since."""
    import nbformat

    notebook.metadata["gan_edu"] = {"written": _digest(notebook)}
    nbformat.write(notebook, path)


def is_edited(path):
    """Whether there is a file that is not, cell by cell, what `write_derived` wrote."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        return False
    except (ValueError, LookupError, AttributeError, TypeError, nbformat.ValidationError):  # no notebook of ours
        return True
    return notebook.metadata.get("gan_edu", {}).get("written") != _digest(notebook)


def _digest(notebook):
    return hashlib.sha256(json.dumps([(cell.cell_type, cell.source) for cell in notebook.cells]).encode()).hexdigest()
