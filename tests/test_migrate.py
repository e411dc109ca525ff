"""Migrations are applied once and in order, never half; views are replaced as a whole; every column is explained."""

from pathlib import Path

import duckdb
import pytest

from schemas.errors import BadInput, DatabaseTooNew, StoreError
from schemas.migrate import (
    Catalogue,
    CatalogueField,
    apply_views,
    load_migrations,
    migrate,
    save_catalogue,
)

ONE = "CREATE TABLE core.one (i INTEGER)"
TWO = "ALTER TABLE core.one ADD COLUMN j INTEGER; INSERT INTO core.one VALUES (1, 2)"


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(tmp_path / "m.duckdb")


def folder_of(tmp_path: Path, **migrations: str) -> Path:
    folder = tmp_path / "ddl"
    folder.mkdir(exist_ok=True)
    for name, sql in migrations.items():
        (folder / f"{name.removeprefix('n')}.sql").write_text(sql, encoding="utf-8")
    return folder


def test_each_migration_is_applied_once(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    assert migrate(connection, folder_of(tmp_path, n0001_one=ONE)) == (1,)
    assert migrate(connection, folder_of(tmp_path, n0002_two=TWO)) == (2,)
    assert migrate(connection, folder_of(tmp_path)) == ()
    assert connection.execute("SELECT * FROM core.one").fetchall() == [(1, 2)]
    assert connection.execute("SELECT number, name FROM core.migrations ORDER BY 1").fetchall() == [
        (1, "one"),
        (2, "two"),
    ]


def test_our_own_migrations_are_numbered_without_gaps() -> None:
    assert [m.number for m in load_migrations()] == list(range(1, len(load_migrations()) + 1))


def test_a_table_that_is_made_anew_keeps_its_rows(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    older = {f"n{m.number:04}_{m.name}": m.sql for m in load_migrations() if m.number < 11}
    migrate(connection, folder_of(tmp_path, **older))
    sentence = ("a", 0, "Menu", "written", [{"char_start": 0, "char_end": 4}], "w", "run-1")
    figure = ("run-1", "toy", "ocr", "", 1, 2)
    connection.execute("INSERT INTO core.summaries VALUES (?, ?, ?, ?, ?, ?, ?)", sentence)
    connection.execute("INSERT INTO core.quality VALUES (?, ?, ?, ?, ?, ?)", figure)
    migrate(connection)
    for ordinal, origin in enumerate(("rewritten", "composed"), start=1):
        connection.execute(
            f"INSERT INTO core.summaries SELECT * REPLACE ({ordinal} AS ordinal, '{origin}' AS origin)"
            " FROM core.summaries WHERE ordinal = 0"
        )
        connection.execute(
            f"INSERT INTO core.quality SELECT * REPLACE ('{origin}' AS measure) FROM core.quality WHERE measure = 'ocr'"
        )
    assert connection.execute("FROM core.summaries WHERE ordinal = 0").fetchall() == [sentence]
    assert connection.execute("FROM core.quality WHERE measure = 'ocr'").fetchall() == [figure]


def test_findings_from_before_candidates_were_kept_have_none(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    older = {f"n{m.number:04}_{m.name}": m.sql for m in load_migrations() if m.number < 13}
    migrate(connection, folder_of(tmp_path, **older))
    place = "'a', 'disease_disorder', 'asthma', 0, 6, 1, 1, 0.9, 'tagger'"
    columns = (
        "finding_id, document_id, field, quote, char_start, char_end, page_start, page_end, probability, source, run_id"
    )
    connection.execute(f"INSERT INTO core.findings ({columns}) VALUES ('f', {place}, 'run-1')")
    connection.execute(
        f"INSERT INTO core.finding_history ({columns}, until_run) VALUES ('f', {place}, 'run-0', 'run-1')"
    )
    migrate(connection)
    for table in ("core.findings", "current.findings", "core.finding_history"):
        assert connection.execute(f"SELECT quote, value_candidates FROM {table}").fetchall() == [("asthma", None)]


def test_a_newer_database_is_refused_by_both_numbers(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    newest = len(load_migrations())
    connection.execute("INSERT INTO core.migrations VALUES (?, 'future', 'x', now()::TIMESTAMP)", [newest + 1])
    with pytest.raises(DatabaseTooNew, match=rf"schema {newest + 1}, .* up to {newest};"):
        migrate(connection)


def test_an_edited_migration_is_refused(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, folder_of(tmp_path, n0001_one=ONE))
    with pytest.raises(StoreError, match=r"migration 1 \(one\) was edited after it was applied"):
        migrate(connection, folder_of(tmp_path, n0001_one=ONE + " "))


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    broken = "CREATE TABLE core.half (i INTEGER); ALTER TABLE core.none ADD COLUMN j INTEGER"
    with pytest.raises(StoreError, match=r"migration 2 \(two\) does not fit"):
        migrate(connection, folder_of(tmp_path, n0001_one=ONE, n0002_two=broken))
    tables = "SELECT table_name FROM duckdb_tables() WHERE table_name IN ('one', 'half')"
    assert connection.execute(tables).fetchall() == []
    assert connection.execute("SELECT * FROM duckdb_tables()").fetchall() == []


def test_every_table_and_column_is_explained(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'core' AND comment IS NULL"
    tables = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core' AND comment IS NULL"
    assert connection.execute(columns).fetchall() == []
    assert connection.execute(tables).fetchall() == []
    assert connection.execute("SELECT count(*) > 10 FROM duckdb_tables() WHERE schema_name = 'core'").fetchall() == [
        (True,)
    ]


def test_views_are_replaced_as_a_whole(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    apply_views(connection, "toy", "CREATE VIEW toy.a AS SELECT 1 AS x; CREATE VIEW toy.b AS SELECT x FROM toy.a")
    apply_views(connection, "toy", "CREATE VIEW toy.b AS SELECT 2 AS x; COMMENT ON VIEW toy.b IS 'two'")
    views = "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'toy'"
    assert connection.execute(views).fetchall() == [("b", "two")]
    with pytest.raises(StoreError, match=r"views of domain 'toy' do not fit the tables: .*no_such"):
        apply_views(
            connection, "toy", "CREATE VIEW toy.c AS SELECT 3; CREATE VIEW toy.d AS SELECT no_such FROM core.runs"
        )
    assert connection.execute("SELECT x FROM toy.b").fetchall() == [(2,)]
    assert connection.execute(views).fetchall() == [("b", "two")]


@pytest.mark.parametrize("name", ["core", "main", "information_schema", "Legal", "a b", 'x"; DROP SCHEMA core', ""])
def test_a_domain_cannot_take_a_name_of_ours(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    migrate(connection)
    with pytest.raises(BadInput, match="a domain cannot be called"):
        apply_views(connection, name, "")
    assert connection.execute("SELECT count(*) FROM core.documents").fetchall() == [(0,)]


def test_a_users_own_tables_are_not_dropped(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    connection.execute("CREATE SCHEMA legal; CREATE TABLE legal.mine AS SELECT 42 AS x")
    with pytest.raises(StoreError, match="schema 'legal' holds tables that are not ours"):
        apply_views(connection, "legal", "CREATE VIEW legal.contracts AS SELECT 1")
    assert connection.execute("SELECT x FROM legal.mine").fetchall() == [(42,)]


def test_the_catalogue_is_what_the_domain_says_now(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection)
    dish, wine = CatalogueField("dish", "Dish", "text", "Eaten."), CatalogueField("wine", "Wine", "text", "Drunk.")
    save_catalogue(connection, Catalogue("toy", "Menus", "1", (dish, wine)))
    save_catalogue(connection, Catalogue("other", "Others", "1", (wine,)))
    save_catalogue(connection, Catalogue("toy", "Menus", "2", (wine, dish)))
    fields = "SELECT domain, ordinal, field, label, kind, description FROM core.fields ORDER BY domain, ordinal"
    assert connection.execute(fields).fetchall() == [
        ("other", 0, "wine", "Wine", "text", "Drunk."),
        ("toy", 0, "wine", "Wine", "text", "Drunk."),
        ("toy", 1, "dish", "Dish", "text", "Eaten."),
    ]
    assert connection.execute("SELECT rules_version FROM core.domains ORDER BY domain").fetchall() == [("1",), ("2",)]
