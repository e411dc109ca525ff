"""Where in a document the answer to a question stands: the sentence, or sentences, of its likeliest statement.

Ranks the stored pieces by what they mean and by their words, then their statements likewise and by what each word of the
question finds in them. Knows neither how a text is embedded nor who reads what is found.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain_models.answering.alignment import Embedded, Vector, alignments, nearest_tokens
from domain_models.answering.confidence import Signs, load_confidence
from domain_models.answering.passages import answers, around, statements
from domain_models.sentences import Interval, sentences_over
from flows.stages.segment import heard_text
from flows.stages.words import telling_words, words_of
from schemas.document import ParsedDocument

Embed = Callable[[Sequence[str]], Sequence[Embedded]]
"""Texts to what each means."""

DEEP = 6
"""So many pieces of a document are looked into statement by statement."""
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
    """A question, what it means, and its telling words: their stems, and what each of their tokens means, a row each."""

    words: str
    vector: Vector
    stems: frozenset[str]
    tokens: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """What is read around the likeliest statement, `[char_start, char_end)`: whole statements; the sentences that the likeliest
    has or is part of; the one of them that answers, or all; and what speaks for it.
    """

    char_start: int
    char_end: int
    statement: Interval
    answer: Interval
    signs: Signs


@dataclass(frozen=True, slots=True)
class Weighed:
    """A statement, what it means, and what speaks for it."""

    place: Interval
    meaning: Embedded
    signs: Signs


def ask_for(words: str, embedded: Embedded) -> Asked:
    """The question with that meaning."""
    telling = telling_words(words)
    within = [any(word.char_start <= at < word.char_end for word in telling) for at in embedded.starts]
    return Asked(words, embedded.whole, frozenset(word.stem for word in telling), embedded.tokens[within])


def locate(document: ParsedDocument, pieces: Sequence[Piece], asked: Asked, embed: Embed) -> Passage | None:
    """The passage of the statement that answers likeliest, however likely; None where the document has no words."""
    text = heard_text(document)
    weighed = weigh(text, pieces, asked, embed)
    if not weighed:
        return None
    best = max(weighed, key=lambda one: (load_confidence().probability(one.signs), -one.place[0]))
    said, able = statements(text), answers(text, best.place)
    return Passage(*around(said.index(best.place), said), able[-1], answering(able, best, asked), best.signs)


def answering(able: Sequence[Interval], best: Weighed, asked: Asked) -> Interval:
    """The shortest of what may answer that has all that comes nearest to the question's words in the statement; else the last."""
    tokens = nearest_tokens(asked.tokens, best.meaning.tokens)
    nearest = [best.place[0] + int(best.meaning.starts[token]) for token in tokens]
    having = [(start, end) for start, end in able if nearest and start <= min(nearest) and max(nearest) < end]
    return min(having, key=lambda one: one[1] - one[0], default=able[-1])


def weigh(text: str, pieces: Sequence[Piece], asked: Asked, embed: Embed) -> list[Weighed]:
    """The statements of the best pieces, each with what speaks for it."""
    said = statements(text)
    best = best_pieces(text, pieces, asked)
    wanted = sorted({span for piece in best for span in sentences_over(said, piece.char_start, piece.char_end)})
    overlap = dict(zip(said, shared_words(text, said, asked.stems), strict=True))
    embedded = embed([text[start:end] for start, end in wanted])
    aligned = alignments(asked.tokens, [one.tokens for one in embedded])
    return [
        Weighed(span, one, Signs(float(one.whole @ asked.vector), overlap[span], words))
        for span, one, words in zip(wanted, embedded, aligned, strict=True)
    ]


def best_pieces(text: str, pieces: Sequence[Piece], asked: Asked) -> list[Piece]:
    """The pieces that mean or say most of what is asked, ranks added up, at most `DEEP`."""
    if not pieces:
        return []
    likeness = np.stack([piece.vector for piece in pieces]) @ asked.vector
    overlap = np.array(shared_words(text, [(piece.char_start, piece.char_end) for piece in pieces], asked.stems))
    scores = np.zeros(len(pieces))
    for way in (likeness, overlap):
        for place, number in enumerate(np.argsort(-way, kind="stable"), start=1):
            if way[number] > 0:
                scores[number] += 1 / (K + place)
    return [pieces[number] for number in np.argsort(-scores, kind="stable")[:DEEP]]


def shared_words(text: str, intervals: Sequence[Interval], stems: frozenset[str]) -> list[float]:
    """For each interval the share of the question's stems that it has, 0 to 1; one of few intervals weighs more."""
    found = [{word.stem for word in words_of(text[start:end])} & stems for start, end in intervals]
    counts = Counter(stem for one in found for stem in one)
    weights = {stem: math.log(1 + len(intervals) / max(1, counts[stem])) for stem in sorted(stems)}
    total = sum(weights.values())
    return [sum(weights[stem] for stem in sorted(stems) if stem in one) / total if total else 0.0 for one in found]
