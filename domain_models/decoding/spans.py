"""A span head's probabilities decoded: every label's candidates scored, and the best of each place kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from domain_models.decoding.candidates import candidates
from domain_models.decoding.features import features
from domain_models.decoding.scorer import Calibration
from domain_models.decoding.scores import TokenScores, rounded
from domain_models.heads import Head
from domain_models.sentences import sentence_spans
from schemas.finding import Span

LOWEST = 0.005  # a candidate less likely than this is of no use to anyone
BRACKETS = {"(": ")", "[": "]"}
CLOSES_WITHIN = 40  # characters behind a span: ' or "Acme")'
OVERLAP = 0.4  # intersection over union; more is the same place (best in cross-validation over the training contracts)

Interval = tuple[int, int]


def decode_spans(text: str, scores: TokenScores, head: Head, calibration: Calibration) -> list[Span]:
    """Every plausible span of every label, best first within a label; no two of one label are nearly the same."""
    sentences = token_sentences(text, scores)
    found: list[Span] = []
    for label, spans, rows in scored_candidates(scores, head, calibration.usual_log_length, sentences):
        probabilities = calibration.scorer.probabilities(rows, head.labels.index(label))
        for index in best_of_each_place(spans, probabilities):
            start, end = closed(text, *characters(text, scores, spans[index]))
            found.append(Span(label, start, end, float(probabilities[index])))
    return found


def scored_candidates(
    scores: TokenScores, head: Head, usual_log_length: Mapping[str, float], sentences: Sequence[Interval]
) -> Iterator[tuple[str, list[Interval], NDArray[np.float32]]]:
    """(label, candidate token intervals, their features) for each label with any candidate."""
    probabilities = scores.heads[head.name]
    for index, label in enumerate(head.labels):
        of_label = rounded(probabilities[:, :, index])
        spans = candidates(of_label, sentences)
        if spans:
            yield label, spans, features(of_label, spans, sentences, usual_log_length[label])


def best_of_each_place(spans: Sequence[Interval], probabilities: NDArray[np.float32]) -> list[int]:
    """Indices of the kept spans, most probable first: one that is nearly a better one is dropped.

    A sentence within a kept paragraph is a place of its own: which of them a person would mark, nobody knows yet.
    """
    firsts, pasts = np.array(spans, dtype=np.intp).reshape(-1, 2).T
    open_still = probabilities >= LOWEST
    kept: list[int] = []
    for index in np.argsort(-probabilities, kind="stable").tolist():
        if open_still[index]:
            kept.append(index)
            shared = np.minimum(pasts, pasts[index]) - np.maximum(firsts, firsts[index])
            together = np.maximum(pasts, pasts[index]) - np.minimum(firsts, firsts[index])
            open_still &= np.maximum(shared, 0) < OVERLAP * together
    return kept


def without_rivals(spans: Iterable[Interval]) -> list[int]:
    """Of intervals from the best to the worst, the indices of those that overlap none before them: what a run stores."""
    kept: list[tuple[int, Interval]] = []
    for index, (start, end) in enumerate(spans):
        if not any(start < other_end and other_start < end for _, (other_start, other_end) in kept):
            kept.append((index, (start, end)))
    return [index for index, _ in kept]


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


def closed(text: str, start: int, end: int) -> Interval:
    """The interval to the end of a bracket that it cuts, where that is near; a bracket open before its first word is left out."""
    for opening, closing in BRACKETS.items():
        cut = text.rfind(opening, start, end)
        if cut < 0 or text.find(closing, cut, end) >= 0:
            continue
        if cut == start and end > start + 1:
            return start + 1, end
        close = text.find(closing, end, end + CLOSES_WITHIN)
        if close >= 0 and "\n\n" not in text[end:close]:
            return start, close + 1
    return start, end
