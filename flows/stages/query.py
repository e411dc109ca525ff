"""Answers SQL from the published snapshot, and prints answers as a table, CSV or JSON.

Knows how to read without ever holding the file that a flow writes to; knows no field of any domain.
"""

import csv
import io
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Literal, TextIO

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.stages.database import connect_to_read, plain_errors, private_files
from flows.stages.publish import publish, snapshot_path
from schemas.errors import BadInput
from schemas.migrate import check_schema

Format = Literal["table", "csv", "json"]

UNLIMITED = 1_000_000
"""Columns of a table that no terminal limits."""

# Raised before any row is read, so their messages quote the query at most, never a document.
QUERY_ERRORS = (
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.PermissionException,
)


READ_ONLY = "the published snapshot is for reading; give a SELECT"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A query's answer. Cells are Python values: date, Decimal, list, dict (STRUCT, MAP), None ..."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def run_query(database: Path, sql: str, today: date | None = None) -> QueryResult:
    """The answer of one SQL query on the snapshot of `database`, published first if there is none yet.

    `$today` in the query is the day given, else this day.
    Raises BadInput for SQL that does not run, without quoting what it ran on.
    """
    with private_files(), snapshot(database) as connection, plain_errors(snapshot_path(database)):
        try:
            _refuse_several(connection, sql)
            answer = connection.execute(sql, {"today": today or date.today()} if "$today" in sql else None)
            if answer.description is None:
                raise BadInput(READ_ONLY)
            columns = tuple(column[0] for column in answer.description)
            return QueryResult(columns, tuple(answer.fetchall()))
        except QUERY_ERRORS as error:
            raise BadInput(" ".join(str(error).split("\n\nLINE ")[0].split())) from None
        except (duckdb.DataError, duckdb.InvalidInputException, duckdb.NotSupportedError) as error:
            raise BadInput(_stopped(error)) from None


def format_result(result: QueryResult, as_format: Format) -> str:
    """The answer as text: dates in ISO 8601, decimals exact (in JSON as strings), lists and structs as JSON."""
    match as_format:
        case "table":
            return _as_table(result)
        case "csv":
            return _as_csv(result)
        case "json":
            return _as_json(result)
    raise BadInput(f"unknown format {as_format!r}; have: table, csv, json")


@contextmanager
def snapshot(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the snapshot of `database` and nothing else; published first if there is none yet.

    Raises DatabaseTooNew, StoreError for a database that is damaged or not ours.
    """
    path = snapshot_path(database)
    if not path.is_file():
        publish(database)
    connection = connect_to_read(path)
    try:
        with plain_errors(path):
            check_schema(connection)
        yield connection
    finally:
        connection.close()


def _refuse_several(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """BadInput for anything but one statement: only the last one's answer would be seen."""
    statements = connection.extract_statements(sql)
    # a PIVOT is two: it makes a type before it selects
    asked = [statement for statement in statements if statement.type != duckdb.StatementType.CREATE]
    if not statements:
        raise BadInput("the query is empty; give a SELECT statement")
    if len(asked) > 1:
        raise BadInput(f"these are {len(asked)} statements; give one SELECT")


def _stopped(error: duckdb.Error) -> str:
    """Why a query stopped, in our words: DuckDB's would quote the value that it stopped at."""
    if str(error).startswith(("Invalid Input Error: Cannot execute statement", "Invalid Input Error: Cannot change")):
        return READ_ONLY
    hint = "the message may quote a document and is not shown; TRY_CAST gives NULL where a cast does not fit"
    return f"the query stopped with {type(error).__name__}; {hint}"


def _as_table(result: QueryResult) -> str:
    """As wide as the terminal, where it is one, and else as the rows are; no cell is cut."""
    table = Table()
    for column in result.columns:
        table.add_column(Text(column), overflow="fold")
    for row in result.rows:
        table.add_row(*(Text(_one_line(cell_text(value))) for value in row))
    console = Console(file=io.StringIO(), width=None if is_terminal(sys.stdout) else UNLIMITED)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at it; a stream that was closed before the program began is None."""
    return stream is not None and stream.isatty()


def _as_csv(result: QueryResult) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([cell_text(value) for value in row] for row in result.rows)
    return written.getvalue()


def _as_json(result: QueryResult) -> str:
    return json.dumps(plain_rows(result), ensure_ascii=False, indent=2) + "\n"


def plain_rows(result: QueryResult) -> list[dict[str, object]]:
    """The rows as JSON has them, each by its columns' names."""
    names = _distinct(result.columns)
    return [dict(zip(names, map(plain, row), strict=True)) for row in result.rows]


def cell_text(value: object) -> str:
    """One cell as text; empty for NULL."""
    said = plain(value)
    if said is None:
        return ""
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def plain(value: object) -> object:
    """What JSON can say exactly: strings for dates and decimals, None for a float that is no number."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case date() | datetime() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case dict():
            return {str(key): plain(member) for key, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
        case bytes():
            return value.hex()
    return str(value)


def _one_line(text: str) -> str:
    """Text fit for a terminal: white space becomes one space, and control characters of a document do nothing."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(text.split()))


def _distinct(columns: tuple[str, ...]) -> list[str]:
    """The names with `_2`, `_3` ... where a query gives one twice, so that no cell is lost."""
    names: list[str] = []
    for column in columns:
        name, count = column, 1
        while name in names:
            count += 1
            name = f"{column}_{count}"
        names.append(name)
    return names
