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
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from domain_models.domain import Domain
from flows.stages import dead_letters, history, mask_rows, proposals, quality, review_rows, rows, statements, track
from flows.stages.asked_view import asked_view
from flows.stages.audit import fold, record, stored_entries
from flows.stages.auto_accept import auto_accept_view
from flows.stages.database import connect, plain_errors, private_files
from flows.stages.ingest import Discovery
from flows.stages.quality import Drift, OpenFailure, RunQuality
from flows.stages.rows import Change, Extraction, Parsed, Tagged, utc
from schemas.document import Page, ParsedDocument, Section
from schemas.errors import DatabaseBusy, StoreError
from schemas.finding import Finding, Ruling, Span, Summary
from schemas.geometry import PageMap
from schemas.masking import DEIDENTIFIED, MaskedPlace
from schemas.migrate import Catalogue, CatalogueField, apply_views, migrate, save_catalogue, transaction
from schemas.review import Review
from schemas.run import Failure, Fingerprint, Run, Skip

__all__ = ["DocumentState", "Extraction", "Parsed", "Store", "StoredDocument", "Tagged", "open_store"]


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

    @contextmanager
    def alone(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection while no other thread uses it: for who brings whole tables in or out."""
        with self._lock:
            yield self._connection

    def install(self, domain: Domain) -> None:
        """Replace the domain's typed views and its field catalogue."""
        views = domain.folder / "views.sql"
        fields = tuple(CatalogueField(f.name, f.label, f.kind, f.description) for f in domain.fields)
        with self._lock, plain_errors(self.path):
            save_catalogue(self._connection, Catalogue(domain.name, domain.title, domain.rules_version, fields))
            sql = views.read_text(encoding="utf-8") if views.exists() else ""
            apply_views(self._connection, domain.name, sql + auto_accept_view(domain) + asked_view(domain))

    def start_run(self, run_id: str, started_at: datetime, versions: Mapping[str, str]) -> None:
        """Enter a run; `versions` by the part's name (parser, tagger legal, ...)."""
        insert = "INSERT INTO core.runs VALUES (?, ?, NULL, 0, 0, 0, 0, 0, 0, 0, map(?, ?), NULL)"
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
            if self._connection.execute(statements.FINISH_RUN, cells).fetchall() != [(1,)]:
                raise StoreError(f"run {run.id!r} was never started in {self.path}")

    def fingerprints(self, ids: Sequence[str] | None = None) -> Mapping[str, DocumentState]:
        """How far each stored document is, by document id; of those alone that `ids` name, where it is given."""
        found = self._read(statements.FINGERPRINTS, {"ids": None if ids is None else list(ids)})
        return {row[0]: DocumentState(row[1], Fingerprint(*row[2:])) for row in found}

    def save_parsed(self, batch: Sequence[Parsed], parser: str, run_id: str) -> None:
        """Store text, pages, geometry, sections and what files say of themselves; whatever later stages made of these documents before is removed."""
        with self._writing(), self._batch(p.document.id for p in batch):
            documents = rows.document_rows(batch, parser, Change(run_id, _now()))
            same_text = proposals.unchanged_texts(self._connection, documents)
            for table in history.KEPT:
                history.set_aside(self._connection, table, run_id)
            self._delete(*statements.PARSE_TABLES, "placements")
            self._insert("documents", documents)
            self._insert("pages", rows.page_rows(batch))
            self._insert("geometry", rows.geometry_rows(batch))
            self._insert("sections", rows.section_rows(batch))
            self._insert("masks", mask_rows.mask_rows(batch))
            for table, made in rows.about_rows(batch).items():
                self._insert(table, made)
            proposals.keep_proposals(self._connection, same_text)

    def load_documents(self, ids: Sequence[str]) -> tuple[StoredDocument, ...]:
        """The documents in the order asked for; StoreError if one is not stored."""
        with self._lock:
            documents = {row[0]: row[1:] for row in self._read(statements.DOCUMENTS, {"ids": list(ids)})}
            pages = _grouped(self._read(statements.PAGES, {"ids": list(ids)}), Page)
            sections = _grouped(self._read(statements.SECTIONS, {"ids": list(ids)}), _section)
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
        return tuple(rows.page_map(*cells) for cells in self._read(statements.MAPS, {"id": document_id}))

    def load_masks(self, document_id: str) -> tuple[MaskedPlace, ...]:
        """What was masked in a document, in order; empty where it is not de-identified."""
        return tuple(mask_rows.masked_place(*cells) for cells in self._read(mask_rows.MASKS, {"id": document_id}))

    def is_deidentified(self) -> bool | None:
        """Whether every run so far masked what it stored, or none did; None where there was no run."""
        parsers = [str(row[0]) for row in self._read(mask_rows.RUN_PARSERS)]
        return all(DEIDENTIFIED in parser for parser in parsers) if parsers else None

    def load_findings(self, ids: Sequence[str]) -> Mapping[str, tuple[Finding, ...]]:
        """The documents' findings in reading order, by document id; an empty tuple where there are none."""
        found = _grouped([(row[0], *row) for row in self._read(statements.FINDINGS, {"ids": list(ids)})], rows.finding)
        return {key: found.get(key, ()) for key in ids}

    def save_proposals(self, batch: Sequence[Tagged], proposer: str) -> None:
        """Store what the model proposes for the documents, in place of earlier proposals."""
        with self._writing(), self._batch(t.document_id for t in batch):
            proposals.replace_proposals(self._connection, rows.proposal_rows(batch), proposer)

    def load_proposals(self, ids: Sequence[str]) -> Mapping[str, tuple[Span, ...]]:
        """The documents' proposals in reading order, by document id; an empty tuple where there are none."""
        found = _grouped(self._read(proposals.PROPOSALS, {"ids": list(ids)}), Span)
        return {key: found.get(key, ()) for key in ids}

    def save_extraction(self, batch: Sequence[Extraction], tagger: str, rules: str, run_id: str) -> None:
        """Store findings, records and rulings, and call the documents processed."""
        with self._writing(), self._batch(e.document_id for e in batch):
            self._mark(statements.MARK_PROCESSED, {"tagger": tagger, "rules": rules}, run_id, len(batch))
            self._replace_extractions(batch, run_id)
            self._connection.execute(dead_letters.RESOLVE, {"now": _now(), "summaries": False})
            changed = history.changed_documents(self._connection, run_id)
            history.save_editions(self._connection, run_id)
            self._unsummarise(changed, run_id)

    def load_reviews(self, ids: Sequence[str]) -> Mapping[str, tuple[Review, ...]]:
        """The documents' reviews in the order in which they were made, by document id."""
        found = _grouped(
            [(row[0], *row) for row in self._read(review_rows.REVIEWS, {"ids": list(ids)})], review_rows.review_of
        )
        return {key: found.get(key, ()) for key in ids}

    def load_rulings(self, document_id: str) -> tuple[Ruling, ...]:
        """The document's rulings, by field."""
        return tuple(Ruling(*row) for row in self._read(review_rows.RULINGS, {"id": document_id}))

    def save_review(self, review: Review, extraction: Extraction) -> None:
        """Add a review, once, and what its document amounts to with it, as part of what its last run has left."""
        with self._writing(), self._batch([review.document_id]):
            ((run_id, before),) = self._connection.execute(review_rows.PLACES).fetchall()
            self._connection.execute(review_rows.INSERT_REVIEW, review_rows.review_cells(review))
            self._replace_extractions([extraction], run_id)
            if self._connection.execute(review_rows.PLACES).fetchall() != [(run_id, before)]:
                self._unsummarise([review.document_id], run_id)

    def unsettled(self) -> list[str]:
        """Ids of processed documents with a review that has not been applied to them."""
        return [row[0] for row in self._read(review_rows.UNSETTLED)]

    def _replace_extractions(self, batch: Sequence[Extraction], run_id: str) -> None:
        made = {
            "findings": rows.finding_rows(f for e in batch for f in e.findings),
            "records": rows.record_rows(r for e in batch for r in e.records),
            "rulings": rows.ruling_rows(r for e in batch for r in e.rulings),
        }
        for table, new_rows in made.items():
            history.replace_rows(self._connection, table, new_rows, run_id)
        self._delete("placements")
        self._insert("placements", review_rows.placement_rows(p for e in batch for p in e.placements))

    def save_summaries(self, batch: Sequence[Summary], writer: str, run_id: str) -> None:
        """Store the documents' summaries in place of any earlier ones."""
        with self._writing(), self._batch((s.document_id for s in batch), [s.refused for s in batch]):
            self._mark(statements.MARK_SUMMARISED, {"writer": writer}, run_id, len(batch))
            history.replace_rows(self._connection, "summaries", rows.summary_rows(batch), run_id)
            history.save_editions(self._connection, run_id)
            self._connection.execute(dead_letters.RESOLVE, {"now": _now(), "summaries": True})

    def save_failures(self, failures: Sequence[Failure], run_id: str) -> None:
        """Store why files got no further; a stored document among them is failed, unless only its summary did."""
        cells = {"run": run_id, "now": _now()}
        with self._writing(), self._registered(rows.failure_rows(failures)):
            self._connection.execute(dead_letters.SAVE_FAILURES, cells)
            self._connection.execute(dead_letters.MARK_FAILED, cells)

    def save_skips(self, skips: Sequence[Skip], run_id: str) -> None:
        """Store which files a run did not try, and why."""
        with self._writing(), self._registered(rows.skip_rows(skips, run_id)):
            self._connection.execute("INSERT OR REPLACE INTO core.skips BY NAME SELECT * FROM batch")

    def track_files(self, found: Discovery, run_id: str) -> None:
        """Store what lies where; what lay there before is superseded, and what is gone is marked, not deleted."""
        seen, cells = track.sightings(found), {"now": _now()}
        with self._writing():
            gone = track.vanished((row[0] for row in self._read(track.PRESENT)), found)
            with self._registered(rows.file_rows(seen)):
                self._connection.execute(track.SUPERSEDE, {**cells, "run": run_id})
                self._connection.execute(track.SEE, cells)
            with self._registered(rows.file_rows(dict.fromkeys(gone))):
                self._connection.execute(track.MISS, cells)

    def save_quality(self, ids: Sequence[str], run_id: str) -> None:
        """Store the run's figures over the documents that it searched, for the runs after it to be compared with."""
        with self._writing(), self._batch(dict.fromkeys(ids)):
            self._connection.execute(quality.SAVE_QUALITY, {"run": run_id})

    def run_quality(self, run_id: str) -> RunQuality:
        """What there is to look at after a run."""
        cells: dict[str, object] = {"run": run_id}
        return RunQuality(
            self._read(quality.ABSTAINED, cells)[0][0],
            tuple(Drift(*row) for row in self._read(quality.DRIFTS, cells)),
            tuple(OpenFailure(*row) for row in self._read(quality.FAILED, cells)),
        )

    def open_failures(self) -> tuple[Failure, ...]:
        """The failures that still stand, by path: what a retry takes up again."""
        return tuple(Failure(*row) for row in self._read(dead_letters.OPEN_FAILURES))

    def record(self, action: str, subject: str = "") -> None:
        """Enter this use in the audit journal, and all that the journal has in core.audit."""
        with self._lock:
            record(self.path, action, subject, lambda _: stored_entries(self._connection))
        self.fold_audit()

    def fold_audit(self) -> None:
        """Enter in core.audit what others have done since, by the journal."""
        with self._writing():
            fold(self._connection, self.path)

    def _unsummarise(self, ids: Sequence[str], run_id: str) -> None:
        """Takes the documents' summaries away; they are the table `batch` from here on."""
        with self._batch(ids):
            self._connection.execute(statements.UNSUMMARISE)
            history.set_aside(self._connection, "summaries", run_id)

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
            self._connection.execute(statements.DELETE_BATCH.format(table=table))

    def _insert(self, table: str, new_rows: Any) -> None:
        """Add rows to a table of ours, column by column of the same name."""
        with self._registered(new_rows, "new_rows"):
            self._connection.execute(statements.INSERT_ROWS.format(table=table))

    def _mark(self, update: str, versions: dict[str, str], run_id: str, expected: int) -> None:
        """Set the batch's documents to what a stage made of them; StoreError unless each is stored, once."""
        cells = {**versions, "run": run_id, "now": _now()}
        marked = self._connection.execute(update, cells).fetchall()[0][0]  # RETURNING would rewrite every text
        if marked != expected:
            raise StoreError(f"only {marked} of {expected} documents of a batch are stored in {self.path}, each once")

    def _read(self, query: str, cells: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        with self._lock, plain_errors(self.path):
            return self._connection.execute(query, cells).fetchall()


def open_store(
    path: Path, domains: Iterable[Domain] = (), *, encrypt: bool = False, wait_seconds: float = 0.0
) -> Store:
    """The database at `path`, made if there is none, migrated, with the views of `domains`; use it in a `with`.

    `encrypt` asks for an encrypted one; one that is there already is opened as it is, or refused where it is plain.
    `wait_seconds` is how long another process that holds it is waited for. Raises DatabaseBusy, DatabaseTooNew, KeyUnusable, or StoreError for a file or folder that cannot serve.
    """
    with ExitStack() as opened:
        opened.enter_context(private_files())
        connection = _patient(wait_seconds)(connect, path, create=True, encrypt=encrypt)
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


def _patient(seconds: float) -> Retrying:
    """Calls again and again for that long while the database is busy: a review holds it for the blink of a decision."""
    busy = retry_if_exception_type(DatabaseBusy)
    return Retrying(retry=busy, wait=wait_fixed(0.5), stop=stop_after_delay(seconds), reraise=True)


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
