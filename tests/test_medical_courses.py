"""What a record says becomes of a drug: verbs beside it, and headings over lists."""

import re

import pytest
from medical_rows import grouped, spans_of

from domain_models.medical.stated import stated_spans
from schemas.finding import Span


def test_a_verb_beside_a_drug_says_what_becomes_of_it() -> None:
    text = "Aspirin was stopped when apixaban began. Continue omeprazole. He stopped smoking."
    spans = [*stated_spans(text), *spans_of(text, medication="Aspirin|apixaban|omeprazole")]
    assert grouped(text, spans)["medication"] == [
        {"drug": "Aspirin", "status": "stopped"},
        {"drug": "apixaban"},
        {"drug": "omeprazole", "status": "Continue"},
    ]


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("Atorvastatin 80 mg\nStopped: aspirin, warfarin 2.5 mg,\nlisinopril.\nTake metformin daily.", (None, *3 * ["Stopped"], None)),
        ("STOP medications:\n- aspirin\n- warfarin\n\nmetformin", ("STOP", "STOP", None)),
        ("Discontinued: aspirin\nContinued: warfarin\nNew: metformin", ("Discontinued", "Continued", "New")),
        ("Stopped: aspirin\nMetformin is taken with food.", ("Stopped", None)),
        ("The following medications were STOPPED:\n- aspirin\n- warfarin 5 mg\n", ("STOPPED", "STOPPED")),
        ("STOP TAKING\n1. Aspirin 81 mg daily\n2. Warfarin\nFOLLOW-UP\nmetformin", ("STOP", "STOP", None)),
        ("Medications discontinued: aspirin, warfarin\nAllergies: none", ("discontinued", "discontinued")),
        ("Lisinopril 10 mg held. Aspirin - stopped, metformin 500 mg", ("held", "stopped", None)),
        ("Metformin TID Continue\nWarfarin nightly", (None, None)),
        ("She stopped: she felt well on aspirin.", (None,)),
    ],
)  # fmt: skip
def test_a_heading_says_what_becomes_of_the_drugs_it_lists(text: str, statuses: tuple[str | None, ...]) -> None:
    drugs = "(?i)atorvastatin|aspirin|warfarin|lisinopril|metformin"
    spans = [Span("medication", *drug.span(), 0.9) for drug in re.finditer(drugs, text)]
    rows = grouped(text, [*stated_spans(text), *spans])["medication"]
    assert tuple(row.get("status") for row in rows) == statuses
