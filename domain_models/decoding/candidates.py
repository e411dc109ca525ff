"""Spans worth scoring for one label: runs of likely tokens, pairs of a start and an end, and whole sentences.

Neighbouring clauses run together in the inside probability alone; start and end separate them, and sentences give
the borders that people choose. Every proposal is kept; ranking them is the scorer's work.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

SEED = 0.03  # below it a token's inside probability is noise: held-out gold spans peak under it in 5 of 100 cases
GAP = 6  # tokens; a list's numbering or a defined name may break a run without ending the clause
TOP_BORDERS = 4
MAX_TOKENS = 700

Interval = tuple[int, int]


def candidates(scores: NDArray[np.float32], sentences: Sequence[Interval]) -> list[Interval]:
    """Distinct half-open token intervals for one label, in order. `scores`: (tokens, 3) inside, start, end."""
    inside = scores[:, 0]
    found: set[Interval] = set()
    for region in runs(np.maximum(inside, 0.5 * scores[:, 1:].max(1)), SEED, GAP):
        found.update(_runs_inside(inside, region))
        found.update(_border_pairs(scores, region))
        found.update(_sentences_in(inside, region, sentences))
    return sorted(span for span in found if 0 < span[1] - span[0] <= MAX_TOKENS)


def runs(values: NDArray[np.float32], threshold: float, gap: int) -> Iterator[Interval]:
    """Maximal runs of tokens above the threshold, joined over gaps of up to `gap` tokens."""
    above = np.flatnonzero(values > threshold)
    if not len(above):
        return
    breaks = np.flatnonzero(np.diff(above) > gap + 1)
    firsts = above[np.concatenate(([0], breaks + 1))]
    lasts = above[np.concatenate((breaks, [len(above) - 1]))]
    yield from zip(firsts.tolist(), (lasts + 1).tolist(), strict=True)


def _runs_inside(inside: NDArray[np.float32], region: Interval) -> Iterator[Interval]:
    low, high = region
    piece = inside[low:high]
    peak = float(piece.max())
    for threshold, gap in ((0.3 * peak, GAP), (0.5 * peak, 2), (0.5, 1), (0.1, GAP)):
        for first, past in runs(piece, threshold, gap):
            yield low + first, low + past


def _border_pairs(scores: NDArray[np.float32], region: Interval) -> Iterator[Interval]:
    low, high = max(region[0] - 3, 0), min(region[1] + 3, len(scores))
    starts = _peaks(scores[low:high, 1]) + low
    ends = _peaks(scores[low:high, 2]) + low + 1
    for start in starts.tolist():
        later = ends[ends > start]
        for end in later[:TOP_BORDERS].tolist():
            yield start, end


def _peaks(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Local maxima above noise, the strongest few for the region's length, in order."""
    padded = np.pad(values, 1)
    local = np.flatnonzero((values > 0.02) & (values >= padded[:-2]) & (values >= padded[2:]))
    most = TOP_BORDERS + len(values) // 60
    return np.sort(local[np.argsort(-values[local])[:most]])


def _sentences_in(inside: NDArray[np.float32], region: Interval, sentences: Sequence[Interval]) -> Iterator[Interval]:
    likely = [
        sentence
        for sentence in _overlapping(region, sentences)
        if inside[sentence[0] : sentence[1]].mean() > 0.3 * inside[region[0] : region[1]].max()
        or inside[sentence[0] : sentence[1]].mean() > SEED
    ]
    yield from likely
    for first in range(len(likely)):
        for last in range(first + 1, min(first + 4, len(likely))):
            yield likely[first][0], likely[last][1]


def _overlapping(region: Interval, sentences: Sequence[Interval]) -> Sequence[Interval]:
    ends = [sentence[1] for sentence in sentences]
    first = int(np.searchsorted(ends, region[0], side="right"))
    last = first
    while last < len(sentences) and sentences[last][0] < region[1]:
        last += 1
    return sentences[first:last]
