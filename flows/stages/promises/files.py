"""Checks that documents are current where their files say so: what was replaced is kept, and shown by no typed view."""

import duckdb

from flows.stages.promises.check import Check

FILES = (
    Check(
        "files",
        "files that do not hold what last took a document's place there",
        """SELECT s.path FROM (
            SELECT path, arg_max(superseded_by, superseded_at) AS holds FROM core.supersessions
            SEMI JOIN (FROM core.runs WHERE machine IS NULL) USING (run_id) GROUP BY path) s
        LEFT JOIN core.files f USING (path) WHERE f.document_id IS DISTINCT FROM s.holds""",
    ),
    Check(
        "files",
        "files that were missed before they were last seen",
        "SELECT path FROM core.files WHERE missing_since < last_seen_at OR last_seen_at < first_seen_at",
    ),
    Check(
        "files",
        "runs with a figure of more documents than it counts",
        "SELECT DISTINCT run_id FROM core.quality WHERE hits NOT BETWEEN 0 AND total OR total < 1",
    ),
)

VIEWS_OF_DOCUMENTS = """
SELECT schema_name, table_name FROM duckdb_columns() JOIN duckdb_views() USING (database_name, schema_name)
WHERE database_name = current_database() AND column_name = 'document_id' AND table_name = view_name
    AND schema_name IN (SELECT domain FROM installed) ORDER BY ALL
"""

SHOWN = 'SELECT DISTINCT document_id FROM "{schema}"."{view}" SEMI JOIN core.superseded USING (document_id)'


def shown_checks(connection: duckdb.DuckDBPyConnection) -> tuple[Check, ...]:
    """A check of each typed view that names documents: it shows none that another has superseded."""
    if not connection.execute("SELECT 1 FROM core.superseded LIMIT 1").fetchall():
        return ()
    views = connection.execute(VIEWS_OF_DOCUMENTS).fetchall()
    return tuple(
        Check("files", f"superseded documents that {schema}.{view} shows", SHOWN.format(schema=schema, view=view))
        for schema, view in views
    )
