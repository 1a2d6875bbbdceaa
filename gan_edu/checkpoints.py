"""Checkpoints: files that are whole or not there, and that are read without running what is in them."""

import io
import os
import secrets
import zipfile
from pathlib import Path

import torch

from .errors import CheckpointError, file_errors

KEPT = {"identity", "game", "average", "optimisers", "memories", "rng", "batches", "done", "history"}  # in every checkpoint


def write(path: Path, state: dict):
    """Writes a checkpoint whole or not at all: under another name first, then renamed. Raises CheckpointError if that fails; what was
    there before is then as it was."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with file_errors(CheckpointError, f"the checkpoint {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("xb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except RuntimeError as error:  # what torch makes of a full disk; the disk's own words are behind it
            raise error.__context__ if isinstance(error.__context__, OSError) else OSError(str(error)) from error
        finally:
            part.unlink(missing_ok=True)


def read(path: Path) -> dict:
    """What `training.Run.state_dict` gave. Raises CheckpointError for a file that cannot be read, that is damaged, or that is none."""
    with file_errors(CheckpointError, path, "read"):
        contents = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            if archive.testzip() is not None:  # torch itself does not look at the checksums
                raise zipfile.BadZipFile("its checksums do not fit")
        state = torch.load(io.BytesIO(contents), map_location="cpu", weights_only=True)
        if not isinstance(state, dict) or not {"game", "done", "history"} <= set(state):
            raise ValueError("it is something else")
    except Exception as error:  # of the many that zip and pickle make of damaged bytes, no list is whole
        trouble = (str(error) or type(error).__name__).splitlines()[0]
        raise CheckpointError(f"{path} is not a readable checkpoint ({trouble}). Delete it to start the run afresh.") from error
    if not set(state) >= KEPT:
        raise CheckpointError(
            f"{path} was written by another version of gan_edu: go on with that one, or give this run a checkpoint file of its own."
        )
    return state


def load_game_state(path: Path) -> dict:
    """The `state_dict` of the game in a checkpoint as it is to be looked at: of the averaged one, if there is one. Raises
    CheckpointError if that is no checkpoint."""
    state = read(path)
    return state["game"] if state["average"] is None else state["average"]
