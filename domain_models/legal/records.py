"""A contract's findings to its records: one `contract`, a `party` for each signer, a `clause` for each clause found, and
an `other_agreement` for each date that is the date of an agreement which this one amends or points to.

Knows how findings belong together; what a quote means is `answers.py`'s. What resolves goes before what is probable.
"""

import re
from collections.abc import Iterator, Sequence
from math import prod

from domain_models.legal.dates import dates_another
from domain_models.legal.language import reads_as_contract
from domain_models.legal.parties import PARTIES, PartyWords, cleaned_name, is_role
from domain_models.legal.signers import NamedParty, in_order, named_parties
from domain_models.legal.terms import OTHER_EVENT
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Member, Record

AGREEMENT_DATE = "agreement_date"
OTHER_AGREEMENT = "other_agreement"
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
# `"Commencement Date" means [June 15, 2017]`, `[1 June 2017] (the "Effective Date")`: the contract's own definition.
_DEFINED_BEFORE = re.compile(
    r"\b(?:effective|commencement) date[\"'”’]?\s*(?:\([^)]{0,40}\)\s*)?(?:means|shall mean|is|shall be|:)\s*(?:on\s*)?$",
    re.IGNORECASE,
)
_DEFINED_BEHIND = re.compile(
    r"^[\s,]*\(?(?:the|as|hereinafter)?\s*[\"'“‘](?:the )?(?:effective|commencement) date", re.IGNORECASE
)
_EFFECTIVE_DATE = re.compile(r"\beffective\s+date[\s:]*$", re.IGNORECASE)
NOT_CLAUSES = frozenset({"document_name", PARTIES, "agreement_date", "effective_date"})


def group(document: ParsedDocument, _sections: Sequence[Section], findings: Sequence[Finding]) -> Sequence[Record]:
    """The contract record (where anything was found), then one for each party, each clause and each date of another agreement."""
    parties = sure_parties(document.text, findings)
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
    others = (finding for finding in in_order(findings) if _is_of_another(document.text, finding))
    records += [Record(document.id, OTHER_AGREEMENT, n, (Member("date", f.id),)) for n, f in enumerate(others)]
    return records


def sure_parties(text: str, findings: Sequence[Finding]) -> list[NamedParty]:
    """The signers; of a text that does not read as an English contract those with a legal form ("MIETVERTRAG" is nobody)."""
    parties = named_parties(text, findings)
    if reads_as_contract(text):
        return parties
    return [one for one in parties if PartyWords(one.name, defined=False).whole]


def _party_members(party: NamedParty) -> Iterator[Member]:
    """The name, each name that the contract gives it, and again those that say what it is ("Supplier")."""
    yield Member("name", party.finding.id)
    for finding in party.defined:
        yield Member("defined_name", finding.id)
        if is_role(cleaned_name(finding.quote)):
            yield Member("role", finding.id)


def best_finding(text: str, findings: Sequence[Finding], field_name: str) -> Finding | None:
    """The one finding that answers a field: what a person stands for, what resolves furthest, is most probable, first.

    An agreement's date that stands in several places is as probable as that one of them is right. None where all that was
    found is the date of another agreement ("pursuant to the Lease dated [1 May 2020]").
    """
    candidates = [one for one in in_order(findings) if one.field == field_name and not _is_of_another(text, one)]
    return max(
        candidates,
        key=lambda finding: (
            finding.source == "review",
            _resolved(finding),
            not _dates_effect(text, finding),
            _is_defined(text, finding),
            _evidence(finding, candidates),
            finding.probability,
        ),
        default=None,
    )


def _evidence(finding: Finding, candidates: Sequence[Finding]) -> float:
    """The probability of the finding; of an agreement's date, that one of those that say the same is right."""
    if finding.field != AGREEMENT_DATE or finding.value is None or finding.value.date is None:
        return finding.probability
    same = (one for one in candidates if one.value is not None and one.value.date == finding.value.date)
    return 1 - prod(1 - one.probability for one in same)


def _is_of_another(text: str, finding: Finding) -> bool:
    """Whether no person stands for it, and the words before it say that it is another agreement's date."""
    before = text[max(0, finding.char_start - 160) : finding.char_start]
    return finding.field == AGREEMENT_DATE and finding.source != "review" and dates_another(before)


def _dates_effect(text: str, finding: Finding) -> bool:
    """Whether the words before an agreement date say that it is the date of effect."""
    before = text[max(0, finding.char_start - 160) : finding.char_start]
    return finding.field == AGREEMENT_DATE and _EFFECTIVE_DATE.search(before) is not None


def _is_defined(text: str, finding: Finding) -> bool:
    """Whether the contract defines its date of effect as this one."""
    if finding.field != "effective_date":
        return False
    before, behind = text[max(0, finding.char_start - 80) : finding.char_start], text[finding.char_end :][:40]
    return bool(_DEFINED_BEFORE.search(before) or _DEFINED_BEHIND.match(behind))


def _resolved(finding: Finding) -> int:
    """How far a value goes: 2 a date, number or code; 1 words alone, or a term from an unknown start; 0 none."""
    value = finding.value
    if value is None or value.code == OTHER_EVENT:
        return 0 if value is None else 1
    return 2 if value.date or value.number is not None or value.code else 1
