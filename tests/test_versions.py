"""A new version of one part redoes what depends on it and nothing else, and ends where a fresh run ends: real models."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import domain_models.legal
from domain_models import domains
from domain_models.domain import Field
from flows.report import RunReport
from flows.stages.compare import compare_runs
from flows.stages.verify import verify
from schemas.finding import Value
from tests.benchmarks.kills import COMPARED, differences
from tests.conftest import SAMPLE_DOCS

CONTRACTS = ("mutual_nda", "employment_agreement")
RECORDS = ("lab_report",)
DAMAGED = "distribution_agreement_damaged"
# what only a second run adds
TABLES = tuple(table for table in COMPARED if table != "editions")

Process = Callable[..., RunReport]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in (*CONTRACTS, *RECORDS, DAMAGED):
        (found,) = SAMPLE_DOCS.rglob(f"{name}.pdf")
        shutil.copy(found, folder)
    return folder


@pytest.fixture
def process(prefect_server: None, inbox: Path, tmp_path: Path) -> Process:
    """Runs the flow over the inbox into the database of that name."""
    from flows.process import process_documents

    def run(name: str = "kept", tagger: str = "small") -> RunReport:
        return process_documents([str(inbox)], str(tmp_path / f"{name}.duckdb"), tagger=tagger, summaries=False)

    return run


def without_dates(field: Field, quote: str) -> Value | None:
    """Rules that no longer understand a date."""
    return None if field.kind == "date" else domain_models.legal.normalise(field, quote)


def failures(database: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute("SELECT stage, reason, attempts, version FROM core.failures").fetchall()


def test_other_rules_do_not_run_the_model_and_end_where_a_fresh_run_ends(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_rules = domain_models.legal.DOMAIN.rules_version
    first = process()
    assert (first.effort.read, first.effort.tagged, first.effort.ruled) == (3, 3, 3)
    revised = replace(domain_models.legal.DOMAIN, rules_version="legal-next", normalise=without_dates)
    monkeypatch.setattr(domain_models.legal, "DOMAIN", revised)
    second = process()
    effort = second.effort
    assert (effort.read, effort.tagged, effort.kept_proposals, effort.ruled, effort.left_alone) == (0, 0, 2, 2, 1)
    process("fresh")
    assert differences(tmp_path / "kept.duckdb", tmp_path / "fresh.duckdb", TABLES) == []
    assert verify(tmp_path / "kept.duckdb", domains().values()) == ()
    changes = compare_runs(tmp_path / "kept.duckdb", first.run.id, second.run.id).changes
    rows = [dict(zip(changes.columns, row, strict=True)) for row in changes.rows]
    assert {row["cause"] for row in rows} == {f"rules {old_rules} to legal-next"}
    assert any(row["old_value"] and not row["new_value"] and row["old_quote"] == row["new_quote"] for row in rows)
    assert {row["document"] for row in rows} <= {f"{name}.pdf" for name in CONTRACTS}


def test_a_new_adapter_of_one_domain_leaves_the_other_alone(process: Process, tmp_path: Path) -> None:
    process()
    with duckdb.connect(tmp_path / "kept.duckdb") as connection:
        query = "SELECT document_id, run_id, stored_at FROM core.documents WHERE domain = 'medical'"
        before = connection.execute(query).fetchall()
    adapter = tmp_path / "adapter"
    shutil.copytree(domain_models.legal.DOMAIN.folder / "adapters" / "small", adapter)
    config = adapter / "adapter.json"
    config.write_text(config.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    effort = process(tagger=str(adapter)).effort
    assert (effort.read, effort.tagged, effort.ruled, effort.left_alone) == (0, 2, 2, 1)
    with duckdb.connect(tmp_path / "kept.duckdb") as connection:
        assert connection.execute(query).fetchall() == before
        history = connection.execute("SELECT count(*) FROM core.finding_history").fetchall()
    assert history == [(0,)]  # the same weights find the same


def test_a_new_parser_reads_again_and_takes_up_what_the_old_one_failed_on(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.worker_process
    from flows.stages.parse import PARSER_VERSION

    database = tmp_path / "kept.duckdb"
    process()
    assert failures(database) == [("parse", "corrupt", 1, PARSER_VERSION)]
    assert process().skips == {"already processed by the same versions": 3, "failed before: corrupt": 1}
    monkeypatch.setattr(flows.worker_process, "PARSER_VERSION", "next")
    report = process()
    assert report.failures == {"corrupt": 1}
    assert failures(database) == [("parse", "corrupt", 2, "next")]
    effort = report.effort
    assert (effort.read, effort.tagged, effort.kept_proposals, effort.ruled) == (3, 0, 3, 3)
    with duckdb.connect(database, read_only=True) as connection:
        kept = connection.execute("SELECT count(*), (SELECT count(*) FROM core.findings) > 0 FROM core.finding_history")
        assert kept.fetchall() == [(0, True)]
    process("fresh")
    assert differences(database, tmp_path / "fresh.duckdb", [table for table in TABLES if table != "failures"]) == []


def test_a_summary_whose_findings_stay_is_not_written_again(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.process import process_documents

    contract, database = str(SAMPLE_DOCS / "legal" / "mutual_nda.pdf"), str(tmp_path / "summed.duckdb")
    assert process_documents([contract], database).effort.summarised == 1
    monkeypatch.setattr(domain_models.legal, "DOMAIN", replace(domain_models.legal.DOMAIN, rules_version="legal-next"))
    effort = process_documents([contract], database).effort
    assert (effort.ruled, effort.summarised, effort.kept_summaries) == (1, 0, 1)
