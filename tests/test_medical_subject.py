"""Documents about no patient: told from records, and what becomes of what they name."""

import gzip
import json
import tomllib
from pathlib import Path

import pytest
from medical_rows import grouped, spans_of

from domain_models.medical.subject import tells_of_nobody
from schemas.finding import Finding

_TEXTS = tomllib.loads((Path(__file__).parent / "medical_subjects.toml").read_text(encoding="utf-8"))
_DATA = Path(__file__).parents[1].parent / "shared" / "data"
_RECORDS = {"mtsamples/train": "text", "mtsamples/dev": "text", "maccrobat/train": "text", "aci_notes/notes": "note"}
_LEAFLETS = 10  # of the dictated reports: texts on gout, cataract and the like, a questionnaire, a model operation
_POLICY = """All patients with pneumonia must be given ceftriaxone 1 g IV daily. Those who had a reaction to
penicillin should get aztreonam instead. The nurse checks the potassium; 3.5 to 5.0 mmol/L is normal.
A chest tube may be placed. Staff are responsible for the chart."""


def test_a_text_about_people_at_large_tells_of_nobody() -> None:
    assert sum(tells_of_nobody(text, ()) for text in _TEXTS["none"]) >= 0.9 * len(_TEXTS["none"]) >= 45


@pytest.mark.parametrize("text", _TEXTS["patient"])
def test_a_record_tells_of_somebody_whatever_it_cites(text: str) -> None:
    assert not tells_of_nobody(text, ())


@pytest.mark.parametrize("field", ["patient_name", "medical_record_number", "date_of_birth"])
def test_what_identifies_a_patient_makes_a_record(field: str) -> None:
    name = Finding("a" * 64, field, "Policy", 0, 6, 1, 1, 0.9, "patterns", None)
    assert tells_of_nobody(_POLICY, ()) and not tells_of_nobody(_POLICY, (name,))


@pytest.mark.skipif(not _DATA.exists(), reason="no ../shared/data")
def test_no_record_of_the_training_data_tells_of_nobody() -> None:
    silent = []
    for name, key in _RECORDS.items():
        with gzip.open(_DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            silent += [text for line in lines if tells_of_nobody(text := json.loads(line)[key], ())]
    assert len(silent) <= _LEAFLETS


def test_what_a_policy_names_is_hypothetical_and_it_has_no_results_or_allergies() -> None:
    spans = spans_of(
        _POLICY, medication="ceftriaxone|aztreonam", dosage="1 g", disease_disorder="pneumonia", allergy="penicillin",
        diagnostic_procedure="potassium", lab_value="3.5 to 5.0 mmol/L", therapeutic_procedure="chest tube",
    )  # fmt: skip
    rows = grouped(_POLICY, spans)
    assert set(rows) == {"medication", "problem", "procedure", "patient"}
    assert rows["medication"] == [
        {"drug": "ceftriaxone", "assertion_hypothetical": "ceftriaxone", "dose": "1 g"},
        {"drug": "aztreonam", "assertion_hypothetical": "aztreonam"},
    ]
    assert rows["problem"] == [{"problem": "pneumonia", "assertion_hypothetical": "pneumonia"}]
    assert rows["patient"] == [{"nobody": "pneumonia"}]
