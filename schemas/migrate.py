"""Brings a database to the schema of this version: numbered .sql files, each once, in one transaction.

Knows the core tables by the files in `ddl/`, and of a domain only what is handed to it (views, field catalogue).
Does not know who opens the database, nor what is stored in it.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.current import has_current_views, make_current_views, over_current
from schemas.errors import BadInput, DatabaseTooNew, StoreError

DDL = Path(__file__).parent / "ddl"

OWN_SCHEMAS = ("core", "current", "main", "temp", "information_schema", "pg_catalog")

LEDGER = """
CREATE SCHEMA IF NOT EXISTS core;
CREATE TABLE IF NOT EXISTS core.migrations (
    number INTEGER PRIMARY KEY, name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE core.migrations IS 'One row per change of the tables that was applied to this database.';
COMMENT ON COLUMN core.migrations.number IS 'Number of the change; they are applied in order.';
COMMENT ON COLUMN core.migrations.name IS 'What it is about.';
COMMENT ON COLUMN core.migrations.sha256 IS 'SHA-256 of its SQL: an applied change is never edited.';
COMMENT ON COLUMN core.migrations.applied_at IS 'When it was applied (UTC).';
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of the core tables. `sha256` is that of its SQL with Unix line ends."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hex digest of the SQL."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CatalogueField:
    """A domain's field as the catalogue shows it."""

    name: str
    label: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the database says of one domain, its fields in order."""

    domain: str
    title: str
    rules_version: str
    fields: tuple[CatalogueField, ...]


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: commits at the end, rolls back on any exception, an interrupt included."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # a failed commit has already rolled back
            connection.execute("ROLLBACK")
        raise


def load_migrations(folder: Path = DDL) -> tuple[Migration, ...]:
    """The migrations of a folder in order: `0001_core.sql` is number 1, `core`."""
    return tuple(
        Migration(int(path.stem[:4]), path.stem[5:], path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    )


def schema_version() -> str:
    """The number of the newest migration that this version brings."""
    return str(max(migration.number for migration in load_migrations()))


def migrate(connection: duckdb.DuckDBPyConnection, folder: Path = DDL) -> tuple[int, ...]:
    """Apply what is missing, all or nothing, and return its numbers.

    Raises DatabaseTooNew for a database that a newer version has changed, StoreError for an edited migration.
    """
    known = load_migrations(folder)
    applied = _applied(connection)
    _refuse_newer(connection, applied, known)
    _refuse_edited(applied, known)
    missing = [migration for migration in known if migration.number not in applied]
    with transaction(connection):  # one, so that a run that is stopped in it leaves no tables by halves
        if not applied:
            connection.execute(LEDGER)
        for migration in missing:
            _apply(connection, migration)
        if missing or not has_current_views(connection):
            make_current_views(connection)
    return tuple(migration.number for migration in missing)


def check_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """For who reads only: raises DatabaseTooNew, and StoreError for a database with no tables but others' own."""
    applied = _applied(connection)
    _refuse_newer(connection, applied, load_migrations())
    if not applied and connection.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchall():
        raise StoreError(f"database {_path(connection)} has no Muniment tables; name one that `muniment run` made")


def apply_views(connection: duckdb.DuckDBPyConnection, domain: str, sql: str) -> None:
    """Replace the domain's schema by what `sql` creates in it (`CREATE VIEW legal.contracts ...`), all or nothing.

    Where it says `core`, it gets the rows of current documents alone (`schemas.current`).
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", domain) or domain in OWN_SCHEMAS:
        raise BadInput(f"a domain cannot be called {domain!r}; small letters, digits and _, and not {OWN_SCHEMAS}")
    tables = "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ?"
    if connection.execute(tables, [domain]).fetchall()[0][0]:
        raise StoreError(f"schema {domain!r} holds tables that are not ours; use a database of its own")
    try:
        with transaction(connection):
            connection.execute(f'DROP SCHEMA IF EXISTS "{domain}" CASCADE; CREATE SCHEMA "{domain}"')
            connection.execute(over_current(connection, sql))
    except (duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
        raise StoreError(f"the views of domain {domain!r} do not fit the tables: {error}") from None


def save_catalogue(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Replace what the database says of one domain and its fields."""
    name = catalogue.domain
    rows = [(name, f.name, n, f.label, f.kind, f.description) for n, f in enumerate(catalogue.fields)]
    with transaction(connection):
        connection.execute("DELETE FROM core.domains WHERE domain = ?", [name])
        connection.execute("DELETE FROM core.fields WHERE domain = ?", [name])
        connection.execute(
            "INSERT INTO core.domains VALUES (?, ?, ?)", [name, catalogue.title, catalogue.rules_version]
        )
        if rows:
            connection.executemany("INSERT INTO core.fields VALUES (?, ?, ?, ?, ?, ?)", rows)


def _applied(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Number and digest of each migration that the database has had; empty for a new database."""
    try:
        return dict(connection.execute("SELECT number, sha256 FROM core.migrations").fetchall())
    except duckdb.CatalogException:
        return {}


def _path(connection: duckdb.DuckDBPyConnection) -> str:
    """Where the connection's own database lies."""
    place = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    return str(connection.execute(place).fetchall()[0][0])


def _refuse_newer(connection: duckdb.DuckDBPyConnection, applied: dict[int, str], known: tuple[Migration, ...]) -> None:
    newest_known = max((migration.number for migration in known), default=0)
    if max(applied, default=0) > newest_known:
        raise DatabaseTooNew(
            f"database {_path(connection)} has schema {max(applied)}, this version of Muniment knows schemas up to"
            f" {newest_known}; install a newer Muniment or use another database"
        )


def _refuse_edited(applied: dict[int, str], known: tuple[Migration, ...]) -> None:
    for migration in known:
        then = applied.get(migration.number, migration.sha256)
        if then != migration.sha256:
            raise StoreError(
                f"migration {migration.number} ({migration.name}) was edited after it was applied: "
                f"sha256 {then[:12]} then, {migration.sha256[:12]} now; add a new migration instead"
            )


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    """Run one migration and record it."""
    record = "INSERT INTO core.migrations VALUES (?, ?, ?, now() AT TIME ZONE 'UTC')"
    try:
        connection.execute(migration.sql)
        connection.execute(record, [migration.number, migration.name, migration.sha256])
    except (duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
        raise StoreError(
            f"migration {migration.number} ({migration.name}) does not fit the database: {error}"
        ) from None
