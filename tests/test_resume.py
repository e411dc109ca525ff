"""A run killed at any moment loses nothing stored, and the next run ends where an undisturbed one does."""

import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from domain_models import domains
from flows.stages.verify import verify
from tests.benchmarks.kills import Trial, differences, kill_once
from tests.conftest import SAMPLE_DOCS

TABLES = ("findings", "rulings", "records", "pages", "sections", "proposals")


def start(database: Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "flows.cli",
        "run",
        str(SAMPLE_DOCS),
        "--no-summaries",
        "--database",
        str(database),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_rows(run: "subprocess.Popen[bytes]", database: Path, extra: float) -> None:
    """Until the run has made its database, and `extra` seconds more; less if it ends before."""
    while not database.exists() and run.poll() is None:
        time.sleep(0.1)
    try:
        run.wait(extra)
    except subprocess.TimeoutExpired:
        return


@pytest.mark.parametrize("seed", [1])
def test_a_killed_run_is_taken_up_where_it_was(
    seed: int, demo_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUNIMENT_SHARD_SIZE", "2")
    database = tmp_path / "killed.duckdb"
    rng = random.Random(seed)
    for _ in range(2):
        run = start(database)
        wait_for_rows(run, database, rng.uniform(0.0, 15.0))
        run.kill()
        run.wait()
        with duckdb.connect(str(database), read_only=True) as connection:
            halves = connection.execute(
                "SELECT count(*) FROM core.documents WHERE state = 'processed'"
                " AND document_id NOT IN (SELECT document_id FROM core.rulings)"
            ).fetchall()
        assert halves == [(0,)]
    last = start(database)
    assert last.wait(300) == 0
    assert differences(database, demo_database, TABLES) == []
    assert verify(database, domains().values()) == ()


def test_a_run_whose_server_is_killed_ends_with_one_line(tmp_path: Path) -> None:
    told = kill_once(Trial(tmp_path / "killed.duckdb", tmp_path / "prefect", "server", 1.0))
    assert told == ("the run ended with 1", [])
