"""Checks every promise on what is stored, and names the rows that break one.

Knows the core tables and which fields each domain has; knows nothing of how rows came to be.
Each check is a query that gives the offending ids, and none where the promise holds.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from domain_models.domain import Domain
from flows.stages.database import connect, plain_errors, private_files
from flows.stages.rows import ABOUT_TABLES
from schemas.errors import StoreError

Promise = Literal[
    "evidence", "rulings", "pages", "geometry", "summaries", "orphans", "conservation", "states", "privacy"
]


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken promise: what is wrong, and the ids of the rows that are (never their text)."""

    promise: Promise
    detail: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A promise put to the database: `sql` gives one column, the ids for which `detail` is true.

    The tables `expected` (domain, field) and `installed` (domain) stand for the domains given.
    """

    promise: Promise
    detail: str
    sql: str


EVIDENCE = (
    Check(
        "evidence",
        "findings whose quote is not the document's text at their place",
        # substring counts code points, as Python does; graphemes would be substring_grapheme
        """SELECT finding_id FROM core.findings f JOIN core.documents d USING (document_id)
        WHERE f.char_start < 0 OR f.char_end <= f.char_start OR f.char_end > length(d.text)
            OR substring(d.text, f.char_start + 1, f.char_end - f.char_start) <> f.quote""",
    ),
    Check(
        "evidence",
        "findings whose page numbers are not those of their place",
        """SELECT finding_id FROM (
            SELECT f.finding_id, f.page_start, f.page_end, min(p.page_number) AS first, max(p.page_number) AS last
            FROM core.findings f LEFT JOIN core.pages p ON p.document_id = f.document_id
                AND p.char_start < f.char_end AND p.char_end > f.char_start
            WHERE f.document_id IN (SELECT document_id FROM core.documents) GROUP BY ALL)
        WHERE first IS DISTINCT FROM page_start OR last IS DISTINCT FROM page_end""",
    ),
    Check(
        "evidence",
        "findings whose probability is not between 0 and 1",
        "SELECT finding_id FROM core.findings WHERE isnan(probability) OR probability NOT BETWEEN 0 AND 1",
    ),
)

RULINGS = (
    Check(
        "rulings",
        "fields of a processed document without a ruling",
        """SELECT d.document_id || ':' || e.field FROM core.documents d JOIN expected e USING (domain)
        ANTI JOIN core.rulings r ON r.document_id = d.document_id AND r.field = e.field
        WHERE d.state = 'processed'""",
    ),
    Check(
        "rulings",
        "rulings on fields that the document's domain does not have",
        """SELECT r.document_id || ':' || r.field FROM core.rulings r JOIN core.documents d USING (document_id)
        ANTI JOIN expected e ON e.domain = d.domain AND e.field = r.field
        WHERE d.state = 'processed' AND d.domain IN (SELECT domain FROM installed)""",
    ),
    Check(
        "rulings",
        "fields ruled found without a finding",
        """SELECT r.document_id || ':' || r.field FROM core.rulings r
        ANTI JOIN core.findings f ON f.document_id = r.document_id AND f.field = r.field
        WHERE r.verdict = 'found'""",
    ),
    Check(
        "rulings",
        "findings of fields that are not ruled found",
        """SELECT f.finding_id FROM core.findings f ANTI JOIN core.rulings r
        ON r.document_id = f.document_id AND r.field = f.field AND r.verdict = 'found'""",
    ),
)

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

SUMMARIES = (
    Check(
        "summaries",
        "sentences that are empty or cite nothing",
        """SELECT document_id || ':' || ordinal FROM core.summaries WHERE trim(sentence) = '' OR len(citations) = 0""",
    ),
    Check(
        "summaries",
        "sentences that cite something outside the document's text",
        """SELECT DISTINCT s.document_id || ':' || s.ordinal
        FROM (SELECT document_id, ordinal, unnest(citations) AS cited FROM core.summaries) s
        JOIN core.documents d USING (document_id)
        WHERE cited.char_start < 0 OR cited.char_end <= cited.char_start OR cited.char_end > length(d.text)""",
    ),
)

PRIVACY = (
    Check(
        "privacy",
        "runs that stored documents as they are in a database of de-identified ones",
        """SELECT run_id FROM core.runs
        WHERE NOT contains(versions['parser'], '+deidentified-') AND EXISTS (SELECT 1 FROM core.runs WHERE contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "documents as they are in a database of de-identified ones",
        """SELECT document_id FROM core.documents
        WHERE NOT contains(parser, '+deidentified-') AND EXISTS (SELECT 1 FROM core.runs WHERE contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "masks outside the text, over another, or over a page's end",
        """SELECT document_id || ':' || ordinal FROM (
            SELECT m.*, d.text, lag(m.char_end, 1, 0) OVER (PARTITION BY document_id ORDER BY m.ordinal) AS before
            FROM core.masks m JOIN core.documents d USING (document_id))
        WHERE char_start < before OR char_end <= char_start OR char_end > length(text)
            OR contains(substring(text, char_start + 1, char_end - char_start), chr(12))""",
    ),
    Check(
        "privacy",
        "masks with other words than a surrogate of their kind",
        # a date is told from a name by its kind alone: its surrogate is a date
        r"""SELECT document_id || ':' || ordinal FROM (
            SELECT m.*, substring(d.text, m.char_start + 1, m.char_end - m.char_start) AS words
            FROM core.masks m JOIN core.documents d USING (document_id))
        WHERE NOT regexp_full_match(words, '\[' || upper(kind) || '-\d+\]')
            AND NOT (kind = 'age' AND words = '90+') AND NOT (kind = 'date' AND regexp_matches(words, '\d'))""",
    ),
    Check(
        "privacy",
        "masks in documents that are not de-identified",
        """SELECT DISTINCT document_id FROM core.masks JOIN core.documents USING (document_id)
        WHERE NOT contains(parser, '+deidentified-')""",
    ),
    Check(
        "privacy",
        "de-identified documents under a name or path of their own",
        r"""SELECT document_id FROM core.documents WHERE contains(parser, '+deidentified-')
            AND (name <> path OR NOT regexp_matches(name, '^[0-9a-f]{12}(\.[a-z]+)?$'))""",
    ),
    Check(
        "privacy",
        "failures and skips under paths in a database of de-identified documents",
        r"""SELECT run_id FROM (SELECT run_id, path FROM core.failures UNION ALL SELECT run_id, path FROM core.skips)
        WHERE NOT regexp_matches(path, '^([0-9a-f]{12}|file-\d{5})(\.[a-z]+)?$') AND EXISTS (SELECT 1 FROM core.runs WHERE contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "de-identified documents with what their file says of itself",
        """SELECT DISTINCT document_id FROM core.documents JOIN (
            SELECT document_id FROM core.properties UNION ALL SELECT document_id FROM core.form_fields
            UNION ALL SELECT document_id FROM core.attachments WHERE NOT regexp_matches(name, '^.FILE-')) USING (document_id)
        WHERE contains(parser, '+deidentified-')""",
    ),
    Check(
        "privacy",
        "de-identified documents with an e-mail address, a web address or a social security number in their text",
        r"""SELECT document_id FROM core.documents WHERE contains(parser, '+deidentified-') AND regexp_matches(text,
            '\w@\w[\w-]*\.\w|https?://\w|(^|[^\d-])\d{3}-\d{2}-\d{4}($|[^\d-])')""",
    ),
)


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
            "findings",
            "records",
            "rulings",
            "summaries",
            "masks",
            *ABOUT_TABLES,
        )
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

CONSERVATION = (
    Check(
        "conservation",
        "finished runs whose files are not processed + failed + skipped",
        "SELECT run_id FROM core.runs WHERE finished_at IS NOT NULL AND files <> processed + failed + skipped",
    ),
    Check(
        "conservation",
        "finished runs that skipped files without a reason for each",
        """SELECT r.run_id FROM core.runs r LEFT JOIN core.skips s USING (run_id) WHERE r.finished_at IS NOT NULL
        GROUP BY r.run_id, r.skipped HAVING count(s.path) <> r.skipped""",
    ),
    Check(
        "conservation",
        # a later run takes over the failures that it meets again, so only the last can be counted
        "a last run that failed on files without a reason for each",
        """SELECT r.run_id FROM (SELECT * FROM core.runs ORDER BY started_at DESC, run_id DESC LIMIT 1) r
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

OURS = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'core' AND table_name = 'migrations'"

CHECKS = (*EVIDENCE, *RULINGS, *PAGES, *GEOMETRY, *SUMMARIES, *ORPHANS, *CONSERVATION, *STATES, *PRIVACY)


def verify(database: Path, domains: Iterable[Domain]) -> tuple[Breach, ...]:
    """Every promise that is broken in the stored data; empty where all hold. `domains` are those installed.

    Raises StoreError for a database that is not ours, DatabaseBusy while another process holds it.
    """
    with private_files(), closing(connect(database)) as connection, plain_errors(database):
        return _verify(connection, tuple(domains))


def _verify(connection: duckdb.DuckDBPyConnection, domains: tuple[Domain, ...]) -> tuple[Breach, ...]:
    if not connection.execute(OURS).fetchall():
        raise StoreError("the database has no Muniment tables; name one that `muniment run` made")
    expected = [(domain.name, field.name) for domain in domains for field in domain.fields]
    connection.register("expected", _named(("domain", "field"), expected))
    connection.register("installed", _named(("domain",), [(domain.name,) for domain in domains]))
    found = [(check, connection.execute(check.sql).fetchall()) for check in CHECKS]
    return tuple(Breach(c.promise, c.detail, tuple(sorted(str(row[0]) for row in rows))) for c, rows in found if rows)


def _named(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> pa.Table:
    return pa.table({name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(columns)})
