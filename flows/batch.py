"""One batch's plan: which file needs which stages. Pure; reads no file and no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flows.stages.store import DocumentState
from schemas.document import SourceFile
from schemas.run import Failure, Skip, Stage

AUTO = "auto"
PROCESSED = "already processed by the same versions"
FAILED_BEFORE = "failed before: "

FirstStage = Literal["parse", "tag", "extract", "summarize"]
ORDER: tuple[Stage, ...] = ("ingest", "parse", "classify", "tag", "extract", "summarize")


@dataclass(frozen=True)
class Versions:
    """The versions a batch works with, by domain. `writers` is empty where no summaries are wanted.

    `taggers` name the model and the patterns that findings come from; `proposers` the model and its decoding alone.
    """

    parser: str
    classifier: str
    proposers: Mapping[str, str]
    taggers: Mapping[str, str]
    rules: Mapping[str, str]
    writers: Mapping[str, str]

    def of(self, stage: Stage, domain: str) -> str:
        """What a stage works by; empty where it has no version, or none for the domain."""
        ruling = " ".join(filter(None, (self.taggers.get(domain), self.rules.get(domain))))
        return {
            "parse": self.parser,
            "classify": self.classifier,
            "tag": self.proposers.get(domain, ""),
            "extract": ruling,
            "summarize": self.writers.get(domain, ""),
        }.get(stage, "")


@dataclass(frozen=True)
class Work:
    """What is to be done, a document under the first stage that it needs."""

    parse: tuple[SourceFile, ...]
    tag: tuple[SourceFile, ...]
    extract: tuple[SourceFile, ...]
    summarize: tuple[SourceFile, ...]
    skips: tuple[Skip, ...]

    @property
    def document_count(self) -> int:
        """Documents with any work."""
        return len(self.parse) + len(self.tag) + len(self.extract) + len(self.summarize)

    @property
    def left_alone(self) -> int:
        """Documents that need nothing."""
        return sum(skip.reason == PROCESSED for skip in self.skips)


@dataclass(frozen=True)
class Known:
    """What the database knows: each document's state, and the failures that still stand, by document id."""

    states: Mapping[str, DocumentState]
    failures: Mapping[str, Failure] = field(default_factory=dict)


def plan(files: Sequence[SourceFile], known: Known, versions: Versions, domain: str = AUTO) -> Work:
    """Each file's first needed stage. A document that failed is left alone until what failed on it has changed
    (`muniment retry` takes it up at once).
    """
    stages: dict[FirstStage, list[SourceFile]] = {"parse": [], "tag": [], "extract": [], "summarize": []}
    skips: list[Skip] = []
    for file in files:
        state, failure = known.states.get(file.sha256), known.failures.get(file.sha256)
        stage = first_stage(state, versions, domain)
        if stage is None:
            skips.append(Skip(str(file.path), file.sha256, PROCESSED))
        elif failure is not None and not _worth_another_try(failure, state, versions, domain):
            skips.append(Skip(str(file.path), file.sha256, f"{FAILED_BEFORE}{failure.reason}"))
        else:
            stages[stage].append(file)
    return Work(**{name: tuple(files) for name, files in stages.items()}, skips=tuple(skips))


def _worth_another_try(failure: Failure, state: DocumentState | None, versions: Versions, domain: str) -> bool:
    """Where the stage that failed, or one before it, has another version now, or the user now names the domain."""
    if failure.stage == "classify" and domain != AUTO:
        return True
    now = versions.of(failure.stage, state.fingerprint.domain if state else "")
    if now not in {"", failure.version}:
        return True
    if state is None or failure.stage == "classify":
        return state is not None and state.fingerprint.parser != versions.parser
    stage = first_stage(state, versions, domain)
    return stage is not None and ORDER.index(stage) < ORDER.index(failure.stage)


def first_stage(state: DocumentState | None, versions: Versions, domain: str) -> FirstStage | None:
    """The first stage whose version differs from the stored one; None where nothing is to be done."""
    if state is None or state.fingerprint.parser != versions.parser:
        return "parse"
    stored = state.fingerprint
    if domain not in {AUTO, stored.domain} or stored.domain not in versions.taggers:
        return "parse"
    proposer = versions.proposers[stored.domain]
    ruled_by = (versions.taggers[stored.domain], versions.rules[stored.domain])
    # documents from before proposals were kept have none, and need none until their rules change
    is_ruled = state.state == "processed" and (stored.tagger, stored.rules) == ruled_by
    if not is_ruled or stored.proposer not in {"", proposer}:
        return "extract" if stored.proposer == proposer else "tag"
    if versions.writers and stored.writer != versions.writers[stored.domain]:
        return "summarize"
    return None
