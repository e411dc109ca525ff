"""Which documents a person should look at first: those whose rulings are least certain. Reads the published snapshot."""

from dataclasses import dataclass
from pathlib import Path

from flows.stages.database import plain_errors
from flows.stages.publish import snapshot_path
from flows.stages.query import snapshot

# The value of a look is the uncertainty that it can end, in bits: that of each finding nobody has decided about, one
# for each field on which no ruling was possible, and that of each absence that nobody has confirmed.
QUEUE = """
WITH decided AS (
    SELECT document_id, field, bool_or(r.decision = 'absent') AS is_absent
    FROM core.placements AS p JOIN core.reviews AS r USING (review_id, document_id, field)
    WHERE p.state = 'standing' GROUP BY ALL
), told AS (
    SELECT document_id, probability AS p, 'finding' AS kind FROM core.findings WHERE source <> 'review'
    UNION ALL
    SELECT document_id, 0.5, 'abstained' FROM core.rulings WHERE verdict = 'abstained'
    UNION ALL
    SELECT r.document_id, r.best_score, 'absent' FROM core.rulings AS r
    LEFT JOIN decided AS d ON d.document_id = r.document_id AND d.field = r.field
    WHERE r.verdict = 'absent' AND NOT coalesce(d.is_absent, false)
), valued AS (
    SELECT document_id, sum(CASE WHEN p > 0 AND p < 1 THEN -p * log2(p) - (1 - p) * log2(1 - p) ELSE 0 END) AS bits,
        count(*) FILTER (WHERE kind = 'finding') AS findings, count(*) FILTER (WHERE kind = 'abstained') AS abstained
    FROM told GROUP BY document_id
)
SELECT d.document_id, d.name, coalesce(m.title, d.domain, ''), d.page_count, coalesce(v.findings, 0),
    coalesce(v.abstained, 0), coalesce(v.bits, 0),
    (SELECT count(*) FROM core.placements AS p WHERE p.document_id = d.document_id AND p.state = 'standing'),
    (SELECT count(*) FROM core.placements AS p WHERE p.document_id = d.document_id AND p.state = 'stale')
FROM current.documents AS d LEFT JOIN valued AS v USING (document_id) LEFT JOIN core.domains AS m USING (domain)
WHERE d.state = 'processed'
ORDER BY coalesce(v.findings, 0) + coalesce(v.abstained, 0) = 0, coalesce(v.bits, 0) DESC, d.name, d.document_id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document in the queue: findings nobody has decided about, fields without a ruling, the value of a look in bits,
    decisions that stand, and decisions whose words could not be found again.
    """

    document_id: str
    name: str
    domain: str
    page_count: int
    findings: int
    abstained: int
    bits: float
    decided: int
    stale: int


def review_queue(database: Path) -> tuple[Waiting, ...]:
    """The processed documents, the one most worth a look first, those with nothing left to decide last."""
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        return tuple(Waiting(*row) for row in connection.execute(QUEUE).fetchall())
