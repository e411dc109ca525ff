"""What only geometry shows of a page's lines: wide gaps between the cells of a row become tabs, and a line that pdfium
broke at a raised or lowered character is one line again.

Lines and words are otherwise pdfium's. Knows places and white space, no words.
"""

from collections.abc import Iterator

import numpy

from flows.stages.reading.geometry import CELL_GAP, Box, is_cell_gap, is_same_line
from flows.stages.reading.glyphs import Boxes, Glyphs, along_lines
from flows.stages.reading.traced import Edit, Traced
from flows.stages.reading.widths import Codes, Places, codes_of

NO_BREAK_SPACE = 0xA0


def mend(text: str, glyphs: Glyphs) -> Traced:
    """The text with tabs for cell gaps and without line breaks that split a line."""
    read = Traced.of(text)
    if glyphs.boxes is None:
        return read
    codes, lines = codes_of(text), along_lines(glyphs.boxes, glyphs.turn)
    return read.edited(sorted([*_joints(text, codes, lines), *_glued(codes, lines)]))


def _glued(codes: Codes, lines: Boxes) -> Iterator[Edit]:
    """Tabs between the cells of a row that pdfium wrote without any space between them (two figures would be one)."""
    before, after = lines[:-1], lines[1:]
    height = numpy.maximum(before[:, 3] - before[:, 2], after[:, 3] - after[:, 2])
    overlap = numpy.minimum(before[:, 3], after[:, 3]) - numpy.maximum(before[:, 2], after[:, 2])
    is_apart = (after[:, 0] - before[:, 1] > CELL_GAP * height) & (overlap > 0.5 * height)
    is_white = (codes <= ord(" ")) | (codes == NO_BREAK_SPACE)
    for at in numpy.flatnonzero(is_apart & ~is_white[:-1] & ~is_white[1:]).tolist():
        yield at + 1, at + 1, "\t"


def _joints(text: str, codes: Codes, lines: Boxes) -> Iterator[Edit]:
    starts, ends = _gaps(codes)
    before, after = lines[starts - 1], lines[ends]
    height = numpy.maximum(before[:, 3] - before[:, 2], after[:, 3] - after[:, 2])
    gap = after[:, 0] - before[:, 1]
    breaks = numpy.concatenate(([0], numpy.cumsum(codes == ord("\n"))))
    is_break = breaks[ends] > breaks[starts]
    # worth a closer look: wide gaps, and line breaks after which the text goes on to the right
    near = numpy.flatnonzero(numpy.where(is_break, numpy.abs(gap) < height, gap > CELL_GAP * height))
    sides = (part[near].tolist() for part in (starts, ends, before, after))
    for start, end, left, right in zip(*sides, strict=True):
        joint = _joint(text[start:end], Box(*left), Box(*right))
        if joint is not None:
            yield start, end, joint


def _gaps(codes: Codes) -> tuple[Places, Places]:
    """The half-open runs of white space with a character on either side."""
    is_white = (codes <= ord(" ")) | (codes == NO_BREAK_SPACE)
    edges = numpy.flatnonzero(is_white[1:] != is_white[:-1]) + 1
    if is_white[0]:
        edges = edges[1:]
    pairs = edges[: len(edges) // 2 * 2].reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _joint(white: str, before: Box, after: Box) -> str | None:
    """What should stand in place of this white space; None where it should stay."""
    if "\n" in white:
        if not is_same_line(before, after):
            return None
        return " " if white[-1] not in "\r\n" or after.start - before.end > 0.2 * before.height else ""
    return "\t" if is_cell_gap(before, after) else None
