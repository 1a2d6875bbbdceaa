"""A run in a folder: what `gan-edu train` leaves there, and what `gan-edu sample` and `gan-edu evaluate` read."""

import csv
import json
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from textwrap import shorten

import torch

from .. import training
from ..checkpoints import load_game_state
from ..data import to_pixels
from ..data.examples import NAMES, load_examples
from ..engine import Engine
from ..errors import CheckpointError, GameError, file_errors
from .systems import SHOWN, SYSTEMS

MEASURED = 1000  # held-out examples, at most


@dataclass(frozen=True)
class RunConfig:
    """What tells one run from another: a system's name, its data by name or path, the images' size, the batch and the seed. Size and
    batch are the data's and the recipe's own if they are not given."""

    system: str
    data: str
    size: int | None = None
    batch: int | None = None
    seed: int = 0

    def examples(self):
        """What to learn from. Raises GameError for a system or a size that there is not, DataError if the data are not fit."""
        if self.system not in SYSTEMS:
            raise GameError(f"there is no system {self.system!r}; there are {', '.join(SYSTEMS)}.")
        system = SYSTEMS[self.system]
        self._fits(system, self.size or system.sizes[0])
        examples = load_examples(system.wants, self.data, self.size)
        self._fits(system, examples.shape[1])
        return examples

    def _fits(self, system, size):
        if size not in system.sizes:
            sizes = f"{', '.join(map(str, system.sizes[:-1]))} or {system.sizes[-1]}"
            raise GameError(f"{self.system} makes images of {sizes} pixels on a side, not of {size}.")


def train(config, folder, rounds=2000, every=200, device="cpu", threads="auto", say=print):
    """Plays every stage of a system for that many rounds, and goes on where the folder says that it was interrupted. Gives, after
    every round and at the end of every stage, its number (from 1 on) and its `Run`. `say` is told what is learned from.

    Written every `every` rounds and after the last of stage k: stage<k>.pt, the checkpoint; stage<k>.csv, costs (means since the row
    before) and measures; samples/<k>-<round>.png. Ctrl-C leaves a checkpoint too. Of several processes, which play one game as in
    `training.play`, the first writes.

    Raises what `RunConfig.examples` raises, and CheckpointError if the folder holds another run, or the data have changed since.
    """
    folder, examples = Path(folder).expanduser(), config.examples()
    data = config.data if config.data in NAMES else str(Path(config.data).expanduser().resolve())
    _claim(folder, replace(config, data=data, size=examples.shape[1]), examples)
    say(examples.about)
    system, games = SYSTEMS[config.system], []
    for k, recipe in enumerate(system.stages(examples), 1):
        torch.manual_seed(config.seed)
        game = recipe.game(examples.shape, *games).to(device)
        size = config.batch or min(recipe.batch, *(len(source[0]) for source in examples.sources))
        batches = examples.batches(size, config.seed, device, recipe.prepare)
        how = {"ema": recipe.ema, "engine": Engine(threads=threads), "seed": config.seed}
        run = training.Run(game, batches, recipe.optimiser, recipe.schedule, **how)
        evaluate = partial(examine, system, examples=examples, seed=config.seed)
        look = partial(_look, run, evaluate, tuple(games), folder / "samples" / f"{k}-")
        for _ in run.play(rounds, look, every, folder / f"stage{k}.pt"):
            if run.history.seen[-1][0] == run.done:
                _log(folder / f"stage{k}.csv", run.history)
                training.share_buffers(run)
            yield k, run
        if run.done > rounds:
            say(f"stage {k} holds {run.done} rounds; {rounds} were asked for: nothing to do.")
        yield k, run
        games.append(run.shown)


def _look(run, evaluate, before, pictures, game, shown):
    """Draws a picture, and returns measures."""
    picture = evaluate([*before, shown], count=SHOWN)  # in every process: to search for latents is a game, which all play
    if training.first_process():
        picture.draw(f"{pictures}{run.done:06}.png")
    return evaluate([*before, shown]).measures()


def examine(system, games, examples, count=None, seed=0):
    """A system's `Evaluation` on that many held-out examples, begun again where they end; on all, at most `MEASURED`, without a
    count."""
    there = len(examples.held_out[0])
    rows = torch.arange(count or min(there, MEASURED)) % there
    device = next(games[-1].parameters()).device
    first, *others = (tensor[rows].to(device) for tensor in examples.held_out)
    return system.evaluate(games, (to_pixels(first), *others), torch.Generator(device).manual_seed(seed))


def _claim(folder, config, examples):
    """Makes a folder the one of this run, if nothing that another has learned is in it."""
    with file_errors(CheckpointError, folder, "read"):
        begun = any(folder.glob("stage*.pt"))
    if begun:
        found, digest = _config(folder)
        if found != config:
            others = [f"{name} {was}" for name, was in asdict(found).items() if was != getattr(config, name)]
            raise CheckpointError(
                f"{folder} holds another run, of {', '.join(others)}: choose another folder, or ask for the same."
            )
        _same(folder, config, digest, examples)
    if training.first_process():
        with file_errors(CheckpointError, folder, "written to"):
            (folder / "samples").mkdir(parents=True, exist_ok=True)
            if not begun or not digest:
                words = asdict(config) | {"examples": _digest(config, examples)}
                (folder / "config.json").write_text(json.dumps(words, indent=4))


def _config(folder):
    """What a folder's run was asked for, and the digest of its examples; empty if it was begun before there were any."""
    path = folder / "config.json"
    with file_errors(CheckpointError, folder, "read"):
        written = path.read_bytes() if path.is_file() else b""
    try:
        config = json.loads(written)
        digest = config.pop("examples", {})
        return RunConfig(**config), digest
    except (ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{folder} holds no run: give the folder that `gan-edu train` was given with --out.") from error


def _digest(config, examples):
    """The digest of examples, without the bytes of named ones: what is drawn differs by a rounding from processor to processor."""
    return {key: value for key, value in examples.digest().items() if key != "sha256" or config.data not in NAMES}


def _same(folder, config, was, examples):
    """Raises CheckpointError if the examples are no longer those that a run has learned from."""
    now = _digest(config, examples)
    changed = next((key for key in now if was.get(key, now[key]) != now[key]), None)
    if changed:
        before, after = (shorten(", ".join(map(str, digest[changed])), 100, placeholder=" …") for digest in (was, now))
        what = "images are others" if changed == "sha256" else f"{changed} were {before} and are {after}"
        raise CheckpointError(
            f"{config.data} has changed since {folder} learned from it: the {what}. Choose another folder, or bring the data back."
        )


def _log(path, history):
    """Costs, as means since the row before, and measures: a row for each look."""
    if not training.first_process():
        return
    with file_errors(CheckpointError, path), path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["round", *history.costs, *history.seen[0][1]])
        for (before, _), (now, measures) in zip([(0, {}), *history.seen], history.seen):
            costs = [fmean(values[before:now]) if values[before:now] else "" for values in history.costs.values()]
            rows.writerow([now, *costs, *measures.values()])


def restore(folder, device="cpu"):
    """What `train` left in a folder: the system, the games of the stages so far, as they are to be looked at, and the examples. Raises
    CheckpointError if there is nothing, or if the data have changed since."""
    folder = Path(folder).expanduser()
    config, digest = _config(folder)
    examples, system, games = config.examples(), SYSTEMS[config.system], []
    _same(folder, config, digest, examples)
    for k, recipe in enumerate(system.stages(examples), 1):
        if (folder / f"stage{k}.pt").exists():
            games.append(recipe.game(examples.shape, *games).to(device))
            weights = load_game_state(folder / f"stage{k}.pt")
            try:
                games[-1].load_state_dict(weights)
            except RuntimeError as error:
                raise CheckpointError(
                    f"{folder / f'stage{k}.pt'} belongs to another run: its networks are not what the data ask for now. Put the "
                    "classes back that it has learned from, or train in another folder."
                ) from error
    if not games:
        raise CheckpointError(f"{folder} holds no checkpoint yet: let `gan-edu train` play on for a while.")
    return system, games, examples
