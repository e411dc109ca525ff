"""Where a document's words stand on its pages: a map of each page's characters, and rectangles for any interval.

All places are those of the page as a viewer shows it, turned upright: x to the right and y down from the top left
corner. Knows no reader and no file.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from schemas.document import Page

TENTHS = 10
"""A page's map counts in tenths of a PDF point (1/720 inch): 0.035 mm, less than a pixel at 600 dpi."""

Turn = Literal[0, 90, 180, 270]


def _integers() -> "array[int]":
    return array("i")


@dataclass(frozen=True, slots=True)
class PageMap:
    """Where one page's characters stand; lengths in tenths of a point.

    A run is a stretch of the page's text within one line (one word, where OCR read it). `starts` and `lengths` are in
    characters of the page. `edges` has an entry for each character of the page: how far along its run it begins, 0 for
    white space between runs. `turn` is how far the lines are turned clockwise from upright. `confidences` has OCR's
    trust in each run, 0 to 100, and is empty for a text layer. Without runs, only the size is known.
    """

    width: int
    height: int
    turn: Turn = 0
    starts: "array[int]" = field(default_factory=_integers)
    lengths: "array[int]" = field(default_factory=_integers)
    lefts: "array[int]" = field(default_factory=_integers)
    tops: "array[int]" = field(default_factory=_integers)
    rights: "array[int]" = field(default_factory=_integers)
    bottoms: "array[int]" = field(default_factory=_integers)
    edges: "array[int]" = field(default_factory=_integers)
    confidences: "array[int]" = field(default_factory=_integers)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of a page, in points from the top left corner of the page as shown; `page_number` is 1-based."""

    page_number: int
    left: float
    top: float
    right: float
    bottom: float


def rectangles(
    pages: "Sequence[Page]", maps: Sequence[PageMap], char_start: int, char_end: int
) -> tuple[Rectangle, ...]:
    """The rectangles that hold `[char_start, char_end)`, in reading order: one a line, or the whole page where its
    reader tells no places. `maps` are those of `pages`, one each; white space alone has none.
    """
    found: list[Rectangle] = []
    for page, page_map in zip(pages, maps, strict=True):
        first, last = max(char_start, page.char_start), min(char_end, page.char_end)
        if first >= last:
            continue
        if page_map.starts:
            found += _joined(_cuts(page_map, page.number, first - page.char_start, last - page.char_start), page_map)
        else:
            found.append(Rectangle(page.number, 0.0, 0.0, page_map.width / TENTHS, page_map.height / TENTHS))
    return tuple(found)


def _cuts(page_map: PageMap, number: int, first: int, last: int) -> Iterator[Rectangle]:
    """What `[first, last)` of the page's characters takes of each run."""
    at = max(0, bisect_right(page_map.starts, first) - 1)
    while at < len(page_map.starts) and page_map.starts[at] < last:
        start, end = page_map.starts[at], page_map.starts[at] + page_map.lengths[at]
        if end > first:
            begin = page_map.edges[max(start, first)]
            stop = page_map.edges[last] if last < end else _run_length(page_map, at)
            if stop > begin:
                yield _cut(page_map, number, at, (begin, stop))
        at += 1


def _run_length(page_map: PageMap, at: int) -> int:
    if page_map.turn in (0, 180):
        return page_map.rights[at] - page_map.lefts[at]
    return page_map.bottoms[at] - page_map.tops[at]


def _cut(page_map: PageMap, number: int, at: int, along: tuple[int, int]) -> Rectangle:
    begin, stop = along
    left, top, right, bottom = page_map.lefts[at], page_map.tops[at], page_map.rights[at], page_map.bottoms[at]
    if page_map.turn == 0:
        left, right = left + begin, left + stop
    elif page_map.turn == 90:
        top, bottom = top + begin, top + stop
    elif page_map.turn == 180:
        left, right = right - stop, right - begin
    else:
        top, bottom = bottom - stop, bottom - begin
    return Rectangle(number, left / TENTHS, top / TENTHS, right / TENTHS, bottom / TENTHS)


def _joined(cuts: Iterator[Rectangle], page_map: PageMap) -> list[Rectangle]:
    """Neighbours on a line as one: OCR's words, and the cells or raised characters of a row."""
    joined: list[Rectangle] = []
    for cut in cuts:
        both = _union(joined[-1], cut) if joined else cut
        if joined and _is_one_line(joined[-1], cut, both, page_map.turn):
            joined[-1] = both
        else:
            joined.append(cut)
    return joined


def _union(one: Rectangle, other: Rectangle) -> Rectangle:
    return replace(
        one,
        left=min(one.left, other.left),
        top=min(one.top, other.top),
        right=max(one.right, other.right),
        bottom=max(one.bottom, other.bottom),
    )


def _is_one_line(one: Rectangle, other: Rectangle, both: Rectangle, turn: Turn) -> bool:
    """Whether the two lie side by side, closely; words of a line askew are joined only as long as it stays slim."""
    along, across = (_width, _height) if turn in (0, 180) else (_height, _width)
    line = max(across(one), across(other))
    return across(both) <= 1.3 * line and along(both) <= along(one) + along(other) + 2 * line


def _width(rectangle: Rectangle) -> float:
    return rectangle.right - rectangle.left


def _height(rectangle: Rectangle) -> float:
    return rectangle.bottom - rectangle.top
