"""Vital signs that stand in one line of a text: "BP 132/84, HR 88, RR 18, T 98.6 F, SpO2 97% on 2L NC, Wt 81.2 kg".

One sign alone is prose, and left to the tagger; of several pressures behind one name each is a row (`pressures.py`). A
single letter ("T", "P", "R") is a vital sign only beside two others, one of them named in full. A value that the sign
cannot have is none: pressures are two numbers, a heart rate is no degrees. Names and bounds stand in `vitals.toml`.
"""

from collections.abc import Iterator
from functools import cache

import regex

from domain_models.domain import Field
from domain_models.medical.cells import Cell, Row
from domain_models.medical.normalise import normalise
from domain_models.medical.pressures import pressure_rows
from domain_models.medical.quantities import parse_unit
from domain_models.medical.vitals import vital_names, vital_of

_NUMBER = r"\d{1,3}(?:\.\d{1,2})?(?![\d.]*\d)"
_VALUE = (
    rf"(?P<value>(?:\d{{2,3}}\s?/\s?\d{{2,3}}(?!\d)(?:\s?mm\s?Hg)?|{_NUMBER}(?:\s?(?:%|°\s?[CF]\b|[CF]\b|kg/m(?:2|²)|kg\b|lbs?\b|cm\b|"
    r"/min\b|bpm\b|beats/min\b|breaths/min\b))?))(?!\s?(?:/|-|–|\p{L}{1,3}/)\s?\d)(?![\p{L}\d'’\"])"
)
_JOINT = r"(?:\s*[:=]\s*|\s+(?:is|was|of|at)\s+|[ \t]+)"
_LETTERS = frozenset({"t", "p", "r"})
_PAIR = regex.compile(r"\d\s*/\s*\d")
_NEXT_WORD = regex.compile(r"[ \t]*(?P<word>[\p{L}%°/]+)")
_RESULT = Field("lab_value", "", "quantity", "")
_FEWEST = 2  # signs in a line; a single letter needs two that are named, or one and another letter


def sign_rows(text: str) -> Iterator[Row]:
    """A row for each vital sign with its value, line by line."""
    pressures = list(pressure_rows(text))
    yield from pressures
    led = [row.cells[0].char_start for row in pressures]
    for line in regex.finditer(r"[^\n\f]+", text):
        matches = [match for match in _expression().finditer(text, *line.span()) if _fits(match)]
        matches = [match for match in matches if match.start("name") not in led]
        beside = sum(line.start() <= start < line.end() for start in led)
        named = beside + sum(match["name"].lower() not in _LETTERS for match in matches)
        count = beside + len(matches)
        for match in matches if count >= _FEWEST else ():
            if named >= _FEWEST or (named and count > _FEWEST) or match["name"].lower() not in _LETTERS:
                name = Cell("test", "diagnostic_procedure", *match.span("name"))
                value = Cell("value", "lab_value", *match.span("value"))
                yield Row("test", (name, value), ())


def _fits(match: "regex.Match[str]") -> bool:
    """Whether the sign can have the value, and no unit that we read stands behind it."""
    vital, words = vital_of(match["name"]), match["value"]
    value = normalise(_RESULT, words)
    if vital is None or value is None or (vital.code == "blood_pressure") != (_PAIR.search(words) is not None):
        return False
    behind = _NEXT_WORD.match(match.string, match.end())
    has_other_unit = value.unit is None and behind is not None and parse_unit(behind["word"]) is not None
    low, high = vital.bounds or (0.0, float("inf"))
    number = regex.match(r"[\d.]+", words)
    is_near = number is not None and low <= float(number.group()) <= high
    return is_near and not has_other_unit and (value.unit is None or value.unit in vital.units)


@cache
def _expression() -> "regex.Pattern[str]":
    names = "|".join(regex.escape(name) for name in sorted(vital_names(), key=len, reverse=True))
    return regex.compile(rf"(?i)(?<![\p{{L}}\d/-])(?P<name>{names}){_JOINT}{_VALUE}")
