"""Records of a clinical text: which dose, route and result go with which drug and test, and whose they are."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from medical_rows import best_spans, document_of, findings_of, grouped, spans_of

from domain_models.medical import DOMAIN
from domain_models.medical.fit_links import f1, load_reports
from domain_models.medical.links import load_rule
from domain_models.medical.sentences import statements
from domain_models.medical.stated import stated_spans
from domain_models.patterns import find_patterns
from schemas.finding import Record, Span

_MACCROBAT = Path(__file__).parents[1].parent / "shared" / "data" / "maccrobat"
_needs_maccrobat = pytest.mark.skipif(not _MACCROBAT.exists(), reason="MACCROBAT is not in ../shared/data")

_SUMMARY = """Patient Name: Maria L. Okafor   MRN: 00482913
DOB: 04/25/1957  Age: 66  Sex: Female
Date of Admission: March 3, 2024
ALLERGIES: Penicillin (rash), sulfa drugs
DISCHARGE MEDICATIONS
1. Metformin 500 mg tablet PO twice daily
2. Insulin glargine 20 units subcutaneous at bedtime
3. Albuterol 90 mcg inhaled every 4-6 hours as needed
Atorvastatin
40 mg
oral
nightly
LABORATORY
Sodium 138 mmol/L 135-145
Potassium 5.6 H mmol/L 3.5-5.1
Hemoglobin A1c 8.1 % 4.0-5.6 H
Calcium 9.1 8.5-10.2 mg/dL
INR 1.1 0.9-1.1
Nitrite Negative Negative
Vital signs: BP 142/88 mmHg, HR 92 bpm, Temp 98.6 °F
"""

_MEDICATIONS = [
    {"drug": "Metformin", "dose": "500 mg", "route": "PO", "frequency": "twice daily"},
    {"drug": "Insulin glargine", "dose": "20 units", "route": "subcutaneous", "frequency": "at bedtime"},
    {"drug": "Albuterol", "dose": "90 mcg", "route": "inhaled", "frequency": "every 4-6 hours as needed"},
    {"drug": "Atorvastatin", "dose": "40 mg", "route": "oral", "frequency": "nightly"},
]

_TESTS = [
    {"test": "Sodium", "value": "138 mmol/L", "reference_range": "135-145"},
    {"test": "Potassium", "value": "5.6 H mmol/L", "reference_range": "3.5-5.1", "flag": "H"},
    {"test": "Hemoglobin A1c", "value": "8.1 %", "reference_range": "4.0-5.6", "flag": "H"},
    {"test": "Calcium", "value": "9.1", "reference_range": "8.5-10.2", "unit": "mg/dL"},
    {"test": "INR", "value": "1.1", "reference_range": "0.9-1.1"},
    {"test": "Nitrite", "value": "Negative", "reference_range": "Negative"},
    {"test": "BP", "value": "142/88 mmHg"},
    {"test": "HR", "value": "92 bpm"},
    {"test": "Temp", "value": "98.6 °F"},
]


def test_tables_and_lists_become_rows_by_patterns_alone() -> None:
    kinds = grouped(_SUMMARY, best_spans(find_patterns(DOMAIN.folder, _SUMMARY)))
    assert kinds["medication"] == _MEDICATIONS
    assert kinds["test"] == _TESTS
    assert [row["allergy"] for row in kinds["allergy"]] == ["Penicillin", "sulfa drugs"]
    assert kinds["patient"] == [
        {
            "name": "Maria L. Okafor",
            "mrn": "00482913",
            "date_of_birth": "04/25/1957",
            "age": "66",
            "sex": "Female",
            "admission_date": "March 3, 2024",
        }
    ]


def test_prose_links_each_dose_to_its_own_drug() -> None:
    text = "She was started on metformin 500 mg orally for two weeks and on lisinopril 10 mg.\nWarfarin was stopped."
    spans = spans_of(
        text, medication="metformin|lisinopril|Warfarin", dosage="500 mg|10 mg", administration="orally",
        duration="two weeks",
    )  # fmt: skip
    assert grouped(text, spans)["medication"] == [
        {"drug": "metformin", "dose": "500 mg", "route": "orally", "duration": "two weeks"},
        {"drug": "lisinopril", "dose": "10 mg"},
        {"drug": "Warfarin"},
    ]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (
            "Gabapentin 300 mg PO in the morning and 600 mg at bedtime",
            {"drug": "Gabapentin", "dose": "300 mg", "route": "PO"},
        ),
        (
            "Albuterol HFA 90 mcg/actuation 2 puffs inhaled q4h PRN wheezing",
            {"drug": "Albuterol HFA", "dose": "2 puffs", "route": "inhaled", "frequency": "q4h PRN"},
        ),
        (
            "Lisinopril 10 mg PO (was 20 mg) once daily",
            {"drug": "Lisinopril", "dose": "10 mg", "route": "PO", "frequency": "once daily"},
        ),
        (
            "Ferrous sulfate 325 mg (65 mg elemental iron) three times a day",
            {"drug": "Ferrous sulfate", "dose": "325 mg", "frequency": "three times a day"},
        ),
        ("Furosemide 20 mg 2 tablets PO daily", {"drug": "Furosemide", "route": "PO", "frequency": "daily"}),
        (
            "Prednisone 10 mg tablets: take 4 tablets daily for 3 days",
            {"drug": "Prednisone", "frequency": "daily", "duration": "3 days"},
        ),
        (
            "Furosemide 20 mg 1 tablet PO daily",
            {"drug": "Furosemide", "dose": "20 mg", "route": "PO", "frequency": "daily"},
        ),
        (
            "Metoprolol tartrate 25 mg PO BID, hold if SBP < 100 or HR < 55",
            {"drug": "Metoprolol tartrate", "dose": "25 mg", "route": "PO", "frequency": "BID"},
        ),
    ],
)
def test_a_line_of_several_amounts_gives_the_first_with_what_is_said_of_it(line: str, row: dict[str, str]) -> None:
    spans = best_spans(find_patterns(DOMAIN.folder, f"1. {line}"))
    first = _grouped_first(f"1. {line}", spans)
    assert first == row


def _grouped_first(text: str, spans: Sequence[Span]) -> dict[str, str]:
    """The one medication of `text`, of each role what stands first."""
    document = document_of(text)
    findings = {finding.id: finding for finding in findings_of(document, spans)}
    (record,) = (r for r in DOMAIN.group(document, (), list(findings.values())) if r.kind == "medication")
    places = sorted(record.members, key=lambda member: -findings[member.finding_id].char_start)
    return {member.role: findings[member.finding_id].quote for member in places}


def test_problems_carry_site_severity_and_what_is_said_of_them() -> None:
    text = "He has severe pain in the left knee.\nNo evidence of fracture."
    spans = spans_of(text, sign_symptom="pain", severity="severe", biological_structure="left knee")
    spans += spans_of(text, disease_disorder="fracture")
    assert grouped(text, spans)["problem"] == [
        {"problem": "pain", "severity": "severe", "body_site": "left knee"},
        {"problem": "fracture", "assertion_negated": "fracture"},
    ]


def test_a_cue_about_a_problem_does_not_qualify_the_drug() -> None:
    text = "Aspirin 81 mg for stroke prevention."
    spans = spans_of(text, medication="Aspirin", dosage="81 mg", disease_disorder="stroke")
    kinds = grouped(text, spans)
    assert kinds["medication"] == [{"drug": "Aspirin", "dose": "81 mg"}]
    assert kinds["problem"] == [{"problem": "stroke", "assertion_hypothetical": "stroke"}]


def test_drugs_and_procedures_carry_what_is_said_of_them() -> None:
    text = "Consider metformin. Mother took warfarin. He refused surgery. Status post appendectomy in 2004."
    spans = spans_of(text, medication="metformin|warfarin", therapeutic_procedure="surgery|appendectomy")
    kinds = grouped(text, spans)
    assert kinds["medication"] == [
        {"drug": "metformin", "assertion_hypothetical": "metformin"},
        {"drug": "warfarin", "assertion_family": "warfarin"},
    ]
    assert kinds["procedure"] == [
        {"procedure": "surgery", "assertion_negated": "surgery"},
        {"procedure": "appendectomy", "assertion_historical": "appendectomy"},
    ]


@pytest.mark.parametrize("text", ["Seen with her mother with pneumonia.", "Brought in by his father with asthma."])
def test_who_came_along_does_not_have_the_problem(text: str) -> None:
    assert grouped(text, stated_spans(text)) == {}


def test_columns_of_several_days_and_units_at_the_end_of_the_row() -> None:
    text = "Test 10/06/2024 10/09/2024 Unit\nSodium 131 134 mmol/L\nFerritin 14 - ng/mL\nUrea 17.8 H 2.9 - 8.2 mmol/L\n"
    assert grouped(text, best_spans(find_patterns(DOMAIN.folder, text)))["test"] == [
        {"test": "Sodium", "value": "131", "unit": "mmol/L"},
        {"test": "Sodium", "value": "134", "unit": "mmol/L"},
        {"test": "Ferritin", "value": "14", "unit": "ng/mL"},
        {"test": "Urea", "value": "17.8", "reference_range": "2.9 - 8.2", "flag": "H", "unit": "mmol/L"},
    ]


def test_long_rows_do_not_mix() -> None:
    text = (
        "Carbidopa-levodopa 25/100 mg oral four times daily Parkinson's disease, since 2019\n"
        "Pramipexole 0.25 mg oral three times daily Parkinson's disease\n"
    )
    assert grouped(text, best_spans(find_patterns(DOMAIN.folder, text)))["medication"] == [
        {"drug": "Carbidopa-levodopa", "dose": "25/100 mg", "route": "oral", "frequency": "four times daily"},
        {"drug": "Pramipexole", "dose": "0.25 mg", "route": "oral", "frequency": "three times daily"},
    ]


def test_a_head_row_of_a_table_is_no_test_and_takes_its_values_along() -> None:
    text = "SpO2\tWeight\n97 %\t91.4 kg\n"
    spans = [Span("diagnostic_procedure", 0, 11, 0.9), Span("lab_value", 12, 16, 0.9), Span("lab_value", 17, 24, 0.9)]
    assert grouped(text, spans) == {}


def test_a_vital_sign_takes_no_value_in_a_unit_that_it_cannot_have() -> None:
    text = "SpO2 76.9 kg was noted.\nSpO2 96 % was noted."
    spans = spans_of(text, lab_value="76.9 kg|96 %")
    spans += [Span("diagnostic_procedure", place, place + 4, 0.9) for place in (0, text.rindex("SpO2"))]
    assert grouped(text, spans)["test"] == [{"test": "SpO2"}, {"test": "SpO2", "value": "96 %"}]


def test_what_the_patient_is_allergic_to_is_not_among_the_medications() -> None:
    text = "ALLERGIES: Penicillin, sulfa\nHOME MEDICATIONS: penicillin 250 mg\n"
    spans = [Span("allergy", 11, 21, 0.9), Span("medication", 11, 21, 0.9)]
    second = text.index("penicillin")
    rows = grouped(text, [*spans, Span("medication", second, second + 10, 0.9)])
    assert [row["drug"] for row in rows["medication"]] == ["penicillin"]
    assert [row["allergy"] for row in rows["allergy"]] == ["Penicillin"]


def test_a_document_without_findings_has_no_records() -> None:
    assert list(DOMAIN.group(document_of("Minutes of the meeting."), (), ())) == []


def test_records_are_numbered_within_their_kind_and_ids_are_unique() -> None:
    document = document_of(_SUMMARY)
    records: Sequence[Record] = DOMAIN.group(
        document, (), findings_of(document, find_patterns(DOMAIN.folder, _SUMMARY))
    )
    assert len({record.id for record in records}) == len(records)
    for kind in {record.kind for record in records}:
        ordinals = [record.ordinal for record in records if record.kind == kind]
        assert ordinals == list(range(len(ordinals)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seen by Dr. Hale. He left.", ["Seen by Dr. Hale.", "He left."]),
        ("Glucose 5.6 mmol/L. Stable.", ["Glucose 5.6 mmol/L.", "Stable."]),
        ("Sodium 138\nPotassium 4.1\n", ["Sodium 138\n", "Potassium 4.1\n"]),
        ("Aspirin\n81 mg\noral\nStatin", ["Aspirin\n81 mg\noral\n", "Statin"]),
        ("The lungs are clear to auscultation on both sides and the heart sounds\nare regular.", None),
    ],
)
def test_statements_end_where_sentences_and_rows_do(text: str, expected: list[str] | None) -> None:
    pieces = [text[start:end] for start, end in statements(text)]
    assert [piece.strip() for piece in pieces] == [piece.strip() for piece in expected or [text]]


@_needs_maccrobat
def test_links_given_gold_entities_reach_the_promised_f1() -> None:
    precision, recall, score = f1(load_reports(_MACCROBAT / "dev.jsonl.gz"), load_rule())
    assert score >= 0.75, f"precision {precision:.3f}, recall {recall:.3f}, F1 {score:.3f}"


@_needs_maccrobat
def test_every_entity_type_has_exactly_one_field() -> None:
    with gzip.open(_MACCROBAT / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        types = {entity["label"] for line in lines for entity in json.loads(line)["entities"]}
    labels = [field.label for field in DOMAIN.fields if field.label]
    assert sorted(labels) == sorted(types)


def test_rows_of_a_table_are_records_whatever_the_tagger_saw_in_their_words() -> None:
    text = "Condition\tOnset\tStatus\nAcute bronchitis\t2015-05-02\tResolved\nGout\t1991-05-26\tActive\n"
    spans = [*stated_spans(text), *spans_of(text, sign_symptom="bronchitis", diagnostic_procedure="Onset")]
    assert grouped(text, spans) == {
        "problem": [
            {
                "problem": "Acute bronchitis",
                "date": "2015-05-02",
                "status": "Resolved",
                "assertion_historical": "Resolved",
            },
            {"problem": "Gout", "date": "1991-05-26", "status": "Active"},
        ]
    }


def test_a_problem_of_the_family_names_the_relative_and_whether_it_is_denied() -> None:
    text = "FAMILY HISTORY\nMother: hypertension. No family history of stroke.\n"
    spans = [*stated_spans(text), *find_patterns(DOMAIN.folder, text), *spans_of(text, disease_disorder="stroke")]
    assert grouped(text, spans)["problem"] == [
        {"problem": "hypertension", "relative": "Mother", "assertion_family": "Mother"},
        {"problem": "stroke", "assertion_family": "stroke", "denied": "stroke"},
    ]


def test_a_spouse_has_what_is_said_of_them_and_the_patient_the_rest() -> None:
    text = "His wife has influenza. He lives with his wife and has asthma."
    spans = [*find_patterns(DOMAIN.folder, text), *spans_of(text, disease_disorder="influenza|asthma")]
    assert grouped(text, best_spans(spans))["problem"] == [
        {"problem": "influenza", "assertion_family": "influenza", "relative": "wife"},
        {"problem": "asthma"},
    ]


def test_habits_and_work_are_the_social_history() -> None:
    text = "She is a retired school librarian. She stopped smoking in 2016 and does not drink alcohol."
    assert grouped(text, find_patterns(DOMAIN.folder, text))["social_history"] == [
        {"occupation": "retired school librarian"},
        {"smoking": "stopped smoking in 2016"},
        {"alcohol": "does not drink alcohol"},
    ]


@pytest.mark.parametrize(
    ("text", "smoking", "alcohol"),
    [
        ("Social history: tobacco 1/2 ppd, EtOH 2-3 drinks/wk.", "tobacco 1/2 ppd", "EtOH 2-3 drinks/wk"),
        ("Smoker, 1/2 ppd. Alcohol 6 beers/day.", "Smoker, 1/2 ppd", "Alcohol 6 beers/day"),
        ("Tobacco: 1.5 ppd, EtOH: 2 beers/day", "1.5 ppd", "EtOH: 2 beers/day"),
        ("Quit smoking 2 packs a day, tobacco 1 ppd until 2010.", "Quit smoking", None),
        ("Father: smoker, 1 ppd. EtOH 1/2 ppd.", None, None),
    ],
)
def test_an_amount_that_is_smoked_or_drunk_is_a_habit(text: str, smoking: str | None, alcohol: str | None) -> None:
    rows = grouped(text, best_spans(find_patterns(DOMAIN.folder, text))).get("social_history", [])
    found = {role: words for row in rows for role, words in row.items()}
    assert (found.get("smoking"), found.get("alcohol")) == (smoking, alcohol)


@pytest.mark.parametrize(
    ("text", "spans", "kinds"),
    [
        ("EtOH 1/2 ppd", {"diagnostic_procedure": "EtOH", "lab_value": "1/2 ppd"}, set()),
        ("Alcohol 6 beers/day.", {"medication": "Alcohol", "dosage": "6 beers/day"}, set()),
        ("tobacco 1/2 ppd, EtOH 12/wk", {"medication": "EtOH", "lab_value": "1/2 ppd|12/wk"}, set()),
        ("metoprolol, EtOH 2/day", {"medication": "metoprolol|EtOH", "dosage": "2/day"}, {"medication"}),
        ("EtOH level 250 mg/dL", {"diagnostic_procedure": "EtOH level", "lab_value": "250 mg/dL"}, {"test"}),
        ("EtOH 250 mg/dL", {"diagnostic_procedure": "EtOH", "lab_value": "250 mg/dL"}, {"test"}),
        ("PPD 10 mm", {"diagnostic_procedure": "PPD", "lab_value": "10 mm"}, {"test"}),
    ],
)
def test_what_is_smoked_or_drunk_is_no_drug_and_no_result(text: str, spans: dict[str, str], kinds: set[str]) -> None:
    rows = grouped(text, spans_of(text, **spans))
    assert {kind for kind, found in rows.items() if found} == kinds
    assert not any("dose" in row for row in rows.get("medication", []))


@pytest.mark.parametrize(
    ("text", "patient"),
    [
        (
            "Patient: Maria L. Okafor\nMRN: 00482913\nPatient: Okafor, Maria\nMRN: 0048-2913\n",
            {"name": "Maria L. Okafor", "mrn": "00482913"},
        ),
        (  # two people: of neither is the document
            "Patient: Maria Okafor\nDOB: 04/25/1957\nPatient: John Hale\nDOB: 25 April 1957\n",
            {"conflicting_name": "John Hale", "date_of_birth": "04/25/1957"},
        ),
        ("MRN: 00482913\nMRN: 00482914\n", {"conflicting_mrn": "00482914"}),
    ],
)
def test_several_patients_in_one_document_are_not_taken_for_one(text: str, patient: dict[str, str]) -> None:
    assert grouped(text, find_patterns(DOMAIN.folder, text))["patient"] == [patient]


def test_the_steps_of_an_operation_are_no_procedures() -> None:
    text = (
        "Procedure: Laparoscopic cholecystectomy\nThe duct was closed with clips and divided. Appendectomy was added."
    )
    spans = [*stated_spans(text), *spans_of(text, therapeutic_procedure="closed|divided|Appendectomy")]
    assert [row["procedure"] for row in grouped(text, spans)["procedure"]] == [
        "Laparoscopic cholecystectomy",
        "Appendectomy",
    ]
