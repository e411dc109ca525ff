"""Kills at random moments: `python -m tests.benchmarks.kills [KILLS]` (20 by default), seeded.

Each trial reads sample_docs into a database of its own and kills -9 the flow, a parse worker, the Prefect server or one of
two worker processes (MUNIMENT_RUNNER=processes) at a random moment; where none is left to kill then, the trial begins anew
with an earlier one. The run must then go on, or end by itself with one line; the same command is run until it ends well. What is stored must equal an undisturbed run row for row, timestamps and
run ids aside, and break no promise; a row that differs is printed by its key, never its words.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

import duckdb
import psutil

from domain_models import domains
from flows.stages.verify import verify
from tests.conftest import SAMPLE_DOCS

SEED = 7
ATTEMPTS = 4
PATIENCE_SECONDS = 900
SHARD_SIZE = "2"  # small shards put a commit near most moments

PREFECT = {"PREFECT_CLIENT_MAX_RETRIES": "2"}  # of itself it waits minutes for a server that is gone
PLAIN_LINE = "muniment: "

Target = Literal["flow", "parser", "server", "worker"]
TARGETS: tuple[Target, ...] = ("flow", "parser", "server", "worker")
MARKS = {"parser": "multiprocessing.forkserver", "server": "uvicorn", "worker": "multiprocessing.spawn"}
RUNNERS: dict[Target, str] = {"worker": "processes"}

COMPARED = {
    "documents": "EXCLUDE (run_id, stored_at, path)", "pages": "", "geometry": "", "sections": "", "properties": "",
    "outline": "", "page_labels": "", "form_fields": "", "attachments": "", "proposals": "",
    "findings": "EXCLUDE (run_id)", "records": "EXCLUDE (run_id)", "rulings": "EXCLUDE (run_id)",
    "summaries": "EXCLUDE (run_id)", "editions": "EXCLUDE (run_id)",
    "failures": "EXCLUDE (run_id, attempts, first_seen_at, last_seen_at)",
}  # fmt: skip


@contextmanager
def running(database: Path, home: Path, runner: str = "threads") -> "Iterator[subprocess.Popen[bytes]]":
    """`muniment run` over sample_docs; whatever it has started is gone at the end of the block."""
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
    own = {"SHARD_SIZE": SHARD_SIZE, "RUNNER": runner, "WORKERS": "2"}
    environment = os.environ | {f"MUNIMENT_{name}": value for name, value in own.items()} | PREFECT
    environment["PREFECT_HOME"] = str(home)
    with log_of(database).open("wb") as log:
        run = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    session = os.getsid(run.pid)
    try:
        yield run
    finally:
        for left in psutil.process_iter(["pid"]):
            if left.pid != os.getpid() and _session(left.pid) == session:
                _kill(left)
        run.wait()


def log_of(database: Path) -> Path:
    """What the last run said."""
    return database.with_suffix(".log")


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


def victim(run: "subprocess.Popen[bytes]", target: Target) -> psutil.Process | None:
    """The process to kill, if there is one at this moment: a parser is what the fork server has forked."""
    whole = psutil.Process(run.pid)
    if target == "flow":
        return whole
    below = [child for child in whole.children(recursive=True) if MARKS[target] in _command(child)]
    if target == "parser":
        below = [child for child in below if MARKS[target] in _command(child.parent() or whole)]
    return below[0] if below else None


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@dataclass(frozen=True)
class Trial:
    """What is killed and when; the runs before and after it are of the same command."""

    database: Path
    home: Path
    target: Target
    moment: float

    @property
    def runner(self) -> str:
        """Where the run's documents are worked on."""
        return RUNNERS.get(self.target, "threads")


def kill_once(trial: Trial) -> tuple[str, list[str]] | None:
    """A run whose target is killed `moment` seconds after its database is there: what happened, and what must not have.

    None where nothing was left to kill.
    """
    with running(trial.database, trial.home, trial.runner) as run:
        _await(trial.database, run)
        with suppress(subprocess.TimeoutExpired):
            run.wait(trial.moment)
        if not strike(run, trial.target):
            return None
        try:
            code = run.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return "the run did not end", ["it did not end by itself"]
        return f"the run ended with {code}", misbehaved(code, log_of(trial.database).read_text())


def killed(folder: Path, home: Path, target: Target, moment: float) -> tuple[Trial, str, list[str]]:
    """A trial in which the target was killed, at half the moment as often as nothing was left to kill."""
    for attempt in count():
        trial = Trial(folder / f"{target}-{attempt}-{moment:.2f}.duckdb", home, target, moment / 2**attempt)
        told = kill_once(trial)
        if told is not None:
            return trial, *told
    raise AssertionError("counting has no end")


def _await(database: Path, run: "subprocess.Popen[bytes]") -> None:
    """Until the run has made its database, or has ended without."""
    while not database.exists() and run.poll() is None:
        time.sleep(0.05)


def misbehaved(code: int, said: str) -> list[str]:
    """Why a run did not end as it must: well, killed itself, or with one line and exit status 1."""
    if code in {0, -signal.SIGKILL}:
        return []
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("documents ")]
    is_plain = code == 1 and len(lines) == 1 and lines[0].startswith(PLAIN_LINE)
    return [] if is_plain else [f"it ended with {code} and {len(lines)} lines: {' / '.join(lines[-2:])[:200]}"]


def strike(run: "subprocess.Popen[bytes]", target: Target) -> bool:
    """Whether the target was killed, having waited for one to be there while the run goes on."""
    while run.poll() is None:
        found = victim(run, target)
        if found is not None:
            _kill(found)
            return True
        time.sleep(0.02)
    return False


def finish(database: Path, home: Path, runner: str = "threads") -> bool:
    """The same command again until it ends well; False where it does not in a few attempts."""
    for _ in range(ATTEMPTS):
        with running(database, home, runner) as run:
            if run.wait(PATIENCE_SECONDS) == 0:
                return True
    return False


def differences(ours: Path, theirs: Path, tables: Iterable[str] = tuple(COMPARED)) -> list[str]:
    """Each row that only one of the two databases has: its table, whose it is, and its first two cells."""
    found = []
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{ours}' AS ours (READ_ONLY); ATTACH '{theirs}' AS theirs (READ_ONLY)")
        for table in tables:
            for one, other in (("ours", "theirs"), ("theirs", "ours")):
                rows = f"SELECT * {COMPARED[table]} FROM {{}}.core.{table}"
                only = connection.execute(f"{rows.format(one)} EXCEPT ALL {rows.format(other)}").fetchall()
                found += [f"{table}: only {one}: {str(row[0])[:40]} {str(row[1])[:40]}" for row in only]
    return found


def undisturbed_seconds(database: Path, home: Path) -> float:
    """What a run takes from the making of its database to its end; before that nothing can be lost."""
    with running(database, home) as run:
        _await(database, run)
        started = time.monotonic()
        if run.wait(PATIENCE_SECONDS) != 0:
            raise SystemExit(f"the undisturbed run failed: {log_of(database)}")
        return time.monotonic() - started


def unlike(undisturbed: Path, trial: Trial) -> list[str]:
    """What is not as it should be once the same command has ended well."""
    if not finish(trial.database, trial.home, trial.runner):
        return ["it did not end well again"]
    breaches = verify(trial.database, domains().values())
    return differences(trial.database, undisturbed) + [f"{breach.promise}: {breach.detail}" for breach in breaches]


def main(kills: int) -> int:
    """Prints one line a trial and how many were recovered."""
    rng = random.Random(SEED)
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    home = folder / "prefect"
    undisturbed = folder / "undisturbed.duckdb"
    span = undisturbed_seconds(undisturbed, home)
    print(f"undisturbed: {span:.0f} s from the making of the database", flush=True)
    recovered = 0
    for number in range(kills):
        target = TARGETS[number % len(TARGETS)]
        trial, told, faults = killed(folder, home, target, rng.uniform(0.0, 0.9 * span))
        faults += unlike(undisturbed, trial)
        recovered += not faults
        said = "; ".join(faults[:10]) or "the same"
        print(f"{number + 1}: {target} killed at {trial.moment:.1f} s, {told}: {said}", flush=True)
    print(f"{recovered} of {kills} recovered", flush=True)
    if recovered == kills:
        shutil.rmtree(folder)
    return 0 if recovered == kills else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
