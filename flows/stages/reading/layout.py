"""What only geometry shows of a page's lines: wide gaps between the cells of a row become tabs, and a line that pdfium
broke at a raised or lowered character is one line again.

Lines and words are otherwise pdfium's. Knows places and white space, no words.
"""

import re
from collections.abc import Iterator

from flows.stages.reading.geometry import Box, is_cell_gap, is_same_line
from flows.stages.reading.glyphs import Glyphs, along_lines
from flows.stages.reading.traced import Edit, Traced

_WHITE = re.compile(r"\s+")


def mend(text: str, glyphs: Glyphs) -> Traced:
    """The text with tabs for cell gaps and without line breaks that split a line."""
    read = Traced.of(text)
    return read if glyphs.boxes is None else read.edited(_joints(text, glyphs))


def _joints(text: str, glyphs: Glyphs) -> Iterator[Edit]:
    assert glyphs.boxes is not None
    lines = along_lines(glyphs.boxes, glyphs.turn).tolist()
    for white in _WHITE.finditer(text):
        start, end = white.span()
        if start == 0 or end == len(text):
            continue
        joint = _joint(white[0], Box(*lines[start - 1]), Box(*lines[end]))
        if joint is not None:
            yield start, end, joint


def _joint(white: str, before: Box, after: Box) -> str | None:
    """What should stand in place of this white space; None where it should stay."""
    if "\n" in white:
        if not is_same_line(before, after):
            return None
        return " " if white[-1] not in "\r\n" or after.start - before.end > 0.2 * before.height else ""
    return "\t" if is_cell_gap(before, after) else None
