"""What is promised of runs, of what earlier runs stored, and of the files they saw."""

from flows.stages.history import KEPT
from flows.stages.promises.check import Check

ENDED = "SELECT DISTINCT document_id FROM core.{history} ANTI JOIN core.runs r ON r.run_id = until_run"

# Two rows of one key at one time: an earlier one that goes on after a later one has begun.

TWICE = """
WITH told AS (
    SELECT t.document_id, row({key}) AS key, began.started_at AS began, gone.started_at AS gone FROM (
        SELECT *, NULL AS until_run FROM core.{table} UNION ALL BY NAME SELECT * FROM core.{history}) AS t
    JOIN core.runs AS began ON began.run_id = t.run_id LEFT JOIN core.runs AS gone ON gone.run_id = t.until_run
    WHERE t.until_run IS NULL OR gone.run_id IS NOT NULL)
SELECT DISTINCT document_id FROM (
    SELECT document_id, began, lag(coalesce(gone, 'infinity')) OVER (PARTITION BY document_id, key
        ORDER BY began, coalesce(gone, 'infinity')) AS gone_before FROM told)
WHERE gone_before > began
"""

HISTORY = (
    *(
        Check("history", f"{kept.history} ended by a run that is not stored", ENDED.format(history=kept.history))
        for kept in KEPT.values()
    ),
    *(
        Check(
            "history",
            f"{table} that stand twice at one time",
            TWICE.format(table=table, history=kept.history, key=", ".join(kept.key)),
        )
        for table, kept in KEPT.items()
    ),
    Check(
        "history",
        "processed documents without the versions that a run left them by",
        """SELECT document_id FROM core.documents ANTI JOIN core.editions USING (document_id)
        WHERE state = 'processed' AND tagger IS NOT NULL AND rules IS NOT NULL AND domain IS NOT NULL""",
    ),
)

CONSERVATION = (
    Check(
        "conservation",
        "finished runs whose files are not processed + failed + skipped",
        "SELECT run_id FROM core.runs WHERE finished_at IS NOT NULL AND files <> processed + failed + skipped",
    ),
    Check(
        "conservation",
        "finished runs that skipped files without a reason for each",
        """SELECT r.run_id FROM core.runs r LEFT JOIN core.skips s USING (run_id)
        WHERE r.finished_at IS NOT NULL AND r.machine IS NULL GROUP BY r.run_id, r.skipped HAVING count(s.path) <> r.skipped""",
    ),
    Check(
        "conservation",
        # a later run takes over the failures that it meets again, so only the last can be counted
        "a last run that failed on files without a reason for each",
        """SELECT r.run_id FROM (SELECT * FROM core.runs WHERE machine IS NULL ORDER BY started_at DESC, run_id DESC LIMIT 1) r
        LEFT JOIN core.failures f USING (run_id) WHERE r.finished_at IS NOT NULL
        GROUP BY r.run_id, r.failed HAVING count(f.path) < r.failed""",
    ),
    Check(
        "conservation",
        # other bytes at the same path take over its failure: the old document is superseded, not unexplained
        "failed documents without a reason",
        """SELECT d.document_id FROM core.documents d
        ANTI JOIN core.failures f ON f.document_id = d.document_id
        ANTI JOIN core.failures g ON g.path = d.path WHERE d.state = 'failed'""",
    ),
)

STATES = (
    Check(
        "states",
        "processed documents without a domain or the versions that made them",
        """SELECT document_id FROM core.documents
        WHERE state = 'processed' AND (domain IS NULL OR tagger IS NULL OR rules IS NULL)""",
    ),
    Check(
        "states",
        "processed documents of a domain that is not installed",
        """SELECT document_id FROM core.documents
        WHERE state = 'processed' AND domain NOT IN (SELECT domain FROM installed)""",
    ),
    Check(
        "states",
        "documents that were only parsed and yet have findings, records, rulings or a summary",
        """SELECT document_id FROM core.documents d WHERE state = 'parsed' AND document_id IN (
            SELECT document_id FROM core.findings UNION SELECT document_id FROM core.records
            UNION SELECT document_id FROM core.rulings UNION SELECT document_id FROM core.summaries)""",
    ),
)
