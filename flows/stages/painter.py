"""Draws pages in processes of their own, bounded in time and memory as reading is: a file that hangs or swells while it
is drawn costs its page, and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.stages.page_pictures import Pictures, draw_pages
from flows.stages.parse import Limits
from flows.stages.reading.passwords import Passwords
from flows.stages.redaction import Cut
from flows.stages.worker_pool import WorkerPool, worker_pool
from schemas.errors import DocumentError

PAGES_PER_TASK = 16


class Painter:
    """Draws pages of stored documents; may be called from any thread."""

    def __init__(self, pool: WorkerPool, limits: Limits, passwords: Passwords) -> None:
        self._pool, self._limits, self._passwords = pool, limits, passwords

    def draw(
        self, path: Path | None, sha256: str, pages: Sequence[int], allowed: Sequence[Cut | None] | None = None
    ) -> Pictures:
        """These pages (0-based), None for each that cannot be drawn within the limits; of a de-identified document, what
        is `allowed` of each.
        """
        passwords = self._passwords.matching(path) if path else ()
        cuts = dict(zip(pages, allowed, strict=True)) if allowed is not None else None
        batches = [pages[at : at + PAGES_PER_TASK] for at in range(0, len(pages), PAGES_PER_TASK)]
        seconds = self._limits.seconds
        started = [
            self._pool.start(draw_pages, seconds, path, sha256, batch, passwords, _of(cuts, batch)) for batch in batches
        ]
        drawn = Pictures(())
        for batch, finish in zip(batches, started, strict=True):
            try:
                part = finish()
            except DocumentError:
                part = self._one_by_one(path, sha256, batch, _of(cuts, batch))
            drawn = Pictures(drawn.pages + part.pages, drawn.missing or part.missing)
        return drawn

    def _one_by_one(
        self, path: Path | None, sha256: str, batch: Sequence[int], allowed: Sequence[Cut | None] | None
    ) -> Pictures:
        """Each page of a batch that failed by itself, so that one bad page costs no other."""
        if len(batch) == 1:
            return Pictures((None,))
        cuts = allowed or [None] * len(batch)
        parts = [
            self.draw(path, sha256, [page], None if allowed is None else [cut])
            for page, cut in zip(batch, cuts, strict=True)
        ]
        return Pictures(tuple(page for part in parts for page in part.pages), parts[0].missing)


def _of(cuts: Mapping[int, Cut | None] | None, pages: Sequence[int]) -> list[Cut | None] | None:
    return None if cuts is None else [cuts[page] for page in pages]


@contextmanager
def painter(limits: Limits, passwords: Passwords | None = None) -> Iterator[Painter]:
    """A painter, its processes ended with the block."""
    with worker_pool(limits.workers, limits.memory_bytes) as pool:
        yield Painter(pool, limits, passwords or Passwords())
