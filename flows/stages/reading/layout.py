"""What only geometry shows of a page's lines: wide gaps between the cells of a row become tabs, and a line that pdfium
broke at a raised or lowered character is one line again.

Lines and words are otherwise pdfium's. Knows places and white space, no words.
"""

import numpy

from flows.stages.reading.geometry import Steps
from flows.stages.reading.glyphs import Glyphs, along_lines
from flows.stages.reading.traced import Traced, codes_of

NO_BREAK_SPACE = 0xA0


def mend(text: str, glyphs: Glyphs) -> Traced:
    """The text with tabs for cell gaps and without line breaks that split a line."""
    read = Traced.of(text)
    if glyphs.boxes is None:
        return read
    codes = codes_of(text)
    solid = numpy.flatnonzero((codes > ord(" ")) & (codes != NO_BREAK_SPACE))
    if not len(solid):
        return read
    starts, ends = solid[:-1] + 1, solid[1:]
    breaks = numpy.cumsum(codes == ord("\n"))
    is_gap, is_break = ends > starts, breaks[ends] > breaks[starts - 1]
    steps = Steps.between(along_lines(glyphs.boxes.T.take(solid, axis=1).T, glyphs.turn))
    # pdfium writes some cells of a row without any space between them (two figures would be one)
    is_cell = ~is_break & steps.is_cell_gap & (is_gap | steps.is_level)
    is_joint = is_break & steps.is_same_line
    edits = []
    for at in numpy.flatnonzero(is_cell | is_joint).tolist():
        start, end = int(starts[at]), int(ends[at])
        is_space = steps.is_space[at] or text[end - 1] not in "\r\n"
        edits.append((start, end, "\t" if is_cell[at] else " " if is_space else ""))
    return read.edited(edits)
