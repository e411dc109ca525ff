"""The count of what stored summaries say without support: each kind of claim is found and held against the cited words."""

import pytest

from tests.benchmarks.summary_support import claims

CITED = "On March 3, 2024 Alder Works LLC shall pay Birch Retail Inc. $1,000.50 within thirty (30) days; furosemide 40 mg daily."
BORNE = [
    "Alder Works LLC pays $1,000.50 within 30 days.",
    "It pays Birch Retail Inc. on March 3, 2024.",
    "She took furosemide 40 mg.",
]
PLANTED = [
    ("Payment is due within 45 days.", {"number": "45", "amount": "45 day"}),
    ("Payment of €1,000.50 is due.", {"amount": "€ 1000.5"}),
    ("Furosemide 30 mg was given.", {"amount": "30 mg"}),
    ("It pays on April 3, 2024.", {"date": "2024 apr 3"}),
    ("It pays on March 3, 2025.", {"date": "2025 mar 3", "number": "2025"}),
    ("She took warfarin.", {"drug": "warfarin"}),
    ("It pays Birch Holdings Inc. now.", {"name": "Birch Holdings Inc"}),
    ("The party Cedar is liable.", {"name": "Cedar"}),
]


@pytest.mark.parametrize("sentence", BORNE)
def test_what_is_cited_is_counted_and_upheld(sentence: str) -> None:
    found = list(claims(sentence, CITED))
    assert found
    assert all(claim.is_cited for claim in found)


@pytest.mark.parametrize(("sentence", "faults"), PLANTED)
def test_what_is_not_cited_is_named_by_its_kind(sentence: str, faults: dict[str, str]) -> None:
    found = {claim.kind: claim.words for claim in claims(sentence, CITED, ["Cedar"]) if not claim.is_cited}
    assert found == faults
