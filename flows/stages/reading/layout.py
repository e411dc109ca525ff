"""What only geometry shows of a page's lines: wide gaps between the cells of a row become tabs, and a line that pdfium
broke at a raised or lowered character is one line again.

Lines and words are otherwise pdfium's. Knows places and white space, no words.
"""

import re
from collections.abc import Iterator, Sequence

import numpy
from numpy.typing import NDArray

from flows.stages.reading.geometry import CELL_GAP, Box, is_cell_gap, is_same_line
from flows.stages.reading.glyphs import Boxes, Glyphs, along_lines
from flows.stages.reading.traced import Edit, Traced

_WHITE = re.compile(r"\s+")


def mend(text: str, glyphs: Glyphs) -> Traced:
    """The text with tabs for cell gaps and without line breaks that split a line."""
    read = Traced.of(text)
    return read if glyphs.boxes is None else read.edited(_joints(text, glyphs))


def _joints(text: str, glyphs: Glyphs) -> Iterator[Edit]:
    assert glyphs.boxes is not None
    spans = [white.span() for white in _WHITE.finditer(text, 1)]
    # the box of the character on either side; a last run of white space has none behind it
    kept = [(start, end) for start, end in spans if end < len(text)]
    if not kept:
        return
    lines = along_lines(glyphs.boxes, glyphs.turn)
    starts, ends = numpy.array(kept).T
    for at in numpy.flatnonzero(_may_join(text, kept, (lines[starts - 1], lines[ends]))).tolist():
        start, end = kept[at]
        joint = _joint(text[start:end], Box(*lines[start - 1].tolist()), Box(*lines[end].tolist()))
        if joint is not None:
            yield start, end, joint


def _may_join(text: str, spans: Sequence[tuple[int, int]], sides: tuple[Boxes, Boxes]) -> NDArray[numpy.bool_]:
    """Which white space is worth a closer look: wide gaps, and line breaks that go on to the right."""
    before, after = sides
    height = numpy.maximum(before[:, 3] - before[:, 2], after[:, 3] - after[:, 2])
    gap = after[:, 0] - before[:, 1]
    is_break = numpy.fromiter(("\n" in text[start:end] for start, end in spans), numpy.bool_, len(spans))
    found: NDArray[numpy.bool_] = numpy.where(is_break, numpy.abs(gap) < height, gap > CELL_GAP * height)
    return found


def _joint(white: str, before: Box, after: Box) -> str | None:
    """What should stand in place of this white space; None where it should stay."""
    if "\n" in white:
        if not is_same_line(before, after):
            return None
        return " " if white[-1] not in "\r\n" or after.start - before.end > 0.2 * before.height else ""
    return "\t" if is_cell_gap(before, after) else None
