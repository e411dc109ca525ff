"""Lengths of time as contracts write them ("two (2) years", "successive one-year periods"), with their place.

Knows how a length is written, not what it is for: `terms.py` tells an initial term from a renewal or a notice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dateutil.relativedelta import relativedelta

from domain_models.legal.wording import NUMBER_PHRASE, number_of

Unit = Literal["day", "business day", "week", "month", "year"]

_DIGITS = r"(?<![\d.,$%])\(?\s*(?P<digits>\d{1,3})(?:st|nd|rd|th)?\s*\)?"
_KINDS_OF_DAY = (
    r"additional|calendar|business|banking|working|full|whole|consecutive|contract|further|successive|more|or more"
)
_NUMBER = rf"(?:\b(?P<words>{NUMBER_PHRASE})\s*(?:\([^()\d]{{1,4}}\)\s*)?)?(?:{_DIGITS})?"
_NUMBERS = re.compile(_NUMBER, re.IGNORECASE)
_NUMBERED = re.compile(
    rf"{_NUMBER}(?<=[\w)])[\s~-]*(?:(?:{_KINDS_OF_DAY})[\s-]+)*"
    r"\b(?P<unit>day|week|month|quarter|year|yr|anniversar)(?:s|y|ies|ly)?\b",
    re.IGNORECASE,
)

_BUSINESS = re.compile(r"\b(?:business|banking|working)[\s-]+days?$", re.IGNORECASE)
_ANY_NUMBER = rf"(?:\b{NUMBER_PHRASE}|(?<![\d.,$%])\b\d{{1,3}})\s*(?:\(\s*\d{{1,3}}\s*\)\s*)?"
# "90 to 120 [days]", "one or two [years]", "between 30 and [60 days]": no one length.
_RANGE_BEFORE = re.compile(rf"{_ANY_NUMBER}(?:to|or|and)\s*$|(?<![\d.,$%])\b\d{{1,3}}[-/]$", re.IGNORECASE)
# "not less than thirty (30) nor more than [ninety (90) days]": the first is meant.
_LEAST_BEFORE = re.compile(
    rf"(?P<least>{_ANY_NUMBER})(?:,\s*)?(?:nor|and|but|or)\s+(?:not?\s+)?(?:more|later|greater|longer)\s+than\s*$",
    re.IGNORECASE,
)
# "two years and [six months]", "ten years plus [one day]"
_ADDED_BEFORE = re.compile(r"^\s*,?\s*(?:and|plus)\s+$", re.IGNORECASE)

_ONE_MORE = r"(?:an?|another|additional|subsequent|successive|further|each|every|per)\s+(?:calendar\s+|contract\s+)?"

# Lengths said without a number: "year to year", "an annual basis", "month-to-month".
_UNNUMBERED = re.compile(
    r"\b(?:(?P<half>half\s+(?:an?\s+)?year|semi-?annual(?:ly)?)"
    rf"|(?P<year>year[- ]to[- ]year|annual(?:ly)?|yearly|{_ONE_MORE}year)"
    r"|(?P<quarter>quarterly|quarter[- ]to[- ]quarter)"
    rf"|(?P<month>month[- ]to[- ]month|monthly|{_ONE_MORE}month))\b",
    re.IGNORECASE,
)
_ONE_OF: Mapping[str, tuple[int, Unit]] = {
    "half": (6, "month"),
    "year": (1, "year"),
    "quarter": (3, "month"),
    "month": (1, "month"),
}
_IN_BASE: Mapping[Unit, tuple[int, Unit]] = {
    "day": (1, "day"),
    "business day": (1, "business day"),
    "week": (7, "day"),
    "month": (1, "month"),
    "year": (12, "month"),
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time and its half-open place in the plain text it was read from."""

    number: Decimal
    unit: Unit
    start: int
    end: int

    @property
    def length(self) -> tuple[Decimal, Unit]:
        """Equal for equal lengths: weeks in days, years in months."""
        factor, base = _IN_BASE[self.unit]
        return self.number * factor, base


def find_durations(text: str) -> list[Duration]:
    """Every length of time with a number, in reading order; words and digits that disagree are left out, as is a range."""
    found = []
    for match in _NUMBERED.finditer(text):
        number = _number_of(match)
        # "the fifteenth Contract Year" is a period that the contract defines, not a length.
        if number is not None and not match.group().lower().endswith("contract year"):
            found.append(Duration(Decimal(number), _unit_of(match.group()), match.start(), match.end()))
    return _summed(text, found)


def _number_of(match: re.Match[str]) -> int | None:
    """The number of units; that of the least where the most follows it, None within a range."""
    before = match.string[max(0, match.start() - 80) : match.start()]
    least = _LEAST_BEFORE.search(before)
    stated = _NUMBERS.match(least["least"]) if least else match
    if stated is None or (not least and _RANGE_BEFORE.search(before)):
        return None
    number = _agreed_number(stated["words"], stated["digits"])
    return number * 3 if number and match["unit"].lower() == "quarter" else number


def _summed(text: str, found: Sequence[Duration]) -> list[Duration]:
    """The lengths, "one year and six months" as eighteen months; none of two that make no one unit ("and ten days")."""
    kept: list[Duration] = []
    for length in found:
        added = kept and _ADDED_BEFORE.match(text[kept[-1].end : length.start]) and kept[-1].unit != length.unit
        if not added:
            kept.append(length)
            continue
        first = kept.pop()
        if first.length[1] == length.length[1]:
            number, unit = first.length[0] + length.length[0], first.length[1]
            kept.append(Duration(number, unit, first.start, length.end))
    return kept


def find_unnumbered(text: str) -> list[Duration]:
    """Every length of time said without a number ("month to month"), in reading order."""
    found = []
    for match in _UNNUMBERED.finditer(text):
        number, unit = _ONE_OF[str(match.lastgroup)]
        found.append(Duration(Decimal(number), unit, match.start(), match.end()))
    return found


def calendar_step(number: Decimal, unit: str) -> relativedelta:
    """The step on the calendar that a length is; half years and half months fall to whole months and days.

    Business days are none: which days those are, no contract says to the end.
    """
    if unit == "year":
        return relativedelta(months=int(number * 12))
    if unit == "month":
        return relativedelta(months=int(number), days=int((number % 1) * 30))
    return relativedelta(days=int(number * (7 if unit == "week" else 1)))


def _agreed_number(words: str | None, digits: str | None) -> int | None:
    """The number that words and digits agree on; either may be missing, "thirty (60)" is none."""
    spoken = number_of(words) if words else None
    written = int(digits) if digits else None
    if spoken is not None and written is not None and spoken != written:
        return None
    return written if spoken is None else spoken


def _unit_of(words: str) -> Unit:
    """The unit that a length ends in; a quarter is counted in months."""
    if _BUSINESS.search(words):
        return "business day"
    units: dict[str, Unit] = {"d": "day", "w": "week", "m": "month", "q": "month", "y": "year", "a": "year"}
    return units[re.findall(r"[a-z]+", words.lower())[-1][0]]
