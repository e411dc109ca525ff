"""How contracts write numbers and spaces: plain text out of a quote, number words to integers.

Knows English number words (made by num2words). Does not know what a number counts; that is for the modules that use it.
"""

import re
from collections.abc import Iterable
from functools import cache

from num2words import num2words  # ships no types

from domain_models.marks import typed

LARGEST_WORD = 999
FIRST_YEAR, LAST_YEAR = 1950, 2060

# "17t h day": superscripts come out of a PDF with a space inside.
_TORN_ORDINAL = re.compile(r"(?<=\d)\s?(s\s?t|n\s?d|r\s?d|t\s?h)\b", re.IGNORECASE)

# "[***]", "[●]", "____", "[ ]", "$[*]": words kept out of the filing or never filled in.
BLANK = re.compile(r"\[[\s*_.●•xX\-]*\]|_{2,}|\*{2,}|●|\[\s*redacted\s*\]", re.IGNORECASE)


def plain(quote: str) -> str:
    """The quote with every run of white space as one space, straight quotes and whole ordinals ("17th")."""
    text = " ".join(typed(quote).split())
    return _TORN_ORDINAL.sub(lambda match: "".join(match.group(1).split()), text)


def _spoken(number: int, form: str) -> Iterable[str]:
    """A number's spellings, hyphens as spaces: with and without "and"."""
    words = num2words(number, to=form).replace("-", " ").replace(",", "").lower()
    return {words, words.replace(" and ", " ")}


@cache
def cardinals() -> dict[str, int]:
    """ "ninety" and "one hundred twenty" to their integers, up to `LARGEST_WORD`."""
    return {words: number for number in range(1, LARGEST_WORD + 1) for words in _spoken(number, "cardinal")}


@cache
def ordinals() -> dict[str, int]:
    """ "third" and "twenty first" to their integers, up to 99."""
    return {words: number for number in range(1, 100) for words in _spoken(number, "ordinal")}


@cache
def spoken_years() -> dict[str, int]:
    """ "two thousand nineteen", "nineteen ninety nine" and "twenty nineteen" to their years."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return {words: year for year in years for form in ("cardinal", "year") for words in _spoken(year, form)}


def number_of(words: str) -> int | None:
    """The integer that digits, number words or an ordinal say; None where they say none."""
    text = " ".join(words.lower().replace("-", " ").split())
    return int(text) if text.isdecimal() else cardinals().get(text, ordinals().get(text))


_ATOMS = {atom for words in (*cardinals(), *ordinals()) for atom in words.split()} - {"and"}
_ATOM = "(?:" + "|".join(sorted(_ATOMS, key=len, reverse=True)) + r")\b"

# One or more number words in a row, for use inside a larger pattern: "one hundred and twenty", "twenty-first".
NUMBER_PHRASE = rf"{_ATOM}(?:[\s-]+(?:and\s+)?{_ATOM})*"
