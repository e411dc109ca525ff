"""Stores and reads back what the stages make: each call is one transaction over one batch of documents.

Knows the core tables; knows neither what a field means nor in which order the stages run. A stage that is done again
replaces its documents' rows, so a process killed at any moment leaves whole stages of whole documents.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import duckdb

from domain_models.domain import Domain
from flows.stages import rows
from flows.stages.auto_accept import auto_accept_view
from flows.stages.database import connect, plain_errors, private_files
from flows.stages.rows import Change, Extraction, Parsed, utc
from schemas.document import Page, ParsedDocument, Section
from schemas.errors import StoreError
from schemas.finding import Finding, Summary, Value
from schemas.geometry import PageMap
from schemas.masking import DEIDENTIFIED, MaskedPlace
from schemas.migrate import Catalogue, CatalogueField, apply_views, migrate, save_catalogue, transaction
from schemas.run import Failure, Fingerprint, Run, Skip

__all__ = ["DocumentState", "Extraction", "Parsed", "Store", "StoredDocument", "open_store"]

PARSE_TABLES = ("documents", "pages", "geometry", "sections", "masks", *rows.ABOUT_TABLES)
EXTRACTION_TABLES = ("findings", "records", "rulings")

DELETE_BATCH = "DELETE FROM core.{table} WHERE document_id IN (SELECT document_id FROM batch)"

INSERT_ROWS = "INSERT INTO core.{table} BY NAME SELECT * FROM new_rows"

FINISH_RUN = """
UPDATE core.runs SET started_at = $started, finished_at = $finished, files = $files, processed = $processed,
    failed = $failed, skipped = $skipped, pages = $pages, findings = $findings, seconds = $seconds
WHERE run_id = $run
"""

MARK_PROCESSED = """
UPDATE core.documents SET state = 'processed', tagger = $tagger, rules = $rules, run_id = $run, stored_at = $now
WHERE document_id IN (SELECT document_id FROM batch)
"""

MARK_SUMMARISED = """
UPDATE core.documents SET writer = $writer, summary_refused = batch.refused, run_id = $run, stored_at = $now
FROM batch WHERE documents.document_id = batch.document_id
"""

# A summary that could not be made hides nothing: the document's findings are whole.
MARK_FAILED = """
UPDATE core.documents SET state = 'failed', run_id = $run, stored_at = $now
WHERE document_id IN (SELECT document_id FROM batch WHERE stage <> 'summarize')
"""

RESOLVE = """
UPDATE core.failures SET resolved_at = $now
WHERE resolved_at IS NULL AND (stage = 'summarize') = $summaries AND (
    document_id IN (SELECT document_id FROM batch)
    OR path IN (SELECT path FROM core.documents WHERE document_id IN (SELECT document_id FROM batch)))
"""

# The same bytes failing again in another run is one more attempt; other bytes at the same path start anew.
SAVE_FAILURES = """
INSERT INTO core.failures SELECT path, document_id, stage, reason, 1, $run, $now, $now, NULL FROM batch
ON CONFLICT (path) DO UPDATE SET
    attempts = CASE
        WHEN failures.document_id IS DISTINCT FROM excluded.document_id OR failures.resolved_at IS NOT NULL THEN 1
        WHEN failures.run_id = excluded.run_id THEN failures.attempts
        ELSE failures.attempts + 1 END,
    first_seen_at = CASE
        WHEN failures.document_id IS DISTINCT FROM excluded.document_id OR failures.resolved_at IS NOT NULL
        THEN excluded.first_seen_at ELSE failures.first_seen_at END,
    document_id = excluded.document_id, stage = excluded.stage, reason = excluded.reason,
    run_id = excluded.run_id, last_seen_at = excluded.last_seen_at, resolved_at = NULL
"""

FINGERPRINTS = """
SELECT document_id, state, parser, coalesce(domain, ''), coalesce(tagger, ''), coalesce(rules, ''),
    coalesce(writer, '') FROM core.documents
"""

FINDINGS = """
SELECT document_id, field, quote, char_start, char_end, page_start, page_end, probability, source,
    value_text, value_date, value_number, value_unit, value_code, value_code_system
FROM core.findings WHERE list_contains($ids, document_id) ORDER BY document_id, char_start, char_end, field
"""

PAGES = """
SELECT document_id, page_number, char_start, char_end, reader
FROM core.pages WHERE list_contains($ids, document_id) ORDER BY document_id, page_number
"""

MAPS = f"""
SELECT width, height, turn, {", ".join(rows.MAP_LISTS)}
FROM core.geometry WHERE document_id = $id ORDER BY page_number
"""  # noqa: S608 (names of our own columns)

SECTIONS = """
SELECT document_id, title, level, path, char_start, char_end
FROM core.sections WHERE list_contains($ids, document_id) ORDER BY document_id, ordinal
"""

MASKS = "SELECT kind, char_start, char_end, boxes FROM core.masks WHERE document_id = $id ORDER BY ordinal"

RUN_PARSERS = "SELECT DISTINCT versions['parser'] FROM core.runs"

DOCUMENTS = "SELECT document_id, name, text, domain FROM core.documents WHERE list_contains($ids, document_id)"

OPEN_FAILURES = "SELECT path, document_id, stage, reason FROM core.failures WHERE resolved_at IS NULL ORDER BY path"


@dataclass(frozen=True, slots=True)
class DocumentState:
    """How far a document is, and by which versions; a version is empty where its stage is not done."""

    state: Literal["parsed", "processed", "failed"]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document read back as it was parsed. `domain` is None where it could not be decided."""

    document: ParsedDocument
    sections: tuple[Section, ...]
    domain: str | None


class Store:
    """An open database: the only writer of its file. All methods may be called from any thread of this process."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, resources: ExitStack) -> None:
        self.path = path
        self._connection = connection
        self._resources = resources
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what was stored stays. Closing twice is harmless."""
        with self._lock, plain_errors(self.path):
            self._resources.close()

    def install(self, domain: Domain) -> None:
        """Replace the domain's typed views and its field catalogue."""
        views = domain.folder / "views.sql"
        fields = tuple(CatalogueField(f.name, f.label, f.kind, f.description) for f in domain.fields)
        with self._lock, plain_errors(self.path):
            save_catalogue(self._connection, Catalogue(domain.name, domain.title, domain.rules_version, fields))
            sql = views.read_text(encoding="utf-8") if views.exists() else ""
            apply_views(self._connection, domain.name, sql + auto_accept_view(domain))

    def start_run(self, run_id: str, started_at: datetime, versions: Mapping[str, str]) -> None:
        """Enter a run; `versions` by the part's name (parser, tagger legal, ...)."""
        insert = "INSERT INTO core.runs VALUES (?, ?, NULL, 0, 0, 0, 0, 0, 0, 0, map(?, ?))"
        with self._writing():
            self._connection.execute(insert, [run_id, utc(started_at), list(versions), list(versions.values())])

    def finish_run(self, run: Run) -> None:
        """Store what became of a run that was started."""
        finished = utc(run.finished_at) if run.finished_at else _now()
        cells = {
            "run": run.id, "started": utc(run.started_at), "finished": finished, "files": run.files,
            "processed": run.processed, "failed": run.failed, "skipped": run.skipped, "pages": run.pages,
            "findings": run.findings, "seconds": run.seconds,
        }  # fmt: skip
        with self._writing():
            if self._connection.execute(FINISH_RUN, cells).fetchall() != [(1,)]:
                raise StoreError(f"run {run.id!r} was never started in {self.path}")

    def fingerprints(self) -> Mapping[str, DocumentState]:
        """How far each stored document is, by document id."""
        found = self._read(FINGERPRINTS)
        return {row[0]: DocumentState(row[1], Fingerprint(*row[2:])) for row in found}

    def save_parsed(self, batch: Sequence[Parsed], parser: str, run_id: str) -> None:
        """Store text, pages, geometry, sections and what files say of themselves; whatever later stages made of these documents before is removed."""
        change = Change(run_id, _now())
        with self._writing(), self._batch(p.document.id for p in batch):
            self._delete(*PARSE_TABLES, *EXTRACTION_TABLES, "summaries")
            self._insert("documents", rows.document_rows(batch, parser, change))
            self._insert("pages", rows.page_rows(batch))
            self._insert("geometry", rows.geometry_rows(batch))
            self._insert("sections", rows.section_rows(batch))
            self._insert("masks", rows.mask_rows(batch))
            for table, made in rows.about_rows(batch).items():
                self._insert(table, made)

    def load_documents(self, ids: Sequence[str]) -> tuple[StoredDocument, ...]:
        """The documents in the order asked for; StoreError if one is not stored."""
        with self._lock:
            documents = {row[0]: row[1:] for row in self._read(DOCUMENTS, {"ids": list(ids)})}
            pages = _grouped(self._read(PAGES, {"ids": list(ids)}), Page)
            sections = _grouped(self._read(SECTIONS, {"ids": list(ids)}), _section)
        missing = [key for key in ids if key not in documents]
        if missing:
            raise StoreError(
                f"{len(missing)} of {len(ids)} documents are not stored in {self.path}: {missing[0][:12]} ..."
            )
        return tuple(
            StoredDocument(ParsedDocument(key, name, text, pages.get(key, ())), sections.get(key, ()), domain)
            for key in ids
            for name, text, domain in [documents[key]]
        )

    def load_maps(self, document_id: str) -> tuple[PageMap, ...]:
        """Where the characters of a document's pages stand, page by page; empty where it is not stored."""
        return tuple(rows.page_map(*cells) for cells in self._read(MAPS, {"id": document_id}))

    def load_masks(self, document_id: str) -> tuple[MaskedPlace, ...]:
        """What was masked in a document, in order; empty where it is not de-identified."""
        return tuple(rows.masked_place(*cells) for cells in self._read(MASKS, {"id": document_id}))

    def is_deidentified(self) -> bool | None:
        """Whether every run so far masked what it stored, or none did; None where there was no run."""
        parsers = [str(row[0]) for row in self._read(RUN_PARSERS)]
        return all(DEIDENTIFIED in parser for parser in parsers) if parsers else None

    def load_findings(self, ids: Sequence[str]) -> Mapping[str, tuple[Finding, ...]]:
        """The documents' findings in reading order, by document id; an empty tuple where there are none."""
        found = _grouped([(row[0], *row) for row in self._read(FINDINGS, {"ids": list(ids)})], _finding)
        return {key: found.get(key, ()) for key in ids}

    def save_extraction(self, batch: Sequence[Extraction], tagger: str, rules: str, run_id: str) -> None:
        """Store findings, records and rulings, and call the documents processed."""
        with self._writing(), self._batch(e.document_id for e in batch):
            versions = {"tagger": tagger, "rules": rules}
            self._mark(MARK_PROCESSED, versions, run_id, len(batch))
            self._delete(*EXTRACTION_TABLES)
            self._insert("findings", rows.finding_rows(f for e in batch for f in e.findings))
            self._insert("records", rows.record_rows(r for e in batch for r in e.records))
            self._insert("rulings", rows.ruling_rows(r for e in batch for r in e.rulings))
            self._connection.execute(RESOLVE, {"now": _now(), "summaries": False})

    def save_summaries(self, batch: Sequence[Summary], writer: str, run_id: str) -> None:
        """Store the documents' summaries in place of any earlier ones."""
        with self._writing(), self._batch((s.document_id for s in batch), [s.refused for s in batch]):
            self._mark(MARK_SUMMARISED, {"writer": writer}, run_id, len(batch))
            self._delete("summaries")
            self._insert("summaries", rows.summary_rows(batch))
            self._connection.execute(RESOLVE, {"now": _now(), "summaries": True})

    def save_failures(self, failures: Sequence[Failure], run_id: str) -> None:
        """Store why files got no further; a stored document among them is failed, unless only its summary did."""
        cells = {"run": run_id, "now": _now()}
        with self._writing(), self._registered(rows.failure_rows(failures)):
            self._connection.execute(SAVE_FAILURES, cells)
            self._connection.execute(MARK_FAILED, cells)

    def save_skips(self, skips: Sequence[Skip], run_id: str) -> None:
        """Store which files a run did not try, and why."""
        with self._writing(), self._registered(rows.skip_rows(skips, run_id)):
            self._connection.execute("INSERT OR REPLACE INTO core.skips BY NAME SELECT * FROM batch")

    def open_failures(self) -> tuple[Failure, ...]:
        """The failures that still stand, by path: what a retry takes up again."""
        return tuple(Failure(*row) for row in self._read(OPEN_FAILURES))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, plain_errors(self.path), transaction(self._connection):
            yield

    @contextmanager
    def _batch(self, ids: Iterable[str], refused: Iterable[int] | None = None) -> Iterator[None]:
        """The ids are the table `batch` meanwhile."""
        listed = list(ids)
        with self._registered(rows.id_rows(listed, refused or [None] * len(listed))):
            yield

    @contextmanager
    def _registered(self, table: Any, name: str = "batch") -> Iterator[None]:
        """The Arrow table goes by `name` in SQL meanwhile."""
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

    def _delete(self, *tables: str) -> None:
        """Remove the batch's rows; `tables` are names of ours, never input."""
        for table in tables:
            self._connection.execute(DELETE_BATCH.format(table=table))

    def _insert(self, table: str, new_rows: Any) -> None:
        """Add rows to a table of ours, column by column of the same name."""
        with self._registered(new_rows, "new_rows"):
            self._connection.execute(INSERT_ROWS.format(table=table))

    def _mark(self, update: str, versions: dict[str, str], run_id: str, expected: int) -> None:
        """Set the batch's documents to what a stage made of them; StoreError unless each is stored, once."""
        cells = {**versions, "run": run_id, "now": _now()}
        marked = self._connection.execute(update, cells).fetchall()[0][0]  # RETURNING would rewrite every text
        if marked != expected:
            raise StoreError(f"only {marked} of {expected} documents of a batch are stored in {self.path}, each once")

    def _read(self, query: str, cells: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        with self._lock, plain_errors(self.path):
            return self._connection.execute(query, cells).fetchall()


def open_store(path: Path, domains: Iterable[Domain] = ()) -> Store:
    """The database at `path`, made if there is none, migrated, with the views of `domains`; use it in a `with`.

    Raises DatabaseBusy, DatabaseTooNew, or StoreError for a file or folder that cannot serve.
    """
    with ExitStack() as opened:
        opened.enter_context(private_files())
        connection = connect(path, create=True)
        opened.callback(connection.close)
        path.chmod(0o600)
        with plain_errors(path):
            migrate(connection)
        store = Store(path, connection, opened.pop_all())
    try:
        for domain in domains:
            store.install(domain)
    except BaseException:
        store.close()
        raise
    return store


def _now() -> datetime:
    return utc(datetime.now(UTC))


def _grouped(found: Iterable[tuple[Any, ...]], make: Any) -> dict[str, tuple[Any, ...]]:
    """`make` of each row's other cells, by the row's first cell, in order."""
    groups: dict[str, list[Any]] = {}
    for key, *cells in found:
        groups.setdefault(key, []).append(make(*cells))
    return {key: tuple(members) for key, members in groups.items()}


def _section(title: str, level: int, path: list[str], char_start: int, char_end: int) -> Section:
    return Section(title, level, tuple(path), char_start, char_end)


def _finding(*cells: Any) -> Finding:
    document_id, field, quote, char_start, char_end, page_start, page_end, probability, source, *meaning = cells
    value = Value(*meaning) if any(cell is not None for cell in meaning) else None
    return Finding(
        document_id, field, quote, char_start, char_end, page_start, page_end, probability, source, value
    )  # fmt: skip
