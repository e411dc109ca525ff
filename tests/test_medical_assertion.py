"""What a statement says of a problem, a drug or a procedure, on the tables of `assertion_tables`."""

import pytest

from domain_models.medical.lexicon import Kind
from tests.assertion_tables import asserted, load_statements, wrong

_STATEMENTS = load_statements()
_CLASSES = [(kind, stated) for kind, classes in _STATEMENTS.items() for stated in classes]


def _share_right(kind: Kind, stated: str) -> float:
    return 1 - len(list(wrong(kind, stated))) / len(_STATEMENTS[kind][stated])


@pytest.mark.parametrize(("kind", "least"), [("problem", 500), ("medication", 160), ("procedure", 110)])
def test_the_table_is_large_enough_and_the_whole_is_right(kind: Kind, least: int) -> None:
    sizes = {stated: len(rows) for stated, rows in _STATEMENTS[kind].items()}
    assert sum(sizes.values()) >= least
    assert sum(_share_right(kind, stated) * size for stated, size in sizes.items()) / sum(sizes.values()) >= 0.95


@pytest.mark.parametrize(("kind", "stated"), _CLASSES)
def test_each_class_is_told_apart(kind: Kind, stated: str) -> None:
    assert _share_right(kind, stated) >= 0.85


@pytest.mark.parametrize("kind", _STATEMENTS)
def test_every_kind_has_every_class(kind: Kind) -> None:
    classes = {"present", "negated", "possible", "hypothetical", "conditional", "historical", "family"}
    assert set(_STATEMENTS[kind]) == classes


@pytest.mark.parametrize(
    ("title", "stated"),
    [
        ("FAMILY HISTORY", "family"),
        ("3. Past Medical History:", "historical"),
        ("Return precautions", "hypothetical"),
        ("Assessment and Plan", "present"),
    ],
)
def test_the_section_decides_where_no_cue_does(title: str, stated: str) -> None:
    assert asserted("problem", "Colon cancer, glaucoma.", "glaucoma", title) == stated


@pytest.mark.parametrize(
    ("title", "statement", "stated"),
    [
        ("PLAN", "Lisinopril 10 mg daily.", "hypothetical"),
        ("PLAN", "Continue lisinopril.", "present"),
        ("PLAN", "She was given lisinopril.", "present"),
        ("Assessment/Plan", "Hold lisinopril before surgery.", "present"),
        ("PLAN", "No lisinopril.", "negated"),
        ("HOME MEDICATIONS", "Lisinopril if the pressure is high.", "present"),
        ("DISCHARGE MEDICATIONS", "Lisinopril 10 mg daily.", "present"),
        ("ALLERGIES", "Lisinopril (cough).", "negated"),
        ("FAMILY HISTORY", "On lisinopril.", "family"),
        ("PAST MEDICAL HISTORY", "Hypertension on lisinopril.", "present"),
    ],
)
def test_the_section_steers_what_is_said_of_a_drug(title: str, statement: str, stated: str) -> None:
    drug = "Lisinopril" if "Lisinopril" in statement else "lisinopril"
    assert asserted("medication", statement, drug, title) == stated


def test_a_cue_far_away_in_an_endless_statement_says_nothing() -> None:
    assert asserted("problem", "no cough" + ", tired" * 20 + ", fever", "fever") == "negated"
    assert asserted("problem", "no cough" + ", tired" * 2000 + ", fever", "fever") == "present"
