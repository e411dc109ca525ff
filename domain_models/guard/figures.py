"""The figures of a text: dates, numbers with their units, and codes such as `B12`. Knows no field and no domain.

Made to compare what is written with what is cited, so it keeps apart what normalising a field may join: a date whose
day and month cannot be told apart is not `certain`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from domain_models.guard.rules import ONES, TENS, UNITS

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?"
    r"|JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER)(?![a-z])"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_DATES = [
    re.compile(rf"\b{_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?"),
    re.compile(rf"\b{_DAY}\s+(?:day\s+of\s+)?{_MONTH}(?:,?\s+{_YEAR})?"),
    re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}"),
    re.compile(rf"\b{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)\b"),
]
_NUMERIC_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-]((?:19|20)?\d\d)(?![\d/-])")
_CODE = re.compile(r"\b[^\W\d_]+-?\d[\w-]*")
_NUMBER = re.compile(
    r"(?P<sign>[$€£])?\s?(?P<digits>\d+(?:[.,:/]\d+)*)(?:st|nd|rd|th)?(?P<scale>\s+(?:thousand|million|billion))?"
)
_UNIT = re.compile(r"(?:\s*\(\s*[$€£]?\d[\d.,]*\s*%?\))?[)\s-]{0,3}([a-zµA-Z]+|%|\$)")
_SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_NUMBER_WORD = "|".join([*sorted([*ONES, *TENS], key=len, reverse=True), "hundred", *_SCALES])
_NUMBER_WORDS = re.compile(rf"(?i)(?<!\d\s)\b(?:{_NUMBER_WORD})(?:(?:\s+and\s+|[\s-]+)(?:{_NUMBER_WORD}))*\b")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in `[start, end)`, its unit included. `value` is canonical: a plain decimal, or year-month-day.

    A date may lack its year (`--03-05`) or its day (`2021-03`). `unit` is None where none of ours follows.
    """

    kind: Literal["date", "number", "code"]
    value: str
    unit: str | None
    text: str
    start: int
    end: int
    certain: bool = True


def figures(text: str) -> list[Figure]:
    """Every figure of the text, in order; none overlaps another."""
    found: list[Figure] = []
    for read in (_dates, _numeric_dates, _codes, _spelt_numbers, _numbers):
        for figure in list(read(text)):
            found.append(figure)
            text = text[: figure.start] + "\0" * (figure.end - figure.start) + text[figure.end :]
    return sorted(found, key=lambda figure: figure.start)


def _dates(text: str) -> Iterator[Figure]:
    taken = 0
    matches = sorted((m for pattern in _DATES for m in pattern.finditer(text)), key=lambda m: (m.start(), -m.end()))
    for match in matches:
        if match.start() >= taken:
            taken = match.end()
            yield Figure("date", _date_value(match.groupdict()), None, _spaced(match[0]), match.start(), match.end())


def _date_value(parts: dict[str, str | None]) -> str:
    month = parts["month"] or ""
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    day = parts.get("day")
    return f"{parts.get('year') or '-'}-{number:02d}" + (f"-{int(day):02d}" if day else "")


def _numeric_dates(text: str) -> Iterator[Figure]:
    for match in _NUMERIC_DATE.finditer(text):
        first, second, year = (int(part) for part in match.groups())
        if not (1 <= first <= 31 and 1 <= second <= 31 and min(first, second) <= 12):
            continue
        month, day = (first, second) if first <= 12 else (second, first)
        century = 0 if year > 99 else 2000 if year < 50 else 1900
        certain = first > 12 or second > 12 or first == second
        value = f"{century + year}-{month:02d}-{day:02d}"
        yield Figure("date", value, None, match[0], match.start(), match.end(), certain)


def _codes(text: str) -> Iterator[Figure]:
    for match in _CODE.finditer(text):
        yield Figure("code", match[0].lower(), None, match[0], match.start(), match.end())


def _numbers(text: str) -> Iterator[Figure]:
    for match in _NUMBER.finditer(text):
        value = _plain_number(match["digits"], _SCALES.get((match["scale"] or "").strip(), 1))
        unit, end = _unit_after(text, match.end())
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        yield Figure("number", value, UNITS.get(match["sign"] or "") or unit, match[0].strip(), start, end)


def _plain_number(digits: str, scale: int) -> str:
    """`1,500.50` as `1500.5`; what is not one number (`120/80`, `4.2.1`, `10:30`) stays as it stands."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    if not re.fullmatch(r"\d+(?:\.\d+)?", digits):
        return digits
    return f"{(Decimal(digits) * scale).normalize():f}"


def _spelt_numbers(text: str) -> Iterator[Figure]:
    for match in _NUMBER_WORDS.finditer(text):
        unit, end = _unit_after(text, match.end())
        if unit is None and match[0].lower() in {"one", "hundred", *_SCALES}:
            continue  # "one of the parties" counts nothing
        value = str(_spelt_value(re.split(r"[\s-]+", match[0].lower())))
        yield Figure("number", value, unit, match[0], match.start(), end)


def _spelt_value(spelt: list[str]) -> int:
    total = current = 0
    for word in spelt:
        if word == "hundred":
            current = max(1, current) * 100
        elif word in _SCALES:
            total, current = total + max(1, current) * _SCALES[word], 0
        else:
            current += ONES.get(word, TENS.get(word, 0))
    return total + current


def _unit_after(text: str, position: int) -> tuple[str | None, int]:
    """The unit that follows, past a repeated figure in brackets ("thirty (30) days"), and where it ends."""
    match = _UNIT.match(text, position)
    unit = UNITS.get(match[1].lower()) if match else None
    return (unit, match.end(1)) if match and unit and "(" not in match[0] else (unit, position)


def _spaced(text: str) -> str:
    return " ".join(text.lower().split())
