"""What a notebook starts with: its profile, seed and device, the style of its figures, and its checks."""

import os
import random
from contextlib import suppress
from dataclasses import dataclass

from ..errors import CourseError
from .checks import Checks

PROFILES = ("smoke", "lecture", "full")


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

    from .. import engine, plots, training
    from . import recorded

    if profile not in PROFILES:
        raise CourseError(f"{profile!r} is no profile: choose {', '.join(PROFILES)}.")
    graded = "NBGRADER_EXECUTION" in os.environ
    if graded:
        profile = "smoke"
    device = torch.device(choose_device(device))
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    plots.use_style(arrange=profile != "smoke")  # arranging what is in a figure takes half the time of drawing it
    plots.describe_figures()
    engine.keep_memory()
    training.show_progress(not graded)
    how = ["bf16 for convolutions and wide layers" if engine.knows_bf16(device) else "fp32"]
    if device.type == "cpu":
        threads = min(torch.get_num_threads(), engine.allowed_cores())
        torch.set_num_threads(threads)
        how.insert(0, f"{threads} thread{'s' * (threads > 1)}")
    print(f"profile {profile}, seed {seed}, device {device}, {', '.join(how)}, torch {torch.__version__}")
    return Lesson(profile, seed, device, Checks(judging=profile != "smoke", recorded=recorded.held()))


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
