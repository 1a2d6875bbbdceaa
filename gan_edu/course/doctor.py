"""What this machine has, and what to do about what it lacks."""

import platform
import shutil
from functools import partial

from ..errors import DataError
from .lesson import choose_device
from .runner import ROOT, notebooks


def findings():
    """What this machine has, as rows (what, found, advice): Python, PyTorch, device, data sets, disk."""
    import torch

    from ..data import images, pairs

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
