"""What a contract is, between whom and from when, as one sentence of its own words (`overview.jinja` puts them together).

A name that may be a piece of another, an address or a heading makes no overview: a wrong party costs more than none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from rapidfuzz import fuzz

from domain_models.composed import Composed, Piece, citations_of, piece, piece_saying, pieces_saying
from domain_models.legal.answers import TITLE_RUNS_ON
from domain_models.legal.dates import find_dates
from domain_models.legal.parties import FULL_FORMS, PartyWords, cleaned_name, is_role, party_words
from domain_models.legal.records import best_finding
from domain_models.legal.signers import NamedParty, named_parties, party_key
from domain_models.prompts import load_template
from domain_models.sentences import Interval
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record

TOPIC = "overview"
MOST_PARTIES = 6
LONGEST_TITLE = 120  # characters; a longer one has run on into the text
SAME_SPELLING = 92  # characters of 100: "Pizza Fusion Holdings, Inc." and "Pizza Fusion Holding, Inc."
FARTHEST_SHORT_NAME = 300  # characters behind a name
_RUNS_IN = re.compile(r"^(?:[\W\d]|execution (?:copy|version))*", re.IGNORECASE)
_PERSON = re.compile(r"(?:[A-Z][\w.'’-]*\s+){1,3}[A-Z][\w.'’-]+")
# "American General Life Insurance Company [of Delaware]", "Bank of America[, N.A.]", "EuroTel [Bratislava a.s.]"
_FORM_BEHIND = re.compile(rf"[\w-]|,?\s+{FULL_FORMS}")
_GOES_ON = re.compile(
    r"\s+(?:of|de|for)\s+(?:the\s+)?[A-Z]|\s+&|[ \t]+(?!(?i:and|by|with|has|is|whose|agrees?)\b)[A-Z][\w.]"
)
_HAS_BEGUN = re.compile(r"(?:[\w-]|[A-Z][a-z]+[ \t]|\b(?:of|&)\s+(?:the\s+)?)\Z")
_NO_NAME = re.compile(r":|\(\d|\)\s*\w+\)|^\W*part(?:y|ies)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Overview:
    """What an overview is put together of: a party's pieces are its name and, where it has one, what the contract calls it."""

    title: Piece
    parties: Sequence[Sequence[Piece]]
    dated: Piece | None
    effective: Piece | None

    @property
    def sentence(self) -> str:
        """The first `MOST_PARTIES` by name, a day that is both dates once."""
        told = load_template(Path(__file__).with_name("overview.jinja")).render(
            title=self.title.words,
            parties=[_put(pieces) for pieces in self.parties[:MOST_PARTIES]],
            others=max(0, len(self.parties) - MOST_PARTIES),
            dated=self.dated and self.dated.words,
            effective=self._other_day and self._other_day.words,
        )
        return f"{told.strip().rstrip('.')}."

    @property
    def pieces(self) -> list[Piece]:
        """All of which a word is told."""
        named = (one for pieces in self.parties[:MOST_PARTIES] for one in pieces)
        return [self.title, *named, *(one for one in (self.dated, self._other_day) if one)]

    @property
    def _other_day(self) -> Piece | None:
        return None if self.dated and self.effective and self.dated.words == self.effective.words else self.effective


def compose(
    document: ParsedDocument, _sections: Sequence[Section], findings: Sequence[Finding], _records: Sequence[Record]
) -> Iterator[Composed]:
    """The overview of a contract that has a title and surely names two parties or more; nothing of any other."""
    overview = overview_of(document.text, findings)
    if overview is not None:
        yield Composed(TOPIC, overview.sentence, citations_of(overview.pieces))


def overview_of(text: str, findings: Sequence[Finding]) -> Overview | None:
    """What the findings tell of the contract; None where they do not surely tell its title and all of its parties."""
    title = _title(text, findings)
    named = named_parties(text, findings)
    parties = [pieces for party in named if (pieces := _party(text, party))]
    if title is None or len(parties) < max(2, len(named)) or _are_one([pieces[0] for pieces in parties]):
        return None
    dated, effective = (date_piece(text, findings, field) for field in ("agreement_date", "effective_date"))
    return Overview(title, parties, dated, effective)


def _title(text: str, findings: Sequence[Finding]) -> Piece | None:
    found = best_finding(text, findings, "document_name")
    return title_words(text, (found.char_start, found.char_end)) if found else None


def title_words(text: str, place: Interval) -> Piece | None:
    """The contract's name in this place without what runs on behind it; a name said twice is said once."""
    quote = text[slice(*place)]
    if len(quote) > LONGEST_TITLE:
        return None
    words = TITLE_RUNS_ON.sub("", _RUNS_IN.sub("", quote)).rstrip(" \n\t,.;:").split()
    half = len(words) // 2
    if words[:half] == words[half:]:
        words = words[:half]
    return piece_saying(text, place, " ".join(words)) if words else None


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
    return called_piece(text, name, (defined.char_start, defined.char_end), cleaned_name(defined.quote))


def called_piece(text: str, name: Piece, within: Interval, words: str) -> Piece | None:
    """The short name that the contract gives right behind the name; None for one that may be another's."""
    is_its = (
        is_role(words) or party_key(words) in party_key(name.words) or _initials(name.words).startswith(words.upper())
    )
    found = pieces_saying(text, within, words) if words and is_its else ()
    return next((one for one in found if _is_right_behind(text, name, one)), None)


def _is_right_behind(text: str, name: Piece, called: Piece) -> bool:
    """Whether it stands in the first bracket behind the name, not far from it."""
    between = text[name.place[1] : called.place[0]] if called.place[0] >= name.place[1] else ")"
    return len(between) <= FARTHEST_SHORT_NAME and between.count("(") == 1 and ")" not in between


def _initials(name: str) -> str:
    return "".join(re.findall(r"\b[A-Z]", name))


def are_whole(text: str, names: Sequence[Piece]) -> bool:
    """Whether each is a name of its own, and none goes on before or behind where it stands."""
    return not _are_one(names) and all(_is_whole(text, name) for name in names)


def _is_whole(text: str, name: Piece) -> bool:
    start, end = name.place
    is_company = PartyWords(name.words, defined=False).whole
    goes_on = _FORM_BEHIND.match(text, end) or (not is_company and _GOES_ON.match(text, end))
    return not goes_on and not _HAS_BEGUN.search(text[max(0, start - 60) : start])


def _are_one(names: Sequence[Piece]) -> bool:
    """Whether one of the names holds another or is hardly spelt otherwise, so that they may be one party."""
    keys = [party_key(name.words) for name in names]
    return any(one in other or fuzz.ratio(one, other) > SAME_SPELLING for one, other in permutations(keys, 2))


def _put(pieces: Sequence[Piece]) -> str:
    name, *called = (one.words for one in pieces)
    return f"{name} (“{called[0]}”)" if called else name


def date_piece(text: str, findings: Sequence[Finding], field: str) -> Piece | None:
    """The one day that the words of a date name, no more of them."""
    found = best_finding(text, findings, field)
    days = find_dates(found.quote) if found and found.value and found.value.date else []
    if found is None or len(days) != 1:
        return None
    return piece(text, found.char_start + days[0].start, found.char_start + days[0].end)
