"""Lengths of time as contracts write them ("two (2) years", "successive one-year periods"), with their place.

Knows how a length is written, not what it is for: `terms.py` tells an initial term from a renewal or a notice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dateutil.relativedelta import relativedelta

from domain_models.legal.wording import NUMBER_PHRASE, number_of

Unit = Literal["day", "week", "month", "year"]

_DIGITS = r"(?<![\d.,$%])\(?\s*(?P<digits>\d{1,3})(?:st|nd|rd|th)?\s*\)?"
_KINDS_OF_DAY = r"additional|calendar|business|banking|working|full|whole|consecutive|contract|further|successive|more"
_NUMBERED = re.compile(
    rf"(?:\b(?P<words>{NUMBER_PHRASE})\s*(?:\([^()\d]{{1,4}}\)\s*)?)?(?:{_DIGITS})?(?<=[\w)])[\s~-]*(?:(?:{_KINDS_OF_DAY})[\s-]+)*"
    r"\b(?P<unit>day|week|month|year|yr|anniversar)(?:s|y|ies|ly)?\b",
    re.IGNORECASE,
)

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


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time and its half-open place in the plain text it was read from."""

    number: Decimal
    unit: Unit
    start: int
    end: int

    @property
    def length(self) -> tuple[Decimal, str]:
        """Equal for equal lengths: weeks in days, years in months."""
        factor, base = {"day": (1, "day"), "week": (7, "day"), "month": (1, "month"), "year": (12, "month")}[self.unit]
        return self.number * factor, base


def find_durations(text: str) -> list[Duration]:
    """Every length of time with a number, in reading order; words and digits that disagree are left out."""
    found = []
    for match in _NUMBERED.finditer(text):
        number = _agreed_number(match["words"], match["digits"])
        # "the fifteenth Contract Year" is a period that the contract defines, not a length.
        if number is not None and not match.group().lower().endswith("contract year"):
            found.append(Duration(Decimal(number), _unit_of(match["unit"]), match.start(), match.end()))
    return found


def find_unnumbered(text: str) -> list[Duration]:
    """Every length of time said without a number ("month to month"), in reading order."""
    found = []
    for match in _UNNUMBERED.finditer(text):
        number, unit = _ONE_OF[str(match.lastgroup)]
        found.append(Duration(Decimal(number), unit, match.start(), match.end()))
    return found


def calendar_step(number: Decimal, unit: str) -> relativedelta:
    """The step on the calendar that a length is; half years and half months fall to whole months and days."""
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


def _unit_of(word: str) -> Unit:
    units: dict[str, Unit] = {"d": "day", "w": "week", "m": "month", "y": "year", "a": "year"}
    return units[word[0].lower()]
