"""Where in a document the answer to a question may stand: a few passages of whole sentences, the likeliest first.

Ranks the stored pieces by what they mean and by their words, then their sentences by what they mean. Knows neither how
a text is embedded nor what answers are.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain_models.addressed import without_addressed
from domain_models.answering.passages import around, statements
from domain_models.sentences import Interval, sentences_over
from flows.stages.words import asked_stems, words_of

Vector = NDArray[np.float32]
"""What a text means, of length 1."""

EmbedOne = Callable[[Sequence[str]], Sequence[Vector]]
"""Texts to the vector of each."""

DEEP = 6
"""So many pieces of a document are looked into sentence by sentence."""
K = 60
"""Reciprocal rank fusion, as `flows.stages.search` has it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored passage of a page, `[char_start, char_end)`, and what it means."""

    char_start: int
    char_end: int
    vector: Vector


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what it means."""

    words: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences `[char_start, char_end)`, the one that is nearest to the question, and how near (-1 to 1)."""

    char_start: int
    char_end: int
    sentence: Interval
    likeness: float


def locate(text: str, pieces: Sequence[Piece], asked: Asked, embed: EmbedOne, count: int) -> list[Passage]:
    """At most `count` passages, the one with the nearest sentence first; none where the text has no words."""
    text = without_addressed(text)
    said = statements(text)
    best = best_pieces(text, pieces, asked)
    wanted = sorted({span for piece in best for span in sentences_over(said, piece.char_start, piece.char_end)})
    vectors = embed([text[start:end] for start, end in wanted])
    near = sorted(
        ((float(v @ asked.vector), span) for v, span in zip(vectors, wanted, strict=True)), key=_nearest_first
    )
    passages: list[Passage] = []
    for likeness, span in near:
        if len(passages) == count:
            break
        if not any(passage.char_start <= span[0] < passage.char_end for passage in passages):
            passages.append(Passage(*around(said.index(span), said), span, likeness))
    return passages


def _nearest_first(scored: tuple[float, Interval]) -> tuple[float, Interval]:
    return -scored[0], scored[1]


def best_pieces(text: str, pieces: Sequence[Piece], asked: Asked) -> list[Piece]:
    """The pieces that mean or say most of what is asked, ranks added up, at most `DEEP`."""
    if not pieces:
        return []
    likeness = np.stack([piece.vector for piece in pieces]) @ asked.vector
    overlap = _shared_words(text, pieces, asked.words)
    scores = np.zeros(len(pieces))
    for way in (likeness, overlap):
        for place, number in enumerate(np.argsort(-way, kind="stable"), start=1):
            if way[number] > 0:
                scores[number] += 1 / (K + place)
    return [pieces[number] for number in np.argsort(-scores, kind="stable")[:DEEP]]


def _shared_words(text: str, pieces: Sequence[Piece], question: str) -> NDArray[np.float64]:
    """For each piece the weight of the question's words that it has; a word of few pieces weighs more."""
    stems = asked_stems(question)
    found = [{w.stem for w in words_of(text[p.char_start : p.char_end])} & stems for p in pieces]
    counts = Counter(stem for one in found for stem in one)
    weight = {stem: math.log(1 + len(pieces) / count) for stem, count in counts.items()}
    return np.array([sum(weight[stem] for stem in sorted(one)) for one in found])
