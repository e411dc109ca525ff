"""What is named as a problem, a drug, a test or a procedure: whole, and nothing that is none."""

import pytest
from medical_rows import grouped, spans_of

from domain_models.medical.sited import sited_spans
from domain_models.medical.stated import read_stated


@pytest.mark.parametrize(
    ("text", "symptoms"),
    [
        ("He has chest pain and no abdominal tenderness.", ["chest pain", "abdominal tenderness"]),
        ("Pain in the left leg since May; right knee pain.", ["Pain in the left leg", "right knee pain"]),
        ("Peripheral edema, RECTAL BLEEDING", ["Peripheral edema", "RECTAL BLEEDING"]),
        ("The chest is clear, pain is gone. Neck supple, weakness of the hand.", []),
        ("Chest weakness, hand discharge", []),  # the classification has no such problem
    ],
)
def test_a_symptom_is_named_with_its_place(text: str, symptoms: list[str]) -> None:
    assert [text[span.char_start : span.char_end] for span in sited_spans(text)] == symptoms


def test_states_of_health_and_words_for_any_problem_are_no_rows() -> None:
    text = "Alert, afebrile, no complications, hemostasis was achieved under general anesthesia. Fever resolved."
    spans = spans_of(
        text, sign_symptom="Alert|afebrile|complications|hemostasis|Fever", medication="general anesthesia"
    )
    rows = grouped(text, spans)
    assert [row["problem"] for row in rows["problem"]] == ["Fever"] and "medication" not in rows


def test_instruments_and_headings_are_no_rows_and_counted_cells_no_value_of_another_test() -> None:
    text = "PHYSICAL EXAMINATION: clear. Supine position, scalpel, incision. White count 25.5 with 89 polys, gravity 2+ ketones."
    spans = spans_of(
        text, diagnostic_procedure="PHYSICAL EXAMINATION|White count|gravity", lab_value="25.5|89 polys|2+ ketones",
        therapeutic_procedure="Supine position|scalpel|incision",
    )  # fmt: skip
    rows = grouped(text, spans)
    assert rows["test"] == [{"test": "White count", "value": "25.5"}, {"test": "gravity"}]
    assert [row["procedure"] for row in rows["procedure"]] == ["incision"]


def test_prose_beneath_a_list_s_heading_is_no_item() -> None:
    text = "MEDICATIONS\nPatient reports taking Norvasc 10 mg daily and carvedilol 25 mg twice daily.\n"
    assert read_stated(text).rows == ()
