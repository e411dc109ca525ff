"""What an inbox holds over time: moving files wait, replaced ones are superseded, removed ones are marked."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from stored_sample import START, extraction, parsed, toy_domain

from flows.stages.evidence import gather_evidence
from flows.stages.ingest import STILL_WRITTEN, Discovery, discover
from flows.stages.publish import publish
from flows.stages.store import Store, open_store
from flows.stages.track import vanished
from flows.stages.verify import verify
from schemas.document import SourceFile
from schemas.errors import BadInput
from schemas.migrate import load_migrations
from schemas.run import Failure, Skip

PDF = b"%PDF-1.4 one"
INBOX = Path("/inbox")
OLD, NEW = parsed("old"), parsed("new")
# A view that asks nothing of the document's state: it must not have to.
VIEWS = """
CREATE VIEW toy.dishes AS
SELECT f.document_id, f.quote AS dish FROM core.findings AS f WHERE f.field = 'dish';
COMMENT ON VIEW toy.dishes IS 'One row per finding (core.findings).';
CREATE VIEW toy.texts AS SELECT d."document_id", d.char_count FROM "core"."documents" AS d -- of core.documents
;
"""


def found(lies: Mapping[str, str], skips: Mapping[str, str] | None = None, failed: tuple[str, ...] = ()) -> Discovery:
    files = tuple(SourceFile(INBOX / name, key, 1) for name, key in lies.items())
    skipped = tuple(Skip(str(INBOX / name), None, reason) for name, reason in (skips or {}).items())
    return Discovery(files, skipped, tuple(Failure(str(INBOX / n), None, "ingest", "bad") for n in failed), (INBOX,))


@pytest.mark.parametrize(
    ("changed_ago", "settle_seconds", "waits"),
    [
        pytest.param(1, 30, True, id="just written"),
        pytest.param(3600, 0, False, id="a run by hand takes what is there"),
        pytest.param(-10 * 365 * 86400, 30, True, id="copied a moment ago, with a time years ahead"),
    ],
)
def test_a_file_that_changed_a_moment_ago_waits(
    tmp_path: Path, changed_ago: float, settle_seconds: float, waits: bool
) -> None:
    path = tmp_path / "deed.pdf"
    path.write_bytes(PDF)
    moment = time.time() - changed_ago
    os.utime(path, (moment, moment))
    discovery = discover([tmp_path], settle_seconds)
    assert [skip.reason for skip in discovery.skips] == [STILL_WRITTEN] * waits
    assert [file.path for file in discovery.files] == [path] * (not waits)


def test_a_file_at_rest_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "deed.pdf"
    path.write_bytes(PDF)
    time.sleep(0.3)
    assert [file.path for file in discover([tmp_path], 0.2).files] == [path]


def test_a_file_that_grows_while_it_is_looked_at_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    path = tmp_path / "deed.pdf"
    path.write_bytes(PDF)
    digest_of = hashlib.file_digest

    def written_meanwhile(stream: object, name: str) -> object:
        with path.open("ab") as more:
            more.write(b" and on")
        return digest_of(stream, name)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", written_meanwhile)
    discovery = discover([tmp_path])
    assert (discovery.files, [skip.reason for skip in discovery.skips]) == ((), [STILL_WRITTEN])


@pytest.mark.parametrize(
    ("present", "seen", "gone"),
    [
        pytest.param("a.pdf", found({"b.pdf": "b"}), ["a.pdf"], id="removed"),
        pytest.param("a.pdf", found({"a.pdf": "other"}), [], id="replaced"),
        pytest.param("a.pdf", found({}, {"a.pdf": STILL_WRITTEN}), [], id="moving"),
        pytest.param("deeds/a.pdf", found({}, failed=("deeds",)), [], id="a folder that cannot be read"),
        pytest.param("deeds.zip/a.pdf", found({}, {"deeds.zip": STILL_WRITTEN}), [], id="an archive that is moving"),
        pytest.param("deeds.zip/a.pdf", found({"deeds.zip/b.pdf": "b"}), ["deeds.zip/a.pdf"], id="out of an archive"),
        pytest.param("../other/a.pdf", found({}), [], id="outside what was looked at"),
    ],
)
def test_what_a_run_finds_gone(present: str, seen: Discovery, gone: list[str]) -> None:
    place = os.path.normpath(INBOX / present)
    assert vanished([place], seen) == tuple(str(INBOX / name) for name in gone)


def stored(path: Path) -> Store:
    """A database in which the old document lies at a.pdf, processed."""
    store = open_store(path, [toy_domain(path.parent / "toy", VIEWS)])
    for run in ("run-1", "run-2", "run-3"):
        store.start_run(run, START, {})
    store.track_files(found({"a.pdf": OLD.document.id}), "run-1")
    for one in (OLD, NEW):
        store.save_parsed([one], "p1", "run-1")
        store.save_extraction([extraction(one.document)], "t1", "toy-1", "run-1")
    return store


def shown(path: Path) -> set[str]:
    """The documents that the typed views of the published copy show."""
    with duckdb.connect(publish(path), read_only=True) as reader:
        dishes, texts = (
            {row[0] for row in reader.execute(f"SELECT document_id FROM toy.{view}").fetchall()}
            for view in ("dishes", "texts")
        )
        assert dishes == texts
        return dishes


def ids(*documents: str) -> set[str]:
    return {parsed(name).document.id for name in documents}


def test_a_replaced_document_is_kept_and_not_shown(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    with stored(database) as store:
        store.track_files(found({"a.pdf": NEW.document.id}), "run-2")
        assert shown(database) == ids("new")
        assert store._read("SELECT count(*) FROM core.documents") == [(2,)]
        assert store._read("SELECT document_id, superseded_by, path FROM core.superseded") == [
            (OLD.document.id, NEW.document.id, "/inbox/a.pdf")
        ]
        assert verify(database, [toy_domain(tmp_path / "toy", VIEWS)]) == ()
        # a name is that of the current document, an id names any
        assert gather_evidence(database, OLD.document.id[:12]).document_id == OLD.document.id
        with pytest.raises(BadInput, match="no document 'old'"):
            gather_evidence(database, "old")
        # put back, the old one is current and the new one superseded
        store.track_files(found({"a.pdf": OLD.document.id}), "run-3")
        assert shown(database) == ids("old")
    assert verify(database, [toy_domain(tmp_path / "toy", VIEWS)]) == ()


def test_a_replaced_document_that_lies_elsewhere_is_shown(tmp_path: Path) -> None:
    with stored(tmp_path / "m.duckdb") as store:
        store.track_files(found({"a.pdf": NEW.document.id, "copy.pdf": OLD.document.id}), "run-2")
        assert shown(store.path) == ids("old", "new")


def test_a_removed_file_is_marked_and_its_document_shown(tmp_path: Path) -> None:
    missing = "SELECT missing_since IS NOT NULL FROM core.files WHERE path = '/inbox/a.pdf'"
    with stored(tmp_path / "m.duckdb") as store:
        store.track_files(found({"b.pdf": NEW.document.id}), "run-2")
        assert store._read(missing) == [(True,)]
        assert shown(store.path) == ids("old", "new")
        store.track_files(found({"a.pdf": OLD.document.id}), "run-3")
        assert store._read(missing) == [(False,)]


def test_a_view_that_reaches_past_the_current_documents_is_named(tmp_path: Path) -> None:
    with stored(tmp_path / "m.duckdb") as store:
        store.track_files(found({"a.pdf": NEW.document.id}), "run-2")
        store._connection.execute("CREATE VIEW toy.all AS FROM core.findings")
    (breach,) = verify(tmp_path / "m.duckdb", [toy_domain(tmp_path / "toy", VIEWS)])
    assert (breach.promise, breach.detail) == ("files", "superseded documents that toy.all shows")
    assert breach.ids == (OLD.document.id,)


STORED_BEFORE = """
INSERT INTO core.documents BY NAME SELECT id AS document_id, 'a.pdf' AS name, place AS path, 1 AS size_bytes,
    1 AS page_count, 1 AS char_count, 'x' AS text, 'failed' AS state, 'p' AS parser, run AS run_id, day AS stored_at
FROM (VALUES ('old', '/in/a.pdf', 'run-1', TIMESTAMP '2026-01-01'), ('new', '/in/a.pdf', 'run-2', '2026-01-02'),
    ('other', 'in/b.pdf', 'run-2', '2026-01-02')) AS stored(id, place, run, day)
"""


def test_what_earlier_versions_stored_is_tracked(tmp_path: Path) -> None:
    """Two documents were read from one path: the later lies there, the earlier is superseded."""
    with duckdb.connect(tmp_path / "m.duckdb") as connection:
        connection.execute("CREATE SCHEMA core")
        for migration in load_migrations():
            if migration.name == "files":
                connection.execute(STORED_BEFORE)
            connection.execute(migration.sql)
        assert connection.execute("SELECT document_id, superseded_by FROM core.superseded").fetchall() == [
            ("old", "new")
        ]
        replaced = "SELECT path, document_id, superseded_by, run_id FROM core.supersessions"
        assert connection.execute(replaced).fetchall() == [("/in/a.pdf", "old", "new", "run-2")]
        assert connection.execute("SELECT path, document_id FROM core.files").fetchall() == [("/in/a.pdf", "new")]
