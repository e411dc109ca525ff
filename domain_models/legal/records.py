"""A contract's findings to its records: one `contract`, a `party` for each signer, a `clause` for each clause found.

Knows how findings belong together; what a quote means is `answers.py`'s. What resolves goes before what is probable.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain_models.legal.parties import LONGEST_INTRODUCTION, PartyWords, party_words
from domain_models.legal.terms import OTHER_EVENT
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Member, Record

PARTIES = "parties"
SINGLE_VALUED = (
    "document_name",
    "agreement_date",
    "effective_date",
    "expiration_date",
    "renewal_term",
    "notice_period_to_terminate_renewal",
    "governing_law",
    "warranty_duration",
    "cap_on_liability",
    "minimum_commitment",
)
NOT_CLAUSES = frozenset({"document_name", PARTIES, "agreement_date", "effective_date"})


@dataclass(frozen=True)
class NamedParty:
    """The finding that names a signer, and those of the short names that the contract gives to it."""

    finding: Finding
    name: str
    defined: tuple[Finding, ...] = field(default=())


def group(document: ParsedDocument, _sections: Sequence[Section], findings: Sequence[Finding]) -> Sequence[Record]:
    """The contract record (where anything was found), then a record for each party and each clause."""
    parties = named_parties(document.text, findings)
    members = [Member(name, best.id) for name in SINGLE_VALUED if (best := best_finding(findings, name)) is not None]
    members += [Member("party", party.finding.id) for party in parties]
    records = [Record(document.id, "contract", 0, tuple(members))] if members else []
    for ordinal, party in enumerate(parties):
        aliases = (Member("defined_name", finding.id) for finding in party.defined)
        records.append(Record(document.id, "party", ordinal, (Member("name", party.finding.id), *aliases)))
    clauses = (finding for finding in _in_order(findings) if finding.field not in NOT_CLAUSES)
    records += [Record(document.id, "clause", n, (Member("clause", f.id),)) for n, f in enumerate(clauses)]
    return records


def best_finding(findings: Sequence[Finding], field_name: str) -> Finding | None:
    """The one finding that answers a field: what resolves furthest, then the most probable, then the first."""
    candidates = [finding for finding in _in_order(findings) if finding.field == field_name]
    return max(candidates, key=lambda finding: (_resolved(finding), finding.probability), default=None)


def named_parties(text: str, findings: Sequence[Finding]) -> list[NamedParty]:
    """The signers in reading order, each once; a contract that only calls them by role gives the roles."""
    read = [(f, words) for f in _in_order(findings) if f.field == PARTIES and (words := _words_of(text, f)) is not None]
    names = _names(read)
    if not names:
        return [NamedParty(f, words.name) for f, words in _once(read)]
    taken = {finding.id for finding, _ in names}
    defined = [finding for finding, _ in _once(read) if finding.id not in taken]
    return [NamedParty(f, w.name, tuple(d for d in defined if _introduced(names, d) is f)) for f, w in names]


def party_key(name: str) -> str:
    """Equal for spellings of one name: lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", name.lower())


def _resolved(finding: Finding) -> int:
    """How far a value goes: 2 a date, number or code; 1 words alone, or a term from an unknown start; 0 none."""
    value = finding.value
    if value is None or value.code == OTHER_EVENT:
        return 0 if value is None else 1
    return 2 if value.date or value.number is not None or value.code else 1


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.char_start, finding.char_end, finding.field))


def _words_of(text: str, finding: Finding) -> PartyWords | None:
    return party_words(text, finding.char_start, finding.char_end)


def _names(read: Sequence[tuple[Finding, PartyWords]]) -> list[tuple[Finding, PartyWords]]:
    """Real names, each once; a name that only shortens another ("Google" of "Google Inc.") is a defined name."""
    names = [(finding, words) for finding, words in _once(read) if not words.defined]
    keys = [party_key(words.name) for _, words in names]
    return [
        (finding, words)
        for (finding, words), key in zip(names, keys, strict=True)
        if not any(other != key and other.startswith(key) for other in keys)
    ]


def _once(read: Sequence[tuple[Finding, PartyWords]]) -> Iterator[tuple[Finding, PartyWords]]:
    seen: set[str] = set()
    for finding, words in read:
        key = party_key(words.name)
        if key and key not in seen:
            seen.add(key)
            yield finding, words


def _introduced(names: Sequence[tuple[Finding, PartyWords]], defined: Finding) -> Finding | None:
    """The name that a short name follows closely, else the one it shortens."""
    before = [f for f, _ in names if f.char_end <= defined.char_start <= f.char_end + LONGEST_INTRODUCTION]
    if before:
        return before[-1]
    key = party_key(defined.quote)
    return next((f for f, words in names if key and party_key(words.name).startswith(key)), None)
