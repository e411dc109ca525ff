"""Files to documents with text and pages, each read in a process of its own with limits on time and memory.

The process that calls is safe from whatever a file does to the readers. Knows the order of things and the limits; how
a page is read is in `reading`.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from flows.interrupt import WAIT_SECONDS
from flows.stages.reading import worker
from flows.stages.reading.pages import ScanReading
from flows.stages.reading.passwords import Passwords
from flows.stages.worker_pool import WorkerPool, worker_pool
from schemas.document import ParsedDocument, SourceFile
from schemas.errors import DocumentError
from schemas.run import Failure

Scan = ScanReading | None

READING_VERSION = "2"
"""Raised with every change that gives other text for the same bytes."""

SCANS_PER_TASK = 8


def _parser_version() -> str:
    names = [READING_VERSION]
    for package in ("pypdfium2", "pypdf", "rapidocr"):
        try:
            names.append(f"{package}-{version(package)}")
        except PackageNotFoundError:
            continue
    return "+".join(names)


PARSER_VERSION = _parser_version()
"""What the text of a document depends on beside its bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: `seconds` for its text layers, `seconds_per_scan` for each page of OCR,
    `memory_bytes` of address space for the process that reads it. `workers` processes read at a time.
    """

    seconds: float = 120.0
    seconds_per_scan: float = 180.0
    memory_bytes: int = 3 << 30
    workers: int = os.cpu_count() or 1


def parse_file(file: SourceFile, passwords: Sequence[str] = ()) -> ParsedDocument:
    """The document, read in this process and without limits. Raises DocumentError."""
    try:
        outcome = worker.read_document(file, passwords)
        if isinstance(outcome, ParsedDocument):
            return outcome
        return worker.complete(file, outcome, worker.read_pages(file, outcome.scans, passwords))
    except MemoryError as error:
        raise DocumentError("too large in memory") from error


def parse_files(
    files: Sequence[SourceFile], limits: Limits | None = None, passwords: Passwords | None = None
) -> Iterator[ParsedDocument | Failure]:
    """Each file's document, or why there is none, in the order of the files. Stops its workers when it is closed."""
    limits = limits or Limits()
    with worker_pool(limits.workers, limits.memory_bytes) as pool, _threads(limits.workers) as threads:
        reading = _Reading(pool, limits, passwords or Passwords())
        # a few ahead of the caller keep the workers busy; more would pile up text in memory
        ahead = deque[Future[ParsedDocument | Failure]]()
        for file in files:
            ahead.append(threads.submit(reading.read, file))
            if len(ahead) >= 4 * limits.workers:
                yield _outcome(ahead.popleft())
        while ahead:
            yield _outcome(ahead.popleft())


def _outcome(reading: Future[ParsedDocument | Failure]) -> ParsedDocument | Failure:
    """What became of a file. Waits in short steps, between which this thread can be interrupted."""
    while not wait([reading], timeout=WAIT_SECONDS).done:
        pass
    return reading.result()


class _Reading:
    """Takes one file through the pool: its text layers first, then its scans, several at a time."""

    def __init__(self, pool: WorkerPool, limits: Limits, passwords: Passwords) -> None:
        self._pool, self._limits, self._passwords = pool, limits, passwords

    def read(self, file: SourceFile) -> ParsedDocument | Failure:
        """The document or its failure; the one place where what a file did to its reader is caught."""
        try:
            return self._read(file)
        except DocumentError as error:
            return Failure(str(file.path), file.sha256, "parse", error.reason)

    def _read(self, file: SourceFile) -> ParsedDocument:
        passwords = self._passwords.matching(file.path)
        outcome = self._pool.start(worker.read_document, self._limits.seconds, file, passwords)()
        if isinstance(outcome, ParsedDocument):
            return outcome
        batches = [outcome.scans[at : at + SCANS_PER_TASK] for at in range(0, len(outcome.scans), SCANS_PER_TASK)]
        started = [self._start_scans(file, batch, passwords) for batch in batches]
        scans = [
            scan for batch, finish in zip(batches, started, strict=True) for scan in self._scans(file, batch, finish)
        ]
        return worker.complete(file, outcome, scans)

    def _scans(self, file: SourceFile, batch: Sequence[int], finish: Callable[[], list[Scan]]) -> list[Scan]:
        """A batch's pages; where it fails, each page by itself, so that one bad page costs no other."""
        try:
            return finish()
        except DocumentError:
            if len(batch) == 1:
                return [None]
        passwords = self._passwords.matching(file.path)
        singles = [(index,) for index in batch]
        started = [self._start_scans(file, single, passwords) for single in singles]
        return [
            scan for single, finish in zip(singles, started, strict=True) for scan in self._scans(file, single, finish)
        ]

    def _start_scans(
        self, file: SourceFile, batch: Sequence[int], passwords: Sequence[str]
    ) -> Callable[[], list[Scan]]:
        return self._pool.start(worker.read_pages, self._limits.seconds_per_scan * len(batch), file, batch, passwords)


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that each see one file through; what they wait for ends when the pool of processes stops."""
    threads = ThreadPoolExecutor(count, thread_name_prefix="parse")
    try:
        yield threads
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
