"""A person's decision about a finding or a field, and what it was made on."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Decision = Literal["accept", "correct", "reject", "add", "absent"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

CONTEXT = 40
"""Characters kept on each side of a passage, by which it is found again in another text."""

State = Literal["standing", "superseded", "stale"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words at their place, half-open, with up to CONTEXT characters of the text on each side."""

    char_start: int
    char_end: int
    quote: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The versions that made what the reviewer saw, and the SHA-256 of the document's text."""

    parser: str
    tagger: str
    rules: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The finding decided about: its place and words, and what the proposer said of it.

    Of an `add` or `absent` only the score is set, the best of the field's ruling.
    """

    score: float
    finding_id: str | None = None
    passage: Passage | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A decision. `chosen` are the words that are right: None for `reject` and `absent`.

    `reviewed_at` is UTC; later decisions about the same place or field beat earlier ones.
    """

    id: str
    document_id: str
    field: str
    decision: Decision
    judged: Judged
    chosen: Passage | None
    reviewer: str
    reviewed_at: datetime
    seen: Seen


@dataclass(frozen=True, slots=True)
class Placement:
    """Whether a review counts now, and where its words stand in the text of now (None where stale, or of no place)."""

    review_id: str
    document_id: str
    field: str
    state: State
    char_start: int | None = None
    char_end: int | None = None


def passage(text: str, char_start: int, char_end: int) -> Passage:
    """The words of an interval, with what stands around them."""
    before = text[max(0, char_start - CONTEXT) : char_start]
    return Passage(char_start, char_end, text[char_start:char_end], before, text[char_end : char_end + CONTEXT])


def text_digest(text: str) -> str:
    """SHA-256 of a document's text, as core.reviews keeps it."""
    return hashlib.sha256(text.encode()).hexdigest()
