"""A document as read: its bytes' identity, its pages and its text. Knows nothing of what the text means."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from schemas.about import About
from schemas.geometry import PageMap

PAGE_BREAK = "\f"

Reader = Literal["pdfium", "pypdf", "ocr", "unreadable"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file found by ingest. `sha256` (hex) is the document's id; `size` in bytes."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page's place in the document's text: half-open `[char_start, char_end)`, page break excluded.

    `number` is 1-based. `reader` says which reader made the text; an `unreadable` page has an empty interval.
    """

    number: int
    char_start: int
    char_end: int
    reader: Reader


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's whole text (pages joined by a form feed) and the pages it came from, in order.

    `maps` are where each page's characters stand, and `about` is what the file says of itself; both are empty where the
    document was not read from its file but loaded.
    """

    id: str
    name: str
    text: str
    pages: tuple[Page, ...]
    maps: tuple[PageMap, ...] = field(default=(), compare=False, repr=False)
    about: About = field(default=About(), compare=False, repr=False)

    def pages_of(self, char_start: int, char_end: int) -> tuple[int, int]:
        """First and last page number (1-based, inclusive) that `[char_start, char_end)` touches."""
        touched = [page.number for page in self.pages if page.char_start < char_end and page.char_end > char_start]
        if not touched:
            raise ValueError(f"interval {char_start}-{char_end} lies on no page of document {self.id[:12]}")
        return touched[0], touched[-1]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text it governs, half-open; `level` 1 is outermost. Sections follow document order.

    `path` is the titles from the outermost heading down to this one.
    """

    title: str
    level: int
    path: tuple[str, ...]
    char_start: int
    char_end: int


def join_pages(page_texts: list[str], readers: list[Reader]) -> tuple[str, tuple[Page, ...]]:
    """The document's text and its pages, from each page's text and reader, in page order."""
    pages: list[Page] = []
    start = 0
    for number, (text, reader) in enumerate(zip(page_texts, readers, strict=True), start=1):
        pages.append(Page(number, start, start + len(text), reader))
        start += len(text) + len(PAGE_BREAK)
    return PAGE_BREAK.join(page_texts), tuple(pages)
