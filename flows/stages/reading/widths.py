"""How wide letters usually are: where they stand within a word of which only the ends are known. Knows no reader."""

import numpy
from numpy.typing import NDArray

from flows.stages.reading.traced import Codes

# relative to a lower-case "n", as text faces have them
_WIDTH = numpy.ones(128, numpy.float32)
for letters, width in (
    ("iljtI!|.,:;'`", 0.5),
    ('frs()[]-/ "', 0.7),
    ("mwMW@%", 1.5),
    ("ABCDEFGHJKLNOPQRSTUVXYZ&", 1.3),
):
    _WIDTH[[ord(letter) for letter in letters]] = width


def widths_of(codes: Codes) -> NDArray[numpy.float32]:
    """How wide each character usually is, a lower-case "n" being 1."""
    widths: NDArray[numpy.float32] = _WIDTH[numpy.where(codes < 128, codes, 0)]
    return widths
