"""What is promised of pages, their geometry and what belongs to a document."""

from flows.stages.history import KEPT
from flows.stages.promises.check import Check
from flows.stages.rows import ABOUT_TABLES, SEARCH_TABLES

PAGES = (
    Check(
        "pages",
        "documents whose pages are not numbered 1 to page_count",
        """SELECT d.document_id FROM core.documents d LEFT JOIN core.pages p USING (document_id)
        GROUP BY d.document_id, d.page_count
        HAVING d.page_count < 1 OR count(p.page_number) <> d.page_count
            OR min(p.page_number) <> 1 OR max(p.page_number) <> d.page_count""",
    ),
    Check(
        "pages",
        "pages that do not follow the page before after one form feed, or do not end with the text",
        """SELECT document_id || ':' || page_number FROM (
            SELECT p.*, d.text, d.page_count, lag(p.char_end, 1, -1) OVER pages AS before
            FROM core.pages p JOIN core.documents d USING (document_id)
            WINDOW pages AS (PARTITION BY p.document_id ORDER BY p.page_number))
        WHERE char_start <> before + 1 OR char_end < char_start
            OR (before >= 0 AND substring(text, before + 1, 1) <> chr(12))
            OR (page_number = page_count AND char_end <> length(text))""",
    ),
    Check(
        "pages",
        "unreadable pages that have text",
        """SELECT document_id || ':' || page_number FROM core.pages
        WHERE reader = 'unreadable' AND char_end > char_start""",
    ),
    Check(
        "pages",
        "documents whose char_count is not the length of their text",
        "SELECT document_id FROM core.documents WHERE char_count <> length(text)",
    ),
    Check(
        "pages",
        "sections outside the document's text",
        """SELECT s.document_id || ':' || s.ordinal FROM core.sections s JOIN core.documents d USING (document_id)
        WHERE s.char_start < 0 OR s.char_end <= s.char_start OR s.char_end > d.char_count""",
    ),
)

GEOMETRY = (
    Check(
        "geometry",
        # reading version 1 knew no places; its documents are read anew by the next run
        "pages without a map, or maps without a page",
        """SELECT coalesce(p.document_id, g.document_id) || ':' || coalesce(p.page_number, g.page_number)
        FROM core.pages p FULL JOIN core.geometry g USING (document_id, page_number)
        JOIN core.documents d ON d.document_id = coalesce(p.document_id, g.document_id)
        WHERE (p.page_number IS NULL OR g.page_number IS NULL) AND d.parser NOT LIKE '1+%'""",
    ),
    Check(
        "geometry",
        "maps that do not fit their page's text",
        """SELECT document_id || ':' || page_number FROM core.geometry g JOIN core.pages p USING (document_id, page_number)
        WHERE len(run_starts) > 0 AND (len(char_edges) <> char_end - char_start OR run_starts[1] < 0
            OR run_starts[-1] + run_lengths[-1] > char_end - char_start OR run_starts <> list_sort(run_starts))""",
    ),
    Check(
        "geometry",
        "maps whose lists do not belong together",
        """SELECT document_id || ':' || page_number FROM core.geometry
        WHERE len(list_distinct([len(run_starts), len(run_lengths), len(run_lefts), len(run_tops), len(run_rights),
            len(run_bottoms)])) > 1 OR len(run_confidences) NOT IN (0, len(run_starts))""",
    ),
    Check(
        "geometry",
        "pages with words of a reader that tells places, and none told",
        """SELECT document_id || ':' || page_number FROM core.pages p JOIN core.geometry g USING (document_id, page_number)
        JOIN core.documents d USING (document_id)
        WHERE reader IN ('pdfium', 'ocr') AND len(run_starts) = 0
            AND trim(substring(d.text, p.char_start + 1, p.char_end - p.char_start)) <> ''""",
    ),
)

BY_RUN = "SELECT DISTINCT document_id FROM core.{table} ANTI JOIN core.runs USING (run_id) WHERE run_id IS NOT NULL"

STRAY = "SELECT DISTINCT document_id FROM core.{table} ANTI JOIN core.documents USING (document_id)"

ORPHANS = (
    *(
        Check(
            "orphans",
            f"{table} of documents that are not stored",
            STRAY.format(table=table),
        )
        for table in (
            "pages",
            "geometry",
            "sections",
            "masks",
            "proposals",
            "placements",
            "editions",
            *KEPT,
            *ABOUT_TABLES,
            *SEARCH_TABLES,
        )
    ),
    *(
        Check("orphans", f"{kept.history} of documents that are not stored", STRAY.format(table=kept.history))
        for kept in KEPT.values()
    ),
    *(
        Check("orphans", f"{table} by a run that is not stored", BY_RUN.format(table=table))
        for table in ("editions", *KEPT, *(kept.history for kept in KEPT.values()))
    ),
    Check(
        "orphans",
        "records with a finding that the document does not have",
        """SELECT DISTINCT r.record_id FROM core.records r
        ANTI JOIN core.findings f ON f.finding_id = r.finding_id AND f.document_id = r.document_id""",
    ),
    Check(
        "orphans",
        "documents changed by a run that is not stored",
        "SELECT document_id FROM core.documents ANTI JOIN core.runs USING (run_id)",
    ),
)

SEARCH = (
    Check(
        "search",
        "documents that can be found by what is not their text",
        """SELECT DISTINCT i.document_id FROM core.indexed i JOIN core.documents d USING (document_id)
        WHERE i.text_md5 <> md5(d.text)""",
    ),
    Check(
        "search",
        "passages outside their page",
        """SELECT DISTINCT s.document_id || ':' || s.page_number FROM core.passages s
        JOIN core.documents USING (document_id) LEFT JOIN core.pages p USING (document_id, page_number)
        WHERE p.page_number IS NULL OR s.char_start < p.char_start OR s.char_end > p.char_end OR s.char_end <= s.char_start""",
    ),
)
