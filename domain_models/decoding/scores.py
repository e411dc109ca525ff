"""What a tagger says about one text: its tokens and each head's probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain_models.windows import Tokens

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class TokenScores:
    """Probabilities by head name: (tokens, 3, labels) for a span head (inside, start, end), (tokens, width) for bio."""

    tokens: Tokens
    heads: Mapping[str, Probabilities]
