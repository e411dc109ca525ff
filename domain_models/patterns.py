r"""Finds a domain's fields by the rules in its `patterns.toml`: regular expressions with a probability each.

    [fragments]                     # named pieces; `%{number}` in a regex or in a later fragment stands for one
    number = '\d+(?:\.\d+)?'

    [[pattern]]
    field = "dose"
    regex = '(?m)^Dose:[ ]*(?P<value>%{number} mg)'
    probability = 0.9               # how often the group `value` is right, measured or argued beside the pattern
    where = '(?i)medications?'      # optional: only beneath a heading line that this matches as a whole

Knows nothing of any domain, and proposes only: what becomes of a span is decided elsewhere.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import regex

from schemas.errors import BadInput
from schemas.finding import Span

_KEYS = frozenset({"field", "regex", "probability", "where"})
_FRAGMENT = regex.compile(r"%\{(\w+)\}")
_LINE = regex.compile(r"(?m)^[ \t]*(?:\d+(?:\.\d+)*[.)]?[ \t]+)?(\p{Lu}[^\n\f:]{2,70}?)[ \t]*(:?)[ \t\r]*$")
_SECONDS = 5.0  # of processor time per pattern and region; a rule that needs longer backtracks without end


@dataclass(frozen=True)
class Pattern:
    """One rule, compiled. `where` limits it to the text beneath headings that it matches."""

    field: str
    expression: "regex.Pattern[str]"
    probability: float
    where: "regex.Pattern[str] | None"


def find_patterns(folder: Path, document_text: str, seconds: float = _SECONDS) -> tuple[Span, ...]:
    """Spans of every match of the folder's `patterns.toml`, in reading order; none where it has no such file.

    A span covers the group `value`, without white space at its ends. The same field and place twice keeps the higher
    probability. A pattern that needs more than `seconds` of processor time in one region is given up there, with what
    it found until then. Raises BadInput naming file and field where a pattern is malformed.
    """
    best: dict[tuple[int, int, str], float] = {}
    for pattern in load_patterns(folder / "patterns.toml"):
        for start, end in _matches(pattern, document_text, seconds):
            place = (start, end, pattern.field)
            best[place] = max(pattern.probability, best.get(place, 0.0))
    return tuple(Span(field, start, end, chance) for (start, end, field), chance in sorted(best.items()))


@cache
def load_patterns(path: Path) -> tuple[Pattern, ...]:
    """The patterns of a file, compiled once per process."""
    if not path.exists():
        return ()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not readable as TOML: {error}") from error
    fragments = _expanded(path, tables.get("fragments", {}))
    return tuple(_compiled(path, number, table, fragments) for number, table in enumerate(tables.get("pattern", []), 1))


def _expanded(path: Path, fragments: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, source in fragments.items():
        known[name] = f"(?:{_filled(f'{path}: fragment {name!r}', source, known)})"
    return known


def _compiled(path: Path, number: int, table: Mapping[str, Any], fragments: Mapping[str, str]) -> Pattern:
    name = f"{path}: pattern {number} (field {table.get('field')!r})"
    if set(table) - _KEYS or not {"field", "regex", "probability"} <= set(table):
        raise BadInput(f"{name}: has keys {sorted(table)}; needs field, regex, probability and may have where")
    probability = table["probability"]
    if not isinstance(probability, int | float) or not 0.0 < probability <= 1.0:
        raise BadInput(f"{name}: probability {probability!r} is not above 0 and at most 1")
    main = _regex(name, _filled(name, table["regex"], fragments))
    if "value" not in main.groupindex:
        raise BadInput(f"{name}: the regex has no group (?P<value>...)")
    where = _regex(name, table["where"]) if "where" in table else None
    return Pattern(table["field"], main, float(probability), where)


def _filled(name: str, source: str, fragments: Mapping[str, str]) -> str:
    unknown = [piece for piece in _FRAGMENT.findall(source) if piece not in fragments]
    if unknown:
        raise BadInput(f"{name}: unknown fragment {unknown[0]!r}; have: {', '.join(sorted(fragments)) or 'none'}")
    return _FRAGMENT.sub(lambda match: fragments[match[1]], source)


def _regex(name: str, source: str) -> "regex.Pattern[str]":
    try:
        return regex.compile(source)
    except regex.error as error:
        raise BadInput(f"{name}: not a regular expression: {error}") from error


def _matches(pattern: Pattern, text: str, seconds: float) -> Iterator[tuple[int, int]]:
    for start, end in _regions(pattern.where, text):
        try:
            for match in pattern.expression.finditer(text, start, end, timeout=seconds):
                yield from _trimmed(text, *match.span("value"))
        except TimeoutError:
            continue


def _regions(where: "regex.Pattern[str] | None", text: str) -> Iterator[tuple[int, int]]:
    """The whole text, or what stands beneath each heading that `where` matches, up to the next heading.

    A heading is a line of its own in capitals or with a colon at its end; one that `where` matches needs neither.
    """
    if where is None:
        yield 0, len(text)
        return
    lines = [(line.start(), line.end(), line[1], bool(line[2])) for line in _LINE.finditer(text)]
    headings = [line for line in lines if line[3] or line[2].isupper() or where.fullmatch(line[2])]
    ends = [start for start, *_ in headings[1:]] + [len(text)]
    for (_, start, title, _), end in zip(headings, ends, strict=False):
        if where.fullmatch(title):
            yield start, end


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    quote = text[max(0, start) : end]
    if quote.strip():
        yield start + len(quote) - len(quote.lstrip()), end - len(quote) + len(quote.rstrip())
