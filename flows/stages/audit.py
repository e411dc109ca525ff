"""Keeps who used a database when and for what, as a chain of hashes in which no entry can be changed unseen.

An entry is first appended to a journal beside the database, under a lock of some milliseconds: so a reader neither
waits for a running flow nor holds it up, and two readers at once make one chain. Runs fold the journal into core.audit.
Neither holds text of a document, nor SQL, which may name people. Knows core.audit alone; does not know what a run is.
"""

import errno
import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb

from flows.stages.database import plain_errors
from schemas.errors import StoreError

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""

REMEDY = "it was altered: keep it as proof under another name, and the next use writes it anew from core.audit"

COLUMNS = "number, happened_at, who, action, subject, previous, hash"

STORED = f"SELECT {COLUMNS} FROM core.audit ORDER BY number"  # noqa: S608  # our own columns


@dataclass(frozen=True, slots=True)
class Entry:
    """One use of the database. `happened_at` is UTC without a zone, as it is stored."""

    number: int
    happened_at: datetime
    who: str
    action: str
    subject: str
    previous: str
    hash: str

    @property
    def computed_hash(self) -> str:
        """What `hash` must be."""
        when = self.happened_at.isoformat(timespec="microseconds")
        cells = [self.number, when, self.who, self.action, self.subject, self.previous]
        return hashlib.sha256(json.dumps(cells, separators=(",", ":")).encode()).hexdigest()


def record(
    database: Path, action: str, subject: str = "", stored: Callable[[Path], Sequence[Entry]] | None = None
) -> None:
    """Add that this user does `action` now, durably, before it is done. `stored` reads core.audit where the journal is gone.

    Raises StoreError where the journal cannot be written: what cannot be recorded is not done. No journal is begun for
    a file that is no database of ours.
    """
    path, known = journal_path(database), stored or _published
    before = None if path.exists() else known(database)
    with _locked(path) as journal:
        last = _last(journal)
        if last is None:
            last = _restore(journal, known(database) if before is None else before)
        _append(journal, _next(last, action, subject))


def journal_path(database: Path) -> Path:
    """Where the uses of a database are kept until a run folds them in, and after."""
    return database.with_name(f"{database.name}.audit")


def read_journal(database: Path, after: int = 0) -> tuple[Entry, ...]:
    """The journal's entries numbered above `after`, in the order in which they stand there.

    Raises StoreError for a line that is no entry.
    """
    path = journal_path(database)
    found: list[Entry] = []
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    for number in range(len(lines) - 1, -1, -1):
        entry = _parsed(lines[number])
        if entry is None:
            raise StoreError(f"line {number + 1} of the audit journal {path} is no entry; {REMEDY}")
        if entry.number <= after:
            break
        found.append(entry)
    return tuple(reversed(found))


def stored_entries(connection: duckdb.DuckDBPyConnection) -> tuple[Entry, ...]:
    """What core.audit holds; nothing where the database is older than that table."""
    try:
        return tuple(Entry(*row) for row in connection.execute(STORED).fetchall())
    except duckdb.CatalogException:
        return ()


def fold(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Add the journal's newer entries to core.audit; within a transaction of the caller's."""
    last = connection.execute("SELECT coalesce(max(number), 0) FROM core.audit").fetchall()[0][0]
    new = [_cells(entry) for entry in read_journal(database, after=last)]
    if new:
        connection.executemany("INSERT OR IGNORE INTO core.audit VALUES (?, ?, ?, ?, ?, ?, ?)", new)


def broken_links(entries: Sequence[Entry]) -> tuple[int, ...]:
    """Numbers of entries that were changed, or do not follow the one before: there one is missing or out of place."""
    changed = {entry.number for entry in entries if entry.hash != entry.computed_hash}
    if entries and (entries[0].number, entries[0].previous) != (1, GENESIS):
        changed.add(entries[0].number)
    for before, entry in pairwise(entries):
        if (entry.number, entry.previous) != (before.number + 1, before.hash):
            changed.add(entry.number)
    return tuple(sorted(changed))


def differing(stored: Sequence[Entry], journal: Sequence[Entry]) -> tuple[int, ...]:
    """Numbers of stored entries that the journal has otherwise, or not at all."""
    kept = {entry.number: entry for entry in journal}
    return tuple(entry.number for entry in stored if kept.get(entry.number) != entry)


def audit_head(database: Path) -> tuple[int, str]:
    """How many uses the journal counts, and the last one's hash: noted elsewhere, it proves that none was taken away."""
    entries = read_journal(database)
    return (entries[-1].number, entries[-1].hash) if entries else (0, GENESIS)


def audit_faults(connection: duckdb.DuckDBPyConnection, database: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is wrong with the chain in core.audit and in the journal, each with the numbers of the entries."""
    stored, journal = stored_entries(connection), read_journal(database)
    found = (
        ("entries of core.audit that were changed or do not follow the one before", broken_links(stored)),
        ("entries of the audit journal that were changed or do not follow the one before", broken_links(journal)),
        ("entries of core.audit that the audit journal has otherwise or not at all", differing(stored, journal)),
    )
    # a database moved without its journal is whole; the next use writes that anew and says so
    for detail, numbers in found if journal else found[:1]:
        if numbers:
            yield detail, tuple(map(str, numbers))


def _published(database: Path) -> Sequence[Entry]:
    """What the published snapshot knows, which is all but what was never folded in."""
    from flows.stages.query import snapshot

    if not database.is_file():
        return ()
    with snapshot(database) as connection, plain_errors(database):
        return stored_entries(connection)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The journal's descriptor, made if there is none, for this process alone meanwhile."""
    try:
        journal = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StoreError(f"the audit journal {path} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(journal, fcntl.LOCK_EX)
        yield journal
    except OSError as error:
        raise StoreError(f"the audit journal {path} cannot be written: {error.strerror}") from None
    finally:
        os.close(journal)


def _last(journal: int) -> Entry | None:
    """The last entry; None in an empty journal. What a power cut left of a line after it is cut off."""
    end = os.fstat(journal).st_size
    tail = os.pread(journal, 8192, max(0, end - 8192))
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        os.ftruncate(journal, end - len(tail) + whole)
    lines = tail[:whole].splitlines()
    if not lines:
        return None
    entry = _parsed(lines[-1])
    if entry is None:
        raise StoreError(f"the last line of the audit journal is no entry; {REMEDY}")
    return entry


def _restore(journal: int, stored: Sequence[Entry]) -> Entry | None:
    """Write a lost journal anew from what is stored, and that this was done."""
    if not stored:
        return None
    restored = _next(stored[-1], "restored", "")
    _append(journal, *stored, restored)
    return restored


def _next(last: Entry | None, action: str, subject: str) -> Entry:
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    blank = Entry(number, datetime.now(UTC).replace(tzinfo=None), _user(), action, subject, previous, "")
    return Entry(*_cells(blank)[:-1], blank.computed_hash)


def _user() -> str:
    """By the process's id, not by the environment, which anyone may set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _cells(entry: Entry) -> tuple[int, datetime, str, str, str, str, str]:
    return (
        entry.number, entry.happened_at, entry.who, entry.action, entry.subject, entry.previous, entry.hash
    )  # fmt: skip


def _append(journal: int, *entries: Entry) -> None:
    lines = b"".join(_line(entry) for entry in entries)
    if os.write(journal, lines) < len(lines):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(journal)


def _line(entry: Entry) -> bytes:
    number, happened_at, *others = _cells(entry)
    return json.dumps([number, happened_at.isoformat(timespec="microseconds"), *others]).encode() + b"\n"


def _parsed(line: bytes) -> Entry | None:
    try:
        number, when, *others = json.loads(line)
        return Entry(number, datetime.fromisoformat(when), *others)
    except (ValueError, TypeError):
        return None
