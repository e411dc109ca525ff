"""Whether reading many documents makes the parent grow: `python -m tests.benchmarks.memory [DOCUMENTS]` (500)."""

import sys
from itertools import cycle, islice
from pathlib import Path

from flows.stages.ingest import discover
from flows.stages.parse import Limits, parse_files
from tests.benchmarks.words import CUAD

WARM_UP = 20
SMALL = 200_000
"""In bytes; larger files would only make the run longer."""


def resident_mb() -> float:
    """This process's memory in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    paths = [path for path in sorted((CUAD / "pdf").glob("*.pdf")) if path.stat().st_size < SMALL]
    files = list(islice(cycle(discover(paths).files), count))
    start = 0.0
    pages = 0
    for number, outcome in enumerate(parse_files(files, Limits(workers=2)), start=1):
        pages += len(getattr(outcome, "pages", ()))
        if number == WARM_UP:
            start = resident_mb()
        if number % 100 == 0:
            print(f"{number} documents, {pages} pages, {resident_mb():.1f} MB", flush=True)
    print(f"from document {WARM_UP} to {count} the parent grew by {resident_mb() - start:.1f} MB")


if __name__ == "__main__":
    main()
