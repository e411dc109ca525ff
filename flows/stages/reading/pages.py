"""Which reader's text stands for a page: pdfium's, else pypdf's, else OCR's, else none.

Works on one document's bytes. `read_layers` is quick and names the pages that need OCR; `read_scans` does those, and
may be given a few at a time. Knows nothing of files, processes or limits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image
from pypdfium2 import PdfiumError

from flows.stages.reading import pdfium, pictures
from flows.stages.reading.ocr import Engine
from flows.stages.reading.pypdf_reader import SecondReader
from flows.stages.reading.quality import SPARSE_CHARS, STRAY_CHARS, count_letters, is_garbled
from schemas.document import Reader
from schemas.errors import DocumentError


@dataclass(frozen=True, slots=True)
class PageReading:
    """A page's text, not yet cleaned, and its reader. `is_scan`: OCR could do better, if there is an engine."""

    text: str
    reader: Reader
    is_scan: bool = False


def read_layers(content: bytes, passwords: Sequence[str] = ()) -> list[PageReading]:
    """Each page from its text layer. Raises DocumentError `encrypted`, `corrupt`, `no pages`."""
    if pictures.is_picture(content):
        return [PageReading("", "unreadable", is_scan=True)] * pictures.count(content)
    second = SecondReader(content, passwords)
    try:
        with pdfium.opened(content, passwords) as pdf:
            return list(_read_each(pdf, second))
    except DocumentError as error:
        if error.reason != "corrupt" or not second.page_count:
            raise
        # pypdf opens some files that pdfium refuses
        return [_second_best(second, index) for index in range(second.page_count)]


def read_scans(content: bytes, indices: Sequence[int], engine: Engine, passwords: Sequence[str] = ()) -> list[str]:
    """The text that OCR finds on these pages (0-based), in their order; empty where it finds none."""
    return [engine.read(picture) for picture in _pictures(content, indices, passwords)]


def settle(reading: PageReading, ocr_text: str) -> PageReading:
    """A scan with what OCR made of it, where that is more than its text layer has."""
    if count_letters(ocr_text) > count_letters(reading.text):
        return PageReading(ocr_text, "ocr")
    return replace(reading, is_scan=False)


def _pictures(content: bytes, indices: Sequence[int], passwords: Sequence[str]) -> Iterator[Image.Image]:
    if pictures.is_picture(content):
        yield from pictures.frames(content, indices)
        return
    with pdfium.opened(content, passwords) as pdf:
        for index in indices:
            yield pdfium.render(pdf, index)


def _read_each(pdf: pdfium.Document, second: SecondReader) -> Iterator[PageReading]:
    for index in range(len(pdf)):
        try:
            page = pdfium.read_page(pdf, index)
        except PdfiumError:
            # a file may promise a million pages; where one is missing, only the pages of the tree are counted
            if index >= (second.page_count or len(pdf)):
                return
            yield _second_best(second, index)
            continue
        yield _read_one(page, second, index)


def _read_one(page: pdfium.PdfiumPage, second: SecondReader, index: int) -> PageReading:
    if page.is_blank:
        return PageReading("", "pdfium")
    letters = count_letters(page.text)
    if _is_mostly_image(letters, page.image_share):
        return PageReading(page.text, "pdfium" if letters else "unreadable", is_scan=True)
    if letters and not is_garbled(page.text):
        return PageReading(page.text, "pdfium")
    other = _second_best(second, index)
    return replace(other, is_scan=other.reader == "unreadable")


def _is_mostly_image(letters: int, image_share: float) -> bool:
    return (letters < STRAY_CHARS and image_share > 0.3) or (letters < SPARSE_CHARS and image_share > 0.75)


def _second_best(second: SecondReader, index: int) -> PageReading:
    text = second.text(index)
    if not count_letters(text) or is_garbled(text):
        return PageReading("", "unreadable")
    return PageReading(text, "pypdf")
