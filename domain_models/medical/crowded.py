"""Cells that stand too close for the reader to part them: "Result Flag Units" is three labels, "g/L 115-165" two cells.

A label is parted only where all of it is labels that we know; a row's cells only so that the parts fill its columns. What
fits in several ways is left to the caller. Knows places and words, not what a column holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

import regex

from domain_models.medical.analytes import is_analyte
from domain_models.medical.cells import DATE, layout
from domain_models.medical.vitals import vital_of

Place = tuple[int, int]
Way = dict[int, Place]
Fits = Callable[[int, Place, bool], bool]
"""Whether a place can fill a column; the flag says that it is only a part of what stands together."""

_TOKEN = regex.compile(r"[^\s()\[\]]*[(\[][^()\[\]]*[)\]]|\S+")
_UNIT_BEHIND = regex.compile(r"\s*[(\[][^()\[\]]*[)\]]$")
_MOST_WAYS = 200
_MOST_WORDS = 14  # in a cell that is parted


def labels_in(text: str, place: Place) -> tuple[Place, ...]:
    """The labels that stand in this place: itself where it is one or where any part of it is none."""
    if is_label(text[slice(*place)]):
        return (place,)
    return _labels(text, place) or (place,)


def _labels(text: str, place: Place) -> tuple[Place, ...]:
    """The longest label first, then the rest; nothing where some words are in none."""
    for end in reversed([token.end() for token in _TOKEN.finditer(text, *place)]):
        if is_label(text[place[0] : end]):
            start = end + len(text[end : place[1]]) - len(text[end : place[1]].lstrip())
            rest = _labels(text, (start, place[1])) if start < place[1] else ()
            if rest or start >= place[1]:
                return ((place[0], end), *rest)
    return ()


def is_label(words: str) -> bool:
    """Whether the words label a column of some kind of table."""
    bare = " ".join(_UNIT_BEHIND.sub("", words).lower().split()).strip(" :")
    return (
        bare in _known()
        or vital_of(bare) is not None
        or is_analyte(bare)
        or regex.fullmatch(DATE, words.strip()) is not None
    )


@cache
def _known() -> frozenset[str]:
    tables: Iterable[Mapping[str, Sequence[str]]] = layout()["columns"].values()
    known = (label for table in tables for labels in table.values() for label in labels)
    return frozenset((*known, *layout()["words"]["other_columns"]))


def ways_to_fit(text: str, cells: Sequence[Place], count: int, fits: Fits) -> list[Way]:
    """Every way to fill `count` columns in order with the cells or their parts; empty where there are too many."""
    ways: list[Way] = []
    for way in _ways(text, tuple(cells), 0, count, cache(fits)):
        ways.append(way)
        if len(ways) > _MOST_WAYS:
            return []
    return ways


def _ways(text: str, cells: tuple[Place, ...], column: int, count: int, fits: Fits) -> Iterator[Way]:
    if not cells:
        yield {}
    elif count - column >= len(cells):
        for part, rest in _beginnings(text, cells[0]):
            is_part = rest is not None or text[part[0] - 1 : part[0]] == " "
            if fits(column, part, is_part):
                left = (rest, *cells[1:]) if rest else cells[1:]
                yield from ({column: part, **way} for way in _ways(text, left, column + 1, count, fits))
        yield from _ways(text, cells, column + 1, count, fits)


def _beginnings(text: str, cell: Place) -> Iterator[tuple[Place, Place | None]]:
    """The cell, and each of its beginnings with the rest that stands behind it; prose is not parted."""
    yield cell, None
    tokens = [token.span() for token in regex.finditer(r"\S+", text[slice(*cell)])]
    if len(tokens) > _MOST_WORDS:
        return
    for (_, end), (start, _) in pairwise(tokens):
        yield (cell[0], cell[0] + end), (cell[0] + start, cell[1])
