"""How far a scanned page lies askew, and places on the straightened picture carried back to the one that was scanned.

Knows pictures and boxes, no text.
"""

import math

import numpy
from numpy.typing import NDArray
from PIL import Image

from flows.stages.reading.glyphs import Boxes

MOST_SKEW = 5.0
"""In degrees; a sheet fed into a scanner seldom lies further askew."""

STEP = 0.25
LEAST_SKEW = 0.3
"""Engines read lines that are less askew as well as straight ones."""

SEARCH_SIDE = 800
DARK = 128


def skew_of(picture: Image.Image) -> float:
    """By how many degrees the lines rise to the right (or lean, where the page lies on its side); 0 where it is unsure.

    The straight page is the one whose dark points fall into the sharpest rows or columns (projection profile, Postl
    1986).
    """
    small = picture.convert("L")
    small.thumbnail((SEARCH_SIDE, SEARCH_SIDE))
    y, x = numpy.nonzero(numpy.asarray(small) < DARK)
    if len(y) < 100:
        return 0.0
    angles = numpy.arange(-MOST_SKEW, MOST_SKEW + STEP, STEP)
    profiles = [(_sharpness(y, x, angle), _sharpness(x, -y, angle)) for angle in numpy.radians(angles)]
    rows, columns = numpy.array(profiles).T
    best = rows if rows.max() >= columns.max() else columns
    found = float(angles[int(best.argmax())])
    is_clear = best.max() > 1.1 * best[len(best) // 2]
    return found if abs(found) >= LEAST_SKEW and is_clear else 0.0


def straightened(picture: Image.Image, skew: float) -> Image.Image:
    """The picture turned so that its lines lie level; the same size, white where nothing was."""
    if not skew:
        return picture
    return picture.rotate(-skew, Image.Resampling.BICUBIC, fillcolor=255)


def carried_back(boxes: Boxes, skew: float, size: tuple[int, int]) -> Boxes:
    """Boxes on the straightened picture as they lie on the one askew."""
    if not skew:
        return boxes
    middle = numpy.array(size, numpy.float32) / 2
    left, top, right, bottom = boxes.T
    corners = numpy.stack([(left, top), (right, top), (right, bottom), (left, bottom)]).transpose(2, 0, 1) - middle
    sine, cosine = math.sin(math.radians(skew)), math.cos(math.radians(skew))
    turned = corners @ numpy.array([[cosine, -sine], [sine, cosine]], numpy.float32) + middle
    return numpy.concatenate([turned.min(axis=1), turned.max(axis=1)], axis=1)


def _sharpness(across: NDArray[numpy.int64], along: NDArray[numpy.int64], angle: float) -> float:
    rows = (across * math.cos(angle) + along * math.sin(angle)).round().astype(numpy.int64)
    counts = numpy.bincount(rows - rows.min())
    return float(numpy.square(numpy.diff(counts)).sum())
