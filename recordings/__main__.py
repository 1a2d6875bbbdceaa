"""`python -m recordings NAME ...`: plays what has not been played yet, and writes the records."""

from typing import Annotated

import typer

from gan_edu.cli import Scheduler

from . import RECORDINGS
from .playing import record


def main(
    names: Annotated[list[str], typer.Argument(help=", ".join(RECORDINGS))],
    scheduler: Scheduler = None,
):
    unknown = [name for name in names if name not in RECORDINGS]
    if unknown:
        raise typer.BadParameter(f"there is no recording {', '.join(unknown)}; there are {', '.join(RECORDINGS)}.")
    record(names, scheduler)


if __name__ == "__main__":
    typer.run(main)
