"""Gives an attached database the tables, views and macros of the one in use, with what is said of the tables.

For a database without keys, checks and lists of a fixed length (DuckLake). Knows which there are by asking.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from graphlib import TopologicalSorter

import duckdb

from flows.stages.encryption import identifier, quoted
from schemas.errors import DatabaseTooNew
from schemas.migrate import transaction

COLUMNS = r"""
SELECT c.table_name, c.column_name, regexp_replace(c.data_type, '\[[0-9]+\]$', '[]'), c.comment, t.comment
FROM duckdb_columns() AS c JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
WHERE c.database_name = $database AND c.schema_name = 'core' ORDER BY c.table_name, c.column_index
"""

VIEWS = "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = $database AND NOT internal"

MACROS = """
SELECT DISTINCT schema_name, function_name, list_aggregate(parameters, 'string_agg', ', '), macro_definition
FROM duckdb_functions() WHERE database_name = $database AND function_type = 'table_macro' AND NOT internal
"""


@dataclass(frozen=True)
class Column:
    """A column's type, and what is said of it and of its table."""

    kind: str
    comment: str
    about_table: str


Columns = Mapping[tuple[str, str], Column]
"""By table and column, in order."""


@dataclass(frozen=True)
class Made:
    """A view or macro: how it begins and what it stands for."""

    schema: str
    head: str
    body: str


def columns(connection: duckdb.DuckDBPyConnection, database: str) -> Columns:
    """Those of the database's core tables."""
    found = connection.execute(COLUMNS, {"database": database}).fetchall()
    return {(table, name): Column(kind, said or "", about or "") for table, name, kind, said, about in found}


def mirror_tables(connection: duckdb.DuckDBPyConnection, ours: Columns, copy: str) -> None:
    """The database `copy` has our tables and columns. Raises DatabaseTooNew where it has others, a newer version's."""
    theirs = columns(connection, copy)
    unknown = sorted(f"core.{table}.{column}" for table, column in theirs.keys() - ours.keys())
    if unknown:
        raise DatabaseTooNew(f"a newer version has written there, as {unknown[0]} shows; update this one")
    missing = [key for key in ours if key not in theirs]
    if missing:
        with transaction(connection):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {copy}.core")
            for statement in _missing_columns(ours, missing, copy, {table for table, _ in theirs}):
                connection.execute(statement)


def _missing_columns(ours: Columns, missing: Iterable[tuple[str, str]], copy: str, there: set[str]) -> Iterable[str]:
    for table, name in missing:
        place, column, made = f"{copy}.core.{table}", identifier(name), ours[table, name]
        if table in there:
            yield f"ALTER TABLE {place} ADD COLUMN {column} {made.kind}"
        else:
            yield f"CREATE TABLE {place} ({column} {made.kind})"
            yield f"COMMENT ON TABLE {place} IS {quoted(made.about_table)}"
            there.add(table)
        yield f"COMMENT ON COLUMN {place}.{column} IS {quoted(made.comment)}"


def mirror_views(connection: duckdb.DuckDBPyConnection, source: str, copy: str) -> None:
    """The database `copy` has the views and macros of `source`, each over its own tables."""
    theirs, ours = _made(connection, copy), _made(connection, source)
    wanted = [name for name in _in_order(ours) if theirs.get(name) != ours[name]]
    if not wanted:
        return
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"USE {copy}")
        with transaction(cursor):
            for schema in dict.fromkeys(ours[name].schema for name in wanted):
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
            for name in wanted:
                cursor.execute(f"CREATE OR REPLACE {ours[name].head} AS {ours[name].body}")


def _made(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Made]:
    made = {}
    for schema, name, sql in connection.execute(VIEWS, {"database": database}).fetchall():
        place = f"{identifier(schema)}.{identifier(name)}"
        made[f"{schema}.{name}"] = Made(schema, f"VIEW {place}", sql.partition(" AS ")[2])
    for schema, name, parameters, body in connection.execute(MACROS, {"database": database}).fetchall():
        head = f"MACRO {identifier(schema)}.{identifier(name)}({parameters})"
        made[f"{schema}.{name}"] = Made(schema, head, f"TABLE {body}")
    return made


def _in_order(made: Mapping[str, Made]) -> Iterable[str]:
    """Each behind those that it reads."""
    reads = {
        name: set(re.findall(r"\b\w+\.\w+\b", of.body.replace('"', ""))) & made.keys() - {name}
        for name, of in made.items()
    }
    return TopologicalSorter(reads).static_order()
