"""Which of several findings answers a field of a contract."""

import pytest

from domain_models.legal import DOMAIN
from domain_models.legal.records import best_finding
from schemas.finding import Finding


def findings(text: str, field: str, marked: list[tuple[str, float]]) -> list[Finding]:
    made = []
    for quote, probability in marked:
        start = text.index(quote)
        value = DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)
        made.append(Finding("d" * 64, field, quote, start, start + len(quote), 1, 1, probability, "tagger", value))
    return made


@pytest.mark.parametrize(
    ("text", "marked", "chosen"),
    [
        (
            'This Second Amendment to the Toll Milling Agreement dated May 4, 2015 (the "Agreement") is made June 1, 2016.',
            [("May 4, 2015", 0.9), ("June 1, 2016", 0.6)],
            "June 1, 2016",
        ),
        (
            "LEASE. Effective Date: July 1, 2003. Signed June 20, 2003.",
            [("July 1, 2003", 0.9), ("June 20, 2003", 0.6)],
            "June 20, 2003",
        ),
        (
            "This Amendment to the Lease dated May 4, 2015 has no date of its own.",
            [("May 4, 2015", 0.9)],
            None,
        ),
        (
            "This Toll Milling Agreement dated May 4, 2015 was signed on May 9, 2015.",
            [("May 4, 2015", 0.9), ("May 9, 2015", 0.6)],
            "May 4, 2015",
        ),
        (
            "Dated [___] and signed June 20, 2003.",
            [("[___]", 0.9), ("June 20, 2003", 0.6)],
            "June 20, 2003",
        ),
        (
            "Printed June 1, 2016. Signed May 9, 2015 by both. Annex to the agreement of 9 May 2015.",
            [("June 1, 2016", 0.6), ("May 9, 2015", 0.5), ("9 May 2015", 0.5)],
            "May 9, 2015",
        ),
    ],
)
def test_the_agreement_date_is_the_contracts_own(
    text: str, marked: list[tuple[str, float]], chosen: str | None
) -> None:
    best = best_finding(text, findings(text, "agreement_date", marked), "agreement_date")
    assert (best and best.quote) == chosen
