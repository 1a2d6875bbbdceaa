"""The zoo outside of notebooks: every system of this course by name, on named data or on your own, in a folder from which an
interrupted run goes on. `gan-edu train`, `gan-edu sample` and `gan-edu evaluate` are made of it.

    for stage, run in zoo.train(zoo.RunConfig("pix2pix", "my/pairs"), "runs/x", rounds=2000):
        print(stage, run.done, run.history.seen[-1])
"""

from .runs import MEASURED, RunConfig, examine, restore, train
from .systems import SHOWN, SYSTEMS, Evaluation, System, summary

__all__ = ["MEASURED", "SHOWN", "SYSTEMS", "Evaluation", "RunConfig", "System", "examine", "restore", "summary", "train"]
