"""What the medical rules get right: `python -m tests.benchmarks.medical_rules`, without any model.

Three figures: what a statement says of a problem, a drug or a procedure, by class (`tests/assertion_tables.py`); the
ICD-10-CM category of a phrase (`tests/medical_icd10.toml`), by itself for the third of the phrases that no setting looked
at; which attribute goes with which head, given the gold entities of those MACCROBAT dev reports whose relations can be
read (`../shared/data`, left out without it).
"""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from domain_models.medical.fit_links import f1, load_reports
from domain_models.medical.icd10 import candidates, code_of
from domain_models.medical.links import load_rule
from tests.assertion_tables import figures

TABLES = Path(__file__).parents[1]
DEV = TABLES.parents[1] / "shared" / "data" / "maccrobat" / "dev.jsonl.gz"


def icd10_lines() -> Iterator[str]:
    """Of all phrases and of the third that was not tuned on: coded, right among the coded, right as first of all."""
    codable: Sequence[tuple[str, str]] = _table("medical_icd10")["codable"]
    for name, rows in (("all", codable), ("not tuned on", codable[2::3])):
        given = [(code_of(phrase), category) for phrase, category in rows]
        coded = [found.category == category for found, category in given if found]
        first = [next((c.category for c in candidates(phrase, 1)), "") == category for phrase, category in rows]
        listed = [category in {c.category for c in candidates(phrase)} for phrase, category in rows]
        yield (
            f"ICD-10-CM {name:<13} coded {_share(len(coded), len(rows))}, of these right {_share(sum(coded), len(coded))}, "
            f"nearest right {_share(sum(first), len(rows))}, among five {_share(sum(listed), len(rows))}"
        )
    none = _table("medical_icd10")["uncodable"]
    yield f"ICD-10-CM {'no problem':<13} left open {_share(sum(code_of(phrase) is None for phrase in none), len(none))}"


def link_lines() -> Iterator[str]:
    """Precision, recall and F1 of the MODIFY relations given gold entities."""
    if DEV.exists():
        reports = load_reports(DEV)
        precision, recall, score = f1(reports, load_rule())
        yield f"links given gold entities   precision {precision:.3f}, recall {recall:.3f}, F1 {score:.3f} ({len(reports)} reports)"


def _table(name: str) -> dict[str, Any]:
    rows: dict[str, Any] = tomllib.loads((TABLES / f"{name}.toml").read_text(encoding="utf-8"))
    return rows


def _share(right: int, count: int) -> str:
    return f"{right} of {count} ({right / count:.3f})"


def main() -> None:
    for line in (*figures(), *icd10_lines(), *link_lines()):
        print(line)


if __name__ == "__main__":
    main()
