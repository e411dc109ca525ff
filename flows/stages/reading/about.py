"""What a PDF says of itself, as pypdf reads it: information, outline, page labels, form values, attachments.

Each part by itself: one that is broken is empty and costs no other. Knows no page's text.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import pypdf
from pypdf.generic import Destination

from flows.stages.reading import pictures
from flows.stages.reading.cleaning import clean
from schemas.about import About, Attachment, Bookmark, FormField

Part = TypeVar("Part")

MOST_ENTRIES = 10_000
"""Of each part; a longer list is a broken or hostile file's."""

LONGEST = 2_000
"""Characters of one entry."""


def read_about(content: bytes, passwords: Sequence[str] = ()) -> About:
    """All that can be read; empty for an image, and where pypdf cannot open the file."""
    if pictures.is_picture(content):
        return About()
    opened = tuple(_whole(lambda: iter([_open(content, passwords)])))
    if not opened or opened[0] is None:
        return About()
    reader = opened[0]
    return About(
        _whole(lambda: _properties(reader)),
        _whole(lambda: _bookmarks(reader, reader.outline, 1)),
        _whole(lambda: _page_labels(reader)),
        _whole(lambda: _form_fields(reader)),
        _whole(lambda: _attachments(reader)),
    )


def _whole(part: Callable[[], Iterator[Part]]) -> tuple[Part, ...]:
    try:
        return tuple(islice(part(), MOST_ENTRIES))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (broken files make pypdf raise anything from KeyError to RecursionError)
        return ()


def _open(content: bytes, passwords: Sequence[str]) -> pypdf.PdfReader | None:
    reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not any(reader.decrypt(password) for password in ("", *passwords)):
        return None
    return reader


def _properties(reader: pypdf.PdfReader) -> Iterator[tuple[str, str]]:
    for name, value in (reader.metadata or {}).items():
        text = _text(value)
        if text:
            yield _text(name).removeprefix("/"), text


def _bookmarks(reader: pypdf.PdfReader, entries: Sequence[Any], level: int) -> Iterator[Bookmark]:
    for entry in entries:
        if isinstance(entry, Destination):
            number = reader.get_destination_page_number(entry)
            title = _text(entry.title)
            if title:
                yield Bookmark(level, title, None if number is None or number < 0 else number + 1)
        else:
            yield from _bookmarks(reader, entry, level + 1)


def _page_labels(reader: pypdf.PdfReader) -> Iterator[tuple[int, str]]:
    if "/PageLabels" not in reader.root_object:
        return
    for number, label in enumerate(reader.page_labels, start=1):
        if label != str(number) and _text(label):
            yield number, _text(label)


def _form_fields(reader: pypdf.PdfReader) -> Iterator[FormField]:
    for name, field in (reader.get_fields() or {}).items():
        value = field.get("/V")
        text = ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
        # a check box that is not ticked says /Off
        if text and text != "/Off":
            yield FormField(_text(name), text)


def _attachments(reader: pypdf.PdfReader) -> Iterator[Attachment]:
    for attachment in reader.attachment_list:
        yield Attachment(_text(attachment.name), attachment.size)


def _text(value: object) -> str:
    """The value as one line fit to store."""
    if value is None:
        return ""
    return " ".join(clean([str(value)])[0].split())[:LONGEST]
