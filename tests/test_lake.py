"""Machines that share a DuckLake have the rows of a single file, whoever made them, and lose none to each other."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from postgres_server import postgres
from stored_evidence import MARKED
from stored_evidence import store as contract
from stored_sample import START, extraction, parsed, summary, tagged, toy_domain

from domain_models import domains
from domain_models.legal import DOMAIN
from flows.settings import settings
from flows.stages import lake
from flows.stages.database import SETTINGS
from flows.stages.encryption import load_extension
from flows.stages.ingest import Discovery
from flows.stages.lake import Exchange, without_secrets
from flows.stages.review import Asked, decide
from flows.stages.store import Store, open_store
from flows.stages.verify import verify
from schemas.document import SourceFile
from schemas.errors import BadInput, DatabaseTooNew, StoreError
from schemas.review import Judged, Placement, Review, Seen, text_digest
from schemas.run import Run
from tests.benchmarks.kills import differences
from tests.conftest import ROOT, SAMPLE_DOCS, needs_engine

MENU = parsed()
CLERKS = 2
"""Machines that write at once."""

SHARES = 2
"""How often each does."""


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def catalogue(request: pytest.FixtureRequest, shared: pytest.MonkeyPatch) -> str:
    """The settings name a lake that nobody has written to, with each kind of catalogue."""
    return str(request.getfixturevalue(f"{request.param}_lake"))


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


@pytest.fixture
def sqlite_lake(shared: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return choose(shared, f"ducklake:sqlite:{tmp_path / 'catalogue.sqlite'}", tmp_path / "rows")


@pytest.fixture
def duckdb_lake(shared: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return choose(shared, f"ducklake:{tmp_path / 'catalogue.ducklake'}", tmp_path / "rows")


@pytest.fixture
def postgres_lake(shared: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    with postgres() as connection:
        yield choose(shared, f"ducklake:postgres:{connection}", tmp_path / "rows")


def choose(shared: pytest.MonkeyPatch, address: str, data: Path | None = None) -> str:
    shared.setenv("MUNIMENT_STORE", address)
    if data:
        shared.setenv("MUNIMENT_STORE_DATA", f"{data}/")
    settings.cache_clear()
    return address


def open_here(folder: Path) -> Store:
    folder.mkdir(exist_ok=True)
    return open_store(folder / "muniment.duckdb", [toy_domain(folder / "toy")])


def work(store: Store, *names: str, run_id: str, hours: int = 0) -> None:
    """A run of this machine's over the documents, each found in a place of its own; one fails."""
    batch = [parsed(name, store.path.parent) for name in names]
    started = START + timedelta(hours=hours)
    store.start_run(run_id, started, {"parser": "p1", "tagger toy": "t1"})
    store.track_files(Discovery(tuple(one.source for one in batch), (), (), (store.path.parent,)), run_id)
    store.save_parsed(batch, "p1", run_id)
    store.save_proposals([tagged(one.document) for one in batch], "t1+decoding.v1")
    store.save_extraction([extraction(one.document) for one in batch], "t1", "toy-1", run_id)
    store.save_summaries([summary(one.document) for one in batch], "smol 1", run_id)
    store.finish_run(Run(run_id, started, started, len(names), len(names), 0, 0, 3 * len(names), 3, 1.5))


def kept(store: Store) -> bool:
    """Whether every promise holds."""
    return verify(store.path, [toy_domain(store.path.parent / "toy")]) == ()


def exchanged(store: Store, deidentified: bool = False) -> list[int]:
    """Fetches and shares; how many documents each."""
    exchange = Exchange(store, deidentified)
    exchange.end()
    return list(exchange.counts.values())


def read(address: str, sql: str) -> list[tuple[Any, ...]]:
    """The answer of the lake itself, as any client of DuckDB's gets it."""
    with closing(duckdb.connect(":memory:", config=SETTINGS)) as connection:
        for extension in ("ducklake", "sqlite_scanner", "postgres_scanner"):
            load_extension(connection, extension)
        connection.execute(f"ATTACH '{address}' AS muniment (READ_ONLY); USE muniment")
        return connection.execute(sql).fetchall()


def test_two_machines_have_the_rows_of_a_single_file(catalogue: str, tmp_path: Path) -> None:
    with open_here(tmp_path / "single") as single, open_here(tmp_path / "a") as a, open_here(tmp_path / "b") as b:
        work(single, "menu.pdf", run_id="run-a")
        work(single, "later.pdf", run_id="run-b", hours=1)
        exchange = Exchange(a, deidentified=False)
        work(a, "menu.pdf", run_id="run-a")
        exchange.end()
        assert exchange.counts == {"fetched from the shared store": 0, "shared": 1}
        work(b, "later.pdf", run_id="run-b", hours=1)
        assert exchanged(b) == [1, 1]
        assert exchanged(a) == [1, 0], "nothing is shared twice"
        assert b._read("SELECT subject FROM core.audit WHERE action = 'share'") == [(without_secrets(catalogue),)]
        assert [kept(store) for store in (a, b)] == [True, True]
        databases = [store.path for store in (a, b, single)]
    assert differences(databases[0], databases[2]) == differences(databases[1], databases[2]) == []
    assert read(catalogue, "SELECT count(*), count(DISTINCT document_id) FROM toy.dishes") == [(2, 2)]
    assert read(catalogue, "SELECT count(*) FROM core.findings_at('run-a')") == [(3,)]
    assert len(read(catalogue, "SELECT DISTINCT machine FROM core.runs")) == 2


@pytest.mark.model
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("runner", "kind"), [("threads", "sqlite"), ("dask", "postgres")])
def test_runs_that_share_store_what_a_single_file_has_and_do_nothing_twice(
    runner: str,
    kind: str,
    shared: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    prefect_server: None,
    tmp_path: Path,
) -> None:
    from flows.process import process_documents

    needs_engine(runner)
    documents = [str(SAMPLE_DOCS / name) for name in ("medical/lab_report.pdf", "legal/mutual_nda.pdf")]
    single, *databases = (tmp_path / machine / "muniment.duckdb" for machine in ("single", "a", "b"))
    for database in (single, *databases):
        database.parent.mkdir()
    process_documents(documents, str(single), summaries=False)
    for name, value in {"runner": runner, "workers": "2", "shard_size": "1"}.items():
        shared.setenv(f"MUNIMENT_{name.upper()}", value)
    address = request.getfixturevalue(f"{kind}_lake")

    reports = [process_documents(documents, str(database), summaries=False) for database in databases]

    assert [list(report.exchanged.values()) for report in reports] == [[0, 2], [2, 0]]
    assert [report.nothing_new for report in reports] == [False, True]
    for database in databases:
        assert differences(database, single) == []
        assert verify(database, list(domains().values())) == ()
    assert read(address, "SELECT count(*) FROM legal.contracts, medical.patients") == [(1,)]


def test_machines_that_share_at_once_lose_nothing(catalogue: str, tmp_path: Path) -> None:
    clerks = [
        subprocess.Popen(
            [sys.executable, "-c", "from tests.test_lake import clerk; import sys; clerk(*sys.argv[1:])", str(tmp_path), f"{n}"],
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}, stderr=subprocess.PIPE, text=True,
        )
        for n in range(CLERKS)
    ]  # fmt: skip
    said = [clerk.communicate(timeout=120)[1] for clerk in clerks]
    assert [clerk.returncode for clerk in clerks] == [0] * CLERKS, said
    documents = CLERKS * SHARES + 1
    assert read(catalogue, "SELECT count(*), count(DISTINCT document_id) FROM core.documents") == [
        (documents, documents)
    ]
    assert read(catalogue, "SELECT count(*) FROM core.findings") == [(3 * documents,)]
    assert read(catalogue, "SELECT count(*) FROM core.runs") == [(CLERKS * SHARES,)]


def test_a_document_that_two_share_at_once_is_there_once(
    postgres_lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_here(tmp_path / "a") as a, open_here(tmp_path / "b") as b:
        work(a, "menu.pdf", run_id="run-a")
        work(b, "menu.pdf", "later.pdf", run_id="run-b")
        waiting, begun = [b], lake._replace_documents

        def overtaken(*given: Any) -> None:
            """Our share is under way when the other's begins and ends."""
            if waiting and given[-1] == lake.SHARED:
                exchanged(waiting.pop())
            begun(*given)

        monkeypatch.setattr(lake, "_replace_documents", overtaken)
        exchanged(a)
    assert read(postgres_lake, "SELECT count(*), count(DISTINCT document_id) FROM core.documents") == [(2, 2)]


def clerk(folder: str, number: str) -> None:
    """One machine's evening: run after run, each shared."""
    with open_here(Path(folder) / f"clerk-{number}") as store:
        for share in range(SHARES):
            exchange = Exchange(store, deidentified=False)
            work(store, f"{number}-{share}.pdf", "menu.pdf", run_id=f"run-{number}-{share}")
            exchange.end()


def test_a_later_state_takes_the_place_of_an_earlier_one_and_never_the_other_way(
    sqlite_lake: str, tmp_path: Path
) -> None:
    with open_here(tmp_path / "a") as a, open_here(tmp_path / "b") as b:
        work(a, "menu.pdf", run_id="run-a")
        exchanged(a)
        exchanged(b)
        fewer = replace(extraction(MENU.document), findings=(), records=())
        b.start_run("run-b", START + timedelta(hours=1), {"parser": "p1", "tagger toy": "t2"})
        b.save_extraction([fewer], "t2", "toy-1", "run-b")
        b.finish_run(Run("run-b", START, START, 1, 1, 0, 0, 0, 0, 1.0))
        assert a.load_findings([MENU.document.id]) != b.load_findings([MENU.document.id])
        assert exchanged(b) == [0, 1]
        assert exchanged(a) == [1, 0], "what came in is not sent back"
        assert a.load_findings([MENU.document.id]) == {MENU.document.id: ()}
        assert a._read("SELECT count(*), min(until_run) FROM core.finding_history") == [(3, "run-b")]


def test_reviews_outweigh_what_a_model_said_later(sqlite_lake: str, tmp_path: Path) -> None:
    with open_here(tmp_path / "a") as a, open_here(tmp_path / "b") as b:
        work(a, "menu.pdf", run_id="run-a")
        exchanged(a)
        exchanged(b)
        seen = Seen("p1", "t1", "toy-1", "0" * 64)
        decision = Review("review-1", MENU.document.id, "day", "absent", Judged(0.5), None, "ann", START, seen)
        placed = Placement(decision.id, MENU.document.id, "day", "standing", None, None)
        a.save_review(decision, replace(extraction(MENU.document), placements=(placed,)))
        work(b, "menu.pdf", run_id="run-b", hours=1)
        assert exchanged(a) == [0, 1]
        assert exchanged(b) == [1, 0]
        assert [len(of) for of in b.load_reviews([MENU.document.id]).values()] == [1]


def decided(store: Store, review_id: str, field: str, quote: str) -> None:
    """A person rejects what the model found for the field."""
    (key,) = store.fingerprints()
    (stored,) = store.load_documents([key])
    (finding,) = (one for one in store.load_findings([key])[key] if (one.field, one.quote) == (field, quote))
    decide(store, Asked(review_id, key, field, "reject", text_digest(stored.document.text), finding.id), "Ann")


def reviewed(store: Store) -> list[tuple[Any, ...]]:
    """Each decision, whether it counts, and whether the model's finding is gone."""
    return store._read(
        "SELECT review_id, state, finding_id NOT IN (SELECT finding_id FROM core.findings)"
        " FROM core.reviews JOIN core.placements USING (review_id) ORDER BY review_id"
    )


@pytest.mark.parametrize("first", [0, 1])
def test_what_people_decided_on_two_machines_counts_on_both(sqlite_lake: str, tmp_path: Path, first: int) -> None:
    """Each before it has heard of the other, whoever shares first; one has decided more."""
    ours, theirs = contract(tmp_path), tmp_path / "other.duckdb"
    shutil.copy(ours, theirs)
    with open_store(ours, [DOMAIN]) as a, open_store(theirs, [DOMAIN]) as b:
        exchanged(a)
        decided(a, "a1", "governing_law", MARKED["governing_law"][0])
        decided(b, "b1", "agreement_date", MARKED["agreement_date"][0])
        decided(b, "b2", "agreement_date", MARKED["agreement_date"][1])
        for store in ((a, b), (b, a))[first]:
            assert exchanged(store)[1] == 1
        assert exchanged((a, b)[first]) == [1, 0]
        assert reviewed(a) == reviewed(b) == [(name, "standing", True) for name in ("a1", "b1", "b2")]
        assert a.load_findings(list(a.fingerprints())) == b.load_findings(list(b.fingerprints()))
    assert verify(ours, [DOMAIN]) == verify(theirs, [DOMAIN]) == ()


def test_a_decision_that_is_shared_while_another_run_is_under_way_stays(sqlite_lake: str, tmp_path: Path) -> None:
    ours, theirs = contract(tmp_path), tmp_path / "other.duckdb"
    shutil.copy(ours, theirs)
    with open_store(ours, [DOMAIN]) as a, open_store(theirs, [DOMAIN]) as b:
        exchanged(a)
        under_way = Exchange(b, deidentified=False)
        decided(a, "a1", "governing_law", MARKED["governing_law"][0])
        exchanged(a)
        decided(b, "b1", "agreement_date", MARKED["agreement_date"][0])
        decided(b, "b2", "agreement_date", MARKED["agreement_date"][1])
        under_way.end()
        assert read(sqlite_lake, "SELECT review_id FROM core.reviews") == [("a1",)]
        exchanged(b)
    assert read(sqlite_lake, "SELECT review_id FROM core.reviews ORDER BY 1") == [("a1",), ("b1",), ("b2",)]


def test_what_was_replaced_on_one_machine_is_current_on_none(sqlite_lake: str, tmp_path: Path) -> None:
    with open_here(tmp_path / "a") as a, open_here(tmp_path / "b") as b:
        work(a, "menu.pdf", run_id="run-a")
        exchanged(a)
        exchanged(b)
        assert b._read("SELECT count(*) FROM toy.dishes") == [(1,)]
        newer = replace(parsed("menu 2.pdf"), source=SourceFile(a.path.parent / "menu.pdf", "2" * 64, 99))
        newer = replace(newer, document=replace(newer.document, id="2" * 64))
        a.start_run("run-2", START + timedelta(hours=1), {"parser": "p1"})
        a.track_files(Discovery((newer.source,), (), (), (a.path.parent,)), "run-2")
        a.save_parsed([newer], "p1", "run-2")
        a.finish_run(Run("run-2", START, START, 1, 1, 0, 0, 3, 0, 1.0))
        exchanged(a)
        exchanged(b)
        assert b._read("SELECT document_id FROM core.superseded") == [(MENU.document.id,)]
        assert b._read("SELECT count(*) FROM toy.dishes") == [(0,)]
        assert exchanged(b) == [0, 0] and kept(b)
    assert read(sqlite_lake, "SELECT count(*) FROM toy.dishes") == [(0,)]


def test_every_core_table_is_shared_in_one_way(tmp_path: Path) -> None:
    with open_here(tmp_path / "a") as store:
        tables = {row[0] for row in store._read("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core'")}
        of_documents = {row[0] for row in store._read(
            "SELECT table_name FROM duckdb_columns() JOIN duckdb_tables() USING (schema_name, table_name)"
            " WHERE schema_name = 'core' AND column_name = 'document_id'")}  # fmt: skip
    listed = {*lake.OWN, *lake.OF_PLACES, *lake.OF_RUNS, *lake.CATALOGUE}
    assert tables - of_documents - {*lake.OF_PLACES} == listed - {*lake.OF_PLACES}


@pytest.mark.parametrize("address", ["lake.sqlite", "ducklake:", "postgres:host=db password=open-sesame"])
def test_an_address_that_cannot_be_is_named(address: str, shared: pytest.MonkeyPatch, tmp_path: Path) -> None:
    choose(shared, address)
    with (
        open_here(tmp_path / "a") as store,
        pytest.raises(BadInput, match=r"^MUNIMENT_STORE is .*give file, or ducklake:") as said,
    ):
        Exchange(store, deidentified=False)
    assert "open-sesame" not in str(said.value)


def test_a_store_out_of_reach_is_said_without_its_password(shared: pytest.MonkeyPatch, tmp_path: Path) -> None:
    choose(shared, "ducklake:postgres:host=127.0.0.1 port=9 user=clerk password=open-sesame", tmp_path / "rows")
    shared.setenv("MUNIMENT_BUSY_SECONDS", "1")
    settings.cache_clear()
    with open_here(tmp_path / "a") as store:
        work(store, "menu.pdf", run_id="run-a")
        with pytest.raises(
            StoreError, match=r"^shared store ducklake:postgres:host=127.0.0.1 .*is kept: run again"
        ) as said:
            exchanged(store)
        assert "open-sesame" not in str(said.value)
        assert kept(store)


def test_masked_and_plain_rows_are_never_mixed(sqlite_lake: str, tmp_path: Path) -> None:
    with open_here(tmp_path / "a") as a, open_here(tmp_path / "b") as b:
        work(a, "menu.pdf", run_id="run-a")
        exchanged(a)
        with pytest.raises(BadInput, match=r"begun without --deidentify.*leave it out, or name another MUNIMENT_STORE"):
            exchanged(b, deidentified=True)
        assert b.fingerprints() == {}


def test_an_encrypted_database_is_not_shared(sqlite_lake: str, key: str, tmp_path: Path) -> None:
    with (
        open_store(tmp_path / "secret.duckdb", encrypt=True) as store,
        pytest.raises(StoreError, match="is not shared"),
    ):
        exchanged(store)
    assert not (tmp_path / "catalogue.sqlite").exists()


def test_a_store_of_a_newer_version_is_left_alone(sqlite_lake: str, tmp_path: Path) -> None:
    with open_here(tmp_path / "a") as store:
        exchanged(store)
        with store.alone() as connection:
            connection.execute(
                f"ATTACH '{sqlite_lake}' AS later; ALTER TABLE later.core.runs ADD COLUMN mood VARCHAR; DETACH later"
            )
        with pytest.raises(DatabaseTooNew, match=r"^shared store .* as core.runs.mood shows; update this one"):
            exchanged(store)


def test_files_of_the_store_are_private(sqlite_lake: str, tmp_path: Path) -> None:
    with open_here(tmp_path / "a") as store:
        work(store, "menu.pdf", run_id="run-a")
        exchanged(store)
    made = [tmp_path / "catalogue.sqlite", *(path for path in (tmp_path / "rows").rglob("*") if path.is_file())]
    assert len(made) > 10 and {path.stat().st_mode & 0o077 for path in made} == {0}
