"""Opens the database file and says in plain words why it cannot be opened or written.

Knows DuckDB's settings and errors; knows no table.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.dataset  # noqa: F401  # else DuckDB imports it with the first table, and swallows a Ctrl-C meanwhile

from flows.stages.damage import remedy
from flows.stages.encryption import attach, identifier, load_extension
from schemas.errors import DatabaseBusy, DatabaseTooNew, KeyUnusable, StoreError

Settings = dict[str, str | bool | int | float | list[str]]

# One set for every connection: DuckDB shares a file among the threads of a process only under equal settings.
# Extensions are never fetched (nothing leaves the machine); 2 GB leaves room for the models within 4 GB.
SETTINGS: Settings = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "2GB",
    # Else what a query freed stays with the process: 160 MB after a large one, 130 MB after many small ones.
    "allocator_background_threads": "true",
    "allocator_bulk_deallocation_flush_threshold": "4MB",
}

# A query answers from the snapshot alone: no other file, no extension, no network, no Python variable.
CLOSED: Settings = {"enable_external_access": "false", "lock_configuration": "true"}

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
def plain_errors(path: Path, source: Path | None = None) -> Iterator[None]:
    """DuckDB's errors come out as StoreError (DatabaseBusy, DatabaseTooNew) in one line, without document text.

    `source` is the database that is copied to `path` meanwhile: damage is its.
    """
    try:
        yield
    except duckdb.Error as error:
        damage = remedy(error, source or path)
        raise StoreError(damage) if damage else _explained(error, path) from None
    except UnicodeEncodeError as error:  # its fields hold the text, so it goes no further
        raise StoreError(f"text for {path} cannot be stored as UTF-8: {error.reason}") from None


# Paths known to be encrypted. To find out by opening the file a second time would drop this process's lock on it.
_encrypted: set[Path] = set()
_opening = threading.Lock()

RESERVED = ("memory", "system", "temp")
"""Names of DuckDB's own databases."""


def check_place(path: Path) -> None:
    """StoreError where no database can lie."""
    if not path.parent.is_dir():
        raise StoreError(f"folder {path.parent} for database {path.name} does not exist; make it first")
    if path.is_dir():
        raise StoreError(f"database {path} is a folder; name a file")


def connect(path: Path, *, create: bool = False, encrypt: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection that may write; the same file can be opened again within this process, by no other.

    An encrypted database is opened with the key of the settings, whether `encrypt` is given or not. Raises KeyUnusable,
    and StoreError for a database that is to be encrypted and lies there plain.
    """
    check_place(path)
    if not create and not path.is_file():
        raise StoreError(f"there is no database {path} yet; `muniment run` makes it")
    place = path.resolve()
    with _opening, plain_errors(path):
        connection = None
        if place in _encrypted if _has_bytes(place) else encrypt:
            connection = _open_encrypted(place)
        if connection is None:
            connection = _open_plain(place, SETTINGS)
            if connection is not None and encrypt:
                connection.close()
                raise StoreError(f"database {path} is not encrypted; `muniment encrypt --database {path}` makes it so")
        return connection or _encrypted_for_sure(place, _open_encrypted(place))


def connect_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads this file, which nobody writes to, and nothing else. Raises KeyUnusable."""
    place = path.resolve()
    with plain_errors(path):
        connection = _open_plain(place, {**SETTINGS, **CLOSED}, read_only=True)
        if connection is None:
            connection = _encrypted_for_sure(place, _open_encrypted(place, "READ_ONLY"))
            for name, value in CLOSED.items():
                connection.execute(f"SET {name} = {value}")
    return connection


def connect_to_export(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads this file, which nobody writes to, and may write others. Raises KeyUnusable."""
    place = path.resolve()
    with plain_errors(path):
        connection = duckdb.connect(":memory:", config={**SETTINGS, "temp_directory": f"{place}.tmp"})
        try:
            attach(connection, place, catalog_name(place), "READ_ONLY", encrypt=False)
            connection.execute(f"USE {identifier(catalog_name(place))}")
        except duckdb.CatalogException as error:
            connection.close()
            if "without a key" not in str(error):
                raise
            return _encrypted_for_sure(place, _open_encrypted(place, "READ_ONLY"))
    return connection


def _has_bytes(place: Path) -> bool:
    return place.is_file() and place.stat().st_size > 0


def _open_plain(place: Path, config: Settings, read_only: bool = False) -> duckdb.DuckDBPyConnection | None:
    """None where the database is encrypted."""
    try:
        return duckdb.connect(place, read_only, config)
    except duckdb.CatalogException as error:
        if "without a key" not in str(error):
            raise
        return None


def _open_encrypted(place: Path, *options: str) -> duckdb.DuckDBPyConnection | None:
    """None where the database is plain. DuckDB takes a key only where a file is attached.

    For writing it is attached to an instance in memory that this process shares, for reading to one of its own.
    """
    spilling: Settings = {"temp_directory": f"{place}.tmp", "temp_file_encryption": "true"}
    connection = duckdb.connect(":memory:" if options else f":memory:{place}", config={**SETTINGS, **spilling})
    try:
        load_extension(connection, "httpfs")  # DuckDB's own cipher only reads
        attach(connection, place, catalog_name(place), *options, encrypt=True)
        connection.execute(f"USE {identifier(catalog_name(place))}")
    except BaseException as error:
        connection.close()
        if isinstance(error, duckdb.CatalogException) and "is not encrypted" in str(error):
            _encrypted.discard(place)
            return None
        raise
    if not options:
        _encrypted.add(place)
    return connection


def _encrypted_for_sure(place: Path, connection: duckdb.DuckDBPyConnection | None) -> duckdb.DuckDBPyConnection:
    if connection is None:
        raise StoreError(f"database {place} was replaced while it was being opened; try again")
    return connection


def database_in_use(connection: duckdb.DuckDBPyConnection) -> str:
    """What the connection's own database is called in SQL."""
    return str(connection.execute("SELECT current_database()").fetchall()[0][0])


def catalog_name(place: Path) -> str:
    """What a database file is called in SQL: the name that DuckDB gives it where it is opened plain."""
    return f"{place.stem}_db" if place.stem in RESERVED else place.stem


def _explained(error: duckdb.Error, path: Path) -> StoreError:
    message = str(error).splitlines()[0]
    if "Wrong encryption key" in message:
        return KeyUnusable(f"the key does not open database {path}; give its own in MUNIMENT_KEY_FILE or MUNIMENT_KEY")
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
