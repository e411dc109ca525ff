"""Labelled sentences as texts: what stands where, and how many are read together."""

import json
from pathlib import Path

import pytest

from domain_models.labelled import LabelledSpan, read_labelled

ROWS = [
    {"tokens": ["Gout", "hurts", "."], "tags": ["B-Disease", "O", "O"]},
    {"tokens": ["Lung", "cancer"], "tags": ["B-Disease", "I-Disease"]},
    {"tokens": ["None"], "tags": ["O"]},
]


@pytest.mark.parametrize(
    ("sentences", "texts"),
    [
        (1, ["Gout hurts .\n", "Lung cancer\n", "None\n"]),
        (2, ["Gout hurts .\nLung cancer\n", "None\n"]),
        (8, ["Gout hurts .\nLung cancer\nNone\n"]),
    ],
)
def test_so_many_sentences_make_a_text(tmp_path: Path, sentences: int, texts: list[str]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS))
    documents = read_labelled(path, sentences)
    assert [document.text for document in documents] == texts
    assert [quote for document in documents for quote in document.quotes.get("Disease", [])] == ["Gout", "Lung cancer"]
    assert documents[0].spans[0] == LabelledSpan("Disease", 0, 4)
