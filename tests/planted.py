"""Whether what was planted in charts is left in anything that a run leaves: bytes of files, and cells of the database."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import duckdb


def cells(database: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every table and domain view as text: storage compresses text, so that bytes alone prove little."""
    with duckdb.connect(str(database), read_only=True) as connection:
        named = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema <> 'main'"
        ).fetchall()
        for (table,) in named:
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                yield from ((table, str(cell)) for cell in row)


def stands_in(planted: str, content: bytes) -> bool:
    """Whether it is there; a ZIP code's five digits not where an id or a fraction of a second happens to have them, a name not
    where it begins a longer word ("Lang" in "Langerhans", of a code's description).
    """
    if planted.isdigit():
        return re.search(rb"(?<![\w.])" + planted.encode() + rb"(?!\w)", content) is not None
    if planted.isalpha():
        return re.search(planted.encode() + rb"(?![a-z])", content) is not None
    return planted.encode() in content


def places_left(planted: Collection[str], database: Path) -> Mapping[str, set[str]]:
    """What of it is left, and in which files beside the database (its own included) and in which tables and views."""
    left = defaultdict[str, set[str]](set)
    for path in (one for one in database.parent.rglob("*") if one.is_file()):
        content = path.read_bytes()
        for one in planted:
            if stands_in(one, content) or one.encode("utf-16-le") in content:
                left[one].add(path.name)
    texts = defaultdict[str, list[str]](list)
    for table, cell in cells(database):
        texts[table].append(cell)
    for table, told in texts.items():
        joined = "\0".join(told).encode()
        for one in (one for one in planted if stands_in(one, joined)):
            left[one].add(table)
    return left


def not_dates(planted: Collection[str]) -> set[str]:
    """Those that are no date: one may come up by chance as another date, moved."""
    return {one for one in planted if not re.fullmatch(r"\d{4}-\d\d-\d\d", one)}
