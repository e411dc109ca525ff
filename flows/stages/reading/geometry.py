"""How each of a row of characters follows the one before, whichever way the page is turned. Knows no reader, no text."""

from dataclasses import dataclass
from typing import Self

import numpy
from numpy.typing import NDArray

Lengths = NDArray[numpy.float32]
Marks = NDArray[numpy.bool_]

CELL_GAP = 1.5
"""In line heights. Spaces of justified text stay below 1; columns of a table seldom stand closer than 1.5."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The steps from each character to the next: the gap along the line, how far the two overlap across it, the height
    of the first, and of the taller and the lower of the two.
    """

    gap: Lengths
    overlap: Lengths
    first: Lengths
    height: Lengths
    least: Lengths

    @classmethod
    def between(cls, lines: Lengths) -> Self:
        """From rows of start, end, low, high: along the line in reading direction, and across it."""
        start, end, low, high = lines.T
        size = high - low
        overlap = numpy.minimum(high[1:], high[:-1]) - numpy.maximum(low[1:], low[:-1])
        sizes = size[:-1], size[1:]
        return cls(start[1:] - end[:-1], overlap, size[:-1], numpy.maximum(*sizes), numpy.minimum(*sizes))

    @property
    def is_level(self) -> Marks:
        """Whether the two stand side by side."""
        return self.overlap > 0.5 * self.height

    @property
    def is_same_line(self) -> Marks:
        """Whether the second goes on right behind the first: a raised or lowered character, no new line."""
        is_behind = (-0.2 * self.height <= self.gap) & (self.gap <= 0.6 * self.height)
        return is_behind & (self.overlap > 0.4 * self.least)

    @property
    def is_cell_gap(self) -> Marks:
        """Whether the gap is so wide that it parts two cells of a row."""
        return (self.overlap > 0) & (self.gap > CELL_GAP * self.height)

    @property
    def is_space(self) -> Marks:
        """Whether there is room for a space between the two."""
        return self.gap > 0.2 * self.first
