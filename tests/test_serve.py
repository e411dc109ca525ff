"""A real server, a real schedule: runs start by the clock, are seen in the UI's own data, and leave nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from domain_models import domains
from flows.cli import app
from flows.settings import environment
from flows.stages.query import run_query
from flows.stages.verify import verify
from schemas.errors import BadInput
from tests.conftest import ROOT, SAMPLE_DOCS

PATIENCE_SECONDS = 1000  # on a quiet machine half a minute, and up to one more for the clock


def until(wanted: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := wanted()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)
    return answer


def members(group: int) -> list[str]:
    """The living processes of a group."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [row[2] for row in rows if int(row[0]) == group and not row[1].startswith("Z")]


@contextmanager
def command(*arguments: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """`muniment ...` in a session of its own, as a terminal has it; whatever it leaves is ended."""
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    started = [sys.executable, "-m", "flows.cli", *arguments]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores Ctrl-C
    with subprocess.Popen(started, start_new_session=True, env=environment(settings), cwd=ROOT, **pipes) as running:
        try:
            yield running
        finally:
            signal.signal(signal.SIGINT, before)
            if members(running.pid):
                os.killpg(running.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(address: str, what: str, **wanted: object) -> list[dict[str, Any]]:
    """What the server answers to a filter; nothing while it does not answer yet."""
    request = urllib.request.Request(
        f"{address}/{what}/filter", json.dumps(wanted).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: list[dict[str, Any]] = json.load(response)
            return answer
    except OSError:
        return []


@pytest.mark.timeout(3000)
def test_a_scheduled_run_starts_runs_and_finishes(tmp_path: Path) -> None:
    inbox, database, port = tmp_path / "inbox", tmp_path / "kept.duckdb", free_port()
    inbox.mkdir()
    shutil.copy(SAMPLE_DOCS / "legal" / "mutual_nda.pdf", inbox)
    (inbox / "letter.pdf").write_bytes(b"no PDF")
    settings = {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_SERVER_API_PORT": str(port), "PREFECT_API_URL": ""}
    options = ("--no-summaries", "--deidentify", "--cron", "* * * * *", "--timezone", "Europe/Vienna")
    settings |= {"MUNIMENT_SETTLE_SECONDS": "0"}
    with command("serve", str(inbox), "--database", str(database), *options, **settings) as serving:
        address = f"http://127.0.0.1:{port}/api"
        done = until(lambda: [r for r in asked(address, "flow_runs") if r["state_type"] in {"COMPLETED", "FAILED"}])
        (deployment,) = asked(address, "deployments")
        artifacts = {artifact["key"]: artifact for artifact in asked(address, "artifacts")}
        os.killpg(serving.pid, signal.SIGINT)  # a terminal's Ctrl-C reaches every process of the command
        _, said = serving.communicate(timeout=PATIENCE_SECONDS)
        left = members(serving.pid)
    assert (done[0]["state_type"], done[0]["auto_scheduled"]) == ("COMPLETED", True)
    assert deployment["schedules"][0]["schedule"]["timezone"] == "Europe/Vienna"
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    report = {row["what"]: row["value"] for row in json.loads(artifacts["run-report"]["data"])}
    assert {"files": 2, "processed": 1, "failed": 1, "failed: not a PDF": 1}.items() <= report.items()
    assert artifacts["progress"]["data"] == 100.0
    assert "not a PDF" in artifacts["failures"]["data"]
    assert (serving.returncode, left) == (0, [])
    assert said.splitlines()[-1] == "no longer serving"
    assert run_query(database, "SELECT count(*) FROM legal.contracts").rows == ((1,),)
    assert run_query(database, "SELECT count(*) > 0 FROM core.masks").rows == ((True,),)
    assert verify(database, domains().values()) == ()


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("moment", ["its server starts", "it works"])
def test_a_killed_run_leaves_no_server_behind(moment: str, tmp_path: Path) -> None:
    database = tmp_path / "killed.duckdb"
    settings = {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": ""}
    with command("run", str(SAMPLE_DOCS), "--no-summaries", "--database", str(database), **settings) as run:
        until(lambda: any("watchdog" in process for process in members(run.pid)))
        if moment == "it works":
            until(lambda: database.exists() or run.poll() is not None)
        assert any("uvicorn" in process for process in members(run.pid))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        until(lambda: not members(run.pid), 120)


OWNER = """
import subprocess, time
from flows.server import end_with_us
server = subprocess.Popen(["sleep", "600"])
end_with_us(server.pid)
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_ends_with_its_owner(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout
        server = int(owner.stdout.readline())
        assert Path(f"/proc/{server}").exists() or sys.platform != "linux"
        owner.send_signal(number)
    until(lambda: is_gone(server), 120)


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cron", "every night"], "'every night' is no cron expression; five fields, as in '0 2 * * *'"),
        (["--cron", "* * * * * */10"], "'* * * * * */10' is no cron expression"),
        (["--cron", "61 2 * * *"], "'61 2 * * *' is no cron expression"),
        (["--timezone", "Mars/Base"], "unknown time zone 'Mars/Base'; an IANA name such as Europe/Vienna, or UTC"),
        (["--domain", "tax"], "unknown domain 'tax'; have: legal, medical"),
        (["nowhere"], "no folder at nowhere; an inbox is a folder"),
    ],
)
def test_what_cannot_be_served_is_said_at_once(tmp_path: Path, arguments: list[str], message: str) -> None:
    served = CliRunner().invoke(app, ["serve", str(tmp_path), *arguments])
    assert isinstance(served.exception, BadInput)
    assert str(served.exception).startswith(message)
