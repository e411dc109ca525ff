"""First reader: pdfium, for page text in reading order, for what is on a page, and for rendering.

Knows nothing of other readers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as raw
from PIL import Image

from flows.stages.reading.characters import read_characters
from flows.stages.reading.glyphs import Glyphs
from schemas.errors import DocumentError

Document = pypdfium2.PdfDocument

RENDER_DPI = 200
MAX_PIXELS = 40_000_000
"""A page of poster size is rendered coarser, so that its picture stays below 120 MB."""

INK_SHARE = 0.0005
"""Fewer dark pixels than this are dust on an empty sheet."""

WORDLESS = frozenset({
    raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON,
    raw.FPDF_ANNOT_POLYLINE, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY,
    raw.FPDF_ANNOT_STRIKEOUT,
})  # fmt: skip
"""Kinds of annotations that show no words of their own: drawing them into the page takes as long as reading it."""


@dataclass(frozen=True, slots=True)
class PdfiumPage:
    """A page's text as pdfium has it, where its characters stand, and how far images cover it (0 to 1)."""

    text: str
    glyphs: Glyphs
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
        if pdf.formenv and _has_written_annotations(page):
            # draws fields and stamps into the page, where they are text like any other
            page.flatten()
            page.close()
            page = pdf[index]
        text, glyphs = read_characters(page)
        image_share = _image_share(page) if len(text) < 1000 else 0.0
        return PdfiumPage(text, glyphs, image_share, not text.strip() and _is_blank(page))
    finally:
        page.close()


def _has_written_annotations(page: pypdfium2.PdfPage) -> bool:
    """Whether there are annotations that may show words, as fields, notes and stamps do."""
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if annotation:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)
            if kind not in WORDLESS:
                return True
    return False


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
