"""What a record says of a named problem: present, negated, possible, hypothetical, conditional, historical, of family.

Cues, terminations and section titles stand in `assertion.toml`. A cue reaches over its statement up to a termination;
of several classes the first in `order` stands. Knows words, not syntax.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import regex

from domain_models.medical.sentences import statement_of, statements
from schemas.document import Section

_PRESENT = "present"
_CLAUSE_BREAK = regex.compile(r";|\n\s*\n|:\s*\n")
_ITEM_BREAK = regex.compile(r"[,\n]")


@dataclass(frozen=True)
class Lexicon:
    """The compiled cues. `cues` maps a lower-case phrase to its (class, reach) pairs."""

    order: tuple[str, ...]
    cues: Mapping[str, tuple[tuple[str, str], ...]]
    phrases: "regex.Pattern[str]"
    terminations: frozenset[str]
    sections: Mapping[str, str]


def assertion_of(text: str, sections: Sequence[Section], char_start: int, char_end: int) -> str:
    """The class of the mention in `[char_start, char_end)`; `present` where nothing says otherwise."""
    stated = _classes(text, sections, char_start, char_end)
    return next((name for name in load_lexicon().order if name in stated), _PRESENT)


def is_denied(text: str, sections: Sequence[Section], char_start: int, char_end: int) -> bool:
    """Whether the mention is negated beside whatever else is said of it: "no family history of stroke"."""
    return "negated" in _classes(text, sections, char_start, char_end)


def _classes(text: str, sections: Sequence[Section], char_start: int, char_end: int) -> set[str]:
    intervals = _statements(text)
    start, end = intervals[statement_of(intervals, char_start)]
    stated = set(_stated(text, (start, max(end, char_end)), char_start, char_end))
    under = _by_section(sections, char_start)
    if under and (not stated or under == "family"):
        stated.add(under)
    return stated


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of `assertion.toml`."""
    tables = tomllib.loads((Path(__file__).parent / "assertion.toml").read_text(encoding="utf-8"))
    cues: dict[str, tuple[tuple[str, str], ...]] = {}
    for cue in tables["cue"]:
        for word in cue["words"]:
            cues[word] = (*cues.get(word, ()), (cue["class"], cue["reach"]))
    phrases = sorted({*cues, *tables["pseudo"], *tables["terminations"]}, key=len, reverse=True)
    pattern = regex.compile(r"(?i)(?<![\w-])(?:" + "|".join(_spaced(p) for p in phrases) + r")(?![\w])")
    titles = {title: section["class"] for section in tables["section"] for title in section["titles"]}
    return Lexicon(tuple(tables["order"]), cues, pattern, frozenset(tables["terminations"]), titles)


def _spaced(phrase: str) -> str:
    return regex.escape(phrase).replace(r"\ ", r"\s+")


def _stated(text: str, statement: tuple[int, int], char_start: int, char_end: int) -> Iterator[str]:
    lexicon = load_lexicon()
    spoken = [
        (match.start(), match.end(), " ".join(match.group().lower().split()))
        for match in lexicon.phrases.finditer(text, *statement)
        if match.end() <= char_start or match.start() >= char_end
    ]
    borders = [(start, end) for start, end, phrase in spoken if phrase in lexicon.terminations]
    borders += [match.span() for match in _CLAUSE_BREAK.finditer(text, *statement)]
    for start, end, phrase in spoken:
        before = end <= char_start
        gap = (end, char_start) if before else (char_end, start)
        for name, reach in lexicon.cues.get(phrase, ()):
            if _reaches(reach, before) and (reach == "both" or not _cut(text, gap, borders, before)):
                yield name


def _reaches(reach: str, before: bool) -> bool:
    return reach == "both" or (reach == "forward") == before


def _cut(text: str, gap: tuple[int, int], borders: Sequence[tuple[int, int]], before: bool) -> bool:
    """A termination between cue and mention; or, for a cue after the mention, the end of its list item."""
    if any(gap[0] <= start and end <= gap[1] for start, end in borders):
        return True
    return not before and _ITEM_BREAK.search(text, *gap) is not None


def _by_section(sections: Sequence[Section], position: int) -> str | None:
    titles = load_lexicon().sections
    within = [section for section in sections if section.char_start <= position < section.char_end]
    for section in reversed(within):
        title = regex.sub(r"^[\d.)\s]+|[:\s]+$", "", section.title.lower())
        if title in titles:
            return titles[title]
    return None


@lru_cache(maxsize=2)
def _statements(text: str) -> tuple[tuple[int, int], ...]:
    return statements(text)
