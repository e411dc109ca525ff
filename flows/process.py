"""The flow `process_documents`: the one place where the order of stages is written.

A flow run can always be started again: the truth about each document is in the database, so what is done is skipped
and what is not is done. Parameters, results, logs and artifacts carry paths, ids, counts and scores, never text.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from prefect import flow, get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from domain_models import domains, get_domain, use_custom_fields
from domain_models.outline import load_outline
from domain_models.runtime.weights import writer_name
from flows import tasks
from flows.artifacts import leave_artifacts
from flows.batch import AUTO, Known, Work, plan
from flows.desk import Desk, Outcome
from flows.evidence_links import leave_evidence
from flows.interrupt import waited_for
from flows.models import ModelChoice, Models
from flows.report import Effort, RunReport, count_reasons, total
from flows.runners import check_runner, remote_worker, thread_share
from flows.settings import settings
from flows.stages.calibrate import recalibrations
from flows.stages.deidentify import aliases
from flows.stages.export import export_parquet
from flows.stages.ingest import Discovery, discover
from flows.stages.lake import Exchange
from flows.stages.live import served
from flows.stages.publish import publish
from flows.stages.reading.passwords import Passwords, load_passwords
from flows.stages.store import Store, open_store
from flows.worker import LocalWorker, Worker
from flows.worker_process import Brief, parser_version
from schemas.document import SourceFile
from schemas.errors import BadInput
from schemas.masking import DEIDENTIFIED
from schemas.migrate import schema_version
from schemas.run import Run

STAGES = 4
Item = TypeVar("Item")
Progress = Callable[[int, int], None]
"""Told how many of the batch's documents are done, and of how many."""

on_progress: ContextVar[Progress | None] = ContextVar("on_progress", default=None)


def lanes() -> int:
    """Threads for the stages of the shards under way. In this process two are enough, as reading and each model take one
    shard at a time; with workers, one shard for each and one more.
    """
    wanted = settings()
    return STAGES * (2 if wanted.runner == "threads" else wanted.workers + 1)


RUNNER: Any = ThreadPoolTaskRunner(max_workers=lanes())  # its type parameter does not fit the flow decorator's


@flow(name="process_documents", task_runner=RUNNER, validate_parameters=False)
def process_documents(
    paths: list[str],
    database: str = "muniment.duckdb",
    domain: str = AUTO,
    tagger: str = "small",
    summaries: bool = True,
    retry: bool = False,
    passwords: str = "",
    settle_seconds: float = 0.0,
    encrypt: bool = False,
    parquet: bool = False,
    deidentify: bool = False,
    writer: str = "writer",
) -> RunReport:
    """Brings every document under `paths` into the database: read, classified, extracted, summarised, published.

    `retry` takes up documents that failed before; without it they are skipped with the reason. `passwords` is the path
    of a file with a glob and a password a line; what is in it goes nowhere. A file that changed within the last
    `settle_seconds` waits for a later run. A file replaced under the same name supersedes its earlier document. `encrypt`
    makes a new database encrypted; `parquet` publishes Parquet files too. With `deidentify`, what identifies somebody is
    masked before anything is stored; a database is masked as a whole or not. `writer`: see `ModelChoice`.
    """
    started = time.monotonic()
    use_custom_fields(settings().fields)
    if domain != AUTO:
        get_domain(domain)
    check_runner()
    choice = ModelChoice(tagger, writer_name(writer), summaries)
    models = Models(choice, recalibrations(Path(database)), parser_version(deidentify))
    opening = load_passwords(Path(passwords)) if passwords else Passwords()
    brief = Brief(models.choice, models.versions, domain, deidentify, placed(passwords), models.corrections)
    found = discover([Path(placed(path)) for path in paths], settle_seconds)
    with opened(Path(database), encrypt) as store:
        refuse_mixing(store, deidentify)
        exchange = Exchange(store, deidentify)
        desk = open_desk(store, models, found, LocalWorker(models, domain, opening))
        store.record("retry" if retry else "run", desk.run_id)
        work = plan(found.files, known(store, retry), models.versions, domain)
        get_run_logger().info("%d files, %d documents to work on", found.seen, work.document_count)
        with served(store.path, settings().live_port), at_work(desk, brief, work):
            outcomes = Shards(desk, work, summaries).run()
        report = finish(desk, found, work, Outcomes(outcomes, time.monotonic() - started))
        quality = store.run_quality(desk.run_id)
        snapshot = publish_all(store, desk.run_id, parquet or settings().parquet)
        exchange.end()
    report = replace(report, snapshot=str(snapshot), abstained=quality.abstained, exchanged=exchange.counts)
    get_run_logger().info("documents: %s", report.effort)
    leave_artifacts(report, quality)
    leave_evidence(Path(database), desk.searched, opening, desk.run_id)
    return report


def opened(database: Path, encrypt: bool) -> Store:
    """The run's database, with every domain's views; who holds it for a moment is waited for."""
    wanted = settings()
    return open_store(database, domains().values(), encrypt=encrypt or wanted.encrypt, wait_seconds=wanted.busy_seconds)


def placed(path: str) -> str:
    """The path as every process finds it: a cluster's workers are in folders of their own."""
    return str(Path(path).absolute()) if path and settings().cluster else path


def publish_all(store: Store, run_id: str, parquet: bool) -> Path:
    """The snapshot, published with all that was recorded until now, and Parquet files of the same state if wanted."""
    if not parquet:
        store.fold_audit()
        return publish(store.path)
    store.record("export", run_id)
    snapshot = publish(store.path)
    export_parquet(store.path)
    return snapshot


@contextmanager
def at_work(desk: Desk, brief: Brief, work: Work) -> Iterator[None]:
    """Worker processes do the desk's pure work meanwhile, where the settings want them and there is work."""
    if settings().runner == "threads" or not work.document_count:
        yield
        return
    local = desk.worker
    with remote_worker(replace(brief, choice=replace(brief.choice, threads=thread_share()))) as desk.worker:
        yield
    desk.worker = local


def open_desk(store: Store, models: Models, found: Discovery, worker: Worker) -> Desk:
    """A desk with its run entered in the database, and what ingest failed or skipped stored."""
    desk = Desk(uuid4().hex, store, models.versions, worker)
    if DEIDENTIFIED in models.versions.parser:
        desk.aliases = aliases(found)
    desk.paths = {file.sha256: desk.aliases.of(file.path) for file in found.files}
    versions = models.versions
    named = {f"tagger {name}": version for name, version in versions.taggers.items()}
    named |= {f"writer {name}": version for name, version in versions.writers.items()}
    named |= {f"rules {name}": version for name, version in versions.rules.items()}
    named |= {f"prompts {name}": load_outline(domain.folder).prompts for name, domain in domains().items()}
    desk.versions = {"parser": versions.parser, "classifier": versions.classifier, "schema": schema_version(), **named}
    store.start_run(desk.run_id, desk.started_at, desk.versions)
    if desk.aliases.names is None:  # where files lie says whose they are
        store.track_files(found, desk.run_id)
    store.save_failures([desk.aliases.failure(failure) for failure in found.failures], desk.run_id)
    return desk


def refuse_mixing(store: Store, deidentify: bool) -> None:
    """BadInput where the database was begun the other way: what is there is not masked, or must not be joined by what is not."""
    begun = store.is_deidentified()
    if begun is None or begun == deidentify:
        return
    was, use = ("with", "give it") if begun else ("without", "leave it out")
    raise BadInput(
        f"{store.path} was made {was} --deidentify, and one database never mixes the two; {use}, or name another --database"
    )


def known(store: Store, retry: bool) -> Known:
    """What the database knows of documents seen before; for a retry, failures are forgotten."""
    if retry:
        return Known(store.fingerprints())
    failures = {failure.document_id: failure for failure in store.open_failures() if failure.document_id}
    return Known(store.fingerprints(), failures)


class Shards:
    """The batch's shards sent through their stages, several under way at once, each stage feeding the next its ids."""

    def __init__(self, desk: Desk, work: Work, summaries: bool) -> None:
        self.desk, self.work, self.summaries = desk, work, summaries
        self.done = 0
        self.artifact: UUID | None = None

    def run(self) -> list[Outcome]:
        """Every stage's outcome of every shard."""
        if not self.work.document_count:
            return []
        self.artifact = create_progress_artifact(0.0, key="progress", description="Share of documents done")  # type: ignore[assignment]
        outcomes: list[Outcome] = []
        try:  # from the first task on: Ctrl-C while the others are submitted must reach it too
            chains = [*self._parsed(), *self._tagged(), *self._extracted(), *self._summarised()]
            for size, chain in chains:
                outcomes += [waited_for(future) for future in chain]
                self._advance(size)
        except BaseException:
            self.desk.crew.stop()
            raise
        return outcomes

    def _parsed(self) -> Iterator[tuple[int, list[PrefectFuture[Outcome]]]]:
        for shard in in_shards(self.work.parse):
            parsed = tasks.parse.submit(self.desk, shard)
            yield len(shard), [parsed, *self._from_tag(parsed)]

    def _tagged(self) -> Iterator[tuple[int, list[PrefectFuture[Outcome]]]]:
        for shard in in_shards(self.work.tag):
            yield len(shard), self._from_tag(_ids(shard))

    def _extracted(self) -> Iterator[tuple[int, list[PrefectFuture[Outcome]]]]:
        for shard in in_shards(self.work.extract):
            yield len(shard), self._from_extract(_ids(shard))

    def _summarised(self) -> Iterator[tuple[int, list[PrefectFuture[Outcome]]]]:
        for shard in in_shards(self.work.summarize):
            yield len(shard), [tasks.summarize.submit(self.desk, _ids(shard))]

    def _from_tag(self, before: PrefectFuture[Outcome] | Outcome) -> list[PrefectFuture[Outcome]]:
        tagged = tasks.tag.submit(self.desk, before)
        return [tagged, *self._from_extract(tagged)]

    def _from_extract(self, before: PrefectFuture[Outcome] | Outcome) -> list[PrefectFuture[Outcome]]:
        extracted = tasks.extract.submit(self.desk, before)
        return [extracted, tasks.summarize.submit(self.desk, extracted)] if self.summaries else [extracted]

    def _advance(self, size: int) -> None:
        self.done += size
        if self.artifact is not None:
            update_progress_artifact(self.artifact, 100.0 * self.done / self.work.document_count)
        listener = on_progress.get()
        if listener is not None:
            listener(self.done, self.work.document_count)


def _ids(shard: Sequence[SourceFile]) -> Outcome:
    """The shard as if a stage had just let it through."""
    return Outcome(tuple(file.sha256 for file in shard))


def in_shards(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in runs of the shard size."""
    size = settings().shard_size
    return (items[start : start + size] for start in range(0, len(items), size))


@dataclass(frozen=True)
class Outcomes:
    """All stages' outcomes and how long they took."""

    stages: Sequence[Outcome]
    seconds: float


def finish(desk: Desk, found: Discovery, work: Work, outcomes: Outcomes) -> RunReport:
    """Closes the run in the database; every file is processed, failed or skipped."""
    failures = [*found.failures, *desk.failures]
    skips = [*found.skips, *work.skips]
    failed = len({failure.document_id or failure.path for failure in failures})
    run = Run(
        id=desk.run_id,
        started_at=desk.started_at,
        finished_at=datetime.now(UTC),
        files=found.seen,
        processed=found.seen - failed - len(skips),
        failed=failed,
        skipped=len(skips),
        pages=sum(outcome.pages for outcome in outcomes.stages),
        findings=sum(outcome.findings for outcome in outcomes.stages),
        seconds=outcomes.seconds,
    )
    efforts = [outcome.effort for outcome in outcomes.stages]
    # a document taken up at the rules was spared the model by what is stored of it
    efforts.append(Effort(kept_proposals=len(work.extract), left_alone=work.left_alone))
    desk.store.save_skips([desk.aliases.skip(skip) for skip in skips], desk.run_id)
    desk.store.save_quality(desk.searched, desk.run_id)
    desk.store.finish_run(run)
    return RunReport(run, total(efforts), count_reasons(failures), count_reasons(skips), "", desk.versions)
