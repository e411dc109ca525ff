"""A second opinion on spans by their words: a log-linear model over `word_features` that corrects a span's log-odds.

The network reads through windows and knows no other place of the contract; the words, the place and the rivals of a span
tell a party's name from a page's heading or a signature's title. Fitting is `domain_models.training.reranker`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from domain_models.decoding.word_features import WordFeatures
from schemas.finding import Span

LEAST = 0.03
"""A span less likely than this keeps its probability: it is nobody's finding either way."""


@dataclass(frozen=True)
class LabelWeights:
    """What each bucket adds to the log-odds of a label's spans, shape (BUCKETS,), and what all of them get."""

    buckets: NDArray[np.float32]
    bias: float


@dataclass(frozen=True)
class Reranker:
    """The weights of each label that has any; spans of another label stay as they are."""

    labels: Mapping[str, LabelWeights]

    def reranked(self, text: str, spans: Sequence[Span]) -> list[Span]:
        """The spans, corrected, best first within a label. Each label's order of first appearance is kept."""
        features = WordFeatures(text)
        by_label: dict[str, list[Span]] = {}
        for span in spans:
            by_label.setdefault(span.field, []).append(span)
        corrected = (self._of_label(features, label, own) for label, own in by_label.items())
        return [span for own in corrected for span in sorted(own, key=lambda span: -span.probability)]

    def _of_label(self, features: WordFeatures, label: str, spans: list[Span]) -> list[Span]:
        weights = self.labels.get(label)
        judged = [index for index, span in enumerate(spans) if span.probability >= LEAST]
        if weights is None or not judged:
            return spans
        corrected = list(spans)
        for index, buckets in zip(judged, features.buckets(spans, judged), strict=True):
            logit = weights.bias + float(weights.buckets[buckets].sum()) + _logit(spans[index].probability)
            corrected[index] = replace(spans[index], probability=float(1 / (1 + np.exp(-logit))))
        return corrected


def save_reranker(path: Path, reranker: Reranker) -> None:
    """The weights in half precision, one array a label with its bias last."""
    arrays = {label: np.append(own.buckets, own.bias).astype(np.float16) for label, own in reranker.labels.items()}
    save_file(arrays, path)


def load_reranker(path: Path) -> Reranker:
    """The reranker in a file that `save_reranker` wrote."""
    arrays = {label: array.astype(np.float32) for label, array in load_file(path).items()}
    return Reranker({label: LabelWeights(array[:-1], float(array[-1])) for label, array in arrays.items()})


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(bounded / (1 - bounded)))
