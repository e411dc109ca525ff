"""What was masked in a document: kinds and places, never what stood there."""

from dataclasses import dataclass

from schemas.geometry import Rectangle

DEIDENTIFIED = "+deidentified-"
"""What the parser version of a de-identified document has in it."""


@dataclass(frozen=True, slots=True)
class MaskedPlace:
    """A surrogate of this kind in `[char_start, char_end)` of the stored text; `boxes` is where the original stands."""

    kind: str
    char_start: int
    char_end: int
    boxes: tuple[Rectangle, ...]
