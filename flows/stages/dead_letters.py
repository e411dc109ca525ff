"""What goes wrong with files, as the store keeps it: SQL for attempts, for what a success settles, for what stands."""

# A summary that could not be made hides nothing: the document's findings are whole.
MARK_FAILED = """
UPDATE core.documents SET state = 'failed', run_id = $run, stored_at = $now
WHERE document_id IN (SELECT document_id FROM batch WHERE stage <> 'summarize')
"""

RESOLVE = """
UPDATE core.failures SET resolved_at = $now
WHERE resolved_at IS NULL AND (stage = 'summarize') = $summaries AND (
    document_id IN (SELECT document_id FROM batch)
    OR path IN (SELECT path FROM core.documents WHERE document_id IN (SELECT document_id FROM batch)))
"""

# The same bytes failing again in another run is one more attempt; other bytes at the same path start anew.
SAVE_FAILURES = """
INSERT INTO core.failures BY NAME
SELECT path, document_id, stage, reason, 1 AS attempts, $run AS run_id, $now AS first_seen_at, $now AS last_seen_at,
    version FROM batch
ON CONFLICT (path) DO UPDATE SET
    attempts = CASE
        WHEN failures.document_id IS DISTINCT FROM excluded.document_id OR failures.resolved_at IS NOT NULL THEN 1
        WHEN failures.run_id = excluded.run_id THEN failures.attempts
        ELSE failures.attempts + 1 END,
    first_seen_at = CASE
        WHEN failures.document_id IS DISTINCT FROM excluded.document_id OR failures.resolved_at IS NOT NULL
        THEN excluded.first_seen_at ELSE failures.first_seen_at END,
    document_id = excluded.document_id, stage = excluded.stage, reason = excluded.reason,
    run_id = excluded.run_id, last_seen_at = excluded.last_seen_at, resolved_at = NULL, version = excluded.version
"""

OPEN_FAILURES = """
SELECT path, document_id, stage, reason, coalesce(version, '') FROM core.failures WHERE resolved_at IS NULL ORDER BY path
"""
