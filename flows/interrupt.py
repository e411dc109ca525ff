"""What Ctrl-C reaches: threads that are deep in work, which Python does not tell, and not the helping processes.

A command that is interrupted ends within GRACE_SECONDS, whatever it waits for then: its database bears a kill -9 too.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from operator import methodcaller
from types import FrameType
from typing import Any, NoReturn

WAIT_SECONDS = 0.5
GRACE_SECONDS = 5.0
QUIETLY = "ignore::UserWarning:multiprocessing.resource_tracker"


@contextmanager
def bounded_interrupts(leave: Callable[[], NoReturn]) -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt in the block, as ever, and `leave` is called when it comes out of that.

    It is called at once at a second Ctrl-C, and from another thread where the block goes on for GRACE_SECONDS: what tidies
    up can wait for something that never comes, and a library can swallow the exception. Does nothing where interrupts
    are not Python's own affair (ignored in a shell's background, handled by who has called us).
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    last_call = threading.Timer(GRACE_SECONDS, leave)
    last_call.daemon = True

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if last_call.ident is not None:
            leave()
        last_call.start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or last_call.ident is not None:  # another error came of it
            leave()
        raise
    finally:
        last_call.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_at_once(code: int) -> NoReturn:
    """Ends this process and those that it has started, without what Python does at exit: it could wait, or complain."""
    for process in multiprocessing.active_children():
        process.kill()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def start_tracker() -> None:
    """Starts what tidies up after processes, by itself and first: it lets interrupts through again when it has started.

    It says nothing of what processes that were stopped have left to it.
    """
    sys.warnoptions.append(QUIETLY)  # handed on to the process that starts
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(QUIETLY)


@contextmanager
def beyond_interrupts() -> Iterator[None]:
    """Processes that this thread starts in the block are not reached by a terminal's Ctrl-C; their parent stops them.

    A terminal interrupts every process of a command at once, and some are needed to end it well.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def plain_interrupts() -> Iterator[None]:
    """Ctrl-C during a query, which DuckDB tells as an error of its own, comes out as KeyboardInterrupt too."""
    try:
        yield
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


def waited_for(future: Any, is_done: Callable[[Any], bool] = methodcaller("done")) -> Any:
    """What a Prefect future comes to, waited for in short steps: a wait without end misses the Ctrl-C that came just before."""
    while not is_done(future.wrapped_future):
        future.wait(WAIT_SECONDS)
    return future.result()


class Crew:
    """The threads at work on a batch. Stopping them raises KeyboardInterrupt in each, between two steps of Python.

    What a thread had begun in the database is rolled back by its transaction; what waits in native code is reached
    when that returns.
    """

    def __init__(self) -> None:
        self._at_work: set[int] = set()
        self._is_stopped = False
        self._lock = threading.Lock()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Counts this thread in until the block ends; raises KeyboardInterrupt at once where the crew was stopped."""
        ident = threading.get_ident()
        with self._lock:
            if self._is_stopped:
                raise KeyboardInterrupt
            self._at_work.add(ident)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.discard(ident)

    def stop(self) -> None:
        """Ends the work of every thread, and of those that come later."""
        sys.unraisablehook = _said_elsewhere
        with self._lock:
            self._is_stopped = True
            for ident in self._at_work:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(KeyboardInterrupt))


def _said_elsewhere(unraisable: "sys.UnraisableHookArgs") -> None:
    """An interrupt that reaches a thread in a destructor is reported, not raised; the command has its own line for it."""
    if not isinstance(unraisable.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
