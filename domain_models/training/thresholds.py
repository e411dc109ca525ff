"""Thresholds of a head from probabilities of held-out documents: what is found, what absent, what needs no second look.

Knows numbers, not documents or networks. Rare labels have a handful of held-out spans, so every label leans on all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain_models.decoding.scorer import Acceptance

WRONG_WHEN_ABSENT = 0.03  # share of held-out (document, label) pairs under `absent_below` that may have gold spans
LOWEST_FOUND = 0.08  # best in cross-validation on the held-out contracts (macro-F1 0.70; 0.1: 0.68, 0.15: 0.69)
MANY_SPANS = 4.0  # spans a document from which a label is judged by its spans, not by "is there any" (Parties: 4.8)
WANTED_PRECISION = 0.95
SHARED_SPANS = 10.0  # how many spans of its own outweigh what all labels together say of a label's precision
ACCEPT_GRID = np.arange(20, 100) / 100
ROUNDS = 50

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Kept:
    """The kept spans of held-out documents: probability, whether right, and label index, each of shape (spans,)."""

    probabilities: Array
    right: NDArray[np.bool_]
    labels: NDArray[np.intp]


@dataclass(frozen=True)
class Documents:
    """Held-out documents, shape (documents, labels): each label's highest probability, and whether it truly stands there.

    `share` (labels,) is how many of the training documents have the label, smoothed to lie within 0 and 1; `spans` how
    many spans it has in those that do.
    """

    best: Array
    truth: NDArray[np.bool_]
    share: Array
    spans: Array


def span_threshold(kept: Kept, gold: int) -> float:
    """The probability with the best F1 of spans over all labels. `gold` counts (document, label) pairs with gold."""
    grid = np.arange(0.1, 0.9, 0.01)
    total = int(kept.right.sum()) + gold  # F1 up to a constant: gold spans never proposed shift it evenly
    f1 = [2 * kept.right[kept.probabilities >= t].sum() / ((kept.probabilities >= t).sum() + total) for t in grid]
    return float(grid[int(np.argmax(f1))])


def document_thresholds(documents: Documents, most: float) -> Array:
    """For each label the probability of its best span from which the label counts as found, within LOWEST_FOUND and `most`.

    A label that is rare or hard is found at less than one that is common and easy: F1 is best at half the best F1 that
    can be reached (Lipton, Elkan & Naryanaswamy 2014), and what can be reached is expected from the probabilities.
    """
    weights = _fit_presence(documents)
    present = _presence(documents.best, documents.share, weights)
    halves = np.array([_best_expected_f1(column) / 2 for column in present.T])
    logits = (_logit(halves) - weights[1] * _logit(documents.share) - weights[2]) / weights[0]
    thresholds = np.clip(1 / (1 + np.exp(-logits)), min(LOWEST_FOUND, most), most)
    return np.where(documents.spans > MANY_SPANS, most, thresholds)


def absence_threshold(
    best: Mapping[tuple[int, int], float], truth: frozenset[tuple[int, int]], found_at: float
) -> float:
    """The highest threshold up to `found_at` under which few enough pairs have gold; 0 where none is safe."""
    ranked = sorted(best, key=lambda pair: best[pair])
    wrong = np.cumsum([pair in truth for pair in ranked])
    safe = np.flatnonzero(wrong <= WRONG_WHEN_ABSENT * np.arange(1, len(ranked) + 1))
    return min(best[ranked[int(safe[-1])]], found_at) if len(safe) else 0.0


def acceptances(kept: Kept, found_at: Sequence[float]) -> list[Acceptance]:
    """For each label from which probability on its findings are right often enough, and how many of them that passes."""
    everything = _counts(kept.probabilities, kept.right)
    return [_acceptance(kept, label, found, everything) for label, found in enumerate(found_at)]


def _acceptance(kept: Kept, label: int, found_at: float, everything: tuple[Array, Array]) -> Acceptance:
    own = kept.labels == label
    passed, right = _counts(kept.probabilities[own], kept.right[own])
    general = everything[1] / np.maximum(everything[0], 1)
    precision = (right + SHARED_SPANS * general) / (passed + SHARED_SPANS)
    enough = np.flatnonzero(precision >= WANTED_PRECISION)
    support = int((kept.right & own & (kept.probabilities >= found_at)).sum())
    if not len(enough):
        return Acceptance(None, 0.0, support)
    accept_at = max(float(ACCEPT_GRID[enough[0]]), found_at)
    accepted = int((kept.right & own & (kept.probabilities >= accept_at)).sum())
    return Acceptance(round(accept_at, 3), round(accepted / max(1, support), 3), support)


def _counts(probabilities: Array, right: NDArray[np.bool_]) -> tuple[Array, Array]:
    """How many spans reach each threshold of the grid, and how many of them are right."""
    reach = probabilities[None, :] >= ACCEPT_GRID[:, None]
    return reach.sum(1).astype(float), (reach & right[None, :]).sum(1).astype(float)


def _fit_presence(documents: Documents) -> Array:
    """Logistic regression of presence on the logits of the best span and of the label's share, and a constant (3,)."""
    inputs = np.stack([_logit(documents.best), _spread(documents), np.ones_like(documents.best)], -1)
    weights, ridge = np.array([1.0, 0.0, 0.0]), 0.01 * np.eye(3)
    for _ in range(ROUNDS):
        present = 1 / (1 + np.exp(-(inputs @ weights)))
        slope = np.einsum("dl,dlk->k", present - documents.truth, inputs) + ridge @ (weights - [1.0, 0.0, 0.0])
        bend = np.einsum("dl,dlk,dlm->km", present * (1 - present), inputs, inputs) + ridge
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def _presence(best: Array, share: Array, weights: Array) -> Array:
    logits = weights[0] * _logit(best) + weights[1] * _logit(share) + weights[2]
    return np.asarray(1 / (1 + np.exp(-logits)))


def _spread(documents: Documents) -> Array:
    return np.broadcast_to(_logit(documents.share), documents.best.shape)


def _best_expected_f1(present: Array) -> float:
    """The best F1 that calling the likeliest documents present is expected to reach."""
    ranked = np.sort(present)[::-1]
    called = np.arange(1, len(ranked) + 1)
    return float((2 * np.cumsum(ranked) / (called + ranked.sum())).max())


def _logit(values: Array) -> Array:
    bounded = np.clip(values, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(bounded / (1 - bounded)))
