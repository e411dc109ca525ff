"""Snippets of recognised text put in reading order: the page's turn and skew undone, snippets of a row on one line.

Coordinates are a picture's: x to the right, y down.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from flows.stages.reading.geometry import CELL_GAP, Turn

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Quad:
    """The four corners of a snippet, clockwise from its top left as the picture lies."""

    corners: tuple[Point, ...]

    @property
    def width(self) -> float:
        """Length of the upper edge."""
        return math.dist(self.corners[0], self.corners[1])

    @property
    def height(self) -> float:
        """Length of the left edge."""
        return math.dist(self.corners[0], self.corners[3])


@dataclass(frozen=True, slots=True)
class Snippet:
    """A run of words and where it stands."""

    text: str
    quad: Quad


@dataclass(frozen=True, slots=True)
class _Placed:
    """A snippet on the upright page: its ends along the line, the middle of its height, and its height."""

    text: str
    start: float
    end: float
    middle: float
    height: float


def join_snippets(snippets: Sequence[Snippet], turn: Turn) -> str:
    """The text, line by line; a tab parts the cells of a row."""
    if not snippets:
        return ""
    turned = [Snippet(one.text, Quad(tuple(_upright(point, turn) for point in one.quad.corners))) for one in snippets]
    placed = _straightened(turned)
    return "\n".join(_join_line(line) for line in _lines(placed))


def _upright(point: Point, turn: Turn) -> Point:
    x, y = point
    return {0: (x, y), 90: (-y, x), 180: (-x, -y), 270: (y, -x)}[turn.degrees]


def _straightened(snippets: Sequence[Snippet]) -> list[_Placed]:
    boxes = [_ordered(snippet.quad) for snippet in snippets]
    # long lines tell the skew, short ones only noise
    long = [(left, right) for left, right, height in boxes if right[0] - left[0] > 4 * height]
    slopes = [(right[1] - left[1]) / (right[0] - left[0]) for left, right in long]
    slope = median(slopes) if slopes else 0.0
    placed = []
    for snippet, (left, right, height) in zip(snippets, boxes, strict=True):
        middle = (left[1] + right[1]) / 2 - slope * (left[0] + right[0]) / 2
        placed.append(_Placed(snippet.text.strip(), left[0], right[0], middle, height))
    return placed


def _ordered(quad: Quad) -> tuple[Point, Point, float]:
    """The middles of a snippet's left and right edge on the upright page, and its height."""
    by_x = sorted(quad.corners)
    left, right = by_x[:2], by_x[2:]
    height = (math.dist(*left) + math.dist(*right)) / 2
    return _middle(left), _middle(right), height


def _middle(edge: Sequence[Point]) -> Point:
    return (edge[0][0] + edge[1][0]) / 2, (edge[0][1] + edge[1][1]) / 2


def _lines(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    lines: list[list[_Placed]] = []
    for one in sorted(placed, key=lambda one: one.middle):
        line = lines[-1] if lines else []
        if line and abs(one.middle - line[-1].middle) < 0.5 * min(one.height, line[-1].height):
            line.append(one)
        else:
            lines.append([one])
    return [sorted(line, key=lambda one: one.start) for line in lines]


def _join_line(line: Sequence[_Placed]) -> str:
    text = line[0].text
    for before, after in pairwise(line):
        gap = after.start - before.end
        text += ("\t" if gap > CELL_GAP * max(before.height, after.height) else " ") + after.text
    return text
