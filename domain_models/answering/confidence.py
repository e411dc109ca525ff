"""How likely a statement of a document answers a question. Knows what retrieval says of it in figures, not in words."""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain_models.decoding.scorer import Thresholds


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a statement: how near it is to the question in meaning (-1 to 1), the share of the question's words
    that it has (0 to 1), each word weighed by how few of the document's statements have it, and how near each of those
    words comes to one of its own (-1 to 1, `domain_models.answering.alignment`).
    """

    likeness: float
    overlap: float
    alignment: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """A logistic model over the signs; `thresholds` decide what counts as an answer and what as none."""

    version: str
    thresholds: Thresholds
    constant: float
    likeness: float
    overlap: float
    alignment: float

    def probability(self, signs: Signs) -> float:
        """How likely the statement with these signs answers the question, 0 to 1, where it is the document's best."""
        score = (
            self.constant
            + self.likeness * signs.likeness
            + self.overlap * signs.overlap
            + self.alignment * signs.alignment
        )
        return 1 / (1 + math.exp(-score))


@cache
def load_confidence() -> Confidence:
    """The fitted model."""
    fitted = tomllib.loads(Path(__file__).with_name("confidence.toml").read_text(encoding="utf-8"))
    thresholds = Thresholds(fitted["found_at"], fitted["absent_below"])
    return Confidence(fitted["version"], thresholds, **fitted["weights"])
