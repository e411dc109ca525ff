"""One contract's answers from its findings: the best value of each field, with dates computed where a term gives them.

The view `legal.contracts` says the same in SQL over stored rows; a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain_models.legal.answers import AGREEMENT_DATE
from domain_models.legal.records import SINGLE_VALUED, best_finding, sure_parties
from domain_models.legal.terms import end_of_term
from schemas.finding import Finding, Value


@dataclass(frozen=True)
class ContractAnswers:
    """What a contract answers: a value per single-valued field that resolves, its parties, and the fields found."""

    values: Mapping[str, Value]
    parties: tuple[str, ...]
    found: frozenset[str]


def contract_answers(text: str, findings: Sequence[Finding]) -> ContractAnswers:
    """The answers of the contract with this text and these findings."""
    chosen = {name: best_finding(text, findings, name) for name in SINGLE_VALUED}
    values = {name: best.value for name, best in chosen.items() if best is not None and best.value is not None}
    return ContractAnswers(
        values=_with_computed_dates(values),
        parties=tuple(party.name for party in sure_parties(text, findings)),
        found=frozenset(finding.field for finding in findings),
    )


def _with_computed_dates(values: Mapping[str, Value]) -> dict[str, Value]:
    """Effective date from the agreement date where it points there; expiration date from its start and length."""
    answers = dict(values)
    agreement, effective = _date_of(answers, "agreement_date"), _date_of(answers, "effective_date")
    if effective is None and answers.get("effective_date") == AGREEMENT_DATE and agreement is not None:
        effective = agreement
        answers["effective_date"] = replace(AGREEMENT_DATE, date=agreement)
    expiration = answers.get("expiration_date")
    start = {"effective_date": effective or agreement, "agreement_date": agreement or effective}
    if expiration is not None and expiration.date is None and expiration.code in start:
        started = start[expiration.code]
        ended = end_of_term(started, expiration) if started is not None else None
        answers["expiration_date"] = replace(expiration, date=ended)
    return answers


def _date_of(answers: Mapping[str, Value], name: str) -> date | None:
    return answers[name].date if name in answers else None
