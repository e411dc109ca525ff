"""What a tagger says about one text: its tokens and each head's probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain_models.windows import Tokens

Probabilities = NDArray[np.float32]

LEAST = 0.002  # a smaller probability counts as none


def rounded(probabilities: Probabilities) -> Probabilities:
    """As they are kept for calibration: in half precision, small ones as 0. A scorer must see what it was fitted to."""
    return np.where(probabilities < LEAST, 0, probabilities).astype(np.float16).astype(np.float32)


@dataclass(frozen=True)
class TokenScores:
    """Probabilities by head name: (tokens, 3, labels) for a span head (inside, start, end), (tokens, width) for bio."""

    tokens: Tokens
    heads: Mapping[str, Probabilities]
