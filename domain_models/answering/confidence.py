"""How sure an answer is. Knows what retrieval and the writer said of it in figures, not in words."""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain_models.decoding.scorer import Thresholds


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an answer: how near its passage's best sentence is to the question (-1 to 1), the mean
    log-probability that the writer gives its tokens, and that of saying that the passage does not tell.
    """

    likeness: float
    likelihood: float
    not_stated: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """A logistic model over the signs; `thresholds` decide what counts as an answer and what as none."""

    version: str
    thresholds: Thresholds
    constant: float
    likeness: float
    contrast: float
    likelihood: float

    def probability(self, signs: Signs) -> float:
        """How likely the passage answers the question, 0 to 1."""
        score = self.constant + self.likeness * signs.likeness
        if math.isfinite(signs.likelihood):
            score += self.contrast * (signs.likelihood - signs.not_stated) + self.likelihood * signs.likelihood
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


@cache
def load_confidence() -> Confidence:
    """The fitted model."""
    fitted = tomllib.loads(Path(__file__).with_name("confidence.toml").read_text(encoding="utf-8"))
    thresholds = Thresholds(fitted["found_at"], fitted["absent_below"])
    return Confidence(fitted["version"], thresholds, **fitted["weights"])
