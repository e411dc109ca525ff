"""A database of a few plain texts, read and found to hold nothing: what search and questions are tried on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from domain_models import domains
from flows.stages.rows import Extraction, Parsed
from flows.stages.store import open_store
from schemas.document import ParsedDocument, SourceFile, join_pages


def store_texts(path: Path, documents: Mapping[str, tuple[str, Sequence[str]]]) -> Path:
    """The database at `path`, made of documents by name: domain and the text of each page, unreadable where empty."""
    with open_store(path, domains().values()) as store:
        store.start_run("run-1", datetime.now(UTC), {})
        batch = [parsed(name, *rest) for name, rest in documents.items()]
        store.save_parsed(batch, "p1", "run-1")
        for one in batch:
            store.save_extraction([Extraction(one.document.id, (), (), ())], "t1", "r1", "run-1")
    return path


def parsed(name: str, domain: str, pages: Sequence[str]) -> Parsed:
    """A document as the parser hands it on, without words or layout."""
    key = sha256(name.encode()).hexdigest()
    text, placed = join_pages(pages, ["pdfium" if page else "unreadable" for page in pages])
    return Parsed(SourceFile(Path("/inbox") / name, key, 1), ParsedDocument(key, name, text, placed), (), domain, 0.9)
