"""What was done to which document by which versions, and what went wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Stage = Literal["ingest", "parse", "classify", "tag", "extract", "summarize", "store"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file got no further. `reason` is one of a small fixed vocabulary, never document text.

    `document_id` is None where the bytes could not be read; `version` is that of the stage, empty where it has none.
    """

    path: str
    document_id: str | None
    stage: Stage
    reason: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """A file that was not tried, and why (`not a document type we read`, `same bytes as ...`, `already done`)."""

    path: str
    document_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The versions that a document's rows depend on; a stage is done again only when its own part changes.

    `proposer` is that of the model whose proposals are stored. A version is empty where its stage is not done.
    """

    parser: str
    domain: str
    tagger: str
    rules: str
    writer: str
    proposer: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One batch: `files` found, and what became of them. Conservation: files == processed + failed + skipped."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    files: int
    processed: int
    failed: int
    skipped: int
    pages: int
    findings: int
    seconds: float
