"""Second reader: pypdf, slower and sometimes wiser. Opened only where the first reader's page is no use.

Knows text layers only, and never renders.
"""

import io
import logging
from collections.abc import Sequence

import pypdf

# pypdf reports each flaw it works around, thousands of lines for one odd font, and quotes the file in them
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class SecondReader:
    """A document's pages as pypdf sees them; opened at the first question, silent where pypdf cannot read."""

    def __init__(self, content: bytes, passwords: Sequence[str] = ()) -> None:
        self._content = content
        self._passwords = ("", *passwords)
        self._pages: list[pypdf.PageObject] | None = None

    @property
    def page_count(self) -> int | None:
        """How many pages there are; None where pypdf cannot tell."""
        pages = self._open()
        return len(pages) if pages else None

    def text(self, index: int) -> str:
        """The text of one page (0-based), not yet cleaned; empty where pypdf cannot read it."""
        pages = self._open()
        if index >= len(pages):
            return ""
        try:
            return pages[index].extract_text()
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 (broken files make pypdf raise anything from KeyError to RecursionError)
            return ""

    def size(self, index: int) -> tuple[float, float]:
        """Width and height in points of a page (0-based) as shown; zero where pypdf cannot tell."""
        pages = self._open()
        if index >= len(pages):
            return 0.0, 0.0
        try:
            box = pages[index].cropbox
            width, height = float(box.width), float(box.height)
            return (height, width) if pages[index].rotation % 180 else (width, height)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 (the same)
            return 0.0, 0.0

    def _open(self) -> list[pypdf.PageObject]:
        if self._pages is None:
            try:
                self._pages = self._load()
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 (the same)
                self._pages = []
        return self._pages

    def _load(self) -> list[pypdf.PageObject]:
        reader = pypdf.PdfReader(io.BytesIO(self._content), strict=False)
        if reader.is_encrypted and not any(reader.decrypt(password) for password in self._passwords):
            return []
        return list(reader.pages)
