"""README's pictures, out of the executed notebooks: after `run.py course`, `python -m recordings.pictures`."""

import base64
from pathlib import Path

import nbformat

from gan_edu.course.runner import ROOT


def write_pictures(executed, into):
    """Saves the figures of cells tagged `picture-NAME` in the executed notebooks of a folder as `NAME.png`."""
    Path(into).mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(executed).glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            names = [tag.removeprefix("picture-") for tag in cell.metadata.get("tags", ()) if tag.startswith("picture-")]
            pngs = [o["data"]["image/png"] for o in cell.get("outputs", ()) if "image/png" in o.get("data", {})]
            for name, png in zip(names, pngs):
                (Path(into) / f"{name}.png").write_bytes(base64.b64decode(png))


if __name__ == "__main__":
    write_pictures(ROOT / "build" / "course", ROOT / "notebooks" / "pictures")
