"""Running headers, footers and page numbers: lines that stand on page after page and belong to no clause.

Sees text and page borders only. Careful rather than complete: a line is furniture if it repeats word for word, or if a
number in it counts along with the pages.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from schemas.document import Page, ParsedDocument

TOP_LINES = 3
BOTTOM_LINES = 4
LONGEST = 140
SHARE = 0.3
"""Of all pages; headers of left and right pages may differ, and a first part may have none."""

_LINE = re.compile(r"[^\n]+")
_NUMBER = re.compile(r"\d+")
_PAGE_OF = re.compile(r"\W*page\W*\d+(\W*(of|/)\W*\d+)?\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    """A line near a page's edge; `key` is its wording without digits, `offsets` its numbers minus the page's."""

    start: int
    end: int
    page: int
    text: str
    zone: str
    key: str
    offsets: frozenset[int]


def find_furniture(document: ParsedDocument) -> tuple[tuple[int, int], ...]:
    """The intervals of repeated edge lines, half-open, in order, their line breaks excluded."""
    lines = [line for page in document.pages for line in _edge_lines(document.text, page)]
    enough = max(2, ceil(SHARE * len(document.pages)))
    # a line counts once a page, however often it stands there
    same = Counter(key for key, _ in {((line.zone, line.text), line.page) for line in lines})
    counting = Counter(
        key for key, _ in {((line.zone, line.key, offset), line.page) for line in lines for offset in line.offsets}
    )
    found = {
        (line.start, line.end)
        for line in lines
        if (same[line.zone, line.text] >= enough and any(map(str.isalnum, line.text)))
        or any(counting[line.zone, line.key, offset] >= min(enough, 3) for offset in line.offsets)
        or _PAGE_OF.fullmatch(line.text)
    }
    return tuple(sorted(found))


def _edge_lines(text: str, page: Page) -> Iterator[_EdgeLine]:
    spans = [match.span() for match in _LINE.finditer(text, page.char_start, page.char_end)]
    for position, (start, end) in enumerate(spans):
        is_top, is_bottom = position < TOP_LINES, position >= len(spans) - BOTTOM_LINES
        line = text[start:end].strip()
        if (is_top or is_bottom) and 0 < len(line) <= LONGEST:
            yield _edge_line(line, start, end, page.number, "bottom" if is_bottom else "top")


def _edge_line(line: str, start: int, end: int, number: int, zone: str) -> _EdgeLine:
    offsets = frozenset(int(found) - number for found in _NUMBER.findall(line) if len(found) < 5)
    return _EdgeLine(start, end, number, line, zone, _NUMBER.sub("#", line.casefold()), offsets)
