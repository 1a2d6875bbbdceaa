"""What it costs to begin: importing the package, starting the command, and each notebook's seconds and memory by profile."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gan_edu.course import runner

from .report import dots

TITLE = "Beginning"
NOTE = (
    "Seconds, median of seven fresh processes that take turns; each notebook once, the first data in the disk cache, with the peak "
    "memory of its largest process."
)
EVERYTHING = "from gan_edu import course, data, dynamics, judge, metrics, networks, penalties, recipes, training"
COMMANDS = {
    "import torch": ("-c", "import torch"),
    "import gan_edu": ("-c", "import gan_edu"),
    "the same with all that computes": ("-c", EVERYTHING),
    "the same with plots and widgets": ("-c", f"{EVERYTHING}, plots, widgets"),
    "gan-edu --help": ("-m", "gan_edu", "--help"),
}
NOTEBOOK = """
import json, resource, sys
from gan_edu.course import runner
outcome = runner.run_notebook(sys.argv[1], sys.argv[2], {"PROFILE": sys.argv[3]})
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps([outcome.seconds, peak / 1024, outcome.problems]))
"""


def seconds(*command):
    """Seconds that a command takes in a process of its own."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(repeats=7, profiles=("smoke", "lecture")):
    found = {name: [] for name in COMMANDS}
    for _ in range(repeats):
        for name, command in COMMANDS.items():
            found[name].append(seconds(*command))
    rows = [{"what": name, "seconds": round(statistics.median(values), 2), "peak MB": ""} for name, values in found.items()]
    with tempfile.TemporaryDirectory() as folder:
        for profile in profiles:
            for path in runner.notebooks():
                command = [sys.executable, "-c", NOTEBOOK, path, Path(folder) / path.name, profile]
                answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
                spent, peak, problems = json.loads(answer)
                name = f"{path.stem}, {profile}" + " (with problems)" * bool(problems)
                rows.append({"what": name, "seconds": round(spent, 1), "peak MB": round(peak)})
    return rows


def plot(rows):
    return dots([row["what"] for row in rows], {"": [row["seconds"] for row in rows]}, "seconds", height=4.5)
