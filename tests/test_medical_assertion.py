"""What a statement says of a problem, on the table of sentences in `medical_assertions.toml`."""

import tomllib
from pathlib import Path

import pytest

from domain_models.medical.assertion import assertion_of
from schemas.document import Section

_SENTENCES = tomllib.loads((Path(__file__).parent / "medical_assertions.toml").read_text(encoding="utf-8"))


def _right(stated: str) -> float:
    rows = _SENTENCES[stated]
    places = [(text, text.index(problem), text.index(problem) + len(problem)) for text, problem in rows]
    answers = [assertion_of(text, (), start, end) for text, start, end in places]
    return sum(answer == stated for answer in answers) / len(rows)


def test_the_table_is_large_enough_and_the_whole_is_right() -> None:
    count = sum(len(rows) for rows in _SENTENCES.values())
    assert count >= 200
    assert sum(_right(stated) * len(rows) for stated, rows in _SENTENCES.items()) / count >= 0.95


@pytest.mark.parametrize("stated", sorted(_SENTENCES))
def test_each_class_is_told_apart(stated: str) -> None:
    assert _right(stated) >= 0.85


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
    text = f"{title}\nColon cancer, glaucoma."
    section = Section(title, 1, (title,), 0, len(text))
    start = text.index("glaucoma")
    assert assertion_of(text, (section,), start, start + len("glaucoma")) == stated
