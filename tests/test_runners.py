"""Documents are worked on by other processes as in the run itself: the same rows, whichever task runner sends them."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from http.client import HTTPException
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest
from prefect import task

from domain_models import domains
from flows import worker_process
from flows.batch import AUTO
from flows.engines import ENGINES, MAKERS, MEMORY, own_folder
from flows.interrupt import waited_for
from flows.models import ModelChoice, Models
from flows.runners import check_runner, remote_worker
from flows.settings import settings
from flows.stages.deidentify import Aliases
from flows.stages.ingest import discover
from flows.stages.verify import verify
from flows.worker_process import Brief, Parcel, perform
from schemas.errors import BadInput, WorkerFailed
from tests.benchmarks.kills import differences, strike, victim
from tests.conftest import ROOT, SAMPLE_DOCS, needs_engine
from tests.made_pdfs import lines_pdf

PATIENCE_SECONDS = 180  # on a quiet machine it takes 15
LARGE = 100_000
LOST = (
    "muniment: the workers were lost at STAGE (BrokenProcessPool); what was stored stays, run the same command again to"
    " go on"
)
DOCUMENTS = ("legal/mutual_nda.pdf", "medical/lab_report.pdf", "medical/discharge_summary.pdf")

ray_leaves_a_socket = pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning", "ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning"
)
"""The one with which it has found that its dashboard cannot be."""


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings that this test makes."""
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


def choose(wanted: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        wanted.setenv(f"MUNIMENT_{name.upper()}", value)
    settings.cache_clear()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents of both domains, one of no domain, and one that is broken."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in DOCUMENTS:
        shutil.copy(SAMPLE_DOCS / name, folder)
    (folder / "recipe.pdf").write_bytes(lines_pdf([["Stir the flour into the butter."]]))
    (folder / "torn.pdf").write_bytes(lines_pdf([["Nothing of this is left."]])[:300])
    return folder


@pytest.fixture(scope="module")
def by_threads(corpus: Path, prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a run without worker processes."""
    from flows.process import process_documents

    database = tmp_path_factory.mktemp("threads") / "threads.duckdb"
    process_documents([str(corpus)], str(database), summaries=False)
    return database


@pytest.mark.parametrize("runner", ["processes", "dask", pytest.param("ray", marks=ray_leaves_a_socket)])
def test_two_worker_processes_store_what_threads_do(
    runner: str, corpus: Path, by_threads: Path, tmp_path: Path, wanted: pytest.MonkeyPatch
) -> None:
    from flows.process import process_documents

    needs_engine(runner)
    choose(wanted, runner=runner, workers="2", shard_size="2")
    database, before = tmp_path / "workers.duckdb", worker_process._current

    report = process_documents([str(corpus)], str(database), summaries=False)

    assert (report.run.processed, report.run.failed) == (len(DOCUMENTS), 2)
    assert worker_process._current is before, "nothing was worked on in this process"
    assert differences(database, by_threads) == []


def test_a_run_whose_worker_is_killed_ends_with_one_line_and_the_next_goes_on(
    corpus: Path, by_threads: Path, tmp_path: Path
) -> None:
    from prefect.settings import PREFECT_API_URL

    database = tmp_path / "killed.duckdb"
    command = [sys.executable, "-m", "flows.cli", "run", str(corpus), "--no-summaries", "--database", str(database)]
    own = {"MUNIMENT_RUNNER": "processes", "MUNIMENT_WORKERS": "2", "MUNIMENT_SHARD_SIZE": "2"}
    environment = os.environ | own | {"PREFECT_API_URL": PREFECT_API_URL.value() or ""}
    with subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE) as run:
        while victim(run, "parser") is None and run.poll() is None:
            time.sleep(0.05)
        strike(run, "worker")
        _, said = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 1
    told = [line for line in said.splitlines() if line.strip() and not line.startswith("documents ")]
    assert [re.sub(r"\bat \w+", "at STAGE", line) for line in told] == [LOST]

    subprocess.run(command, env=environment, capture_output=True, timeout=PATIENCE_SECONDS, check=True)
    assert differences(database, by_threads) == []
    assert verify(database, domains().values()) == ()


@task(persist_result=False)
def half_sent() -> bytes:
    """In a worker, which dies while it sends what comes of this."""
    send = Connection._send  # type: ignore[attr-defined]

    def send_half(connection: Connection, message: bytes) -> None:
        if len(message) < LARGE:
            send(connection, message)
            return
        send(connection, message[: LARGE // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = send_half  # type: ignore[attr-defined]
    return bytes(2 * LARGE)


@pytest.mark.timeout(PATIENCE_SECONDS)
def test_a_worker_killed_while_it_sends_leaves_nobody_waiting(prefect_server: None, wanted: pytest.MonkeyPatch) -> None:
    choose(wanted, runner="processes", workers="2")
    with pytest.raises(BrokenProcessPool), MAKERS["processes"](settings()) as runner:
        waited_for(runner.submit(half_sent, {}))


def test_a_run_without_work_starts_no_workers(corpus: Path, by_threads: Path, wanted: pytest.MonkeyPatch) -> None:
    from flows.process import process_documents

    choose(wanted, runner="dask", cluster="tcp://127.0.0.1:9")  # where nobody answers
    assert process_documents([str(corpus)], str(by_threads), summaries=False).nothing_new


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"runner": "spark"}, r"^MUNIMENT_RUNNER is 'spark'; input should be 'threads', 'processes', 'dask' or 'ray'$"),
        ({"workers": "0"}, r"^MUNIMENT_WORKERS is '0'; input should be greater than or equal to 1$"),
        (
            {"cluster": "tcp://there:8786"},
            r"^MUNIMENT_CLUSTER=tcp://there:8786 .* MUNIMENT_RUNNER is threads; have: dask, ray",
        ),
    ],
)
def test_settings_that_cannot_be_are_named(values: dict[str, str], said: str, wanted: pytest.MonkeyPatch) -> None:
    choose(wanted, **values)
    with pytest.raises(BadInput, match=said):
        check_runner()


@pytest.mark.parametrize("runner", list(ENGINES))
def test_an_engine_that_is_missing_is_named_with_its_extra(runner: str, wanted: pytest.MonkeyPatch) -> None:
    choose(wanted, runner=runner)
    wanted.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=rf"pip install 'muniment\[{runner}\]'"):
        check_runner()


def test_a_ray_that_has_no_room_is_told_before_it_starts(wanted: pytest.MonkeyPatch) -> None:
    needs_engine("ray")
    choose(wanted, runner="ray")
    wanted.setattr("flows.runners.free_memory", lambda: 64 << 20)
    with pytest.raises(
        BadInput, match=r"^MUNIMENT_RUNNER=ray needs 512 MB in /dev/shm, where 64 MB are free; take dask"
    ):
        check_runner()


def test_a_cluster_of_its_own_shows_nothing_to_other_users(wanted: pytest.MonkeyPatch) -> None:
    needs_engine("dask")
    choose(wanted, runner="dask", workers="1")
    with MAKERS["dask"](settings()) as runner:
        port = runner.client.scheduler_info()["services"]["dashboard"]
        for page in ("", "status", "info/main/workers.html", "metrics", "json/counts.json"):
            with pytest.raises(HTTPError, match="404"), urlopen(f"http://127.0.0.1:{port}/{page}"):
                pytest.fail(f"{page!r} is served")


@ray_leaves_a_socket
def test_a_ray_of_its_own_is_closed_to_others_and_not_last_in_line(wanted: pytest.MonkeyPatch) -> None:
    needs_engine("ray")
    choose(wanted, runner="ray", workers="1")
    others = set(psutil.Process().children(recursive=True))
    with MAKERS["ray"](settings()):
        import ray

        assert ray.get(ray.remote(lambda: os.nice(0)).remote()) == os.nice(0)
        (folder,) = Path(MEMORY).glob("muniment-ray-*")
        assert folder.stat().st_mode & 0o077 == 0
        processes = {*psutil.Process().children(recursive=True)} - others
        places = {
            listening.laddr
            for process in processes
            for listening in process.net_connections("inet")
            if listening.status == psutil.CONN_LISTEN
        }
        assert {place.ip for place in places} <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
        said = []
        for place in places:
            job = f"http://127.0.0.1:{place.port}/api/job_agent/jobs/"
            with pytest.raises((OSError, HTTPException)) as refused, urlopen(job, b"{}", timeout=5):
                pytest.fail("anybody here can have work done")
            said.append(str(refused.value))
        assert "HTTP Error 401: Unauthorized" in said, "the search finds what is there"
    assert not folder.exists()
    assert psutil.wait_procs(processes, timeout=10)[1] == []


LEFT_BEHIND = """
import os, signal, sys
from pathlib import Path
from flows.engines import own_folder
with own_folder(Path(sys.argv[1])) as folder:
    (folder / "parcel").write_text("rows")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_in_memory_goes_with_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LEFT_BEHIND, str(tmp_path)], cwd=ROOT, check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "parcel").exists()
    with own_folder(tmp_path) as first:
        with own_folder(tmp_path) as second:
            assert {first, second} == set(tmp_path.iterdir()), "a run that goes on keeps its folder"
        assert [first] == list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


GPU_OF_A_WORKER = """
import sys, torch
torch.cuda.is_available, torch.cuda.device_count = lambda: True, lambda: int(sys.argv[1])
torch.cuda.mem_get_info = lambda gpu: (8 << 30, 8 << 30)
from domain_models.runtime.device import free_memory, pick_device
from flows.worker_process import claim_gpu
claim_gpu()
print(pick_device(), *free_memory().gpus, flush=True)
sys.stdin.read()
"""


def test_each_worker_has_a_gpu_of_its_own_and_leaves_it_however_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two GPUs that only torch's answers claim: this has run on no machine with several."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as workers:

        def start(gpus: int) -> tuple[str, "subprocess.Popen[str]"]:
            command = [sys.executable, "-c", GPU_OF_A_WORKER, str(gpus)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            worker = workers.enter_context(subprocess.Popen(command, text=True, cwd=ROOT, **pipes))
            workers.callback(worker.kill)
            assert worker.stdout is not None
            return worker.stdout.readline().strip(), worker

        assert start(1)[0] == "cuda:0 0"  # and claims nothing
        (first, killed), (second, _), (third, _) = start(2), start(2), start(2)
        assert (first, second, third) == ("cuda:0 0", "cuda:1 1", "cuda:0 0")
        killed.kill()
        killed.wait()
        assert (start(2)[0], start(2)[0]) == ("cuda:0 0", "cuda:1 1")


def test_a_cluster_out_of_reach_is_said(wanted: pytest.MonkeyPatch) -> None:
    needs_engine("dask")
    choose(wanted, runner="dask", cluster="tcp://127.0.0.1:9")
    said = r"^no dask workers at tcp://127.0.0.1:9 \(\w+\); check MUNIMENT_RUNNER and MUNIMENT_CLUSTER$"
    with pytest.raises(WorkerFailed, match=said), remote_worker(brief()):
        pytest.fail("there are no workers")


def brief() -> Brief:
    choice = ModelChoice(summaries=False)
    return Brief(choice, Models(choice).versions, AUTO)


def test_a_worker_of_another_version_refuses(corpus: Path) -> None:
    from dataclasses import replace

    ours = brief()
    theirs = replace(ours, versions=replace(ours.versions, parser="1+another"))
    files = discover([corpus / "recipe.pdf"]).files
    with pytest.raises(WorkerFailed, match=r"has another version of parser than the run"):
        perform("parse", theirs, Parcel((files, Aliases())))


def test_what_breaks_at_a_worker_is_named_without_its_words() -> None:
    """An engine logs the error of a task, and a stage's error could quote what it was given."""
    with pytest.raises(WorkerFailed) as failed:
        perform("tag", brief(), Parcel(("legal", ["Iskrabelmund"])))
    assert str(failed.value) == "a worker broke at tag: AttributeError"
    assert failed.value.__cause__ is None
    assert "Iskrabelmund" not in repr(Parcel("Iskrabelmund"))
