"""RESULTS.md and its plots: what a benchmark measures replaces its section, the others stay as they are."""

import datetime
import os
import platform
import re
from pathlib import Path

import torch
from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
HEAD = """# Results

Written by `gan-edu bench`, section by section; edit nothing here. Times on shared
machines vary: compare ratios and medians within a section, not seconds between sections.
"""


def machine():
    """The machine in one line."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{model}, {os.cpu_count()} cores, {gpu}; Python {platform.python_version()}, torch {torch.__version__}"


def table(rows):
    """Rows, dicts with the same keys, as a Markdown table."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(str(row.get(name, "")) for name in names) + " |" for row in rows])


def dots(names, columns, xlabel, height, upto=None):
    """A figure with a line for each name, and on it a mark for each of `columns`, {label: values}.

    upto: where the axis, which begins at 0, ends; by default it is logarithmic.
    """
    figure = Figure(figsize=(7, height), layout="constrained")
    ax = figure.subplots()
    for (label, values), mark in zip(columns.items(), "ox"):
        ax.plot(values, range(len(names)), mark, label=label)
    axis = {"xlim": (0, upto)} if upto else {"xscale": "log"}
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel=xlabel, **axis)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.grid(axis="x", alpha=0.3)
    ax.invert_yaxis()
    if len(columns) > 1:
        ax.legend(frameon=False)
    return figure


def section(name, benchmark, rows):
    """A benchmark's section of RESULTS.md; draws its plot."""
    picture = HERE / "pictures" / f"{name}.png"
    picture.parent.mkdir(exist_ok=True)
    benchmark.plot(rows).savefig(picture, dpi=110)
    made = f"*{machine()}; {datetime.date.today()}. `gan-edu bench {name}`*"
    return "\n\n".join(
        [f"## {benchmark.TITLE}", benchmark.NOTE, made, table(rows), f"![{benchmark.TITLE}](pictures/{name}.png)"]
    )


def write(name, benchmarks, rows):
    """Puts what a benchmark measured in its place in RESULTS.md."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    kept = {part.splitlines()[0].removeprefix("## "): part.strip() for part in re.split(r"^(?=## )", text, flags=re.M)[1:]}
    kept[benchmarks[name].TITLE] = section(name, benchmarks[name], rows)
    parts = [HEAD.strip(), *(kept[b.TITLE] for b in benchmarks.values() if b.TITLE in kept)]
    if benchmarks["gpu"].TITLE not in kept:
        parts.append("## On a GPU\n\nNot measured: no machine with one was at hand.")
    RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
