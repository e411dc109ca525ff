"""Opens the database file and says in plain words why it cannot be opened or written.

Knows DuckDB's settings and errors; knows no table.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from schemas.errors import DatabaseBusy, DatabaseTooNew, StoreError

# One set for every connection: DuckDB shares a file among the threads of a process only under equal settings.
# Extensions are never fetched (nothing leaves the machine); 2 GB leaves room for the models within 4 GB.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "2GB",
}

# Messages of these carry paths, keys and table names. All others could quote a value, that is, document text.
SAFE_ERRORS = (
    duckdb.IOException,
    duckdb.ConstraintException,
    duckdb.CatalogException,
    duckdb.BinderException,
    duckdb.NotImplementedException,
)


@contextmanager
def private_files() -> Iterator[None]:
    """Files made meanwhile (database, write-ahead log, spill files) are readable by their owner alone.

    The mask belongs to the process, so other threads' new files are private meanwhile, too.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """DuckDB's errors come out as StoreError (DatabaseBusy, DatabaseTooNew) in one line, without document text."""
    try:
        yield
    except duckdb.Error as error:
        raise _explained(error, path) from None
    except UnicodeEncodeError as error:  # its fields hold the text, so it goes no further
        raise StoreError(f"text for {path} cannot be stored as UTF-8: {error.reason}") from None


def connect(path: Path, *, create: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection that may write; the same file can be opened again within this process, by no other."""
    if not path.parent.is_dir():
        raise StoreError(f"folder {path.parent} for database {path.name} does not exist; make it first")
    if path.is_dir():
        raise StoreError(f"database {path} is a folder; name a file")
    if not create and not path.is_file():
        raise StoreError(f"there is no database {path} yet; `muniment run` makes it")
    with plain_errors(path):
        return duckdb.connect(path.resolve(), config=SETTINGS)


def _explained(error: duckdb.Error, path: Path) -> StoreError:
    message = str(error).splitlines()[0]
    if "Could not set lock" in message:
        holder = re.search(r"PID (\d+)", message)
        who = f" (PID {holder[1]})" if holder else ""
        return DatabaseBusy(f"another process{who} holds database {path}; wait for it or read the published snapshot")
    if "version number" in message:
        return DatabaseTooNew(f"database {path} was written by another DuckDB: {message}")
    if "not a valid DuckDB database" in message:
        return StoreError(f"{path} is not a DuckDB database; name another file")
    if re.search(r"No space left|File too large|quota exceeded", message, re.IGNORECASE):
        return StoreError(f"no room left to write database {path}; what was stored before is kept: free some space")
    if re.search(r"Permission denied|Read-only file system|Operation not permitted", message):
        return StoreError(f"database {path} cannot be written: its file or folder is read-only for this user")
    if isinstance(error, SAFE_ERRORS):
        return StoreError(f"database {path}: {message}")
    return StoreError(f"database {path}: {type(error).__name__}")
