"""What runs inside a parser process: limits, reading one file, OCR of some of its pages.

Imported by every worker, so it imports nothing heavy; OCR models load with the first scan.
"""

import contextlib
import hashlib
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from flows.stages.reading.about import read_about
from flows.stages.reading.cleaning import clean_traced
from flows.stages.reading.containers import read_bytes
from flows.stages.reading.glyphs import make_map
from flows.stages.reading.ocr import find_engine
from flows.stages.reading.pages import NOTHING, PageReading, ScanReading, read_layers, read_scans, settle
from flows.stages.reading.quality import count_letters
from schemas.about import About
from schemas.document import ParsedDocument, SourceFile, join_pages
from schemas.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as its text layers give it; `scans` are the pages (0-based) that OCR is still to read."""

    readings: tuple[PageReading, ...]
    scans: tuple[int, ...]
    about: About


def prepare(memory_bytes: int) -> None:
    """Bounds this process's memory and leaves Ctrl-C to the parent, which stops its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    with contextlib.suppress(ValueError, OSError):  # not every system lets a process bound its address space
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def read_document(file: SourceFile, passwords: Sequence[str]) -> ParsedDocument | Draft:
    """The whole document where its text layers suffice or no OCR engine is at hand, else what there is so far."""
    content = _content(file)
    readings = tuple(read_layers(content, passwords))
    about = read_about(content, passwords)
    scans = tuple(index for index, reading in enumerate(readings) if reading.is_scan)
    if scans and find_engine() is not None:
        return Draft(readings, scans, about)
    return assemble(file, [settle(reading, None) for reading in readings], about)


def read_pages(file: SourceFile, indices: Sequence[int], passwords: Sequence[str]) -> list[ScanReading | None]:
    """What OCR finds on these pages (0-based); None for each where there is no engine."""
    engine = find_engine()
    return [*read_scans(_content(file), indices, engine, passwords)] if engine else [None] * len(indices)


def complete(file: SourceFile, draft: Draft, scans: Sequence[ScanReading | None]) -> ParsedDocument:
    """The document with its scans read: `scans` in the order of `draft.scans`, None where reading one failed."""
    found = dict(zip(draft.scans, scans, strict=True))
    readings = [settle(reading, found.get(index)) for index, reading in enumerate(draft.readings)]
    return assemble(file, readings, draft.about)


def assemble(file: SourceFile, readings: Sequence[PageReading], about: About) -> ParsedDocument:
    """Pages to document, cleaned. Raises DocumentError `no readable page`."""
    cleaned = clean_traced(reading.text if reading.reader != "unreadable" else NOTHING for reading in readings)
    texts = [page.text for page in cleaned]
    if not any(map(count_letters, texts)):
        raise DocumentError("no readable page")
    text, pages = join_pages(texts, [reading.reader for reading in readings])
    maps = tuple(
        make_map(page.text, page.origins, reading.glyphs) for page, reading in zip(cleaned, readings, strict=True)
    )
    return ParsedDocument(file.sha256, file.path.name, text, pages, maps, about)


def _content(file: SourceFile) -> bytes:
    try:
        content = read_bytes(file.path)
    except OSError as error:
        raise DocumentError(f"unreadable: {(error.strerror or 'input/output error').lower()}") from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DocumentError("changed since it was found")
    return content
