"""Labelled sentences as texts: what stands where, and how many are read together."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_models.deidentify.evaluate import read_rows
from domain_models.labelled import LabelledSpan, read_labelled
from flows.evaluate_summaries import read_described
from schemas.errors import BadInput

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


@pytest.mark.parametrize("read", [read_labelled, read_described, read_rows])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(ROWS[2] | {'text': 'None', 'summary': 'None'})}\n\n[1]\n")
    with pytest.raises(BadInput, match=r"rows.jsonl, line 3: not a JSON object"):
        read(path)


BROKEN = [
    ("rows.jsonl", b"%PDF-1.7 \x93\xfa"),
    ("rows.jsonl.gz", b"no gzip"),
    ("cut.jsonl.gz", gzip.compress(json.dumps(ROWS[0]).encode() * 999)[:40]),
]


@pytest.mark.parametrize("read", [read_labelled, read_described, read_rows])
@pytest.mark.parametrize(("name", "content"), BROKEN, ids=[name for name, _ in BROKEN])
def test_a_file_that_is_none_or_cut_short_is_named(
    tmp_path: Path, read: Callable[[Path], object], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"{name}: not a whole"):
        read(path)
