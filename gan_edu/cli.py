"""The `gan-edu` command: run the course, test it, open it, measure it, look at the machine; train the systems of the zoo."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from torch import cuda, distributed

from . import __version__, zoo
from .course import claims as course_claims
from .course import launch, lesson, runner
from .course.doctor import findings
from .course.student import is_edited, write_derived
from .data.examples import NAMES
from .engine import keep_memory
from .errors import CourseError, GanEduError, file_errors

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = runner.CONSOLE

TRAIN = "Train a system of the zoo. The same command goes on with a run that was interrupted; with more rounds, with any run. "
TRAIN += "Started by torchrun, several processes, each with a GPU of its own if there are any, play one game."


def _path(text):
    """A path, with the home folder for ~."""
    if not text:
        raise typer.BadParameter("it is empty: give a path.")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise typer.BadParameter(f"{text}: {error}") from error


PATH = {"parser": _path, "metavar": "PATH"}
Folder = Annotated[Path, typer.Argument(help="What `gan-edu train` was given with --out.", parser=_path, metavar="RUN")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of everything random.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of each run; results depend on it by rounding.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Only = Annotated[str | None, typer.Option(help="Only notebooks whose names begin so: 04, or 03,07.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite notebooks that were edited since they were written.")]
Scheduler = Annotated[str | None, typer.Option(help="The address of a dask scheduler; two workers here if not given.")]


@app.command()
def course(
    profile: Annotated[str, typer.Option(help="smoke, lecture or full.")] = "lecture",
    only: Only = None,
    device: Device = "auto",
    seed: Seed = 0,
    threads: Threads = None,
    force: Force = False,
):
    """Execute the notebooks; results, as notebooks and web pages with an index, go to build/course/."""
    started = time.perf_counter()
    with _errors_for_people():
        outcomes = runner.run_course(profile, only, device, seed, threads, force=force)
    table = Table(Column("notebook", no_wrap=True), "seconds", "checks that hold", "problems")
    for outcome in outcomes:
        table.add_row(
            outcome.name, f"{outcome.seconds:.0f}", str(outcome.checks.get("holds", 0)), "\n".join(outcome.problems) or "none"
        )
    console.print(table)
    broken = [outcome for outcome in outcomes if outcome.problems]
    minutes = (time.perf_counter() - started) / 60
    console.print(
        f"{len(outcomes)} notebooks in {minutes:.1f} minutes, {len(broken)} with problems. See build/course/index.html"
    )
    raise typer.Exit(1 if broken else 0)


@app.command()
def site():
    """Build the web site from the executed notebooks in build/course/. It opens from build/site/index.html, without a network."""
    from .course.site import build  # what it is made with is installed by run.py, not beside the package

    started = time.perf_counter()
    with _errors_for_people():
        page = build()
    console.print(f"wrote {page} in {time.perf_counter() - started:.0f} s")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    processors: Annotated[bool, typer.Option("--processors", help="One after the other as other processors would.")] = False,
):
    """Run the tests: units, and every notebook in the smoke profile, without a network. Options go on to pytest: -k minimax."""
    tests = runner.ROOT / "tests"
    if not tests.is_dir():
        sys.exit("the tests come with a checkout of the project, not with the installed package.")
    if processors:
        raise typer.Exit(subprocess.run([sys.executable, "-P", tests / "processors.py", *context.args]).returncode)
    # tests/conftest.py says which tests share a worker; what it deals out notebook by notebook comes last, so that both end together
    dealt = [tests / "test_notebooks.py", tests / "test_exercises.py"]
    files = [*sorted(set(tests.glob("test_*.py")) - set(dealt)), *dealt]
    workers = ["-n", "2", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", *workers, *map(str, files), *context.args]
    raise typer.Exit(subprocess.run(command, cwd=runner.ROOT).returncode)


@app.command()
def claims(
    only: Only = None,
    seeds: Annotated[str, typer.Option(help="Seeds: 100-119, or 100,105,110.")] = "100-119",
    profile: Annotated[str, typer.Option(help="smoke, lecture or full.")] = "lecture",
    scheduler: Scheduler = None,
):
    """Try every claim of the notebooks with other seeds, for hours, and write notebooks/recorded/claims.md. What is done is kept."""
    with _errors_for_people():
        course_claims.try_seeds(only, course_claims.parse_seeds(seeds), profile, scheduler, console.print)


@app.command()
def bench(names: Annotated[list[str] | None, typer.Argument(help="Some of the benchmarks; all if none is named.")] = None):
    """Measure how fast the engine is, against what, and write benchmarks/RESULTS.md. All of it takes an hour or two."""
    _of_a_checkout("benchmarks", names or [])


@app.command()
def record(
    names: Annotated[
        list[str],
        typer.Argument(
            help="article, bigan, facades, few_labels, flowers, house_fronts, infogan, lapgan, league, next_frame, palettes, "
            "stacked, stackgan or super_resolution."
        ),
    ],
    scheduler: Scheduler = None,
):
    """Play what notebooks show as recorded, for minutes to hours, and write notebooks/recorded/. An interrupted one goes on."""
    _of_a_checkout("recordings", [*names, *(["--scheduler", scheduler] if scheduler else [])])


def _of_a_checkout(package, words):
    """Runs a package that lies beside this one in a checkout."""
    if not (runner.ROOT / package).is_dir():
        sys.exit(f"the {package} come with a checkout of the project, not with the installed package.")
    raise typer.Exit(subprocess.run([sys.executable, "-m", package, *words], cwd=runner.ROOT).returncode)


@app.command()
def lab():
    """Open the course in JupyterLab."""
    paths = [os.path.join(sys.prefix, "share", "jupyter"), os.environ.get("JUPYTER_PATH")]  # the first "python3" is ours
    environment = os.environ | {"JUPYTER_PATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(runner.NOTEBOOKS)]
    raise typer.Exit(subprocess.run(command, env=environment).returncode)


@app.command()
def slides(chapters: Annotated[str, typer.Argument(help="The beginnings of their notebooks' names: 03, or 03,07.")]):
    """Make slides, with speaker's notes, of chapters that `course` has executed; they go to build/slides/."""
    from .course.slides import write_slides

    build = runner.ROOT / "build"
    with _errors_for_people():
        for notebook in runner.chosen_notebooks(chapters):
            console.print(str(write_slides(build / "course" / notebook.name, build / "slides")))


@app.command()
def student(only: Only = None, force: Force = False):
    """Write copies of the notebooks without solutions to notebooks/student/, and README's links that open them in a browser. A copy
    that somebody has worked in is kept."""
    into, page = runner.NOTEBOOKS / "student", runner.ROOT / "README.md"
    with _errors_for_people():
        masters, repository = runner.chosen_notebooks(only), launch.repository(runner.ROOT)
        with file_errors(CourseError, into, "written to"):
            into.mkdir(parents=True, exist_ok=True)
            for path in masters:
                if is_edited(into / path.name) and not force:
                    console.print(f"kept {into / path.name}, which may hold somebody's work: --force overwrites it")
                    continue
                write_derived(launch.launchable(path, repository, __version__), into / path.name)
                console.print(f"wrote {into / path.name}")
        with file_errors(CourseError, page, "written"):
            text = launch.with_links(page.read_text(encoding="utf-8"), repository, runner.notebooks())
            page.write_text(text, encoding="utf-8")


@app.command()
def doctor():
    """Say what this machine has, and what to do about what it lacks."""
    table = Table("what", "found", "advice")
    with _errors_for_people():
        for row in findings():
            table.add_row(*row)
    console.print(table)


@app.command(help=f"{TRAIN}\n\n\b\n{zoo.summary()}")
def train(
    system: Annotated[str, typer.Argument(help="One of those above.")],
    data: Annotated[str, typer.Option(help=f"{', '.join(NAMES)}, or the path of your own folder or archive.", parser=_path)],
    out: Annotated[Path, typer.Option(help="The run's folder: checkpoints, sample pictures, costs and measures.", **PATH)],
    size: Annotated[
        int | None, typer.Option(min=1, help="Pixels on a side of an image: 64, or 28 for digits and clothes.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of every stage.")] = 2000,
    batch: Annotated[int | None, typer.Option(min=1, help="Examples in a batch; the system's own if not given.")] = None,
    seed: Seed = 0,
    threads: Threads = None,
    every: Annotated[int, typer.Option(min=1, help="Rounds from one checkpoint, picture and measurement to the next.")] = 200,
    device: Device = "auto",
):
    config, tasks = zoo.RunConfig(system, str(data), size, batch, seed), {}
    keep_memory()
    columns = [TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn()]
    columns.append(TextColumn("{task.fields[now]}"))
    with _errors_for_people(), _together(device) as device, Progress(*columns, console=console) as progress:
        try:
            for stage, run in zoo.train(config, out, rounds, every, device, threads or "auto", console.print):
                if stage not in tasks:
                    console.print(f"stage {stage}: {run.history.engine}")
                    tasks[stage] = progress.add_task(f"stage {stage}", total=max(rounds, run.done), now="")
                progress.update(tasks[stage], completed=run.done, now=_now(run.history))
        except KeyboardInterrupt:
            console.print(f"Interrupted. {out} holds what there is, and the same command goes on from there.")
            raise typer.Exit(130) from None
    stages = [f"{stage.completed} rounds" + f" of {stage.description}" * (len(tasks) > 1) for stage in progress.tasks]
    console.print(f"{out} holds {', '.join(stages)} of {system}. See gan-edu sample {out} and gan-edu evaluate {out}.")


@contextmanager
def _together(device):
    """Inside, the processes that `torchrun` started play one game, of which the first speaks. Gives the device of this one."""
    device = lesson.choose_device(device)
    if not {"RANK", "WORLD_SIZE", "LOCAL_RANK"} <= os.environ.keys():
        yield device
        return
    if device.startswith("cuda"):
        device = lesson.choose_device(f"cuda:{os.environ['LOCAL_RANK']}")
        cuda.set_device(device)
    distributed.init_process_group()
    console.quiet = distributed.get_rank() > 0
    try:
        yield device
        distributed.barrier()  # nobody hangs up on another
    finally:
        distributed.destroy_process_group()


def _now(history):
    """The costs last read and the first measure, in words."""
    costs = [(name, values[-1]) for name, values in history.costs.items() if values]
    return ", ".join(f"{name} {value:.3g}" for name, value in [*costs, next(iter(history.seen[-1][1].items()))])


@app.command()
def sample(
    run: Folder,
    to: Annotated[Path | None, typer.Option(help="A PNG; sample.png in the run's folder if not given.", **PATH)] = None,
    count: Annotated[int, typer.Option(min=1, max=zoo.MEASURED, help="How many.")] = zoo.SHOWN,
    seed: Seed = 0,
    device: Device = "auto",
):
    """Draw what a trained system makes: of each held-out example what was given, what was made of it, and what was right."""
    with _errors_for_people():
        zoo.examine(*zoo.restore(run, lesson.choose_device(device)), count, seed).draw(to or run / "sample.png")
    console.print(f"wrote {to or run / 'sample.png'}")


@app.command()
def evaluate(run: Folder, device: Device = "auto"):
    """Measure a trained system on held-out examples."""
    with _errors_for_people():
        measures = zoo.examine(*zoo.restore(run, lesson.choose_device(device))).measures()
    table = Table("measure", "value")
    for name, value in measures.items():
        table.add_row(name, f"{value:.4g}")
    console.print(table)


@contextmanager
def _errors_for_people():
    """Turns an error of this package into its sentence and exit code 2."""
    try:
        yield
    except GanEduError as error:
        console.quiet = False  # whichever process it is
        console.print(str(error), style="red")
        raise typer.Exit(2) from None


def main():
    """The command. What the output's encoding has no character for becomes a question mark, here and in all that is started."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    os.environ["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:replace"
    app(prog_name="gan-edu")
