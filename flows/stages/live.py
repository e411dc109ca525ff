"""Lets other processes of this user read a database while a flow holds it: DuckDB's quack server, on loopback.

The server is part of the flow's process, so readers see each stage's batch as it is committed, before it is published.
It takes one SELECT on tables and views: no write, no file, no table function. The token is new for each run and lies
beside the database, readable by its owner alone. Knows no table.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import duckdb

from flows.stages.database import SETTINGS, connect, plain_errors, private_files
from flows.stages.encryption import load_extension
from flows.stages.query import QueryResult
from schemas.errors import BadInput, StoreError

# json_serialize_sql knows nothing but SELECT; a table named with . or / would be a file's name.
ONLY_READS = """
ATTACH IF NOT EXISTS ':memory:' AS muniment_live;
CREATE OR REPLACE MACRO muniment_live.main.only_reads(session, query) AS
    (json_serialize_sql(query::VARCHAR) ->> '$.error') = 'false' AND NOT regexp_matches(
        json_serialize_sql(query::VARCHAR)::VARCHAR, '"type":"TABLE_FUNCTION"|"table_name":"[^"]*[./\\\\]');
SET GLOBAL quack_authorization_function = 'muniment_live.main.only_reads';
"""

QUOTES_THE_QUERY_ALONE = ("Table with name", "Referenced column", "Referenced table")
"""How the server's answers begin that cannot carry words of a document."""


def live_path(database: Path) -> Path:
    """Where a serving run keeps its address and token."""
    return database.with_name(f"{database.name}.live")


@contextmanager
def served(database: Path, port: int) -> Iterator[None]:
    """Readers on this machine may ask the open database meanwhile, at this port; nothing where the port is 0."""
    if not port:
        yield
        return
    address, token = f"quack:127.0.0.1:{port}", secrets.token_urlsafe(32)
    with closing(connect(database)) as connection, plain_errors(database):
        load_extension(connection, "httpfs")
        load_extension(connection, "quack")
        connection.execute(ONLY_READS)
        connection.execute("CALL quack_serve(?, token := ?)", [address, token]).fetchall()
        try:
            with private_files():
                live_path(database).unlink(missing_ok=True)
                live_path(database).write_text(json.dumps({"address": address, "token": token}), encoding="ascii")
            yield
        finally:
            live_path(database).unlink(missing_ok=True)
            with suppress(duckdb.Error):
                connection.execute("CALL quack_stop(?)", [address]).fetchall()


def ask_live(database: Path, sql: str) -> QueryResult:
    """The answer of one SELECT on what the run that is under way has committed. Raises BadInput, StoreError."""
    try:
        server = json.loads(live_path(database).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise StoreError(f"no run serves {database} now; leave --live out to ask the published snapshot") from None
    with closing(duckdb.connect(":memory:", config=SETTINGS)) as connection:
        load_extension(connection, "httpfs")
        load_extension(connection, "quack")
        try:
            asked = [server["address"], sql, server["token"]]
            answer = connection.execute("SELECT * FROM quack_query(?, ?, token := ?)", asked)
            return QueryResult(tuple(column[0] for column in answer.description), tuple(answer.fetchall()))
        except duckdb.IOException:
            raise StoreError(f"the run that served {database} is gone; leave --live out") from None
        except duckdb.Error as error:
            raise BadInput(_explained(error)) from None


def _explained(error: duckdb.Error) -> str:
    message = str(error).removeprefix("Invalid Input Error: ")
    if message.startswith("Authorization failed"):
        return "live reading takes one SELECT on tables and views alone, without table functions"
    if message.startswith(QUOTES_THE_QUERY_ALONE):
        return " ".join(message.split("\n\nLINE ")[0].split())
    return "the query stopped; the message may quote a document and is not shown"
