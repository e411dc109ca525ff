"""An amount in clinical words to an exact number and its UCUM unit. A range, a ratio or an unknown unit gives None.

Source of the codes: The Unified Code for Units of Measure. Spellings stand in `units.toml`.
"""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import regex

from domain_models.medical.dimensions import measures

_NUMBER = regex.compile(r"[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d{1,2}(?!\d)|\.\d+)?|\.\d+)")
_MULTIPLIED = regex.compile(r"(?i)^\s*[x×]\s*10\s*[\^*e]?\s*(\d{1,2})(?!\d)")
_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number and its UCUM unit; `unit` is None for a bare number."""

    number: Decimal
    unit: str | None


def plain(quote: str) -> str:
    """The quote with thin and no-break spaces as spaces, typographic minus as hyphen, and white space collapsed."""
    spaced = "".join(" " if unicodedata.category(char) == "Zs" or char.isspace() else char for char in quote)
    return " ".join(spaced.replace("−", "-").replace("²", "2").replace("³", "3").split())


def parse_number(words: str) -> Decimal | None:
    """A number in digits ("21,860", "1,6", ".5") or in words up to ninety-nine; None for anything else."""
    words = words.strip().lower()
    if _NUMBER.fullmatch(words):
        return _decimal(words)
    parts = [part for part in regex.split(r"[\s-]+", words) if part]
    if parts[1:] == ["hundred"] and parts[0] in _WORDS:
        return Decimal(100 * _WORDS[parts[0]])
    if len(parts) == 2 and parts[0] in _TENS and 0 < _WORDS.get(parts[1], 0) < 10:
        return Decimal(_TENS[parts[0]] + _WORDS[parts[1]])
    known = _TENS | _WORDS
    return Decimal(known[parts[0]]) if len(parts) == 1 and parts[0] in known else None


def parse_quantity(words: str) -> Quantity | None:
    """One number with its unit, or alone; None where there are several numbers, a range or a unit we do not know."""
    words = regex.sub(r"(?i)^(?:approximately|approx\.?|about|around|of|total dose of|dose of|[~=:])\s*", "", words)
    number = _NUMBER.match(words)
    if number is None:
        return _spelled(words)
    rest = words[number.end() :].strip()
    power = _MULTIPLIED.match(rest)
    if not rest:
        return Quantity(_decimal(number.group()), None)
    unit = parse_unit(f"10^{power[1]}{rest[power.end() :]}" if power else rest.removeprefix("-"))
    return Quantity(_decimal(number.group()), unit) if unit else None


def parse_unit(words: str) -> str | None:
    """The UCUM code of a unit, composed where it must be ("mg/kg per day"); None where a part is unknown or it measures nothing."""
    words = words.strip().rstrip(".,;").strip()
    known = _known(words)
    if known is not None:
        return known
    parts = [part.strip() for part in regex.split(r"\s*/\s*|\s+per\s+|^per\s+", words)]
    codes = [_known(part) if part else "" for part in parts]
    if not any(codes) or any(code is None for code in codes) or "" in codes[1:] or len(codes) < 2:
        return _counted(words)
    composed = "/".join(str(code) for code in codes)
    return composed if measures(composed) else None


def _counted(words: str) -> str | None:
    """A power of ten before a unit: "10^9 cells/L", "10^3 uL" as some laboratories print it stays unknown."""
    power = regex.match(r"(?i)(?:x\s*)?10\^(\d{1,2})\s*(?=[/a-z])", words)
    rest = parse_unit(words[power.end() :]) if power else None
    counted = rest.removeprefix("{cells}") if rest else ""
    return f"10*{power[1]}{counted}" if power and counted.startswith("/") else None


def _spelled(words: str) -> Quantity | None:
    parts = words.split()
    for count in (3, 2, 1):
        number = parse_number(" ".join(parts[:count])) if len(parts) > count else None
        unit = parse_unit(" ".join(parts[count:])) if number is not None else None
        if number is not None and unit:
            return Quantity(number, unit)
    return None


def _decimal(digits: str) -> Decimal:
    """A comma before three digits groups thousands; before one or two it is a decimal comma."""
    digits = digits.replace("−", "-")
    return Decimal(regex.sub(r",(?=\d{3}(?:\D|$))", "", digits).replace(",", "."))


def _known(words: str) -> str | None:
    return _spellings().get(words) or _spellings().get(words.lower())


@cache
def _spellings() -> Mapping[str, str]:
    tables = tomllib.loads((Path(__file__).parent / "units.toml").read_text(encoding="utf-8"))
    folded = {word.lower(): code for code, words in tables["spellings"].items() for word in words}
    exact = {word: code for code, words in tables["exact"].items() for word in words}
    codes = {code: code for code in (*tables["spellings"], *tables["exact"])}  # machines print UCUM itself
    return codes | folded | exact
