"""What is read for a question, and which of a statement's sentences answer it: places of a text, whatever it means."""

import numpy as np
import pytest

from domain_models.answering.alignment import Embedded
from domain_models.answering.confidence import Signs
from domain_models.answering.passages import answers, statements
from flows.stages.locate import Asked, Weighed, answering

MEANING = np.full(3, 3**-0.5, dtype=np.float32)


def test_long_sentences_are_compared_in_parts() -> None:
    text = "The fee is due. " + "and so on, " * 100
    parts = statements(text)
    assert max(end - start for start, end in parts) <= 500
    assert "".join(text[start:end] for start, end in parts).replace(" ", "") == text.replace(" ", "")


CUTS = [
    ("paid weekly, " * 50, ", "),
    ("fluid 1,200 mL and " * 40, " "),
    ("the sum of 1,200; " * 40, "; "),
    ("x" * 1200, ""),
]


@pytest.mark.parametrize(("text", "mark"), CUTS)
def test_a_long_sentence_is_cut_at_its_best_mark_but_in_no_figure(text: str, mark: str) -> None:
    parts = [text[start:end] for start, end in statements(text)]
    assert len(parts) > 1 and all(mark.strip() in part[-2:] for part in parts[:-1])
    assert "".join(parts).count("1,200") == text.count("1,200") == sum(part.count("1,200") for part in parts)


ANSWERS = [
    ("He left. Dr. Low came.", ["He left.", "Dr. Low came."]),
    ("ALLERGIES\nPenicillin. Lisinopril.", ["ALLERGIES\nPenicillin. Lisinopril.", "Penicillin.", "Lisinopril."]),
    ("Item\tRecord\nBlood loss\t25 mL", ["Item\tRecord", "Blood loss\t25 mL"]),
    ("BLOOD LOSS: Minimal.,DRAINS: None", ["BLOOD LOSS: Minimal.,", "DRAINS: None"]),
    ("paid weekly, " * 50, ["paid weekly, " * 49 + "paid weekly,"]),  # whole, though it is compared in parts
]


@pytest.mark.parametrize(("text", "each"), ANSWERS)
def test_a_sentence_answers_and_a_heading_with_all_behind_it(text: str, each: list[str]) -> None:
    *found, whole = [text[start:end] for start, end in answers(text, statements(text)[0])]
    assert found == each and whole == text.rstrip()


def test_of_an_endless_sentence_the_part_answers_that_is_near() -> None:
    text = "paid weekly, " * 200
    part = statements(text)[1]
    assert answers(text, part) == [part]


FLUIDS = "Blood loss was small. Fluids were given by vein. No drains."
ANSWERING = [([1], "Fluids were given by vein."), ([2], "No drains."), ([0, 1], FLUIDS), ([], FLUIDS)]


@pytest.mark.parametrize(("asked", "answered"), ANSWERING)
def test_the_sentence_with_all_that_is_asked_answers(asked: list[int], answered: str) -> None:
    """That is all of the statement that the words of the question come nearest to."""
    text = f"It went as well as could be hoped for, and the patient was woken. {FLUIDS}"
    place = (text.index("Blood"), len(text))
    starts = np.array([text.index(word) - place[0] for word in ("loss", "given", "drains")], dtype=np.int32)
    best = Weighed(place, Embedded(MEANING, np.eye(3, dtype=np.float32), starts), Signs(0.9, 0.9, 0.9))
    question = Asked("?", MEANING, frozenset(), np.eye(3, dtype=np.float32)[asked])
    assert text[slice(*answering(answers(text, place), best, question))] == answered


HEADED = [
    [
        "9. Governing Law.\nThis contract is governed by the laws of the country in which the seller has its seat.",
        "10. Fee.",
    ],
    ["She has a cat.", "ALLERGIES\nPenicillin (hives).\nHer skin is clear.", "MEDICATIONS\nFurosemide 40 mg daily."],
    ["DISCHARGE MEDICATIONS\nFurosemide 40 mg daily, " + "and metoprolol 50 mg daily, " * 15 + "and no other."],
    ["10. Liability and insurance\n10.1 The seller insures the goods at his own cost until the buyer has them."],
    ["MEDICATIONS\nDrug\tDose\nFurosemide\t40 mg in the morning\nMetoprolol\t50 mg twice\nDigoxin\t0.25 mg once"],
    ["Sex: F\tDisposition: home with a visiting nurse, who comes twice", "PRINCIPAL DIAGNOSIS\nHeart failure."],
]


@pytest.mark.parametrize("said", HEADED)
def test_a_heading_goes_with_what_follows_it(said: list[str]) -> None:
    text = "\n".join(said)
    assert [text[start:end] for start, end in statements(text)] == said
