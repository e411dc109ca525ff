"""One shard's work at each stage: documents out of the database, through the pure stage, and back in one transaction.

What goes between stages is ids; text stays in the database. A document that fails becomes a stored failure here, the
one place where errors of single documents are caught.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from domain_models import domains, get_domain
from domain_models.domain import Domain
from domain_models.tagging import Rulebook, SpanSource
from flows.batch import AUTO
from flows.interrupt import Crew
from flows.models import Models
from flows.report import NO_EFFORT, Effort
from flows.settings import settings
from flows.stages.apply_reviews import apply_reviews
from flows.stages.classify import classify
from flows.stages.deidentify import Aliases, deidentify
from flows.stages.extract import apply_rules
from flows.stages.parse import Limits, parse_files
from flows.stages.reading.passwords import Passwords
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.segment import segment
from flows.stages.store import DocumentState, Store, StoredDocument
from flows.stages.summarize import SummaryWriter, summarize
from schemas.document import ParsedDocument, SourceFile
from schemas.errors import DocumentError, ModelUnavailable, StoreError
from schemas.finding import Finding, Span, Summary
from schemas.masking import MaskedPlace
from schemas.review import Review
from schemas.run import Failure, Stage

log = logging.getLogger("muniment")

Done = TypeVar("Done")


@dataclass(frozen=True)
class Outcome:
    """What a stage made of a shard: ids that go on, how many failed, what was done and what stored work made needless."""

    ids: tuple[str, ...]
    failed: int = 0
    pages: int = 0
    findings: int = 0
    effort: Effort = NO_EFFORT


def reading_limits() -> Limits:
    """What one document may cost, by the settings."""
    wanted = settings()
    return Limits(wanted.parse_seconds, memory_bytes=wanted.parse_memory_mb << 20, workers=wanted.parse_workers)


class Desk:
    """What every shard's work needs: the run's id, the store and the models. Shared by the flow's tasks."""

    def __init__(self, run_id: str, store: Store, models: Models, domain: str) -> None:
        self.run_id, self.store, self.models, self.domain = run_id, store, models, domain
        self.paths: dict[str, str] = {}
        self.passwords = Passwords()
        self.aliases = Aliases()
        self.started_at = datetime.now(UTC)
        self.versions: Mapping[str, str] = {}
        self.searched: list[str] = []
        self.failures: list[Failure] = []
        self.crew = Crew()
        self._reading = threading.Lock()

    def parse(self, files: Sequence[SourceFile]) -> Outcome:
        """Reads, segments and classifies a shard's files; those of no known domain are stored and failed.

        One shard at a time: its workers take the cores and the memory that the settings grant.
        """
        with self.crew.working(), self._reading:
            return self._parse(files)

    def _parse(self, files: Sequence[SourceFile]) -> Outcome:
        parsed: list[Parsed] = []
        failures: list[Failure] = []
        for file, result in zip(files, parse_files(files, reading_limits(), self.passwords), strict=True):
            if isinstance(result, Failure):
                failures.append(self.aliases.failure(result))
                continue
            done, failure = self._prepared(file, result)
            parsed += [done] if done else []
            failures += [failure] if failure else []
        self.store.save_parsed(parsed, self.models.versions.parser, self.run_id)
        self._fail(failures)
        failed = {failure.document_id for failure in failures}
        ids = tuple(p.document.id for p in parsed if p.document.id not in failed)
        return Outcome(ids, len(failures), sum(len(p.document.pages) for p in parsed), effort=Effort(read=len(parsed)))

    def tag(self, before: Outcome) -> Outcome:
        """What each domain's model proposes for a shard's documents; those with proposals of this version keep them."""
        with self.crew.working():
            return self._tag(before)

    def _tag(self, before: Outcome) -> Outcome:
        states = self.store.fingerprints(before.ids)
        proposers = self.models.versions.proposers
        wanting = [
            key for key in before.ids if states[key].fingerprint.proposer != proposers[states[key].fingerprint.domain]
        ]
        failed: set[str] = set()
        for name, documents in self._by_domain(wanting):
            with self.models.source(name) as source:
                tagged, failures = self._each("tag", documents, partial(_tag, source=source))
            self.store.save_proposals(tagged, proposers[name])
            failed |= {failure.document_id or "" for failure in failures}
        effort = Effort(tagged=len(wanting) - len(failed), kept_proposals=len(before.ids) - len(wanting))
        return Outcome(tuple(key for key in before.ids if key not in failed), len(failed), effort=effort)

    def extract(self, before: Outcome) -> Outcome:
        """Findings, rulings and records of a shard's documents, from what is proposed for them, by their domain's rules."""
        with self.crew.working():
            return self._extract(before)

    def _extract(self, before: Outcome) -> Outcome:
        done: list[Extraction] = []
        failed = 0
        proposed, reviews = self.store.load_proposals(before.ids), self.store.load_reviews(before.ids)
        for name, documents in self._by_domain(before.ids):
            with self.models.rulebook(name) as rulebook:
                work = partial(_extract, rulebook=rulebook, proposed=proposed, reviews=reviews)
                extracted, failures = self._each("extract", documents, work)
            versions = self.models.versions
            self.store.save_extraction(extracted, versions.taggers[name], versions.rules[name], self.run_id)
            self.searched += [extraction.document_id for extraction in extracted]
            done += extracted
            failed += len(failures)
        found = sum(len(extraction.findings) for extraction in done)
        ids = tuple(extraction.document_id for extraction in done)
        return Outcome(ids, failed, findings=found, effort=Effort(ruled=len(done)))

    def summarize(self, before: Outcome) -> Outcome:
        """A summary of each of a shard's documents; one whose findings have not changed keeps the summary that it has."""
        with self.crew.working():
            return self._summarize(before)

    def _summarize(self, before: Outcome) -> Outcome:
        states = self.store.fingerprints(before.ids)
        writers = self.models.versions.writers
        wanting = [
            key for key in before.ids if states[key].fingerprint.writer != writers[states[key].fingerprint.domain]
        ]
        findings = self.store.load_findings(wanting)
        done = failed = 0
        for name, documents in self._by_domain(wanting):
            domain = get_domain(name)
            with self.models.writer(name) as writer:
                write = partial(_summarize, findings=findings, domain=domain, writer=writer)
                written, failures = self._each("summarize", documents, write)
            self.store.save_summaries(written, writers[name], self.run_id)
            done += len(written)
            failed += len(failures)
        effort = Effort(summarised=done, kept_summaries=len(before.ids) - len(wanting))
        return Outcome((), failed, effort=effort)

    def _prepared(self, file: SourceFile, document: ParsedDocument) -> tuple[Parsed | None, Failure | None]:
        """What of a document read may be stored, masked where the run is to: never anything else of it."""
        path = self.aliases.of(file.path)
        masks: tuple[MaskedPlace, ...] = ()
        if self.aliases.names is not None:
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

    def _by_domain(self, ids: Sequence[str]) -> Iterator[tuple[str, list[StoredDocument]]]:
        stored = self.store.load_documents(ids)
        for name in sorted({document.domain for document in stored if document.domain}):
            yield name, [document for document in stored if document.domain == name]

    def _each(
        self, stage: Stage, documents: Sequence[StoredDocument], work: Callable[[StoredDocument], Done]
    ) -> tuple[list[Done], list[Failure]]:
        """`work` on each document; one that breaks it is a stored failure, named by its error's type alone."""
        done: list[Done] = []
        failures: list[Failure] = []
        for stored in documents:
            try:
                done.append(work(stored))
            except (ModelUnavailable, StoreError, MemoryError):
                raise
            except DocumentError as error:
                failures.append(self._failure(stage, stored, error.reason))
            except Exception as error:  # noqa: BLE001  # one bad document must not end the batch
                # The message may quote the document, so only the type goes on.
                failures.append(self._failure(stage, stored, f"internal error: {type(error).__name__}"))
        self._fail(failures)
        return done, failures

    def _failure(self, stage: Stage, stored: StoredDocument, reason: str) -> Failure:
        path = self.paths.get(stored.document.id, stored.document.name)
        return Failure(path, stored.document.id, stage, reason)

    def _fail(self, found: Sequence[Failure]) -> None:
        states = self.store.fingerprints([failure.document_id for failure in found if failure.document_id])
        failures = [self._versioned(failure, states) for failure in found]
        if failures:
            self.store.save_failures(failures, self.run_id)
            self.failures += failures
        for failure in failures:
            log.warning("document %s: %s failed: %s", (failure.document_id or "?")[:12], failure.stage, failure.reason)

    def _versioned(self, failure: Failure, states: Mapping[str, DocumentState]) -> Failure:
        """The failure with the version of the stage that failed: another one will try again."""
        state = states.get(failure.document_id or "")
        domain = state.fingerprint.domain if state else ""
        return replace(failure, version=self.models.versions.of(failure.stage, domain))


def _tag(stored: StoredDocument, source: SpanSource) -> Tagged:
    return Tagged(stored.document.id, source.tag(stored.document.text))


def _extract(
    stored: StoredDocument,
    rulebook: Rulebook,
    proposed: Mapping[str, Sequence[Span]],
    reviews: Mapping[str, Sequence[Review]],
) -> Extraction:
    """What the models and the rules find, and in its place what people have decided before."""
    document, sections = stored.document, stored.sections
    proposals = rulebook.proposals(document.text, proposed[document.id])
    found = apply_rules(document, sections, rulebook, proposals)
    return apply_reviews(document, sections, rulebook.domain, found, reviews[document.id])


def _summarize(
    stored: StoredDocument, findings: Mapping[str, Sequence[Finding]], domain: Domain, writer: SummaryWriter
) -> Summary:
    return summarize(stored.document, stored.sections, findings[stored.document.id], domain, writer)
