"""Image files as scans: how many frames they hold, and each of them upright. Knows no PDF and reads no text."""

import io
from collections.abc import Iterator, Sequence

from PIL import Image, ImageOps, UnidentifiedImageError

from flows.stages.reading.signatures import IMAGE_HEADS
from schemas.errors import DocumentError

MAX_PIXELS = 40_000_000

DPI = 200
"""What an image file counts as: what it says of itself is missing or 72 more often than right."""


def is_picture(content: bytes) -> bool:
    """Whether the bytes begin like a PNG, JPEG or TIFF (their first 16 are enough)."""
    return content.startswith(IMAGE_HEADS)


def count(content: bytes) -> int:
    """How many frames there are. Raises DocumentError `corrupt`."""
    with _opened(content) as image:
        return int(getattr(image, "n_frames", 1))


def frames(content: bytes, indices: Sequence[int]) -> Iterator[Image.Image]:
    """These frames (0-based), in grey. Raises DocumentError `corrupt` or `too large in memory`."""
    with _opened(content) as image:
        for index in indices:
            try:
                image.seek(index)
                yield ImageOps.exif_transpose(image).convert("L")
            except (OSError, EOFError, SyntaxError, ValueError) as error:
                raise DocumentError("corrupt") from error


def _opened(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "TIFF"))
    except Image.DecompressionBombError as error:
        raise DocumentError("too large in memory") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DocumentError("corrupt") from error
    if image.width * image.height > MAX_PIXELS:
        raise DocumentError("too large in memory")
    return image
