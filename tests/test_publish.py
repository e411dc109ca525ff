"""Readers get a whole, consistent copy; SQL on it answers exactly, and never shows words of a document in an error."""

import json
import stat
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from stored_sample import extraction, filled_store, parsed

from flows.stages.publish import publish, snapshot_path
from flows.stages.query import QueryResult, format_result, run_query
from schemas.errors import BadInput, DatabaseBusy, StoreError

COMMENTS = """
SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE schema_name IN ('core', 'toy')
UNION ALL SELECT schema_name, table_name, NULL, comment FROM duckdb_tables() WHERE schema_name = 'core'
UNION ALL SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE schema_name = 'toy' ORDER BY ALL
"""
TABLES = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core' ORDER BY 1"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "muniment.duckdb"
    with filled_store(path):
        pass
    return path


def test_the_snapshot_equals_the_database(database: Path) -> None:
    snapshot = publish(database)
    assert snapshot == database.parent / "published" / "muniment.duckdb"
    with duckdb.connect(database) as live, duckdb.connect(snapshot, read_only=True) as copy:
        for (table,) in live.execute(TABLES).fetchall():
            rows = f"SELECT * FROM core.{table} ORDER BY ALL"
            assert copy.execute(rows).fetchall() == live.execute(rows).fetchall(), table
        assert copy.execute(COMMENTS).fetchall() == live.execute(COMMENTS).fetchall()
        assert copy.execute("SELECT dishes FROM toy.dish_count").fetchall() == [(1,)]
        keys = "SELECT count(*) FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        assert copy.execute(keys).fetchall() == live.execute(keys).fetchall()


def test_it_publishes_from_an_open_store_and_leaves_it_locked(database: Path) -> None:
    opens = f"import duckdb; duckdb.connect({str(database)!r})"
    with filled_store(database.parent / "open.duckdb") as store:
        store.save_extraction([extraction(parsed("later.pdf").document)], "t", "r", "run-1")
        publish(store.path)
        assert run_query(store.path, "SELECT dishes FROM toy.dish_count").rows == ((2,),)
        other = opens.replace("muniment.duckdb", "open.duckdb")
        tried = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=False)
        assert "Could not set lock" in tried.stderr
        store.save_extraction([extraction(parsed("later.pdf").document)], "t2", "r", "run-1")
    assert subprocess.run([sys.executable, "-c", opens], check=False).returncode == 0


def test_snapshot_and_folder_are_private_and_nothing_is_left_aside(database: Path) -> None:
    aside = snapshot_path(database).with_name(".muniment.duckdb.new")
    aside.parent.mkdir(mode=0o700)
    aside.write_text("left by a publish that was killed")
    snapshot = publish(database)
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    assert [path.name for path in snapshot.parent.iterdir()] == ["muniment.duckdb"]


def test_a_reader_keeps_its_snapshot_while_others_are_published(database: Path) -> None:
    publish(database)
    with duckdb.connect(snapshot_path(database), read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM core.skips").fetchall() == [(1,)]
        with duckdb.connect(database) as writer:
            writer.execute("DELETE FROM core.skips")
        publish(database)
        assert reader.execute("SELECT count(*) FROM core.findings").fetchall() == [(3,)]
        assert reader.execute("SELECT count(*) FROM core.skips").fetchall() == [(1,)]
    assert run_query(database, "SELECT count(*) FROM core.skips").rows == ((0,),)


def test_publishing_while_writing_shows_whole_batches_only(database: Path) -> None:
    stop = threading.Event()
    with filled_store(database.parent / "busy.duckdb") as store:

        def write() -> None:
            while not stop.is_set():
                store.save_parsed([parsed()], "p1", "run-1")
                store.save_extraction([extraction(parsed().document)], "t1", "toy-1", "run-1")

        writer = threading.Thread(target=write)
        writer.start()
        seen = set()
        for _ in range(8):
            publish(store.path)
            whole = "SELECT (SELECT count(*) FROM toy.dishes), (SELECT count(*) FROM core.findings),"
            seen.add(run_query(store.path, f"{whole} (SELECT count(*) FROM core.rulings)").rows[0])
        stop.set()
        writer.join()
    assert seen <= {(1, 3, 3), (0, 0, 0)}


def test_a_database_held_by_another_process_is_busy_but_its_snapshot_answers(database: Path) -> None:
    publish(database)
    hold = f"import duckdb; c = duckdb.connect({str(database)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        with pytest.raises(DatabaseBusy, match=rf"another process \(PID {holder.pid}\) holds database"):
            publish(database)
        assert run_query(database, "SELECT count(*) FROM core.documents").rows == ((2,),)
        holder.communicate(b"\n")


def test_without_a_snapshot_one_is_published_and_without_a_database_it_is_said(database: Path) -> None:
    assert run_query(database, "SELECT reason FROM core.failures").rows == (("not a PDF",),)
    assert snapshot_path(database).exists()
    with pytest.raises(StoreError, match=r"there is no database .*none\.duckdb yet"):
        run_query(database.parent / "none.duckdb", "SELECT 1")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "syntax error at or near"),
        ("SELECT nothing FROM core.runs", 'Referenced column "nothing" not found'),
        ("SELECT * FROM legal.contracts", '"legal.contracts" does not exist'),
        ("", "the query is empty"),
        ("SELECT quote::INTEGER FROM core.findings", "stopped with ConversionException"),
        ("SELECT strptime(text, '%Y') FROM core.documents", "stopped with InvalidInputException"),
        ("SELECT error(text) FROM core.documents", "stopped with InvalidInputException"),
        ("DELETE FROM core.findings", "is for reading; give a SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "file system operations are disabled"),
        ("COPY core.documents TO 'out.csv'", "file system operations are disabled"),
        ("ATTACH 'other.duckdb'", "file system operations are disabled"),
        ("SET enable_external_access = true", "is for reading; give a SELECT"),
        ("SELECT * FROM database", "Table with name database does not exist"),
    ],
)
def test_sql_that_does_not_run_is_explained_without_words_of_a_document(database: Path, sql: str, message: str) -> None:
    with pytest.raises(BadInput) as raised:
        run_query(database, sql)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not any(word in str(raised.value) for word in ("cre\u0301me", "4,50", "menu \U0001d54f"))


ANSWER = QueryResult(
    ("day", "price", "who", "cited", "price", "rate", "no"),
    (
        (
            date(2026, 3, 1),
            Decimal("1200.500000"),
            '[b]A\x1b[2J, "B"\n\fC',
            [{"char_start": 1}],
            1.5,
            float("nan"),
            None,
        ),
    ),
)


def test_json_is_exact_and_loses_no_column() -> None:
    assert json.loads(format_result(ANSWER, "json")) == [
        {
            "day": "2026-03-01",
            "price": "1200.500000",
            "who": '[b]A\x1b[2J, "B"\n\fC',
            "cited": [{"char_start": 1}],
            "price_2": 1.5,
            "rate": None,
            "no": None,
        }
    ]


def test_csv_is_exact() -> None:
    row = '2026-03-01,1200.500000,"[b]A\x1b[2J, ""B""\n\fC","[{""char_start"": 1}]",1.5,,\n'
    assert format_result(ANSWER, "csv") == "day,price,who,cited,price,rate,no\n" + row


def test_a_table_shows_words_as_they_are_and_obeys_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    printed = format_result(ANSWER, "table")
    assert '[b]A\N{REPLACEMENT CHARACTER}[2J, "B" C' in printed
    assert "1200.500000" in printed and "\x1b" not in printed


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(BadInput, match="unknown format 'xml'; have: table, csv, json"):
        format_result(ANSWER, "xml")  # type: ignore[arg-type]  # what a user may type
