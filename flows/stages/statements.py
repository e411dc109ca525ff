"""The SQL by which the store writes and reads the core tables."""

from flows.stages import rows

PARSE_TABLES = ("documents", "pages", "geometry", "sections", "masks", *rows.ABOUT_TABLES, *rows.SEARCH_TABLES)

DELETE_BATCH = "DELETE FROM core.{table} WHERE document_id IN (SELECT document_id FROM batch)"

INSERT_ROWS = "INSERT INTO core.{table} BY NAME SELECT * FROM new_rows"

FINISH_RUN = """
UPDATE core.runs SET started_at = $started, finished_at = $finished, files = $files, processed = $processed,
    failed = $failed, skipped = $skipped, pages = $pages, findings = $findings, seconds = $seconds
WHERE run_id = $run
"""

MARK_PROCESSED = """
UPDATE core.documents SET state = 'processed', tagger = $tagger, rules = $rules, run_id = $run, stored_at = $now
WHERE document_id IN (SELECT document_id FROM batch)
"""

MARK_SUMMARISED = """
UPDATE core.documents SET writer = $writer, summary_refused = batch.refused, run_id = $run, stored_at = $now
FROM batch WHERE documents.document_id = batch.document_id
"""

# A summary rests on findings: where they have changed it is made anew.
UNSUMMARISE = """
UPDATE core.documents SET writer = NULL, summary_refused = NULL
WHERE writer IS NOT NULL AND document_id IN (SELECT document_id FROM batch)
"""

FINGERPRINTS = """
SELECT document_id, state, parser, coalesce(domain, ''), coalesce(tagger, ''), coalesce(rules, ''),
    coalesce(writer, ''), coalesce(proposer, '')
FROM core.documents WHERE $ids IS NULL OR list_contains($ids, document_id)
"""

FINDINGS = """
SELECT document_id, field, quote, char_start, char_end, page_start, page_end, probability, source,
    value_text, value_date, value_number, value_unit, value_code, value_code_system, value_candidates
FROM core.findings WHERE list_contains($ids, document_id) ORDER BY document_id, char_start, char_end, field
"""

PAGES = """
SELECT document_id, page_number, char_start, char_end, reader
FROM core.pages WHERE list_contains($ids, document_id) ORDER BY document_id, page_number
"""

MAPS = f"""
SELECT width, height, turn, {", ".join(rows.MAP_LISTS)}
FROM core.geometry WHERE document_id = $id ORDER BY page_number
"""  # noqa: S608 (names of our own columns)

SECTIONS = """
SELECT document_id, title, level, path, char_start, char_end
FROM core.sections WHERE list_contains($ids, document_id) ORDER BY document_id, ordinal
"""

DOCUMENTS = "SELECT document_id, name, text, domain FROM core.documents WHERE list_contains($ids, document_id)"
