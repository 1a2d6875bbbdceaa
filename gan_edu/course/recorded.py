"""Recorded runs: what is too long for a lecture was played once, by a module of `recordings`, and is kept in `notebooks/recorded/`.

A record says how it was made, what came of it for every seed, and how the runs of seed 0 begin. By this it is recognised: a test
begins them again. Rounding grows by a constant factor a round, so that on another processor the twentieth cost of a run may be any
number; in float64 the first two are the same everywhere.
"""

import hashlib
import importlib
import io
import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from ..errors import CourseError
from ..training import Run

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "recorded"
CLAIMS = Path("claims.json")  # in that folder: what `claims` has found
FIRST = 2  # rounds of a run by which it is recognised


@dataclass(frozen=True)
class Recorded:
    """A recorded run.

    configuration: how it was made, numbers and words by name. source: the `fingerprint` of the modules that made it.
    beginnings: see the function of that name. seeds: what was measured, one entry a seed, from seed 0 on.
    weights: a network's `state_dict` after seed 0's run. snapshots: pictures by name, uint8 (N, C, H, W). films: pictures of seed 0's
    run on its way, by name, uint8 (frames, N, C, H, H); kept as JPEG, so not to the last bit.
    """

    configuration: dict
    source: str
    beginnings: dict[str, dict]
    seeds: list
    weights: dict[str, torch.Tensor]
    snapshots: dict[str, torch.Tensor]
    films: dict[str, torch.Tensor]


def beginnings(begin: Callable[[], dict[str, Run]]) -> dict[str, dict]:
    """How runs begin: `begin()` returns them by name, unplayed. For each, a checksum of its settings, and every player's costs in the
    first two rounds when all of it, from the networks' first weights on, is computed in float64."""
    with _float64():
        return {name: _beginning(run) for name, run in begin().items()}


def _beginning(run):
    for _ in range(FIRST):
        run.round()
    run.read_costs()
    settings = json.dumps(run.identity(), sort_keys=True)
    return {"settings": hashlib.sha256(settings.encode()).hexdigest()[:12], "first costs": run.history.costs}


@contextmanager
def _float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def write(name, *, configuration, modules, beginnings, seeds, weights=None, snapshots=None, films=None):
    """Keeps a run as `name`: its weights with half precision; all else as it is. `modules` are the names of those that made it."""
    FOLDER.mkdir(exist_ok=True)
    words = {"configuration": configuration, "source": fingerprint(modules), "beginnings": beginnings, "seeds": seeds}
    (FOLDER / f"{name}.json").write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")
    kept = {f"weights/{key}": value.half() if value.is_floating_point() else value for key, value in (weights or {}).items()}
    kept |= {f"snapshots/{key}": value for key, value in (snapshots or {}).items()}
    kept |= {f"films/{key}/{k:05}": to_jpeg(frame) for key, film in (films or {}).items() for k, frame in enumerate(film)}
    if kept:
        save_file({key: value.contiguous() for key, value in kept.items()}, FOLDER / f"{name}.safetensors")


def read(name):
    """The `Recorded` run of that name. Raises CourseError if there is none."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        there = ", ".join(names()) or "none"
        raise CourseError(f"nothing is recorded as {name!r} in {FOLDER.name}/; there is {there}. Records come with a checkout.")
    words = json.loads(path.read_text(encoding="utf-8"))
    arrays = path.with_suffix(".safetensors")
    kept = load_file(arrays) if arrays.is_file() else {}
    weights, snapshots, frames = (
        {key.split("/", 1)[1]: value for key, value in kept.items() if key.startswith(kind)}
        for kind in ("weights/", "snapshots/", "films/")
    )
    weights = {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}
    films = {}
    for key in sorted(frames):
        films.setdefault(key.rpartition("/")[0], []).append(from_jpeg(frames[key]))
    films = {key: torch.stack(film) for key, film in films.items()}
    return Recorded(words["configuration"], words["source"], words["beginnings"], words["seeds"], weights, snapshots, films)


def to_jpeg(images):
    """Square images, uint8 (N, C, H, H), as the bytes of one JPEG, uint8, which shows them one below the other."""
    buffer = io.BytesIO()
    column = images.movedim(1, -1).flatten(0, 1).squeeze(-1)
    Image.fromarray(column.numpy()).save(buffer, "jpeg", quality=92, subsampling=0)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def from_jpeg(jpeg):
    """The images of such a JPEG."""
    column = torch.from_numpy(np.array(Image.open(io.BytesIO(jpeg.numpy().tobytes()))))
    side = column.shape[1]
    return column.view(-1, side, side, column.shape[2] if column.ndim == 3 else 1).movedim(-1, 1)


def names():
    """The names of all records, in order. What came of the claims is no run."""
    return sorted({path.stem for path in FOLDER.glob("*.json")} - {CLAIMS.stem})


def held():
    """For each claim about training that was tried with other seeds: for how many of them it held, and how many there were."""
    path = FOLDER / CLAIMS
    claims = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        claim["claim"]: (claim["held"], len(entry["seeds"]))
        for entry in claims.values()
        for claim in entry["claims"]
        if claim["learned"]
    }


def fingerprint(modules):
    """Twelve hexadecimal digits that change with the source of the modules of these names."""
    sources = [Path(importlib.import_module(module).__file__).read_bytes() for module in modules]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:12]
