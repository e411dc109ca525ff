"""Sums of money as contracts write them, with their ISO 4217 currency. A blanked sum ("$[***]") is no sum.

A bare "$" is read as US dollars, as in the filings that the model learned from; words and figures that disagree are no
sum. Knows how a sum is written and which words say that it is the limit or the minimum, not what it is owed for.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from price_parser import Price

from domain_models.legal.wording import NUMBER_PHRASE, number_of, plain
from schemas.finding import Value

BRACKET = 3  # characters between a sum in words and the same in figures: " ($"

_WORDS = tomllib.loads((Path(__file__).parent / "amounts.toml").read_text(encoding="utf-8"))
_CURRENCIES: Mapping[str, str] = _WORDS["currencies"]
_SCALES: Mapping[str, int] = _WORDS["scales"]


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# "1,500,000.00", "1.500.000,00", "1'500'000", "3,50,000" as in India; none whose end is torn ("$5OO,000").
_GROUPED = r"\d{1,3}(?:[,. ']\d{3})+(?:[.,]\d{1,2})?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?"
_NUMBER = rf"(?:{_GROUPED}|\d+(?:[.,]\d{{1,2}})?)(?![\d_*\[]|[.,']\d|O)"
_SPOKEN_SCALES = "|".join(word for word in _SCALES if len(word) > len("crore"))
_SUM = re.compile(
    rf"(?<!\w)(?:(?P<before>{_either(_CURRENCIES)})\s?(?P<number>{_NUMBER})(?:\s?(?P<scale>{_either(_SCALES)})\b)?"
    rf"|(?P<number_first>{_NUMBER})\s?(?:(?P<scale_first>{_either(_SCALES)})\b\s*)?(?:of\s+)?"
    rf"(?P<after>{_either(_CURRENCIES)})(?!\w))",
    re.IGNORECASE,
)
_SPOKEN_SUM = rf"{NUMBER_PHRASE}(?:[\s,-]+(?:and\s+)?(?:{NUMBER_PHRASE}|(?:{_SPOKEN_SCALES})\b))*"
_SPOKEN = re.compile(
    rf"\b(?P<spoken>{_SPOKEN_SUM})\s+"
    rf"(?P<currency>{_either(word for word in _CURRENCIES if word.isalpha() or ' ' in word)})\b",
    re.IGNORECASE,
)
_SPOKEN_PART = re.compile(rf"({NUMBER_PHRASE})(?:[\s,-]+({_SPOKEN_SCALES})\b)?", re.IGNORECASE)
# "one million dollars [($2,000,000)]", "one million pounds [(£1,000,000)]": the same sum once more.
_SAID_BEFORE = re.compile(
    rf"\b(?P<spoken>{_SPOKEN_SUM})\s*(?:(?:{_either(_CURRENCIES)}|pounds)\s*)?\(\s*$", re.IGNORECASE
)
_LIMIT_WORD = re.compile(
    r"\b(?:exceed\w*|in excess of|maximum|limit\w*|up to|capped at|cap of|greater than|more than|aggregate)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(rf"{_LIMIT_WORD.pattern}[^.;]{{0,90}}$", re.IGNORECASE)
_MINIMUM = re.compile(
    r"\b(?:minimum\w*|at least|not less than|no less than|guarantee\w*|commit\w*)\b[^.;]{0,90}$", re.IGNORECASE
)
_LIMIT_BEHIND = re.compile(r"^[^.;]{0,40}\b(?:maximum|limit|cap|ceiling)\b", re.IGNORECASE)
# "the greater of $500,000 and the fees paid", "two times $120,000": the sum alone is not what is owed.
_ONE_OF_TWO = re.compile(
    r"\b(?:greater|lesser|higher|highest|lower|lowest|larger|smaller) of\b|\b(?:times|percent|multiple)\b|%",
    re.IGNORECASE,
)
_WHICHEVER = re.compile(
    r"\bwhichever (?:amount |sum )?(?:is|be) (?:the )?(?:great|less|low|high|large|small)", re.IGNORECASE
)
# "fifty licences at $400 each", "$0.165 per Card": the price of one.
_PRICE = re.compile(
    r"^[\s)]*(?:per|for each|for every|/)\s*(?!(?:calendar |contract |fiscal |full )?(?:year|annum|month|quarter|week|day))\w",
    re.IGNORECASE,
)
_PRICED_AT = re.compile(r"\bat (?:a (?:price|rate|fee|cost) of )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum in its currency, and its half-open place in the plain text."""

    number: Decimal
    currency: str
    start: int
    end: int


def find_amounts(text: str) -> list[Amount]:
    """Every whole sum of money of a plain text, in reading order; one whose words say another sum is left out."""
    written = [amount for match in _SUM.finditer(text) if (amount := _amount_of(match)) is not None]
    agreed = [amount for amount in written if _agrees(text, amount)]
    spoken = [amount for match in _SPOKEN.finditer(text) if (amount := _spoken_amount(match)) is not None]
    # The words of a sum that stands in figures too say nothing more.
    alone = [said for said in spoken if not any(said.start < w.end and w.start < said.end + BRACKET for w in written)]
    return sorted([*agreed, *alone], key=lambda amount: amount.start)


def _agrees(text: str, amount: Amount) -> bool:
    """Whether the words before a sum in brackets, if there are any, say the same number."""
    said = _SAID_BEFORE.search(text[max(0, amount.start - 150) : amount.start])
    number = _spoken_number(said["spoken"]) if said else None
    return number is None or number == amount.number


def liability_cap(quote: str) -> Value | None:
    """The sum that liability is limited to; None where no sum is said to be the limit, several are, or it is one of two."""
    text = plain(quote)
    limits = [a for a in find_amounts(text) if _LIMIT.search(text[: a.start]) or _LIMIT_BEHIND.search(text[a.end :])]
    return _only(text, limits)


def minimum_commitment(quote: str) -> Value | None:
    """The least sum that is owed; None where several sums stand and none is said to be it, or it is one of two."""
    text = plain(quote)
    amounts = [a for a in find_amounts(text) if not _is_price(text, a)]
    if _different(amounts):
        amounts = [amount for amount in amounts if _MINIMUM.search(text[: amount.start])]
    return _only(text, amounts)


def _only(text: str, amounts: list[Amount]) -> Value | None:
    if not amounts or _different(amounts) or _WHICHEVER.search(text):
        return None
    before = re.split(r"[.;]\s", text[: amounts[0].start])[-1]
    cues = [match.end() for match in _LIMIT_WORD.finditer(before)]
    if _ONE_OF_TWO.search(before[cues[-1] if cues else 0 :]):
        return None
    return Value(number=amounts[0].number, unit=amounts[0].currency)


def _is_price(text: str, amount: Amount) -> bool:
    return bool(_PRICE.search(text[amount.end :]) or _PRICED_AT.search(text[: amount.start]))


def _different(amounts: list[Amount]) -> bool:
    return len({(amount.number, amount.currency) for amount in amounts}) > 1


def _spoken_amount(match: re.Match[str]) -> Amount | None:
    number = _spoken_number(match["spoken"])
    return Amount(number, _CURRENCIES[match["currency"].lower()], *match.span()) if number else None


def _spoken_number(words: str) -> Decimal | None:
    """The number of "two million five hundred thousand": each run of number words times the scale behind it."""
    total = Decimal(0)
    for run, scale in _SPOKEN_PART.findall(words):
        number = number_of(" ".join(run.split()))
        if number is None:
            return None
        total += number * 10 ** _SCALES.get(scale.lower(), 0)
    return total


def _amount_of(match: re.Match[str]) -> Amount | None:
    price = Price.fromstring((match["number"] or match["number_first"]).replace("'", ","))
    if price.amount is None:
        return None
    scale = (match["scale"] or match["scale_first"] or "").lower()
    number = price.amount * 10 ** _SCALES.get(scale, 0)
    currency = _CURRENCIES[(match["before"] or match["after"]).lower()]
    return Amount(number, currency, match.start(), match.end())
