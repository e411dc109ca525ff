"""What a contract is, between whom and from when, as one sentence of its own words (`overview.jinja` puts them together).

A name that may be a piece of another, an address or a heading makes no overview: a wrong party costs more than none.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

from rapidfuzz import fuzz

from domain_models.composed import Composed, Piece, citations_of, piece, piece_saying
from domain_models.legal.answers import TITLE_RUNS_ON
from domain_models.legal.dates import find_dates
from domain_models.legal.parties import cleaned_name, is_role, party_words
from domain_models.legal.records import best_finding
from domain_models.legal.signers import NamedParty, named_parties, party_key
from domain_models.prompts import load_template
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record

TOPIC = "overview"
MOST_PARTIES = 6
LONGEST_TITLE = 120  # characters; a longer one has run on into the text
SAME_SPELLING = 92  # characters of 100: "Pizza Fusion Holdings, Inc." and "Pizza Fusion Holding, Inc."
FARTHEST_SHORT_NAME = 300  # characters behind a name
_RUNS_IN = re.compile(r"^(?:[\W\d]|execution (?:copy|version))*", re.IGNORECASE)
_PERSON = re.compile(r"(?:[A-Z][\w.'’-]*\s+){1,3}[A-Z][\w.'’-]+")
_NO_NAME = re.compile(r":|\(\d|\)\s*\w+\)|^\W*part(?:y|ies)\b", re.IGNORECASE)


def compose(
    document: ParsedDocument, _sections: Sequence[Section], findings: Sequence[Finding], _records: Sequence[Record]
) -> Iterator[Composed]:
    """The overview of a contract that has a title and surely names two parties or more; nothing of any other."""
    text = document.text
    title = _title(text, findings)
    named = named_parties(text, findings)
    parties = [pieces for party in named if (pieces := _party(text, party))]
    if title is None or len(parties) < max(2, len(named)) or _are_one([pieces[0] for pieces in parties]):
        return
    dated, effective = (_date(text, findings, field) for field in ("agreement_date", "effective_date"))
    if dated and effective and dated.words == effective.words:
        effective = None
    told = load_template(Path(__file__).with_name("overview.jinja")).render(
        title=title.words,
        parties=[_put(pieces) for pieces in parties[:MOST_PARTIES]],
        others=max(0, len(parties) - MOST_PARTIES),
        dated=dated and dated.words,
        effective=effective and effective.words,
    )
    pieces = [
        title,
        *(one for pieces in parties[:MOST_PARTIES] for one in pieces),
        *(one for one in (dated, effective) if one),
    ]
    yield Composed(TOPIC, f"{told.strip().rstrip('.')}.", citations_of(pieces))


def _title(text: str, findings: Sequence[Finding]) -> Piece | None:
    """The contract's name without what runs on behind it; a name said twice is said once."""
    found = best_finding(text, findings, "document_name")
    if found is None or len(found.quote) > LONGEST_TITLE:
        return None
    words = TITLE_RUNS_ON.sub("", _RUNS_IN.sub("", found.quote)).rstrip(" \n\t,.;:").split()
    half = len(words) // 2
    if words[:half] == words[half:]:
        words = words[:half]
    return piece_saying(text, (found.char_start, found.char_end), " ".join(words)) if words else None


def _party(text: str, party: NamedParty) -> list[Piece]:
    """The party's name, and behind it what the contract calls it; empty where it is not surely a name."""
    name = piece_saying(text, (party.finding.char_start, party.finding.char_end), party.name)
    if name is None or _NO_NAME.search(name.words):
        return []
    called = next((one for one in (_called(text, name, f) for f in party.defined) if one), None)
    words = party_words(text, party.finding.char_start, party.finding.char_end)
    is_company = words is not None and words.whole
    is_person = called is not None and is_role(called.words) and _PERSON.fullmatch(name.words) is not None
    return [one for one in (name, called) if one] if is_company or is_person else []


def _called(text: str, name: Piece, defined: Finding) -> Piece | None:
    """The short name that the contract gives right behind the name; None for one that may be another's."""
    words = cleaned_name(defined.quote)
    found = piece_saying(text, (defined.char_start, defined.char_end), words) if words else None
    if found is None or not name.place[1] <= found.place[0] <= name.place[1] + FARTHEST_SHORT_NAME:
        return None
    between = text[name.place[1] : found.place[0]]
    is_first = between.count("(") == 1 and ")" not in between
    is_its = (
        is_role(words) or party_key(words) in party_key(name.words) or _initials(name.words).startswith(words.upper())
    )
    return found if is_first and is_its else None


def _initials(name: str) -> str:
    return "".join(re.findall(r"\b[A-Z]", name))


def _are_one(names: Sequence[Piece]) -> bool:
    """Whether one of the names holds another or is hardly spelt otherwise, so that they may be one party."""
    keys = [party_key(name.words) for name in names]
    return any(one in other or fuzz.ratio(one, other) > SAME_SPELLING for one, other in permutations(keys, 2))


def _put(pieces: Sequence[Piece]) -> str:
    name, *called = (one.words for one in pieces)
    return f"{name} (“{called[0]}”)" if called else name


def _date(text: str, findings: Sequence[Finding], field: str) -> Piece | None:
    """The one day that the words of a date name, no more of them."""
    found = best_finding(text, findings, field)
    days = find_dates(found.quote) if found and found.value and found.value.date else []
    if found is None or len(days) != 1:
        return None
    return piece(text, found.char_start + days[0].start, found.char_start + days[0].end)
