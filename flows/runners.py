"""Sends a run's pure work to worker processes, by the task runner of Prefect's that the settings name.

Document text goes from memory to memory: into no result that Prefect keeps and no log. Reading and writing the database
stay with the run.
"""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context, copy_context
from operator import methodcaller
from typing import Any

from prefect import Flow
from prefect.context import FlowRunContext, SettingsContext, get_settings_context
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL

from flows import tasks
from flows.engines import ENGINES, IS_DONE, MEMORY, OBJECT_BYTES, Runner, free_memory, started_runner
from flows.interrupt import waited_for
from flows.settings import settings
from flows.stages.deidentify import Aliases
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.store import StoredDocument
from flows.worker import RuleInputs, StageResult, Worker
from flows.worker_process import Brief, Parcel
from schemas.document import SourceFile
from schemas.errors import BadInput, MunimentError, WorkerFailed
from schemas.finding import Finding, Summary


def check_runner() -> None:
    """Says at once that the settings name an engine that is not installed or has no room, or a cluster without one. Raises
    BadInput.
    """
    wanted = settings()
    module = ENGINES.get(wanted.runner)
    if module is not None and importlib.util.find_spec(module) is None:
        raise BadInput(f"MUNIMENT_RUNNER={wanted.runner} needs an extra: pip install 'muniment[{wanted.runner}]'")
    if module is None and wanted.cluster:
        raise BadInput(
            f"MUNIMENT_CLUSTER={wanted.cluster} is the address of a cluster, and MUNIMENT_RUNNER is {wanted.runner};"
            f" have: {', '.join(ENGINES)}"
        )
    if wanted.runner == "ray" and not wanted.cluster and free_memory() < OBJECT_BYTES:
        raise BadInput(
            f"MUNIMENT_RUNNER=ray needs {OBJECT_BYTES >> 20} MB in {MEMORY}, where {free_memory() >> 20} MB are free; take"
            " dask or processes, or name a running Ray in MUNIMENT_CLUSTER"
        )


def thread_share() -> int:
    """CPU threads of a local worker's models: its share of the cores; 0 where a cluster's machines have settings of their own."""
    wanted = settings()
    return 0 if wanted.cluster else max(1, wanted.thread_count // wanted.workers)


@contextmanager
def remote_worker(brief: Brief) -> Iterator[Worker]:
    """Worker processes that do the pure work until the block ends. Raises WorkerFailed where they cannot be had."""
    with started_runner() as runner:
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
