"""`muniment status` and a run's last words: states, failures by reason, whole paths, and exit codes for scripts."""

import json
import re
from pathlib import Path

import pytest
from stored_sample import START, filled_store

from flows.report import Effort, RunReport
from flows.shown import show_rows, show_status
from schemas.run import Failure, Run
from tests.commands import error_line, muniment

LONG = "/inbox/" + "/".join(["a folder whose name is long"] * 8) + "/" + "x" * 200 + ".pdf"
REASON = "unreadable: " + "no such device or address " * 6


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "muniment.duckdb"
    with filled_store(path) as store:
        failures = [Failure(f"/inbox/[b]{n}.pdf", None, "parse", "corrupt") for n in range(3)]
        store.save_failures([*failures, Failure(LONG, None, "ingest", REASON.strip())], "run-1")
    return path


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split("[│┃]", line)[1:-1]]


def test_failures_are_counted_by_reason_and_no_path_is_cut(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_status(database, as_json=False)
    rows = [cells(line) for line in capsys.readouterr().out.splitlines()]
    assert ["corrupt", "3"] in rows
    assert ["not a PDF", "1"] in rows
    assert rows.index(["corrupt", "3"]) < rows.index(["not a PDF", "1"])
    assert [LONG, "ingest", REASON.strip(), "1"] in [row[:4] for row in rows]
    assert "/inbox/[b]0.pdf" in [row[0] for row in rows if row]


def test_on_a_narrow_terminal_a_path_goes_on_in_the_next_line(
    database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.stages.query.is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "80")
    show_status(database, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    first = "".join(cells(line)[0] for line in lines if len(cells(line)) == 6)
    assert LONG.replace(" ", "") in first.replace(" ", "")


def test_as_one_object(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_status(database, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert {row["state"]: row["documents"] for row in told["states"]} == {"parsed": 1, "processed": 1}
    assert [row["failed files"] for row in told["reasons"]] == [3, 1, 1]
    assert LONG in [row["failed file"] for row in told["failures"]]


def test_rows_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"what": "failed: [red]x[/red] " + "y" * 100, "value": 0.5}])
    assert "failed: [red]x[/red] " + "y" * 100 in capsys.readouterr().out


def report(files: int, failed: int, effort: Effort, skips: dict[str, int]) -> RunReport:
    skipped = sum(skips.values())
    run = Run("r", START, START, files, files - failed - skipped, failed, skipped, 6, 3, 1.5)
    return RunReport(run, effort, {"corrupt": failed} if failed else {}, skips, "")


DONE, BEFORE, STRANGER = "already processed by the same versions", "failed before: corrupt", "not a PDF"


@pytest.mark.parametrize(
    ("one", "nothing_stored", "remark"),
    [
        (report(3, 3, Effort(), {}), True, ""),
        (report(5, 3, Effort(), {STRANGER: 2}), True, ""),
        (report(5, 3, Effort(ruled=2), {}), False, ""),
        (report(1, 1, Effort(ruled=1), {}), False, ""),  # only its summary failed
        (report(5, 3, Effort(left_alone=2), {DONE: 2}), False, "no new work: 2 documents were done before by the same versions"),
        (report(2, 0, Effort(left_alone=2), {DONE: 2}), False, "no new work: 2 documents were done before by the same versions"),
        (report(3, 0, Effort(left_alone=2), {DONE: 2, BEFORE: 1}), False, "no new work: 2 documents were done before by the same versions; 1 failed before, and `muniment retry` takes them up again"),
        (report(1, 0, Effort(), {BEFORE: 1}), False, "no new work: 0 documents were done before by the same versions; 1 failed before, and `muniment retry` takes them up again"),
        (report(0, 0, Effort(), {}), False, "no document found"),
        (report(4, 0, Effort(), {STRANGER: 4}), False, "no document found"),
        (report(2, 0, Effort(ruled=1), {STRANGER: 1}), False, ""),
    ],
)  # fmt: skip
def test_what_a_run_has_come_to(one: RunReport, nothing_stored: bool, remark: str) -> None:
    assert one.nothing_stored is nothing_stored
    assert one.remark == remark


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "the query is empty; give a SELECT statement, or --named NAME"),
        (" \n", "the query is empty; give a SELECT statement, or --named NAME"),
        ("/* nothing */", "the query is empty; give a SELECT statement"),
        ("SELECT 1; SELECT 2", "these are 2 statements; give one SELECT"),
        ("SELECT 1; DROP TABLE core.documents; SELECT 3", "these are 3 statements; give one SELECT"),
        ("CREATE TABLE x (i INTEGER)", "the published snapshot is for reading; give a SELECT"),
    ],
)
def test_a_query_is_one_statement(database: Path, query: str, told: str) -> None:
    assert error_line(muniment("sql", query, cwd=database.parent)) == told


@pytest.mark.parametrize(
    "query",
    ["SELECT 1;", "SELECT ';'", "SELECT 1 -- ; 2", "PIVOT (SELECT 'a' AS x, 1 AS v) ON x USING sum(v)", "SHOW TABLES"],
)
def test_one_statement_is_not_taken_for_several(database: Path, query: str) -> None:
    assert muniment("sql", query, cwd=database.parent).returncode == 0


@pytest.mark.parametrize(
    ("files", "told"),
    [({}, "no document found in inbox"), ({"a.txt": b"x"}, "no document found in inbox"),
     ({"a.pdf": b"%PDF-1.7 x", "b.pdf": b"%PDF-1.7 y"}, "none of 2 documents can be read")],
)  # fmt: skip
def test_nothing_to_measure_is_an_error(files: dict[str, bytes], told: str, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    assert error_line(muniment("bench", "inbox", cwd=tmp_path)) == told
