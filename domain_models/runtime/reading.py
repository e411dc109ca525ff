"""What several windows show of one text, pooled token by token. Runs no network.

Of a span head the logits are averaged, of a bio head the probabilities: as the taggers of an ensemble are (see `ensemble`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.decoding.scores import Probabilities, TokenScores
from domain_models.heads import Head
from domain_models.windows import Tokens

SUREST = 13.8  # a logit: what one window is surer of than one in a million, another may still outvote
TRUSTED_FROM = {"span": 256, "bio": 128}
"""So many tokens from its window's edge a token counts in full: what a clause is, is told by more words around it."""


class Reading:
    """A text's tokens and what the windows so far show of them, each weighed by how much of the text it sees around them."""

    def __init__(self, tokens: Tokens, heads: Sequence[Head]) -> None:
        self.tokens, self.heads = tokens, heads
        self.sums = {head.name: np.zeros((len(tokens), head.width), np.float32) for head in heads}
        self.weights = {head.name: np.zeros((len(tokens), 1), np.float32) for head in heads}

    def add(self, start: int, shown: Mapping[str, NDArray[np.float32]]) -> None:
        """Count a window that begins with token `start`: by head what `poolable` gives, shape (its tokens, width)."""
        for head in self.heads:
            outputs = shown[head.name]
            place, weight = slice(start, start + len(outputs)), _trust(len(outputs), TRUSTED_FROM[head.scheme])
            self.weights[head.name][place] += weight
            self.sums[head.name][place] += weight * outputs

    def likely(self, least: float) -> list[int]:
        """The tokens, in order, that any label of a span head gives a probability of `least` or more."""
        outputs = [self._mean(head).max(axis=1) for head in self.heads if head.scheme == "span"]
        logit = np.log(least / (1 - least))
        return [int(token) for token in np.flatnonzero(np.any([of_head >= logit for of_head in outputs], axis=0))]

    def scores(self) -> TokenScores:
        """Each head's probabilities."""
        return TokenScores(self.tokens, {head.name: self._probabilities(head) for head in self.heads})

    def _probabilities(self, head: Head) -> Probabilities:
        mean = self._mean(head)
        if head.scheme == "bio":
            return mean
        return np.asarray(1 / (1 + np.exp(-mean)), np.float32).reshape(len(self.tokens), 3, head.width // 3)

    def _mean(self, head: Head) -> NDArray[np.float32]:
        return np.asarray(self.sums[head.name] / np.maximum(self.weights[head.name], 1e-9), np.float32)


def poolable(logits: torch.Tensor, head: Head) -> torch.Tensor:
    """What of a window's outputs may be averaged with other windows': logits of a span head, probabilities of a bio head."""
    return logits.clamp(-SUREST, SUREST) if head.scheme == "span" else logits.softmax(-1)


def _trust(length: int, most: int) -> NDArray[np.float32]:
    """How far each token is from its window's nearer edge, from 1 at the edge to `most`; shape (length, 1)."""
    position = np.arange(length)
    return np.asarray(np.minimum(np.minimum(position, length - 1 - position) + 1, most)[:, None], np.float32)
