#!/usr/bin/env python3
"""Sets the course up and runs it. Standard library only: `python3 run.py course`, `python3 run.py test`.

The first call makes a virtual environment in `.venv` and installs the tested versions of everything (constraints.txt); later
calls go straight on. Whatever follows is handed to the `gan-edu` command inside that environment.

Where there is an environment already, as on Colab, Kaggle and Binder, `complete` adds what it lacks and replaces nothing.
"""

import hashlib
import importlib.metadata
import os
import platform
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NOTEBOOKS_NEED = (
    *("torch", "numpy", "scipy", "matplotlib", "scikit-learn", "pillow", "safetensors"),
    *("ipython", "anywidget", "traitlets", "pooch", "requests", "tqdm", "rich"),
)  # of the dependencies in pyproject.toml; what executes, grades and publishes notebooks needs the others

USAGE = """usage: python3 run.py COMMAND [OPTIONS]

  course   run every notebook and write the results to build/course/
           (--profile smoke|lecture|full, --only 04, --device auto|cpu|cuda|mps, --seed 0, --threads 1)
  site     make a web site of what `course` wrote, in build/site/: it opens from a file, and needs no network
  slides   make slides of an executed chapter (03, or 03,07), in build/slides/: one file each, with speaker's notes
  test     run the tests: units, and every notebook in the smoke profile (--processors: as other processors would)
  lab      open the course in JupyterLab
  train    train a system of the zoo on named data or your own images; sample and evaluate look at what came of it
  record   play again what notebooks show as recorded, one of them by name (--help has the names)
  claims   try every claim of the notebooks with other seeds, and write how near to its bound each comes
  bench    measure speed and time to quality, and write benchmarks/RESULTS.md
  doctor   say what this machine has, and what to do about what it lacks
  student  write copies of the notebooks without the solutions, and the links that open them in a browser
  here     make ready the Python that you call this with, in place of .venv; what it has is kept (for containers)

--torch-index URL before the command: the package index to take PyTorch from (a CUDA build for Windows, for example).
--newest before the command: the newest version of every package in place of the tested ones, to see what breaks next.
`python3 run.py COMMAND --help` says more about a command."""


def main(arguments):
    index, newest = None, arguments[:1] == ["--newest"]
    if newest:
        arguments = arguments[1:]
    if arguments[:1] == ["--torch-index"]:
        if len(arguments) < 2:
            sys.exit("--torch-index needs a URL.")
        index, arguments = arguments[1], arguments[2:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if arguments else 2
    if not (3, 11) <= sys.version_info < (3, 14):
        sys.exit(
            f"The course is for Python 3.11 to 3.13, and this is {platform.python_version()}. Install one from python.org."
        )
    if arguments[0] == "here":
        complete()
        install(["--no-deps", "-e", ROOT], sys.executable)
        return 0
    prepare(index, newest)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is the command's affair: it may have something to finish
    command = [PYTHON, "-P", "-m", "gan_edu", *arguments]  # -P: what lies where you are is not imported
    return subprocess.run(command).returncode


def prepare(index, newest=False):
    """Makes the environment unless the one that is there was made from the same requirements."""
    wanted = fingerprint() + " newest" * newest
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted and index is None:
        return
    if not PYTHON.exists():
        print("Making a virtual environment in .venv ...", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.run([sys.executable, "-m", "venv", str(VENV)]).returncode:
            shutil.rmtree(VENV, ignore_errors=True)  # half an environment would pass for a whole one
            sys.exit("No virtual environment could be made. On Debian or Ubuntu: apt install python3-venv.")
    STAMP.unlink(missing_ok=True)
    pin = torch_pin()
    if newest:
        print("Installing the newest versions of everything (some minutes) ...", flush=True)
        install(["--upgrade", "--upgrade-strategy", "eager", "-e", f"{ROOT}[site,test]"])
        STAMP.write_text(wanted)
        return
    if index:  # even over a torch of that version, which may be another build; what torch needs comes with the others
        print(f"Installing {pin} from {index} ...", flush=True)
        install([pin, "--index-url", index, "--force-reinstall", "--no-deps"])
    elif not satisfied(pin):
        index = CPU_INDEX if cpu_build_is_enough(pin) else None
        print(f"Installing {pin} from {index or 'the default package index'} ...", flush=True)
        install([pin, *(["--index-url", index] if index else [])])
    print("Installing the tested versions of the other packages (some minutes, once) ...", flush=True)
    install(["-c", ROOT / "constraints.txt", "-e", f"{ROOT}[site,test]"])
    STAMP.write_text(wanted)


def complete():
    """Installs what notebooks need and the Python that runs this lacks.

    What is there is kept, whatever its version: hosted kernels break if their own packages change under them, and their torch fits
    their GPU. Only where there is no torch, as in a bare environment, are the tested versions installed.
    """
    if not (3, 11) <= sys.version_info < (4,):
        sys.exit(f"The course needs Python 3.11 or newer, and this is {platform.python_version()}: choose another kernel.")
    lacking = [name for name in NOTEBOOKS_NEED if not is_here(name)]
    if not lacking:
        return
    print(f"Installing {', '.join(lacking)} (some minutes) ...", flush=True)
    tested = ["-c", ROOT / "constraints.txt"] if "torch" in lacking else []
    if tested:
        pin = torch_pin()
        index = CPU_INDEX if cpu_build_is_enough(pin) else None
        install([pin, *(["--index-url", index] if index else [])], sys.executable)
    import tomllib  # younger than the oldest Python that must be told so

    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    install([*tested, *(line for line in wanted if line.partition(">=")[0] in lacking)], sys.executable)
    importlib.invalidate_caches()  # for a kernel that is running


def is_here(name):
    """Whether the Python that runs this has that package."""
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def torch_pin():
    return next(line.strip() for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("torch=="))


def fingerprint():
    """Changes when anything does that the environment was made from."""
    parts = [(ROOT / name).read_bytes() for name in ("constraints.txt", "pyproject.toml")]
    return hashlib.sha256(b"\0".join([*parts, str(ROOT).encode(), platform.python_version().encode()])).hexdigest()


def satisfied(pin):
    """Whether the environment already holds that torch, whatever its build."""
    name, version = pin.split("==")
    code = f"import importlib.metadata as m; raise SystemExit(m.version('{name}').split('+')[0] != '{version}')"
    return subprocess.run([PYTHON, "-c", code], capture_output=True).returncode == 0


def cpu_build_is_enough(pin):
    """On Linux the default index holds CUDA builds of several gigabytes: without an NVIDIA driver take the CPU build, if its
    index answers and holds that version. Elsewhere the default index holds the right one."""
    if platform.system() != "Linux" or shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists():
        return False
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=5) as answer:
            return f"{pin.replace('==', '-')}+cpu" in answer.read().decode(errors="replace").replace("%2B", "+")
    except OSError:  # of which URLError is one
        return False


def install(what, python=None):
    command = [python or PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    if subprocess.run(list(map(str, command))).returncode:
        sys.exit("The packages could not be installed. Is there a network, and room on the disk (about 2 GB)? Then try again.")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # what the output's encoding has no character for
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
