"""Where the characters of a page stand, and the compact map that is stored of it.

A box is (left, top, right, bottom) in points of the page as shown, x to the right and y down; a character without a
place has NaN. Knows no reader.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy
from numpy.typing import NDArray

from flows.stages.reading.traced import Origins
from schemas.geometry import TENTHS, PageMap, Turn

Boxes = NDArray[numpy.float32]
"""One row a character: left, top, right, bottom."""

_LINE_BREAK, _TAB, _SPACE = map(ord, "\n\t ")

LONGEST_SPACE = 1.5
"""In line heights: the widest gap within a run; `\\t` stands at wider ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """What OCR is sure of at once: half-open characters of the page's text, and 0 to 100 how sure."""

    start: int
    end: int
    confidence: int


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """A page's size in points and its characters' boxes, one row for each character as read.

    Without boxes only the size is known. `words` are those of OCR, none for a text layer.
    """

    width: float
    height: float
    boxes: Boxes | None = None
    turn: Turn = 0
    words: Sequence[Word] = ()


def usual_turn(boxes: Boxes) -> Turn:
    """Which way most characters follow each other: 0 to the right, 90 down, 180 to the left, 270 up."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    steps = middles[1:] - middles[:-1]
    size = numpy.abs(boxes[1:, 3] - boxes[1:, 1]) + numpy.abs(boxes[1:, 2] - boxes[1:, 0])
    # a new line is a longer step
    return turn_of_steps(steps[numpy.maximum(numpy.abs(steps[:, 0]), numpy.abs(steps[:, 1])) < size])


def turn_of_steps(steps: NDArray[numpy.float32]) -> Turn:
    """Which way most steps (x, y) go: 0 to the right, 90 down, 180 to the left, 270 up; 0 where there are none."""
    x, y = steps.T
    is_flat = numpy.abs(x) > numpy.abs(y)
    ways = (is_flat & (x > 0), ~is_flat & (y > 0), is_flat & (x < 0), ~is_flat & (y < 0))
    counts = [int(numpy.count_nonzero(way)) for way in ways]
    turns: tuple[Turn, ...] = (0, 90, 180, 270)
    return turns[counts.index(max(counts))]


def along_lines(boxes: Boxes, turn: Turn) -> Boxes:
    """The boxes as (start, end, low, high): along their line in reading direction, and across it."""
    left, top, right, bottom = boxes.T
    columns = {
        0: (left, right, top, bottom),
        90: (top, bottom, -right, -left),
        180: (-right, -left, -bottom, -top),
        270: (-bottom, -top, left, right),
    }[turn]
    return numpy.stack(columns, axis=1)


def as_shown(lines: Boxes, turn: Turn) -> Boxes:
    """The boxes of `along_lines` as (left, top, right, bottom) again."""
    start, end, low, high = lines.T
    columns = {
        0: (start, low, end, high),
        90: (-high, start, -low, end),
        180: (-end, -high, -start, -low),
        270: (low, -end, high, -start),
    }[turn]
    return numpy.stack(columns, axis=1)


def make_map(text: str, origins: Origins, glyphs: Glyphs) -> PageMap:
    """The map of a cleaned page whose characters come from `origins` among those of `glyphs`."""
    width, height = round(glyphs.width * TENTHS), round(glyphs.height * TENTHS)
    if glyphs.boxes is None or not len(glyphs.boxes) or not text:
        return PageMap(width, height)
    boxes = glyphs.boxes[numpy.maximum(origins, 0)]
    boxes[origins < 0] = numpy.nan
    codes = numpy.frombuffer(text.encode("utf-32-le"), numpy.uint32)
    breaks = (codes == _LINE_BREAK) | (codes == _TAB)
    solid = ~numpy.isnan(boxes[:, 0]) & ~breaks & (codes != _SPACE)
    if not solid.any():
        return PageMap(width, height)
    boxes[~solid] = numpy.nan
    lines = along_lines(boxes, glyphs.turn)
    _share(lines, origins)
    first, last = _runs(breaks, solid, lines, _word_starts(origins, glyphs.words))
    ends = _reach(solid, lines)
    return _packed(
        PageMap(width, height, glyphs.turn), (first, last), (boxes, lines, ends), _trust(origins[first], glyphs)
    )


def _share(lines: Boxes, origins: Origins) -> None:
    """Parts the box of a ligature evenly between the letters that it stands for."""
    is_same = (origins[1:] == origins[:-1]) & (origins[1:] >= 0)
    if not is_same.any():
        return
    begins = numpy.flatnonzero(numpy.concatenate(([True], ~is_same)))
    counts = numpy.diff(numpy.append(begins, len(origins)))
    count = numpy.repeat(counts, counts)
    place = numpy.arange(len(origins)) - numpy.repeat(begins, counts)
    start, step = lines[:, 0].copy(), (lines[:, 1] - lines[:, 0]) / count
    lines[:, 0], lines[:, 1] = start + place * step, start + (place + 1) * step


def _word_starts(origins: Origins, words: Sequence[Word]) -> NDArray[numpy.int64] | None:
    """For each character, the number of the OCR word it is in; None for a text layer."""
    if not words:
        return None
    return numpy.searchsorted([word.start for word in words], origins, side="right")


def _runs(
    breaks: NDArray[numpy.bool_], solid: NDArray[numpy.bool_], lines: Boxes, words: NDArray[numpy.int64] | None
) -> tuple[NDArray[numpy.int64], NDArray[numpy.int64]]:
    """The first and the last character of each run."""
    at = numpy.flatnonzero(solid)
    start, end, low, high = lines[at].T
    height = numpy.maximum(high[1:] - low[1:], high[:-1] - low[:-1])
    overlap = numpy.minimum(high[1:], high[:-1]) - numpy.maximum(low[1:], low[:-1])
    gap = start[1:] - end[:-1]
    is_level = overlap > 0.5 * height
    is_near = (gap > -0.5 * height) & (gap < LONGEST_SPACE * height)
    parts_before = numpy.cumsum(breaks)[at]
    goes_on = is_level & is_near & (parts_before[1:] == parts_before[:-1])
    if words is not None:
        goes_on &= words[at][1:] == words[at][:-1]
    parts = numpy.flatnonzero(~goes_on)
    return at[numpy.concatenate(([0], parts + 1))], at[numpy.concatenate((parts, [len(at) - 1]))]


def _reach(solid: NDArray[numpy.bool_], lines: Boxes) -> NDArray[numpy.float32]:
    """Where each character begins along its line; one without a place begins where the last with a place ends."""
    before = numpy.maximum.accumulate(numpy.where(solid, numpy.arange(len(solid)), 0))
    return numpy.where(solid, lines[:, 0], lines[before, 1])


def _trust(firsts: Origins, glyphs: Glyphs) -> "array[int]":
    if not glyphs.words:
        return array("i")
    found = numpy.searchsorted([word.start for word in glyphs.words], firsts, side="right") - 1
    return array("i", [glyphs.words[number].confidence for number in found.tolist()])


def _packed(
    bare: PageMap,
    runs: tuple[NDArray[numpy.int64], NDArray[numpy.int64]],
    places: tuple[Boxes, Boxes, NDArray[numpy.float32]],
    confidences: "array[int]",
) -> PageMap:
    """The page's map from its runs (first and last character) and from all boxes, the same along lines, and starts."""
    first, last = runs
    boxes, lines, begins = places
    counts = last - first + 1
    inside = numpy.repeat(first - numpy.concatenate(([0], numpy.cumsum(counts)[:-1])), counts) + numpy.arange(
        counts.sum()
    )
    edges = numpy.zeros(len(boxes), numpy.int32)
    edges[inside] = _tenths(numpy.maximum(begins[inside] - numpy.repeat(lines[first, 0], counts), 0))
    starts = numpy.concatenate(([0], numpy.cumsum(counts)[:-1]))
    part = boxes[inside]
    outermost = (numpy.fmin, numpy.fmin, numpy.fmax, numpy.fmax)
    sides = [each.reduceat(side, starts) for each, side in zip(outermost, numpy.ascontiguousarray(part.T), strict=True)]
    lefts, tops, rights, bottoms = map(_array, _tenths(numpy.stack(sides)))
    return replace(
        bare,
        starts=_array(first),
        lengths=_array(counts),
        lefts=lefts,
        tops=tops,
        rights=rights,
        bottoms=bottoms,
        edges=_array(edges),
        confidences=confidences,
    )


def _tenths(lengths: NDArray[numpy.float32]) -> NDArray[numpy.int32]:
    # a broken file may place a character at infinity
    bounded = numpy.fmin(numpy.fmax(lengths * TENTHS, -1e6), 1e6)
    return numpy.rint(bounded).astype(numpy.int32)


def _array(values: NDArray[numpy.generic]) -> "array[int]":
    packed = array("i")
    packed.frombytes(numpy.ascontiguousarray(values, dtype=numpy.int32).tobytes())
    return packed
