"""Where one statement ends and the next begins in clinical text: sentences of prose, rows of tables, items of lists.

Knows punctuation and layout, not language: clinical prose drops verbs and subjects, so a grammar would mislead.
"""

import bisect
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import regex

_ABBREVIATION = regex.compile(
    r"(?i)(?:\b(?:dr|mr|mrs|ms|prof|st|no|vs|fig|figs|approx|ca|e\.g|i\.e|b\.i\.d|t\.i\.d|q\.i\.d|p\.o|i\.v|i\.m|al)|(?<![^\s(])\p{L})$"
)
_STOP = regex.compile(r"[.!?](?:[)\]\"”’]|\[\d[\d,– -]*\])*(?=\s+[\p{Lu}\d(\[\"“])|\n|\f")
WHEN = r"(?:[ \t]+(?:at all|so far|today|now|currently|overnight|this \p{L}+))*"  # behind an answer
_ANSWERED = regex.compile(
    rf"(?i)\?[ \t]+(?:yes|no|none|never|denies|denied|negative|positive|unknown){WHEN}[ \t]*(?:[.,;\n]|$)"
)
_QUERY = regex.compile(r"(?<![^\s(])\?[ \t]*\S")  # "CXR: ? RLL pneumonia"
_ROW_START = regex.compile(r"\s*(?:[-•*▪◦]|\d{1,2}[.)]\s|\p{Lu}|$)")
_WRAPPED_FROM = 70  # characters; a shorter line that does not end a sentence is a table row, list item or heading


@lru_cache(maxsize=4)
def statements(text: str) -> tuple[tuple[int, int], ...]:
    """Half-open intervals that tile `text`, in order; a wrapped line of prose does not end its statement."""
    return tuple((start, end) for start, end in pairwise((0, *_breaks(text), len(text))) if end > start)


def statement_of(intervals: Sequence[tuple[int, int]], position: int) -> int:
    """Index of the interval that holds `position`."""
    return max(0, bisect.bisect_right(intervals, (position, float("inf"))) - 1)


def _breaks(text: str) -> Iterator[int]:
    for stop in _STOP.finditer(text):
        mark, start = stop.group(), stop.start()
        if _ends_line(text, start) if mark == "\n" else not _goes_on(text, start):
            yield stop.end()


def _goes_on(text: str, stop: int) -> bool:
    """Whether the stop ends an abbreviation alone or a question whose answer follows at once, or queries what follows."""
    told = _ANSWERED.match(text, stop) or _QUERY.match(text, stop)
    return told is not None or _abbreviated(text, stop)


def _abbreviated(text: str, stop: int) -> bool:
    return text[stop] == "." and _ABBREVIATION.search(text, max(0, stop - 12), stop) is not None


def _ends_line(text: str, newline: int) -> bool:
    line = text[text.rfind("\n", 0, newline) + 1 : newline].rstrip()
    if not line or line[-1] in ".!?:;":
        return True
    if not _ROW_START.match(text, newline + 1):
        return False
    return len(line) < _WRAPPED_FROM or text[newline + 1 : newline + 2] in "-•*▪◦\n"
