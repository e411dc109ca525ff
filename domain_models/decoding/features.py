"""What tells a good candidate span from a bad one, as numbers. The order of FEATURES is the scorer's input order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Interval = tuple[int, int]

FEATURES = (
    "mean inside", "peak inside", "lowest quarter inside", "share above half", "start here", "end here",
    "strongest start within", "strongest end within", "inside before", "inside after", "log length",
    "length against the label's usual", "starts a sentence", "ends a sentence", "place in document",
    "label's peak in document", "peak against label's peak", "peaks nearby", "mean times borders",
)  # fmt: skip


def features(
    scores: NDArray[np.float32],
    spans: Sequence[Interval],
    sentences: Sequence[Interval],
    usual_log_length: float,
) -> NDArray[np.float32]:
    """One row a span, shape (spans, len(FEATURES)). `scores`: (tokens, 3) of one label over the whole document."""
    starts = {sentence[0] for sentence in sentences}
    ends = {sentence[1] for sentence in sentences}
    peak = float(scores[:, 0].max())
    strong = np.concatenate(([0.0], np.cumsum(scores[:, 0] > 0.5)))
    rows = []
    for first, past in spans:
        row = _shape(scores, first, past)
        log_length = float(np.log(past - first))
        row += [log_length, abs(log_length - usual_log_length), float(first in starts), float(past in ends)]
        local_peak = row[1]
        nearby = strong[min(past + 200, len(scores))] - strong[max(first - 200, 0)] - (strong[past] - strong[first])
        row += [first / len(scores), _logit(peak), local_peak - _logit(peak), float(np.log1p(nearby))]
        row.append(row[0] + 0.5 * (row[4] + row[5]))
        rows.append(row)
    return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))


def _shape(scores: NDArray[np.float32], first: int, past: int) -> list[float]:
    inside = scores[first:past, 0]
    start = float(scores[max(first - 1, 0) : first + 2, 1].max())
    end = float(scores[max(past - 2, 0) : past + 1, 2].max())
    return [
        _logit(float(inside.mean())),
        _logit(float(inside.max())),
        _logit(float(np.quantile(inside, 0.25))),
        float((inside > 0.5).mean()),
        _logit(start),
        _logit(end),
        _logit(_strongest(scores[first + 2 : past, 1])),
        _logit(_strongest(scores[first : max(past - 2, first), 2])),
        _logit(_strongest(scores[max(first - 4, 0) : first, 0])),
        _logit(_strongest(scores[past : past + 4, 0])),
    ]


def _strongest(values: NDArray[np.float32]) -> float:
    return float(values.max()) if len(values) else 0.0


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(bounded / (1 - bounded)))
