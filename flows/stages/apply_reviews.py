"""An extraction as people have reviewed it: their findings in place of the model's, rulings and records accordingly.

Pure, and the same whether it starts from what the model proposed or from an earlier outcome of itself: what a decision
has taken from the model never comes back by itself. Knows neither the database nor who asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain_models.addressed import without_addressed
from domain_models.domain import Domain
from flows.stages.anchor import Interval, place_of
from flows.stages.extract import make_finding
from flows.stages.rows import Extraction
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Ruling, Span, Verdict
from schemas.review import Placement, Review, State, text_digest

REVIEW = "review"
"""The source of a finding that a person stands for; its probability is 1."""

SAME_PROPOSAL = 0.5
"""Jaccard overlap from which a new proposal is one that was rejected before, as CUAD's metric matches spans."""


@dataclass
class FieldReviews:
    """What decisions about one field amount to, told in the order in which they were made."""

    answers: dict[Interval, str] = field(default_factory=dict)
    denials: dict[Interval, str] = field(default_factory=dict)
    absent: str | None = None
    is_closed: bool = False
    taken: list[Interval] = field(default_factory=list)
    denied: list[Interval] = field(default_factory=list)

    def take(self, review: Review, judged: Interval | None, chosen: Interval | None) -> None:
        """One more decision, its passages at their places of now."""
        if judged and review.decision in {"correct", "reject"}:
            self.answers.pop(judged, None)
            self.denied.append(judged)
        if review.decision == "reject" and judged:
            self.denials[judged] = review.id
        elif review.decision == "absent":
            self.answers, self.absent, self.is_closed = {}, review.id, True
        elif chosen:
            self.answers[chosen] = review.id
            self.denials.pop(chosen, None)
            self.taken.append(chosen)
            self.absent = None

    @property
    def standing(self) -> frozenset[str]:
        """The reviews that count."""
        return frozenset([*self.answers.values(), *self.denials.values(), *([self.absent] if self.absent else [])])

    def leaves(self, finding: Finding) -> bool:
        """Whether a proposal is still one that nobody has decided about."""
        place = (finding.char_start, finding.char_end)
        return not (
            self.is_closed
            or any(_overlap(place, other) for other in self.taken)
            or any(_jaccard(place, other) >= SAME_PROPOSAL for other in self.denied)
        )


def apply_reviews(
    document: ParsedDocument,
    sections: Sequence[Section],
    domain: Domain,
    extraction: Extraction,
    reviews: Sequence[Review],
) -> Extraction:
    """The extraction with every review that can be placed; reviews in the order in which they were made."""
    if not reviews:
        return extraction
    fields, placements = _told(document, domain, reviews)
    kept = [
        f for f in extraction.findings if f.source != REVIEW and (f.field not in fields or fields[f.field].leaves(f))
    ]
    human = [
        make_finding(document, domain, Span(name, start, end, 1.0), REVIEW)
        for name, told in fields.items()
        for start, end in told.answers
    ]
    findings = tuple(sorted([*kept, *human], key=lambda f: (f.char_start, f.char_end, f.field)))
    rulings = tuple(_ruled(ruling, fields, findings) for ruling in extraction.rulings)
    heard = replace(document, text=without_addressed(document.text))
    records = tuple(domain.group(heard, sections, findings))
    return Extraction(document.id, findings, rulings, records, placements)


def _told(
    document: ParsedDocument, domain: Domain, reviews: Iterable[Review]
) -> tuple[Mapping[str, FieldReviews], tuple[Placement, ...]]:
    """What the decisions amount to by field, and what became of each."""
    digest = text_digest(document.text)
    fields: dict[str, FieldReviews] = {}
    places: list[tuple[Review, Interval | None, bool]] = []
    for review in reviews:
        is_same = review.seen.text_sha256 == digest
        judged, chosen = (
            place_of(document.text, one, is_same) if one else None for one in (review.judged.passage, review.chosen)
        )
        place = chosen if review.chosen else judged
        counts = review.field in domain.fields_by_name and (place is not None or review.decision == "absent")
        places.append((review, place, counts))
        if counts:
            fields.setdefault(review.field, FieldReviews()).take(review, judged, chosen)
    standing = frozenset(key for told in fields.values() for key in told.standing)
    return fields, tuple(_placement(review, place, counts, standing) for review, place, counts in places)


def _placement(review: Review, place: Interval | None, counts: bool, standing: frozenset[str]) -> Placement:
    state: State = "stale" if not counts else "standing" if review.id in standing else "superseded"
    return Placement(review.id, review.document_id, review.field, state, *((place if counts else None) or (None, None)))


def _ruled(ruling: Ruling, fields: Mapping[str, FieldReviews], findings: Sequence[Finding]) -> Ruling:
    """The ruling on a field; where all proposals were rejected and nobody says it is absent, it is open again."""
    if ruling.field not in fields:
        return ruling
    verdict: Verdict = "absent" if fields[ruling.field].absent else "abstained"
    if any(finding.field == ruling.field for finding in findings):
        verdict = "found"
    return replace(ruling, verdict=verdict, source=REVIEW)


def _overlap(one: Interval, other: Interval) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _jaccard(one: Interval, other: Interval) -> float:
    shared = _overlap(one, other)
    return shared / (one[1] - one[0] + other[1] - other[0] - shared)
