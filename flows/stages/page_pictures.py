"""Draws the pages of a stored document from its file, where the file still is what was read.

Knows files and readers; knows no finding and no HTML.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from pypdfium2 import PdfiumError

from flows.stages.reading import pdfium, pictures
from flows.stages.reading.containers import read_bytes
from flows.stages.redaction import Cut, redact
from schemas.errors import DocumentError

DPI = 110
GREYS = 16
"""Of a PNG: print keeps its edges, and a page of it weighs less than half of what it does as JPEG (55 of 130 KB)."""

QUALITY = 60
"""Of a JPEG, which a scan or photograph is smaller as."""

WHY = {
    "encrypted": "The file at {path} needs a password.",
    "no longer in its archive": "The file is no longer at {path}.",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One page in grey, turned as a viewer shows it; sides in pixels. `media_type` is image/png or image/jpeg."""

    content: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """A picture of each page, None where it cannot be drawn. `missing` says why there is none at all, else empty."""

    pages: tuple[Picture | None, ...]
    missing: str = ""


def draw_pages(
    path: Path | None,
    sha256: str,
    pages: Sequence[int],
    passwords: Sequence[str] = (),
    allowed: Sequence[Cut | None] | None = None,
) -> Pictures:
    """These pages (0-based) of the document, drawn from the file at `path` if its bytes still have this hash; of a
    de-identified document, what is `allowed` of each.

    In this process and without limits; `flows.stages.painter` sets them.
    """
    none = (None,) * len(pages)
    if path is None:
        return Pictures(none, "Where the file is was not stored; give it with --file.")
    try:
        content = read_bytes(path)
        if hashlib.sha256(content).hexdigest() != sha256:
            return Pictures(none, f"The file at {path} has changed since it was read.")
        if allowed is not None:
            return Pictures(tuple(_redacted(content, dict(zip(pages, allowed, strict=True)), passwords)))
        return Pictures(tuple(_drawn(content, pages, passwords)))
    except FileNotFoundError:
        return Pictures(none, f"The file is no longer at {path}.")
    except OSError as error:
        return Pictures(none, f"The file at {path} cannot be read: {(error.strerror or 'unknown error').lower()}.")
    except DocumentError as error:
        return Pictures(none, WHY.get(error.reason, "The file at {path} cannot be drawn.").format(path=path))


def _drawn(content: bytes, pages: Sequence[int], passwords: Sequence[str]) -> Iterator[Picture | None]:
    if pictures.is_picture(content):
        for frame in pictures.frames(content, pages):
            share = DPI / pictures.DPI
            yield _encoded(frame.resize((max(1, round(frame.width * share)), max(1, round(frame.height * share)))))
        return
    with pdfium.opened(content, passwords) as pdf:
        for index in pages:
            try:
                yield _encoded(pdfium.render(pdf, index, DPI))
            except (PdfiumError, IndexError):
                yield None


def _redacted(content: bytes, allowed: Mapping[int, Cut | None], passwords: Sequence[str]) -> Iterator[Picture | None]:
    if pictures.is_picture(content):
        yield from [None] * len(allowed)
        return
    with pdfium.opened(content, passwords) as pdf:
        for index, cut in allowed.items():
            try:
                yield _encoded(redact(pdfium.render(pdf, index, DPI), cut)) if cut else None
            except (PdfiumError, IndexError):
                yield None


def _encoded(picture: Image.Image) -> Picture:
    grey = picture.convert("L")
    few = grey.point(lambda level: level * GREYS // 256)
    few.putpalette([level * 255 // (GREYS - 1) for level in range(GREYS) for _ in "rgb"])
    as_png, as_jpeg = io.BytesIO(), io.BytesIO()
    few.save(as_png, "PNG", bits=4)
    grey.save(as_jpeg, "JPEG", quality=QUALITY, optimize=True)
    made = {"image/png": as_png.getvalue(), "image/jpeg": as_jpeg.getvalue()}
    media_type = min(made, key=lambda name: len(made[name]))
    return Picture(made[media_type], media_type, *picture.size)
