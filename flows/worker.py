"""The pure work on a shard in the process that is to do it: files or documents in, rows out. One bad document breaks none.

Knows models and stages; knows neither a database nor who sends the shard.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from domain_models import domains
from domain_models.domain import Domain
from domain_models.tagging import Rulebook, SpanSource
from flows.batch import AUTO
from flows.models import Models
from flows.settings import settings
from flows.stages.apply_reviews import apply_reviews
from flows.stages.classify import classify
from flows.stages.deidentify import Aliases, deidentify
from flows.stages.extract import apply_rules
from flows.stages.parse import Limits, parse_files
from flows.stages.reading.passwords import Passwords
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.segment import segment
from flows.stages.store import StoredDocument
from flows.stages.summarize import SummaryWriter, summarize
from schemas.document import ParsedDocument, SourceFile
from schemas.errors import DocumentError, ModelUnavailable, StoreError
from schemas.finding import Finding, Span, Summary
from schemas.masking import MaskedPlace
from schemas.review import Review
from schemas.run import Failure, Stage

Done = TypeVar("Done")
Row = TypeVar("Row", covariant=True)


@dataclass(frozen=True)
class StageResult(Generic[Row]):
    """What a stage made of a shard: the documents' rows, and a failure for each document that has none."""

    done: tuple[Row, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class RuleInputs:
    """What the rules need beside the documents: what the model proposed for each, and what people decided about it."""

    proposed: Mapping[str, Sequence[Span]]
    reviews: Mapping[str, Sequence[Review]]


class Worker(Protocol):
    """Whoever does the pure work: this process (`LocalWorker`) or others."""

    def parse(self, files: Sequence[SourceFile], aliases: Aliases) -> StageResult[Parsed]:
        """Each file read, masked where the aliases hide names, segmented and classified."""
        ...

    def tag(self, domain: str, documents: Sequence[StoredDocument]) -> StageResult[Tagged]:
        """What the domain's model proposes for each document."""
        ...

    def extract(self, domain: str, documents: Sequence[StoredDocument], inputs: RuleInputs) -> StageResult[Extraction]:
        """What the models, the domain's rules and people find in each document."""
        ...

    def summarize(
        self, domain: str, documents: Sequence[StoredDocument], findings: Mapping[str, Sequence[Finding]]
    ) -> StageResult[Summary]:
        """A summary of each document."""
        ...


def reading_limits() -> Limits:
    """What one document may cost, by the settings."""
    wanted = settings()
    return Limits(wanted.parse_seconds, memory_bytes=wanted.parse_memory_mb << 20, workers=wanted.parse_workers)


class LocalWorker:
    """The work done in this process: its models are loaded once, reading takes one shard at a time."""

    def __init__(self, models: Models, domain: str = AUTO, passwords: Passwords | None = None) -> None:
        self.models, self.domain, self.passwords = models, domain, passwords or Passwords()
        self._reading = threading.Lock()

    def parse(self, files: Sequence[SourceFile], aliases: Aliases) -> StageResult[Parsed]:
        """Each file's rows. Its workers take the cores and the memory that the settings grant."""
        parsed: list[Parsed] = []
        failures: list[Failure] = []
        with self._reading:
            for file, result in zip(files, parse_files(files, reading_limits(), self.passwords), strict=True):
                if isinstance(result, Failure):
                    failures.append(aliases.failure(result))
                    continue
                done, failure = self._prepared(file, result, aliases)
                parsed += [done] if done else []
                failures += [failure] if failure else []
        return StageResult(tuple(parsed), tuple(failures))

    def tag(self, domain: str, documents: Sequence[StoredDocument]) -> StageResult[Tagged]:
        """Each document's proposals, by the model of the domain."""
        with self.models.source(domain) as source:
            return each("tag", documents, partial(_tag, source=source))

    def extract(self, domain: str, documents: Sequence[StoredDocument], inputs: RuleInputs) -> StageResult[Extraction]:
        """Each document's findings, rulings and records, by the rules of the domain."""
        with self.models.rulebook(domain) as rulebook:
            return each("extract", documents, partial(_extract, rulebook=rulebook, inputs=inputs))

    def summarize(
        self, domain: str, documents: Sequence[StoredDocument], findings: Mapping[str, Sequence[Finding]]
    ) -> StageResult[Summary]:
        """Each document's summary, by the writer."""
        with self.models.writer(domain, "summaries") as writer:
            write = partial(_summarize, findings=findings, domain=self.models.told_domain(domain), writer=writer)
            return each("summarize", documents, write)

    def _prepared(
        self, file: SourceFile, document: ParsedDocument, aliases: Aliases
    ) -> tuple[Parsed | None, Failure | None]:
        """What of a document read may be stored, masked where the run is to: never anything else of it."""
        path = aliases.of(file.path)
        masks: tuple[MaskedPlace, ...] = ()
        if aliases.names is not None:
            file = replace(file, path=Path(path))
            try:
                document, masks = deidentify(document, file.path.name)
            except Exception as error:  # noqa: BLE001  # one bad document must not end the batch
                return None, Failure(path, document.id, "parse", f"not de-identified: {type(error).__name__}")
        domain, score, failure = self._domain_of(path, document)
        return Parsed(file, document, segment(document), domain, score, masks), failure

    def _domain_of(self, path: str, document: ParsedDocument) -> tuple[str | None, float | None, Failure | None]:
        if self.domain != AUTO:
            return self.domain, None, None
        try:
            chosen = classify(document.text, domains().values())
        except DocumentError as error:
            return None, None, Failure(path, document.id, "classify", error.reason)
        return chosen.domain, chosen.scores[chosen.domain], None


def each(
    stage: Stage, documents: Sequence[StoredDocument], work: Callable[[StoredDocument], Done]
) -> StageResult[Done]:
    """`work` on each document; one that breaks it is a failure that bears the document's name, and its error's type alone."""
    done: list[Done] = []
    failures: list[Failure] = []
    for stored in documents:
        try:
            done.append(work(stored))
        except (ModelUnavailable, StoreError, MemoryError):
            raise
        except DocumentError as error:
            failures.append(Failure(stored.document.name, stored.document.id, stage, error.reason))
        except Exception as error:  # noqa: BLE001  # one bad document must not end the batch
            # The message may quote the document, so only the type goes on.
            reason = f"internal error: {type(error).__name__}"
            failures.append(Failure(stored.document.name, stored.document.id, stage, reason))
    return StageResult(tuple(done), tuple(failures))


def _tag(stored: StoredDocument, source: SpanSource) -> Tagged:
    return Tagged(stored.document.id, source.tag(stored.document.text))


def _extract(stored: StoredDocument, rulebook: Rulebook, inputs: RuleInputs) -> Extraction:
    """What the models and the rules find, and in its place what people have decided before."""
    document, sections = stored.document, stored.sections
    proposals = rulebook.proposals(document.text, inputs.proposed[document.id])
    found = apply_rules(document, sections, rulebook, proposals)
    return apply_reviews(document, sections, rulebook.domain, found, inputs.reviews[document.id])


def _summarize(
    stored: StoredDocument, findings: Mapping[str, Sequence[Finding]], domain: Domain, writer: SummaryWriter
) -> Summary:
    return summarize(stored.document, stored.sections, findings[stored.document.id], domain, writer)
