"""How well a statement's words match those of a question, each in its context. Knows vectors, not how they come about.

Late interaction, as ColBERT has it (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832): each token of the question
meets the statement's token that is nearest to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RARITY = 10.0
"""How fast a token's weight falls with the mean of its cosines over the statements; 6 and 15 find as much."""

Vector = NDArray[np.float32]
"""What a text means, of length 1."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a text means: `whole`, of length 1, and what each of its tokens means in it, (tokens, dimensions) with rows of
    length 1; `starts` has the character that each token begins with.
    """

    whole: Vector
    tokens: NDArray[np.float32]
    starts: NDArray[np.int32]


def no_embedding(dimensions: int) -> Embedded:
    """Of a text that has no token."""
    return Embedded(
        np.zeros(dimensions, np.float32), np.zeros((0, dimensions), np.float32), np.zeros(0, dtype=np.int32)
    )


def nearest_tokens(question: NDArray[np.float32], statement: NDArray[np.float32]) -> list[int]:
    """For each token of the question the number of the statement's token that is nearest to it; none where either has none."""
    return list(map(int, (question @ statement.T).argmax(axis=1))) if len(question) and len(statement) else []


def alignments(question: NDArray[np.float32], statements: Sequence[NDArray[np.float32]]) -> list[float]:
    """For each statement the mean cosine of the question's tokens with the tokens of it that are nearest to them, -1 to 1;
    one without tokens has 0. A token that most of the statements match ("patient" in a record) weighs little.
    """
    if not len(question) or not statements:
        return [0.0] * len(statements)
    nearest = np.stack([(question @ one.T).max(axis=1, initial=-1.0) for one in statements])
    weights = np.exp(-RARITY * nearest.mean(axis=0))
    return [
        float(row @ weights / weights.sum()) if len(one) else 0.0 for row, one in zip(nearest, statements, strict=True)
    ]
