"""Kills at random moments: `python -m tests.benchmarks.kills [KILLS]` (20 by default), seeded.

Each trial reads sample_docs into a database of its own and kills -9 the flow, a parse worker or the Prefect server at a
random moment, then runs the same command until it ends well. What is stored must equal an undisturbed run row for row,
timestamps and run ids aside, and break no promise; a row that differs is printed by its key, never its words.
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
from contextlib import contextmanager
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

Target = Literal["flow", "worker", "server"]
TARGETS: tuple[Target, ...] = ("flow", "worker", "server")
MARKS = {"worker": "multiprocessing.forkserver", "server": "uvicorn"}

COMPARED = {
    "documents": "EXCLUDE (run_id, stored_at, path)", "pages": "", "geometry": "", "sections": "", "properties": "",
    "outline": "", "page_labels": "", "form_fields": "", "attachments": "", "proposals": "",
    "findings": "EXCLUDE (run_id)", "records": "EXCLUDE (run_id)", "rulings": "EXCLUDE (run_id)",
    "summaries": "EXCLUDE (run_id)", "editions": "EXCLUDE (run_id)",
    "failures": "EXCLUDE (run_id, attempts, first_seen_at, last_seen_at)",
}  # fmt: skip


@contextmanager
def running(database: Path, home: Path) -> "Iterator[subprocess.Popen[bytes]]":
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
    environment = {**os.environ, "MUNIMENT_SHARD_SIZE": SHARD_SIZE, "PREFECT_HOME": str(home)}
    with database.with_suffix(".log").open("ab") as log:
        run = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    session = os.getsid(run.pid)
    try:
        yield run
    finally:
        for left in psutil.process_iter(["pid"]):
            if left.pid != os.getpid() and _session(left.pid) == session:
                _kill(left)
        run.wait()


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
    """The process to kill, if there is one at this moment: a worker is what the fork server has forked."""
    whole = psutil.Process(run.pid)
    if target == "flow":
        return whole
    below = [child for child in whole.children(recursive=True) if MARKS[target] in _command(child)]
    if target == "worker":
        below = [child for child in below if MARKS[target] in _command(child.parent() or whole)]
    return below[0] if below else None


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def kill_once(database: Path, home: Path, target: Target, moment: float) -> str:
    """A run whose target is killed `moment` seconds after its database is there; what happened, in words."""
    with running(database, home) as run:
        while not database.exists() and run.poll() is None:
            time.sleep(0.05)
        try:
            run.wait(moment)
        except subprocess.TimeoutExpired:
            struck = _strike(run, target)
            try:
                code: int | str = run.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                code = "no end"
            return f"{struck}, the run ended with {code}"
        return "the run had ended before"


def _strike(run: "subprocess.Popen[bytes]", target: Target) -> str:
    """Kills the target, waiting for one to be there while the run goes on."""
    while run.poll() is None:
        found = victim(run, target)
        if found is not None:
            _kill(found)
            return f"{target} killed"
        time.sleep(0.02)
    return f"no {target} was there"


def finish(database: Path, home: Path) -> bool:
    """The same command again until it ends well; False where it does not in a few attempts."""
    for _ in range(ATTEMPTS):
        with running(database, home) as run:
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


def main(kills: int) -> int:
    """Prints one line a trial and how many were recovered."""
    rng = random.Random(SEED)
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    home = folder / "prefect"
    undisturbed = folder / "undisturbed.duckdb"
    started = time.monotonic()
    if not finish(undisturbed, home):
        raise SystemExit(f"the undisturbed run failed: {undisturbed.with_suffix('.log')}")
    span = time.monotonic() - started
    print(f"undisturbed: {span:.0f} s", flush=True)
    recovered = 0
    for number in range(kills):
        database = folder / f"{number}.duckdb"
        target = TARGETS[number % len(TARGETS)]
        moment = rng.uniform(0.0, 0.8 * span)
        told = kill_once(database, home, target, moment)
        differing = differences(database, undisturbed) if finish(database, home) else ["it did not end well again"]
        differing += [f"{breach.promise}: {breach.detail}" for breach in verify(database, domains().values())]
        recovered += not differing
        print(f"{number + 1}: at {moment:.1f} s {told}: {'; '.join(differing[:10]) or 'the same'}", flush=True)
    print(f"{recovered} of {kills} recovered", flush=True)
    if recovered == kills:
        shutil.rmtree(folder)
    return 0 if recovered == kills else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
