"""What only geometry shows of a page's lines: wide gaps between the cells of a row become tabs, and a line that pdfium
broke at a raised or lowered character is one line again.

Lines and words are otherwise pdfium's. Knows places and white space, no words.
"""

from collections.abc import Iterator

import numpy
from numpy.typing import NDArray

from flows.stages.reading.geometry import Lines, is_cell_gap, is_same_line
from flows.stages.reading.glyphs import Glyphs, along_lines
from flows.stages.reading.traced import Edit, Traced, codes_of

NO_BREAK_SPACE = 0xA0
Marks = NDArray[numpy.bool_]
Places = NDArray[numpy.int64]


def mend(text: str, glyphs: Glyphs) -> Traced:
    """The text with tabs for cell gaps and without line breaks that split a line."""
    read = Traced.of(text)
    if glyphs.boxes is None:
        return read
    codes, lines = codes_of(text), along_lines(glyphs.boxes, glyphs.turn)
    is_white = (codes <= ord(" ")) | (codes == NO_BREAK_SPACE)
    return read.edited(sorted([*_joints(text, (codes == ord("\n"), is_white), lines), *_glued(is_white, lines)]))


def _glued(is_white: Marks, lines: Lines) -> Iterator[Edit]:
    """Tabs between the cells of a row that pdfium wrote without any space between them (two figures would be one)."""
    is_apart = is_cell_gap(lines[:-1], lines[1:], overlap=0.5)
    for at in numpy.flatnonzero(is_apart & ~is_white[:-1] & ~is_white[1:]).tolist():
        yield at + 1, at + 1, "\t"


def _joints(text: str, marks: tuple[Marks, Marks], lines: Lines) -> Iterator[Edit]:
    """White space that should be other white space; `marks` are the line breaks, and all white space."""
    is_newline, is_white = marks
    starts, ends = _gaps(is_white)
    before, after = lines[starts - 1].astype(numpy.float64), lines[ends].astype(numpy.float64)
    breaks = numpy.concatenate(([0], numpy.cumsum(is_newline)))
    is_break = breaks[ends] > breaks[starts]
    for at in numpy.flatnonzero(~is_break & is_cell_gap(before, after)).tolist():
        yield int(starts[at]), int(ends[at]), "\t"
    is_space = after[:, 0] - before[:, 1] > 0.2 * (before[:, 3] - before[:, 2])
    for at in numpy.flatnonzero(is_break & is_same_line(before, after)).tolist():
        start, end = int(starts[at]), int(ends[at])
        yield start, end, " " if is_space[at] or text[end - 1] not in "\r\n" else ""


def _gaps(is_white: Marks) -> tuple[Places, Places]:
    """The half-open runs of white space with a character on either side."""
    edges = numpy.flatnonzero(is_white[1:] != is_white[:-1]) + 1
    if is_white[0]:
        edges = edges[1:]
    pairs = edges[: len(edges) // 2 * 2].reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
