"""Recorded runs: what is too long for a lecture was played once by a benchmark, and is kept in `notebooks/recorded/`.

A record says how it was made, what came of it for every seed, and how the run of seed 0 began: a test plays those first rounds again.
"""

import hashlib
import importlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .errors import CourseError

FOLDER = Path(__file__).resolve().parents[1] / "notebooks" / "recorded"
KEPT = 20  # first costs of a run
COMPARED = (
    5  # of them that a test plays again: processors differ in the last digit, and that grows tenfold in two or three rounds
)


@dataclass(frozen=True)
class Recorded:
    """A recorded run.

    configuration: how it was made, numbers and words by name. source: the `fingerprint` of the modules that made it.
    first_costs: for each player the first costs of seed 0. seeds: what was measured, one entry a seed, from seed 0 on.
    weights: a network's `state_dict` after seed 0's run. snapshots: pictures by name, uint8 (N, C, H, W).
    """

    configuration: dict
    source: str
    first_costs: dict[str, list[float]]
    seeds: list
    weights: dict[str, torch.Tensor]
    snapshots: dict[str, torch.Tensor]


def write(name, *, configuration, modules, first_costs, seeds, weights=None, snapshots=None):
    """Keeps a run as `name`: of each player's costs the first, with six digits; its weights with half precision; all else as it is.
    `modules` are the names of those that made it."""
    FOLDER.mkdir(exist_ok=True)
    costs = {player: [round(cost, 6) for cost in values[:KEPT]] for player, values in first_costs.items()}
    words = {"configuration": configuration, "source": fingerprint(modules), "first costs": costs, "seeds": seeds}
    (FOLDER / f"{name}.json").write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")
    kept = {f"weights/{key}": value.half() if value.is_floating_point() else value for key, value in (weights or {}).items()}
    kept |= {f"snapshots/{key}": value for key, value in (snapshots or {}).items()}
    if kept:
        save_file({key: value.contiguous() for key, value in kept.items()}, FOLDER / f"{name}.safetensors")


def read(name):
    """The `Recorded` run of that name. Raises CourseError if there is none."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json"))) or "none"
        raise CourseError(f"nothing is recorded as {name!r} in {FOLDER.name}/; there is {there}. Records come with a checkout.")
    words = json.loads(path.read_text(encoding="utf-8"))
    arrays = path.with_suffix(".safetensors")
    kept = load_file(arrays) if arrays.is_file() else {}
    weights, snapshots = (
        {key.split("/", 1)[1]: value for key, value in kept.items() if key.startswith(kind)}
        for kind in ("weights/", "snapshots/")
    )
    weights = {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}
    return Recorded(words["configuration"], words["source"], words["first costs"], words["seeds"], weights, snapshots)


def fingerprint(modules):
    """Twelve hexadecimal digits that change with the source of the modules of these names."""
    sources = [Path(importlib.import_module(module).__file__).read_bytes() for module in modules]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:12]
