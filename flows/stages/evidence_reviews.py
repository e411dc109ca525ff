"""What people have decided about one document, for its evidence page. Reads the published snapshot."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from schemas.review import Decision, State

HAS_REVIEWS = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'core' AND table_name = 'placements'"

REVIEWS = """
SELECT r.field, coalesce(c.label, r.field), r.decision, coalesce(r.chosen.quote, r.judged.quote, ''), r.reviewer,
    r.reviewed_at, coalesce(p.state, 'stale')
FROM core.reviews AS r LEFT JOIN core.placements AS p USING (review_id)
LEFT JOIN core.fields AS c ON c.domain = $domain AND c.field = r.field
WHERE r.document_id = $id ORDER BY r.reviewed_at DESC, r.review_id
"""


@dataclass(frozen=True, slots=True)
class ShownReview:
    """A decision, the words that it is about (empty for `absent`), and whether it counts now. `reviewed_at` is UTC."""

    field: str
    label: str
    decision: Decision
    quote: str
    reviewer: str
    reviewed_at: datetime
    state: State


def shown_reviews(connection: duckdb.DuckDBPyConnection, document_id: str, domain: str) -> tuple[ShownReview, ...]:
    """The document's decisions, the latest first; none in a snapshot from before there were any."""
    if not connection.execute(HAS_REVIEWS).fetchall():
        return ()
    rows = connection.execute(REVIEWS, {"id": document_id, "domain": domain}).fetchall()
    return tuple(ShownReview(*row) for row in rows)
