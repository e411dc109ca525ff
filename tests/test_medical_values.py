"""Words of medical records and the typed values they resolve to, or do not."""

import io
import pickle
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from domain_models.medical import DOMAIN, ingredients
from domain_models.medical.ingredients import _PlainData, ingredient, package_names
from domain_models.medical.vitals import vital_of
from schemas.finding import Value

_QUANTITIES: list[tuple[str, str, str, str | None]] = [
    ("dosage", "500 mg", "500", "mg"),
    ("dosage", "1,500 mg", "1500", "mg"),
    ("dosage", "1.5 mg/m2", "1.5", "mg/m2"),
    ("dosage", "0.3 microgram/kilogram", "0.3", "ug/kg"),
    ("dosage", "100 mg/d", "100", "mg/d"),
    ("dosage", "3 g per day", "3", "g/d"),
    ("dosage", "10 units", "10", "[iU]"),
    ("dosage", "2 tablets", "2", "{tbl}"),
    ("dosage", "500 mg tablet", "500", "mg"),
    ("dosage", "Five hundred milligrams", "500", "mg"),
    ("dosage", "90\u200amcg", "90", "ug"),
    ("dosage", "50 mg/kg/day", "50", "mg/kg/d"),
    ("dosage", "5 mcg/kg/min", "5", "ug/kg/min"),
    ("dosage", "18 units/hr", "18", "[iU]/h"),
    ("dosage", "15 mg/kg/dose", "15", "mg/kg/{dose}"),
    ("dosage", "0 units", "0", "[iU]"),
    ("dosage", "100 units/mL", "100", "[iU]/mL"),
    ("dosage", "40 mEq/L", "40", "meq/L"),
    ("dosage", "2 L/min", "2", "L/min"),
    ("dosage", "1,000 units", "1000", "[iU]"),
    ("dosage", "300,000 IU", "300000", "[iU]"),
    ("dosage", "2 x10^6 cells/kg", "2", "10*6/kg"),
    ("lab_value", "-3", "-3", None),
    ("lab_value", "-3.2 mmol/L", "-3.2", "mmol/L"),
    ("lab_value", "-3 mEq/L", "-3", "meq/L"),
    ("lab_value", "-1.5 diopters", "-1.5", "[diop]"),
    ("lab_value", "-18 %", "-18", "%"),
    ("lab_value", "-5.5 mmHg", "-5.5", "mm[Hg]"),
    ("volume", "800 cc per day", "800", "mL/d"),
    ("lab_value", "0.2 mg/mg", "0.2", "mg/mg"),
    ("lab_value", "30 mg/g", "30", "mg/g"),
    ("lab_value", "4.5 10*3/uL", "4.5", "10*3/uL"),
    ("lab_value", "22 /HPF", "22", "/[HPF]"),
    ("lab_value", "70 mL/beat", "70", "mL/{beats}"),
    ("lab_value", "97.9°F", "97.9", "[degF]"),
    ("lab_value", "85 beats/min", "85", "/min"),
    ("lab_value", "12.5 g/dL", "12.5", "g/dL"),
    ("lab_value", "7.2 x10^9/L", "7.2", "10*9/L"),
    ("lab_value", "11.2 K/uL", "11.2", "10*3/uL"),
    ("lab_value", "16,500/mm3", "16500", "/mm3"),
    ("lab_value", "227 IU/L", "227", "[iU]/L"),
    ("lab_value", "60 mL/min/1.73m2", "60", "mL/min/1.73.m2"),
    ("lab_value", "5.6 H mmol/L", "5.6", "mmol/L"),
    ("lab_value", "1,6 L/min/m2", "1.6", "L/min/m2"),
    ("lab_value", "22 mm Hg", "22", "mm[Hg]"),
    ("lab_value", "31 kg/m²", "31", "kg/m2"),
    ("age", "34-year-old", "34", "a"),
    ("age", "fifty-five-year-old", "55", "a"),
    ("age", "8-month-old", "8", "mo"),
    ("age", "67", "67", "a"),
    ("duration", "6 weeks", "6", "week"),
    ("duration", "for 3 days", "3", "day"),
    ("duration", "a week", "1", "week"),
    ("duration", "6-month history", "6", "month"),
    ("height", "165 cm", "165", "cm"),
    ("weight", "72 kg", "72", "kg"),
]

_FREQUENCIES = [
    ("BID", "twice daily", "2"),
    ("b.i.d.", "twice daily", "2"),
    ("three times a day", "three times daily", "3"),
    ("q8h", "every 8 hours", "3"),
    ("every 8 hours", "every 8 hours", "3"),
    ("every 2 weeks", "every 2 weeks", "0.071429"),
    ("at bedtime", "at bedtime", "1"),
    ("before meals", "before meals", None),
    ("pc", "after meals", None),
    ("twice daily with meals", "twice daily with meals", "2"),
    ("every 4-6 hours", "every 4-6 hours", None),
    ("every 6 hours as needed for pain", "every 6 hours as needed", None),
    ("monthly", "every month", None),
]

_UNRESOLVED = [
    ("dosage", "high-dose"),
    ("dosage", "500"),
    ("dosage", "300 mg I/mL"),
    ("dosage", "5 blorps"),
    ("dosage", "10 mmHg"),
    ("dosage", "-5 mg"),
    ("dosage", "5 mg/mg/mg"),
    ("dosage", "500 mg/m"),
    ("dosage", "10 mg/dL"),
    ("dosage", "10 mg/kg/kg"),
    ("dosage", "98 %/min"),
    ("dosage", "3 x 100 mg/day"),
    ("lab_value", "3 x 100 mg/day"),
    ("dosage", "500 K/uL"),
    ("dosage", "120 bpm"),
    ("dosage", "98.6 F"),
    ("dosage", "5 cm"),
    ("dosage", "6 months"),
    ("dosage", "70 kg"),
    ("lab_value", "-5 mg/dL"),
    ("lab_value", "-138 mmol/L"),
    ("lab_value", "-12.5 g/dL"),
    ("lab_value", "-200 K/uL"),
    ("lab_value", "-72 kg"),
    ("lab_value", "-88 bpm"),
    ("lab_value", "-37.2 C"),
    ("lab_value", "-250"),
    ("lab_value", "5 mg/mg/mg"),
    ("lab_value", "500 mg/m"),
    ("lab_value", "1.2 mg/dL/dL"),
    ("height", "165 kg"),
    ("height", "-165 cm"),
    ("height", "165 cm/cm"),
    ("weight", "72 cm"),
    ("weight", "72 kg/m2"),
    ("weight", "0 kg"),
    ("distance", "5 kg"),
    ("area", "3 cm"),
    ("volume", "5 kg"),
    ("mass", "3 cm"),
    ("result_unit", "mg/mg/mg"),
    ("lab_value", "K 4.1"),
    ("lab_value", "decreased immediately"),
    ("frequency", "intermittent"),
    ("frequency", "every 0 hours"),
    ("age", "mid-teens"),
    ("age", "150 years"),
    ("duration", "several months"),
    ("date", "02/29/2015"),
    ("date", "03/04/2015"),
    ("date", "three days later"),
    ("sex", "patient"),
    ("administration", "injections"),
    ("result_unit", "blorps"),
]

_OTHERS = [
    ("date", "February 9, 2015", Value(date=date(2015, 2, 9))),
    ("date", "9 Feb. 2015", Value(date=date(2015, 2, 9))),
    ("date", "13/04/2015", Value(date=date(2015, 4, 13))),
    ("date", "04/04/2015", Value(date=date(2015, 4, 4))),
    ("date", "2024-03-09", Value(date=date(2024, 3, 9))),
    ("date", "November 2015", Value(text="2015-11")),
    ("sex", "woman", Value(code="female", code_system="administrative-gender")),
    ("sex", "M", Value(code="male", code_system="administrative-gender")),
    ("administration", "p.o.", Value(text="oral")),
    ("administration", "intravenously", Value(text="intravenous")),
    ("lab_value", "Positive", Value(text="positive", code="POS", code_system="interpretation")),
    ("lab_value", "120/80 mmHg", Value(text="120/80 mmHg", unit="mm[Hg]")),
    ("lab_value", "120/80", Value(text="120/80")),
    ("lab_value", "<0.5 ng/mL", Value(text="<0.5 ng/mL")),
    ("dosage", "2.5–10 mg", Value(text="2.5–10 mg")),
    (
        "dosage",
        "take 1.5 tablets by mouth every morning",
        Value(number=Decimal("1.5"), unit="{tbl}", code="every morning", code_system="frequency"),
    ),
    ("allergy", "Aspirin 81 mg daily", Value(text="aspirin")),
    ("allergy", "Penicillin 500 mg PO", Value(text="penicillin")),
    ("allergy", "contrast 5 years ago", Value(text="contrast 5 years ago")),
    ("dosage", "twice a day", Value(code="twice daily", code_system="frequency")),
    ("dosage", "40 mg po qd", Value(number=Decimal(40), unit="mg", code="once daily", code_system="frequency")),
    ("result_flag", "(H)", Value(code="H", code_system="interpretation")),
    ("result_unit", "mmol/L", Value(code="mmol/L", code_system="UCUM")),
    ("allergy", "NKDA", Value(text="no known allergies")),
    (
        "medication",
        "Insulin\nGlargine",
        Value(text="insulin glargine", code="insulin glargine", code_system="ingredient"),
    ),
    ("disease_disorder", "Type 2\n diabetes", Value(text="Type 2 diabetes", code="E11.9", code_system="ICD-10-CM")),
    ("sign_symptom", "well-appearing", Value(text="well-appearing")),
]


def _value(field: str, quote: str) -> Value | None:
    return DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)


@pytest.mark.parametrize(("field", "quote", "number", "unit"), _QUANTITIES)
def test_amounts_become_exact_numbers_with_units(field: str, quote: str, number: str, unit: str | None) -> None:
    assert _value(field, quote) == Value(number=Decimal(number), unit=unit)


@pytest.mark.parametrize(("quote", "wording", "per_day"), _FREQUENCIES)
def test_frequencies_have_one_wording_and_a_number_only_where_stated(
    quote: str, wording: str, per_day: str | None
) -> None:
    number = Decimal(per_day) if per_day else None
    assert _value("frequency", quote) == Value(text=wording, number=number, unit="/d" if per_day else None)


@pytest.mark.parametrize(("field", "quote"), _UNRESOLVED)
def test_what_is_impossible_or_ambiguous_is_never_guessed(field: str, quote: str) -> None:
    assert _value(field, quote) is None


@pytest.mark.parametrize(("field", "quote", "value"), _OTHERS)
def test_dates_codes_and_wordings(field: str, quote: str, value: Value) -> None:
    assert _value(field, quote) == value


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Lasix", "furosemide"),
        ("paracetamol", "acetaminophen"),
        ("Metoprolol succinate", "metoprolol"),
        ("albuterol inhaler", "albuterol"),
        ("Rivastigmine patch", "rivastigmine"),
        ("Amoxicillin/clavulanate", "amoxicillin / clavulanic acid"),
        ("Carbidopa-levodopa", "carbidopa / levodopa"),
        ("Vitamin D3", "cholecalciferol"),
        ("potassium chloride", "potassium chloride"),
        ("ASA", "aspirin"),
        ("Stalevo", "carbidopa / entacapone / levodopa"),
        ("Prevnar", None),
        ("oxygen", "oxygen"),
        ("dextrose", "glucose"),
        ("acetylsalicylic acid", "aspirin"),
        ("APAP", "acetaminophen"),
        ("HCTZ", "hydrochlorothiazide"),
        ("NTG", "nitroglycerin"),
        ("MTX", "methotrexate"),
        ("PCN", "penicillin"),
        ("Coumadin", "warfarin"),
        ("Norco", "acetaminophen / hydrocodone"),
        ("hydrocodone-acetaminophen", "acetaminophen / hydrocodone"),
        ("Vicodin", "acetaminophen / hydrocodone"),
        ("Percocet", "acetaminophen / oxycodone"),
        ("Augmentin", "amoxicillin / clavulanic acid"),
        ("Zosyn", "piperacillin / tazobactam"),
        ("Bactrim", "sulfamethoxazole / trimethoprim"),
        ("TMP-SMX", "sulfamethoxazole / trimethoprim"),
        ("trimethoprim/sulfamethoxazole", "sulfamethoxazole / trimethoprim"),
        ("Unasyn", "ampicillin / sulbactam"),
        ("Advair", "fluticasone / salmeterol"),
        ("Symbicort", "budesonide / formoterol"),
        ("Combivent", "albuterol / ipratropium"),
        ("lisinopril/hydrochlorothiazide", "hydrochlorothiazide / lisinopril"),
        ("Maxzide", "hydrochlorothiazide / triamterene"),
        ("Colace", "docusate"),
        ("docusate sodium", "docusate"),
        ("Duragesic", "fentanyl"),
        ("NovoLog", "insulin aspart"),
        ("Synthroid", "levothyroxine"),
        ("MgSO4", "magnesium sulfate"),
        ("MSO4", None),
        ("MS", None),
        ("insulin", None),
        ("human insulin", None),
        ("Humulin", None),
        ("Humulin R", "insulin regular"),
        ("Novolin 70/30", "insulin isophane / insulin regular"),
        ("Synjardy", "empagliflozin / metformin"),
        ("TobraDex", "dexamethasone / tobramycin"),
        ("norethisterone", "norethindrone"),
        ("nitroglycerin sublingual", "nitroglycerin"),
        ("opioids", None),  # the package's table leads from a part back to the whole
        ("sedatives", None),
        ("rabies immune globulin", "rabies immune globulin, human"),
        ("vitamin D", None),
        ("ACE inhibitor", None),
        ("Maalox", None),
        ("pain", None),
        ("Benedikt Amoah", None),
        ("medications", None),
        ("general anesthesia", None),
        ("", None),
    ],
)
def test_a_drugs_name_gives_its_ingredient_or_nothing(words: str, expected: str | None) -> None:
    assert ingredient(words) == expected


DRUGS = tomllib.loads(Path(ingredients.__file__).with_name("ingredients.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [name for said in DRUGS["names"].values() for name in said])
def test_our_own_drug_names_agree_with_the_package_or_are_known_to_overrule_it(name: str) -> None:
    """Whatever the package's table has for a name gives the same ingredients by itself, or is listed as overruled."""
    listed = next(listed for listed, said in DRUGS["names"].items() if name in said)
    theirs = package_names().get(name, ())
    overruled = [canonical for canonical in theirs if name in DRUGS["overruled"].get(canonical, [])]
    assert not theirs or overruled or listed in {ingredient(canonical) for canonical in theirs}
    assert ingredient(name) == listed


def test_what_is_overruled_is_still_said_by_the_package() -> None:
    for canonical, said in DRUGS["overruled"].items():
        assert all(canonical in package_names()[name] for name in said)


def test_every_name_of_the_package_is_read_to_an_end() -> None:
    assert sum(ingredient(name) is not None for name in package_names()) > 90_000


def test_a_drug_table_that_would_run_code_is_refused() -> None:
    with pytest.raises(pickle.UnpicklingError, match="the drug table names"):
        _PlainData(io.BytesIO(pickle.dumps(Path("x")))).load()


@pytest.mark.parametrize(
    ("words", "code"),
    [("SpO2", "oxygen_saturation"), ("BP:", "blood_pressure"), ("Pulse ", "heart_rate"), ("INR", None)],
)
def test_vital_signs_are_known_by_name(words: str, code: str | None) -> None:
    vital = vital_of(words)
    assert (vital.code if vital else None) == code


@pytest.mark.parametrize(
    ("field", "words", "code", "near"),
    [
        ("disease_disorder", "Chronic kidney disease", "N18.9", "N18.9"),
        ("disease_disorder", "influenza A", None, "J11.1"),  # two categories name it alike
        ("sign_symptom", "mass in left lung", None, "R91.8"),
        ("sign_symptom", "no fever", None, "R50.9"),
    ],
)
def test_a_problem_keeps_the_codes_near_it_also_where_none_is_sure(
    field: str, words: str, code: str | None, near: str
) -> None:
    value = _value(field, words)
    assert value is not None
    assert value.code == code
    assert near in [candidate.code for candidate in value.candidates]
    assert 0 < len(value.candidates) <= 5
    assert all(candidate.description and 0.4 <= candidate.score <= 1 for candidate in value.candidates)


def test_what_is_far_from_every_code_has_no_candidates() -> None:
    value = _value("sign_symptom", "elevated troponin")
    assert value is not None
    assert value.candidates == ()
