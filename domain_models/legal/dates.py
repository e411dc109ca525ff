"""Dates as contracts write them, to calendar dates. A date with a blank, a missing year or no day is no date.

Numbers alone are read month first, the order of the filings that the model learned from, unless only day first is
possible ("13/07/05"). Two-digit years follow POSIX: 69 to 99 are 1969 to 1999. Knows nothing of what a date is for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from dateutil.parser import ParserError, parse

from domain_models.legal.wording import ordinals, spoken_years

CENTURY_PIVOT = 69

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b"
)
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\s*,?\s*)?"
# Not the tail of a longer number, nor the filled part of a blank ("_1 day").
_ALONE = r"(?<![\d_/*.\]])"
_DAY = r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?|(?P<day_words>@ordinal))"
_YEAR = r"(?:(?P<year>(?:19|20)\d\d|'\d\d)(?![\d_*\[])|(?P<year_words>@year))"
_OF_YEAR = r"[\s,.]*(?:(?:in\s+)?(?:the\s+)?year(?:\s+of\s+our\s+lord)?|a\.?d\.?)?[\s,]*"

_MONTH_FIRST = rf"(?P<month>{_MONTH})[\s.,]*(?:the\s+)?{_DAY}(?:\s+day)?{_OF_YEAR}{_YEAR}"
_DAY_FIRST = (
    rf"{_ALONE}\b{_DAY}\)?(?:\s+day)?(?:\s+of)?(?:\s+the\s+month\s+of)?[\s,\-]*{_WEEKDAY}"
    rf"(?P<month>{_MONTH}){_OF_YEAR}-?{_YEAR}"
)
_YEAR_FIRST = rf"{_ALONE}(?P<year>(?:19|20)\d\d)([-./])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?![\d_*])"
_NUMBERS = rf"{_ALONE}(?P<first>\d{{1,2}})([-./])(?P<second>\d{{1,2}})\2(?P<year>\d{{4}}|\d{{2}})(?![\d_*\[/])"


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and its half-open place in the plain text it was read from."""

    date: date
    start: int
    end: int


def find_dates(text: str) -> list[FoundDate]:
    """Every whole date of a plain text, in reading order."""
    found: dict[int, FoundDate] = {}
    for pattern in _patterns():
        for match in pattern.finditer(text):
            day = _date_of(match)
            if day is not None and not any(f.start < match.end() and match.start() < f.end for f in found.values()):
                found[match.start()] = FoundDate(day, match.start(), match.end())
    return [found[start] for start in sorted(found)]


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    def alternatives(words: Iterator[str]) -> str:
        longest_first = sorted(words, key=len, reverse=True)
        return "|".join(w.replace(" ", r"[\s-]+") for w in longest_first)

    month_days = alternatives(words for words, day in ordinals().items() if day <= 31)
    years = alternatives(iter(spoken_years()))
    shapes = (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST, _NUMBERS)
    filled = (shape.replace("@ordinal", month_days).replace("@year", years) for shape in shapes)
    return tuple(re.compile(shape, re.IGNORECASE) for shape in filled)


def _date_of(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    year = _year_of(parts)
    if parts.get("first"):
        return _from_numbers(year, int(parts["first"]), int(parts["second"]))
    day = int(parts["day"]) if parts["day"] else ordinals()[_spaced(parts["day_words"])]
    return _whole_date(f"{year:04d}-{parts['month'].rstrip('.')}-{day:02d}")


def _year_of(parts: dict[str, str | None]) -> int:
    digits = (parts["year"] or "").lstrip("'")
    if not digits:
        return spoken_years()[_spaced(parts["year_words"] or "")]
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year >= CENTURY_PIVOT else 2000
    return year


def _from_numbers(year: int, first: int, second: int) -> date | None:
    month, day = (second, first) if first > 12 else (first, second)
    return _whole_date(f"{year:04d}-{month:02d}-{day:02d}")


def _whole_date(text: str) -> date | None:
    """The calendar date; None where there is no such day (30 February)."""
    try:
        return parse(text, yearfirst=True, dayfirst=False).date()
    except (ParserError, OverflowError):
        return None


def _spaced(words: str) -> str:
    return " ".join(words.lower().replace("-", " ").split())
