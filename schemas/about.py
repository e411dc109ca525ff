"""What a PDF says of itself beside its text. Knows no reader; nothing here is checked against anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline; `level` 1 is outermost. `page_number` (1-based) is None where it leads to no page."""

    level: int
    title: str
    page_number: int | None


@dataclass(frozen=True, slots=True)
class FormField:
    """A filled field of a form, by its full name."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF; `size` in bytes, None where the PDF does not state it."""

    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class About:
    """Document information by name, outline, labels of pages that are not their number, form values, attachments."""

    properties: tuple[tuple[str, str], ...] = ()
    outline: tuple[Bookmark, ...] = ()
    page_labels: tuple[tuple[int, str], ...] = ()
    form_fields: tuple[FormField, ...] = ()
    attachments: tuple[Attachment, ...] = ()
