"""Sends a run's pure work to worker processes, by the task runner of Prefect's that the settings name.

Document text goes from memory to memory: into no result that Prefect keeps and no log. Reading and writing the database
stay with the run.
"""

import importlib.util
import logging
import multiprocessing
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from contextvars import Context, copy_context
from multiprocessing.process import BaseProcess
from operator import methodcaller
from tempfile import TemporaryDirectory
from typing import Any

from prefect import Flow
from prefect.context import FlowRunContext, SettingsContext, get_settings_context
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL
from prefect.task_runners import ProcessPoolTaskRunner

from flows import tasks
from flows.interrupt import WAIT_SECONDS, beyond_interrupts, start_tracker, waited_for
from flows.settings import Settings, export, settings
from flows.stages.deidentify import Aliases
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.store import StoredDocument
from flows.worker import RuleInputs, StageResult, Worker
from flows.worker_process import Brief, Parcel, begin
from schemas.document import SourceFile
from schemas.errors import BadInput, MunimentError, WorkerFailed
from schemas.finding import Finding, Summary

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


def check_runner() -> None:
    """Says at once that the settings name an engine that is not installed, or a cluster that has none. Raises BadInput."""
    wanted = settings()
    module = ENGINES.get(wanted.runner)
    if module is not None and importlib.util.find_spec(module) is None:
        raise BadInput(f"MUNIMENT_RUNNER={wanted.runner} needs an extra: pip install 'muniment[{wanted.runner}]'")
    if module is None and wanted.cluster:
        raise BadInput(
            f"MUNIMENT_CLUSTER={wanted.cluster} is the address of a cluster, and MUNIMENT_RUNNER is {wanted.runner};"
            f" have: {', '.join(ENGINES)}"
        )


def thread_share() -> int:
    """CPU threads of a local worker's models: its share of the cores; 0 where a cluster's machines have settings of their own."""
    wanted = settings()
    return 0 if wanted.cluster else max(1, wanted.thread_count // wanted.workers)


@contextmanager
def remote_worker(brief: Brief) -> Iterator[Worker]:
    """Worker processes that do the pure work until the block ends. Raises WorkerFailed where they cannot be had."""
    with _started() as runner:
        yield RemoteWorker(runner, brief)


def flow_context() -> Context:
    """The flow run as workers can take it up: a flow that Prefect has loaded from a file is in no module of theirs, and
    where they do not know the server that the run reports to, each of them starts one of its own.
    """
    context, here, known = copy_context(), FlowRunContext.get(), get_settings_context()
    told = known.settings.copy_with_update({PREFECT_API_URL: PREFECT_API_URL.value() or SubprocessASGIServer().api_url})
    context.run(SettingsContext(profile=known.profile, settings=told).__enter__)
    if here is not None and here.flow is not None:
        context.run(here.model_copy(update={"flow": Flow(_elsewhere, name=here.flow.name)}).__enter__)
    return context


def _elsewhere() -> None:
    """The flow itself runs in another process."""


class RemoteWorker:
    """The work done in other processes, a task a stage and shard."""

    def __init__(self, runner: Runner, brief: Brief) -> None:
        self._runner, self._brief = runner, brief
        self._is_done = IS_DONE.get(settings().runner, methodcaller("done"))
        self._flow = flow_context()  # workers report to the flow run, not to the task that waits for them

    def parse(self, files: Sequence[SourceFile], aliases: Aliases) -> StageResult[Parsed]:
        """Each file's rows."""
        made: StageResult[Parsed] = self._perform("parse", files, aliases)
        return made

    def tag(self, domain: str, documents: Sequence[StoredDocument]) -> StageResult[Tagged]:
        """Each document's proposals."""
        made: StageResult[Tagged] = self._perform("tag", domain, documents)
        return made

    def extract(self, domain: str, documents: Sequence[StoredDocument], inputs: RuleInputs) -> StageResult[Extraction]:
        """Each document's findings, rulings and records."""
        made: StageResult[Extraction] = self._perform("extract", domain, documents, inputs)
        return made

    def summarize(
        self, domain: str, documents: Sequence[StoredDocument], findings: Mapping[str, Sequence[Finding]]
    ) -> StageResult[Summary]:
        """Each document's summary."""
        made: StageResult[Summary] = self._perform("summarize", domain, documents, findings)
        return made

    def _perform(self, stage: str, *contents: object) -> Any:
        """Waits in short steps, between which this thread can be interrupted."""
        work = {"stage": stage, "brief": self._brief, "parcel": Parcel(contents)}
        try:
            future = self._flow.copy().run(self._runner.submit, tasks.AT_WORKERS[stage], work)
            return waited_for(future, self._is_done).contents
        except MunimentError:
            raise
        except Exception as error:  # noqa: BLE001  # each engine has its own, and one could quote what it carried
            raise WorkerFailed(
                f"the workers were lost at {stage} ({type(error).__name__}); what was stored stays, run the same command"
                " again to go on"
            ) from None


@contextmanager
def _started() -> Iterator[Runner]:
    """The task runner of the settings, its workers at hand."""
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
            folder = stack.enter_context(TemporaryDirectory(prefix="muniment-ray-", dir=MEMORY))
            reach |= {
                "num_cpus": wanted.workers, "num_gpus": 0, "_system_config": RAY, **NO_DASHBOARD,
                "object_store_memory": OBJECT_BYTES, "_plasma_directory": MEMORY,
                "_temp_dir": f"{folder}/ray",  # which Ray opens to everybody; what it lies in stays closed
            }  # fmt: skip
        from prefect_ray.task_runners import RayTaskRunner

        yield stack.enter_context(RayTaskRunner(wanted.cluster or "local", reach))


def _is_at_hand(reference: Any) -> bool:
    import ray

    return bool(ray.wait([reference], timeout=0)[0])


IS_DONE = {"ray": _is_at_hand}
MAKERS = {"processes": contextmanager(_processes), "dask": contextmanager(_dask), "ray": contextmanager(_ray)}
