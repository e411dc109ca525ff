"""Readers beside a flow that writes: `python -m tests.benchmarks.readers [SECONDS]` (300).

One process runs flow after flow over new documents, each publishing a snapshot and Parquet files; another reads both in
a loop, as the command line does, its use entered in the audit journal. Every state read must be whole: told are reads,
states, errors and the longest wait.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from flows.stages.audit import record
from flows.stages.export import parquet_path
from flows.stages.publish import snapshot_path
from flows.stages.query import run_query, snapshot

BATCH = 3
"""Documents a flow run."""

PATIENCE_SECONDS = 900.0
"""For the first snapshot, which waits for a server to start."""

STATE = """
SELECT (SELECT count(*) FROM core.documents), (SELECT count(*) FROM core.documents WHERE state = 'processed'),
    (SELECT count(*) FROM insurance.policies), (SELECT count(*) // 3 FROM core.findings),
    (SELECT count(*) // 4 FROM core.rulings), (SELECT count(*) FROM core.pages),
    (SELECT coalesce(sum(processed), 0) FROM core.runs WHERE finished_at IS NOT NULL)
"""
"""Every column counts the same documents: whatever the state is, they must agree."""


@dataclass
class Figures:
    """What the readers met."""

    reads: int = 0
    longest: float = 0.0
    states: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Counts a read, how long it took, and what it died of."""
        started = time.perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001  # a reader must never see any
            self.faults.append(f"{type(error).__name__}: {error}")
        self.reads += 1
        self.longest = max(self.longest, time.perf_counter() - started)

    def judge(self, counts: tuple[object, ...], where: str) -> None:
        """A state is whole where its counts agree, ends with a batch, and comes after those seen before."""
        documents = int(str(counts[0]))
        if len(set(map(str, counts))) > 1 or documents % BATCH:
            self.faults.append(f"{where} is not whole: {counts}")
        self.states.add(documents)


def read_while_writing(folder: Path, seconds: float) -> Figures:
    """Reads for so long while another process writes to `folder`."""
    database = folder / "muniment.duckdb"
    environment = {"PREFECT_HOME": str(folder / "prefect"), **os.environ}
    with subprocess.Popen([sys.executable, "-m", "tests.benchmarks.readers", "--write", str(folder)], env=environment, start_new_session=True) as writer:  # fmt: skip
        try:
            _wait_for(parquet_path(database), writer)
            return _read(database, time.monotonic() + seconds, writer)
        finally:
            os.killpg(writer.pid, signal.SIGKILL)  # its server with it


def _wait_for(published: Path, writer: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not published.exists():
        if writer.poll() is not None or time.monotonic() > end:
            raise RuntimeError("the writer published nothing")
        time.sleep(0.2)


def _read(database: Path, end: float, writer: "subprocess.Popen[bytes]") -> Figures:
    figures = Figures()
    while time.monotonic() < end:
        with figures.timed():
            record(database, "sql", "readers")
            figures.judge(run_query(database, STATE).rows[0], "the snapshot")
        with figures.timed():
            figures.judge(_parquet_state(database), "the state in Parquet")
        _keep_one(database, figures)
    if writer.poll() is not None:
        figures.faults.append(f"the writer ended with {writer.returncode}")
    return figures


def _parquet_state(database: Path) -> tuple[object, ...]:
    folder = parquet_path(database).resolve()
    tables = (("core/documents/**", 1), ("insurance/policies", 1), ("core/findings/**", 3), ("core/rulings/**", 4))
    counts = [f"(SELECT count(*) // {each} FROM read_parquet('{folder}/{at}/*.parquet'))" for at, each in tables]
    with duckdb.connect() as connection:
        return tuple(connection.execute(f"SELECT {', '.join(counts)}").fetchall()[0])


def _keep_one(database: Path, figures: Figures) -> None:
    """A reader that holds on to a snapshot goes on reading the same state while a new one is published."""
    before = snapshot_path(database).stat().st_ino
    with snapshot(database) as connection:
        first = connection.execute(STATE).fetchall()
        held_until = time.monotonic() + 1.0
        while snapshot_path(database).stat().st_ino == before and time.monotonic() < held_until:
            time.sleep(0.05)
        with figures.timed():
            if connection.execute(STATE).fetchall() != first:
                figures.faults.append("a kept snapshot changed")


def write(folder: Path) -> None:
    """Flow after flow over new documents, without end."""
    from flows.settings import prepare_environment

    prepare_environment()
    import domain_models
    from flows.process import process_documents
    from flows.server import reachable_server
    from tests.made_pdfs import lines_pdf
    from tests.test_toy_domain import LINES, write_domain

    write_domain(folder / "more_domains")
    domain_models.__path__.append(str(folder / "more_domains"))
    number = 0
    with reachable_server():
        while True:
            inbox = folder / f"inbox-{number}"
            inbox.mkdir()
            for _ in range(BATCH):
                number += 1
                (inbox / f"{number}.pdf").write_bytes(lines_pdf([[*LINES, f"Copy {number}"]]))
            process_documents([str(inbox)], str(folder / "muniment.duckdb"), "insurance", summaries=False, parquet=True)


def main() -> None:
    """Prints the figures; ends with 1 where a reader met an error, waited over a second or saw half a state."""
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]))
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        figures = read_while_writing(Path(folder), seconds)
    print(f"{figures.reads} reads in {seconds:.0f} s of {len(figures.states)} states; {len(figures.faults)} faults")
    print(f"longest wait {figures.longest:.2f} s")
    for fault in figures.faults[:10]:
        print(fault)
    raise SystemExit(bool(figures.faults) or figures.longest > 1)


if __name__ == "__main__":
    main()
