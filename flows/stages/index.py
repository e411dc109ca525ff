"""Makes stored documents findable: which words each page has, and what each of its passages means.

Writes to the database, a few documents a transaction, so that what is done stays done. Knows neither queries nor how
a passage is embedded.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import duckdb
import pyarrow as pa
from numpy import float32
from numpy.typing import NDArray

from flows.stages.database import connect, plain_errors, private_files
from flows.stages.words import WORDS_VERSION, words_of
from schemas.migrate import migrate, transaction

Part = Literal["words", "meaning"]

BATCH = 8
"""Documents a transaction: a stopped run loses less than a minute of embedding."""

TABLES = {"words": "page_words", "meaning": "passages"}

HAVE_TABLES = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'core' AND table_name = 'indexed'"

ALL_DOCUMENTS = "SELECT document_id FROM core.documents ORDER BY name, document_id"

NOT_INDEXED = """
SELECT d.document_id FROM current.documents AS d
ANTI JOIN core.indexed AS i ON i.document_id = d.document_id AND i.part = $part AND i.version = $version
    AND i.text_md5 = md5(d.text)
ORDER BY d.name, d.document_id
"""

PAGES = """
SELECT document_id, page_number, p.char_start, substring(text, p.char_start + 1, p.char_end - p.char_start)
FROM core.pages AS p JOIN core.documents USING (document_id)
WHERE document_id IN (SELECT unnest($ids)) AND p.char_end > p.char_start
ORDER BY document_id, page_number
"""

# What is no longer stored, or stored with another text, is not to be found by what it said before.
FORGET_STRAY = """
DELETE FROM core.{table} WHERE document_id NOT IN (SELECT document_id FROM core.documents);
DELETE FROM core.indexed WHERE document_id NOT IN (SELECT document_id FROM core.documents);
"""

EMPTY = "DELETE FROM core.{table} WHERE document_id IN (SELECT unnest($ids))"

INSERT = "INSERT INTO core.{table} BY NAME SELECT * FROM new_rows"

UNMARK = "DELETE FROM core.indexed WHERE part = $part AND document_id IN (SELECT unnest($ids))"

MARK = """
INSERT INTO core.indexed SELECT document_id, $part, $version, md5(text)
FROM core.documents WHERE document_id IN (SELECT unnest($ids))
"""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page's text and where it begins in its document's."""

    document_id: str
    number: int
    char_start: int
    text: str


class EmbeddedPassage(Protocol):
    """A piece of a text and its vector."""

    @property
    def char_start(self) -> int:
        """Its first character."""

    @property
    def char_end(self) -> int:
        """One past its last character."""

    @property
    def embedding(self) -> NDArray[float32]:
        """Its vector, of length 1."""


Embed = Callable[[Sequence[str]], Sequence[Sequence[EmbeddedPassage]]]
"""Texts to the passages of each."""

Progress = Callable[[int, int], None]
"""Told how many documents are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Indexer:
    """One way of searching: its part, the version that its rows carry, and the rows of some pages as an Arrow table."""

    part: Part
    version: str
    rows: Callable[[Sequence[StoredPage]], pa.Table]


def words_indexer() -> Indexer:
    """Finds pages by their words."""
    return Indexer("words", WORDS_VERSION, _word_rows)


def meaning_indexer(version: str, embed: Embed) -> Indexer:
    """Finds pages by what they say in other words."""
    return Indexer("meaning", version, lambda pages: _passage_rows(pages, embed))


def not_indexed(connection: duckdb.DuckDBPyConnection, part: Part, version: str) -> list[str]:
    """The ids of the documents that cannot be found that way as they are stored now."""
    if connection.execute(HAVE_TABLES).fetchall() == [(0,)]:
        return [row[0] for row in connection.execute(ALL_DOCUMENTS).fetchall()]
    return [row[0] for row in connection.execute(NOT_INDEXED, {"part": part, "version": version}).fetchall()]


def index(database: Path, indexer: Indexer, progress: Progress) -> int:
    """Index what is stored and not yet indexed by this version; returns how many documents that were.

    Raises DatabaseBusy while another process holds the database.
    """
    with _open(database) as connection:
        with transaction(connection):
            connection.execute(FORGET_STRAY.format(table=TABLES[indexer.part]))
        waiting = not_indexed(connection, indexer.part, indexer.version)
        for start in range(0, len(waiting), BATCH):
            progress(start, len(waiting))
            _index_batch(connection, indexer, waiting[start : start + BATCH])
        progress(len(waiting), len(waiting))
    return len(waiting)


@contextmanager
def _open(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with private_files(), closing(connect(database)) as connection, plain_errors(database):
        migrate(connection)
        yield connection


def _index_batch(connection: duckdb.DuckDBPyConnection, indexer: Indexer, ids: list[str]) -> None:
    pages = [StoredPage(*row) for row in connection.execute(PAGES, {"ids": ids}).fetchall()]
    connection.register("new_rows", indexer.rows(pages))
    cells = {"ids": ids, "part": indexer.part}
    try:
        with transaction(connection):
            connection.execute(EMPTY.format(table=TABLES[indexer.part]), {"ids": ids})
            connection.execute(UNMARK, cells)
            connection.execute(INSERT.format(table=TABLES[indexer.part]))
            connection.execute(MARK, cells | {"version": indexer.version})
    finally:
        connection.unregister("new_rows")


def _word_rows(pages: Sequence[StoredPage]) -> pa.Table:
    columns: dict[str, list[object]] = {
        name: [] for name in ("document_id", "page_number", "word", "occurrences", "page_words")
    }
    for page in pages:
        counts = Counter(word.stem for word in words_of(page.text))
        columns["document_id"] += [page.document_id] * len(counts)
        columns["page_number"] += [page.number] * len(counts)
        columns["word"] += counts.keys()
        columns["occurrences"] += counts.values()
        columns["page_words"] += [counts.total()] * len(counts)
    kinds = (pa.string(), pa.int32(), pa.string(), pa.int32(), pa.int32())
    return pa.table({name: pa.array(cells, kind) for (name, cells), kind in zip(columns.items(), kinds, strict=True)})


def _passage_rows(pages: Sequence[StoredPage], embed: Embed) -> pa.Table:
    found = [
        (page, passage)
        for page, passages in zip(pages, embed([page.text for page in pages]), strict=True)
        for passage in passages
    ]
    return pa.table(
        {
            "document_id": pa.array([page.document_id for page, _ in found], pa.string()),
            "page_number": pa.array([page.number for page, _ in found], pa.int32()),
            "char_start": pa.array([page.char_start + one.char_start for page, one in found], pa.int32()),
            "char_end": pa.array([page.char_start + one.char_end for page, one in found], pa.int32()),
            "embedding": pa.array([one.embedding for _, one in found], pa.list_(pa.float32(), 384)),
        }
    )
