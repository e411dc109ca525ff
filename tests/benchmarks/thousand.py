"""A batch as large as a firm's archive: `python -m tests.benchmarks.thousand [DOCUMENTS] [WORKED_ON] [PAGES]` (1,000, all of
them, of any length).

Makes altered copies of the CUAD PDFs (a comment behind the file's end: other bytes, the same text), where PAGES is given of
those that have no more, and runs them with tagger small and without summaries, twice. Says by how much the flow's process grew
after the first 100 documents (or the first quarter), during which part of the wall time none of our own code was at work,
what failed, and how long the second run took. Where only some are WORKED_ON, the rows of the others are copied from those in
SQL before the second run.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from types import FrameType

import duckdb
import psutil
from pypdf import PdfReader

from flows.report import RunReport
from flows.server import reachable_server
from flows.settings import prepare_environment
from tests.benchmarks.memory import resident_mb
from tests.benchmarks.words import CUAD
from tests.conftest import ROOT

OURS = tuple(str(ROOT / package) for package in ("flows", "domain_models", "schemas"))
PREFECT = f"{Path('site-packages') / 'prefect'}/"
SAMPLE_SECONDS = 0.05
WARM_UP = 100

# Every id in the rows of a document begins with the document's.
COPIED_ID = "CASE WHEN {0} IS NOT NULL THEN copies.copy[:16] || {0}[17:] END"
IDS = ("finding_id", "record_id")


def make_copies(folder: Path, numbers: range, pages: int | None = None) -> Sequence[Path]:
    """A PDF for each of these numbers, all of different bytes, the smallest originals first."""
    originals = [path for path in (CUAD / "pdf").glob("*.pdf") if pages is None or len(PdfReader(path).pages) <= pages]
    originals.sort(key=lambda path: path.stat().st_size)
    for place, original in enumerate(originals[: numbers.stop]):
        contents = original.read_bytes()
        for number in range(place, numbers.stop, len(originals)):
            if number in numbers:
                (folder / f"{number:05}.pdf").write_bytes(contents + b"\n%% copy %d\n" % number)
    return [folder / f"{number:05}.pdf" for number in numbers]


@dataclass
class Watch:
    """Samples of the threads of this process and of its memory, in MB, by documents done."""

    samples: int = 0
    idle: int = 0
    memory: dict[int, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        """Until it ends: whether any thread is at work in our own code."""
        while not self.ended.wait(SAMPLE_SECONDS):
            self.samples += 1
            self.idle += not any(_is_ours(frame) for frame in sys._current_frames().values())

    def advance(self, done: int, total: int) -> None:
        """Notes the memory at this point."""
        self.memory[done] = resident_mb()

    def growth(self, count: int) -> float:
        """From the end of the warm-up to the highest point after it."""
        after = [memory for done, memory in self.memory.items() if done >= min(WARM_UP, count // 4)]
        return max(after) - after[0]


def _is_ours(frame: FrameType | None) -> bool:
    """Whether the thread is within our own code, not in Prefect's that this has called, nor in this module."""
    while frame is not None:
        file = frame.f_code.co_filename
        if PREFECT in file:
            return False
        if file.startswith(OURS):
            return True
        frame = frame.f_back
    return False


def run(folder: Path, database: Path, watch: Watch) -> tuple[RunReport, float]:
    """The flow over the folder, watched; its report and its seconds."""
    from flows.process import on_progress, process_documents  # Prefect reads the environment as it is loaded

    token = on_progress.set(watch.advance)
    sampling = threading.Thread(target=watch.sample, daemon=True)
    started = time.monotonic()
    sampling.start()
    try:
        return process_documents([str(folder)], str(database), summaries=False), time.monotonic() - started
    finally:
        watch.ended.set()
        sampling.join()
        on_progress.reset(token)


def copy_rows(database: Path, copies: Mapping[str, str]) -> None:
    """For each copy the rows of its original (by ids), as if it had been worked on."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TEMP TABLE copies (original VARCHAR, copy VARCHAR)")
        connection.executemany("INSERT INTO copies VALUES (?, ?)", [(old, new) for new, old in copies.items()])
        tables = connection.execute(
            "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE schema_name = 'core' AND table_name IN"
            " (SELECT table_name FROM duckdb_tables()) GROUP BY 1 HAVING list_contains(list(column_name), 'document_id')"
        ).fetchall()
        for table, columns in tables:
            if table in {"files", "failures", "skips"}:
                continue
            ids = [f"{COPIED_ID.format(name)} AS {name}" for name in IDS if name in columns]
            replaced = ", ".join(["copies.copy AS document_id", *ids])
            connection.execute(
                f"INSERT INTO core.{table} SELECT t.* REPLACE ({replaced}) FROM core.{table} AS t"
                " JOIN copies ON copies.original = t.document_id"
            )


def told(what: str, report: RunReport, seconds: float) -> None:
    """One line of a run's counts."""
    done = report.run
    counts = f"{done.files} files, {done.processed} processed, {done.failed} failed, {done.skipped} skipped"
    print(f"{what}: {seconds:.1f} s, {counts}, {done.pages} pages {dict(report.failures)}", flush=True)


def server_cpu_seconds() -> float:
    """CPU time of the Prefect server that this process has started, 0 where it runs elsewhere."""
    below = psutil.Process().children(recursive=True)
    return sum(sum(one.cpu_times()[:2]) for one in below if "uvicorn" in " ".join(one.cmdline()))


def main(count: int, worked: int | None = None, pages: int | None = None) -> int:
    """Prints the figures; the exit status is 1 where one falls short of what is promised."""
    home = Path(tempfile.mkdtemp(prefix="thousand-"))
    folder, database = home / "documents", home / "archive.duckdb"
    folder.mkdir()
    worked_on = worked or count
    first = make_copies(folder, range(worked_on), pages)
    watch = Watch()
    report, seconds = run(folder, database, watch)
    told("first run", report, seconds)
    share = watch.idle / max(1, watch.samples)
    print(f"memory of the flow's process grew by {watch.growth(worked_on):.0f} MB after the warm-up")
    print(f"without our own code at work: {100 * share:.1f} % of {watch.samples} samples")
    print(f"the Prefect server took {server_cpu_seconds():.1f} s of CPU")
    if count > worked_on:
        originals = [sha256(path.read_bytes()).hexdigest() for path in first]
        more = make_copies(folder, range(worked_on, count), pages)
        ids = [sha256(path.read_bytes()).hexdigest() for path in more]
        copy_rows(database, dict(zip(ids, cycle(originals), strict=False)))
    again, second = run(folder, database, Watch())
    told("second run", again, second)
    print(f"database {database.stat().st_size / 1e6:.0f} MB")
    shutil.rmtree(home)
    return 0 if again.nothing_new and not report.run.failed else 1


if __name__ == "__main__":
    prepare_environment()
    asked = [int(argument) for argument in sys.argv[1:]]
    with reachable_server():
        status = main(*asked) if asked else main(1000)
    sys.exit(status)
