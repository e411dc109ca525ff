"""Publishes the snapshot's tables and views as Parquet files, for readers that do not speak DuckDB.

One state is one folder, `published/parquet.STATE/SCHEMA/TABLE/`; the link `published/parquet` is renamed to the new one
when that is whole. A reader that resolves the link once reads one state; the state before it stays until the next
export, so that who is in the midst of it can end. Files of an encrypted database are encrypted with its key.
"""

import os
import shutil
from pathlib import Path
from uuid import uuid4

import duckdb

from flows.stages.database import connect_to_export, plain_errors, private_files
from flows.stages.encryption import database_key, identifier, is_encrypted, quoted
from flows.stages.publish import snapshot_path
from schemas.errors import StoreError

USUAL = "muniment"
"""The stem of a database that nobody gave a name."""

KEY_NAME = "muniment"
"""What the files name the key that opens them."""

CORE = "core"
"""The schema whose tables hold documents of every domain; the others are a domain's own views."""

REPEATED = "current"
"""The schema whose views show core tables once more, without what was superseded."""

NOT_EXPORTED = {(CORE, table) for table in ("migrations", "geometry", "indexed", "page_words", "passages")}
"""What serves `muniment show` and `search` alone, and would be most of the bytes."""

TABLES = """
SELECT schema_name, table_name, bool_or(column_name = 'document_id'), bool_or(column_name = 'domain')
FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal GROUP BY ALL ORDER BY ALL
"""

OF_DOCUMENTS = "SELECT * REPLACE (coalesce(domain, 'undecided') AS domain) FROM {table}"

BY_DOMAIN = """
SELECT t.*, coalesce(d.domain, 'undecided') AS domain
FROM {table} AS t LEFT JOIN (SELECT document_id, domain FROM core.documents) AS d USING (document_id)
"""


def parquet_path(database: Path) -> Path:
    """Where the Parquet files of a database lie: a link to the folder of the last state."""
    name = "parquet" if database.stem == USUAL else f"parquet-{database.stem}"  # several may share a folder
    return snapshot_path(database).with_name(name)


def export_parquet(database: Path) -> Path:
    """Publish the snapshot's state as Parquet files and return their folder. Raises StoreError."""
    link = parquet_path(database)
    folder = link.with_name(f"{link.name}.{uuid4().hex}")
    before = link.resolve()
    try:
        with private_files(), plain_errors(snapshot_path(database)):
            folder.mkdir(mode=0o700)
            _write(snapshot_path(database), folder)
            _point(link, folder)
        _drop_older(link, folder, link.parent.resolve() / before.name)
    except OSError as error:
        raise StoreError(f"Parquet files {folder} cannot be written: {error.strerror}") from None
    finally:
        if link.resolve() != folder.resolve():
            shutil.rmtree(folder, ignore_errors=True)
    return folder


def remove_parquet(database: Path) -> None:
    """Take away every published state: what was written in the open must not outlive an encryption."""
    link = parquet_path(database)
    link.unlink(missing_ok=True)
    _drop_older(link)


def _write(snapshot: Path, folder: Path) -> None:
    connection = connect_to_export(snapshot)
    try:
        options = "FORMAT parquet, COMPRESSION zstd"
        if is_encrypted(connection):
            connection.execute(f"PRAGMA add_parquet_key({quoted(KEY_NAME)}, {quoted(database_key())})")
            options += f", ENCRYPTION_CONFIG {{footer_key: {quoted(KEY_NAME)}}}"
        for schema, table, of_documents, has_domain in connection.execute(TABLES).fetchall():
            if schema == REPEATED or (schema, table) in NOT_EXPORTED:
                continue
            place = folder / schema / table
            place.mkdir(parents=True)
            rows = "FROM {table}"
            if schema == CORE and of_documents:
                rows = OF_DOCUMENTS if has_domain else BY_DOMAIN
            name = f"{identifier(schema)}.{identifier(table)}"
            _copy(connection, rows.format(table=name), place, options, parted=rows != "FROM {table}")
    finally:
        connection.close()


def _copy(connection: duckdb.DuckDBPyConnection, rows: str, place: Path, options: str, parted: bool) -> None:
    """The rows into files of one folder, one for each domain where `parted`.

    Every state's files have names of their own: a reader between two states misses a file and mixes none.
    """
    name = place.parents[1].name.rpartition(".")[2]
    target = place / f"{name}.parquet"
    if parted and connection.execute(f"FROM ({rows}) LIMIT 1").fetchall():
        target = place
        options += f", PARTITION_BY (domain), FILENAME_PATTERN '{name}_{{i}}'"
    connection.execute(f"COPY ({rows}) TO {quoted(str(target))} ({options})")
    for file in place.rglob("*.parquet"):
        with file.open("rb") as written:
            os.fsync(written.fileno())


def _point(link: Path, folder: Path) -> None:
    """Make the link show the folder, in one step."""
    aside = link.with_name(f".{link.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.name)
    aside.replace(link)


def _drop_older(link: Path, *kept: Path) -> None:
    for folder in link.parent.glob(f"{link.name}.*"):
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)
