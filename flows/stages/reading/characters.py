"""A page's characters as pdfium has them, each with its box: one call into the library for each.

Knows how pdfium counts characters and turns pages, nothing of what the text means.
"""

import ctypes
from collections import deque
from itertools import repeat

import numpy
import pypdfium2
import pypdfium2.raw as raw
from numpy.typing import NDArray

from flows.stages.reading.glyphs import Boxes, Glyphs, usual_turn
from flows.stages.reading.layout import NO_BREAK_SPACE
from flows.stages.reading.traced import codes_of

# The same function without types for its arguments and without giving up the interpreter's lock: ctypes then passes
# references and small numbers as they are, which makes a call nearly three times as fast. Each box goes to a slot of its own.
_box_of = ctypes.PYFUNCTYPE(None)(ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0)
_SLOTS = (raw.FS_RECTF * 4096)()
_REFERENCES = [ctypes.byref(_SLOTS, at * ctypes.sizeof(raw.FS_RECTF)) for at in range(len(_SLOTS))]
_FILLED: Boxes = numpy.frombuffer(_SLOTS, numpy.float32).reshape(-1, 4)

Places = NDArray[numpy.int64]

# for each turn of a page: which side of a box in its own coordinates (left, top, right, bottom; y up) is the left, top,
# right and bottom as shown, its sign, and the edge of the page (likewise) that it is measured from
_SIDES = {
    0: ((0, 1, 2, 3), (1, -1, 1, -1), (0, 1, 0, 1)),
    90: ((3, 0, 1, 2), (1, 1, 1, 1), (3, 0, 3, 0)),
    180: ((2, 3, 0, 1), (-1, 1, -1, 1), (2, 3, 2, 3)),
    270: ((1, 2, 3, 0), (-1, -1, -1, -1), (1, 2, 1, 2)),
}


def read_characters(page: pypdfium2.PdfPage) -> tuple[str, Glyphs]:
    """The page's text as pdfium reads it, and where each of its characters stands."""
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        text = textpage.get_text_range(errors="surrogatepass")
        if not text:
            return "", Glyphs(width, height)
        boxes = _as_shown(page, _boxes(textpage, text))
    finally:
        textpage.close()
    return text, Glyphs(width, height, boxes, usual_turn(boxes))


def _boxes(textpage: pypdfium2.PdfTextPage, text: str) -> Boxes:
    """For each character of the text left, top, right, bottom in the page's own coordinates (y up); NaN for white
    space.
    """
    codes = codes_of(text)
    places = numpy.flatnonzero((codes > ord(" ")) & (codes != NO_BREAK_SPACE))
    count = textpage.count_chars()
    indices = places if count == len(text) else _char_indices(textpage, text, count)[places]
    boxes = numpy.full((len(text), 4), numpy.nan, numpy.float32)
    for first in range(0, len(places), len(_SLOTS)):
        boxes[places[first : first + len(_SLOTS)]] = _asked(textpage, indices[first : first + len(_SLOTS)])
    return boxes


def _asked(textpage: pypdfium2.PdfTextPage, indices: Places) -> Boxes:
    """The boxes of these characters of pdfium's list, as many as there are slots at most; valid until the next call."""
    found = _FILLED[: len(indices)]
    found.fill(numpy.nan)
    deque(map(_box_of, repeat(ctypes.byref(textpage.raw.contents)), indices.tolist(), _REFERENCES), maxlen=0)
    return found


def _char_indices(textpage: pypdfium2.PdfTextPage, text: str, count: int) -> Places:
    """Each character's index in pdfium's own list, which also has those it leaves out of the text."""
    indices = []
    unit = 0
    for character in text:
        indices.append(raw.FPDFText_GetCharIndexFromTextIndex(textpage.raw, unit))
        unit += 2 if ord(character) > 0xFFFF else 1
    return numpy.clip(numpy.array(indices, numpy.int64), 0, max(0, count - 1))


def _as_shown(page: pypdfium2.PdfPage, boxes: Boxes) -> Boxes:
    """The boxes as a viewer shows them: the page cropped and turned, y down."""
    left, bottom, right, top = page.get_bbox()
    sides, signs, edges = map(list, _SIDES[page.get_rotation()])
    sign = numpy.array(signs, numpy.float32)[:, None]
    origin = numpy.array((left, top, right, bottom), numpy.float32)[edges, None]
    return (boxes.T[sides] * sign - origin * sign).T
