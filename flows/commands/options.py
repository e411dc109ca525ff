"""What several commands share: their common options, and what is said at once about bad ones."""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows.interrupt import bounded_interrupts, end_at_once, plain_interrupts
from schemas.errors import BadInput

if TYPE_CHECKING:
    from flows.stages.reading.passwords import Passwords

Database = Annotated[Path, typer.Option("--database", help="The DuckDB file.")]
DomainName = Annotated[str, typer.Option("--domain", help="auto, or the name of a domain: legal, medical.")]
TaggerName = Annotated[str, typer.Option("--tagger", help="small, base, or the folder of an adapter.")]
WriterName = Annotated[
    str, typer.Option("--writer", help="writer, the folder of a causal language model, or hub:ORG/NAME@REVISION.")
]
WithSummaries = Annotated[bool, typer.Option("--summaries/--no-summaries", help="Write a summary of each document.")]
PasswordsFile = Annotated[
    Path | None, typer.Option("--passwords", help="A file with a glob and a password a line, for encrypted documents.")
]
Deidentify = Annotated[
    bool, typer.Option("--deidentify", help="Mask names, dates, numbers and places before anything is stored.")
]
Today = Annotated[str | None, typer.Option("--today", help="The day to reckon from; default: this day.")]
Encrypt = Annotated[
    bool, typer.Option("--encrypt", help="Make a new database encrypted; the key is read from MUNIMENT_KEY_FILE.")
]
Parquet = Annotated[bool, typer.Option("--parquet", help="Publish Parquet files beside the snapshot.")]
DEFAULT_DATABASE = Path("muniment.duckdb")


class Format(StrEnum):
    """How rows are shown."""

    table = "table"
    csv = "csv"
    json = "json"


def check_paths(paths: list[Path]) -> None:
    """Say at once what is not there, before anything is loaded."""
    for path in paths:
        if not path.exists() and not any(glob.iglob(str(path), recursive=True)):  # noqa: PTH207  # absolute ones too
            raise BadInput(f"no file or folder at {path}")


def checked_passwords(passwords: Path | None) -> str:
    """The file's path, once it is known to be usable; empty where none was given."""
    from flows.stages.reading.passwords import load_passwords

    if passwords is None:
        return ""
    load_passwords(passwords)
    return str(passwords)


def checked_day(day: str | None) -> date:
    """The day named, as 2026-01-31; this day where none is. Raises BadInput."""
    try:
        return date.fromisoformat(day) if day else date.today()
    except ValueError:
        raise BadInput(f"{day!r} is no day; give one as {date.today().isoformat()}") from None


def opened_passwords(passwords: Path | None) -> "Passwords":
    """The passwords of the file; none where none was given."""
    from flows.stages.reading.passwords import Passwords, load_passwords

    return load_passwords(passwords) if passwords else Passwords()


def check_key(encrypt: bool) -> None:
    """Say at once that a database which is to be encrypted lacks a key. Raises KeyUnusable."""
    from flows.settings import settings
    from flows.stages.encryption import database_key

    if encrypt or settings().encrypt:
        database_key()


def check_output(file: Path) -> None:
    """Say at once that no file can be written there. Raises BadInput."""
    if file.is_dir():
        raise BadInput(f"{file} is a folder; name a file")
    if not file.parent.is_dir():
        raise BadInput(f"folder {file.parent} for {file.name} does not exist; make it first")


def check_folder(folder: Path | None) -> None:
    """Say at once that what is to be a folder is a file. Raises BadInput."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file; name a folder")


def need_database(database: Path) -> None:
    """Say at once that there is no database. Raises BadInput."""
    if database.is_dir():
        raise BadInput(f"database {database} is a folder; name a file")
    if not database.is_file():
        raise BadInput(f"no database at {database}; make one with `muniment run FOLDER --database {database}`")


@contextmanager
def stoppable(line: str = "interrupted; what was stored stays, run the same command again to go on") -> Iterator[None]:
    """Ctrl-C ends the command soon, with this line; the database holds whole stages only."""
    with bounded_interrupts(partial(_leave, line)), plain_interrupts():
        yield


def _leave(line: str) -> NoReturn:
    from rich.console import Console

    Console(stderr=True).show_cursor()  # a progress bar hides it
    typer.echo(f"muniment: {line}", err=True)
    end_at_once(130)


def fail(message: str, code: int) -> NoReturn:
    """End the program with one line and that exit code."""
    typer.echo(f"muniment: {_in_one_line(message)}", err=True)
    raise SystemExit(code)


def _in_one_line(message: str) -> str:
    """A path's line ends and other controls as escapes; half a surrogate pair is a byte of a name that is no UTF-8."""
    return "".join(
        letter if letter.isprintable() or "\ud800" <= letter <= "\udfff" else letter.encode("unicode_escape").decode()
        for letter in message
    )
