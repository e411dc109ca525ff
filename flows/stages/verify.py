"""Checks every promise on what is stored, and names the rows that break one.

Knows which fields each domain has, a user's own that the database names among them; what is promised stands in `promises`.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

from domain_models.domain import Domain
from flows.stages.audit import audit_faults
from flows.stages.database import connect, plain_errors, private_files
from flows.stages.promises import CHECKS, Breach
from flows.stages.promises.files import shown_checks
from schemas.migrate import check_schema

TABLES = "SELECT table_name FROM duckdb_tables()"

CATALOGUED = "SELECT domain, field FROM core.fields JOIN installed USING (domain)"


def verify(database: Path, domains: Iterable[Domain]) -> tuple[Breach, ...]:
    """Every promise that is broken in the stored data; empty where all hold. `domains` are those installed.

    Raises StoreError for a database that is not ours, DatabaseTooNew, DatabaseBusy while another process holds it.
    """
    with private_files(), closing(connect(database)) as connection, plain_errors(database):
        broken = [Breach("audit", detail, ids) for detail, ids in audit_faults(connection, database)]
        return (*_verify(connection, tuple(domains)), *broken)


def _verify(connection: duckdb.DuckDBPyConnection, domains: tuple[Domain, ...]) -> tuple[Breach, ...]:
    check_schema(connection)
    if not connection.execute(TABLES).fetchall():  # made by a run that was stopped before it began
        return ()
    connection.register("installed", _named(("domain",), [(domain.name,) for domain in domains]))
    expected = {(domain.name, field.name) for domain in domains for field in domain.fields}
    expected |= set(connection.execute(CATALOGUED).fetchall())
    connection.register("expected", _named(("domain", "field"), sorted(expected)))
    found = [(check, connection.execute(check.sql).fetchall()) for check in (*CHECKS, *shown_checks(connection))]
    return tuple(Breach(c.promise, c.detail, tuple(sorted(str(row[0]) for row in rows))) for c, rows in found if rows)


def _named(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> pa.Table:
    return pa.table({name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(columns)})
