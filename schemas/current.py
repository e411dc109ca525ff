"""The schema `current`: every core table of documents, without those that another document has superseded.

A domain's SQL is written over the core tables and is read as if it said `current`, so that no domain has to know of
superseded documents, and none can show one. Knows which tables there are by asking the database.
"""

import re

import duckdb

SCHEMA = "current"

OF_DOCUMENTS = """
SELECT c.table_name, t.comment FROM duckdb_columns() AS c JOIN duckdb_tables() AS t USING (database_name, table_oid)
WHERE c.database_name = current_database() AND c.schema_name = 'core' AND c.column_name = 'document_id'
    AND NOT c.is_nullable AND c.table_name NOT IN ('files', 'supersessions') ORDER BY c.table_name
"""

COLUMNS = """
SELECT column_name, comment FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'core' AND table_name = ? AND comment IS NOT NULL
"""

VIEWS = "SELECT view_name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ?"

WITHOUT_SUPERSEDED = "SELECT * FROM core.{table} WHERE document_id NOT IN (SELECT document_id FROM core.superseded)"

LITERAL_OR_COMMENT = r"'(?:[^']|'')*'|--[^\n]*"


def has_current_views(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether every core table of documents has its view; not so where a process was killed before it made them."""
    tables = {row[0] for row in connection.execute(OF_DOCUMENTS).fetchall()}
    return tables == {row[0] for row in connection.execute(VIEWS, [SCHEMA]).fetchall()}


def make_current_views(connection: duckdb.DuckDBPyConnection) -> None:
    """A view in `current` for each core table of documents, with the table's comments."""
    made = [f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"]
    for table, comment in connection.execute(OF_DOCUMENTS).fetchall():
        name = f"{SCHEMA}.{table}"
        said = _quoted(f"core.{table} without superseded documents. {comment}")
        columns = connection.execute(COLUMNS, [table]).fetchall()
        made += [f"CREATE OR REPLACE VIEW {name} AS {WITHOUT_SUPERSEDED.format(table=table)}"]
        made += [f"COMMENT ON VIEW {name} IS {said}"]
        made += [f'COMMENT ON COLUMN {name}."{column}" IS {_quoted(said)}' for column, said in columns]
    connection.execute(";".join(made))


def over_current(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The same SQL over current documents: `core.findings` becomes `current.findings`, outside literals and comments."""
    tables = [row[0] for row in connection.execute(VIEWS, [SCHEMA]).fetchall()]
    if not tables:
        return sql
    named = re.compile(rf'({LITERAL_OR_COMMENT})|"?\bcore\b"?\s*\.\s*"?({"|".join(tables)})\b"?', re.IGNORECASE)
    return named.sub(lambda found: found[1] or f"{SCHEMA}.{found[2].lower()}", sql)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
