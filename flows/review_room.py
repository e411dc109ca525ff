"""What the review's pages show and what their decisions change: reads the snapshot, writes in short transactions.

The database is open only while one decision is stored or the snapshot is made, so that a run can begin at any moment.
Knows no web framework.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.evidence_page import Reviewing, queue_page, review_page
from flows.stages.evidence import gather_evidence
from flows.stages.page_pictures import Picture
from flows.stages.page_words import Word, page_words
from flows.stages.painter import Painter
from flows.stages.publish import publish, snapshot_path
from flows.stages.query import run_query
from flows.stages.review import asked, decide
from flows.stages.review_queue import review_queue
from flows.stages.store import open_store
from schemas.errors import BadInput, DatabaseBusy

RUNNING = "A run is writing to the database: pages show the state before it, and decisions wait until it ends."

PUBLISH_AFTER = 2.0
"""Seconds without a decision after which readers of the snapshot get to see those made."""

# a de-identified document's page is shown as its masked text
PATHS = """
SELECT document_id, CASE WHEN contains(parser, '+deidentified-') THEN NULL ELSE path END, page_count FROM core.documents
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document's file is (None where that is not stored), and how many pages it has."""

    path: Path | None
    page_count: int


class ReviewRoom:
    """One database under review by one reviewer. All methods may be called from any thread."""

    def __init__(self, database: Path, reviewer: str, painter: Painter) -> None:
        self.database, self.reviewer = database, reviewer
        self._painter = painter
        self._lock = threading.Lock()
        self._is_published = True
        self._timer: threading.Timer | None = None

    def queue(self, root: str) -> str:
        """The HTML of the queue."""
        notice = self._notice()
        return queue_page(review_queue(self.database), Reviewing(root, notice))

    def document(self, root: str, document_id: str) -> str:
        """The HTML of one document. Raises BadInput where there is none of this id."""
        notice = self._notice()
        source = self._source(document_id)
        evidence = gather_evidence(self.database, document_id)
        missing = self._painter.draw(source.path, document_id, [0]).missing
        return review_page(evidence, missing, Reviewing(root, notice))

    def picture(self, document_id: str, number: int) -> Picture | None:
        """A page as it looks; None where it cannot be drawn. Raises BadInput where there is no such page."""
        source = self._source(document_id)
        if not 1 <= number <= source.page_count:
            raise BadInput(f"no page {number} in document {document_id[:12]}; it has {source.page_count}")
        return self._painter.draw(source.path, document_id, [number - 1]).pages[0]

    def words(self, document_id: str, number: int) -> Sequence[Word]:
        """The words of a page."""
        self._source(document_id)
        return page_words(self.database, document_id, number)

    def decide(self, document_id: str, cells: Any) -> str:
        """Stores a decision and returns its id. Raises BadInput, or DatabaseBusy while a run holds the database."""
        wanted = asked(document_id, cells)
        self._source(document_id)
        with self._lock, open_store(self.database) as store:
            review = decide(store, wanted, self.reviewer)
            self._is_published = False
        self._publish_later()
        return review.id

    def publish(self) -> None:
        """Shows readers of the snapshot the decisions made so far. Raises DatabaseBusy; a run publishes at its end."""
        with self._lock:
            if not self._is_published:
                publish(self.database)
                self._is_published = True

    def close(self) -> None:
        """Publishes what is not yet; nothing that was stored is lost either way."""
        if self._timer is not None:
            self._timer.cancel()
        with suppress(DatabaseBusy):
            self.publish()

    def _notice(self) -> str:
        """Brings the snapshot up to date, or says why that must wait."""
        try:
            with self._lock, open_store(self.database):
                pass
            self.publish()
        except DatabaseBusy:
            return RUNNING
        return ""

    def _publish_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(PUBLISH_AFTER, self._publish_quietly)
        self._timer.daemon = True
        self._timer.start()

    def _publish_quietly(self) -> None:
        with suppress(DatabaseBusy):
            self.publish()

    def _source(self, document_id: str) -> Source:
        rows = run_query(self.database, PATHS).rows
        found = {str(key): Source(Path(str(path)) if path else None, int(str(count))) for key, path, count in rows}
        if document_id not in found:
            raise BadInput(f"no document {document_id[:12]!r}; the queue lists those there are")
        return found[document_id]


@contextmanager
def review_room(database: Path, reviewer: str, painter: Painter) -> Iterator[ReviewRoom]:
    """A room on a database that is migrated and published, closed with the block.

    Raises DatabaseBusy where a run holds a database that was never published for review.
    """
    try:
        with open_store(database):
            pass
        publish(database)
    except DatabaseBusy:
        if not snapshot_path(database).is_file():
            raise
        review_queue(database)
    room = ReviewRoom(database, reviewer, painter)
    try:
        yield room
    finally:
        room.close()
