"""CUAD's measure (Hendrycks et al. 2021): pooled precision and recall of clause spans, matched by word overlap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain_models.marks import typed

MATCH_JACCARD = 0.5
CONTAINMENT_LABEL = "Parties"  # here containing the gold string is enough too
STEP = 0.01


@dataclass(frozen=True)
class Scored:
    """One prediction for one label of one document. `matches`: indices of that document's gold spans it matches."""

    label: str
    probability: float
    matches: frozenset[int]


@dataclass(frozen=True)
class DocumentOutcome:
    """A document's predictions, and its number of gold spans by label."""

    predictions: Sequence[Scored]
    gold_counts: Mapping[str, int]


@dataclass(frozen=True)
class Curve:
    """Precision (made monotone) over recall as the threshold falls; both start at recall 0, precision 1."""

    recall: Sequence[float]
    precision: Sequence[float]

    @property
    def area(self) -> float:
        """AUPR: the trapezoid area over the recall that is reached."""
        return float(np.trapezoid(self.precision, self.recall))

    def precision_at(self, recall: float) -> float:
        """Precision at the first recall of at least this; 0 where it is never reached."""
        return next((p for r, p in zip(self.recall, self.precision, strict=True) if r >= recall), 0.0)


@dataclass(frozen=True)
class Quality:
    """Precision, recall and F1 at one threshold; support counts gold spans."""

    precision: float
    recall: float
    f1: float
    support: int


def words(text: str) -> frozenset[str]:
    """The word set that the measure compares: lower case, `.,;:` removed, `/` as a space, split on single spaces."""
    for mark in ".,;:":
        text = text.replace(mark, "")
    return frozenset(text.replace("/", " ").lower().split(" "))


def spans_match(label: str, predicted: str, gold: str) -> bool:
    """Whether a predicted span counts as the gold one. White space is single spaces on both sides already."""
    if label == CONTAINMENT_LABEL and gold in predicted:
        return True
    one, other = words(predicted), words(gold)
    return len(one & other) >= MATCH_JACCARD * len(one | other)


def match_document(predictions: Iterable[tuple[str, str, float]], gold: Mapping[str, Sequence[str]]) -> DocumentOutcome:
    """Predictions as (label, text, probability) held against one document's gold texts by label.

    A PDF's line breaks and typeset quotation marks are no other words than the transcript's spaces and straight ones.
    """
    gold = {label: [_flat(text) for text in texts] for label, texts in gold.items()}
    scored = []
    for label, text, probability in predictions:
        flat = _flat(text)
        hits = (index for index, truth in enumerate(gold.get(label, ())) if spans_match(label, flat, truth))
        scored.append(Scored(label, probability, frozenset(hits)))
    return DocumentOutcome(scored, {label: len(texts) for label, texts in gold.items()})


def _flat(text: str) -> str:
    return " ".join(typed(text).split())


def curve(outcomes: Sequence[DocumentOutcome]) -> Curve:
    """Precision and recall over all labels of all documents, swept from a threshold of 0.99 down to 0."""
    recalls, precisions = [0.0], [1.0]
    for threshold in np.arange(0.99, -STEP / 2, -STEP):
        found, missed, false = counts(outcomes, float(threshold), None)
        if found + missed:
            recalls.append(found / (found + missed))
            precisions.append(found / (found + false) if found + false else 1.0)
    # Monotone: the best precision at this or any higher recall.
    monotone = np.maximum.accumulate(precisions[::-1])[::-1].tolist()
    return Curve(recalls, monotone)


def counts(outcomes: Sequence[DocumentOutcome], threshold: float, label: str | None) -> tuple[int, int, int]:
    """(gold spans found, gold spans missed, predictions that match nothing) at a threshold, of one label or all."""
    found = missed = false = 0
    for outcome in outcomes:
        kept = [p for p in outcome.predictions if p.probability >= threshold and label in {None, p.label}]
        hit = {(p.label, index) for p in kept for index in p.matches}
        gold = sum(count for name, count in outcome.gold_counts.items() if label in {None, name})
        found += len(hit)
        missed += gold - len(hit)
        false += sum(not p.matches for p in kept)
    return found, missed, false


def quality(outcomes: Sequence[DocumentOutcome], threshold: float, label: str | None) -> Quality:
    """Precision, recall and F1 at a threshold, of one label or of all (None)."""
    found, missed, false = counts(outcomes, threshold, label)
    precision = found / (found + false) if found + false else 0.0
    recall = found / (found + missed) if found + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Quality(precision, recall, f1, found + missed)
