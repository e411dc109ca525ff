"""A contract's findings and the records they form, put into the core tables as a run would."""

from collections.abc import Sequence

import duckdb

from domain_models.legal import DOMAIN
from schemas.document import ParsedDocument
from schemas.finding import Finding

FINDING = (
    "finding_id, document_id, field, quote, char_start, char_end, page_start, page_end, probability, source,"
    " value_text, value_date, value_number, value_unit, value_code, value_code_system"
)
MEMBER = "record_id, document_id, kind, ordinal, role, finding_id"


def store_findings(
    connection: duckdb.DuckDBPyConnection, document: ParsedDocument, findings: Sequence[Finding]
) -> None:
    """Rows of core.findings and core.records for one contract of one page."""
    for f in findings:
        v = f.value
        typed = [None] * 6 if v is None else [v.text, v.date, v.number, v.unit, v.code, v.code_system]
        row = [f.id, f.document_id, f.field, f.quote, f.char_start, f.char_end, 1, 1, f.probability, f.source, *typed]
        connection.execute(f"INSERT INTO core.findings ({FINDING}) VALUES ({', '.join('?' * len(row))})", row)
    for record in DOMAIN.group(document, (), findings):
        for member in record.members:
            cells = [record.id, document.id, record.kind, record.ordinal, member.role, member.finding_id]
            connection.execute(f"INSERT INTO core.records ({MEMBER}) VALUES (?, ?, ?, ?, ?, ?)", cells)
