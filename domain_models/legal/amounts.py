"""Sums of money as contracts write them, with their ISO 4217 currency. A blanked sum ("$[***]") is no sum.

A bare "$" is read as US dollars, as in the filings that the model learned from. Knows how a sum is written and which
words say that it is the limit or the minimum, not what it is owed for.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from price_parser import Price

from domain_models.legal.wording import plain
from schemas.finding import Value

_WORDS = tomllib.loads((Path(__file__).parent / "amounts.toml").read_text(encoding="utf-8"))
_CURRENCIES: Mapping[str, str] = _WORDS["currencies"]
_SCALES: Mapping[str, int] = _WORDS["scales"]


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = r"\d{1,3}(?:[,. ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_SUM = re.compile(
    rf"(?<!\w)(?:(?P<before>{_either(_CURRENCIES)})\s?(?P<number>{_NUMBER})(?:\s?(?P<scale>{_either(_SCALES)})\b)?"
    rf"|(?P<number_first>{_NUMBER})\s?(?:(?P<scale_first>{_either(_SCALES)})\b\s*)?(?:of\s+)?"
    rf"(?P<after>{_either(_CURRENCIES)})(?!\w))",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:exceed\w*|in excess of|maximum|limit\w*|up to|capped at|cap of|greater than|more than|aggregate)\b"
    r"[^.;]{0,90}$",
    re.IGNORECASE,
)
_MINIMUM = re.compile(
    r"\b(?:minimum\w*|at least|not less than|no less than|guarantee\w*|commit\w*)\b[^.;]{0,90}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum in its currency, and its half-open place in the plain text."""

    number: Decimal
    currency: str
    start: int
    end: int


def find_amounts(text: str) -> list[Amount]:
    """Every whole sum of money of a plain text, in reading order."""
    return [amount for match in _SUM.finditer(text) if (amount := _amount_of(match)) is not None]


def liability_cap(quote: str) -> Value | None:
    """The sum that liability is limited to; None where several sums stand and none is said to be the limit."""
    return _said(quote, _LIMIT)


def minimum_commitment(quote: str) -> Value | None:
    """The least sum that is owed; None where several sums stand and none is said to be the minimum."""
    return _said(quote, _MINIMUM)


def _said(quote: str, cue: re.Pattern[str]) -> Value | None:
    text = plain(quote)
    amounts = find_amounts(text)
    if _different(amounts):
        amounts = [amount for amount in amounts if cue.search(text[: amount.start])]
    if not amounts or _different(amounts):
        return None
    return Value(number=amounts[0].number, unit=amounts[0].currency)


def _different(amounts: list[Amount]) -> bool:
    return len({(amount.number, amount.currency) for amount in amounts}) > 1


def _amount_of(match: re.Match[str]) -> Amount | None:
    price = Price.fromstring(match["number"] or match["number_first"])
    if price.amount is None:
        return None
    scale = (match["scale"] or match["scale_first"] or "").lower()
    number = price.amount * 10 ** _SCALES.get(scale, 0)
    currency = _CURRENCIES[(match["before"] or match["after"]).lower()]
    return Amount(number, currency, match.start(), match.end())
