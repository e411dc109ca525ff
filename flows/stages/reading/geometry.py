"""Where characters stand along and across their line, whichever way the page is turned. Knows no reader and no text."""

from dataclasses import dataclass

CELL_GAP = 1.5
"""In line heights. Spaces of justified text stay below 1; columns of a table seldom stand closer than 1.5."""


@dataclass(frozen=True, slots=True)
class Box:
    """A character's place as a reader sees it: along the line from `start` to `end`, across it from `low` to `high`."""

    start: float
    end: float
    low: float
    high: float

    @property
    def height(self) -> float:
        """The line height that the font asks for."""
        return self.high - self.low


def is_same_line(before: Box, after: Box) -> bool:
    """Whether the second box goes on right behind the first: a raised or lowered character, no new line."""
    height = max(before.height, after.height)
    overlap = min(before.high, after.high) - max(before.low, after.low)
    is_behind = -0.2 * height <= after.start - before.end <= 0.6 * height
    return is_behind and overlap > 0.4 * min(before.height, after.height)


def is_cell_gap(before: Box, after: Box) -> bool:
    """Whether the gap is so wide that it parts two cells of a row."""
    overlap = min(before.high, after.high) - max(before.low, after.low)
    gap = after.start - before.end
    return overlap > 0 and gap > CELL_GAP * max(before.height, after.height)
