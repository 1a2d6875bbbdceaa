"""The gallery: figures of the executed chapters, found by the words that they carry."""

import json
from binascii import a2b_base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import CourseError
from .chapters import Chapter


@dataclass(frozen=True)
class Figure:
    """A figure in a folder of the site's sources: its file, its words as a string in JSON, and a link to where it comes from."""

    file: str
    words: str
    source: str


def figure(chapters: Iterable[Chapter], sources: Path, number: str, begin: str) -> Figure:
    """The first figure of the chapter of that number whose words begin so, which is written to the folder `figures` in `sources`.
    Raises CourseError if the chapter has none."""
    for chapter in chapters:
        for title, _, outputs in chapter.sections() if chapter.number == number else ():
            for output in outputs:
                words = output.get("metadata", {}).get("image/png", {}).get("alt", "")
                if words.startswith(begin):
                    (sources / "figures").mkdir(exist_ok=True)
                    file = f"figures/{number}-{len(list((sources / 'figures').iterdir()))}.png"
                    (sources / file).write_bytes(a2b_base64(output["data"]["image/png"]))
                    return Figure(file, json.dumps(words, ensure_ascii=False), chapter.link(title))
    raise CourseError(
        f"no figure of chapter {number} says {begin!r}, and the gallery shows one: correct site/words/gallery.md."
    )
