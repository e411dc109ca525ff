"""The words of a document's page with their places in the text and on the page. Reads the published snapshot."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from flows.stages.database import plain_errors
from flows.stages.publish import snapshot_path
from flows.stages.query import snapshot
from flows.stages.store import Store
from schemas.document import Page, ParsedDocument
from schemas.errors import BadInput
from schemas.geometry import TENTHS, PageMap, rectangles

Box = tuple[float, float, float, float]
"""Left, top, width and height in percent of the page as shown."""

WORD = re.compile(r"\w(?:\S*\w)?|[^\w\s]")
"""Punctuation around a word is a word of its own: a date is chosen without the full stop after it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word at its interval of the document's text; `boxes` is empty where its place on the page is not known."""

    start: int
    end: int
    text: str
    boxes: tuple[Box, ...]


def page_words(database: Path, document_id: str, number: int) -> tuple[Word, ...]:
    """The words of page `number` (from 1) in reading order. Raises BadInput where there is no such page."""
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        store = Store(snapshot_path(database), connection, ExitStack())
        (stored,) = store.load_documents([document_id])
        maps = store.load_maps(document_id)
    pages = stored.document.pages
    if not 1 <= number <= len(pages):
        raise BadInput(f"no page {number} in document {document_id[:12]}; it has {len(pages)}")
    page_map = maps[number - 1] if maps else PageMap(0, 0)
    return tuple(_words(stored.document, pages[number - 1], page_map))


def _words(document: ParsedDocument, page: Page, page_map: PageMap) -> Iterator[Word]:
    for match in WORD.finditer(document.text, page.char_start, page.char_end):
        yield Word(match.start(), match.end(), match[0], tuple(_boxes(page, page_map, *match.span())))


def _boxes(page: Page, page_map: PageMap, start: int, end: int) -> Iterator[Box]:
    width, height = page_map.width / TENTHS, page_map.height / TENTHS
    if not (width and height and page_map.starts):
        return
    for part in rectangles([page], [page_map], start, end):
        sides = (
            part.left / width,
            part.top / height,
            (part.right - part.left) / width,
            (part.bottom - part.top) / height,
        )
        left, top, across, down = (round(100 * side, 3) for side in sides)
        yield left, top, across, down
