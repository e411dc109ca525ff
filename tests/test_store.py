"""What stages store is read back as it was, replaced as a whole, and survives a kill as whole stages."""

import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from stored_sample import START, extraction, filled_store, finding, parsed, summary, toy_domain

from flows.stages.store import DocumentState, Extraction, Store, open_store
from flows.stages.verify import verify
from schemas.errors import DatabaseBusy, DatabaseTooNew, StoreError
from schemas.finding import Value
from schemas.run import Failure, Fingerprint, Run, Skip

MENU, LATER = parsed(), parsed("later.pdf")
HERE = Path(__file__).parent
PROPOSER = "t1+decoding.v1"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "muniment.duckdb"


def ask(database: Path, sql: str) -> list[tuple[object, ...]]:
    """The answer of a closed or open database."""
    with open_store(database) as store:
        return store._read(sql)


def test_documents_and_findings_come_back_as_they_were_stored(database: Path) -> None:
    with filled_store(database) as store:
        later, menu = store.load_documents([LATER.document.id, MENU.document.id])
        found = store.load_findings([MENU.document.id, LATER.document.id])
    assert (menu.document, menu.sections, menu.domain) == (MENU.document, MENU.sections, "toy")
    assert later.document == LATER.document and later.document.maps == ()
    stored = extraction(MENU.document).findings
    assert found == {MENU.document.id: tuple(sorted(stored, key=lambda f: f.char_start)), LATER.document.id: ()}
    near = {f.id: f.value.candidates for f in stored if f.value}  # which equality leaves out
    assert {f.id: f.value.candidates for f in found[MENU.document.id] if f.value} == near
    assert any(near.values())


def test_geometry_comes_back_as_it_was_stored_and_goes_with_its_document(database: Path) -> None:
    with filled_store(database) as store:
        assert store.load_maps(MENU.document.id) == MENU.document.maps
        store.save_parsed(
            [replace(MENU, document=replace(MENU.document, maps=MENU.document.maps[::-1]))], "p2", "run-1"
        )
        assert store.load_maps(MENU.document.id) == MENU.document.maps[::-1]
        assert store.load_maps("f" * 64) == ()


def test_rows_hold_typed_values(database: Path) -> None:
    with filled_store(database):
        pass
    row = ask(database, "SELECT value_number, value_unit FROM core.findings WHERE value_unit = 'EUR'")
    assert row == [(Decimal("4.500000"), "EUR")]
    cited = "SELECT citations, writer FROM core.summaries WHERE ordinal = 0"
    places = [{"char_start": 5, "char_end": 20}, {"char_start": 0, "char_end": 4}]
    assert ask(database, cited) == [(places, "smol 1")]
    kept = (
        "SELECT state, writer, summary_refused, domain_score, page_count FROM core.documents WHERE state = 'processed'"
    )
    assert ask(database, kept) == [("processed", "smol 1", 2, 0.75, 3)]
    run = "SELECT files, processed, failed, skipped, versions, started_at = '2026-03-01 22:00' FROM core.runs"
    assert ask(database, run) == [(4, 2, 1, 1, {"parser": "p1", "tagger toy": "t1"}, True)]


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("0.1", "0.100000"),
        ("1E+3", "1000.000000"),
        ("-12.345678", "-12.345678"),
        ("9999999999999999999999.999999", "9999999999999999999999.999999"),
        ("0.1234567", None),
        ("1E+22", None),
        ("NaN", None),
        ("Infinity", None),
    ],
)
def test_a_number_is_stored_exactly_or_not_at_all(database: Path, number: str, stored: str | None) -> None:
    price = finding(MENU.document, "price", "4,50", Value(number=Decimal(number), unit="EUR"))
    with filled_store(database) as store:
        store.save_extraction([Extraction(MENU.document.id, (price,), (), ())], "t", "r", "run-1")
    row = ask(database, "SELECT value_number::VARCHAR, value_unit FROM core.findings")
    assert row == [(stored, "EUR")]


def test_fingerprints_say_how_far_each_document_is(database: Path) -> None:
    with filled_store(database) as store:
        assert store.fingerprints() == {
            MENU.document.id: DocumentState("processed", Fingerprint("p1", "toy", "t1", "toy-1", "smol 1", PROPOSER)),
            LATER.document.id: DocumentState("parsed", Fingerprint("p1", "toy", "", "", "")),
        }


COUNTS = """
SELECT (SELECT count(*) FROM core.pages), (SELECT count(*) FROM core.findings), (SELECT count(*) FROM core.records),
    (SELECT count(*) FROM core.rulings), (SELECT count(*) FROM core.summaries), (SELECT dishes FROM toy.dish_count)
"""


def test_a_stage_done_again_replaces_its_rows_and_all_that_rest_on_them(database: Path) -> None:
    with filled_store(database) as store:
        assert store._read(COUNTS) == [(6, 3, 2, 3, 2, 1)]
        store.save_extraction([extraction(MENU.document)], "t2", "toy-1", "run-1")
        store.save_summaries([summary(MENU.document)], "smol 2", "run-1")
        assert store._read(COUNTS) == [(6, 3, 2, 3, 2, 1)]
        assert store.fingerprints()[MENU.document.id].fingerprint.writer == "smol 2"
        store.save_parsed([MENU], "p2", "run-1")
        assert store._read(COUNTS) == [(6, 0, 0, 0, 0, 0)]
        assert store.fingerprints()[MENU.document.id] == DocumentState(
            "parsed", Fingerprint("p2", "toy", "", "", "", PROPOSER)
        )


def test_a_batch_is_stored_whole_or_not_at_all(database: Path) -> None:
    twice = extraction(LATER.document)
    doubled = replace(twice, findings=(*twice.findings, twice.findings[0]))
    with filled_store(database) as store:
        before = store._read(COUNTS)
        with pytest.raises(StoreError, match="duplicate key"):
            store.save_extraction([extraction(MENU.document), doubled], "t2", "r", "run-1")
        with pytest.raises(StoreError, match="only 1 of 2 documents of a batch are stored"):
            stranger = parsed("stranger.pdf").document
            store.save_extraction([extraction(MENU.document), extraction(stranger)], "t2", "r", "run-1")
        with pytest.raises(StoreError, match="only 0 of 1 documents"):
            store.save_summaries([summary(parsed("stranger.pdf").document)], "w", "run-1")
        with pytest.raises(StoreError, match="1 of 2 documents are not stored"):
            store.load_documents([MENU.document.id, "f" * 64])
        assert store._read(COUNTS) == before
        assert store.fingerprints()[MENU.document.id].fingerprint.tagger == "t1"


def test_text_that_is_not_unicode_is_refused_without_being_quoted(database: Path) -> None:
    secret = replace(MENU.document, text="secret \ud800")
    with filled_store(database) as store:
        with pytest.raises(StoreError, match="surrogates not allowed") as raised:
            store.save_parsed([replace(MENU, document=secret)], "p1", "run-1")
        assert "secret" not in str(raised.value)
        assert len(store.fingerprints()) == 2


FAILURES = "SELECT path, document_id, reason, attempts, run_id, resolved_at IS NULL FROM core.failures ORDER BY path"


def test_failures_count_attempts_per_run_and_are_resolved_when_processed(database: Path) -> None:
    key, path = LATER.document.id, str(LATER.source.path)
    failure = Failure(path, key, "extract", "timed out")
    bad = ("/inbox/bad.pdf", None, "not a PDF", 1, "run-1", True)
    with filled_store(database) as store:
        for run in ("run-2", "run-2", "run-3"):  # a task that is retried within a run is no new attempt
            store.save_failures([failure], run)
        assert store._read(FAILURES) == [bad, (path, key, "timed out", 2, "run-3", True)]
        assert store.fingerprints()[key].state == "failed"
        assert store.open_failures() == (Failure("/inbox/bad.pdf", None, "parse", "not a PDF"), failure)
        store.save_extraction([extraction(LATER.document)], "t1", "toy-1", "run-4")
        assert store._read(FAILURES) == [bad, (path, key, "timed out", 2, "run-3", False)]
        assert store.fingerprints()[key].state == "processed"
        store.save_failures([replace(failure, document_id="e" * 64)], "run-5")
        assert store._read(FAILURES)[1] == (path, "e" * 64, "timed out", 1, "run-5", True)


def test_a_file_replaced_by_good_bytes_resolves_its_failure(database: Path) -> None:
    with filled_store(database) as store:
        store.save_failures([Failure(str(LATER.source.path), None, "ingest", "unreadable")], "run-1")
        store.save_extraction([extraction(LATER.document)], "t1", "toy-1", "run-1")
        assert [failure.path for failure in store.open_failures()] == ["/inbox/bad.pdf"]


def test_a_failed_document_is_superseded_by_other_bytes_at_its_path(database: Path) -> None:
    failure = Failure(str(LATER.source.path), LATER.document.id, "extract", "timed out")
    domain = toy_domain(database.parent / "toy")
    with filled_store(database) as store:
        store.save_failures([failure], "run-1")
        store.save_failures([replace(failure, document_id="e" * 64)], "run-1")
    assert verify(database, [domain]) == ()


def test_a_summary_that_failed_hides_no_finding(database: Path) -> None:
    failure = Failure(str(MENU.source.path), MENU.document.id, "summarize", "timed out")
    with filled_store(database) as store:
        store.save_failures([failure], "run-2")
        assert store.fingerprints()[MENU.document.id].state == "processed"
        store.save_extraction([extraction(MENU.document)], "t1", "toy-1", "run-2")
        assert failure in store.open_failures()
        store.save_summaries([summary(MENU.document)], "smol 1", "run-2")
        assert failure not in store.open_failures()


def test_skips_of_a_task_done_twice_are_stored_once(database: Path) -> None:
    with filled_store(database) as store:
        store.save_skips([Skip("/a", None, "already done"), Skip("/a", None, "same bytes as /b")], "run-2")
        store.save_skips([Skip("/a", None, "already done")], "run-2")
    assert ask(database, "SELECT path, reason FROM core.skips WHERE run_id = 'run-2'") == [("/a", "already done")]


def test_a_run_must_be_started_to_be_finished(database: Path) -> None:
    with filled_store(database) as store, pytest.raises(StoreError, match="run 'run-9' was never started"):
        store.finish_run(Run("run-9", START, START, 0, 0, 0, 0, 0, 0, 0.0))


def test_empty_batches_change_nothing(database: Path) -> None:
    with filled_store(database) as store:
        before = store._read(COUNTS)
        store.save_parsed([], "p", "run-1")
        store.save_extraction([], "t", "r", "run-1")
        store.save_summaries([], "w", "run-1")
        store.save_failures([], "run-1")
        store.save_skips([], "run-1")
        assert store.load_documents([]) == ()
        assert store._read(COUNTS) == before


def test_threads_share_a_store(database: Path) -> None:
    names = [f"{n}.pdf" for n in range(8)]
    failed: list[Exception] = []

    def work(store: Store, mine: list[str]) -> None:
        try:
            for document in (parsed(name) for name in mine):
                store.save_parsed([document], "p1", "run-1")
                (back,) = store.load_documents([document.document.id])
                store.save_extraction([extraction(back.document)], "t1", "toy-1", "run-1")
        except Exception as error:  # noqa: BLE001  # shown by the main thread
            failed.append(error)

    with filled_store(database) as store:
        threads = [threading.Thread(target=work, args=(store, names[n::4])) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert verify(database, [toy_domain(database.parent / "toy")]) == ()
    assert ask(database, "SELECT count(*) FROM core.documents WHERE state = 'processed'") == [(9,)]


def test_all_files_of_an_open_database_are_private(database: Path) -> None:
    mask = os.umask(0o022)
    try:
        with filled_store(database):
            files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.parent.glob("muniment*")}
            assert files == {"muniment.duckdb": 0o600, "muniment.duckdb.wal": 0o600}
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(mask)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from stored_sample import *
domain = toy_domain(Path(sys.argv[1]).parent / "toy")
with open_store(Path(sys.argv[1]), [domain]) as store:
    store.start_run("run-1", START, {})
    for n in range(10_000):
        batch = [parsed(f"{n}-{m}.pdf") for m in range(3)]
        store.save_parsed(batch, "p1", "run-1")
        store.save_extraction([extraction(p.document) for p in batch], "t1", "toy-1", "run-1")
        store.save_summaries([summary(p.document) for p in batch], "smol", "run-1")
        print(n + 1, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 4, 9])
def test_a_kill_loses_nothing_committed_and_leaves_whole_stages(database: Path, batches: int) -> None:
    command = [sys.executable, "-c", KILLED, str(database), str(HERE)]
    acknowledged = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as writer:
        assert writer.stdout
        while acknowledged < batches:
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        acknowledged = int((writer.stdout.read().split() or [acknowledged])[-1])
    domain = toy_domain(database.parent / "toy")
    assert verify(database, [domain]) == ()
    with open_store(database, [domain]) as store:
        states = [state.state for state in store.fingerprints().values()]
        assert states.count("processed") >= 3 * acknowledged
        assert len(states) % 3 == 0
        sentences = store._read("SELECT count(*) FROM core.summaries")[0][0]
        assert sentences % 6 == 0 and sentences >= 6 * acknowledged


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from stored_sample import *
from schemas.errors import StoreError
from schemas.geometry import PageMap
resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, 6_000_000))
domain = toy_domain(Path(sys.argv[1]).parent / "toy")
store = open_store(Path(sys.argv[1]), [domain])
store.start_run("run-1", START, {})
noise = "".join(chr(33 + (n * n // 7) % 90) for n in range(300_000))
for n in range(100):
    p = parsed(f"{n}.pdf")
    text, pages = join_pages([*PAGES, noise], ["pdfium", "unreadable", "ocr", "pypdf"])
    p = replace(p, document=replace(p.document, text=text, pages=pages, maps=(*p.document.maps, PageMap(5950, 8420))))
    try:
        store.save_parsed([p], "p1", "run-1")
    except StoreError as error:
        print(n, error, flush=True)
        import os; os._exit(0)
"""


def test_a_full_disk_is_said_and_loses_nothing(database: Path) -> None:
    command = [sys.executable, "-c", FULL, str(database), str(HERE)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, check=True)
    stored, _, message = done.stdout.partition(" ")
    assert message.startswith(f"no room left to write database {database}")
    with open_store(database) as store:
        assert len(store.fingerprints()) == int(stored) > 3
    assert verify(database, [toy_domain(database.parent / "toy")]) == ()


def test_a_database_in_use_is_busy(database: Path) -> None:
    opens = f"from flows.stages.store import *; from pathlib import Path; open_store(Path({str(database)!r}))"
    with filled_store(database):
        tried = subprocess.run(
            [sys.executable, "-c", opens], capture_output=True, text=True, check=False, cwd=HERE.parent
        )
    assert f"DatabaseBusy: another process (PID {os.getpid()}) holds database {database}" in tried.stderr


def test_a_run_waits_for_who_holds_the_database_a_moment(database: Path) -> None:
    holds = f"import duckdb, time; held = duckdb.connect({str(database)!r}); print('held', flush=True); time.sleep(2)"
    with subprocess.Popen([sys.executable, "-c", holds], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseBusy, match=f"PID {holder.pid}"):
            open_store(database)
        with open_store(database, wait_seconds=60) as store:
            assert holder.poll() is not None
            assert store.fingerprints() == {}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("letter.txt", "letter.txt is not a DuckDB database"),
        ("none/m.duckdb", "folder .*none for database m.duckdb does not exist"),
        ("toy", "toy is a folder; name a file"),
    ],
)
def test_a_path_that_cannot_serve_is_explained(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "letter.txt").write_text("Dear sir, " * 3000)
    (tmp_path / "toy").mkdir()
    with pytest.raises(StoreError, match=message):
        open_store(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="its file or folder is read-only"):
        open_store(folder / "m.duckdb")


def test_a_database_from_a_newer_version_is_let_go_untouched(database: Path) -> None:
    with filled_store(database):
        pass
    with duckdb.connect(database) as connection:
        connection.execute("INSERT INTO core.migrations VALUES (99, 'future', 'x', now()::TIMESTAMP)")
    mask = os.umask(0o022)
    with pytest.raises(DatabaseTooNew, match="schema 99"):
        open_store(database)
    assert os.umask(mask) == 0o022
    with duckdb.connect(database) as connection:  # the refused opening holds no lock
        assert connection.execute("SELECT count(*) FROM core.documents").fetchall() == [(2,)]
