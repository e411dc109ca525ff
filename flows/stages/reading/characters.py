"""A page's characters as pdfium has them, each with its box: one call into the library for each that is asked for.

Knows how pdfium counts characters and turns pages, nothing of what the text means.
"""

import ctypes
from collections import deque
from itertools import repeat

import numpy
import pypdfium2
import pypdfium2.raw as raw

from flows.stages.reading.glyphs import Boxes, Glyphs, usual_turn
from flows.stages.reading.widths import Places, asked_places, shared_between

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
    """For each character of the text left, top, right, bottom in the page's own coordinates (y up).

    Asks for the first and the last character of each run of letters and for every other mark; letters between share
    what lies between by their usual widths. That is three times as fast, and exact wherever a word begins or ends.
    """
    count = textpage.count_chars()
    indices = None if count == len(text) else _char_indices(textpage, text, count)
    asked = asked_places(text)
    boxes = numpy.full((len(text), 4), numpy.nan, numpy.float32)
    _ask(textpage, boxes, asked, asked if indices is None else indices[asked])
    inner = shared_between(text, boxes, asked)
    _ask(textpage, boxes, inner, inner if indices is None else indices[inner])
    return boxes


def _ask(textpage: pypdfium2.PdfTextPage, boxes: Boxes, places: Places, indices: Places) -> None:
    """Fills in the boxes at these places of the text, which have these indices in pdfium's list."""
    handle = ctypes.cast(textpage.raw, ctypes.c_void_p).value
    addresses = (boxes.ctypes.data + places * _BOX_BYTES).tolist()
    deque(map(_box_of, repeat(handle), indices.tolist(), addresses), maxlen=0)


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
    x0, y1, x1, y0 = boxes.T
    columns = {
        0: (x0 - left, top - y1, x1 - left, top - y0),
        90: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: (top - y1, right - x1, top - y0, right - x0),
    }[page.get_rotation()]
    return numpy.ascontiguousarray(numpy.stack(columns, axis=1))
