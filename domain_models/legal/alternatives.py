"""Dates that are one of several alternatives: "the earlier of December 31, 2025 or completion of the Services".

Of two dates the words say which one holds. A date beside anything else is not yet the day that the contract names: it is left
open. Alternatives that the contract numbers ("(i) ... or (ii) ...") are read as lawyers who labelled such contracts read them:
the date stands, and what is beside it may end the term sooner or later.
"""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from domain_models.legal.dates import FoundDate

_WHICH = r"(?P<which>earlier|earliest|sooner|first|later|latest|last)"
_OF = rf"\b{_WHICH}\s+(?:to\s+occur\s+)?(?:date\s+)?of\b(?:\s+either)?[\s:,]*(?:the\s+)?(?:on\s+)?"
_OF_TWO = re.compile(rf"{_OF}(?:\((?:a|i|1)\)\s*)?$", re.IGNORECASE)
_OF_PLAIN = re.compile(rf"{_OF}$", re.IGNORECASE)
_WHICHEVER = rf"\bwhichever\s+(?:\w+\s+){{0,4}}?{_WHICH}\b"
_WHICHEVER_NEXT = re.compile(rf"[\s,;(]*{_WHICHEVER}", re.IGNORECASE)
_WHICHEVER_BEHIND = re.compile(rf"[^.;]{{0,160}}?{_WHICHEVER}", re.IGNORECASE)
_JOINED = re.compile(r"[\s,;]*(?:and|or)\s+(?:\((?:b|ii|2)\)\s*)?(?:on\s+)?", re.IGNORECASE)
_LISTED = re.compile(r"[\s,;]*(?:(?:and|or)\s+)?")
_THIRD = re.compile(r"[\s,;]*(?:and|or)\s+(?:\(|the\s+date|upon|completion|termination)", re.IGNORECASE)
_EARLIER = frozenset({"earlier", "earliest", "sooner", "first"})


def of_two_dates(text: str, dates: Sequence[FoundDate]) -> tuple[FoundDate, date] | None:
    """The first of two dates that are the only alternatives, and which of the two days holds; None where none are."""
    for one, other in pairwise(dates):
        behind = text[other.end :]
        told = _OF_TWO.search(text[: one.start]) or _WHICHEVER_NEXT.match(behind)
        more = any(_LISTED.fullmatch(text, before.end, one.start) for before in dates if before.end <= one.start)
        is_pair = told and not more and _JOINED.fullmatch(text, one.end, other.start) and not _THIRD.match(behind)
        if told and is_pair and not one.other and not other.other:
            days = (one.date, other.date)
            return one, min(days) if told["which"].lower() in _EARLIER else max(days)
    return None


def is_alternative(text: str, found: FoundDate) -> bool:
    """Whether a date is one of several alternatives that bear no numbers."""
    return _OF_PLAIN.search(text[: found.start]) is not None or _WHICHEVER_BEHIND.match(text, found.end) is not None
