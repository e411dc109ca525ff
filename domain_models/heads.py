"""How a tagger's output is laid out: which labels a head scores and by which scheme. Knows nothing of networks.

Two schemes:
  span  each label by three independent sigmoids a token (inside, start, end): labels may overlap and run long,
        as contract clauses do.
  bio   one softmax a token over O, B-label, I-label (Ramshaw & Marcus 1995): labels exclude each other and are
        short, as clinical entities are.
"""

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["span", "bio"]


@dataclass(frozen=True, slots=True)
class Head:
    """One set of labels scored together, named after the data that taught it."""

    name: str
    scheme: Scheme
    labels: tuple[str, ...]

    @property
    def width(self) -> int:
        """Logits a token: inside, start and end of every label, or O plus B and I of every label."""
        return 3 * len(self.labels) if self.scheme == "span" else 1 + 2 * len(self.labels)
