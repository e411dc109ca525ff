"""Recognised snippets put in reading order: columns one after the other, the snippets of a row on one line.

Sees a page with level lines, whichever way it is turned; knows no engine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy

from flows.stages.reading.geometry import CELL_GAP
from flows.stages.reading.glyphs import Boxes, Word, along_lines, as_shown
from flows.stages.reading.traced import codes_of
from flows.stages.reading.widths import widths_of
from schemas.geometry import Turn

COLUMN_LINES = 5
"""Fewer lines side by side are no columns of prose."""

COLUMN_WORDS = 3.5
"""Words in the usual line of a column of prose; the cells of a table have fewer."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A run of words as an engine read it: its box in pixels (left, top, right, bottom), and 0 to 100 how sure."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """A page's text, its characters' boxes in pixels, its words, and how far its lines are turned clockwise."""

    text: str
    boxes: Boxes
    words: tuple[Word, ...]
    turn: Turn


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a line without a wide gap: its snippets, and where it lies along and across the line."""

    parts: tuple["_Placed", ...]

    @property
    def start(self) -> float:
        return self.parts[0].start

    @property
    def end(self) -> float:
        return self.parts[-1].end

    @property
    def word_count(self) -> int:
        return sum(len(part.snippet.text.split()) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A snippet with its place along its line from `start` to `end`, and across it from `low` to `high`."""

    snippet: Snippet
    start: float
    end: float
    low: float
    high: float

    @property
    def height(self) -> float:
        return self.high - self.low


_Row = list[_Piece]


def in_reading_order(snippets: Sequence[Snippet], turn: Turn) -> Recognised:
    """The snippets as text: a line break after each line, a tab between the cells of a row."""
    written = [snippet for snippet in snippets if snippet.text.strip()]
    if not written:
        return Recognised("", numpy.empty((0, 4), numpy.float32), (), turn)
    lines = along_lines(numpy.array([snippet.box for snippet in written], numpy.float32), turn).tolist()
    placed = [_Placed(snippet, *line) for snippet, line in zip(written, lines, strict=True)]
    rows = [_pieces(row) for row in _rows(placed)]
    return _joined([row for part in _columns(rows) for row in part], turn)


def _rows(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    rows: list[list[_Placed]] = []
    for one in sorted(placed, key=lambda one: one.low + one.high):
        last = rows[-1][-1] if rows else None
        # a full stop or a dash lies low or high on its line: it is measured against the taller of the two
        if last and abs(one.low + one.high - last.low - last.high) < max(one.height, last.height):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: one.start) for row in rows]


def _pieces(row: Sequence[_Placed]) -> _Row:
    height = median(one.height for one in row)
    pieces = [[row[0]]]
    for one in row[1:]:
        if one.start - pieces[-1][-1].end > CELL_GAP * height:
            pieces.append([one])
        else:
            pieces[-1].append(one)
    return [_Piece(tuple(piece)) for piece in pieces]


def _columns(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """The rows in parts to be read one after the other: columns of prose each by itself, all else row by row."""
    at = 0
    while at < len(rows):
        gutter, end = _gutter(rows, at)
        if gutter is None:
            yield [rows[at]]
            at += 1
            continue
        yield [[piece for piece in row if piece.end <= gutter] for row in rows[at:end]]
        yield [[piece for piece in row if piece.start >= gutter] for row in rows[at:end]]
        at = end


def _gutter(rows: Sequence[_Row], at: int) -> tuple[float | None, int]:
    """A place that no piece crosses from this row on, with prose on both sides of it, and the row where that ends."""
    if len(rows[at]) != 2:
        return None, at
    low, high, end = rows[at][0].end, rows[at][1].start, at
    for row in rows[at:]:
        edges = [piece.end for piece in row if piece.end <= (low + high) / 2]
        starts = [piece.start for piece in row if piece.start >= (low + high) / 2]
        if len(edges) + len(starts) != len(row) or len(row) > 2:
            break
        low, high, end = max([low, *edges]), min([high, *starts]), end + 1
    middle = (low + high) / 2
    sides = [
        [piece.word_count for row in rows[at:end] for piece in row if (piece.end <= middle) is is_left]
        for is_left in (True, False)
    ]
    is_prose = all(len(side) >= COLUMN_LINES and median(side) >= COLUMN_WORDS for side in sides)
    return (middle, end) if is_prose else (None, at)


def _joined(rows: Sequence[_Row], turn: Turn) -> Recognised:
    texts: list[str] = []
    boxes: list[Boxes] = []
    words: list[Word] = []
    length = 0
    for row in rows:
        for number, piece in enumerate(row):
            for position, part in enumerate(piece.parts):
                joint = " " if position else "\t" if number else "\n" if texts else ""
                texts += joint, part.snippet.text
                boxes += numpy.full((len(joint), 4), numpy.nan, numpy.float32), _spread(part)
                words += _words(part.snippet, length + len(joint))
                length += len(joint) + len(part.snippet.text)
    return Recognised("".join(texts), as_shown(numpy.concatenate(boxes), turn), tuple(words), turn)


def _words(snippet: Snippet, start: int) -> Iterator[Word]:
    for word in snippet.text.split(" "):
        if word:
            yield Word(start, start + len(word), round(snippet.confidence))
        start += len(word) + 1


def _spread(part: _Placed) -> Boxes:
    """A box along the line for each of a snippet's characters, by their usual widths."""
    widths = widths_of(codes_of(part.snippet.text))
    ends = part.start + numpy.cumsum(widths) / widths.sum() * (part.end - part.start)
    starts = numpy.concatenate(([part.start], ends[:-1]))
    across = numpy.full((len(widths), 2), (part.low, part.high), numpy.float32)
    return numpy.column_stack([starts, ends, across]).astype(numpy.float32)
