"""A span head's probabilities decoded: every label's candidates scored, and the best of each place kept."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from domain_models.decoding.candidates import candidates
from domain_models.decoding.features import features
from domain_models.decoding.scorer import Calibration
from domain_models.decoding.scores import TokenScores
from domain_models.heads import Head
from domain_models.sentences import sentence_spans
from schemas.finding import Span

LOWEST = 0.005  # a candidate less likely than this is of no use to anyone
OVERLAP = 0.5  # intersection over the shorter span; more is the same place

Interval = tuple[int, int]


def decode_spans(text: str, scores: TokenScores, head: Head, calibration: Calibration) -> list[Span]:
    """Every plausible span of every label, best first within a label; spans of one label do not repeat a place."""
    sentences = token_sentences(text, scores)
    found: list[Span] = []
    for label, spans, rows in scored_candidates(scores, head, calibration.usual_log_length, sentences):
        probabilities = calibration.scorer.probabilities(rows, head.labels.index(label))
        for index in best_of_each_place(spans, probabilities):
            start, end = characters(text, scores, spans[index])
            found.append(Span(label, start, end, float(probabilities[index])))
    return found


def scored_candidates(
    scores: TokenScores, head: Head, usual_log_length: Mapping[str, float], sentences: Sequence[Interval]
) -> Iterator[tuple[str, list[Interval], NDArray[np.float32]]]:
    """(label, candidate token intervals, their features) for each label with any candidate."""
    probabilities = scores.heads[head.name]
    for index, label in enumerate(head.labels):
        of_label = np.ascontiguousarray(probabilities[:, :, index])
        spans = candidates(of_label, sentences)
        if spans:
            yield label, spans, features(of_label, spans, sentences, usual_log_length[label])


def best_of_each_place(spans: Sequence[Interval], probabilities: NDArray[np.float32]) -> list[int]:
    """Indices of the kept spans, most probable first: one that shares most of a better one's place is dropped."""
    kept: list[int] = []
    for index in np.argsort(-probabilities, kind="stable").tolist():
        if probabilities[index] < LOWEST:
            break
        if all(overlap(spans[index], spans[better]) < OVERLAP for better in kept):
            kept.append(index)
    return kept


def overlap(one: Interval, other: Interval) -> float:
    """Shared tokens over those of the shorter span."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(shared, 0) / min(one[1] - one[0], other[1] - other[0])


def token_sentences(text: str, scores: TokenScores) -> list[Interval]:
    """The text's sentences as half-open token intervals; empty ones are left out."""
    tokens = scores.tokens
    bounds = sentence_spans(text)
    firsts = np.searchsorted(tokens.ends, [start for start, _ in bounds], side="right")
    pasts = np.searchsorted(tokens.starts, [end for _, end in bounds], side="left")
    return [(int(first), int(past)) for first, past in zip(firsts, pasts, strict=True) if past > first]


def characters(text: str, scores: TokenScores, span: Interval) -> Interval:
    """A token interval's half-open characters, never cutting a word, without white space at its ends."""
    tokens = scores.tokens
    first, past = span
    while first > 0 and tokens.words[first - 1] == tokens.words[first]:
        first -= 1
    while past < len(tokens) and tokens.words[past] == tokens.words[past - 1]:
        past += 1
    return int(tokens.starts[first]), int(tokens.ends[past - 1])
