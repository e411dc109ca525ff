"""The task runners of Prefect's by which work reaches other processes: each started with the run and gone with it, or found.

Whatever an engine does for itself (listening, pages, logs, files, numbers sent home) is kept to this machine, this user and
memory. Knows no stage and no document.
"""

import logging
import multiprocessing
import secrets
import shutil
import threading
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock, Timeout
from prefect.task_runners import ProcessPoolTaskRunner

from flows.interrupt import WAIT_SECONDS, beyond_interrupts, start_tracker
from flows.settings import Settings, export, settings
from flows.worker_process import begin
from schemas.errors import WorkerFailed

Runner = Any
"""A task runner of Prefect's; their type parameters differ."""

ENGINES = {"dask": "prefect_dask", "ray": "prefect_ray"}
"""Runners that are extras of this project, by the module that they come in."""

DASK = {
    "distributed.worker.daemon": False,  # a daemon may start no process, and reading takes one
    "distributed.admin.large-graph-warning-threshold": "1GB",  # a shard's text goes with its task
    "distributed.comm.timeouts.connect": "10s",
    "distributed.scheduler.http.routes": [],  # no pages of what is going on, which every user here could read
    "distributed.worker.http.routes": [],
}

MEMORY = "/dev/shm"  # noqa: S108  # what is made in it, tempfile makes
RAY_FOLDER = "muniment-ray-"
IN_USE = "in-use.lock"
OBJECT_BYTES = 512 << 20
"""Parcels on their way have this much of it; what is more than that goes to memory, too, where there is some left."""

RAY_ALONE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # whatever its name says, this alone has Ray listen on loopback only
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_USAGE_STATS_ENABLED": "0",
}
RAY = {
    "automatic_object_spilling_enabled": False,
    "worker_niceness": 0,  # 15 is Ray's own: beside other work its tasks hardly move
}
NO_DASHBOARD = {"include_dashboard": False, "dashboard_host": "240.0.0.1", "dashboard_port": 1}
"""Ray starts the dashboard's process even so, which asks the cloud's metadata server where it is. It does without where that
cannot listen: this address is no machine's (RFC 1112, class E).
"""


def free_memory() -> int:
    """Bytes that Ray's store could take; none where the system has no memory that looks like a folder."""
    return shutil.disk_usage(MEMORY).free if Path(MEMORY).is_dir() else 0


@contextmanager
def started_runner() -> Iterator[Runner]:
    """The task runner of the settings, its workers at hand until the block ends. Raises WorkerFailed."""
    wanted = settings()
    start_tracker()
    with ExitStack() as stack:
        try:
            with beyond_interrupts():
                runner = stack.enter_context(MAKERS[wanted.runner](wanted))
        except Exception as error:  # each engine has its own
            where = f" at {wanted.cluster}" if wanted.cluster else ""
            raise WorkerFailed(
                f"no {wanted.runner} workers{where} ({type(error).__name__}); check MUNIMENT_RUNNER and MUNIMENT_CLUSTER"
            ) from error
        yield runner


def _processes(wanted: Settings) -> Iterator[Runner]:
    others = set(multiprocessing.active_children())
    with ProcessPoolTaskRunner(max_workers=wanted.workers, initializer=begin) as runner:
        # a worker killed while it holds the lock of this queue would keep our process from its end
        runner._subprocess_message_queue.cancel_join_thread()  # type: ignore[union-attr]
        try:
            with _watched(runner, others):
                yield runner
        except BaseException:
            # left alone, they would first end what they have begun
            _end_pool(runner, set(multiprocessing.active_children()) - others)
            raise


@contextmanager
def _watched(runner: Runner, others: Set[BaseProcess]) -> Iterator[None]:
    """The death of a worker in the block is the end of the pool, whatever the worker was at."""
    is_over = threading.Event()
    watching = threading.Thread(target=_end_with_first, args=(runner, others, is_over), name="workers", daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()


def _end_with_first(runner: Runner, others: Set[BaseProcess], is_over: threading.Event) -> None:
    workers: set[BaseProcess] = set()
    while not is_over.wait(WAIT_SECONDS):
        workers |= set(multiprocessing.active_children()) - others
        if any(worker.exitcode is not None for worker in workers):
            _end_pool(runner, workers)
            return


def _end_pool(runner: Runner, workers: Set[BaseProcess]) -> None:
    """Kills them. One that was sending leaves half a message, and Python's pool would wait for the rest for ever: it sees
    that nobody is left to send it only once we cannot either.
    """
    for worker in workers:
        worker.kill()
    runner._executor._result_queue._writer.close()


def _dask(wanted: Settings) -> Iterator[Runner]:
    """A cluster of its own listens on loopback, to this run alone: its certificate is made for it. It writes nothing to disk
    where memory is short, and its workers may start the processes that read.
    """
    import dask
    from prefect_dask.task_runners import DaskTaskRunner

    own = {
        "n_workers": wanted.workers, "threads_per_worker": 1, "memory_limit": 0, "dashboard_address": "127.0.0.1:0",
        "scheduler_kwargs": {"dashboard": False}, "security": True, "silence_logs": logging.CRITICAL,
    }  # fmt: skip
    reach = {"address": wanted.cluster} if wanted.cluster else {"cluster_kwargs": own}
    with dask.config.set(DASK), DaskTaskRunner(**reach) as runner:
        runner.client  # noqa: B018  # starts or finds the workers
        yield runner


def _ray(wanted: Settings) -> Iterator[Runner]:
    """An instance of its own listens on loopback, to who knows the token of this process alone. What Ray writes to files,
    its logs and what its store has no room for, goes to memory, too.
    """
    with ExitStack() as stack:
        reach: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
        if not wanted.cluster:
            export(RAY_ALONE)
            folder = stack.enter_context(own_folder(Path(MEMORY)))
            reach |= {
                "num_cpus": wanted.workers, "num_gpus": 0, "_system_config": RAY, **NO_DASHBOARD,
                "object_store_memory": OBJECT_BYTES, "_plasma_directory": MEMORY,
                "_temp_dir": f"{folder}/ray",  # which Ray opens to everybody; what it lies in stays closed
            }  # fmt: skip
        from prefect_ray.task_runners import RayTaskRunner

        yield stack.enter_context(RayTaskRunner(wanted.cluster or "local", reach))


@contextmanager
def own_folder(memory: Path) -> Iterator[Path]:
    """A new folder in memory, gone at the end of the block; one that a killed run has left is deleted first."""
    for claim in memory.glob(f"{RAY_FOLDER}*/{IN_USE}"):
        with suppress(OSError, Timeout), FileLock(claim, timeout=0):
            shutil.rmtree(claim.parent)
    with TemporaryDirectory(prefix=RAY_FOLDER, dir=memory) as folder, FileLock(Path(folder) / IN_USE):
        yield Path(folder)


def _is_at_hand(reference: Any) -> bool:
    import ray

    return bool(ray.wait([reference], timeout=0)[0])


IS_DONE = {"ray": _is_at_hand}
MAKERS = {"processes": contextmanager(_processes), "dask": contextmanager(_dask), "ray": contextmanager(_ray)}
