"""What the rules for text that speaks to a program take out of real documents: `python -m tests.benchmarks.addressed`.

Reads every labelled text of train and dev under the data folder: contracts, dictated reports, case reports, visit notes and
abstracts. Nobody wrote any of them for a program, so each passage that is printed is a fault. Ends with 1 where there is one.
"""

import sys
import time
from collections.abc import Iterator

from domain_models.addressed import addressed_spans
from domain_models.labelled import json_rows
from tests.benchmarks.words import CUAD

DATA = CUAD.parent


def texts() -> Iterator[tuple[str, str]]:
    """Each text, with its file within the data folder."""
    for path in sorted(DATA.glob("*/*.jsonl.gz")):
        for row in json_rows(path):
            text = row.get("text") or row.get("note") or " ".join(row.get("tokens", ()))
            if text:
                yield f"{path.parent.name}/{path.name}", text


def main() -> int:
    """Prints each passage taken out, then the documents, characters and seconds by file."""
    counted: dict[str, tuple[int, int, float]] = {}
    taken = 0
    for name, text in texts():
        started = time.perf_counter()
        spans = addressed_spans(text)
        documents, chars, seconds = counted.get(name, (0, 0, 0.0))
        counted[name] = documents + 1, chars + len(text), seconds + time.perf_counter() - started
        taken += len(spans)
        for start, end in spans:
            print(name, " ".join(text[start:end].split()), sep=": ")
    for name, (documents, chars, seconds) in counted.items():
        print(f"{name}: {documents} documents, {chars:,} characters, {seconds:.1f} s")
    print(f"{sum(documents for documents, _, _ in counted.values()):,} documents, {taken} passages taken out")
    return int(taken > 0)


if __name__ == "__main__":
    sys.exit(main())
