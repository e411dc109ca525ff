"""Parquet files hold what the snapshot holds, appear as a whole, and leave who reads an earlier state undisturbed."""

import stat
from pathlib import Path

import duckdb
import pytest
from stored_sample import extraction, filled_store, parsed

from flows.stages.export import NOT_EXPORTED, export_parquet, parquet_path
from flows.stages.publish import publish, snapshot_path
from flows.stages.store import open_store
from schemas.errors import StoreError

TABLES = "SELECT schema_name, table_name FROM duckdb_columns() WHERE NOT internal GROUP BY ALL"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "muniment.duckdb"
    with filled_store(path):
        publish(path)
        export_parquet(path)
    return path


def rows(folder: Path, table: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as reader:
        return reader.execute(f"FROM read_parquet('{folder}/{table}/**/*.parquet') ORDER BY ALL").fetchall()


def test_every_table_and_view_is_there_with_every_row(database: Path) -> None:
    with duckdb.connect(snapshot_path(database), read_only=True) as snapshot:
        tables = {(schema, table) for schema, table in snapshot.execute(TABLES).fetchall() if schema != "current"}
        assert ("toy", "dishes") in tables and ("core", "findings") in tables
        for schema, table in tables - NOT_EXPORTED:
            count = snapshot.execute(f"SELECT count(*) FROM {schema}.{table}").fetchall()[0][0]
            assert len(rows(parquet_path(database), f"{schema}/{table}")) == count, table
        dishes = snapshot.execute("FROM toy.dishes ORDER BY ALL").fetchall()
        runs = snapshot.execute("FROM core.runs ORDER BY ALL").fetchall()
    assert rows(parquet_path(database), "toy/dishes") == dishes
    assert rows(parquet_path(database), "core/runs") == runs
    assert [path.name for path in (parquet_path(database) / "core" / "findings").iterdir()] == ["domain=toy"]


def test_an_earlier_state_stays_until_the_export_after_the_next(database: Path) -> None:
    first = parquet_path(database).resolve()
    before = rows(first, "toy/dishes")
    with open_store(database) as store:
        store.save_extraction([extraction(parsed("later.pdf").document)], "t", "r", "run-1")
    publish(database)
    second = export_parquet(database)
    assert parquet_path(database).resolve() == second.resolve()
    assert rows(first, "toy/dishes") == before
    assert len(rows(parquet_path(database), "toy/dishes")) == len(before) + 1
    export_parquet(database)
    assert not first.exists() and second.exists()


def test_an_export_that_fails_leaves_the_state_before(database: Path) -> None:
    before = parquet_path(database).resolve()
    snapshot_path(database).write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"published snapshot .* is damaged; delete it"):
        export_parquet(database)
    assert parquet_path(database).resolve() == before
    names = [path.name for path in before.parent.iterdir() if path.name.startswith("parquet")]
    assert sorted(names) == ["parquet", before.name]


def test_all_of_it_is_private_and_two_databases_share_a_folder(database: Path) -> None:
    with filled_store(database.with_name("other.duckdb")) as store:
        publish(store.path)
        export_parquet(store.path)
    assert rows(database.parent / "published" / "parquet-other", "toy/dishes") == rows(
        database.parent / "published" / "parquet", "toy/dishes"
    )
    for path in (database.parent / "published").rglob("*"):
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
