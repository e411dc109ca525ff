"""What tells a good candidate span from a bad one, as numbers. The order of FEATURES is the scorer's input order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Interval = tuple[int, int]
Floats = NDArray[np.float32]
Places = NDArray[np.intp]

REACH = 200  # tokens on either side within which other likely tokens are counted

FEATURES = (
    "mean inside", "peak inside", "lowest quarter inside", "share above half", "start here", "end here",
    "strongest start within", "strongest end within", "inside before", "inside after", "log length",
    "length against the label's usual", "starts a sentence", "ends a sentence", "place in document",
    "label's peak in document", "peak against label's peak", "peaks nearby", "mean times borders",
)  # fmt: skip


def features(
    scores: Floats,
    spans: Sequence[Interval],
    sentences: Sequence[Interval],
    usual_log_length: float,
) -> Floats:
    """One row a span, shape (spans, len(FEATURES)). `scores`: (tokens, 3) of one label over the whole document."""
    count = len(scores)
    firsts, pasts = np.array(spans, dtype=np.intp).reshape(-1, 2).T
    inside, starts, ends = scores.T
    mean, peak = _logits(_means(inside, firsts, pasts)), _logits(_peaks(inside, firsts, pasts))
    start = _logits(_peaks(starts, np.maximum(firsts - 1, 0), np.minimum(firsts + 2, count)))
    end = _logits(_peaks(ends, np.maximum(pasts - 2, 0), np.minimum(pasts + 1, count)))
    strong = np.concatenate(([0], np.cumsum(inside > 0.5)))
    strong_inside = strong[pasts] - strong[firsts]
    around = strong[np.minimum(pasts + REACH, count)] - strong[np.maximum(firsts - REACH, 0)]
    log_length = np.log(pasts - firsts)
    document_peak = _logits(inside.max(initial=0.0))
    columns = [
        mean,
        peak,
        _logits(_lower_quartiles(inside, spans)),
        strong_inside / (pasts - firsts),
        start,
        end,
        _logits(_peaks(starts, firsts + 2, pasts)),
        _logits(_peaks(ends, firsts, np.maximum(pasts - 2, firsts))),
        _logits(_peaks(inside, np.maximum(firsts - 4, 0), firsts)),
        _logits(_peaks(inside, pasts, np.minimum(pasts + 4, count))),
        log_length,
        np.abs(log_length - usual_log_length),
        np.isin(firsts, [sentence[0] for sentence in sentences]),
        np.isin(pasts, [sentence[1] for sentence in sentences]),
        firsts / count,
        np.full(len(spans), document_peak),
        peak - document_peak,
        np.log1p(around - strong_inside),
        mean + 0.5 * (start + end),
    ]
    return np.stack(columns, axis=-1).astype(np.float32)


def _means(values: Floats, firsts: Places, pasts: Places) -> Floats:
    """The mean of each non-empty interval."""
    sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    return np.asarray((sums[pasts] - sums[firsts]) / (pasts - firsts), np.float32)


def _peaks(values: Floats, firsts: Places, pasts: Places) -> Floats:
    """The greatest value of each interval, 0 for an empty one."""
    padded = np.append(values, np.float32(0))  # an interval may end with the values
    bounds = np.stack([np.minimum(firsts, len(values)), pasts], axis=-1).ravel()
    return np.where(pasts > firsts, np.maximum.reduceat(padded, bounds)[::2], np.float32(0))


def _lower_quartiles(values: Floats, spans: Sequence[Interval]) -> Floats:
    """The value that a quarter of each interval's values lie below, between neighbours by distance."""
    quartiles = np.empty(len(spans), np.float32)
    for index, (first, past) in enumerate(spans):
        place = (past - first - 1) / 4
        below = int(place)
        ordered = np.partition(values[first:past], (below, min(below + 1, past - first - 1)))
        above = ordered[min(below + 1, past - first - 1)]
        quartiles[index] = ordered[below] + (place - below) * (above - ordered[below])
    return quartiles


def _logits(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    bounded = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(bounded / (1 - bounded)))
