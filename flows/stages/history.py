"""Replaces a batch's rows by new ones and keeps what that changes: a row that stays as it was is not touched.

Knows the tables that have a history and their keys; knows neither what a row means nor why it is made anew. Runs within
the store's transaction, with the batch's documents in the table `batch`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Kept:
    """A table whose earlier rows are kept: where, and what names a row."""

    history: str
    key: tuple[str, ...]


KEPT: Mapping[str, Kept] = {
    "findings": Kept("finding_history", ("finding_id",)),
    "records": Kept("record_history", ("record_id", "role", "finding_id")),
    "rulings": Kept("ruling_history", ("document_id", "field")),
    "summaries": Kept("summary_history", ("document_id", "ordinal")),
}

HAS_ROWS = """
SELECT EXISTS (FROM core.{table} WHERE document_id IN (SELECT document_id FROM batch))
    OR EXISTS (FROM core.{history} WHERE until_run = $run AND document_id IN (SELECT document_id FROM batch))
"""

# A stage done again within one run (text read anew, then searched) first takes back what this run had set aside.
TAKE_BACK = """
INSERT INTO core.{table} BY NAME SELECT * EXCLUDE (until_run) FROM core.{history} AS h
WHERE until_run = $run AND document_id IN (SELECT document_id FROM batch)
    AND NOT EXISTS (FROM core.{table} AS t WHERE {same_key})
"""
FORGET = """
DELETE FROM core.{history} AS h WHERE until_run = $run AND document_id IN (SELECT document_id FROM batch)
    AND EXISTS (FROM core.{table} AS t WHERE {same_key} AND t.run_id IS NOT DISTINCT FROM h.run_id)
"""

SET_ASIDE = """
INSERT INTO core.{history} BY NAME SELECT t.*, $run AS until_run FROM core.{table} AS t
WHERE document_id IN (SELECT document_id FROM batch) AND t.run_id IS DISTINCT FROM $run
    AND NOT EXISTS (FROM new_rows AS n WHERE {same_row})
"""
REMOVE = """
DELETE FROM core.{table} AS t WHERE document_id IN (SELECT document_id FROM batch)
    AND NOT EXISTS (FROM new_rows AS n WHERE {same_row})
"""
ADD = """
INSERT INTO core.{table} BY NAME SELECT n.*, $run AS run_id FROM new_rows AS n
WHERE NOT EXISTS (FROM core.{table} AS t WHERE {same_key_new})
"""
ADD_ALL = "INSERT INTO core.{table} BY NAME SELECT *, $run AS run_id FROM new_rows"

SET_ALL_ASIDE = """
INSERT INTO core.{history} BY NAME SELECT *, $run AS until_run FROM core.{table}
WHERE document_id IN (SELECT document_id FROM batch) AND run_id IS DISTINCT FROM $run
"""
REMOVE_ALL = "DELETE FROM core.{table} WHERE document_id IN (SELECT document_id FROM batch)"

CHANGED = """
SELECT document_id FROM core.findings WHERE run_id = $run AND document_id IN (SELECT document_id FROM batch)
UNION SELECT document_id FROM core.finding_history
WHERE until_run = $run AND document_id IN (SELECT document_id FROM batch)
"""

SAVE_EDITIONS = """
INSERT OR REPLACE INTO core.editions
SELECT document_id, $run, parser, domain, tagger, rules, writer FROM core.documents
WHERE state = 'processed' AND document_id IN (SELECT document_id FROM batch)
"""


def replace_rows(connection: duckdb.DuckDBPyConnection, table: str, new_rows: pa.Table, run_id: str) -> None:
    """The batch's rows of `table` become `new_rows`; what was there and is not the same goes to the history."""
    kept = KEPT[table]
    words = {
        "table": table,
        "history": kept.history,
        "same_row": _equal("n", new_rows.column_names),
        "same_key": _equal("h", kept.key),
        "same_key_new": _equal("n", kept.key),
    }
    run = {"run": run_id}
    connection.register("new_rows", new_rows)
    try:
        if not connection.execute(HAS_ROWS.format(**words), run).fetchall()[0][0]:
            connection.execute(ADD_ALL.format(**words), run)
            return
        for statement in (TAKE_BACK, FORGET, SET_ASIDE):
            connection.execute(statement.format(**words), run)
        connection.execute(REMOVE.format(**words))
        connection.execute(ADD.format(**words), run)
    finally:
        connection.unregister("new_rows")


def set_aside(connection: duckdb.DuckDBPyConnection, table: str, run_id: str) -> None:
    """The batch's rows of `table` are no more; the history keeps them."""
    words = {"table": table, "history": KEPT[table].history}
    connection.execute(SET_ALL_ASIDE.format(**words), {"run": run_id})
    connection.execute(REMOVE_ALL.format(**words))


def changed_documents(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[str]:
    """The batch's documents of which this run has changed, added or removed a finding."""
    return [row[0] for row in connection.execute(CHANGED, {"run": run_id}).fetchall()]


def save_editions(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """The versions that the batch's documents now rest on, as this run leaves them."""
    connection.execute(SAVE_EDITIONS, {"run": run_id})


def _equal(other: str, columns: tuple[str, ...] | list[str]) -> str:
    return " AND ".join(f"t.{column} IS NOT DISTINCT FROM {other}.{column}" for column in columns)
