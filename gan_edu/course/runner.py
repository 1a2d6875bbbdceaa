"""Notebooks run from outside: executed, written with all their outputs, and looked through for what went wrong."""

import json
import os
import queue
import re
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from ..errors import CourseError, file_errors
from .board import Board, promised, shown
from .checks import FAILS, MIME, OPEN
from .lesson import PROFILES, choose_device
from .student import is_edited, write_derived

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
CONSOLE = Console(highlight=False, markup=False, soft_wrap=True)


def chosen_notebooks(only=None):
    """`notebooks(only)`. Raises CourseError if there are none."""
    chosen = notebooks(only)
    if not chosen:
        raise CourseError(f"there are no notebooks in {NOTEBOOKS}: they come with a checkout of the project.")
    return chosen


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


def run_notebook(source, target, parameters=None, timeout=7200, tell=lambda *place: None):
    """Executes one notebook with papermill, writes it with all its outputs to `target`, and returns the `Outcome`.

    parameters: values for names that the cell tagged `parameters` sets. tell: called as each cell begins with the notebook's name, the
    cell's number and how many there are, and with the name alone at the end. Raises CourseError for an unknown name, which papermill
    would accept in silence, and for a file that is no notebook.
    """
    import nbformat
    import papermill

    source, target = Path(source), Path(target)
    target.unlink(missing_ok=True)  # an older run's result must not pass for this one's
    read_notebook(source, "put back a good copy")
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
                engine_name=_telling(partial(tell, source.stem)),
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
        tell(source.stem)
        if made.exists():
            executed = nbformat.read(made, as_version=4)
            write_derived(executed, target)
            outcome.problems += hidden_errors(executed)
            for report in reports(executed):
                outcome.checks[report["state"]] = outcome.checks.get(report["state"], 0) + 1
                if report["state"] == FAILS:
                    outcome.problems.append(f"check failed: {report['claim']} ({report['detail']})")
    return outcome


def read_notebook(path: Path, remedy: str):
    """The notebook in a file, as nbformat has it. Raises CourseError, with what to do about it, if the file is no notebook."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} is no notebook ({str(error).splitlines()[0]}): {remedy}.") from error


def _telling(tell):
    """The name of a papermill engine that tells where it is before each cell: its number and how many there are."""
    from papermill.engines import NBClientEngine, papermill_engines

    class Telling(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, manager, *args, **settings):
            begin = manager.cell_start

            def cell_start(cell, cell_index=None, **others):
                tell(cell_index + 1, len(manager.nb.cells))
                return begin(cell, cell_index, **others)

            manager.cell_start = cell_start
            return super().execute_managed_notebook(manager, *args, **settings)

    papermill_engines.register("telling", Telling)
    return "telling"


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


def run_course(profile="lecture", only=None, device="auto", seed=0, threads=None, force=False):
    """Executes the notebooks and writes them to `build/course/`, with HTML and an index as they come.

    Without a GPU two at a time, each on half of the cores: most of the networks are too small for a second thread. threads: of each
    notebook, if another number is wanted; else what OMP_NUM_THREADS says, if it does.

    Returns the outcomes. One broken notebook does not stop the others. Raises CourseError if there is no such notebook, profile
    or device; and, unless `force` is set, if somebody has worked in a notebook that would be overwritten.
    """
    from ..engine import allowed_cores
    from .pages import write_index

    if profile not in PROFILES:
        raise CourseError(f"{profile!r} is no profile: choose {', '.join(PROFILES)}.")
    chosen_device = choose_device(device)
    into = ROOT / "build" / "course"
    chosen, outcomes = chosen_notebooks(only), []
    edited = [path.name for path in chosen if is_edited(into / path.name)]
    if edited and not force:
        raise CourseError(
            f"{', '.join(edited)} in {into} may hold somebody's work: move it away, or overwrite it with --force."
        )
    with file_errors(CourseError, into, "written to"):
        into.mkdir(parents=True, exist_ok=True)
    prepare_data(chosen, CONSOLE.print)
    work = partial(_run_into, into, {"PROFILE": profile, "SEED": seed, "DEVICE": device})
    at_a_time = min(2, len(chosen), allowed_cores()) if chosen_device == "cpu" else 1
    usual = os.environ.get("OMP_NUM_THREADS", "")
    threads = threads or (int(usual) if usual.isdecimal() else allowed_cores() // at_a_time)
    board = Board({path.stem: promise for path in chosen if (promise := promised(path, profile))})
    CONSOLE.print(f"{len(chosen)} notebooks, {at_a_time} at a time, on {threads} thread{'s' * (threads > 1)} each")
    with _workers(at_a_time, threads) as (each, messages), shown(board, messages, CONSOLE):
        for outcome in each(work, chosen):
            outcomes = sorted([*outcomes, outcome], key=lambda outcome: outcome.name)
            CONSOLE.print(f"[{len(outcomes)}/{len(chosen)}] {outcome.name}: {summary(outcome)}")
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
        outcome = run_notebook(path, target, parameters, tell=lambda *place: MESSAGES[0].put(place))
        if target.exists():  # a kernel that died leaves nothing
            write_page(target)
    except (CourseError, OSError) as error:  # a disk that is full, a file of somebody else's
        outcome = Outcome(path.stem, problems=[str(error)])
    return outcome


@contextmanager
def _workers(count, threads):
    """A function like `map`, with several workers if so many are wanted: results then come in the order in which they are ready. And
    a queue, into which the workers put where they are."""
    if count == 1:
        MESSAGES[:] = [queue.Queue()]
        _give_threads(threads)
        yield map, MESSAGES[0]
        return
    context = get_context("spawn")
    messages = context.Queue()
    with context.Pool(count, _begin_worker, [threads, messages]) as pool:
        yield pool.imap_unordered, messages


MESSAGES = []  # the queue of this process


def _begin_worker(threads, messages):
    """A worker: its notebooks get that many threads, and Ctrl-C is left to the process that has the workers."""
    MESSAGES[:] = [messages]
    _give_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _give_threads(threads):
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["TQDM_DISABLE"] = "1"  # what is executed to be kept shows no bars


def prepare_data(chosen, say=print):
    """Downloads what these notebooks load, once and before they run; without a network, says so and has them not try."""
    from ..data import images

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
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", verdict)
    return f"{outcome.seconds:.0f} s, {uncoloured}"
