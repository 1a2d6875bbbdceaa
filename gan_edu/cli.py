"""The `gan-edu` command: run the course, test it, open it, measure it, look at the machine."""

import os
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from . import course as course_
from .errors import GanEduError

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(highlight=False, markup=False, soft_wrap=True)

Only = Annotated[str | None, typer.Option(help="Only notebooks whose names begin so: 04, or 03,07.")]


@app.command()
def course(
    profile: Annotated[str, typer.Option(help="smoke, lecture or full.")] = "lecture",
    only: Only = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
):
    """Execute the notebooks; results, as notebooks and web pages with an index, go to build/course/."""
    with _errors_for_people():
        outcomes = course_.run_course(profile, only, device, seed)
    table = Table(Column("notebook", no_wrap=True), "seconds", "checks that hold", "problems")
    for outcome in outcomes:
        table.add_row(
            outcome.name, f"{outcome.seconds:.0f}", str(outcome.checks.get("holds", 0)), "\n".join(outcome.problems) or "none"
        )
    console.print(table)
    broken = [outcome for outcome in outcomes if outcome.problems]
    seconds = sum(outcome.seconds for outcome in outcomes)
    console.print(
        f"{len(outcomes)} notebooks in {seconds / 60:.1f} minutes, {len(broken)} with problems. See build/course/index.html"
    )
    raise typer.Exit(1 if broken else 0)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context):
    """Run the tests: units, and every notebook in the smoke profile, without a network. Options go on to pytest: -k minimax."""
    tests = course_.ROOT / "tests"
    if not tests.is_dir():
        sys.exit("the tests come with a checkout of the project, not with the installed package.")
    # a file stays on one worker, so that what its tests share is made once; the longest file, the notebooks, starts first
    files = sorted(map(str, tests.glob("test_*.py")), key=lambda name: not name.endswith("test_notebooks.py"))
    workers = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", *workers, *files, *context.args]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    raise typer.Exit(subprocess.run(command, cwd=course_.ROOT, env=environment).returncode)


@app.command()
def bench(names: Annotated[list[str] | None, typer.Argument(help="Some of the benchmarks; all if none is named.")] = None):
    """Measure how fast the engine is, against what, and write benchmarks/RESULTS.md. All of it takes three to four hours."""
    if not (course_.ROOT / "benchmarks").is_dir():
        sys.exit("the benchmarks come with a checkout of the project, not with the installed package.")
    raise typer.Exit(subprocess.run([sys.executable, "-m", "benchmarks", *(names or [])], cwd=course_.ROOT).returncode)


@app.command()
def lab():
    """Open the course in JupyterLab."""
    raise typer.Exit(subprocess.run([sys.executable, "-m", "jupyterlab", "--notebook-dir", str(course_.NOTEBOOKS)]).returncode)


@app.command()
def student(only: Only = None):
    """Write copies of the notebooks without solutions to build/student/."""
    import nbformat

    into = course_.ROOT / "build" / "student"
    into.mkdir(parents=True, exist_ok=True)
    with _errors_for_people():
        for path in course_.notebooks(only):
            nbformat.write(course_.student_version(path), into / path.name)
            console.print(f"wrote {into / path.name}")


@app.command()
def doctor():
    """Say what this machine has, and what to do about what it lacks."""
    table = Table("what", "found", "advice")
    with _errors_for_people():
        for row in course_.findings():
            table.add_row(*row)
    console.print(table)


class _errors_for_people:
    """Turns an error of this package into its sentence and exit code 2."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, GanEduError):
            console.print(str(error), style="red")
            raise typer.Exit(2) from None
        return False
