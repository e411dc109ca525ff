"""The audit chain counts every use once, also of many at a time, and shows what was changed, removed or moved."""

import ast
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from stored_sample import filled_store, toy_domain

from flows.stages.audit import Entry, broken_links, journal_path, read_journal, record
from flows.stages.publish import publish
from flows.stages.store import open_store
from flows.stages.verify import verify
from schemas.errors import StoreError
from tests.conftest import ROOT

RECORD = "import sys; from pathlib import Path; from flows.stages.audit import record\n" \
    "for number in range(20): record(Path(sys.argv[1]), 'sql', str(number))"  # fmt: skip
AUDIT = "SELECT number, action, subject FROM core.audit ORDER BY number"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "muniment.duckdb"
    with filled_store(path) as store:
        store.record("run", "run-1")
        for subject in ("a", "b", "c"):
            record(path, "sql", subject)
        store.record("retry", "run-2")
    return path


def breaches(database: Path) -> list[tuple[str, tuple[str, ...]]]:
    found = verify(database, [toy_domain(database.parent / "toy")])
    assert all(breach.promise == "audit" for breach in found)
    return [(breach.detail, breach.ids) for breach in found]


def change(database: Path, sql: str) -> None:
    with duckdb.connect(database) as connection:
        connection.execute(sql)


def test_runs_fold_what_readers_did_into_the_table(database: Path) -> None:
    with duckdb.connect(database) as connection:
        uses = connection.execute(AUDIT).fetchall()
    assert uses == [(1, "run", "run-1"), (2, "sql", "a"), (3, "sql", "b"), (4, "sql", "c"), (5, "retry", "run-2")]
    assert breaches(database) == []
    assert stat.S_IMODE(journal_path(database).stat().st_mode) == 0o600


def test_many_readers_at_once_make_one_chain_while_a_run_holds_the_database(database: Path) -> None:
    with open_store(database) as store:
        command = [sys.executable, "-c", RECORD, str(database)]
        readers = [subprocess.Popen(command) for _ in range(3)]
        for number in range(20):
            store.record("run", str(number))
        assert [reader.wait(60) for reader in readers] == [0, 0, 0]
        store.fold_audit()
    entries = read_journal(database)
    assert [entry.number for entry in entries] == list(range(1, 5 + 80 + 1))
    assert broken_links(entries) == ()
    assert breaches(database) == []


@pytest.mark.parametrize(
    ("sql", "numbers", "otherwise"),
    [
        ("UPDATE core.audit SET who = 'nobody' WHERE number = 2", ("2",), ("2",)),
        ("UPDATE core.audit SET happened_at = happened_at + INTERVAL 1 SECOND WHERE number = 3", ("3",), ("3",)),
        ("DELETE FROM core.audit WHERE number = 3", ("4",), None),
        ("DELETE FROM core.audit WHERE number = 1", ("2",), None),
        ("UPDATE core.audit SET number = CASE number WHEN 2 THEN 13 WHEN 3 THEN 12 END WHERE number IN (2, 3);"
         " UPDATE core.audit SET number = number - 10 WHERE number > 10", ("2", "3", "4"), ("2", "3")),
        ("INSERT INTO core.audit SELECT 6, happened_at, who, 'sql', '', hash, hash FROM core.audit WHERE number = 5",
         ("6",), ("6",)),
    ],
)  # fmt: skip
def test_verify_names_what_was_changed_in_the_table(
    database: Path, sql: str, numbers: tuple[str, ...], otherwise: tuple[str, ...] | None
) -> None:
    change(database, sql)
    expected = [("entries of core.audit that were changed or do not follow the one before", numbers)]
    if otherwise:
        expected.append(("entries of core.audit that the audit journal has otherwise or not at all", otherwise))
    assert breaches(database) == expected


def rewritten(number: int, subject: str, previous: str) -> Entry:
    """An entry with a true hash of its own, as a forger would make it."""
    from datetime import datetime

    blank = Entry(number, datetime(2026, 3, 1), "nobody", "sql", subject, previous, "")
    return Entry(number, blank.happened_at, "nobody", "sql", subject, previous, blank.computed_hash)


def test_an_entry_forged_with_a_true_hash_breaks_the_one_after(database: Path) -> None:
    entries = list(read_journal(database))
    entries[2] = rewritten(3, "forged", entries[1].hash)
    assert broken_links(entries) == (4,)


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "do not follow the one before: 2, 3, 4"),
        (lambda lines: [lines[0], *lines[2:]], "do not follow the one before: 3"),
        (lambda lines: [lines[0], lines[1].replace(b'"a"', b'"z"'), *lines[2:]], "do not follow the one before: 2"),
        (lambda lines: lines[:-1], "has otherwise or not at all: 5"),
    ],
)
def test_verify_names_what_was_changed_in_the_journal(database: Path, edit: "object", line: str) -> None:
    path = journal_path(database)
    path.write_bytes(b"\n".join(edit(path.read_bytes().splitlines())) + b"\n")  # type: ignore[operator]
    assert any(line in f"{detail}: {', '.join(ids)}" for detail, ids in breaches(database))


def test_a_lost_journal_is_written_anew_and_says_so(database: Path) -> None:
    publish(database)
    journal_path(database).unlink()
    record(database, "sql", "d")
    assert [(entry.number, entry.action) for entry in read_journal(database)][4:] == [
        (5, "retry"), (6, "restored"), (7, "sql")
    ]  # fmt: skip
    assert breaches(database) == []
    journal_path(database).unlink()
    with open_store(database) as store:
        store.record("run", "run-3")
    assert [entry.action for entry in read_journal(database)][5:] == ["restored", "run"]
    assert breaches(database) == []


def test_what_a_power_cut_left_of_a_line_is_cut_off_and_a_line_that_is_no_entry_stops_all(database: Path) -> None:
    path = journal_path(database)
    with path.open("ab") as journal:
        journal.write(b'[6, "2026-')
    record(database, "sql", "d")
    assert [entry.number for entry in read_journal(database)] == [1, 2, 3, 4, 5, 6]
    with path.open("ab") as journal:
        journal.write(b"rubbish\n")
    with pytest.raises(StoreError, match="last line of the audit journal is no entry; it was altered"):
        record(database, "sql", "e")
    with pytest.raises(StoreError, match=r"line 7 of the audit journal .* is no entry; it was altered"):
        read_journal(database)


def test_who_is_the_process_and_not_what_the_environment_says(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import pwd

    monkeypatch.setenv("USER", "somebody")
    monkeypatch.setenv("LOGNAME", "somebody")
    record(database, "sql", "d")
    assert read_journal(database)[-1].who == pwd.getpwuid(os.getuid()).pw_name


def test_every_command_on_a_database_is_recorded() -> None:
    """A command that takes --database either records its use or runs the flow, which does."""
    silent = []
    for path in sorted((ROOT / "flows" / "commands").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not any(
                isinstance(argument.annotation, ast.Name) and argument.annotation.id == "Database"
                for argument in node.args.args
            ):
                continue
            called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
            if not called & {"record", "process_documents", "serve_documents"}:
                silent.append(f"{path.name}: {node.name}")
    assert silent == []
