"""What of a page's picture may be shown of a de-identified document: the words that the text layer has, less the masks.

Whatever is not known text (photographs, signatures, stamps, bar codes, handwriting) is left white; the masked places are
black. Knows neither the file nor HTML.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from PIL import Image, ImageDraw

from schemas.document import Page
from schemas.geometry import TENTHS, PageMap, Rectangle, rectangles
from schemas.masking import MaskedPlace

MARGIN = 1.0
"""Points by which a black box is larger than what it hides: letters reach over their boxes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One page: its size in points, the rectangles of unmasked text, and those to be black."""

    width: float
    height: float
    shown: tuple[Rectangle, ...]
    hidden: tuple[Rectangle, ...]


def cuts(pages: Sequence[Page], maps: Sequence[PageMap], masks: Sequence[MaskedPlace]) -> tuple[Cut | None, ...]:
    """What to show of each page; None where its picture must be left out: a scan, or a page whose reader tells no places."""
    made: list[Cut | None] = []
    for page, page_map in zip(pages, maps, strict=True):
        if page.reader != "pdfium" or not page_map.starts or not page_map.width or not page_map.height:
            made.append(None)
            continue
        here = [mask for mask in masks if mask.char_start < page.char_end and mask.char_end > page.char_start]
        if any(not mask.boxes for mask in here):
            made.append(None)
            continue
        shown = chain.from_iterable(rectangles([page], [page_map], *gap) for gap in _gaps(page, here))
        hidden = tuple(box for mask in here for box in mask.boxes if box.page_number == page.number)
        made.append(Cut(page_map.width / TENTHS, page_map.height / TENTHS, tuple(shown), hidden))
    return tuple(made)


def _gaps(page: Page, masks: Sequence[MaskedPlace]) -> Iterator[tuple[int, int]]:
    at = page.char_start
    for mask in masks:
        if mask.char_start > at:
            yield at, mask.char_start
        at = mask.char_end
    if at < page.char_end:
        yield at, page.char_end


def redact(picture: Image.Image, cut: Cut) -> Image.Image:
    """The picture with all but the known text white, and the masked places black."""
    grey, clean = picture.convert("L"), Image.new("L", picture.size, 255)
    for box in cut.shown:
        corner = _pixels(box, cut, picture.size, 0.0)
        if corner[2] > corner[0] and corner[3] > corner[1]:
            clean.paste(grey.crop(corner), corner[:2])
    brush = ImageDraw.Draw(clean)
    for box in cut.hidden:
        brush.rectangle(_pixels(box, cut, picture.size, MARGIN), fill=0)
    return clean


def _pixels(box: Rectangle, cut: Cut, size: tuple[int, int], margin: float) -> tuple[int, int, int, int]:
    across, down = size[0] / cut.width, size[1] / cut.height
    return (
        max(0, int((box.left - margin) * across)),
        max(0, int((box.top - margin) * down)),
        min(size[0], int((box.right + margin) * across) + 1),
        min(size[1], int((box.bottom + margin) * down) + 1),
    )
