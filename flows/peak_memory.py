"""How much memory this process and all that it has started hold at most, looked at twice a second, since looking takes time too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

PAUSE_SECONDS = 0.5


class PeakMemory:
    """Most bytes held at once so far: resident sizes added up, so that what processes share counts more than once."""

    def __init__(self) -> None:
        self.held = 0
        self._ends = threading.Event()

    def watch(self) -> None:
        """Looks on until `end`."""
        while not self._ends.wait(PAUSE_SECONDS):
            self.look()

    def look(self) -> None:
        """Takes what is held now into account."""
        held, me = 0, psutil.Process()
        for process in (me, *me.children(recursive=True)):
            with suppress(psutil.Error):  # it has ended since
                held += process.memory_info().rss
        self.held = max(self.held, held)

    def end(self) -> None:
        """Looks a last time."""
        self._ends.set()
        self.look()


@contextmanager
def peak_memory() -> Iterator[PeakMemory]:
    """What is held while the block runs."""
    peak = PeakMemory()
    watcher = threading.Thread(target=peak.watch, name="memory", daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        peak.end()
        watcher.join()
