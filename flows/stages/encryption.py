"""The key of an encrypted database, and DuckDB made able to use it.

The key comes from a file or the environment, never from the command line, which other users of the machine can read.
Knows keys and DuckDB's extensions; knows no table and no folder.
"""

import base64
import binascii
import importlib.util
import stat
from pathlib import Path

import duckdb

from flows.settings import settings
from schemas.errors import KeyUnusable, StoreError

KEY_BYTES = 32
"""AES-256, for the database and for Parquet alike."""

MAKE_ONE = "make one with `openssl rand -base64 32`"


def database_key() -> str:
    """The key as it was given: 32 bytes in base64. Raises KeyUnusable with one line that says what to do."""
    key_file, key = settings().key_file, settings().key
    if key_file is not None:
        return _checked(_read_private(key_file), f"key file {key_file}")
    if key is not None:
        return _checked(key.get_secret_value(), "MUNIMENT_KEY")
    raise KeyUnusable(f"encryption needs a key: set MUNIMENT_KEY_FILE (or MUNIMENT_KEY); {MAKE_ONE}")


def _read_private(key_file: Path) -> str:
    try:
        mode = stat.S_IMODE(key_file.stat().st_mode)
        if mode & 0o077:
            raise KeyUnusable(f"key file {key_file} is open to others (mode {mode:03o}); run `chmod 600 {key_file}`")
        return key_file.read_text(encoding="ascii")
    except OSError as error:
        raise KeyUnusable(f"key file {key_file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyUnusable(f"key file {key_file} is not {KEY_BYTES} bytes in base64; {MAKE_ONE}") from None


def _checked(key: str, where: str) -> str:
    key = key.strip()
    try:
        decoded = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != KEY_BYTES:
        raise KeyUnusable(f"{where} is not {KEY_BYTES} bytes in base64; {MAKE_ONE}")
    return key


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make a DuckDB extension of an installed package usable. DuckDB itself checks its signature.

    Raises StoreError where the package is missing or of another DuckDB.
    """
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    folders = list(package.submodule_search_locations or ()) if package else []
    file = Path(*folders[:1], "extensions", f"v{duckdb.__version__}", f"{name}.duckdb_extension")
    if not file.is_file():
        wanted = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
        raise StoreError(f"DuckDB's extension {name} is not installed; run `pip install {wanted}`")
    connection.execute(f"LOAD {quoted(str(file))}")


def is_encrypted(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the connection's database is encrypted in its file."""
    query = "SELECT encrypted FROM duckdb_databases() WHERE database_name = current_database()"
    return bool(connection.execute(query).fetchall()[0][0])


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, *options: str, encrypt: bool) -> None:
    """Open another database file under `name`, made if there is none; with the key where it is to be `encrypt`ed."""
    if encrypt:
        options = (*options, f"ENCRYPTION_KEY {quoted(database_key())}")
    listed = f" ({', '.join(options)})" if options else ""
    connection.execute(f"ATTACH IF NOT EXISTS {quoted(str(path))} AS {identifier(name)}{listed}")


def quoted(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
