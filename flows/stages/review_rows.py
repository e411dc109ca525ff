"""Reviews and placements as rows of core.reviews and core.placements, and back. Knows the columns; knows no database."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from flows.stages.rows import utc
from schemas.review import Judged, Passage, Placement, Review, Seen

REVIEWS = """
SELECT document_id, review_id, field, decision, finding_id, judged, chosen, judged_score, judged_source, reviewer,
    reviewed_at, parser, tagger, rules, text_sha256
FROM core.reviews WHERE list_contains($ids, document_id) ORDER BY document_id, reviewed_at, review_id
"""

# The run that the batch's one document was last changed by, and where its findings stand.
PLACES = """
SELECT d.run_id, list(f.finding_id ORDER BY f.finding_id)
FROM core.documents AS d LEFT JOIN core.findings AS f USING (document_id)
WHERE d.document_id IN (SELECT document_id FROM batch) GROUP BY d.run_id
"""

UNSETTLED = """
SELECT DISTINCT document_id FROM core.reviews JOIN core.documents AS d USING (document_id)
ANTI JOIN core.placements USING (review_id) WHERE d.state = 'processed' ORDER BY document_id
"""

RULINGS = """
SELECT document_id, field, verdict, best_score, found_at, absent_below, searched_chars, source
FROM core.rulings WHERE document_id = $id ORDER BY field
"""

INSERT_REVIEW = """
INSERT OR IGNORE INTO core.reviews VALUES ($review_id, $document_id, $field, $decision, $finding_id, $judged, $chosen,
    $judged_score, $judged_source, $reviewer, $reviewed_at, $parser, $tagger, $rules, $text_sha256)
"""


def review_cells(review: Review) -> dict[str, object]:
    """The cells of one row of core.reviews, by column."""
    judged = review.judged
    return {
        "review_id": review.id, "document_id": review.document_id, "field": review.field, "decision": review.decision,
        "finding_id": judged.finding_id, "judged": _struct(judged.passage), "chosen": _struct(review.chosen),
        "judged_score": judged.score, "judged_source": judged.source, "reviewer": review.reviewer,
        "reviewed_at": utc(review.reviewed_at), **asdict(review.seen),
    }  # fmt: skip


def review_of(document_id: str, *cells: Any) -> Review:
    """The review of a row of REVIEWS."""
    key, field, decision, finding_id, judged, chosen, score, source, reviewer, moment, *seen = cells
    at: datetime = moment.replace(tzinfo=UTC)
    told = Judged(score, finding_id, _passage(judged), source)
    return Review(key, document_id, field, decision, told, _passage(chosen), reviewer, at, Seen(*seen))


def placement_rows(placements: Iterable[Placement]) -> pa.Table:
    """core.placements."""
    kinds = [pa.string()] * 4 + [pa.int32()] * 2
    names = ("review_id", "document_id", "field", "state", "char_start", "char_end")
    listed = list(placements)
    columns = [pa.array([getattr(one, name) for one in listed], kind) for name, kind in zip(names, kinds, strict=True)]
    return pa.table(columns, names=list(names))


def _struct(passage: Passage | None) -> dict[str, object] | None:
    return asdict(passage) if passage else None


def _passage(cells: dict[str, Any] | None) -> Passage | None:
    return Passage(**cells) if cells else None
