"""Dates: where they stand in a text, and each moved by a number of days in the form in which it was written.

A year is a date only where its words say so; a weekday is none, since dates move by whole weeks. A date with no year is
taken to be of a leap year. Where a number may be month or day, American order is read unless the text shows the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import regex

from domain_models.deidentify.rules import any_of, cues

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NAMED = "|".join(f"{name}|{name[:3]}" for name in MONTHS) + "|Sept"
MONTH = rf"(?P<month>{_NAMED})\.?"
DAY = r"(?P<day>[0-3]?\d)(?P<ordinal>st|nd|rd|th)?"
YEAR = r"(?P<year>(?:1[89]|20)\d\d)"
SHORT = r"(?P<year>(?:1[89]|20)\d\d|\d\d)"
TIME = r"(?:[T\s]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|(?![\d]|[./-]\d))"
EDGE = r"(?![\d]|[./-]\d)"
PATTERNS = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        rf"(?<![\d.-]){YEAR}(?P<mark>[-/.])(?P<month>[01]?\d)(?P=mark)(?P<day>[0-3]?\d){TIME}",
        rf"(?:(?<![\d./-])|(?<=\.[-–]))(?P<first>\d\d?)(?P<mark>\s?[-/.]\s?)(?P<second>\d\d?)(?P=mark){SHORT}{EDGE}",
        rf"\b{MONTH}\s*{DAY}\s*,?\s+{YEAR}\b",
        rf"\b{MONTH}-{DAY}-{SHORT}\b",
        rf"(?<![\d.]){DAY}[\s-]*(?:of\s+)?{MONTH}[\s,-]*{YEAR}\b",
        rf"(?<![\d.]){DAY}-{MONTH}-{SHORT}\b",
        rf"\b{MONTH}\s*(?:of\s+|,\s*)?{YEAR}\b",
        rf"\b{MONTH}\s+{DAY}\b(?!\s*(?:{'|'.join(cues()['dates']['units'])})\b|[.,/]\d|%)",
        rf"(?<![\d.,/]){DAY}\s+(?:of\s+)?{MONTH}(?=\W|$)",
        rf"(?<![\d./-])(?P<month>0?[1-9]|1[0-2])(?P<mark>/){YEAR}{EDGE}",
        rf"(?<![\w./-])(?P<pair>(?P<month>0[1-9]|1[0-2]))(?P<mark>-){YEAR}(?!\w|[./-]\d)",
        rf"(?<![\w./-])(?P<pair>(?P<month>0[1-9]))(?P<mark>\.){YEAR}(?!\w|[./-]\d)",
        rf"(?<![\w./-]){YEAR}(?P<mark>-)(?P<pair>(?P<month>0[1-9]|1[0-2]))(?!\w|[./-]\d)",
        # the first of two German dates: "3.2. to 14.2.2023"
        r"(?<![\w./-])(?P<first>[0-3]?\d)(?P<mark>\.)(?P<second>[01]?\d)\.(?=\s*(?:-|–|to|bis|until)\s*[0-3]?\d\.[01]?\d\.\d\d)",
        r"(?<![\d./-])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01])(?=\d{4,6}\b|(?!\d))",
    )
)
CUED_DAY = regex.compile(
    r"(?i)\b(?:on|since|until|dated|date|seen|due|admitted|discharged)\s*:?\s+(?P<found>(?P<month>0?[1-9]|1[0-2])(?P<mark>/)(?P<day>[0-3]?\d))(?!\d|[./]\d|\s*(?:strength|murmur|pain|weeks|days|\w+\s+strength))"
)
LEAP_YEAR = 2004
BEFORE = 40
"""Characters before a number that may say what it counts."""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in `[char_start, char_end)`; `match` has its parts by name. `day` is None where there is no such day."""

    char_start: int
    char_end: int
    match: "regex.Match[str]"
    day: date | None
    is_day_first: bool = False

    def moved(self, days: int) -> str | None:
        """The same words with the date that lies `days` later; None where this cannot be told."""
        if self.day is None:
            return None
        try:
            later = self.day + timedelta(days)
        except OverflowError:
            return None
        # from the last part to the first, so that places stay right
        text = self.match.string
        end = self.char_end
        pieces: list[str] = []
        for name in sorted(self._parts(), key=lambda part: -self.match.start(part)):
            pieces = [
                _written(name, self._part_of(name, later), self.match, later),
                text[self.match.end(name) : end],
                *pieces,
            ]
            end = self.match.start(name)
        return "".join([text[self.char_start : end], *pieces])

    def _parts(self) -> list[str]:
        return [
            name for name in ("year", "month", "day", "ordinal", "first", "second") if self.match.groupdict().get(name)
        ]

    def _part_of(self, name: str, later: date) -> int:
        if name in ("first", "second"):
            return later.day if (name == "first") == self.is_day_first else later.month
        return {"year": later.year, "month": later.month, "day": later.day, "ordinal": later.day}[name]


def find_dates(text: str) -> list[FoundDate]:
    """Every date, none overlapping another, in order; the fuller reading of two wins."""
    day_first = _is_day_first(text)
    found: list[FoundDate] = []
    taken: list[tuple[int, int]] = []
    for start, end, match in _matches(text):
        if not any(start < other_end and other_start < end for other_start, other_end in taken):
            taken.append((start, end))
            is_day_first = _reads_day_first(match, day_first)
            found.append(FoundDate(start, end, match, _day(match, is_day_first), is_day_first))
    return sorted(found, key=lambda one: one.char_start)


def _matches(text: str) -> Iterator[tuple[int, int, "regex.Match[str]"]]:
    for pattern in PATTERNS:
        for match in pattern.finditer(text):
            if _is_date(match):
                yield *match.span(), match
    for match in CUED_DAY.finditer(text):
        yield *match.span("found"), match
    for match in _years().finditer(text):
        yield *match.span("year"), match


def _is_date(match: "regex.Match[str]") -> bool:
    """Not the verb "may", and not the number of a section, a version or a lot."""
    groups = match.groupdict()
    month = groups.get("month") or ""
    if month and month[0].islower() and month.lower() in {"may", "march", "mar"} and not match.string.islower():
        return bool(groups.get("year"))
    if groups.get("pair"):
        return not _no_dates().search(match.string, max(0, match.start() - BEFORE), match.start()) and not (
            _year_pairs().match(match.string, match.end())
        )
    if groups.get("first") and groups["mark"].strip() == ".":
        return not groups.get("year") or len(groups["year"]) == 4 or _is_dotted_date(match)
    return True


def _is_dotted_date(match: "regex.Match[str]") -> bool:
    """Whether 12.3.24 can be a day, and neither its words nor a heading "12.3" or "12.3.1" tell of an outline or version."""
    first, second, text = int(match["first"]), int(match["second"]), match.string
    if len(match["first"]) == len(match["second"]) == 2:
        return True
    if match["mark"] != "." or text[match.start() - 1 : match.start()].isalpha():
        return False
    if not (0 < min(first, second) <= 12 and max(first, second) <= 31):
        return False
    if _no_dates().search(text, max(0, match.start() - BEFORE), match.start()) or _counted().match(text, match.end()):
        return False
    stem = rf"{match['first']}\.{match['second']}"
    heading = rf"(?m)^[ \t]*{stem}\.?[ \t]+\p{{Lu}}|(?<![\d.]){stem}\.\d(?!\.?\d)"
    return regex.search(heading, text) is None


@cache
def _no_dates() -> "regex.Pattern[str]":
    return regex.compile(
        rf"(?i)(?:\b{any_of(cues()['dates']['no_dates'])}\b\.?\s*(?:number|no\.?|of|:|#)?|[§#])\s*(?:[\d.]+\s*(?:,|and|or|to|through|[-–])\s*)*$"
    )


@cache
def _counted() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)\s*(?:%|x\b|{any_of(cues()['dates']['units'])}\b)")


@cache
def _year_pairs() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)\s+{any_of(cues()['dates']['year_pairs'])}\b")


@cache
def _years() -> "regex.Pattern[str]":
    cue, units = any_of(cues()["dates"]["year_cues"]), any_of(cues()["dates"]["units"])
    no_unit = rf"(?!\d|[.,/-]\d|\s*%|\s*{units}\b)"
    spans = r"(?:19|20)\d\d\s*(?:-|–|to|and)\s*"
    return regex.compile(
        rf"(?i)(?:\b{cue}\s+(?:the\s+)?(?:year\s+)?|\(\s*|\b{spans}|\byear:?\s+|©\s*)(?P<year>(?:19|20)\d\d){no_unit}(?!\))"
        rf"|(?<=\()(?P<year>(?:19|20)\d\d)(?=\))"
        rf"|(?<=(?:\b{cue}|[(,])\s)(?P<year>(?:19|20)\d\d)(?=\s*[-–]\s*(?:19|20)\d\d\b)"
    )


def _is_day_first(text: str) -> bool:
    """Whether numbers that can be no month stand first in some date, and second in none."""
    pairs = [(int(m["first"]), int(m["second"])) for m in PATTERNS[1].finditer(text)]
    return any(a > 12 >= b for a, b in pairs) and not any(b > 12 >= a for a, b in pairs)


def _reads_day_first(match: "regex.Match[str]", usual: bool) -> bool:
    if not match.groupdict().get("first"):
        return False
    return int(match["first"]) > 12 or (usual and int(match["second"]) <= 12)


def _day(match: "regex.Match[str]", is_day_first: bool) -> date | None:
    """The day that is meant: the 15th of a month without one, 1 July of a year alone."""
    groups = match.groupdict()
    year = _full_year(groups.get("year") or str(LEAP_YEAR))
    if groups.get("first"):
        first, second = int(groups["first"]), int(groups["second"])
        return _date(year, *((second, first) if is_day_first else (first, second)))
    month = groups.get("month")
    if not month:
        return _date(year, 7, 1)
    number = int(month) if month.isdigit() else 1 + [name[:3].lower() for name in MONTHS].index(month[:3].lower())
    return _date(year, number, int(groups.get("day") or 15))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(digits: str) -> int:
    """Two digits are a year from 1970 on, as POSIX reads them (69 is 1969)."""
    number = int(digits)
    return number if len(digits) == 4 else number + (2000 if number < 69 else 1900)


def _written(name: str, number: int, match: "regex.Match[str]", later: date) -> str:
    """A part in the form of the one that it replaces."""
    before = match[name]
    if name == "ordinal":
        suffix = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return suffix.upper() if before.isupper() else suffix
    if name == "year":
        return f"{number % 100:02}" if len(before) == 2 else str(number)
    if before.isdigit():
        return f"{number:02}" if match.groupdict().get("pair") or _is_padded(match) else str(number)
    word = MONTHS[later.month - 1]
    if len(before) == 3 or before.lower() == "sept":
        word = word[:3]
    return word.upper() if before.isupper() else word.lower() if before.islower() else word


def _is_padded(match: "regex.Match[str]") -> bool:
    """Whether days and months have two digits each: 02/12 and 12/25, but neither 2/12 nor 25 June."""
    parts = [match[name] for name in ("day", "month", "first", "second") if match.groupdict().get(name)]
    digits = [part for part in parts if part.isdigit()]
    return all(len(part) == 2 for part in digits) and (len(digits) > 1 or digits[0].startswith("0"))
