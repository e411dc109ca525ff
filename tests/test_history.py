"""What earlier runs stored stays queryable, the database grows only by what changes, and two runs can be compared."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from stored_sample import START, extraction, finding, parsed, summary, toy_domain

from flows.stages.compare import compare_runs
from flows.stages.publish import publish
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.store import Store, open_store
from flows.stages.verify import verify
from schemas.errors import BadInput
from schemas.finding import Span, Value

MENU = parsed()
SPANS = (Span("dish", 5, 20, 0.875), Span("price", 21, 27, 0.25))
HISTORY = """
SELECT (SELECT count(*) FROM core.finding_history), (SELECT count(*) FROM core.record_history),
    (SELECT count(*) FROM core.ruling_history), (SELECT count(*) FROM core.summary_history)
"""


def revised() -> Extraction:
    """As other rules would have it: another price, a dish found elsewhere, a day that is not surely absent."""
    first = extraction(MENU.document)
    _, price, other = first.findings
    cheaper = replace(price, value=Value(number=Decimal("4.00"), unit="EUR"))
    menu = finding(MENU.document, "dish", "Menu")
    rulings = (*first.rulings[:2], replace(first.rulings[2], verdict="abstained"))
    return replace(first, findings=(menu, cheaper, other), rulings=rulings, records=())


class Runs:
    """Runs one after the other, an hour apart, each of one document."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.count = 0

    def start(self) -> str:
        self.count += 1
        run = f"run-{self.count}"
        self.store.start_run(run, START + timedelta(hours=self.count), {})
        return run

    def read(self, document: Parsed = MENU, parser: str = "p1") -> str:
        run = self.start()
        self.store.save_parsed([document], parser, run)
        return run

    def rule(self, made: Extraction, rules: str, run: str = "") -> str:
        run = run or self.start()
        self.store.save_extraction([made], "t1", rules, run)
        return run


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "muniment.duckdb"


def asked(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(database) as connection:
        return connection.execute(sql).fetchall()


def three_runs(database: Path) -> None:
    """The first rules, other rules, and those again by a parser of another version."""
    with open_store(database, [toy_domain(database.parent / "toy")]) as store:
        runs = Runs(store)
        runs.rule(extraction(MENU.document), "r1", runs.read())
        store.save_summaries([summary(MENU.document)], "smol 1", "run-1")
        runs.rule(revised(), "r2")
        store.save_summaries([replace(summary(MENU.document), writer="smol 2")], "smol 2", "run-2")
        runs.rule(revised(), "r2", runs.read(parser="p2"))
    publish(database)


def test_each_run_s_rows_can_be_asked_for(database: Path) -> None:
    three_runs(database)
    price = "SELECT value_number, value_unit, run_id FROM {table} WHERE field = 'price' AND quote LIKE '4%'"
    first = [(Decimal("4.500000"), "EUR", "run-1")]
    second = [(Decimal("4.000000"), "EUR", "run-2")]
    assert asked(database, price.format(table="core.findings_at('run-1')")) == first
    assert asked(database, price.format(table="core.findings_at('run-2')")) == second
    assert asked(database, price.format(table="core.findings_at('run-3')")) == second
    assert asked(database, price.format(table="core.findings")) == second
    assert asked(database, "SELECT verdict FROM core.rulings_at('run-1') WHERE field = 'day'") == [("absent",)]
    assert asked(database, "SELECT count(*) FROM core.records_at('run-1')") == [(2,)]
    assert asked(database, "SELECT DISTINCT writer FROM core.summaries_at('run-2')") == [("smol 2",)]
    assert verify(database, [toy_domain(database.parent / "toy")]) == ()


def test_the_database_grows_by_what_changes_alone(database: Path) -> None:
    with open_store(database) as store:
        runs = Runs(store)
        runs.rule(extraction(MENU.document), "r1", runs.read())
        runs.rule(extraction(MENU.document), "r2")
        runs.rule(extraction(MENU.document), "r3")
        assert store._read(HISTORY) == [(0, 0, 0, 0)]
        again = runs.read(parser="p2")
        assert store._read(HISTORY) == [(3, 2, 3, 0)]
        runs.rule(extraction(MENU.document), "r3", again)
        assert store._read(HISTORY) == [(0, 0, 0, 0)]
        assert store._read("SELECT DISTINCT run_id FROM core.findings") == [("run-1",)]
        runs.rule(revised(), "r4")
        assert store._read(HISTORY) == [(2, 2, 1, 0)]
        editions = store._read("SELECT run_id, parser, rules FROM core.editions ORDER BY run_id")
    assert editions == [
        ("run-1", "p1", "r1"), ("run-2", "p1", "r2"), ("run-3", "p1", "r3"), ("run-4", "p2", "r3"), ("run-5", "p2", "r4"),
    ]  # fmt: skip


def test_a_stage_done_twice_in_one_run_loses_no_earlier_row(database: Path) -> None:
    with open_store(database) as store:
        runs = Runs(store)
        runs.rule(extraction(MENU.document), "r1", runs.read())
        run = runs.read(parser="p2")
        for made in (revised(), extraction(MENU.document), revised()):
            runs.rule(made, "r2", run)
        at_first = store._read("SELECT count(*) FROM core.findings_at('run-1') WHERE value_number = 4.5")
        at_last = store._read("SELECT count(*) FROM core.findings_at('run-2') WHERE value_number = 4.0")
        assert (at_first, at_last) == ([(1,)], [(1,)])
        assert store._read("SELECT count(*), count(DISTINCT finding_id) FROM core.findings_at('run-1')") == [(3, 3)]


def test_a_summary_goes_with_the_findings_that_it_rests_on_and_stays_where_they_do(database: Path) -> None:
    with open_store(database) as store:
        runs = Runs(store)
        runs.rule(extraction(MENU.document), "r1", runs.read())
        store.save_summaries([summary(MENU.document)], "smol 1", "run-1")
        runs.rule(extraction(MENU.document), "r2")
        assert store.fingerprints()[MENU.document.id].fingerprint.writer == "smol 1"
        runs.rule(revised(), "r3")
        assert store.fingerprints()[MENU.document.id].fingerprint.writer == ""
        assert store._read("SELECT count(*) FROM core.summaries") == [(0,)]
        assert store._read("SELECT count(*) FROM core.summaries_at('run-2')") == [(2,)]


def test_proposals_stay_where_a_new_parser_reads_the_same_text(database: Path) -> None:
    other = parsed("later.pdf")
    other_text = replace(other, document=replace(other.document, text=other.document.text.replace("4", "5")))
    with open_store(database) as store:
        runs = Runs(store)
        runs.read()
        runs.read(other)
        store.save_proposals([Tagged(MENU.document.id, SPANS), Tagged(other.document.id, SPANS)], "m1")
        run = runs.start()
        store.save_parsed([MENU, other_text], "p2", run)
        proposers = {key: state.fingerprint.proposer for key, state in store.fingerprints().items()}
        assert proposers == {MENU.document.id: "m1", other.document.id: ""}
        ids = [MENU.document.id, other.document.id]
        assert store.load_proposals(ids) == {MENU.document.id: SPANS, other.document.id: ()}


def test_a_run_that_changed_values_says_which_and_why(database: Path) -> None:
    three_runs(database)
    compared = compare_runs(database, "run-2", "run-1")
    assert (compared.old, compared.new) == ("run-1", "run-2")
    rows = [dict(zip(compared.changes.columns, row, strict=True)) for row in compared.changes.rows]
    assert {row["cause"] for row in rows} == {"rules r1 to r2"}
    told = [(r["field"], r["old_quote"], r["old_value"], r["new_quote"], r["new_value"]) for r in rows]
    assert told == [
        ("day", None, None, None, None),
        ("dish", "cre\u0301me bru\u0302le\u0301e", "cr\u00e8me br\u00fbl\u00e9e", "Menu", ""),
        ("price", "4,50 \u20ac", "4.500000 EUR", "4,50 \u20ac", "4.000000 EUR"),
    ]
    assert [(r["old_verdict"], r["new_verdict"]) for r in rows] == [
        ("absent", "abstained"), ("found", "found"), ("found", "found"),
    ]  # fmt: skip
    assert compare_runs(database, "run-2", "run-3").changes.rows == ()
    both = compare_runs(database, "run-1", "run-3").changes
    assert json.dumps(both.rows) == json.dumps(compared.changes.rows)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("run-9", "no run 'run-9'; the most recent: run-3, run-2, run-1"),
        ("run", "3 runs begin with 'run'; the most recent: run-3, run-2, run-1"),
        ("", "no run ''; the most recent: run-3, run-2, run-1"),
    ],
)
def test_a_run_that_is_not_there_is_named_with_those_that_are(database: Path, named: str, message: str) -> None:
    three_runs(database)
    with pytest.raises(BadInput, match=message):
        compare_runs(database, "run-1", named)
