"""Fits the tagger's probabilities to people's decisions, where these are enough and it helps; later runs use the fit.

Reads the published snapshot, writes one small file beside the database. Knows no network.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_models.recalibration import (
    Judgement,
    Recalibration,
    fit,
    load_recalibrations,
    log_losses,
    save_recalibrations,
)
from flows.stages.database import plain_errors
from flows.stages.publish import publish, snapshot_path
from flows.stages.query import snapshot

WANTED = 30
"""Decisions about a tagger's findings, right and wrong ones among them, without which nothing is fitted."""

# Of each place decided about, the last decision, and the probability that the model of now gives it. A correction that
# kept half of the words (Jaccard, as CUAD's metric matches spans) found the right clause.
JUDGEMENTS = """
WITH last AS (
    SELECT r.*, row_number() OVER (
        PARTITION BY document_id, field, judged.char_start, judged.char_end ORDER BY reviewed_at DESC) AS number,
        greatest(0, least(judged.char_end, chosen.char_end) - greatest(judged.char_start, chosen.char_start)) AS shared
    FROM core.reviews AS r WHERE judged_source = 'tagger'
), told AS (
    SELECT l.review_id, l.document_id, l.field, d.domain, regexp_replace(d.tagger, '\\+r[0-9a-f]{8}$', '') AS tagger,
        decision = 'accept' OR (decision = 'correct' AND shared >= 0.5 * (judged.char_end - judged.char_start
            + chosen.char_end - chosen.char_start - shared)) AS is_right,
        coalesce(
            max(p.probability) FILTER (p.char_start = judged.char_start AND p.char_end = judged.char_end),
            max(p.probability)) AS probability
    FROM last AS l JOIN core.documents AS d USING (document_id)
    JOIN core.proposals AS p ON p.document_id = l.document_id AND p.field = l.field
        AND p.char_start <= judged.char_start AND p.char_end >= judged.char_end
    WHERE number = 1 AND d.state = 'processed' AND l.text_sha256 = sha256(d.text) AND NOT list_contains($left_out, d.document_id)
    GROUP BY ALL
)
SELECT domain, tagger, document_id, field, probability, is_right FROM told ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of one tagger's decisions: mean log loss before and after, by folds, and why nothing was kept."""

    domain: str
    tagger: str
    decisions: int
    before: float
    after: float
    refused: str


def recalibrations_path(database: Path) -> Path:
    """The file beside a database that later runs take the corrections from."""
    return database.with_name(f"{database.name}.calibration.json")


def calibrate(database: Path, left_out: Collection[str] = ()) -> tuple[Fitted, ...]:
    """Fits each domain's tagger to the decisions about its findings, those about `left_out` documents excepted."""
    publish(database)
    told: dict[tuple[str, str], list[Judgement]] = {}
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        for domain, tagger, *cells in connection.execute(JUDGEMENTS, {"left_out": list(left_out)}).fetchall():
            told.setdefault((domain, tagger), []).append(Judgement(*cells))
    made = load_recalibrations(recalibrations_path(database))
    fitted = tuple(_fitted(domain, tagger, judged, made) for (domain, tagger), judged in told.items())
    if any(not one.refused for one in fitted):
        save_recalibrations(recalibrations_path(database), made)
    return fitted


def _fitted(domain: str, tagger: str, judged: list[Judgement], made: dict[str, Recalibration]) -> Fitted:
    right = sum(one.is_right for one in judged)
    if len(judged) < WANTED or right in {0, len(judged)}:
        why = f"{right} right and {len(judged) - right} wrong findings; at least {WANTED} of both kinds are wanted"
        return Fitted(domain, tagger, len(judged), 0.0, 0.0, why)
    before, after = log_losses(tagger, judged)
    if after >= before:
        return Fitted(domain, tagger, len(judged), before, after, "what other documents teach would not have helped")
    made[domain] = fit(tagger, judged)
    return Fitted(domain, tagger, len(judged), before, after, "")


def recalibrations(database: Path) -> Mapping[str, Recalibration]:
    """The corrections that a run on this database takes, by domain."""
    return load_recalibrations(recalibrations_path(database))
