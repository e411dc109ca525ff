"""Tells a damaged database from other errors of DuckDB, and what can be done about it.

Knows which copies lie beside a database; neither opens nor changes any.
"""

import re
from pathlib import Path

import duckdb

PUBLISHED = "published"
"""Folder, beside a database, of the copy that readers get."""

# Its other messages can come of a query; these come of a file alone.
DAMAGED = re.compile(r"Corrupt database file|Could not read enough bytes|Failure while replaying WAL")


def remedy(error: duckdb.Error, path: Path) -> str | None:
    """What is damaged and what to do, in one line; None where the error tells of no damage."""
    message = str(error)
    if "not a valid DuckDB database" in message:  # else the user named another file
        return _damaged(path) if _published(path).is_file() or _source(path) else None
    if "Failure while replaying WAL" in message:
        return (
            f"the write-ahead log {path}.wal is damaged; keep it under another name and go on without: what it alone"
            " held is lost, and the next `muniment run` does again what that leaves undone"
        )
    return _damaged(path) if DAMAGED.search(message) or isinstance(error, duckdb.SerializationException) else None


def _damaged(path: Path) -> str:
    source, published, log = _source(path), _published(path), Path(f"{path}.wal")
    if source:
        return f"the published snapshot {path} is damaged; delete it: the next command that reads copies {source} anew"
    its_log = f" and its {log.name}" if log.exists() else ""  # DuckDB would play it into any database
    kept = f"keep it{its_log} under another name"
    if published.is_file():
        return f"database {path} is damaged; {kept} and copy {published}, the state last published, to its place"
    return f"database {path} is damaged; {kept} and put a backup in its place, or `muniment run` its documents anew"


def _published(path: Path) -> Path:
    return path.parent / PUBLISHED / path.name


def _source(path: Path) -> Path | None:
    """The database that this is the published snapshot of; None for a database itself."""
    source = path.parent.parent / path.name
    return source if path.parent.name == PUBLISHED and source.is_file() else None
