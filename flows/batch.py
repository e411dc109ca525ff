"""One batch's plan: which file needs which stages. Pure; reads no file and no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.stages.store import DocumentState
from schemas.document import SourceFile
from schemas.run import Failure, Skip

AUTO = "auto"
PROCESSED = "already processed by the same versions"


@dataclass(frozen=True)
class Versions:
    """The versions a batch works with, by domain. `writers` is empty where no summaries are wanted."""

    parser: str
    taggers: Mapping[str, str]
    rules: Mapping[str, str]
    writers: Mapping[str, str]


@dataclass(frozen=True)
class Work:
    """What is to be done, a document in exactly one of `parse`, `extract` and `summarize`: the first stage it needs."""

    parse: tuple[SourceFile, ...]
    extract: tuple[SourceFile, ...]
    summarize: tuple[SourceFile, ...]
    skips: tuple[Skip, ...]

    @property
    def document_count(self) -> int:
        """Documents with any work."""
        return len(self.parse) + len(self.extract) + len(self.summarize)


@dataclass(frozen=True)
class Known:
    """What the database knows: each document's state, and the failures that still stand, by document id."""

    states: Mapping[str, DocumentState]
    failures: Mapping[str, Failure] = field(default_factory=dict)


def plan(files: Sequence[SourceFile], known: Known, versions: Versions, domain: str = AUTO) -> Work:
    """Each file's first needed stage. A document that failed is left alone (`muniment retry` takes it up again)."""
    stages: dict[str, list[SourceFile]] = {"parse": [], "extract": [], "summarize": []}
    skips: list[Skip] = []
    for file in files:
        failure = known.failures.get(file.sha256)
        if failure is not None and not _worth_another_try(failure, domain):
            skips.append(Skip(str(file.path), file.sha256, f"failed before: {failure.reason}"))
            continue
        stage = first_stage(known.states.get(file.sha256), versions, domain)
        if stage is None:
            skips.append(Skip(str(file.path), file.sha256, PROCESSED))
        else:
            stages[stage].append(file)
    return Work(tuple(stages["parse"]), tuple(stages["extract"]), tuple(stages["summarize"]), tuple(skips))


def _worth_another_try(failure: Failure, domain: str) -> bool:
    """A document of no known domain is worth one when the user now names the domain."""
    return failure.stage == "classify" and domain != AUTO


def first_stage(state: DocumentState | None, versions: Versions, domain: str) -> str | None:
    """The first stage whose version differs from the stored one; None where nothing is to be done."""
    if state is None or state.fingerprint.parser != versions.parser:
        return "parse"
    stored = state.fingerprint
    if domain not in {AUTO, stored.domain} or stored.domain not in versions.taggers:
        return "parse"
    wanted = (versions.taggers[stored.domain], versions.rules[stored.domain])
    if state.state != "processed" or (stored.tagger, stored.rules) != wanted:
        return "extract"
    if versions.writers and stored.writer != versions.writers[stored.domain]:
        return "summarize"
    return None
