"""Where the characters of a page stand, and the compact map that is stored of it.

A box is (left, top, right, bottom) in points of the page as shown, x to the right and y down; a character without a
place has NaN. Knows no reader.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy
from numpy.typing import NDArray

from flows.stages.reading.geometry import Lengths, Marks, Steps
from flows.stages.reading.traced import Origins, codes_of
from schemas.geometry import TENTHS, PageMap, Turn

Boxes = NDArray[numpy.float32]
"""One row a character: left, top, right, bottom. Quickest where each side lies together (Fortran order)."""

Places = NDArray[numpy.int64]

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
    left, top, right, bottom = numpy.ascontiguousarray(boxes.T)
    # twice the step from middle to middle
    x, y = numpy.diff(left + right), numpy.diff(top + bottom)
    size = (numpy.abs(bottom - top) + numpy.abs(right - left))[1:]
    across = numpy.abs(y)
    # a new line is a longer step
    is_near = numpy.maximum(numpy.abs(x), across) < 2 * size
    if 2 * numpy.count_nonzero(is_near & (x > across)) > numpy.count_nonzero(is_near):
        return 0  # as nearly every page
    return turn_of_steps(x[is_near], y[is_near])


def turn_of_steps(x: Lengths, y: Lengths) -> Turn:
    """Which way most steps go: 0 to the right, 90 down, 180 to the left, 270 up; 0 where there are none."""
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
    return numpy.stack(columns).T


def as_shown(lines: Boxes, turn: Turn) -> Boxes:
    """The boxes of `along_lines` as (left, top, right, bottom) again."""
    start, end, low, high = lines.T
    columns = {
        0: (start, low, end, high),
        90: (-high, start, -low, end),
        180: (-end, -high, -start, -low),
        270: (low, -end, high, -start),
    }[turn]
    return numpy.stack(columns).T


def make_map(text: str, origins: Origins, glyphs: Glyphs) -> PageMap:
    """The map of a cleaned page whose characters come from `origins` among those of `glyphs`."""
    bare = PageMap(round(glyphs.width * TENTHS), round(glyphs.height * TENTHS), glyphs.turn)
    if glyphs.boxes is None or not len(glyphs.boxes) or not text:
        return replace(bare, turn=0)
    codes = codes_of(text)
    breaks = (codes == _LINE_BREAK) | (codes == _TAB)
    solid = (origins >= 0) & ~breaks & (codes != _SPACE)
    at, boxes = _placed(numpy.flatnonzero(solid), origins, glyphs.boxes)
    if not len(at):
        return replace(bare, turn=0)
    solid.fill(False)
    solid[at] = True
    lines = along_lines(boxes, glyphs.turn).T
    _share(lines, origins[at])
    words = None if not glyphs.words else numpy.searchsorted(_starts(glyphs.words), origins[at], side="right")
    first = _run_starts(numpy.cumsum(breaks)[at], lines, words)
    counts = numpy.diff(numpy.append(first, len(at)))
    lefts, tops, rights, bottoms = _sides(first, boxes)
    return replace(
        bare,
        starts=_array(at[first]),
        lengths=_array(at[first + counts - 1] - at[first] + 1),
        lefts=lefts,
        tops=tops,
        rights=rights,
        bottoms=bottoms,
        edges=_array(_edges(solid, first, counts, lines)),
        confidences=_trust(glyphs.words, words, first),
    )


def _placed(at: Places, origins: Origins, boxes: Boxes) -> tuple[Places, Boxes]:
    """Those of the characters that have a place, and their boxes; a broken file shrinks letters to points."""
    found = boxes.T.take(origins[at], axis=1)
    left, top, right, bottom = found
    has_place = (right > left) & (bottom > top)
    return (at, found.T) if has_place.all() else (at[has_place], found[:, has_place].T)


def _share(lines: Boxes, origins: Origins) -> None:
    """Parts the box of a ligature evenly between the letters that it stands for."""
    is_same = origins[1:] == origins[:-1]
    if not is_same.any():
        return
    begins = numpy.flatnonzero(numpy.concatenate(([True], ~is_same)))
    counts = numpy.diff(numpy.append(begins, len(origins)))
    count = numpy.repeat(counts, counts)
    place = numpy.arange(len(origins)) - numpy.repeat(begins, counts)
    start, step = lines[0].copy(), (lines[1] - lines[0]) / count
    lines[0], lines[1] = start + place * step, start + (place + 1) * step


def _starts(words: Sequence[Word]) -> list[int]:
    return [word.start for word in words]


def _run_starts(parts: Places, lines: Boxes, words: Places | None) -> Places:
    """Where runs begin among the characters with a place, of which each has the number of its part of the text, its
    place along and across its line, and the number of the OCR word that it is in (None for a text layer).
    """
    steps = Steps.between(lines.T)
    is_near = (steps.gap > -0.5 * steps.height) & (steps.gap < LONGEST_SPACE * steps.height)
    goes_on = steps.is_level & is_near & (parts[1:] == parts[:-1])
    if words is not None:
        goes_on &= words[1:] == words[:-1]
    return numpy.concatenate(([0], numpy.flatnonzero(~goes_on) + 1))


def _sides(first: Places, boxes: Boxes) -> Iterator["array[int]"]:
    """The left, top, right and bottom of each run's rectangle; `first` are the places where runs begin."""
    outermost = (numpy.minimum, numpy.minimum, numpy.maximum, numpy.maximum)
    for each, side in zip(outermost, boxes.T, strict=True):
        yield _array(_tenths(each.reduceat(side, first)))


def _edges(solid: Marks, first: Places, counts: Places, lines: Boxes) -> NDArray[numpy.int32]:
    """How far along its run each character begins: one without a place where the last with a place ends, and 0 for
    what lies between runs.
    """
    origin = numpy.repeat(lines[0][first], counts)
    begins, ends = (_tenths(numpy.maximum(lines[side] - origin, 0)) for side in (0, 1))
    ends[first + counts - 1] = 0
    before = numpy.cumsum(solid) - 1
    edges: NDArray[numpy.int32] = numpy.where(solid, begins[before], ends[before])
    # before the first there is none, and -1 means the last, at whose end no run goes on
    return edges


def _trust(words: Sequence[Word], found: Places | None, first: Places) -> "array[int]":
    if found is None:
        return array("i")
    return array("i", [words[number - 1].confidence for number in found[first].tolist()])


def _tenths(lengths: NDArray[numpy.float32]) -> NDArray[numpy.int32]:
    # a broken file may place a character at infinity
    bounded = numpy.fmin(numpy.fmax(lengths * TENTHS, -1e6), 1e6)
    return numpy.rint(bounded).astype(numpy.int32)


def _array(values: NDArray[numpy.generic]) -> "array[int]":
    packed = array("i")
    packed.frombytes(numpy.ascontiguousarray(values, dtype=numpy.int32).tobytes())
    return packed
