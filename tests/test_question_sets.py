"""The questions that asking is measured by, and the measures."""

from pathlib import Path

import pytest

from tests.benchmarks.question_sets import notes
from tests.benchmarks.questions import Verdict, accuracy, met, words_f1


@pytest.mark.parametrize(("part", "texts", "each"), [("train", 40, 8), ("dev", 30, 16)])
def test_every_note_has_its_questions_half_of_them_answered(
    shared_data: Path, part: str, texts: int, each: int
) -> None:
    asked = notes(part).texts
    assert len(asked) == texts and {len(one.questions) for one in asked} == {each}
    gold = [question.gold for one in asked for question in one.questions]
    assert 0.45 < sum(map(bool, gold)) / len(gold) < 0.55
    assert all(quote.strip() == quote != "" for quotes in gold for quote in quotes)


SAID = [
    ("50 mL", ("50 mL",), (1.0, 1.0, 1.0)),
    (None, (), (1.0, 1.0, 0.0)),  # rightly silent
    ("blood loss 50 mL", ("50 mL", "minimal"), (1.0, 4 / 6, 1.0)),
    ("50 mL", (), (0.0, 0.0, 0.0)),
    (None, ("50 mL",), (0.0, 0.0, 0.0)),
]


@pytest.mark.parametrize(("quote", "gold", "measures"), SAID)
def test_a_verdict_is_measured(quote: str | None, gold: tuple[str, ...], measures: tuple[float, float, float]) -> None:
    verdict = [Verdict("notes", quote, gold)]
    assert (accuracy(verdict), words_f1(verdict), met(verdict)) == pytest.approx(measures)
