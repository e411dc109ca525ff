"""First reader: pdfium, for page text in reading order, for what is on a page, and for rendering.

Lines and words are pdfium's; this module mends what only geometry shows: wide gaps between the cells of a row become
tabs, and a line that pdfium broke at a raised or lowered character is one line again. Knows nothing of other readers.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import pi

import pypdfium2
import pypdfium2.raw as raw
from PIL import Image

from flows.stages.reading.geometry import Box, Turn, is_cell_gap, is_same_line
from schemas.errors import DocumentError

Document = pypdfium2.PdfDocument

RENDER_DPI = 200
MAX_PIXELS = 40_000_000
"""A page of poster size is rendered coarser, so that its picture stays below 120 MB."""

INK_SHARE = 0.0005
"""Fewer dark pixels than this are dust on an empty sheet."""


_WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class PdfiumPage:
    """A page's text as read (not yet cleaned), and how far images cover it (0 to 1)."""

    text: str
    image_share: float
    is_blank: bool


@contextmanager
def opened(content: bytes, passwords: Sequence[str] = ()) -> Iterator[pypdfium2.PdfDocument]:
    """The document, its form fields ready. Raises DocumentError `encrypted` or `corrupt`."""
    pdf = _open(content, passwords)
    try:
        if pdf.get_formtype() != raw.FORMTYPE_NONE:
            pdf.init_forms()
        yield pdf
    finally:
        pdf.close()


def read_page(pdf: pypdfium2.PdfDocument, index: int) -> PdfiumPage:
    """The text layer of one page (0-based), values of form fields in their places. Raises PdfiumError."""
    page = pdf[index]
    try:
        if pdf.formenv:
            # draws fields and stamps into the page, where they are text like any other
            page.flatten()
            page.close()
            page = pdf[index]
        text = _text_of(page)
        image_share = _image_share(page) if len(text) < 1000 else 0.0
        return PdfiumPage(text, image_share, not text.strip() and _is_blank(page))
    finally:
        page.close()


def render(pdf: pypdfium2.PdfDocument, index: int, dpi: float = RENDER_DPI) -> Image.Image:
    """A page's picture in grey, turned as a viewer shows it."""
    page = pdf[index]
    try:
        width, height = page.get_size()
        scale = min(dpi / 72, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        picture: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
        return picture
    finally:
        page.close()


def _open(content: bytes, passwords: Sequence[str]) -> pypdfium2.PdfDocument:
    for password in (None, *passwords):
        try:
            pdf = pypdfium2.PdfDocument(content, password=password)
            if len(pdf) == 0:
                raise DocumentError("no pages")
            return pdf
        except pypdfium2.PdfiumError as error:
            if error.err_code not in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
                raise DocumentError("corrupt") from error
    raise DocumentError("encrypted")


def _text_of(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    try:
        text = textpage.get_text_range()
        return _Layout(textpage).mend(text) if text else text
    finally:
        textpage.close()


def _is_blank(page: pypdfium2.PdfPage) -> bool:
    """Whether a viewer shows an empty sheet."""
    if next(page.get_objects(max_depth=1), None) is None:
        return True
    histogram: list[int] = page.render(scale=0.5, grayscale=True).to_pil().histogram()
    return sum(histogram[:200]) < INK_SHARE * sum(histogram)


def _image_share(page: pypdfium2.PdfPage) -> float:
    left, bottom, right, top = page.get_bbox()
    area: float = max((right - left) * (top - bottom), 1.0)
    covered = 0.0
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        x0, y0, x1, y1 = image.get_bounds()
        covered += max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
    return min(1.0, covered / area)


class _Layout:
    """Looks up character boxes where white space asks for a decision; asking for every box would halve the speed."""

    def __init__(self, textpage: pypdfium2.PdfTextPage) -> None:
        self._page = textpage.raw
        self._count = textpage.count_chars()
        self._turn = self._usual_turn()
        self._rectangle = raw.FS_RECTF()
        self._pointer = ctypes.byref(self._rectangle)

    def mend(self, text: str) -> str:
        """The text with tabs for cell gaps and without line breaks that split a line."""
        pieces: list[str] = []
        done = 0
        direct = len(text) == self._count
        for white in _WHITE.finditer(text):
            start, end = white.span()
            before, after = self._box(start - 1, direct), self._box(end, direct)
            joint = None if before is None or after is None else _joint(white[0], before, after)
            if joint is not None:
                pieces += text[done:start], joint
                done = end
        return "".join((*pieces, text[done:]))

    def _usual_turn(self) -> Turn:
        # the page's own /Rotate says nothing: text may be set upright on a turned page, or turned on an upright one
        sample = range(0, self._count, max(1, self._count // 20))
        angles = Counter(round(raw.FPDFText_GetCharAngle(self._page, index) / (pi / 2)) % 4 for index in sample)
        return Turn(-90 * angles.most_common(1)[0][0] % 360 if self._count else 0)

    def _box(self, position: int, direct: bool) -> Box | None:
        index = position if direct else raw.FPDFText_GetCharIndexFromTextIndex(self._page, position)
        if index < 0 or not raw.FPDFText_GetLooseCharBox(self._page, index, self._pointer):
            return None
        found = self._rectangle
        return self._turn.box(found.left, found.bottom, found.right, found.top)


def _joint(white: str, before: Box, after: Box) -> str | None:
    """What should stand in place of this white space; None where it should stay."""
    if "\n" in white:
        if not is_same_line(before, after):
            return None
        return " " if white[-1] not in "\r\n" or after.start - before.end > 0.2 * before.height else ""
    return "\t" if is_cell_gap(before, after) else None
