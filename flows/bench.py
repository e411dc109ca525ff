"""`muniment bench`: how fast each stage is, one after the other, and the whole, over real documents."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from domain_models.domain import Domain
from domain_models.tagging import SpanSource
from flows.models import ModelChoice, Models
from flows.settings import settings
from flows.stages.extract import apply_rules
from flows.stages.ingest import discover
from flows.stages.parse import PARSER_VERSION, Limits, parse_files
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.segment import segment
from flows.stages.store import open_store
from flows.stages.summarize import SummaryWriter, summarize
from schemas.document import ParsedDocument
from schemas.errors import BadInput
from schemas.finding import Summary

Result = TypeVar("Result")
Made = tuple[Sequence[Parsed], Sequence[Tagged], Sequence[Extraction], Sequence[Summary]]


class Stopwatch:
    """Seconds by stage, in the order in which stages were first timed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], Result]) -> Result:
        """What `work` returns; its duration is added to the stage's."""
        started = time.perf_counter()
        result = work()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
        return result


def bench_stages(paths: Sequence[Path], limit: int, domain: Domain, choice: ModelChoice) -> list[dict[str, object]]:
    """One row a stage and one for the whole: pages, seconds, pages a second, seconds a document.

    Documents are summarised only where the choice of models says so. Raises BadInput where none can be read.
    """
    watch = Stopwatch()
    files = discover(list(paths)).files[:limit]
    if not files:
        raise BadInput(f"no document found in {', '.join(map(str, paths))}")
    wanted = settings()
    limits = Limits(
        seconds=wanted.parse_seconds, memory_bytes=wanted.parse_memory_mb << 20, workers=wanted.parse_workers
    )
    results = watch.time("parse", lambda: list(parse_files(files, limits)))
    kept = [(file, doc) for file, doc in zip(files, results, strict=True) if isinstance(doc, ParsedDocument)]
    if not kept:
        raise BadInput(f"none of {len(files)} documents can be read")
    parsed = watch.time(
        "segment", lambda: [Parsed(file, document, segment(document), domain.name, None) for file, document in kept]
    )
    models = Models(choice)
    with models.source(domain.name) as source:  # loaded before the clock starts
        tagged = watch.time("tag", lambda: [_tag(p, source) for p in parsed])
    extracted = watch.time("extract", lambda: [_extract(p, t, source) for p, t in zip(parsed, tagged, strict=True)])
    summaries: list[Summary] = []
    if choice.summaries:
        with models.writer(domain.name, "summaries") as writer:
            pairs = list(zip(parsed, extracted, strict=True))
            told = models.told_domain(domain.name)
            summaries = watch.time("summarize", lambda: [_summarize(p, e, told, writer) for p, e in pairs])
    watch.time("store", lambda: _store((parsed, tagged, extracted, summaries), domain))
    return _rows(watch, [len(p.document.pages) for p in parsed])


def _tag(parsed: Parsed, source: SpanSource) -> Tagged:
    return Tagged(parsed.document.id, source.tag(parsed.document.text))


def _extract(parsed: Parsed, tagged: Tagged, source: SpanSource) -> Extraction:
    proposals = source.rulebook.proposals(parsed.document.text, tagged.spans)
    return apply_rules(parsed.document, parsed.sections, source.rulebook, proposals)


def _summarize(parsed: Parsed, extracted: Extraction, domain: Domain, writer: SummaryWriter) -> Summary:
    return summarize(parsed.document, parsed.sections, extracted.findings, domain, writer)


def _store(made: Made, domain: Domain) -> None:
    parsed, tagged, extracted, summaries = made
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "bench.duckdb", [domain]) as store:
        store.save_parsed(parsed, PARSER_VERSION, "bench")
        store.save_proposals(tagged, "bench")
        store.save_extraction(extracted, "bench", "bench", "bench")
        store.save_summaries(summaries, "bench", "bench")


def _rows(watch: Stopwatch, pages_of: Sequence[int]) -> list[dict[str, object]]:
    pages, documents = sum(pages_of), max(1, len(pages_of))
    whole = sum(watch.seconds.values())
    timed = [*watch.seconds.items(), ("whole", whole)]
    return [
        {
            "stage": stage, "pages": pages, "seconds": round(seconds, 2), "pages per second": round(pages / seconds, 1),
            "seconds per document": round(seconds / documents, 2),
        }
        for stage, seconds in timed
    ]  # fmt: skip
