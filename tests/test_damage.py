"""A database that is damaged, newer or not ours: every command says so in one line with what to do, and leaves nothing."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from stored_sample import filled_store, toy_domain

from flows.settings import settings
from flows.stages.publish import publish, snapshot_path
from flows.stages.query import run_query
from flows.stages.store import open_store
from flows.stages.verify import verify
from schemas.errors import DatabaseTooNew, StoreError
from schemas.migrate import schema_version
from tests.commands import error_line, muniment
from tests.conftest import SAMPLE_DOCS

SHORTENED = [0, 1, 100, 4096, 8192, 12288, 0.3, 0.9]
"""Bytes that are left of a file, or their share."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "muniment.duckdb"
    with filled_store(path) as store:
        store.record("run", "run-1")
    publish(path)
    yield path


def shorten(path: Path, left: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(left if left >= 1 else left * len(content))])


def said_of(path: Path) -> str:
    """What opening, checking or copying a damaged database says first."""
    for use in (lambda: open_store(path).close(), lambda: verify(path, ()), lambda: publish(path)):
        try:
            use()
        except StoreError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("left", SHORTENED)
def test_of_a_shortened_database_the_published_copy_is_named_and_serves(database: Path, left: float) -> None:
    shorten(database, left)
    copy = snapshot_path(database)
    assert said_of(database) == (
        f"database {database} is damaged; keep it under another name and copy {copy}, the state last published, to its place"
    )
    database.rename(database.with_name("kept"))
    shutil.copy(copy, database)
    domain = toy_domain(database.parent / "toy")
    with open_store(database, [domain]) as store:
        assert len(store.fingerprints()) == 2
        store.record("run", "run-2")
    assert verify(database, [domain]) == ()


@pytest.mark.parametrize("seed", range(8))
def test_of_bytes_that_changed_nothing_but_damage_is_said(database: Path, seed: int) -> None:
    content, chance = bytearray(database.read_bytes()), random.Random(seed)
    for _ in range(400):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    database.write_bytes(content)
    assert said_of(database).startswith(f"database {database} is damaged; keep it under another name and copy ")
    assert sorted(path.name for path in database.parent.iterdir()) == [
        "muniment.duckdb", "muniment.duckdb.audit", "published", "toy",
    ]  # fmt: skip
    assert [path.name for path in snapshot_path(database).parent.iterdir()] == ["muniment.duckdb"]


def test_damage_that_only_copying_meets_names_the_database(database: Path) -> None:
    """Blocks that opening does not read: all but the last are the tables'."""
    shutil.rmtree(snapshot_path(database).parent)
    content = bytearray(database.read_bytes())
    content[12288:-300_000] = bytes(len(content) - 300_000 - 12288)
    database.write_bytes(content)
    with pytest.raises(
        StoreError, match=f"database {database} is damaged; keep it under another name and put a backup"
    ):
        publish(database)
    assert not snapshot_path(database).parent.exists()


@pytest.mark.parametrize("left", SHORTENED)
def test_a_damaged_snapshot_is_to_be_deleted_and_is_made_anew(database: Path, left: float) -> None:
    copy = snapshot_path(database)
    shorten(copy, left)
    told = f"the published snapshot {copy} is damaged; delete it: the next command that reads copies {database} anew"
    with pytest.raises(StoreError, match=f"^{told}$"):
        run_query(database, "SELECT count(*) FROM core.documents")
    copy.unlink()
    assert run_query(database, "SELECT count(*) FROM core.documents").rows == ((2,),)


LOGS = """
import os, sys
from pathlib import Path
from flows.stages.store import open_store
store = open_store(Path(sys.argv[1]))
store._connection.execute("SET checkpoint_threshold = '1GB'")
store._connection.execute("UPDATE core.documents SET name = name || repeat('x', 1000)")
os._exit(0)
"""


def test_a_damaged_log_is_named_and_the_database_goes_on_without(database: Path) -> None:
    subprocess.run([sys.executable, "-c", LOGS, str(database)], check=True)
    log = database.with_name("muniment.duckdb.wal")
    content = bytearray(log.read_bytes())
    content[-5] ^= 0xFF
    log.write_bytes(content)
    assert said_of(database).startswith(f"the write-ahead log {log} is damaged; keep it under another name")
    log.rename(database.with_name("kept"))
    assert said_of(database) == ""


def test_a_log_is_not_left_beside_the_copy(database: Path) -> None:
    subprocess.run([sys.executable, "-c", LOGS, str(database)], check=True)
    shorten(database, 0.5)
    assert said_of(database).startswith(
        f"database {database} is damaged; keep it and its muniment.duckdb.wal under another name and copy "
    )


READERS = [
    ("status",), ("verify",), ("sql", "SELECT 1"), ("search", "x"), ("ask", "x"), ("show", "x"), ("report",),
    ("index",), ("diff", "a", "b"), ("calibrate",), ("retry",), ("review",),
    ("export-reviews", "legal", "--output", "x.jsonl", "--reserved", "none"), ("run", str(SAMPLE_DOCS)),
]  # fmt: skip


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database, and its snapshot, that a later version has changed."""
    database = tmp_path_factory.mktemp("newer") / "muniment.duckdb"
    with open_store(database):
        pass
    publish(database)
    for path in (database, snapshot_path(database)):
        with duckdb.connect(path) as connection:
            connection.execute("INSERT INTO core.migrations VALUES (9999, 'later.sql', 'x', now()::TIMESTAMP)")
    return database


@pytest.mark.parametrize("arguments", READERS, ids=lambda arguments: arguments[0])
def test_every_command_refuses_a_database_of_a_newer_version(newer: Path, arguments: tuple[str, ...]) -> None:
    before = sorted(newer.parent.rglob("*"))
    places = {"PREFECT_HOME": str(newer.parent / "prefect"), "MUNIMENT_CACHE": str(settings().cache)}
    said = error_line(muniment(*arguments, cwd=newer.parent, **places))
    assert "has schema 9999, this version of Muniment knows schemas up to" in said
    assert f"up to {schema_version()}; install a newer Muniment or use another database" in said
    assert [path for path in sorted(newer.parent.rglob("*")) if path not in before and "prefect" not in str(path)] == []


@pytest.mark.parametrize("arguments", [("status",), ("verify",), ("index",)], ids=lambda arguments: arguments[0])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "muniment.duckdb is not a DuckDB database; name another file"),
        (b"%PDF-1.7 no database", "muniment.duckdb is not a DuckDB database; name another file"),
        (None, "has no Muniment tables; name one that `muniment run` made"),
    ],
)
def test_a_file_that_is_no_database_of_ours_is_left_alone(
    arguments: tuple[str, ...], content: bytes | None, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "muniment.duckdb"
    if content is None:
        with duckdb.connect(file) as connection:
            connection.execute("CREATE TABLE ours (i INTEGER)")
    else:
        file.write_bytes(content)
    before = file.read_bytes()
    assert told in error_line(muniment(*arguments, cwd=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["muniment.duckdb"]
    assert file.read_bytes() == before


def test_what_is_read_is_refused_within_python_too(newer: Path) -> None:
    with pytest.raises(DatabaseTooNew, match=f"^database {os.path.realpath(snapshot_path(newer))} has schema 9999"):
        run_query(newer, "SELECT 1")
    with pytest.raises(DatabaseTooNew, match="has schema 9999"):
        publish(newer)
