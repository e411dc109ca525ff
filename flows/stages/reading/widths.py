"""Where letters stand within a word of which only the ends are known, by the widths that letters usually have.

Knows letters and boxes, no reader.
"""

import numpy
from numpy.typing import NDArray

from flows.stages.reading.glyphs import Boxes

Codes = NDArray[numpy.uint32]
Places = NDArray[numpy.int64]

WIDEST = 0.8
"""In line heights: letters that take more room than this each are no word set close (a "W" takes 0.8)."""

# relative to a lower-case "n", as text faces have them
_WIDTH = numpy.ones(128, numpy.float32)
for letters, width in (
    ("iljtI!|.,:;'`", 0.5),
    ('frs()[]-/ "', 0.7),
    ("mwMW@%", 1.5),
    ("ABCDEFGHJKLNOPQRSTUVXYZ&", 1.3),
):
    _WIDTH[[ord(letter) for letter in letters]] = width
_IS_ALNUM = numpy.array([chr(code).isalnum() for code in range(128)])


def codes_of(text: str) -> Codes:
    """Each character's code point."""
    return numpy.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), numpy.uint32)


def widths_of(codes: Codes) -> NDArray[numpy.float32]:
    """How wide each character usually is, a lower-case "n" being 1."""
    widths: NDArray[numpy.float32] = _WIDTH[numpy.where(codes < 128, codes, 0)]
    return widths


def asked_places(text: str) -> Places:
    """The places whose boxes must be known: the ends of every run of letters and digits, and every other mark but
    white space.
    """
    codes = codes_of(text)
    is_inner = _is_inner(codes)
    return numpy.flatnonzero(~is_inner & (codes > 32) & (codes != 0xA0))


def shared_between(text: str, boxes: Boxes, asked: Places) -> Places:
    """Gives the letters between two known ends their share, in place; returns the places where that cannot be right:
    words whose ends do not lie on one line.
    """
    codes = codes_of(text)
    inner = numpy.flatnonzero(_is_inner(codes))
    if not len(inner):
        return inner
    after = numpy.searchsorted(asked, inner)
    first, last = asked[after - 1], asked[after]
    before = numpy.cumsum(widths_of(codes)) - widths_of(codes)
    begin, stop = before[first], before[last] + widths_of(codes)[last]
    parts = numpy.stack([before[inner] - begin, before[inner] + widths_of(codes)[inner] - begin]) / (stop - begin)
    share: NDArray[numpy.float32] = parts.astype(numpy.float32)
    is_line = _fill(boxes, inner, (first, last), share)
    return inner[~is_line]


def _is_inner(codes: Codes) -> NDArray[numpy.bool_]:
    """Which characters have a letter or digit on either side and are one."""
    is_letter = numpy.where(codes < 128, _IS_ALNUM[numpy.where(codes < 128, codes, 0)], False)
    inner = is_letter.copy()
    inner[1:] &= is_letter[:-1]
    inner[:-1] &= is_letter[1:]
    inner[[0, -1]] = False
    return inner


def _fill(
    boxes: Boxes, inner: Places, ends: tuple[Places, Places], share: NDArray[numpy.float32]
) -> NDArray[numpy.bool_]:
    """Boxes for level words and for upright ones; whether each place could be filled."""
    first, last = boxes[ends[0]], boxes[ends[1]]
    low, high = numpy.minimum(first, last), numpy.maximum(first, last)
    middle = (last[:, :2] + last[:, 2:]) / 2 - (first[:, :2] + first[:, 2:]) / 2
    length = (ends[1] - ends[0]).astype(numpy.float32)
    size = numpy.maximum(high[:, 2] - low[:, 0], 0), numpy.maximum(high[:, 1] - low[:, 3], 0)
    filled = numpy.zeros(len(inner), numpy.bool_)
    for axis, (start, end, across) in enumerate(((0, 2, (1, 3)), (3, 1, (0, 2)))):
        thick = numpy.abs(first[:, across[1]] - first[:, across[0]])
        is_word = (
            (numpy.abs(middle[:, 1 - axis]) < 0.3 * thick) & (size[axis] < WIDEST * thick * (length + 1)) & ~filled
        )
        forward = middle[:, axis] >= 0
        at = numpy.where(forward, share, 1 - share[::-1])
        base, step = low[:, start], high[:, end] - low[:, start]
        for side, part in ((start, at[0]), (end, at[1])):
            boxes[inner[is_word], side] = (base + part * step)[is_word]
        for side in across:
            outer = high if side == 1 or side == 2 else low
            boxes[inner[is_word], side] = outer[is_word, side]
        filled |= is_word
        if filled.all():
            break
    return filled
