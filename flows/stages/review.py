"""A decision as a person asks for it, checked against what is stored and stored with all that follows from it.

Knows the store and the domains; knows no page and no browser.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain_models import get_domain
from domain_models.domain import Domain
from flows.stages.apply_reviews import apply_reviews
from flows.stages.extract import within_page_breaks
from flows.stages.rows import Extraction
from flows.stages.store import Store, StoredDocument
from schemas.errors import BadInput, ReviewOutdated, UnknownField
from schemas.finding import Finding
from schemas.review import DECISIONS, Decision, Judged, Passage, Review, Seen, passage, text_digest

JUDGING = frozenset({"accept", "correct", "reject"})
CHOOSING = frozenset({"correct", "add"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reviewer asks for. `review_id` is the asker's: the same one twice is one decision.

    `finding_id` for accept, correct and reject; `char_start` and `char_end` for correct and add, in the text whose
    SHA-256 is `text_sha256`.
    """

    review_id: str
    document_id: str
    field: str
    decision: Decision
    text_sha256: str
    finding_id: str | None = None
    char_start: int | None = None
    char_end: int | None = None


def asked(document_id: str, cells: Any) -> Asked:
    """The decision in a JSON object. Raises BadInput where it is none."""
    if not isinstance(cells, dict):
        raise BadInput("a decision is one JSON object")
    words = {name: cells.get(name) for name in ("review_id", "field", "decision", "text_sha256", "finding_id")}
    places = {name: cells.get(name) for name in ("char_start", "char_end")}
    if words["decision"] not in DECISIONS:
        raise BadInput(f"unknown decision {words['decision']!r}; have: {', '.join(DECISIONS)}")
    missing = [n for n in ("review_id", "field", "text_sha256") if not (isinstance(words[n], str) and words[n])]
    missing += [] if words["decision"] not in JUDGING or isinstance(words["finding_id"], str) else ["finding_id"]
    if words["decision"] in CHOOSING:
        missing += [name for name, place in places.items() if type(place) is not int]
    if missing:
        raise BadInput(f"a decision to {words['decision']} wants {', '.join(missing)}")
    return Asked(document_id=document_id, **words, **places)  # type: ignore[arg-type]


def decide(store: Store, wanted: Asked, reviewer: str) -> Review:
    """Stores the decision and what the document amounts to with it, in one transaction; returns what was stored.

    Raises BadInput for what cannot be decided, ReviewOutdated where the document is no longer what the asker saw.
    """
    (stored,) = store.load_documents([wanted.document_id])
    earlier = store.load_reviews([wanted.document_id])[wanted.document_id]
    again = [review for review in earlier if review.id == wanted.review_id]
    if again:
        return again[0]
    state = store.fingerprints()[wanted.document_id]
    if state.state != "processed" or stored.domain is None:
        raise BadInput(
            f"document {wanted.document_id[:12]} is {state.state}, not processed: nothing to decide about yet"
        )
    domain = get_domain(stored.domain)
    if wanted.field not in domain.fields_by_name:
        raise UnknownField(wanted.field, domain.name, domain.fields_by_name)
    if wanted.text_sha256 != text_digest(stored.document.text):
        raise ReviewOutdated("the document was read anew meanwhile; look at it again")
    before = _stored_extraction(store, wanted.document_id)
    made = state.fingerprint
    review = Review(
        id=wanted.review_id,
        document_id=wanted.document_id,
        field=wanted.field,
        decision=wanted.decision,
        judged=_judged(wanted, stored.document.text, before),
        chosen=_chosen(wanted, stored, before),
        reviewer=reviewer,
        reviewed_at=_after(earlier),
        seen=Seen(made.parser, made.tagger, made.rules, wanted.text_sha256),
    )
    store.save_review(review, _with(stored, domain, before, (*earlier, review)))
    return review


def settle(store: Store) -> None:
    """Applies reviews that came in from another machine, where they were decided about another state of the document."""
    for document_id in store.unsettled():
        (stored,) = store.load_documents([document_id])
        reviews = store.load_reviews([document_id])[document_id]
        domain = get_domain(stored.domain or "")
        store.save_review(reviews[-1], _with(stored, domain, _stored_extraction(store, document_id), tuple(reviews)))


def _with(stored: StoredDocument, domain: Domain, before: Extraction, reviews: tuple[Review, ...]) -> Extraction:
    return apply_reviews(stored.document, stored.sections, domain, before, reviews)


def _stored_extraction(store: Store, document_id: str) -> Extraction:
    findings = store.load_findings([document_id])[document_id]
    return Extraction(document_id, findings, store.load_rulings(document_id), ())


def _judged(wanted: Asked, text: str, before: Extraction) -> Judged:
    if wanted.decision not in JUDGING:
        return Judged(next(r.best_score for r in before.rulings if r.field == wanted.field))
    finding = _finding(wanted, before)
    place = passage(text, finding.char_start, finding.char_end)
    return Judged(finding.probability, finding.id, place, finding.source)


def _finding(wanted: Asked, before: Extraction) -> Finding:
    for finding in before.findings:
        if finding.id == wanted.finding_id and finding.field == wanted.field:
            return finding
    raise ReviewOutdated("the finding is no longer among the document's; look at it again")


def _chosen(wanted: Asked, stored: StoredDocument, before: Extraction) -> Passage | None:
    text = stored.document.text
    if wanted.decision == "accept":
        finding = _finding(wanted, before)
        return passage(text, finding.char_start, finding.char_end)
    if wanted.decision not in CHOOSING:
        return None
    start, end = wanted.char_start or 0, wanted.char_end or 0
    if not 0 <= start < end <= len(text):
        raise BadInput(f"{start}-{end} is no interval of the document's {len(text)} characters")
    start, end = within_page_breaks(text, start, end)
    if start >= end:
        raise BadInput(f"no words stand at {wanted.char_start}-{wanted.char_end}")
    return passage(text, start, end)


def _after(earlier: tuple[Review, ...]) -> datetime:
    """Now, and in any case later than every decision before, so that the order of decisions is never in doubt."""
    now = datetime.now(UTC)
    last = max((review.reviewed_at for review in earlier), default=now)
    return now if not earlier or now > last else last + timedelta.resolution
