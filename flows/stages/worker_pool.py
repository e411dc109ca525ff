"""Processes that do what may hang, swell or crash, each task with a limit on its time.

The process that calls is safe from whatever a task does to its process, and from whoever kills one. Knows how a process is
prepared, not what its tasks do.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import forkserver
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from flows.interrupt import WAIT_SECONDS, beyond_interrupts, start_tracker
from flows.stages.reading import worker
from schemas.errors import DocumentError

T = TypeVar("T")

TASKS_PER_WORKER = 100
"""A worker is replaced after so many tasks: native readers leak a little."""


class WorkerPool:
    """So many `workers` at a time, each with `memory_bytes` of address space; may be used from any thread.

    pebble gives a pool up when a worker is killed that had nothing to do; then another takes its place.
    """

    def __init__(self, workers: int, memory_bytes: int) -> None:
        self._workers, self._memory_bytes = workers, memory_bytes
        self._lock = threading.Lock()
        self._is_stopped = False
        self._pool = self._make()

    def start(self, function: Callable[..., T], seconds: float, *arguments: object) -> Callable[[], T]:
        """Begins a task. What is given waits for its outcome, or raises DocumentError with what stopped it as the reason.

        A process that was killed from outside (a readers' own crash ends by another signal) says nothing of the file,
        so that its task is begun again, once.
        """
        begin = partial(self._schedule, function, seconds, *arguments)
        return partial(_finish, begin(), begin)

    def stop(self) -> None:
        """Ends the processes; who still waits for one gets CancelledError."""
        with self._lock:
            self._is_stopped = True
            _end(self._pool)

    def _schedule(self, function: Callable[..., T], seconds: float, *arguments: object) -> "_Task[T]":
        with self._lock:
            if self._is_stopped:
                raise CancelledError
            try:
                future = self._pool.schedule(function, args=arguments, timeout=seconds)
            except RuntimeError:  # it has been given up
                _end(self._pool)
                self._pool = self._make()
                future = self._pool.schedule(function, args=arguments, timeout=seconds)
            return _Task(future, self._pool)

    def _make(self) -> ProcessPool:
        """Worker processes that begin with nothing of this one: a plain fork would copy torch's threads half alive."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([worker.__name__])
        start_tracker()
        with beyond_interrupts():
            forkserver.ensure_running()
        return ProcessPool(self._workers, TASKS_PER_WORKER, worker.prepare, (self._memory_bytes,), context)


class _Task(Generic[T]):
    """A task that has begun, and the pool that it is in."""

    def __init__(self, future: Future[T], pool: ProcessPool) -> None:
        self._future, self._pool = future, pool

    def result(self) -> T:
        """What it comes to. Raises BrokenProcessPool where its pool has ended without a word about it."""
        while not wait([self._future], timeout=WAIT_SECONDS).done:
            if not self._pool.active and not self._future.done():
                raise BrokenProcessPool
        return self._future.result()


def _finish(task: _Task[T], again: Callable[[], _Task[T]] | None) -> T:
    try:
        return task.result()
    except TimeoutError as error:
        raise DocumentError("timed out") from error
    except MemoryError as error:
        raise DocumentError("too large in memory") from error
    except (ProcessExpired, BrokenProcessPool) as error:
        if again is not None and _was_killed(error):
            return _finish(again(), None)
        raise DocumentError("parser crashed") from error


def _was_killed(error: ProcessExpired | BrokenProcessPool) -> bool:
    return isinstance(error, BrokenProcessPool) or error.exitcode == -signal.SIGKILL


def _end(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()


@contextmanager
def worker_pool(workers: int, memory_bytes: int) -> Iterator[WorkerPool]:
    """A pool whose processes end with the block."""
    pool = WorkerPool(workers, memory_bytes)
    try:
        yield pool
    finally:
        pool.stop()
