"""Damaged PDFs by the thousand: `python -m tests.benchmarks.fuzz [MUTANTS]` (1,000 by default), seeded.

Each mutant is one of 20 PDFs with bytes flipped, a part cut off, or an object of another PDF spliced in. The batch must
come through: every mutant ends as a document whose promises hold or as a failure with a reason, within the limits.
"""

import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from flows.stages.ingest import discover
from flows.stages.parse import Limits, parse_files
from schemas.document import ParsedDocument
from schemas.geometry import rectangles
from schemas.run import Failure
from tests.benchmarks.words import CUAD

SEED = 20
SOURCES = 20
OBJECT = re.compile(rb"\d+ \d+ obj.{0,4000}?endobj", re.DOTALL)
# scans would make this a test of the OCR engine, encrypted files one of the cipher
WITH_TEXT = {
    "habibi-rotated.pdf", "multicolumn.pdf", "nics-background-checks-2015-11-rotated.pdf", "pdflatex-forms.pdf",
}  # fmt: skip
LIMITS = Limits(seconds=20, seconds_per_scan=5, memory_bytes=1 << 30, workers=2)


def sources(count: int = SOURCES) -> list[bytes]:
    """Edge cases that have text, and the smallest contracts."""
    edge = sorted((CUAD.parent / "pdf_edge").glob("*.pdf"), key=lambda path: path.stat().st_size)
    contracts = sorted((CUAD / "pdf").glob("*.pdf"), key=lambda path: path.stat().st_size)
    chosen = [path for path in edge if path.name in WITH_TEXT]
    return [path.read_bytes() for path in [*chosen, *contracts][:count]]


def mutant(contents: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the PDFs, damaged in one of three ways."""
    content = bytearray(chance.choice(contents))
    way = chance.randrange(3)
    if way == 0:
        for _ in range(chance.choice((1, 5, 50, 500))):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif way == 1:
        at = chance.randrange(len(content))
        del content[at : at + chance.choice((1, 100, len(content)))]
    else:
        objects = OBJECT.findall(chance.choice(contents)) or [b"1 0 obj<</Kids[1 0 R]>>endobj"]
        at = chance.randrange(len(content))
        content[at : at + chance.choice((0, 500))] = chance.choice(objects)
    return bytes(content)


def broken_promise(outcome: ParsedDocument | Failure) -> str:
    """What is wrong with an outcome; empty where it is as promised."""
    if isinstance(outcome, Failure):
        return "" if outcome.reason else "a failure without a reason"
    if outcome.text != "\f".join(outcome.text[page.char_start : page.char_end] for page in outcome.pages):
        return "pages that are not the text"
    if len(outcome.maps) != len(outcome.pages):
        return "pages without a map"
    for page in outcome.pages:
        is_placed = bool(rectangles(outcome.pages, outcome.maps, page.char_start, page.char_end))
        if outcome.text[page.char_start : page.char_end].strip() and not is_placed:
            return "words without a place"
    return ""


def run(folder: Path, count: int, seed: int = SEED) -> tuple[Counter[str], list[str]]:
    """How many mutants ended in each state, and what was wrong with any."""
    chance, contents = random.Random(seed), sources()
    for number in range(count):
        (folder / f"{number:05}.pdf").write_bytes(b"%PDF-1.7\n" + mutant(contents, chance))
    found = discover([folder])
    states = Counter(f"{one.stage}: {one.reason}" for one in found.failures)
    states.update(f"skipped: {one.reason}" for one in found.skips)
    wrong = []
    for number, (file, outcome) in enumerate(zip(found.files, parse_files(found.files, LIMITS), strict=True), start=1):
        states["read" if isinstance(outcome, ParsedDocument) else f"parse: {outcome.reason}"] += 1
        if broken_promise(outcome):
            wrong.append(f"{file.path.name}: {broken_promise(outcome)}")
        if number % 100 == 0:
            print(f"{number} of {len(found.files)}: {dict(states)}", file=sys.stderr, flush=True)
    return states, wrong


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        states, wrong = run(Path(folder), count)
    print(f"{count} mutants of {SOURCES} PDFs, seed {SEED}, {time.monotonic() - begun:.0f} s")
    for state, number in states.most_common():
        print(f"{number:6}  {state}")
    print("\n".join(wrong) or "every promise holds")
    sys.exit(bool(wrong) or states.total() != count)


if __name__ == "__main__":
    main()
