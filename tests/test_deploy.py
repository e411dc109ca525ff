"""`prefect.yaml` as it stands: deployed to a real server, its flow run by a real worker of its work pool."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_serve import asked, free_port, until

from flows.server import answers
from flows.settings import environment
from flows.stages.query import run_query
from tests.conftest import ROOT, SAMPLE_DOCS


@pytest.mark.timeout(3000)
def test_a_worker_of_the_pool_runs_what_was_deployed(tmp_path: Path) -> None:
    port, inbox, database = free_port(), tmp_path / "inbox", tmp_path / "deployed.duckdb"
    inbox.mkdir()
    shutil.copy(SAMPLE_DOCS / "legal" / "mutual_nda.pdf", inbox)
    address = f"http://127.0.0.1:{port}/api"
    variables = environment(
        {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": address, "MUNIMENT_HOME": str(ROOT),
         "PYTHONPATH": str(ROOT)}
    )  # fmt: skip

    def prefect(*arguments: str) -> None:
        command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]

    serving = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    with subprocess.Popen(serving, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: answers(address))
            prefect("work-pool", "create", "default", "--type", "process")
            prefect("deploy", "--all")
            parameters = {"paths": [str(inbox)], "database": str(database), "summaries": False, "settle_seconds": 0}
            prefect("deployment", "run", "process_documents/documents", "--params", json.dumps(parameters))
            prefect("worker", "start", "--pool", "default", "--run-once")
            (deployment,) = asked(address, "deployments")
            ended = [run for run in asked(address, "flow_runs") if run["state_type"] == "COMPLETED"]
        finally:
            server.terminate()
    assert deployment["schedules"][0]["schedule"]["cron"] == "0 2 * * *"
    assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    assert len(ended) == 1
    assert run_query(database, "SELECT count(*) FROM legal.contracts").rows == ((1,),)
