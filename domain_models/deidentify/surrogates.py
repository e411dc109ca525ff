"""A text with typed surrogates in place of what identifies somebody, and the map between the two.

A name becomes `[NAME-1]`, the same number wherever the same person is meant: tags cannot be taken for real, nothing has to
be invented, and they hold no trace of the original. Dates stay dates, moved by whole weeks, so that time lines, intervals
and weekdays keep their sense. An age over 89 becomes `90+`. A date more than 89 years ago tells such an age, so it is a tag.
"""

import secrets
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import regex

from domain_models.deidentify.dates import FoundDate, find_dates
from domain_models.deidentify.identifier import Identifier, Kind
from domain_models.deidentify.identify import identify
from domain_models.deidentify.rules import cue_set

AGE = "90+"
MOST_YEARS = 89
LEAST_WEEKS, MOST_WEEKS = 4, 260
WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")


@dataclass(frozen=True, slots=True)
class Mask:
    """A surrogate: `[char_start, char_end)` of the masked text stands for `[source_start, source_end)` of the original."""

    kind: Kind
    char_start: int
    char_end: int
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked text and its surrogates in order; what lies between them is the original's, character for character."""

    text: str
    masks: tuple[Mask, ...]

    def place(self, at: int) -> int:
        """Where the original's place `at` (a gap between characters) is in the masked text; within what was replaced, its
        surrogate's beginning.
        """
        number = bisect_right(self.masks, at, key=lambda mask: mask.source_start) - 1
        if number < 0:
            return at
        mask = self.masks[number]
        return mask.char_start if at < mask.source_end else at - mask.source_end + mask.char_end

    def interval(self, start: int, end: int) -> tuple[int, int]:
        """The original's `[start, end)` in the masked text, grown to whole surrogates."""
        first, last = self.place(start), self.place(end)
        for mask in self.masks:
            if mask.source_start < end < mask.source_end:
                last = mask.char_end
        return first, last

    def sources(self) -> list[int]:
        """For each character of the masked text, the original's that it stands for; a surrogate's are spread evenly."""
        found: list[int] = []
        at = 0
        for mask in self.masks:
            found += range(at, mask.source_start)
            length, width = mask.char_end - mask.char_start, mask.source_end - mask.source_start
            found += (mask.source_start + step * width // length for step in range(length))
            at = mask.source_end
        return [*found, *range(at, at + len(self.text) - len(found))]


def random_days() -> int:
    """How far to move a document's dates: 4 to 260 whole weeks back, unguessable and kept nowhere."""
    return -7 * (LEAST_WEEKS + secrets.randbelow(MOST_WEEKS - LEAST_WEEKS + 1))


def mask(text: str, days: int, today: date) -> Masked:
    """The text with every identifier replaced, its dates moved by `days`."""
    dates = {(found.char_start, found.char_end): found for found in find_dates(text)}
    tags = _Tags()
    pieces: list[str] = []
    masks: list[Mask] = []
    at = length = 0
    for one in _longest_names_first(text, tags):
        found = dates.get((one.char_start, one.char_end))
        surrogate = AGE if one.kind == "age" else _moved(found, days, today) or tags.of(one.kind, _words(text, one))
        start = length + one.char_start - at
        pieces += [text[at : one.char_start], surrogate]
        masks.append(Mask(one.kind, start, start + len(surrogate), one.char_start, one.char_end))
        at, length = one.char_end, start + len(surrogate)
    return Masked("".join([*pieces, text[at:]]), tuple(masks))


def _longest_names_first(text: str, tags: "_Tags") -> Sequence[Identifier]:
    """All identifiers in order, once full names have told whose the single names are."""
    found = identify(text)
    for one in sorted(found, key=lambda one: (-len(_words(text, one)), one.char_start)):
        if one.kind == "name" and len(_words(text, one)) > 1:
            tags.remember(_words(text, one))
    return found


def _moved(found: FoundDate | None, days: int, today: date) -> str | None:
    if found is None or found.day is None:
        return None
    if found.match.groupdict().get("year") and found.day.year < today.year - MOST_YEARS:
        return None
    return found.moved(days)


def _words(text: str, one: Identifier) -> tuple[str, ...]:
    """What tells two identifiers apart: their words without case, marks and titles."""
    words = (w.lower() for w in WORD.findall(text, one.char_start, one.char_end))
    return tuple(w for w in words if one.kind != "name" or (w not in cue_set("names", "titles") and w != "s"))


class _Tags:
    """Numbers the identifiers of a text by kind, in the order of their first mention."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Kind, frozenset[str]], int] = {}
        self._counts: dict[Kind, int] = {}
        self._people: list[frozenset[str]] = []

    def remember(self, words: Sequence[str]) -> None:
        """A full name; the same words in any order, or fewer of them, are the same person."""
        key = frozenset(words)
        if not any(key <= person for person in self._people):
            self._people.append(key)

    def of(self, kind: Kind, words: Sequence[str]) -> str:
        """The tag of the identifier of these words."""
        key = frozenset(words)
        if kind == "name":
            whole = [person for person in self._people if key <= person]
            key = whole[0] if len(whole) == 1 else key
        if (kind, key) not in self._numbers:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._numbers[kind, key] = self._counts[kind]
        return f"[{kind.upper()}-{self._numbers[kind, key]}]"
