"""Which amounts and names tell of smoking and drinking, and are no dose, no result and no drug that is given.

Knows words, not sections: "EtOH 1/2 ppd" is a habit wherever it stands, "EtOH level 250 mg/dL" is a result.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import regex

from schemas.finding import Finding

_AMOUNTS = frozenset({"dosage", "lab_value", "frequency"})
_HEADS = frozenset({"medication", "diagnostic_procedure"})
_COUNT = (
    r"(?:(?<![\d/])(?:\d{1,2}(?:\.\d+)?(?:\s?[-–/]\s?\d{1,2})?)\+?|½|half(?:\s+an?)?|one|two|three|four|five|six|an?)"
)
_RATE = r"\d{1,2}(?:\s?[-–]\s?\d{1,2})?\s?(?:/|per\s|an?\s)\s?(?:d|day|wk|week|mo|month|night)\b"

_RATE_ALONE = regex.compile(rf"(?i){_RATE}|\d/\d(?!\d)")


def is_habit(text: str, finding: Finding) -> bool:
    """Whether what was taken for a dose, a result, a drug or a test is how much somebody smokes or drinks, or what."""
    if finding.field in _AMOUNTS:
        is_amount = _amount().search(text, finding.char_start, _word_end(text, finding.char_end)) is not None
        before = text[max(0, finding.char_start - 30) : finding.char_start]
        is_rate = _RATE_ALONE.match(finding.quote) is not None and _behind_substance().search(before) is not None
        return is_amount or is_rate
    if finding.field not in _HEADS or not _substance().fullmatch(finding.quote.strip()):
        return False
    return finding.field == "medication" or _led().match(text, finding.char_end) is not None


def _word_end(text: str, at: int) -> int:
    """The end of the word that stands right behind an amount, which may be its unit."""
    behind = regex.compile(r"\s?\p{L}*").match(text, at)
    return behind.end() if behind else at


@cache
def _words() -> dict[str, Sequence[str]]:
    words: dict[str, Sequence[str]] = tomllib.loads(
        Path(__file__).with_name("habits.toml").read_text(encoding="utf-8")
    )["words"]
    return words


def _any(name: str) -> str:
    return "(?:" + "|".join(regex.escape(word) for word in sorted(_words()[name], key=len, reverse=True)) + ")"


@cache
def _substance() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i){_any('substances')}(?:\s(?:use|abuse|intake|consumption))?")


@cache
def _amount() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i){_COUNT}[\s-]?{_any('units')}(?!\p{{L}})")


@cache
def _behind_substance() -> "regex.Pattern[str]":
    """A substance right before a number: "EtOH 12/wk"; what is told as its level or in its blood is a result."""
    return regex.compile(rf"(?i)(?<!\b(?:serum|blood|plasma)\s)\b{_any('substances')}(?:\suse)?\s?[:,]?\s?$")


@cache
def _led() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)(?:\suse)?\s?[:,]?\s?(?:{_COUNT}[\s-]?{_any('units')}(?!\p{{L}})|{_RATE}|\d/\d\b)")
