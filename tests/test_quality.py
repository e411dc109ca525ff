"""What a run's figures say beside those of the runs before: a change is flagged, chance is not; nothing names a word."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from stored_sample import START, extraction, filled_store, parsed

from flows.artifacts import drift_row, failures_page
from flows.report import Effort, RunReport
from flows.stages.quality import Drift
from flows.stages.store import open_store
from schemas.run import Failure, Run

# (hits, total) of the runs before, of this run, and whether that is a drift
CASES = [
    pytest.param([(60, 100)] * 5, (20, 100), True, id="found in 20 of 100 where 60 were usual"),
    pytest.param([(60, 100)] * 5, (55, 100), False, id="a little fewer"),
    pytest.param([(0, 100)] * 5, (1, 10), False, id="one where there was none"),
    pytest.param([(0, 100)] * 5, (10, 10), True, id="all where there was none"),
    pytest.param([(3, 3)], (0, 1), False, id="too few to say"),
    pytest.param([(0, 200)] + [(100, 200)] * 20, (100, 200), False, id="a run more than twenty before counts no more"),
    pytest.param([(100, 100)] * 5, (100, 100), False, id="always"),
]


@pytest.mark.parametrize(("before", "now", "is_drift"), CASES)
def test_a_change_of_a_share_is_flagged(
    tmp_path: Path, before: list[tuple[int, int]], now: tuple[int, int], is_drift: bool
) -> None:
    with open_store(tmp_path / "m.duckdb") as store:
        for number, (hits, total) in enumerate([*before, now]):
            store.start_run(f"run-{number}", START + timedelta(days=number), {})
            figures = [f"run-{number}", "toy", "found", "dish", hits, total]
            store._connection.execute("INSERT INTO core.quality VALUES (?, ?, ?, ?, ?, ?)", figures)
        (drift,) = store.run_quality(f"run-{len(before)}").drifts
        first = store.run_quality("run-0")
    assert drift.is_drift == is_drift
    assert (drift.hits, drift.total) == now
    assert drift.earlier_total == sum(total for _, total in before[-20:])
    assert first.drifts == ()


def test_a_run_counts_the_documents_that_it_searched_and_the_sentences_it_left(tmp_path: Path) -> None:
    counted = "SELECT measure, field, hits, total FROM core.quality WHERE run_id = 'run-1' ORDER BY measure, field"
    with filled_store(tmp_path / "m.duckdb") as store:
        store.save_quality([parsed().document.id, parsed("later.pdf").document.id, parsed().document.id], "run-1")
        assert store._read(counted) == [
            ("abstained", "day", 0, 1),
            ("abstained", "dish", 0, 1),
            ("abstained", "price", 0, 1),
            ("composed", "", 0, 2),
            ("extracted", "", 1, 2),
            ("found", "day", 0, 1),
            ("found", "dish", 1, 1),
            ("found", "price", 1, 1),
            ("ocr", "", 1, 1),
            ("rewritten", "", 0, 2),
            ("written", "", 1, 2),
        ]
        assert store.run_quality("run-1").abstained == 0


def test_what_failed_is_shown_by_id_and_reason_alone(tmp_path: Path) -> None:
    with filled_store(tmp_path / "m.duckdb") as store:
        failed = Failure("/inbox/Jane Roe.pdf", "e" * 64, "parse", "timed out")
        for run in ("run-2", "run-3"):
            store.save_failures([failed], run)
        page = failures_page(store.run_quality("run-3").failures)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [row.split(" | ")[:4] for row in rows] == [
        ["| `eeeeeeeeeeee`", "parse", "timed out", "2"],
        ["| `-`", "parse", "not a PDF", "1"],
    ]
    assert "Jane" not in page


def test_rows_for_people() -> None:
    row = drift_row(Drift("toy", "found", "dish", 1, 4, 30, 40, -2.04, False))
    assert (row["this run"], row["runs before"], row["standard errors"]) == ("1 of 4 (25%)", "30 of 40 (75%)", -2.0)
    run = Run("r", START, START, 4, 2, 1, 1, 6, 3, 1.5)
    details = {one["what"]: one["value"] for one in RunReport(run, Effort(), {}, {}, "", {"parser": "p1"}, 2).details()}
    assert {"files": 4, "abstained": 2, "pages per second": 4.0, "version of parser": "p1"}.items() <= details.items()


@pytest.mark.parametrize(
    ("files", "processed", "failed", "skipped", "nothing"),
    [(4, 0, 0, 4, True), (4, 0, 1, 3, True), (4, 1, 0, 3, False), (3, 0, 3, 0, False), (0, 0, 0, 0, False)],
)
def test_a_run_says_that_there_was_nothing_new_where_files_were_done_before(
    files: int, processed: int, failed: int, skipped: int, nothing: bool
) -> None:
    run = Run("r", START, START, files, processed, failed, skipped, 6, 3, 1.5)
    assert RunReport(run, Effort(), {}, {}, "", {}, 2).nothing_new is nothing


def test_the_view_is_in_the_published_copy(tmp_path: Path) -> None:
    from flows.stages.publish import publish

    with filled_store(tmp_path / "m.duckdb") as store:
        store.save_quality([parsed().document.id], "run-1")
        store.start_run("run-2", START + timedelta(days=1), {})
        store.save_extraction([extraction(parsed().document)], "t1", "toy-1", "run-2")
        store.save_quality([parsed().document.id], "run-2")
    with duckdb.connect(publish(tmp_path / "m.duckdb"), read_only=True) as reader:
        assert reader.execute("SELECT count(*), count(*) FILTER (is_drift) FROM core.drift").fetchall() == [(11, 0)]
