"""A contract's findings through the grouping into stored rows, and what the typed views answer about them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from domain_models.legal import DOMAIN
from domain_models.legal.contract import contract_answers
from schemas.document import ParsedDocument, join_pages
from schemas.finding import Finding
from schemas.migrate import apply_views, migrate
from tests.stored_contract import store_findings

TEXT = (
    'SUPPLY AGREEMENT dated as of January 31, 2020 between Acme Ltd. (the "Supplier") and Widget LLC ("Buyer").'
    " This Agreement takes effect on the date first above written and continues for thirteen (13) months from the"
    " Effective Date. It renews for successive one (1) year periods unless 60 days prior written notice is given."
    " This Agreement is governed by the laws of the State of Delaware. Schedule B is governed by the laws of Ireland."
    " Liability shall not exceed $250,000.00. Buyer may audit the books of Supplier."
)
MARKED = [
    ("document_name", "SUPPLY AGREEMENT", 0.99),
    ("agreement_date", "January 31, 2020", 0.98),
    ("parties", "Acme Ltd.", 0.97),
    ("parties", "Supplier", 0.9),
    ("parties", "Widget LLC", 0.96),
    ("parties", "Buyer", 0.9),
    ("effective_date", "takes effect on the date first above written", 0.8),
    ("expiration_date", "continues for thirteen (13) months from the Effective Date", 0.9),
    (
        "renewal_term",
        "It renews for successive one (1) year periods unless 60 days prior written notice is given.",
        0.9,
    ),
    ("notice_period_to_terminate_renewal", "unless 60 days prior written notice is given", 0.9),
    ("governing_law", "governed by the laws of the State of Delaware", 0.9),
    ("governing_law", "governed by the laws of Ireland", 0.7),
    ("cap_on_liability", "Liability shall not exceed $250,000.00", 0.9),
    ("audit_rights", "Buyer may audit the books of Supplier", 0.9),
]


def supply_agreement() -> tuple[ParsedDocument, list[Finding]]:
    text, pages = join_pages([TEXT], ["pdfium"])
    document = ParsedDocument("a" * 64, "supply.pdf", text, pages)
    findings = []
    for field, quote, probability in MARKED:
        start = text.index(quote)
        value = DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)
        place = (start, start + len(quote), 1, 1)
        findings.append(Finding(document.id, field, quote, *place, probability, "tagger", value))
    return document, findings


@pytest.fixture
def stored() -> Iterator[duckdb.DuckDBPyConnection]:
    document, findings = supply_agreement()
    with duckdb.connect() as connection:
        migrate(connection)
        apply_views(connection, DOMAIN.name, (DOMAIN.folder / "views.sql").read_text(encoding="utf-8"))
        connection.execute(
            "INSERT INTO core.documents (document_id, name, path, size_bytes, page_count, char_count, text, domain,"
            " state, parser, run_id, stored_at) VALUES (?, ?, '/', 1, 1, ?, ?, 'legal', 'processed', 'p', 'r', now())",
            [document.id, document.name, len(document.text), document.text],
        )
        _store(connection, document, findings)
        yield connection


def _store(connection: duckdb.DuckDBPyConnection, document: ParsedDocument, findings: list[Finding]) -> None:
    store_findings(connection, document, findings)
    for field, verdict in (("audit_rights", "found"), ("insurance", "absent"), ("non_compete", "abstained")):
        connection.execute(
            "INSERT INTO core.rulings VALUES (?, ?, ?, 0.5, 0.6, 0.4, 100, NULL, 'tagger')",
            [document.id, field, verdict],
        )


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("document_name", "SUPPLY AGREEMENT"),
        ("parties", ["Acme Ltd.", "Widget LLC"]),
        ("agreement_date", date(2020, 1, 31)),
        ("effective_date", date(2020, 1, 31)),
        ("expiration_date", date(2021, 2, 28)),
        ("expiration_basis", "computed"),
        ("notice_deadline", date(2020, 12, 30)),
        ("renewal_term_number", Decimal(1)),
        ("renewal_term_unit", "year"),
        ("notice_period_number", Decimal(60)),
        ("governing_law", "Delaware"),
        ("governing_law_code", "US-DE"),
        ("liability_cap_amount", Decimal(250000)),
        ("liability_cap_currency", "USD"),
        ("warranty_duration_number", None),
        ("audit_rights", True),
        ("insurance", False),
        ("non_compete", None),
        ("renewal_repeats", True),
        ("unresolved", []),
        ("warnings", ["its own words contradict one another (legal.conflicts): governing_law"]),
    ],
)
def test_one_row_answers_for_the_contract(stored: duckdb.DuckDBPyConnection, column: str, expected: object) -> None:
    rows = stored.execute(f"SELECT {column} FROM legal.contracts").fetchall()
    assert rows == [(expected,)]


@pytest.mark.parametrize("column", ["term_start_finding_id", "expiration_date_finding_id", "governing_law_finding_id"])
def test_each_input_of_an_answer_is_cited(stored: duckdb.DuckDBPyConnection, column: str) -> None:
    sql = f"SELECT f.quote FROM legal.contracts c JOIN core.findings f ON f.finding_id = c.{column}"
    cited = {
        "term_start_finding_id": "January 31, 2020",
        "expiration_date_finding_id": "continues for thirteen (13) months from the Effective Date",
        "governing_law_finding_id": "governed by the laws of the State of Delaware",
    }
    assert stored.execute(sql).fetchall() == [(cited[column],)]


def test_sql_and_python_compute_the_same_dates(stored: duckdb.DuckDBPyConnection) -> None:
    document, findings = supply_agreement()
    answers = contract_answers(document.text, findings).values
    rows = stored.execute("SELECT effective_date, expiration_date FROM legal.contracts").fetchall()
    assert rows == [(answers["effective_date"].date, answers["expiration_date"].date)]


def test_parties_clauses_and_conflicts_are_rows(stored: duckdb.DuckDBPyConnection) -> None:
    parties = stored.execute("SELECT party, defined_names, roles FROM legal.parties ORDER BY ordinal").fetchall()
    assert parties == [("Acme Ltd.", ["Supplier"], ["Supplier"]), ("Widget LLC", ["Buyer"], ["Buyer"])]
    fields = stored.execute("SELECT field FROM legal.clauses ORDER BY ordinal").fetchall()
    assert [field for (field,) in fields] == [
        "expiration_date",
        "renewal_term",
        "notice_period_to_terminate_renewal",
        "governing_law",
        "governing_law",
        "cap_on_liability",
        "audit_rights",
    ]
    assert stored.execute("SELECT field, list_sort(stated) FROM legal.conflicts").fetchall() == [
        ("governing_law", ["Delaware", "Ireland"])
    ]


def test_evidence_shows_the_value_in_words(stored: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT value FROM legal.evidence WHERE field IN ('cap_on_liability', 'agreement_date') ORDER BY char_start"
    assert stored.execute(sql).fetchall() == [("2020-01-31",), ("250000 USD",)]


def test_a_contract_without_findings_is_a_row_with_warnings(stored: duckdb.DuckDBPyConnection) -> None:
    stored.execute("DELETE FROM core.records")
    rows = stored.execute("SELECT parties, expiration_date, len(warnings) FROM legal.contracts").fetchall()
    assert rows == [([], None, 3)]


def test_every_view_and_column_says_what_it_is(stored: duckdb.DuckDBPyConnection) -> None:
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'legal' AND comment IS NULL"
    views = "SELECT view_name, '' FROM duckdb_views() WHERE schema_name = 'legal' AND comment IS NULL"
    assert stored.execute(f"{columns} UNION ALL {views}").fetchall() == []


def test_forty_one_fields_each_with_its_label() -> None:
    assert len(DOMAIN.fields_by_name) == len({field.label for field in DOMAIN.fields}) == 41
