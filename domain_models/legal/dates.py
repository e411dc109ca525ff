"""Dates as contracts write them, to calendar dates. A date with a blank, a missing year or no day is no date.

Numbers alone ("03/04/2020") are read month first, the order of the filings that the model learned from, and keep the day
that they are if read day first; points between them ("1.4.2011") are day first, as in Europe. Two-digit years follow
POSIX: 69 to 99 are 1969 to 1999. Knows nothing of what a date is for.
"""

import datetime
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from dateutil.parser import ParserError, parse
from dateutil.relativedelta import relativedelta

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
# "25-Mar-09": between hyphens two digits are a year.
_HYPHENS = rf"{_ALONE}\b(?P<day>\d{{1,2}})-(?P<month>{_MONTH})-(?P<year>\d\d)(?![\d_*\[/-])"
_LAST_DAY = rf"\blast\s+day\s+(?:of|in)\s+(?P<month>{_MONTH}){_OF_YEAR}{_YEAR}"
_YEAR_FIRST = rf"{_ALONE}(?P<year>(?:19|20)\d\d)([-./])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?![\d_*])"
_NUMBERS = (
    rf"{_ALONE}(?P<first>\d{{1,2}})(?P<mark>[-./])(?P<second>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}})(?![\d_*\[/])"
)
# "... to the Supply Agreement dated [1 May 2020]", "pursuant to the MSA effective [1 May 2020]", "amends the Lease dated [...]"
_NAMED = r"[\w\s&.,'’#-]{0,80}?\b(?:(?i:agreement|contract|lease|license)|MSA)\b[\s,]*(?:\([^)]{0,60}\)[\s,]*)?"
_POINTS = (
    r"(?:to|under|of|in|into|that|amend(?:s|ed|ing)?|restat(?:es|ed|ing)|supplement(?:s|ed|ing)?|modif(?:y|ies|ied|ying)"
    r"|supersed(?:es|ed|ing)|replac(?:es|ed|ing))"
)
_ANOTHER = re.compile(
    rf"(?:\b(?i:{_POINTS})\s+(?i:the|that|a|an)\s+(?:(?i:certain)\s+)?{_NAMED}(?i:dated|effective|made|entered\s+into)"
    rf"|\b(?i:amendment|addendum|supplement|modification)\b[\w\s.#]{{0,20}}?\s(?i:to|of)\s{_NAMED}(?i:dated))"
    r"(?:\s+(?i:as\s+of|on))?\s*$"
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and its half-open place in the plain text it was read from.

    `other` is the day that the same numbers are in the other order ("03/04/2020"); None where they have but one reading.
    """

    date: datetime.date
    start: int
    end: int
    other: datetime.date | None = None


def find_dates(text: str) -> list[FoundDate]:
    """Every whole date of a plain text, in reading order."""
    found: dict[int, FoundDate] = {}
    for pattern in _patterns():
        for match in pattern.finditer(text):
            read = _read(match)
            if read is not None and not any(f.start < read.end and read.start < f.end for f in found.values()):
                found[read.start] = read
    return _settled([found[start] for start in sorted(found)])


def dates_another(before: str) -> bool:
    """Whether the words right before a date say that it is another agreement's."""
    return _ANOTHER.search(before) is not None


def _settled(dates: list[FoundDate]) -> list[FoundDate]:
    """The dates, those with two readings as the one that the same words also write out ("03/04/2020 (3 April 2020)")."""
    written = {found.date for found in dates if found.other is None}
    return [_as_written(found, written) if found.other else found for found in dates]


def _as_written(found: FoundDate, written: Collection[date]) -> FoundDate:
    said = [day for day in (found.date, found.other) if day in written]
    return replace(found, date=said[0], other=None) if said and said[0] else found


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    def alternatives(words: Iterator[str]) -> str:
        longest_first = sorted(words, key=len, reverse=True)
        return "|".join(w.replace(" ", r"[\s-]+") for w in longest_first)

    month_days = alternatives(words for words, day in ordinals().items() if day <= 31)
    years = alternatives(iter(spoken_years()))
    shapes = (_MONTH_FIRST, _DAY_FIRST, _HYPHENS, _LAST_DAY, _YEAR_FIRST, _NUMBERS)
    filled = (shape.replace("@ordinal", month_days).replace("@year", years) for shape in shapes)
    return tuple(re.compile(shape, re.IGNORECASE) for shape in filled)


def _read(match: re.Match[str]) -> FoundDate | None:
    """The date of a match; None where there is no such day."""
    parts = match.groupdict()
    if parts.get("first"):
        readings = _from_numbers(_year_of(parts), int(parts["first"]), int(parts["second"]))
        days = readings[::-1] if parts["mark"] == "." else readings
        certain = parts["mark"] == "." or len(set(days)) == 1
        return FoundDate(days[0], *match.span(), other=None if certain else days[-1]) if days else None
    if "day" not in parts:
        first = _whole_date(f"{_year_of(parts):04d}-{parts['month']}-01")
        return FoundDate(first + relativedelta(day=31), *match.span()) if first else None
    day = int(parts["day"]) if parts["day"] else ordinals()[_spaced(parts["day_words"])]
    whole = _whole_date(f"{_year_of(parts):04d}-{parts['month'].rstrip('.')}-{day:02d}")
    return FoundDate(whole, *match.span()) if whole else None


def _year_of(parts: dict[str, str | None]) -> int:
    digits = (parts["year"] or "").lstrip("'")
    if not digits:
        return spoken_years()[_spaced(parts["year_words"] or "")]
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year >= CENTURY_PIVOT else 2000
    return year


def _from_numbers(year: int, first: int, second: int) -> list[date]:
    """The days that two numbers can be, month first before day first."""
    orders = ((first, second), (second, first))
    days = (_whole_date(f"{year:04d}-{month:02d}-{day:02d}") for month, day in orders if month <= 12)
    return [day for day in days if day is not None]


def _whole_date(text: str) -> date | None:
    """The calendar date; None where there is no such day (30 February)."""
    try:
        return parse(text, yearfirst=True, dayfirst=False).date()
    except (ParserError, OverflowError):
        return None


def _spaced(words: str) -> str:
    return " ".join(words.lower().replace("-", " ").split())
