"""What a newcomer may get wrong: each is one line that names the thing and what to do, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stored_sample import filled_store

from flows.stages.publish import publish
from tests.commands import error_line, muniment
from tests.conftest import ROOT, SAMPLE_DOCS

PLACES = [
    (("status", "--database", "folder"), "database folder is a folder; name a file"),
    (("run", "a.pdf", "--database", "folder"), "database folder is a folder; name a file"),
    (("run", "a.pdf", "--database", "none/x.duckdb"), "folder none for database x.duckdb does not exist; make it first"),
    (("serve", "folder", "--database", "folder"), "database folder is a folder; name a file"),
    (("serve", "a.pdf"), "no folder at a.pdf; an inbox is a folder"),
    (("report", "--output", "folder"), "folder is a folder; name a file"),
    (("report", "--output", "none/x.html"), "folder none for x.html does not exist; make it first"),
    (("report", "--evidence", "a.pdf"), "a.pdf is a file; name a folder"),
    (("show", "menu.pdf", "--output", "folder"), "folder is a folder; name a file"),
    (("show", "menu.pdf", "--output", "none/x.html"), "folder none for x.html does not exist; make it first"),
    (("show", ""), "no document ''; have: "),
    (("search", "menu", "--evidence", "a.pdf"), "a.pdf is a file; name a folder"),
    (("export-reviews", "legal", "--output", "folder", "--reserved", "a.pdf"), "folder is a folder; name a file"),
    (("run", "a\nb.pdf"), r"no file or folder at a\nb.pdf"),
    (("run", "a\x1b[31mb.pdf"), r"no file or folder at a\x1b[31mb.pdf"),
    (("status", "--database", "é\u2028.duckdb"), r"no database at é\u2028.duckdb; make one with"),
    (("run", "*.nothing"), "no file or folder at *.nothing"),
    (("run", "a.pdf/inside"), "no file or folder at a.pdf/inside"),
    (("run", "x" * 300), "File name too long: xxx"),
    (("sql", "SELECT 1", "--named", "contract_terms"), "give either a SELECT statement or --named NAME"),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("home")
    with filled_store(place / "muniment.duckdb") as store:
        store.record("run", "run-1")
    publish(place / "muniment.duckdb")
    (place / "folder").mkdir()
    (place / "a.pdf").write_bytes(b"%PDF-1.7 no more")
    return place


@pytest.mark.parametrize(("arguments", "told"), PLACES, ids=lambda given: " ".join(given)[:40] if given else "")
def test_a_wrong_place_is_said_at_once(home: Path, arguments: tuple[str, ...], told: str) -> None:
    before = sorted(home.rglob("*"))
    assert error_line(muniment(*arguments, cwd=home)).startswith(told)
    assert sorted(home.rglob("*")) == before


def shell(home: Path, line: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """A line of bash in which $M is muniment."""
    places = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "M": f"{sys.executable} -m flows.cli"}
    return subprocess.run(
        ["bash", "-c", line], cwd=home, capture_output=True, timeout=120, env={**places, **environment}
    )


@pytest.mark.parametrize(
    ("line", "environment", "printed"),
    [
        ("$M sql 'SELECT unnest(range(200000)) AS n' --format csv | head -1", {}, "n"),
        ("$M queries | true", {}, ""),
        ("$M status >&-", {}, ""),
        ("$M sql 'SELECT 1 AS n' --format csv <&-", {}, "n\n1"),
        ("""$M sql "SELECT 'é' AS n" --format csv""", {"LC_ALL": "C"}, "n\né"),
        ("""$M sql "SELECT 'é' AS n" --format csv""", {"PYTHONIOENCODING": "ascii"}, "n\né"),
        ("""$M sql "SELECT 'é' AS n" --format csv""", {"TERM": "dumb", "NO_COLOR": "1"}, "n\né"),
    ],
)
def test_whoever_reads_or_does_not_there_is_no_complaint(
    home: Path, line: str, environment: dict[str, str], printed: str
) -> None:
    done = shell(home, line, **environment)
    assert (done.stdout.decode().strip(), done.stderr) == (printed, b"")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("$M sql 'SELECT 1' > /dev/full", b"muniment: No space left on device\n"),
        (r"$M status --database $'n\xff.duckdb'", b"muniment: no database at n\xff.duckdb; make one with"),
    ],
)
def test_what_cannot_be_printed_is_one_line(home: Path, line: str, told: bytes) -> None:
    done = shell(home, line)
    assert done.returncode == 1
    assert done.stderr.startswith(told)
    assert done.stderr.count(b"\n") == 1


def test_a_run_of_which_every_document_failed_has_failed(home: Path) -> None:
    places = {"PREFECT_HOME": str(home / "prefect"), "MUNIMENT_CACHE": os.environ.get("MUNIMENT_CACHE", "")}
    arguments = ("run", "a.pdf", "--no-summaries", "--database", "failed.duckdb")
    done = muniment(*arguments, cwd=home, HOME=os.environ["HOME"], **{k: v for k, v in places.items() if v})
    assert error_line(done) == "nothing was stored: corrupt (1); `muniment status` names the files"


def test_an_interrupt_of_what_stores_nothing_says_so(heeded: None, home: Path) -> None:
    arguments = [sys.executable, "-m", "flows.cli", "bench", str(SAMPLE_DOCS), "--summaries", "--limit", "1000"]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as bench:
        time.sleep(10)
        os.killpg(bench.pid, signal.SIGINT)
        told = bench.communicate(timeout=60)[1].splitlines()
    assert bench.returncode in {130, -signal.SIGINT}  # a shell says 130 of both
    assert told[-1] in {"muniment: interrupted", "muniment: interrupted; nothing is stored by measuring"}
