"""A page's characters as pdfium has them, each with its box: one call into the library for each character.

Knows how pdfium counts characters and turns pages, nothing of what the text means.
"""

import ctypes
from collections import deque
from itertools import repeat

import numpy
import pypdfium2
import pypdfium2.raw as raw

from flows.stages.reading.glyphs import Boxes, Glyphs, usual_turn

# the same function with plain numbers for pointers, which ctypes passes three times as fast
_box_of = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)
_BOX_BYTES = ctypes.sizeof(raw.FS_RECTF)


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
    """For each character of the text left, top, right, bottom in the page's own coordinates (y up)."""
    count = textpage.count_chars()
    boxes = numpy.full((count, 4), numpy.nan, numpy.float32)
    first = boxes.ctypes.data
    handle = ctypes.cast(textpage.raw, ctypes.c_void_p).value
    calls = map(_box_of, repeat(handle), range(count), range(first, first + count * _BOX_BYTES, _BOX_BYTES))
    deque(calls, maxlen=0)
    return boxes if count == len(text) else boxes[_char_indices(textpage, text, count)]


def _char_indices(textpage: pypdfium2.PdfTextPage, text: str, count: int) -> list[int]:
    """Each character's index in pdfium's own list, which also has those it leaves out of the text."""
    indices = []
    unit = 0
    for character in text:
        indices.append(raw.FPDFText_GetCharIndexFromTextIndex(textpage.raw, unit))
        unit += 2 if ord(character) > 0xFFFF else 1
    return [min(max(index, 0), count - 1) for index in indices]


def _as_shown(page: pypdfium2.PdfPage, boxes: Boxes) -> Boxes:
    """The boxes as a viewer shows them: the page cropped and turned, y down."""
    left, bottom, right, top = page.get_bbox()
    x0, y1, x1, y0 = boxes.T
    columns = {
        0: (x0 - left, top - y1, x1 - left, top - y0),
        90: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: (top - y1, right - x1, top - y0, right - x0),
    }[page.get_rotation()]
    return numpy.ascontiguousarray(numpy.stack(columns, axis=1))
