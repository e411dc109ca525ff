"""What changed between two runs: each value and verdict that differs, and the part whose new version changed it.

Reads the published snapshot; knows the core tables and their history, and no field of any domain. A probability that
moved without changing a value or a verdict is no change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.stages.database import plain_errors
from flows.stages.publish import snapshot_path
from flows.stages.query import QueryResult, snapshot
from schemas.errors import BadInput

RECENT_RUNS = 5

RUNS = "SELECT run_id, started_at FROM core.runs ORDER BY started_at DESC, run_id DESC"

VALUE = """concat_ws(' ', value_number, value_unit, value_date,
    CASE WHEN value_code IS NOT NULL THEN value_code_system || ' ' || value_code END, value_text)"""

# Of the documents that both runs had read, the findings and rulings of each run; equal findings are paired wherever they
# stand (a new parser moves all of them), the rest of a field in reading order.
CHANGES = """
WITH shared AS (
    SELECT document_id FROM core.editions WHERE run_id IN (FROM core.runs_until($old))
    INTERSECT SELECT document_id FROM core.editions WHERE run_id IN (FROM core.runs_until($new))
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY side, document_id, field, quote, said ORDER BY char_start) AS nth FROM (
        SELECT 'old' AS side, *, {value} AS said FROM core.findings_at($old)
        UNION ALL SELECT 'new' AS side, *, {value} AS said FROM core.findings_at($new))
    WHERE document_id IN (FROM shared)
), changed AS (
    SELECT *, row_number() OVER (PARTITION BY side, document_id, field ORDER BY char_start, char_end) AS place FROM (
        SELECT *, count(*) OVER (PARTITION BY document_id, field, quote, said, nth) AS sides FROM numbered)
    WHERE sides = 1
), findings AS (
    SELECT coalesce(o.document_id, n.document_id) AS document_id, coalesce(o.field, n.field) AS field,
        coalesce(o.char_start, n.char_start) AS char_start,
        o.said AS old_value, o.quote AS old_quote, n.said AS new_value, n.quote AS new_quote,
        o.finding_id AS old_id, n.run_id AS since_run
    FROM (FROM changed WHERE side = 'old') AS o FULL JOIN (FROM changed WHERE side = 'new') AS n
    ON o.document_id = n.document_id AND o.field = n.field AND o.place = n.place
), verdicts AS (
    SELECT o.document_id, o.field, o.verdict AS old_verdict, n.verdict AS new_verdict, n.run_id AS ruled_in
    FROM core.rulings_at($old) AS o JOIN core.rulings_at($new) AS n USING (document_id, field)
    WHERE o.document_id IN (FROM shared)
), ended AS (
    SELECT finding_id, max_by(until_run, r.started_at) AS until_run FROM core.finding_history AS h
    JOIN core.runs AS r ON r.run_id = h.until_run
    WHERE until_run IN (FROM core.runs_until($new)) GROUP BY finding_id
), named AS (
    SELECT document_id, run_id, {parts}
    FROM core.editions JOIN core.runs USING (run_id)
    WINDOW editions AS (PARTITION BY document_id ORDER BY started_at, run_id)
), causes AS (
    SELECT document_id, run_id, coalesce(nullif(concat_ws(', ', {names}), ''), 'same versions') AS cause FROM named
)
SELECT d.name AS document, field, old_value, old_quote, new_value, new_quote,
    coalesce(old_verdict, 'none') AS old_verdict, coalesce(new_verdict, 'none') AS new_verdict,
    coalesce(c.cause, 'unknown') AS cause
FROM (
    SELECT document_id, field, char_start, old_value, old_quote, new_value, new_quote, old_verdict, new_verdict,
        coalesce(f.since_run, e.until_run, v.ruled_in) AS changed_by
    FROM findings AS f FULL JOIN verdicts AS v USING (document_id, field)
    LEFT JOIN ended AS e ON e.finding_id = f.old_id
    WHERE f.document_id IS NOT NULL OR old_verdict <> new_verdict) AS both_kinds
JOIN core.documents AS d USING (document_id)
LEFT JOIN causes AS c ON c.document_id = both_kinds.document_id AND c.run_id = changed_by
ORDER BY document, both_kinds.document_id, field, char_start
"""
PARTS = ("parser", "domain", "tagger", "rules")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes from one run to another, in the order in which the runs were."""

    old: str
    new: str
    changes: QueryResult


def compare_runs(database: Path, one: str, other: str) -> Comparison:
    """What changed from the earlier to the later of two runs, each given by its id or the beginning of one.

    Raises BadInput, with the recent runs, where one is not stored.
    """
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        runs = [row[0] for row in connection.execute(RUNS).fetchall()]
        new, old = sorted((_run(runs, one), _run(runs, other)), key=runs.index)
        answer = connection.execute(_changes(), {"old": old, "new": new})
        columns = tuple(column[0] for column in answer.description or ())
        return Comparison(old, new, QueryResult(columns, tuple(answer.fetchall())))


def _changes() -> str:
    """The query, with a part's name and versions in `cause` where it is not what the edition before had."""
    before = "coalesce(lag({part}) OVER editions, {part})"
    changed = "CASE WHEN {part} <> {before} THEN '{part} ' || {before} || ' to ' || {part} END AS {part}_change"
    parts = ", ".join(changed.format(part=part, before=before.format(part=part)) for part in PARTS)
    return CHANGES.format(value=VALUE, parts=parts, names=", ".join(f"{part}_change" for part in PARTS))


def _run(runs: Sequence[str], named: str) -> str:
    fitting = [run for run in runs if run.startswith(named)] if named else []
    if len(fitting) == 1 or named in fitting:
        return named if named in fitting else fitting[0]
    recent = ", ".join(runs[:RECENT_RUNS]) or "none"
    problem = "no run" if not fitting else f"{len(fitting)} runs begin with"
    raise BadInput(f"{problem} {named!r}; the most recent: {recent}")
