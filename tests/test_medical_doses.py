"""Which dose, route and frequency stay with which drug, where items stand close together."""

import pytest
from medical_rows import best_spans, grouped, spans_of

from domain_models.medical import DOMAIN
from domain_models.medical.lines_apart import lines_apart
from domain_models.medical.stated import stated_spans
from domain_models.patterns import find_patterns
from schemas.finding import Span

_LISTED: list[tuple[str, dict[str, str], list[dict[str, str]]]] = [
    (  # what stands before a comma is not how the drug behind it is given
        "Meds: alb HFA 2 puffs prn, omeprazole 20 mg daily",
        {"medication": "omeprazole", "dosage": "2 puffs|20 mg", "frequency": "prn|daily"},
        [{"drug": "omeprazole", "dose": "20 mg", "frequency": "daily"}],
    ),
    (
        "Meropenem 1 g IV q8h day 3/7, vancomycin 1 g",
        {"medication": "Meropenem|vancomycin", "frequency": "q8h"},
        [{"drug": "Meropenem", "frequency": "q8h"}, {"drug": "vancomycin"}],
    ),
    (
        "sertraline 100 mg tablet: 1.5 tabs every morning\nfluticasone 50 mcg/spray: 1 spray daily",
        {"medication": "sertraline|fluticasone", "dosage": "1.5 tabs|1 spray", "frequency": "every morning|daily"},
        [
            {"drug": "sertraline", "dose": "1.5 tabs", "frequency": "every morning"},
            {"drug": "fluticasone", "dose": "1 spray", "frequency": "daily"},
        ],
    ),
    (  # a taper is a row for each step
        "Prednisone 40 mg orally daily x3 days, then 20 mg daily x2 days, then stop",
        {"medication": "Prednisone", "dosage": "40 mg|20 mg", "administration": "orally", "duration": "3 days|2 days"},
        [
            {"drug": "Prednisone", "dose": "40 mg", "route": "orally", "duration": "3 days"},
            {"drug": "Prednisone", "dose": "20 mg", "route": "orally", "duration": "2 days"},
        ],
    ),
    (  # what a tablet or a millilitre holds is no dose
        "Methylprednisolone 4 mg: 24 mg day 1",
        {"medication": "Methylprednisolone", "dosage": "4 mg|24 mg"},
        [{"drug": "Methylprednisolone", "dose": "24 mg"}],
    ),
    (
        "Cyanocobalamin 1,000 mcg/mL: 1 mL monthly",
        {"medication": "Cyanocobalamin", "dosage": "1,000 mcg/mL"},
        [{"drug": "Cyanocobalamin"}],
    ),
    (
        "Metformin 500 mg BD with meals",
        {"medication": "Metformin", "administration": "meals"},
        [{"drug": "Metformin"}],
    ),
    (
        "I injected 40 mg of methylprednisolone and 5 mL of 1% lidocaine.",
        {"medication": "injected|methylprednisolone|lidocaine", "dosage": "40 mg|5 mL"},
        [{"drug": "methylprednisolone", "dose": "40 mg"}, {"drug": "lidocaine", "dose": "5 mL"}],
    ),
    ("Oxybutynin 5 mg BID; creatinine", {"medication": "Oxybutynin|BID|creatinine"}, [{"drug": "Oxybutynin"}]),
]


@pytest.mark.parametrize(("text", "spans", "rows"), _LISTED)
def test_what_is_given_stays_with_its_drug(text: str, spans: dict[str, str], rows: list[dict[str, str]]) -> None:
    assert grouped(text, spans_of(text, **spans))["medication"] == rows


@pytest.mark.parametrize(
    ("text", "spans", "rows"),
    [
        ("Dextrose 50% if glucose is low", {"diagnostic_procedure": "glucose", "lab_value": "50%"}, [{"test": "glucose"}]),
        ("Glucose 187 at 1130", {"diagnostic_procedure": "Glucose", "lab_value": "187|1130"}, [{"test": "Glucose", "value": "187"}]),
        ("Cr 134 K 4.l", {"diagnostic_procedure": "Cr", "lab_value": "134 K 4"}, [{"test": "Cr"}]),
        ("Labs 10/10/2023: Cr 4.1", {"diagnostic_procedure": "Cr", "lab_value": "10/10/2023"}, [{"test": "Cr"}]),
        ("P 3.4", {"diagnostic_procedure": "P", "lab_value": "3.4"}, [{"test": "P"}]),
        ("PMH: gout", {"diagnostic_procedure": "PMH"}, []),
    ],
)  # fmt: skip
def test_a_test_takes_no_value_that_cannot_be_its_own(
    text: str, spans: dict[str, str], rows: list[dict[str, str]]
) -> None:
    assert grouped(text, spans_of(text, **spans)).get("test", []) == rows


_STEPS: list[tuple[str, str, str, list[tuple[str, str | None]]]] = [
    (
        "prednisone 60 mg day 1, 50 mg day 2, 40 mg day 3",
        "prednisone",
        "60 mg|50 mg|40 mg",
        [("60 mg", "day 1"), ("50 mg", "day 2"), ("40 mg", "day 3")],
    ),
    (
        "azithromycin 500 mg on day 1 then 250 mg daily days 2-5",
        "azithromycin",
        "500 mg|250 mg",
        [("500 mg", "day 1"), ("250 mg", "days 2-5")],
    ),
    (
        "Prednisone taper: day 1: 60 mg, day 2: 50 mg, day 3: 40 mg.",
        "Prednisone",
        "60 mg|50 mg|40 mg",
        [("60 mg", "day 1"), ("50 mg", "day 2"), ("40 mg", "day 3")],
    ),
    (
        "Prednisone 60 mg daily x 3 days, 40 mg daily x 2 days, then off",
        "Prednisone",
        "60 mg|40 mg",
        [("60 mg", "3 days"), ("40 mg", "2 days")],
    ),
    (
        "Gabapentin 300 mg on day 1, 300 mg twice daily on day 2",
        "Gabapentin",
        "300 mg|300 mg twice daily",
        [("300 mg", "day 1"), ("300 mg twice daily", "day 2")],
    ),
    (  # one row with its first dose, as before: nothing says when the other is given
        "Meropenem 1 g IV q8h day 3, vancomycin",
        "Meropenem",
        "1 g",
        [("1 g", None)],
    ),
    ("Amoxicillin 500 mg for 7 days (was 250 mg)", "Amoxicillin", "500 mg", [("500 mg", "7 days")]),
]


@pytest.mark.parametrize(("text", "drug", "doses", "rows"), _STEPS)
def test_a_taper_told_by_days_is_a_row_for_each_step(
    text: str, drug: str, doses: str, rows: list[tuple[str, str | None]]
) -> None:
    spans = spans_of(text, medication=drug)
    at = 0
    for dose in doses.split("|"):
        at = text.index(dose, at)
        spans.append(Span("dosage", at, at + len(dose), 0.9))
        at += len(dose)
    spans += spans_of(text, duration="7 days") if "7 days" in text else []
    found = grouped(text, [*spans, *stated_spans(text)])["medication"]
    assert [(row["dose"], row.get("duration")) for row in found] == rows


@pytest.mark.parametrize(
    ("text", "spans", "rows"),
    [
        (  # a drug at the start of a line is none of the line before, in lower case too
            "warfarin\npotassium chloride 20 mEq daily",
            {"medication": "warfarin\npotassium chloride", "dosage": "20 mEq daily"},
            [{"drug": "warfarin"}, {"drug": "potassium chloride", "dose": "20 mEq daily"}],
        ),
        (
            "lisinopril 10 mg daily\nmetformin 500 mg BID",
            {"medication": "lisinopril|metformin", "dosage": "10 mg daily|500 mg BID"},
            [{"drug": "lisinopril", "dose": "10 mg daily"}, {"drug": "metformin", "dose": "500 mg BID"}],
        ),
        (
            "ferrous\nsulfate 325 mg daily",
            {"medication": "ferrous\nsulfate", "dosage": "325 mg"},
            [{"drug": "ferrous\nsulfate", "dose": "325 mg"}],
        ),
    ],
)
def test_a_line_in_lower_case_that_names_a_drug_is_an_item(
    text: str, spans: dict[str, str], rows: list[dict[str, str]]
) -> None:
    parts = [part for span in spans_of(text, **spans) for part in lines_apart(text, span)]
    assert grouped(text, parts)["medication"] == rows


def test_a_relatives_age_is_not_the_patients() -> None:
    text = "FAMILY HISTORY\nFather: MI at 52\n"
    assert "patient" not in grouped(text, spans_of(text, age="52"))


@pytest.mark.parametrize(
    ("text", "span", "parts"),
    [
        ("OSA - on CPAP\nDepression, in remission", "CPAP\nDepression", ["CPAP", "Depression"]),
        ("No weight loss\nCardiac: no chest pain", "weight loss\nCardiac", ["weight loss"]),
        ("a history of acute\nkidney injury", "acute\nkidney injury", ["acute\nkidney injury"]),
        ("gout\nhypertension\nobesity", "gout\nhypertension", ["gout", "hypertension"]),
        ("chronic kidney disease\nasthma", "chronic kidney disease\nasthma", ["chronic kidney disease", "asthma"]),
        ("with iron deficiency\nanemia", "iron deficiency\nanemia", ["iron deficiency\nanemia"]),
        ("Creatinine\t0.88\t0.60-1.26", "0.88\t0", ["0.88"]),
        ("Lungs\n- Crackles at the base", "- Crackles", ["Crackles"]),
        ("It was 142/88 and 150/94 mmHg", "142/88 and", ["142/88"]),
    ],
)
def test_a_span_ends_where_its_item_does(text: str, span: str, parts: list[str]) -> None:
    start = text.index(span)
    found = lines_apart(text, Span("lab_value" if "\t" in text else "sign_symptom", start, start + len(span), 0.9))
    assert [text[one.char_start : one.char_end] for one in found] == parts


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("She was given morphine sulfate 4 mg.", "morphine sulfate"),
        ("He takes potassium 20 mEq.", None),
        ("Ordered for pain sulfate 4 mg.", None),
    ],
)
def test_a_salt_is_named_with_its_drug(text: str, drug: str | None) -> None:
    salt = "potassium" if "potassium" in text else "sulfate"
    start = text.index(salt)
    (found,) = lines_apart(text, Span("medication", start, start + len(salt), 0.9))
    assert text[found.char_start : found.char_end] == (drug or salt)


@pytest.mark.parametrize(
    ("text", "kind", "role"),
    [
        ("Resolved Problems\nDeep vein thrombosis\n", "problem", "assertion_historical"),
        ("Active Problems\nDeep vein thrombosis\n", "problem", None),
    ],
)
def test_a_heading_says_whether_its_problems_are_over(text: str, kind: str, role: str | None) -> None:
    rows = grouped(text, stated_spans(text))[kind]
    assert [next((name for name in row if name.startswith("assertion")), None) for row in rows] == [role]


@pytest.mark.parametrize(
    ("text", "name", "mrn"),
    [
        ("Patient: Beatrix Lindqvist Hosp No: 339021 DOB: 14/06/1955", "Beatrix Lindqvist", "339021"),
        ("Name: Anneliese Vogt Date of birth: 21 March 1939", "Anneliese Vogt", None),
        ("Re: Mr Edwin Fairclough, DOB 23/09/1957, NHS No 485 777 3456", "Edwin Fairclough", None),
        ("Re: Knee Pain Clinic", None, None),
    ],
)
def test_a_name_ends_where_the_next_label_begins(text: str, name: str | None, mrn: str | None) -> None:
    rows = grouped(text, best_spans(find_patterns(DOMAIN.folder, text))).get("patient", [{}])
    assert (rows[0].get("name"), rows[0].get("mrn")) == (name, mrn)


def test_an_amount_beside_another_ingredient_and_a_value_in_tens_are_read_as_they_stand() -> None:
    dose, value = DOMAIN.fields_by_name["dosage"], DOMAIN.fields_by_name["lab_value"]
    assert (read := DOMAIN.normalise(dose, "4 g IV bolus")) and (read.number, read.unit) == (4, "g")
    assert (read := DOMAIN.normalise(dose, "1250 mg /")) and (read.number, read.unit) == (1250, "mg")
    assert (read := DOMAIN.normalise(value, "140s")) and read.number is None
