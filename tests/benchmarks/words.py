"""How much of a text was read: `python -m tests.benchmarks.words` over the CUAD PDFs against their transcripts.

A word is a run of letters and digits (NFKC, so that typographic variants of one letter agree); order does not count.
"""

import gzip
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.stages.ingest import discover
from flows.stages.parse import Limits, parse_files
from schemas.document import ParsedDocument

CUAD = Path(__file__).parents[3] / "shared" / "data" / "cuad"
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class WordScore:
    """`recall`: share of the transcript's words that were read; `precision`: share of what was read that is there."""

    name: str
    recall: float
    precision: float
    pages: int


def words_of(text: str) -> Counter[str]:
    return Counter(WORD.findall(unicodedata.normalize("NFKC", text)))


def score(name: str, transcript: str, read: str, pages: int) -> WordScore:
    wanted, found = words_of(transcript), words_of(read)
    common = (wanted & found).total()
    return WordScore(name, common / max(1, wanted.total()), common / max(1, found.total()), pages)


def dev_names() -> list[str]:
    """The file names of the PDFs that no adapter was trained or calibrated on."""
    with gzip.open(CUAD / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [Path(row["pdf"]).name for row in map(json.loads, lines) if row.get("pdf")]


def transcripts() -> dict[str, str]:
    """The transcript of each CUAD PDF, by the PDF's file name."""
    found: dict[str, str] = {}
    for part in ("train", "dev"):
        with gzip.open(CUAD / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found |= {Path(row["pdf"]).name: row["text"] for row in map(json.loads, lines) if row.get("pdf")}
    return found


def score_folder(names: list[str]) -> Iterator[WordScore]:
    """A score for each of these CUAD PDFs; 0 where one could not be read."""
    wanted = transcripts()
    files = discover([CUAD / "pdf" / name for name in names]).files
    for file, outcome in zip(files, parse_files(files, Limits(workers=os.cpu_count() or 1)), strict=True):
        read, pages = (outcome.text, len(outcome.pages)) if isinstance(outcome, ParsedDocument) else ("", 0)
        yield score(file.path.name, wanted[file.path.name], read, pages)


def main() -> None:
    scores = sorted(score_folder(sorted(transcripts())), key=lambda one: min(one.recall, one.precision))
    for one in scores[:10]:
        print(f"{one.name}  {one.pages:4} pages  recall {one.recall:.4f}  precision {one.precision:.4f}")
    for side in ("recall", "precision"):
        values = [getattr(one, side) for one in scores]
        print(f"{side}: mean {sum(values) / len(values):.5f}, worst {min(values):.4f}, documents {len(values)}")


if __name__ == "__main__":
    main()
