"""How often something is given: the canonical wording, and the number per day where the words fix one.

"as needed" never has a number: the record does not say how often the need arose. Months and years have none either,
since their length varies.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import regex

from domain_models.medical.quantities import parse_number

_AS_NEEDED = regex.compile(
    r"(?i)[\s,(]*\b(?:as needed|as required|when needed|if needed|prn|p\.r\.n\.?)(?:[\s,]+\p{L}[\p{L}\s/,-]*)?\)?$"
)
_MEALS = regex.compile(
    r"(?i)[\s,(]+(?P<meals>(?:with|before|after) (?:meals|food|breakfast|lunch|dinner|supper|each meal))\)?$"
)
_EVERY = regex.compile(
    r"(?i)^(?:every|each|q\.?)\s*(?P<low>[\w.]+?)(?:\s*(?:-|–|to|or)\s*(?P<high>\d+))?\s*-?\s*"
    r"(?P<unit>hours?|hourly|hrs?|h|days?|d|weeks?|wks?|w|months?|minutes?|mins?)\.?$"
)
_HOURLY = regex.compile(r"(?i)^(?P<low>\w+)[\s-](?P<unit>hourly|weekly)$")
_TIMES = regex.compile(
    r"(?i)^(?P<count>\w+)\s*(?:times|x|doses)\s*(?:/|per|an?|each|every)?\s*(?P<unit>day|daily|week|weekly)$"
)
_UNITS = {"h": "hour", "d": "day", "w": "week", "mo": "month", "mi": "minute"}
_PER_DAY = {"minute": Decimal(1440), "hour": Decimal(24), "day": Decimal(1), "week": 1 / Decimal(7)}
_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Frequency:
    """Canonical wording and how often per day; `per_day` is None where the words fix no number."""

    wording: str
    per_day: Decimal | None


def parse_frequency(words: str) -> Frequency | None:
    """The frequency that `words` (white space collapsed) state and nothing else; None where they state none."""
    needed = _AS_NEEDED.search(words)
    if needed:
        regular = parse_frequency(words[: needed.start()]) if words[: needed.start()].strip() else None
        return Frequency(f"{regular.wording} as needed" if regular else "as needed", None)
    meals = _MEALS.search(words)
    if meals and meals.start():
        regular = parse_frequency(words[: meals.start()])
        return Frequency(f"{regular.wording} {meals['meals'].lower()}", regular.per_day) if regular else None
    folded = regex.sub(r"(?<=\p{L})\.", "", words.lower().strip(" ,;()"))
    listed = _listed().get(regex.sub(r"^(?:for|to be taken|taken|take|given)\s+", "", folded))
    return listed or _interval(folded) or _times(folded)


def find_frequency(words: str) -> tuple[int, Frequency] | None:
    """The longest end of `words` that states a frequency, and where it starts: "500 mg twice daily" gives 7."""
    starts = [match.start() for match in regex.finditer(r"(?<![\w.])\w", words)]
    for start in starts:
        frequency = parse_frequency(words[start:])
        if frequency is not None:
            return start, frequency
    return None


def _interval(words: str) -> Frequency | None:
    match = _EVERY.match(words) or _HOURLY.match(words)
    if match is None:
        return None
    unit = next(name for start, name in _UNITS.items() if match["unit"].lower().startswith(start))
    low = parse_number(match["low"])
    if low is None or low <= 0:
        return None
    high = match.groupdict().get("high")
    if high:
        return Frequency(f"every {low}-{high} {unit}s", None)
    per_day = _PER_DAY.get(unit)
    wording = f"every {low} {unit}s" if low != 1 else f"every {unit}"
    return Frequency(wording, (per_day / low).quantize(_SIX_PLACES).normalize() if per_day else None)


def _times(words: str) -> Frequency | None:
    match = _TIMES.match(words)
    count = parse_number(match["count"]) if match else None
    if match is None or count is None or count <= 0:
        return None
    unit = "day" if match["unit"].lower().startswith("da") else "week"
    return Frequency(f"{count} times per {unit}", (count * _PER_DAY[unit]).quantize(_SIX_PLACES).normalize())


@cache
def _listed() -> Mapping[str, Frequency]:
    tables = tomllib.loads((Path(__file__).parent / "frequencies.toml").read_text(encoding="utf-8"))["frequency"]
    known: dict[str, Frequency] = {}
    for table in tables:
        per_day = Decimal(table["per_day"]) if "per_day" in table else None
        known |= {word: Frequency(table["canonical"], per_day) for word in table["words"]}
    return known
