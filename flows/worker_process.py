"""What a worker process is told and does: a run's brief and parcels of documents in, parcels of rows out.

A worker makes the models of a brief once and keeps them warm until another brief comes. Knows neither a database nor what
carries the parcels.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_runtime_path

from domain_models import use_custom_fields
from domain_models.deidentify import DEIDENTIFIER_VERSION
from domain_models.recalibration import Recalibration
from flows.batch import Versions
from flows.models import ModelChoice, Models
from flows.settings import settings
from flows.stages.parse import PARSER_VERSION
from flows.stages.reading.passwords import Passwords, load_passwords
from flows.worker import LocalWorker
from schemas.errors import MunimentError, WorkerFailed

STAGES: Mapping[str, Callable[..., object]] = {
    "parse": LocalWorker.parse,
    "tag": LocalWorker.tag,
    "extract": LocalWorker.extract,
    "summarize": LocalWorker.summarize,
}
PARENT_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Brief:
    """What every process that works for a run must know, `versions` of its rows among it. Holds no text and no secret:
    `passwords` is the path of a file, empty where there is none.
    """

    choice: ModelChoice
    versions: Versions
    domain: str
    deidentify: bool = False
    passwords: str = ""
    corrections: Mapping[str, Recalibration] | None = None


class Parcel:
    """Documents or rows on their way between two processes. It holds text, so what carries it cannot look inside: it is no
    collection to walk through, and shows nothing of what it holds.
    """

    __slots__ = ("contents",)

    def __init__(self, contents: Any) -> None:
        self.contents = contents

    def __repr__(self) -> str:
        return "<Parcel>"


def parser_version(deidentify: bool) -> str:
    """What the text of a document depends on beside its bytes."""
    return f"{PARSER_VERSION}+{DEIDENTIFIER_VERSION}" if deidentify else PARSER_VERSION


def perform(stage: str, brief: Brief, parcel: Parcel) -> Parcel:
    """A stage's pure work on a shard, in this process. Raises a MunimentError, which quotes no document."""
    try:
        return Parcel(STAGES[stage](_worker(brief), *parcel.contents))
    except MunimentError:
        raise
    except Exception as error:  # noqa: BLE001  # its message could quote a document
        raise WorkerFailed(f"a worker broke at {stage}: {type(error).__name__}") from None


_current: tuple[Brief, LocalWorker] | None = None
_changing = threading.Lock()


def _worker(brief: Brief) -> LocalWorker:
    """The worker of this process for a brief, made where the last one was another."""
    global _current
    with _changing:
        if _current is None or _current[0] != brief:
            _current = None  # its models make room first
            _current = (brief, _made(brief))
        return _current[1]


def _made(brief: Brief) -> LocalWorker:
    claim_gpu()
    use_custom_fields(settings().fields)
    models = Models(brief.choice, brief.corrections, parser_version(brief.deidentify))
    differing = [
        field.name
        for field in fields(Versions)
        if getattr(models.versions, field.name) != getattr(brief.versions, field.name)
    ]
    if differing:
        raise WorkerFailed(
            f"worker {os.uname().nodename} has another version of {', '.join(differing)} than the run;"
            " install the same Muniment and the same models there"
        )
    passwords = load_passwords(Path(brief.passwords)) if brief.passwords else Passwords()
    return LocalWorker(models, brief.domain, passwords)


@cache
def claim_gpu() -> FileLock | None:
    """Gives this process's models a GPU: of those that it sees, in turn, the first that no other worker here has claimed.

    The claim is held until the process ends, however it does; None where there are no two GPUs to choose from.
    """
    from domain_models.runtime.device import gpu_count, use_gpu

    gpus = gpu_count()
    if gpus < 2:
        return None
    folder = user_runtime_path("muniment", ensure_exists=True)
    for place in count():
        claim = FileLock(folder / f"gpu-{place}.lock")
        with suppress(Timeout):
            claim.acquire(blocking=False)
            use_gpu(place % gpus)
            break
    return claim


def begin() -> None:
    """For a process that does nothing else: Ctrl-C is its parent's affair, and without a parent it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os._exit(1)
