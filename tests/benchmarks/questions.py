"""How well questions are answered that nobody trained for: CUAD contracts, fields as questions, against retrieval alone.

The six fields asked are left out of the writer's training and of the fit. A question counts as answered where the labellers
marked anything; an answer is right where its words overlap theirs by CUAD's measure (Jaccard of at least 0.5).

    python -m tests.benchmarks.questions [CONTRACTS]         measure on the dev contracts
    python -m tests.benchmarks.questions --fit [CONTRACTS]   fit confidence.toml to training contracts and other fields
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from domain_models import get_domain
from domain_models.answering.confidence import Signs, load_confidence
from domain_models.domain import Field
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.measure.clause_spans import DocumentOutcome, match_document, quality
from flows.answering import PASSAGES, Answering
from flows.stages.answer import flattened
from flows.stages.locate import Asked, Passage, Piece, Vector, locate
from tests.conftest import SHARED_DATA

ASKED = (
    "governing_law", "cap_on_liability", "audit_rights", "insurance", "non_compete", "notice_period_to_terminate_renewal",
)  # fmt: skip
UNASKED = ("document_name", "parties")  # every contract has them
LONGEST = 120_000  # characters of a contract that is asked, to bound the time
FIT_QUESTIONS = 5  # of each training contract: so many fields that it has, and so many that it lacks
RETRIEVAL_AT = 0.5
"""A nearest sentence at least so near counts as an answer in the baseline: where `--fit` gives it even odds."""


@dataclass(frozen=True)
class Candidate:
    """A passage's two answers, its nearest sentence and what the writer chose, and the signs for them."""

    sentence: str
    chosen: str
    signs: Signs


@dataclass(frozen=True)
class Asking:
    """One question to one contract: its candidates, the nearest passage first, and the labellers' quotes."""

    field: str
    candidates: tuple[Candidate, ...]
    gold: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What was answered; None where nothing was."""

    field: str
    quote: str | None
    gold: tuple[str, ...]


def contracts(part: str, count: int) -> list[LabelledDocument]:
    every = [one for one in read_labelled(SHARED_DATA / "cuad" / f"{part}.jsonl.gz") if len(one.text) <= LONGEST]
    random.Random(7).shuffle(every)
    return every[:count]


def held_out(contract: LabelledDocument) -> list[Field]:
    return [field for field in get_domain("legal").fields if field.name in ASKED]


def fields_to_fit(contract: LabelledDocument) -> list[Field]:
    fields = [field for field in get_domain("legal").fields if field.name not in (*ASKED, *UNASKED)]
    random.Random(contract.name).shuffle(fields)
    has = [field for field in fields if field.label in contract.quotes]
    lacks = [field for field in fields if field.label not in contract.quotes]
    return [*has[:FIT_QUESTIONS], *lacks[:FIT_QUESTIONS]]


def question_of(field: Field) -> str:
    return f"{field.label}: {field.description}"


def ask(
    answering: Answering, asked: Sequence[LabelledDocument], fields: Callable[[LabelledDocument], list[Field]]
) -> Iterator[Asking]:
    for number, contract in enumerate(asked, start=1):
        pieces = [
            Piece(p.char_start, p.char_end, p.embedding) for p in answering.meaning.embedder.embed([contract.text])[0]
        ]
        for field in fields(contract):
            vector = answering.vectors([question_of(field)])[0]
            passages = locate(contract.text, pieces, Asked(question_of(field), vector), answering.vectors, PASSAGES)
            quotes = tuple(contract.quotes.get(field.label, ()))
            yield Asking(field.name, tuple(candidates(answering, contract.text, passages, question_of(field))), quotes)
        print(f"\r{number}/{len(asked)}", end="", file=sys.stderr, flush=True)


def candidates(answering: Answering, text: str, passages: Sequence[Passage], question: str) -> Iterator[Candidate]:
    flats = [flattened(text, passage) for passage in passages]
    for passage, flat, span in zip(passages, flats, answering.read(flats, question), strict=True):
        signs = Signs(passage.likeness, span.likelihood, span.not_stated)
        yield Candidate(text[slice(*passage.sentence)], flat.text[span.char_start : span.char_end], signs)


def by_retrieval(asking: Asking) -> Verdict:
    best = next(iter(asking.candidates), None)
    found = best is not None and best.signs.likeness >= RETRIEVAL_AT
    return Verdict(asking.field, best.sentence if best and found else None, asking.gold)


def by_writer(asking: Asking) -> Verdict:
    model = load_confidence()
    best = max(asking.candidates, default=None, key=lambda one: model.probability(one.signs))
    found = best is not None and model.probability(best.signs) >= model.thresholds.found_at
    return Verdict(asking.field, best.chosen if best and found else None, asking.gold)


def accuracy(verdicts: Sequence[Verdict]) -> float:
    return sum((one.quote is not None) == bool(one.gold) for one in verdicts) / max(1, len(verdicts))


def f1(verdicts: Sequence[Verdict]) -> float:
    return quality([outcome(one) for one in verdicts], 0.0, None).f1


def outcome(one: Verdict) -> DocumentOutcome:
    said = [(one.field, one.quote, 1.0)] if one.quote is not None else []
    return match_document(said, {one.field: one.gold})


def show(askings: Sequence[Asking]) -> None:
    print(f"\n{'field':36} {'asked':>5} {'found':>5}   found/not found, span F1: retrieval alone | writer")
    for name in (*ASKED, "all"):
        chosen = [one for one in askings if name in ("all", one.field)]
        ways = [[way(one) for one in chosen] for way in (by_retrieval, by_writer)]
        figures = " | ".join(f"{accuracy(way):.3f} {f1(way):.3f}" for way in ways)
        print(f"{name:36} {len(chosen):5} {sum(bool(one.gold) for one in chosen):5}   {figures}")


def fit(askings: Sequence[Asking]) -> None:
    """Prints from what likeness on the baseline answers, and a logistic model's weights over the nearest passages' signs."""
    nearest = [(one.candidates[0].signs, bool(one.gold)) for one in askings if one.candidates]
    right = np.array([has for _, has in nearest])
    likeness = np.array([signs.likeness for signs, _ in nearest])
    constant, slope = logistic(np.array([[1.0, one] for one in likeness]), right)
    print(
        f"\nby likeness alone: constant {constant:.3f}, likeness {slope:.3f}, so RETRIEVAL_AT {-constant / slope:.3f}"
    )
    rows = np.array([[1.0, s.likeness, s.likelihood - s.not_stated, s.likelihood] for s, _ in nearest])
    for name, weight in zip(("constant", "likeness", "contrast", "likelihood"), logistic(rows, right), strict=True):
        print(f"{name} = {weight:.3f}")


def logistic(rows: NDArray[np.float64], right: NDArray[np.bool_], ridge: float = 0.1) -> Vector:
    """Weights by Newton's method, held near zero but for the constant."""
    weights = np.zeros(rows.shape[1])
    held = np.diag([0.0, *[ridge] * (rows.shape[1] - 1)])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - right) + held @ weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + held
        weights = weights - np.linalg.solve(curve, slope)
    return weights.astype(np.float32)


def main() -> None:
    fits = "--fit" in sys.argv
    count = next((int(word) for word in islice(sys.argv, 1, None) if word.isdigit()), 20)
    started = time.monotonic()
    asked = contracts("train" if fits else "dev", count)
    askings = list(ask(Answering(), asked, fields_to_fit if fits else held_out))
    (fit if fits else show)(askings)
    print(f"{len(asked)} contracts, {len(askings)} questions, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
