"""Which reader's text stands for a page: pdfium's, else pypdf's, else OCR's, else none.

Works on one document's bytes. `read_layers` is quick and names the pages that need OCR; `read_scans` does those, and
may be given a few at a time. Knows nothing of files, processes or limits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image
from pypdfium2 import PdfiumError

from flows.stages.reading import pdfium, pictures
from flows.stages.reading.glyphs import Glyphs
from flows.stages.reading.layout import mend
from flows.stages.reading.ocr import Engine
from flows.stages.reading.pypdf_reader import SecondReader
from flows.stages.reading.quality import SPARSE_CHARS, STRAY_CHARS, count_letters, is_garbled
from flows.stages.reading.traced import Traced
from schemas.document import Reader
from schemas.errors import DocumentError


@dataclass(frozen=True, slots=True)
class PageReading:
    """A page's text, not yet cleaned, its reader and its characters' places. `is_scan`: OCR could do better, if there
    is an engine.
    """

    text: Traced
    reader: Reader
    glyphs: Glyphs
    is_scan: bool = False


@dataclass(frozen=True, slots=True)
class ScanReading:
    """What OCR made of a page; without text where it found none."""

    text: str
    glyphs: Glyphs


NOTHING = Traced.of("")


def read_layers(content: bytes, passwords: Sequence[str] = ()) -> list[PageReading]:
    """Each page from its text layer. Raises DocumentError `encrypted`, `corrupt`, `no pages`."""
    if pictures.is_picture(content):
        return [PageReading(NOTHING, "unreadable", Glyphs(0, 0), is_scan=True)] * pictures.count(content)
    second = SecondReader(content, passwords)
    try:
        with pdfium.opened(content, passwords) as pdf:
            # one kind of work after the other: page by page in turn takes a twentieth longer
            read = list(_read_each(pdf, second))
    except DocumentError as error:
        if error.reason != "corrupt" or not second.page_count:
            raise
        # pypdf opens some files that pdfium refuses
        return [_second_best(second, index, Glyphs(*second.size(index))) for index in range(second.page_count)]
    return [_judged(page, second, index) for index, page in enumerate(read)]


def read_scans(
    content: bytes, indices: Sequence[int], engine: Engine, passwords: Sequence[str] = ()
) -> list[ScanReading]:
    """What OCR finds on these pages (0-based), in their order."""
    return [_read_scan(engine, picture, size) for picture, size in _pictures(content, indices, passwords)]


def settle(reading: PageReading, scan: ScanReading | None) -> PageReading:
    """A scan with what OCR made of it, where that is more than its text layer has; None where there is no OCR."""
    if scan is None:
        return replace(reading, is_scan=False)
    if count_letters(scan.text) > count_letters(reading.text.text):
        return PageReading(Traced.of(scan.text), "ocr", scan.glyphs)
    # the size of an image file's page is known once it is opened
    glyphs = reading.glyphs if reading.glyphs.width else Glyphs(scan.glyphs.width, scan.glyphs.height)
    return replace(reading, glyphs=glyphs, is_scan=False)


def _read_scan(engine: Engine, picture: Image.Image, size: tuple[float, float]) -> ScanReading:
    read = engine.read(picture)
    width, height = size
    boxes = read.boxes * (width / picture.width)
    return ScanReading(read.text, Glyphs(width, height, boxes, read.turn, read.words))


def _pictures(
    content: bytes, indices: Sequence[int], passwords: Sequence[str]
) -> Iterator[tuple[Image.Image, tuple[float, float]]]:
    """Each page's picture and its size in points."""
    if pictures.is_picture(content):
        for frame in pictures.frames(content, indices):
            yield frame, (frame.width * 72 / pictures.DPI, frame.height * 72 / pictures.DPI)
        return
    with pdfium.opened(content, passwords) as pdf:
        for index in indices:
            yield pdfium.render(pdf, index), pdf.get_page_size(index)


def _read_each(pdf: pdfium.Document, second: SecondReader) -> Iterator[pdfium.PdfiumPage | None]:
    """Each page as pdfium reads it; None where it cannot."""
    for index in range(len(pdf)):
        try:
            yield pdfium.read_page(pdf, index)
        except PdfiumError:
            # a file may promise a million pages; where one is missing, only the pages of the tree are counted
            if index >= (second.page_count or len(pdf)):
                return
            yield None


def _judged(page: pdfium.PdfiumPage | None, second: SecondReader, index: int) -> PageReading:
    if page is None:
        return _second_best(second, index, Glyphs(*second.size(index)))
    if page.is_blank:
        return PageReading(NOTHING, "pdfium", page.glyphs)
    text = mend(page.text, page.glyphs)
    letters = count_letters(text.text)
    if _is_mostly_image(letters, page.image_share):
        return PageReading(text, "pdfium" if letters else "unreadable", page.glyphs, is_scan=True)
    if letters and not is_garbled(text.text):
        return PageReading(text, "pdfium", page.glyphs)
    other = _second_best(second, index, Glyphs(page.glyphs.width, page.glyphs.height))
    return replace(other, is_scan=other.reader == "unreadable")


def _is_mostly_image(letters: int, image_share: float) -> bool:
    return (letters < STRAY_CHARS and image_share > 0.3) or (letters < SPARSE_CHARS and image_share > 0.75)


def _second_best(second: SecondReader, index: int, size: Glyphs) -> PageReading:
    text = second.text(index)
    if not count_letters(text) or is_garbled(text):
        return PageReading(NOTHING, "unreadable", size)
    return PageReading(Traced.of(text), "pypdf", size)
