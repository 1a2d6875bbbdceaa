"""The glossary: what symbols and words mean, and where the chapters first use them."""

import re
import tomllib
from collections.abc import Iterable, Iterator
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


def known() -> Iterator[tuple[str, bool, str, str]]:
    """What the file has of each: the name, whether it is a symbol, what to look for (spellings, separated by |) and the meaning."""
    file = tomllib.loads(FILE.read_text(encoding="utf-8"))
    yield from ((f"${one['tex']}$", True, one["find"], one["means"]) for one in file["symbol"])
    words = sorted(file["word"], key=lambda one: one["term"].lower())
    yield from ((one["term"], False, one.get("find", one["term"]), one["means"]) for one in words)


def entries(chapters: Iterable[Chapter]) -> list[Entry]:
    """All entries: symbols in the order of the file, then words by the alphabet. Raises CourseError if no chapter uses one."""
    prose = [(chapter, title, f"## {title}\n{text}") for chapter in chapters for title, text, _ in chapter.sections()]
    return [_entry(*one, prose) for one in known()]


def _entry(name, symbol, spellings, means, prose):
    word = "|".join(map(re.escape, spellings.split("|")))
    pattern = f"(?:{word})" if symbol else rf"(?i:\b(?:{word}))"
    uses = [(chapter, title) for chapter, title, text in prose if re.search(pattern, text)]
    if not uses:
        raise CourseError(f"{FILE.name} explains {name}, which no chapter uses: correct `find`, or take the entry out.")
    introducing = re.compile(rf"\*\*{pattern}\w*\*\*|^#+ .*{pattern}", re.M)  # in bold with whatever ending, or in a heading
    lessons = ((chapter, title, text) for chapter, title, text in prose if "xercises" not in title)
    introduced = [(chapter, title) for chapter, title, text in lessons if introducing.search(text)]
    chapter, title = [*introduced, *uses][0]
    others = dict.fromkeys(other for other, _ in uses if other is not chapter)
    links = " ".join(f"[{other.number}]({other.path.name})" for other in others)
    return Entry(name, symbol, means, chapter.link(title), links)
