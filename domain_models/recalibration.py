"""What people's decisions say of a tagger's probabilities: a correction of their logits, for all fields and for each.

A logistic regression on the logit with a prior at "unchanged" (Platt 1999, with each field's offset drawn towards the
common one), so that few decisions change little. Decisions need no random sample: which findings are looked at may
depend on their probability, not on whether they are right. Knows numbers and fields; no database.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SLOPE_PRIOR, OFFSET_PRIOR, FIELD_PRIOR = 8.0, 0.5, 2.0
"""Weights of the squared distance from unchanged, in decisions' worth of evidence: a slope is changed last."""

ROUNDS = 50
SMALLEST_STEP = 1e-7
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding decided about: its field, the probability that the tagger gave it, whether it was right."""

    document_id: str
    field: str
    probability: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Recalibration:
    """`logit(new) = slope * logit(old) + offset + fields[field]`, fitted to `decisions` about findings of `tagger`."""

    tagger: str
    slope: float
    offset: float
    fields: Mapping[str, float]
    decisions: int

    @property
    def version(self) -> str:
        """What versions of a tagger that is recalibrated so end with: 8 hex digits over the figures."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]

    def probability(self, field: str, probability: float) -> float:
        """The probability as decisions say it should be."""
        logit = self.slope * float(_logit(np.array(probability))) + self.offset + self.fields.get(field, 0.0)
        return float(1 / (1 + np.exp(-logit)))


def fit(tagger: str, judgements: Sequence[Judgement]) -> Recalibration:
    """The correction that fits the judgements best, by Newton's method."""
    names = sorted({one.field for one in judgements})
    inputs = np.zeros((len(judgements), 2 + len(names)))
    inputs[:, 0] = _logit(np.array([one.probability for one in judgements]))
    inputs[:, 1] = 1.0
    for row, one in enumerate(judgements):
        inputs[row, 2 + names.index(one.field)] = 1.0
    right = np.array([one.is_right for one in judgements], dtype=float)
    prior = np.array([SLOPE_PRIOR, OFFSET_PRIOR, *[FIELD_PRIOR] * len(names)])
    unchanged = np.array([1.0, *[0.0] * (1 + len(names))])
    weights = _fitted(inputs, right, prior, unchanged)
    figures = [round(float(weight), 4) for weight in weights]
    return Recalibration(tagger, figures[0], figures[1], dict(zip(names, figures[2:], strict=True)), len(judgements))


def _fitted(inputs: Array, right: Array, prior: Array, unchanged: Array) -> Array:
    """The weights of least loss; a Newton step that overshoots is halved until it helps."""

    def loss(weights: Array) -> float:
        logits = inputs @ weights
        spread = float((np.logaddexp(0.0, logits) - right * logits).sum())
        return spread + float((prior * (weights - unchanged) ** 2).sum() / 2)

    weights = unchanged.copy()
    for _ in range(ROUNDS):
        present = 1 / (1 + np.exp(-(inputs @ weights)))
        slope = inputs.T @ (present - right) + prior * (weights - unchanged)
        bend = (inputs * (present * (1 - present))[:, None]).T @ inputs + np.diag(prior)
        step = np.linalg.solve(bend, slope)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > SMALLEST_STEP:
            step = step / 2
        if np.abs(step).max() <= SMALLEST_STEP:
            break
        weights = weights - step
    return weights


def log_losses(tagger: str, judgements: Sequence[Judgement]) -> tuple[float, float]:
    """Mean log loss of the probabilities as they are, and as corrected by what other documents' judgements say.

    With fewer documents than folds, the folds part the judgements instead.
    """
    documents = sorted({one.document_id for one in judgements})
    many = len(documents) >= FOLDS
    folds = [(documents.index(one.document_id) if many else n) % FOLDS for n, one in enumerate(judgements)]
    before, after = [], []
    for fold in range(FOLDS):
        seen = [one for one, its in zip(judgements, folds, strict=True) if its != fold]
        corrected = fit(tagger, seen)
        for one in (one for one, its in zip(judgements, folds, strict=True) if its == fold):
            before.append(_loss(one.probability, one.is_right))
            after.append(_loss(corrected.probability(one.field, one.probability), one.is_right))
    return float(np.mean(before)), float(np.mean(after))


def save_recalibrations(path: Path, made: Mapping[str, Recalibration]) -> None:
    """Writes the corrections, by domain."""
    path.write_text(json.dumps({name: asdict(one) for name, one in made.items()}, indent=1) + "\n", encoding="utf-8")


def load_recalibrations(path: Path) -> dict[str, Recalibration]:
    """The corrections of a file, by domain; none where there is no file."""
    if not path.is_file():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {name: Recalibration(**figures) for name, figures in stored.items()}


def _logit(values: Array) -> Array:
    bounded = np.clip(values, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _loss(probability: float, is_right: bool) -> float:
    bounded = min(max(probability, 1e-3), 1 - 1e-3)
    return float(-np.log(bounded if is_right else 1 - bounded))
