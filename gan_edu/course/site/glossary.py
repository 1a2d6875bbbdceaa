"""The glossary: what symbols and words mean, and where the chapters first use them."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import CourseError
from .chapters import Chapter

FILE = Path(__file__).with_name("glossary.toml")


@dataclass(frozen=True)
class Entry:
    """A symbol, as a formula, or a word; what it means, and where it is used: links in Markdown, the first to a section."""

    name: str
    symbol: bool
    means: str
    first: str
    others: str


def entries(chapters: Iterable[Chapter]) -> list[Entry]:
    """All entries: symbols in the order of the file, then words by the alphabet. Raises CourseError if no chapter uses one."""
    file = tomllib.loads(FILE.read_text(encoding="utf-8"))
    prose = [(chapter, title, _prose(cells)) for chapter in chapters for title, cells in chapter.sections()]
    symbols = [_entry(f"${one['tex']}$", True, one, re.escape, prose) for one in file["symbol"]]
    words = [_entry(one["term"], False, one, _word, prose) for one in file["word"]]
    return symbols + sorted(words, key=lambda entry: entry.name.lower())


def _prose(cells):
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def _word(term):
    return rf"(?i:\b{re.escape(term)})"


def _entry(name, symbol, given, pattern, prose):
    spellings = "|".join(map(pattern, given.get("find", name).split("|")))
    uses = [(chapter, title, text) for chapter, title, text in prose if re.search(spellings, text)]
    if not uses:
        raise CourseError(f"{FILE.name} explains {name}, which no chapter uses: correct `find`, or take the entry out.")
    bold = (use for use in uses if re.search(rf"\*\*({spellings})", use[2]))  # as a word is where it is introduced
    chapter, title, _ = next(bold, uses[0])
    others = dict.fromkeys(other for other, _, _ in uses if other is not chapter)
    links = " ".join(f"[{other.number}]({other.path.name})" for other in others)
    return Entry(name, symbol, given["means"], chapter.link(title), links)
