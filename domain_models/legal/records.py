"""A contract's findings to its records: one `contract`, a `party` for each signer, a `clause` for each clause found.

Knows how findings belong together; what a quote means is `answers.py`'s. What resolves goes before what is probable.
"""

import re
from collections.abc import Iterator, Sequence

from domain_models.legal.dates import dates_another
from domain_models.legal.parties import PARTIES, cleaned_name, is_role
from domain_models.legal.signers import NamedParty, in_order, named_parties
from domain_models.legal.terms import OTHER_EVENT
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Member, Record

AGREEMENT_DATE = "agreement_date"
SINGLE_VALUED = (
    "document_name",
    AGREEMENT_DATE,
    "effective_date",
    "expiration_date",
    "renewal_term",
    "notice_period_to_terminate_renewal",
    "governing_law",
    "warranty_duration",
    "cap_on_liability",
    "minimum_commitment",
)
_EFFECTIVE_DATE = re.compile(r"\beffective\s+date[\s:]*$", re.IGNORECASE)
NOT_CLAUSES = frozenset({"document_name", PARTIES, "agreement_date", "effective_date"})


def group(document: ParsedDocument, _sections: Sequence[Section], findings: Sequence[Finding]) -> Sequence[Record]:
    """The contract record (where anything was found), then a record for each party and each clause."""
    parties = named_parties(document.text, findings)
    members = [
        Member(name, best.id)
        for name in SINGLE_VALUED
        if (best := best_finding(document.text, findings, name)) is not None
    ]
    members += [Member("party", party.finding.id) for party in parties]
    records = [Record(document.id, "contract", 0, tuple(members))] if members else []
    for ordinal, party in enumerate(parties):
        records.append(Record(document.id, "party", ordinal, tuple(_party_members(party))))
    clauses = (finding for finding in in_order(findings) if finding.field not in NOT_CLAUSES)
    records += [Record(document.id, "clause", n, (Member("clause", f.id),)) for n, f in enumerate(clauses)]
    return records


def _party_members(party: NamedParty) -> Iterator[Member]:
    """The name, each name that the contract gives it, and again those that say what it is ("Supplier")."""
    yield Member("name", party.finding.id)
    for finding in party.defined:
        yield Member("defined_name", finding.id)
        if is_role(cleaned_name(finding.quote)):
            yield Member("role", finding.id)


def best_finding(text: str, findings: Sequence[Finding], field_name: str) -> Finding | None:
    """The one finding that answers a field: what a person stands for, what resolves furthest, is most probable, first."""
    candidates = [finding for finding in in_order(findings) if finding.field == field_name]
    return max(
        candidates,
        key=lambda finding: (
            finding.source == "review",
            _resolved(finding),
            not _dates_something_else(text, finding),
            finding.probability,
        ),
        default=None,
    )


def _dates_something_else(text: str, finding: Finding) -> bool:
    """Whether the words before an agreement date say that it is another agreement's, or the date of effect."""
    before = text[max(0, finding.char_start - 160) : finding.char_start]
    return finding.field == AGREEMENT_DATE and (dates_another(before) or _EFFECTIVE_DATE.search(before) is not None)


def _resolved(finding: Finding) -> int:
    """How far a value goes: 2 a date, number or code; 1 words alone, or a term from an unknown start; 0 none."""
    value = finding.value
    if value is None or value.code == OTHER_EVENT:
        return 0 if value is None else 1
    return 2 if value.date or value.number is not None or value.code else 1
