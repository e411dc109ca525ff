"""One shard's work at each stage: documents out of the database, through the pure stage, and back in one transaction.

What goes between stages is ids; text stays in the database. Who does the pure work (`flows.worker`) may be another
process; this one alone writes.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flows.batch import Versions
from flows.interrupt import Crew
from flows.report import NO_EFFORT, Effort
from flows.stages.deidentify import Aliases
from flows.stages.rows import Extraction
from flows.stages.store import DocumentState, Store, StoredDocument
from flows.worker import RuleInputs, Worker
from schemas.document import SourceFile
from schemas.run import Failure

log = logging.getLogger("muniment")


@dataclass(frozen=True)
class Outcome:
    """What a stage made of a shard: ids that go on, how many failed, what was done and what stored work made needless."""

    ids: tuple[str, ...]
    failed: int = 0
    pages: int = 0
    findings: int = 0
    effort: Effort = NO_EFFORT


class Desk:
    """What every shard's work needs: the run's id, the store, the versions to work by, and who does the pure work.

    Shared by the flow's tasks.
    """

    def __init__(self, run_id: str, store: Store, planned: Versions, worker: Worker) -> None:
        self.run_id, self.store, self.planned, self.worker = run_id, store, planned, worker
        self.paths: dict[str, str] = {}
        self.aliases = Aliases()
        self.started_at = datetime.now(UTC)
        self.versions: Mapping[str, str] = {}
        self.searched: list[str] = []
        self.failures: list[Failure] = []
        self.crew = Crew()

    def parse(self, files: Sequence[SourceFile]) -> Outcome:
        """Reads, segments and classifies a shard's files; those of no known domain are stored and failed."""
        with self.crew.working():
            return self._parse(files)

    def _parse(self, files: Sequence[SourceFile]) -> Outcome:
        made = self.worker.parse(files, self.aliases.only(files))
        self.store.save_parsed(made.done, self.planned.parser, self.run_id)
        self._fail(made.failures)
        failed = {failure.document_id for failure in made.failures}
        ids = tuple(parsed.document.id for parsed in made.done if parsed.document.id not in failed)
        pages = sum(len(parsed.document.pages) for parsed in made.done)
        return Outcome(ids, len(made.failures), pages, effort=Effort(read=len(made.done)))

    def tag(self, before: Outcome) -> Outcome:
        """What each domain's model proposes for a shard's documents; those with proposals of this version keep them."""
        with self.crew.working():
            return self._tag(before)

    def _tag(self, before: Outcome) -> Outcome:
        states = self.store.fingerprints(before.ids)
        proposers = self.planned.proposers
        wanting = [
            key for key in before.ids if states[key].fingerprint.proposer != proposers[states[key].fingerprint.domain]
        ]
        failed: set[str] = set()
        for name, documents in self._by_domain(wanting):
            made = self.worker.tag(name, documents)
            self._fail(made.failures)
            self.store.save_proposals(made.done, proposers[name])
            failed |= {failure.document_id or "" for failure in made.failures}
        effort = Effort(tagged=len(wanting) - len(failed), kept_proposals=len(before.ids) - len(wanting))
        return Outcome(tuple(key for key in before.ids if key not in failed), len(failed), effort=effort)

    def extract(self, before: Outcome) -> Outcome:
        """Findings, rulings and records of a shard's documents, from what is proposed for them, by their domain's rules."""
        with self.crew.working():
            return self._extract(before)

    def _extract(self, before: Outcome) -> Outcome:
        done: list[Extraction] = []
        failed = 0
        inputs = RuleInputs(self.store.load_proposals(before.ids), self.store.load_reviews(before.ids))
        for name, documents in self._by_domain(before.ids):
            made = self.worker.extract(name, documents, inputs)
            self._fail(made.failures)
            self.store.save_extraction(made.done, self.planned.taggers[name], self.planned.rules[name], self.run_id)
            self.searched += [extraction.document_id for extraction in made.done]
            done += made.done
            failed += len(made.failures)
        found = sum(len(extraction.findings) for extraction in done)
        ids = tuple(extraction.document_id for extraction in done)
        return Outcome(ids, failed, findings=found, effort=Effort(ruled=len(done)))

    def summarize(self, before: Outcome) -> Outcome:
        """A summary of each of a shard's documents; one whose findings have not changed keeps the summary that it has."""
        with self.crew.working():
            return self._summarize(before)

    def _summarize(self, before: Outcome) -> Outcome:
        states = self.store.fingerprints(before.ids)
        writers = self.planned.writers
        wanting = [
            key for key in before.ids if states[key].fingerprint.writer != writers[states[key].fingerprint.domain]
        ]
        findings = self.store.load_findings(wanting)
        done = failed = 0
        for name, documents in self._by_domain(wanting):
            made = self.worker.summarize(name, documents, findings)
            self._fail(made.failures)
            self.store.save_summaries(made.done, writers[name], self.run_id)
            done += len(made.done)
            failed += len(made.failures)
        effort = Effort(summarised=done, kept_summaries=len(before.ids) - len(wanting))
        return Outcome((), failed, effort=effort)

    def _by_domain(self, ids: Sequence[str]) -> Iterator[tuple[str, list[StoredDocument]]]:
        stored = self.store.load_documents(ids)
        for name in sorted({document.domain for document in stored if document.domain}):
            yield name, [document for document in stored if document.domain == name]

    def _fail(self, found: Sequence[Failure]) -> None:
        states = self.store.fingerprints([failure.document_id for failure in found if failure.document_id])
        failures = [self._placed(failure, states) for failure in found]
        if failures:
            self.store.save_failures(failures, self.run_id)
            self.failures += failures
        for failure in failures:
            log.warning("document %s: %s failed: %s", (failure.document_id or "?")[:12], failure.stage, failure.reason)

    def _placed(self, failure: Failure, states: Mapping[str, DocumentState]) -> Failure:
        """The failure with its file's path, and the version of the stage that failed: another one will try again."""
        state = states.get(failure.document_id or "")
        domain = state.fingerprint.domain if state else ""
        path = self.paths.get(failure.document_id or "", failure.path)
        return replace(failure, path=path, version=self.planned.of(failure.stage, domain))
