"""A bio head's probabilities decoded: the most probable legal tag sequence (Viterbi), cut into entities.

A label that the sequence leaves out still has its likeliest place: without it, a document that nearly has the label
would look like one that has nothing of the kind, and the label would be ruled absent.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from domain_models.decoding.scores import TokenScores
from domain_models.heads import Head

Array = NDArray[np.float32]

IMPOSSIBLE = -1e4
NOISE = 0.005  # a label whose tags are nowhere more probable than this has no place worth scoring

FEATURES = ("mean tag", "lowest tag", "first tag", "log tokens")


def word_probabilities(scores: TokenScores, name: str) -> tuple[Array, NDArray[np.intp]]:
    """Each word's tag probabilities (words, width), taken from its first piece, and the index of that piece.

    A word's later pieces were taught the same tag, but its first one carries B, and a span must not cut a word.
    """
    words = scores.tokens.words
    firsts = np.flatnonzero(np.concatenate(([True], words[1:] != words[:-1]))) if len(words) else np.array([], int)
    return scores.heads[name][firsts], firsts


def best_tags(probabilities: Array) -> NDArray[np.intp]:
    """The most probable tag sequence in which I-x follows only B-x or I-x. Shape (words,)."""
    count, width = probabilities.shape
    if not count:
        return np.array([], dtype=np.intp)
    logs = np.log(np.maximum(probabilities, 1e-8))
    inside = np.arange(2, width, 2)
    back = np.zeros((count, width), dtype=np.intp)
    score = logs[0].copy()
    score[inside] = IMPOSSIBLE
    for position in range(1, count):
        best = int(score.argmax())
        back[position] = best
        step = np.full(width, score[best], dtype=np.float32)
        from_begin = score[inside - 1] >= score[inside]
        back[position, inside] = np.where(from_begin, inside - 1, inside)
        step[inside] = np.maximum(score[inside - 1], score[inside])
        score = step + logs[position]
    tags = np.zeros(count, dtype=np.intp)
    tags[-1] = score.argmax()
    for position in range(count - 1, 0, -1):
        tags[position - 1] = back[position, tags[position]]
    return tags


def entities(tags: NDArray[np.intp]) -> Iterator[tuple[int, int, int]]:
    """(label index, first word, word past the last) of each entity, in order."""
    begins = np.flatnonzero(tags % 2 == 1)
    for first in begins.tolist():
        past = first + 1
        while past < len(tags) and tags[past] == tags[first] + 1:
            past += 1
        yield (int(tags[first]) - 1) // 2, first, past


def likeliest_places(probabilities: Array, labels: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(label index, first word, word past the last) around the word of each label's peak, down to half of it."""
    for label in labels:
        of_label = probabilities[:, [2 * label + 1, 2 * label + 2]].sum(1)
        peak = int(of_label.argmax()) if len(of_label) else 0
        if not len(of_label) or of_label[peak] < NOISE:
            continue
        below = np.flatnonzero(of_label < of_label[peak] / 2)
        after = int(np.searchsorted(below, peak))
        first = int(below[after - 1]) + 1 if after else 0
        yield label, first, int(below[after]) if after < len(below) else len(of_label)


def entity_features(probabilities: Array, label: int, first: int, past: int) -> list[float]:
    """What tells a sure entity from an unsure one; order as in FEATURES."""
    chosen = probabilities[first:past, 2 * label + 2].copy()
    chosen[0] = probabilities[first, 2 * label + 1]
    bounded = np.clip(chosen, 1e-4, 1 - 1e-4)
    odds = np.log(bounded / (1 - bounded))
    return [float(odds.mean()), float(odds.min()), float(odds[0]), float(np.log(past - first))]


def decode_entities(scores: TokenScores, head: Head) -> tuple[list[tuple[int, int, int]], Array]:
    """(label index, char_start, char_end) of each entity and of each other label's likeliest place, and their features.

    Features have shape (entities and places, len(FEATURES)).
    """
    probabilities, firsts = word_probabilities(scores, head.name)
    decoded = list(entities(best_tags(probabilities)))
    missing = sorted(set(range(len(head.labels))) - {label for label, _, _ in decoded})
    tokens = scores.tokens
    found: list[tuple[int, int, int]] = []
    rows: list[Sequence[float]] = []
    for label, first, past in [*decoded, *likeliest_places(probabilities, missing)]:
        last_piece = (int(firsts[past]) if past < len(firsts) else len(tokens)) - 1
        found.append((label, int(tokens.starts[firsts[first]]), int(tokens.ends[last_piece])))
        rows.append(entity_features(probabilities, label, first, past))
    return found, np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))
