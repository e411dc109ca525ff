"""How a run's figures compare with those of the runs before it, and which documents failed: SQL for the store.

Shares of documents per field, of documents that needed OCR, and of summary sentences by origin; what is a drift is for
core.drift to say. Knows no text.
"""

from dataclasses import dataclass
from datetime import datetime

SAVE_QUALITY = """
INSERT INTO core.quality
WITH searched AS (
    SELECT document_id, domain FROM core.documents JOIN batch USING (document_id)
    WHERE state = 'processed' AND domain IS NOT NULL)
SELECT $run, s.domain, m.measure, r.field, count(*) FILTER (r.verdict = m.measure), count(*)
FROM searched AS s JOIN core.rulings AS r USING (document_id) CROSS JOIN (VALUES ('found'), ('abstained')) AS m(measure)
GROUP BY s.domain, m.measure, r.field
UNION ALL
SELECT $run, domain, 'ocr', '', count(*) FILTER (document_id IN (
    SELECT document_id FROM core.pages WHERE reader IN ('ocr', 'unreadable'))), count(*)
FROM searched GROUP BY domain
UNION ALL
SELECT $run, d.domain, m.measure, '', count(*) FILTER (s.origin = m.measure), count(*)
FROM core.documents AS d JOIN core.summaries AS s USING (document_id)
CROSS JOIN (VALUES ('written'), ('rewritten'), ('extracted'), ('composed')) AS m(measure)
WHERE d.state = 'processed' AND d.run_id = $run
GROUP BY d.domain, m.measure
"""

ABSTAINED = "SELECT coalesce(sum(hits), 0)::INTEGER FROM core.quality WHERE run_id = $run AND measure = 'abstained'"

DRIFTS = """
SELECT domain, measure, field, hits, total, earlier_hits, earlier_total, standard_errors, is_drift
FROM core.drift WHERE run_id = $run ORDER BY is_drift DESC, abs(standard_errors) DESC, domain, measure, field
"""

FAILED = """
SELECT coalesce(document_id, ''), stage, reason, attempts, first_seen_at FROM core.failures
WHERE resolved_at IS NULL ORDER BY run_id = $run DESC, last_seen_at DESC, stage, document_id
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """One figure of a run (`hits` of `total` documents or sentences) beside that of the runs before, and whether they differ.

    `standard_errors` is how many of its standard errors the difference measures, negative where the run has less.
    """

    domain: str
    measure: str
    field: str
    hits: int
    total: int
    earlier_hits: int
    earlier_total: int
    standard_errors: float
    is_drift: bool


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """What still stands against a document; `document_id` is empty where its bytes could not be read."""

    document_id: str
    stage: str
    reason: str
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class RunQuality:
    """What there is to look at after a run: how many rulings it abstained from, its drifts, and all open failures."""

    abstained: int
    drifts: tuple[Drift, ...]
    failures: tuple[OpenFailure, ...]
