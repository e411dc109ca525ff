"""Problems to ICD-10-CM categories, on the table of phrases in `medical_icd10.toml`."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import pytest

from domain_models.medical import DOMAIN
from domain_models.medical.icd10 import candidates, code_of

_TABLE = tomllib.loads((Path(__file__).parent / "medical_icd10.toml").read_text(encoding="utf-8"))
PHRASES = (*(phrase for phrase, _ in _TABLE["codable"]), *_TABLE["uncodable"])
_UNTUNED = slice(2, None, 3)


def _tuned(rows: list[list[str]]) -> list[list[str]]:
    return [row for at, row in enumerate(rows) if at % 3 != 2]


@pytest.mark.parametrize(
    "rows", [_TABLE["codable"], _tuned(_TABLE["codable"]), _TABLE["codable"][_UNTUNED]], ids=["all", "tuned", "untuned"]
)
def test_categories_are_right_and_most_phrases_get_one(rows: list[list[str]]) -> None:
    found = [(code_of(phrase), category) for phrase, category in rows]
    given = [candidate.category == category for candidate, category in found if candidate]
    assert sum(given) / len(given) >= 0.9
    assert 1 - len(given) / len(rows) <= 0.4


def test_the_table_is_large_enough_and_what_names_no_problem_gets_no_code() -> None:
    assert len(_TABLE["codable"]) >= 150
    assert len(_TABLE["uncodable"]) >= 20
    kept = [phrase for phrase in _TABLE["uncodable"] if code_of(phrase) is None]
    assert len(kept) / len(_TABLE["uncodable"]) >= 17 / 20


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Pneumonia", "J18.9"),
        ("asthma", "J45.909"),
        ("CKD stage IIIb", "N18.32"),
        ("Type 2 diabetes mellitus", "E11.9"),
        ("gallstones", "K80.20"),
        ("rheumatoid arthritis", "M06.9"),
        ("Oedema", "R60.9"),
        ("chronic obstructive pulmonary disease (COPD)", "J44.9"),
    ],
)
def test_a_plain_phrase_gets_the_unspecified_code(words: str, code: str) -> None:
    found = code_of(words)
    assert found is not None
    assert (found.code, found.description != "") == (code, True)


@pytest.mark.parametrize("words", ["", " ", "—", "no fever", "normal sinus rhythm", "acute", "blorpitis", "2", "the"])
def test_nothing_is_coded_where_the_words_say_too_little(words: str) -> None:
    assert code_of(words) is None


def test_external_causes_and_reasons_for_contact_are_never_proposed() -> None:
    phrases = ["fall", "pregnancy", "car accident", "bitten by dog", "screening for colon cancer", "hip fracture"]
    proposed = list(chain.from_iterable(candidates(phrase, 50) for phrase in phrases))
    assert proposed
    assert [one.code for one in proposed if one.code[0] in "VWXYZ" or len(one.code) > 7] == []
    assert all(0 < one.score <= 1 for one in proposed)


def test_what_two_categories_name_alike_is_left_open() -> None:
    first, second = candidates("influenza A", 2)
    assert (first.category, second.category) == ("J10", "J11")
    assert code_of("influenza A") is None


@pytest.mark.parametrize(
    ("words", "category"),
    [("brain metastases", "C79"), ("metastatic breast cancer", "C50"), ("lung adenocarcinoma", "C34")],
)
def test_a_primary_is_not_taken_for_a_secondary(words: str, category: str) -> None:
    found = code_of(words)
    assert found is None or found.category == category


def test_every_process_gives_the_same_codes() -> None:
    """Python orders sets of words anew in every process; sums and ties must not follow it."""
    asked = (
        "from domain_models.medical.icd10 import candidates; from tests.test_medical_icd10 import PHRASES;"
        "print([candidates(phrase) for phrase in PHRASES])"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", asked], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=Path(__file__).parents[1],
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "4")
    }  # fmt: skip
    assert len(shown) == 1


def test_nothing_is_read_before_the_first_problem() -> None:
    asked = "import sys, domain_models.medical; print({'numpy', 'simple_icd_10_cm'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "set()"


def test_another_release_of_the_code_tables_is_another_version_of_the_rules() -> None:
    assert f"+icd10-{version('simple-icd-10-cm')}+" in DOMAIN.rules_version
    assert DOMAIN.rules_version.endswith(f"+drugs-{version('drug-named-entity-recognition')}")
