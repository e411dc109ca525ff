"""A contract field's quote to its typed value: which reader serves which field.

Every reader is pure, looks at the quote alone and gives None rather than a guess. Knows no document and no finding.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

from domain_models.domain import Field
from domain_models.legal.alternatives import of_two_dates
from domain_models.legal.amounts import liability_cap, minimum_commitment
from domain_models.legal.dates import dates_another, find_dates
from domain_models.legal.jurisdictions import governing_law
from domain_models.legal.parties import party_text
from domain_models.legal.terms import expiration, is_end_date, notice, renewal, warranty
from domain_models.legal.wording import BLANK, plain
from schemas.finding import Value

YES = Value(text="yes")
AGREEMENT_DATE = Value(text="agreement date")

_STARTS = re.compile(r"\b(?:effective|commenc\w*|begin\w*|start\w*|force)\b[^.;]{0,60}$", re.IGNORECASE)
_DATED = re.compile(r"\b(?:dated?|made|entered|executed|signed|day|on|of)\b[^.;]{0,40}$", re.IGNORECASE)
_SAME_DATE = re.compile(
    r"\b(?:date|day)s?\s+(?:and\s+year\s+)?(?:(?:first|last)\s+)?(?:(?:herein)?above|written|set forth|first|hereof"
    r"|of (?:this|the) (?:\w+\s+)?agreement|signed|of (?:its |the )?(?:execution|signature|signing))",
    re.IGNORECASE,
)
# "the last date of signature", "the later of July 1, 2015 and approval": whichever day that turns out to be.
_WHICHEVER = re.compile(
    r"\b(?:later|earlier|latest|earliest|last|first) (?:date |day )?of\b(?! (?:this|the) (?:\w+ )?agreement)|\bwhichever\b"
    r"|\b(?:last|later|latest|final) (?:date (?:of )?)?(?:signature|signing|execution)|\blast to sign\b",
    re.IGNORECASE,
)
# "May 1, 2012 and June 1, 2013"
_ONE_OR_OTHER = re.compile(r"\s*(?:and|or|to|-)\s*", re.IGNORECASE)
# "five days after January 10, 2017" is another day than that.
_DAYS_FROM = re.compile(
    r"\b(?:days?|weeks?|months?|years?|anniversary|date)\s+(?:immediately\s+)?(?:after|following|before|preceding|prior\s+to|from)"
    r"\s+(?:the\s+)?$",
    re.IGNORECASE,
)
# "LEASE THIS LEASE", "SUPPLY AGREEMENT between": where a title runs on into the first sentence
TITLE_RUNS_ON = re.compile(r"\s+(?:this|these|between|by and|among|dated|is made)\b.*$", re.IGNORECASE | re.DOTALL)
# "by and between" before a name and a full stop after a title are not part of them.
_TITLE_EDGES = " \t\n.,;:\"'“”‘’()[]"


def agreement_date(quote: str) -> Value | None:
    """The date that the contract bears; None where several dates stand and none is said to be it."""
    return _date_after(plain(quote), _DATED)


def effective_date(quote: str) -> Value | None:
    """The date of effect; "agreement date" where the words point to that instead."""
    text = plain(quote)
    if _WHICHEVER.search(text):
        pair = of_two_dates(text, find_dates(text))
        return Value(date=pair[1]) if pair and not is_end_date(text, pair[0]) else None
    found = _date_after(text, _STARTS)
    if found is None and not find_dates(text) and not BLANK.search(text) and _SAME_DATE.search(text):
        return AGREEMENT_DATE
    return found


def document_name(quote: str) -> Value | None:
    """The title without what surrounds it; None where nothing is left."""
    title = TITLE_RUNS_ON.sub("", plain(quote).strip(_TITLE_EDGES)).strip(_TITLE_EDGES)
    return Value(text=title) if title else None


READERS: Mapping[str, Callable[[str], Value | None]] = {
    "document_name": document_name,
    "parties": party_text,
    "agreement_date": agreement_date,
    "effective_date": effective_date,
    "expiration_date": expiration,
    "renewal_term": renewal,
    "notice_period_to_terminate_renewal": notice,
    "governing_law": governing_law,
    "warranty_duration": warranty,
    "cap_on_liability": liability_cap,
    "minimum_commitment": minimum_commitment,
}

BY_KIND: Mapping[str, Callable[[str], Value | None]] = {
    "text": lambda quote: Value(text=" ".join(quote.split())),
    "date": agreement_date,
    "duration": warranty,
    "amount": liability_cap,
    "jurisdiction": governing_law,
}
"""How the value of a field that a user added is read; one of another kind says that the clause is there."""


@lru_cache(maxsize=4096)
def normalise(field: Field, quote: str) -> Value | None:
    """The quote's typed value; "yes" for a field that only asks whether the clause is there."""
    reader = BY_KIND.get(field.kind) if field.question else READERS.get(field.name)
    return YES if reader is None else reader(quote)


def _date_after(text: str, cue: re.Pattern[str]) -> Value | None:
    """The one date that is no end, or the first that the cue leads to; None for one that can be read in two ways."""
    dates = [found for found in find_dates(text) if not is_end_date(text, found)]
    if any(_ONE_OR_OTHER.fullmatch(text, one.end, other.start) for one, other in pairwise(dates)):
        return None
    if len({found.date for found in dates}) > 1:
        led_to = [found for found in dates if cue.search(text[: found.start])]
        dates = [found for found in led_to if not dates_another(text[: found.start])] or led_to
    before = text[: dates[0].start] if dates else ""
    if not dates or dates[0].other or _DAYS_FROM.search(before) or dates_another(before):
        return None
    return Value(date=dates[0].date)
