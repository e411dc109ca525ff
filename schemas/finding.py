"""What was found in a document, what was ruled absent, and how findings belong together."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

Verdict = Literal["found", "absent", "abstained"]
Origin = Literal["written", "rewritten", "extracted", "composed"]


class Candidate(NamedTuple):
    """A code that a quote may bear: its title, and how near the two are (0 to 1, not a probability)."""

    code: str
    description: str
    score: float


@dataclass(frozen=True, slots=True)
class Value:
    """A quote's normalised meaning. Only what the words say is set; the rest is None.

    `text` canonical wording; `date`; `number` with `unit` (an ISO 4217 currency, a UCUM unit, or for a duration
    `day`, `week`, `month` or `year`); `code` within `code_system` (ISO 3166, ICD-10-CM ...). `candidates` are the codes
    that `code` was chosen from or left open among, best first: no part of the meaning, so values are equal without them.
    """

    text: str | None = None
    date: datetime.date | None = None
    number: Decimal | None = None
    unit: str | None = None
    code: str | None = None
    code_system: str | None = None
    candidates: tuple[Candidate, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A tagger's proposal: `field` stands in `[char_start, char_end)` with this calibrated probability (0 to 1)."""

    field: str
    char_start: int
    char_end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One field's value in one place. Invariant: `document.text[char_start:char_end] == quote`.

    Page numbers are 1-based and inclusive. `source` names what proposed it (`tagger`, `patterns`, `writer`).
    `value` is None where the words are found but do not resolve ("[***]", an ambiguous date).
    """

    document_id: str
    field: str
    quote: str
    char_start: int
    char_end: int
    page_start: int
    page_end: int
    probability: float
    source: str
    value: Value | None = None

    @property
    def id(self) -> str:
        """Unique within the database and the same in every run: document, field and place."""
        return f"{self.document_id[:16]}:{self.field}:{self.char_start}-{self.char_end}"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided about one field of one document; exactly one per field of the document's domain.

    `best_score` is the highest probability of any candidate, accepted or not (0 where there was none);
    `found_at` and `absent_below` are the thresholds that decided; `searched_chars` is how much text was read.
    `source` names what proposed the best candidate or, where there was none, what searched (as `Finding.source`).
    """

    document_id: str
    field: str
    verdict: Verdict
    best_score: float
    found_at: float
    absent_below: float
    searched_chars: int
    source: str


@dataclass(frozen=True, slots=True)
class Member:
    """A finding's part in a record: `role` is the column it fills (`drug`, `dose`, `party`)."""

    role: str
    finding_id: str


@dataclass(frozen=True, slots=True)
class Record:
    """Findings of one document that belong together; `kind` names the typed view that pivots it.

    `ordinal` numbers the records of one kind within the document from 0, in reading order.
    """

    document_id: str
    kind: str
    ordinal: int
    members: tuple[Member, ...]

    @property
    def id(self) -> str:
        """Unique within the database and the same in every run."""
        return f"{self.document_id[:16]}:{self.kind}:{self.ordinal}"


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A sentence and the half-open intervals of the document it rests on (never empty).

    `origin`: `written` by the model and upheld by the guard, `rewritten` likewise at the second attempt, `extracted` word
    for word from the document, or `composed` of the words of several findings.
    """

    text: str
    citations: tuple[tuple[int, int], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Summary:
    """A document's summary in reading order; `refused` counts sentences that the guard turned away twice."""

    document_id: str
    sentences: tuple[SummarySentence, ...]
    refused: int
    writer: str
