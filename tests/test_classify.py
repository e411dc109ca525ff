"""Which domain real texts are taken for."""

from pathlib import Path

import pytest

from domain_models import domains
from domain_models.labelled import read_labelled
from flows.stages.classify import classify
from schemas.errors import DocumentError

LETTER = "Dear Anna, the garden is doing well this spring and the roses have come out early. Yours, Tom."


def test_a_text_of_no_domain_is_refused() -> None:
    with pytest.raises(DocumentError, match="unknown domain"):
        classify(LETTER, domains().values())


@pytest.mark.parametrize(("file", "expected", "least"), [("cuad/dev.jsonl.gz", "legal", 59)])
def test_contracts_are_taken_for_contracts(shared_data: Path, file: str, expected: str, least: int) -> None:
    texts = [document.text for document in read_labelled(shared_data / file)]
    assert sum(_domain_of(text) == expected for text in texts) >= least


def test_dictated_reports_are_taken_for_records(shared_data: Path) -> None:
    import gzip
    import json

    with gzip.open(shared_data / "mtsamples" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [_domain_of(json.loads(line)["text"]) for line in lines]
    assert found.count("legal") == 0
    assert found.count("medical") >= 0.95 * len(found)


def _domain_of(text: str) -> str | None:
    try:
        return classify(text, domains().values()).domain
    except DocumentError:
        return None
