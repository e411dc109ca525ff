"""What a writer says of a contract's title, parties and dates, held against the words that it was told from.

It is believed piece by piece: each must stand there as a whole name, title or day, and none that is surely a party may be
left out. The guard cannot hold such a sentence: it tells many pieces of a long one, and leaves out what stands between.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from domain_models.composed import Composed, Piece, TopicPrompt, citations_of, pieces_saying
from domain_models.legal.introduction import introduction, overview_asked
from domain_models.legal.overview import (
    TOPIC,
    Overview,
    are_whole,
    called_piece,
    date_piece,
    title_words,
)
from domain_models.legal.parties import PARTIES, PartyWords, cleaned_name, introduction_end, is_role
from domain_models.legal.party_spans import split
from domain_models.legal.records import best_finding
from domain_models.legal.signers import named_parties, party_key
from domain_models.sentences import Interval
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Span

TITLE, DATED, EFFECTIVE = "document_name", "agreement_date", "effective_date"
NAMED = (PARTIES, DATED, EFFECTIVE)
_TOLD = re.compile(
    r"(?P<title>.+?) between (?P<parties>.+?)(?:, dated (?P<dated>[^“”]+?))?(?:, effective (?P<effective>[^“”]+?))?\.",
    re.DOTALL,
)
_CALLED = re.compile(r"\s*\(“(?P<called>[^”]+)”\)")
_BEFORE_TITLE = re.compile(r"(?:\A|\n|\b(?i:this)\s|\b(?i:exhibit)\s[\w.()-]{1,12}\s)[ \t\"“]*\Z")
_BEHIND_TITLE = re.compile(r"[ \t]*(?:\n|\Z|[\"”(,;.]|[a-z]|(?i:this)\b)")
# What a contract calls someone: `(the "Supplier" or "Acme")`, `hereinafter referred to as "Acme"`.
_DEFINES = re.compile(
    r"[(\[](?P<bracket>[^()\[\]]*[\"“][^()\[\]]*)[)\]]|\b(?:referred to|known|called)\s+(?:herein\s+)?(?:as|by)?\s*(?:the\s+)?(?P<said>[\"“][^\"”]+[\"”])",
    re.IGNORECASE,
)
_IN_EFFECT = re.compile(r"\beffective(?:\s+(?:as\s+of|on|from|date))*(?:\s+the)?[\s:]*\Z", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|among|amongst)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“]\s*([^\"“”]+?)[\s,.]*[\"”]")
_NO_PARTY = re.compile(
    r"\b(?:agreement|amendment|contract|lease|date|part(?:y|ies)|term|schedule|exhibit)s?\b", re.IGNORECASE
)
_JOINED = re.compile(r"\A(?:,?\s+and\s+|,\s+)")


def ask(document: ParsedDocument, _sections: Sequence[Section], findings: Sequence[Finding]) -> Iterator[TopicPrompt]:
    """The question which contract this is, where a party or a date was found."""
    text, passage = document.text, overview_passage(document.text, findings)
    if passage:
        yield TopicPrompt(
            TOPIC, overview_asked(text, passage), lambda answer: _composed(answer, text, findings, passage)
        )


def _composed(answer: str, text: str, findings: Sequence[Finding], passage: Sequence[Interval]) -> Composed | None:
    told = read_overview(answer, text, findings, passage)
    return Composed(TOPIC, told.sentence, citations_of(told.pieces), "written") if told else None


def overview_passage(text: str, findings: Sequence[Finding]) -> tuple[Interval, ...]:
    """The words around what was found of the title, the parties and the dates; none where neither party nor date was."""
    places = {field: [(f.char_start, f.char_end) for f in findings if f.field == field] for field in (TITLE, *NAMED)}
    return introduction(text, sorted(places[TITLE]), [place for field in NAMED for place in places[field]])


def read_overview(answer: str, text: str, findings: Sequence[Finding], passage: Sequence[Interval]) -> Overview | None:
    """The overview that the answer tells of the passage's words; None where a name or the title does not stand there whole,
    or the words name or define another party.

    A short name is told only where the contract gives it right behind the name, a day only where it was found as that date.
    """
    told = _TOLD.fullmatch(" ".join(answer.split()))
    if told is None:
        return None
    title = next((one for one in _standing(text, passage, told["title"]) if _is_title(text, findings, one)), None)
    named = list(_named(told["parties"]))
    parties = [_party(text, passage, *one) for one in named]
    if title is None or len(parties) < 2 or not all(parties):
        return None
    names = [pieces[0] for pieces in parties]
    called = {short.lower() for _, short in named}
    if not (are_whole(text, names) and _were_found(text, findings, names)):
        return None
    if _left_out(text, findings, names) or _calls_another(text, passage, names, called):
        return None
    days = (
        _day(text, findings, DATED, told["dated"]),
        _day(text, findings, EFFECTIVE, told["effective"]),
    )
    return Overview(title, parties, *days)


def _were_found(text: str, findings: Sequence[Finding], names: Sequence[Piece]) -> bool:
    """Whether each is a company's full name, or was found as a party's; none a role or more than a name."""
    found = {party_key(cleaned_name(finding.quote)) for finding in findings if finding.field == PARTIES}
    return all(
        cleaned_name(name.words) == name.words
        and not is_role(name.words)
        and (PartyWords(name.words, defined=False).whole or party_key(name.words) in found)
        for name in names
    )


def _calls_another(text: str, passage: Sequence[Interval], names: Sequence[Piece], called: Collection[str]) -> bool:
    """Whether the introduction gives a short name, from "between" before the first of the names on, that is none told."""
    first = min(name.place[0] for name in names)
    between = [found.start() for found in _BETWEEN.finditer(text, passage[-1][0], first)]
    start, end = (between or [first])[-1], min(passage[-1][1], introduction_end(text, first))
    for defined in _DEFINES.finditer(text, start, end):
        shorts = [
            short for short in _QUOTED.findall(defined["bracket"] or defined["said"]) if not _NO_PARTY.search(short)
        ]
        if shorts and not any(short.lower() in called for short in shorts):
            return True
    return False


def _is_title(text: str, findings: Sequence[Finding], one: Piece) -> bool:
    """Whether it was found as the title, or stands on a line of its own or behind "this" and goes no further."""
    found = best_finding(text, findings, TITLE)
    words = found and title_words(text, (found.char_start, found.char_end))
    if words and words.words.lower() == one.words.lower():
        return True
    start, end = one.place
    return bool(_BEFORE_TITLE.search(text[max(0, start - 20) : start]) and _BEHIND_TITLE.match(text, end))


def _day(text: str, findings: Sequence[Finding], field: str, told: str | None) -> Piece | None:
    """The day found as this date, where it is the one told; a contract "effective as of" a day may bear another date."""
    found = date_piece(text, findings, field)
    if found is None or not told or found.words.lower() != told.lower():
        return None
    is_effect = _IN_EFFECT.search(text[max(0, found.place[0] - 40) : found.place[0]]) is not None
    return None if is_effect and field == DATED else found


def _named(parties: str) -> Iterator[tuple[str, str]]:
    """Each name of an overview's list, with its short name or none."""
    start = 0
    for called in [*_CALLED.finditer(parties), None]:
        end = called.start() if called else len(parties)
        words = _JOINED.sub("", parties[start:end])
        names = [words[one.char_start : one.char_end] for one in split(words, Span(PARTIES, 0, len(words), 1.0))]
        yield from ((name, "") for name in names[:-1])
        if words.strip():
            yield names[-1], called["called"] if called else ""
        start = called.end() if called else end


def _party(text: str, passage: Sequence[Interval], name: str, called: str) -> list[Piece]:
    """The name's first place that is whole, and its short name behind that; empty where there is none."""
    for one in _standing(text, passage, name):
        if are_whole(text, [one]):
            short = called_piece(text, one, (one.place[1], passage[-1][1]), called) if called else None
            return [one, short] if short else [one]
    return []


def _standing(text: str, passage: Sequence[Interval], words: str) -> Iterator[Piece]:
    for place in passage:
        yield from pieces_saying(text, place, words)


def _left_out(text: str, findings: Sequence[Finding], names: Sequence[Piece]) -> bool:
    """Whether a company that was found to sign, in the words read or behind them, is none of the names."""
    told = {party_key(name.words) for name in names}
    return any(
        PartyWords(party.name, defined=False).whole and party_key(party.name) not in told
        for party in named_parties(text, findings)
    )
