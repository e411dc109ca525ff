"""Whether characters stand on one line, and how far apart, whichever way the page is turned. Knows no reader, no text.

Places are rows of start, end, low, high: along the line in reading direction, and across it. Compared row by row.
"""

import numpy
from numpy.typing import NDArray

Lines = NDArray[numpy.floating]

CELL_GAP = 1.5
"""In line heights. Spaces of justified text stay below 1; columns of a table seldom stand closer than 1.5."""


def is_same_line(before: Lines, after: Lines) -> NDArray[numpy.bool_]:
    """Whether the second goes on right behind the first: a raised or lowered character, no new line."""
    sizes = before[:, 3] - before[:, 2], after[:, 3] - after[:, 2]
    height, gap = numpy.maximum(*sizes), after[:, 0] - before[:, 1]
    is_behind = (-0.2 * height <= gap) & (gap <= 0.6 * height)
    return is_behind & (_overlap(before, after) > 0.4 * numpy.minimum(*sizes))


def is_cell_gap(before: Lines, after: Lines, overlap: float = 0.0) -> NDArray[numpy.bool_]:
    """Whether the gap is so wide that it parts two cells of a row; they share more than `overlap` of the line height."""
    height = numpy.maximum(before[:, 3] - before[:, 2], after[:, 3] - after[:, 2])
    is_row = _overlap(before, after) > overlap * height
    return is_row & (after[:, 0] - before[:, 1] > CELL_GAP * height)


def _overlap(before: Lines, after: Lines) -> Lines:
    return numpy.minimum(before[:, 3], after[:, 3]) - numpy.maximum(before[:, 2], after[:, 2])
