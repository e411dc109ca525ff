"""Ctrl-C ends a run soon and with one line, in whatever work its threads are, and leaves a whole database."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from prefect import flow
from prefect.futures import PrefectFuture

from domain_models import domains
from flows.batch import Work
from flows.desk import Desk, Outcome
from flows.interrupt import Crew, bounded_interrupts
from flows.process import Shards
from flows.stages.verify import verify
from schemas.document import SourceFile
from tests.conftest import SAMPLE_DOCS, needs_engine

PATIENCE_SECONDS = 60  # on a quiet machine it takes 3


@pytest.mark.parametrize(
    ("runner", "delay"), [("threads", 1.0), ("threads", 12.0), ("processes", 15.0), ("dask", 25.0), ("ray", 25.0)]
)
def test_a_terminals_interrupt_ends_a_run_with_one_line(
    heeded: None, runner: str, delay: float, tmp_path: Path
) -> None:
    needs_engine(runner)
    database = tmp_path / "stopped.duckdb"
    command = [sys.executable, "-m", "flows.cli", "run", str(SAMPLE_DOCS), "--database", str(database)]
    # A session of its own: like a terminal's Ctrl-C, the signal goes to every process of the command.
    environment = os.environ | {"MUNIMENT_RUNNER": runner}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, start_new_session=True, text=True, env=environment, **pipes) as run:
        while not database.exists() and run.poll() is None:
            time.sleep(0.1)
        time.sleep(delay)
        os.killpg(run.pid, signal.SIGINT)
        try:
            said, _ = run.communicate(timeout=PATIENCE_SECONDS)
        finally:
            run.kill()
    assert run.returncode == 130, said
    assert "Traceback" not in said
    assert said.strip().splitlines()[-1].startswith("muniment: interrupted; what was stored stays")
    assert verify(database, domains().values()) == ()


STUBBORN = """
import sys, time
from flows.interrupt import bounded_interrupts, end_at_once, start_tracker
import flows.interrupt as interrupt
interrupt.GRACE_SECONDS = float(sys.argv[1])

def leave():
    print("left", flush=True)
    end_at_once(130)

with bounded_interrupts(leave):
    start_tracker()
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("swallowed", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(("grace", "interrupts"), [(0.5, 1), (500.0, 2)])
def test_what_swallows_an_interrupt_ends_after_a_while_or_at_the_next(
    heeded: None, grace: float, interrupts: int
) -> None:
    command = [sys.executable, "-c", STUBBORN, str(grace)]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGINT)
        assert program.stdout.readline() == "swallowed\n"
        if interrupts > 1:
            program.send_signal(signal.SIGINT)
        rest, _ = program.communicate(timeout=PATIENCE_SECONDS)
    assert (program.returncode, rest) == (130, "left\n")


LEAKING = """
import multiprocessing, os
from flows.interrupt import start_tracker

start_tracker()
left = multiprocessing.get_context("spawn").Semaphore()
os._exit(0)
"""


def test_what_a_stopped_process_leaves_is_tidied_up_in_silence() -> None:
    ended = subprocess.run([sys.executable, "-c", LEAKING], capture_output=True, timeout=PATIENCE_SECONDS, check=True)
    assert ended.stdout + ended.stderr == b""  # both stay open until the tracker has ended, too


def test_an_error_that_comes_of_an_interrupt_is_not_told_in_its_place(heeded: None) -> None:
    def leave() -> NoReturn:
        raise SystemExit(130)

    with pytest.raises(SystemExit), bounded_interrupts(leave):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("what tidies up has failed") from None
    with pytest.raises(RuntimeError), bounded_interrupts(leave):
        raise RuntimeError("of itself")


def test_a_crew_that_is_stopped_drops_its_work_and_takes_no_more() -> None:
    crew, begun, ended = Crew(), threading.Event(), threading.Event()

    def work() -> None:
        try:
            with crew.working():
                begun.set()
                while True:
                    time.sleep(0.01)
        except KeyboardInterrupt:
            ended.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(5)
    crew.stop()
    assert ended.wait(5)
    with pytest.raises(KeyboardInterrupt), crew.working():
        pytest.fail("work was taken up after the stop")


def test_an_interrupt_while_tasks_are_submitted_reaches_those_that_are(prefect_server: None) -> None:
    class Submitting(Shards):
        def _tagged(self) -> Iterator[tuple[int, list[PrefectFuture[Outcome]]]]:
            raise KeyboardInterrupt

    desk = cast(Desk, SimpleNamespace(crew=Crew()))
    file = SourceFile(Path("a.pdf"), "a" * 64, 1)

    @flow
    def submits() -> None:
        with pytest.raises(KeyboardInterrupt):
            Submitting(desk, Work((), (file,), (), (), ()), summaries=False).run()

    submits()
    with pytest.raises(KeyboardInterrupt), desk.crew.working():
        pytest.fail("work was taken up after the interrupt")
