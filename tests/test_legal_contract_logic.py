"""What the views conclude from a contract's findings: warnings, open values, deadlines and the sections pointed to."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import duckdb
import pytest
from dateutil.relativedelta import relativedelta

from domain_models.legal import DOMAIN
from flows.stages.segment import segment
from schemas.document import ParsedDocument, join_pages
from schemas.finding import Finding
from schemas.migrate import migrate
from tests.stored_contract import store_findings

Marked = Sequence[tuple[str, str]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        migrate(opened)
        opened.execute((DOMAIN.folder / "views.sql").read_text(encoding="utf-8"))
        for ordinal, f in enumerate(DOMAIN.fields):
            row = ["legal", f.name, ordinal, f.label, f.kind, f.description]
            opened.execute("INSERT INTO core.fields VALUES (?, ?, ?, ?, ?, ?)", row)
        yield opened


def store(connection: duckdb.DuckDBPyConnection, text: str, marked: Marked, absent_below: float = 0.1) -> None:
    """A processed contract of one page, with these findings and one ruling."""
    text, pages = join_pages([text], ["pdfium"])
    document = ParsedDocument("a" * 64, "one.pdf", text, pages)
    connection.execute(
        "INSERT INTO core.documents (document_id, name, path, size_bytes, page_count, char_count, text, domain, state,"
        " parser, run_id, stored_at) VALUES (?, 'one.pdf', '/', 1, 1, ?, ?, 'legal', 'processed', 'p', 'r', now())",
        [document.id, len(text), text],
    )
    findings = [_finding(document, field, quote) for field, quote in marked]
    store_findings(connection, document, findings)
    for n, s in enumerate(segment(document)):
        section = [document.id, n, s.title, s.level, list(s.path), s.char_start, s.char_end]
        connection.execute("INSERT INTO core.sections VALUES (?, ?, ?, ?, ?, ?, ?)", section)
    ruling = [document.id, "insurance", "abstained", 0.05, 0.4, absent_below, len(text)]
    connection.execute("INSERT INTO core.rulings VALUES (?, ?, ?, ?, ?, ?, ?, 'r', 'tagger')", ruling)


def _finding(document: ParsedDocument, field: str, quote: str) -> Finding:
    start = document.text.index(quote)
    value = DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)
    return Finding(document.id, field, quote, start, start + len(quote), 1, 1, 0.9, "tagger", value)


SIGNED = [("parties", "Alpine Tools, Inc."), ("parties", "Meridian Freight LLC")]
BETWEEN = "between Alpine Tools, Inc. and Meridian Freight LLC."


@pytest.mark.parametrize(
    ("text", "marked", "absent_below", "warnings"),
    [
        (f"LEASE {BETWEEN}", SIGNED, 0.1, []),
        (
            f"LEASE {BETWEEN}",
            SIGNED,
            0.0,
            ["does not read as an English contract: nothing is ruled absent"],
        ),
        ("LEASE of land.", [], 0.1, ["nothing was found: is this a contract?", "no parties"]),
        (
            f"FIRST AMENDMENT TO LEASE {BETWEEN}",
            [*SIGNED, ("document_name", "FIRST AMENDMENT TO LEASE")],
            0.1,
            ["an amendment: terms may stand in the contract that it amends"],
        ),
        (
            "EXHIBIT C, PRICES",
            [("document_name", "EXHIBIT C, PRICES")],
            0.1,
            ["no parties", "an exhibit without parties: they stand in the contract that it belongs to"],
        ),
        (
            f"LEASE {BETWEEN} Effective May 1, 2020. It ends on May 1, 2010.",
            [*SIGNED, ("effective_date", "Effective May 1, 2020"), ("expiration_date", "ends on May 1, 2010")],
            0.1,
            ["ends before it begins"],
        ),
        (
            f"STATEMENT OF WORK NO. 4 {BETWEEN}",
            [*SIGNED, ("document_name", "STATEMENT OF WORK NO. 4")],
            0.1,
            ["an order under another contract: terms may stand there"],
        ),
        (
            "EXHIBIT C. Liability is limited.",
            [("cap_on_liability", "Liability is limited")],
            0.1,
            ["no parties", "an exhibit without parties: they stand in the contract that it belongs to"],
        ),
        (
            f"LEASE {BETWEEN} The laws of Ohio apply. The laws of Texas apply.",
            [*SIGNED, ("governing_law", "laws of Ohio"), ("governing_law", "laws of Texas")],
            0.1,
            ["its own words contradict one another (legal.conflicts): governing_law"],
        ),
    ],
)
def test_a_row_warns_of_what_makes_it_doubtful(
    connection: duckdb.DuckDBPyConnection, text: str, marked: Marked, absent_below: float, warnings: list[str]
) -> None:
    store(connection, text, marked, absent_below)
    assert connection.execute("SELECT warnings FROM legal.contracts").fetchall() == [(warnings,)]


@pytest.mark.parametrize(
    ("field", "quote", "reason"),
    [
        ("agreement_date", "[___]", "redacted or left blank"),
        ("agreement_date", "____ day of May, 2000", "redacted or left blank"),
        ("expiration_date", "for [***] years from the Effective Date", "redacted or left blank"),
        ("notice_period_to_terminate_renewal", "[●] days before the end", "redacted or left blank"),
        ("expiration_date", "a term of thirty (60) months", "no value in these words"),
        ("agreement_date", "May 1, 2012 and June 1, 2013", "no value in these words"),
        ("cap_on_liability", "shall not exceed $[***]", "redacted or left blank"),
        ("cap_on_liability", "not liable for lost profits", None),
        ("agreement_date", "May 1, 2012", None),
    ],
)
def test_what_does_not_resolve_is_found_and_open(
    connection: duckdb.DuckDBPyConnection, field: str, quote: str, reason: str | None
) -> None:
    store(connection, f"LEASE {BETWEEN} {quote}.", [*SIGNED, (field, quote)])
    assert connection.execute("SELECT unresolved FROM legal.contracts").fetchall() == [([field] if reason else [],)]
    expected = [(field, reason)] if reason else []
    assert connection.execute("SELECT field, reason FROM legal.unresolved").fetchall() == expected


TERM = [
    *SIGNED,
    ("agreement_date", "May 4, 2010"),
    ("effective_date", "takes effect on the date first above written"),
    ("expiration_date", "continues for two (2) years from the Effective Date"),
    ("renewal_term", "renews for successive one (1) year periods"),
    ("notice_period_to_terminate_renewal", "unless 60 days prior written notice is given"),
]
TERM_TEXT = (
    f"LEASE dated May 4, 2010 {BETWEEN} It takes effect on the date first above written and continues for two (2) years"
    " from the Effective Date. It renews for successive one (1) year periods unless 60 days prior written notice is given."
)


def quotes(connection: duckdb.DuckDBPyConnection, view: str, column: str) -> set[str]:
    sql = f"SELECT f.quote FROM (SELECT unnest({column}) AS finding_id FROM {view}) JOIN core.findings f USING (finding_id)"
    return {quote for (quote,) in connection.execute(sql).fetchall()}


def test_a_computed_date_cites_every_input(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, TERM_TEXT, TERM)
    term = {quote for field, quote in TERM if field in {"agreement_date", "effective_date", "expiration_date"}}
    assert quotes(connection, "legal.contracts", "expiration_date_finding_ids") == term
    notice = "unless 60 days prior written notice is given"
    assert quotes(connection, "legal.contracts", "notice_deadline_finding_ids") == term | {notice}


def test_the_next_deadline_is_that_of_the_renewal_that_now_runs(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, TERM_TEXT, TERM)
    ends = date(2012, 5, 4)
    renewals = 0
    while ends + relativedelta(years=renewals) - timedelta(days=60) < date.today():
        renewals += 1
    expected = ends + relativedelta(years=renewals)
    rows = connection.execute("SELECT ends_on, notice_by, renewals FROM legal.deadlines").fetchall()
    assert rows == [(expected, expected - timedelta(days=60), renewals)]
    assert quotes(connection, "legal.deadlines", "finding_ids") == {quote for _, quote in TERM[2:]}


def test_a_term_runs_from_the_date_that_the_contract_defines(connection: duckdb.DuckDBPyConnection) -> None:
    text = (
        f'LEASE dated May 3, 2017 {BETWEEN} "Commencement Date" means June 15, 2017. It shall expire on the fifth anniversary'
        " of the Commencement Date, unless terminated earlier."
    )
    dated = [
        ("agreement_date", "May 3, 2017"),
        ("effective_date", "dated May 3, 2017"),
        ("effective_date", "June 15, 2017"),
    ]
    store(
        connection,
        text,
        [*SIGNED, *dated, ("expiration_date", "expire on the fifth anniversary of the Commencement Date")],
    )
    assert connection.execute("SELECT expiration_date FROM legal.contracts").fetchall() == [(date(2022, 6, 15),)]
    assert "June 15, 2017" in quotes(connection, "legal.contracts", "expiration_date_finding_ids")


def test_the_date_of_another_agreement_is_not_this_ones(connection: duckdb.DuckDBPyConnection) -> None:
    text = f"WORK ORDER {BETWEEN} It is made pursuant to the Master Services Agreement dated March 1, 2019."
    store(connection, text, [*SIGNED, ("agreement_date", "March 1, 2019")])
    assert connection.execute("SELECT agreement_date FROM legal.contracts").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("title", "conflicts"),
    [
        ("Amendment No. 2 to the Supply Agreement dated May 1, 2018", 0),
        ("AMENDMENT NO. 2 TO SUPPLY AGREEMENT DATED May 1, 2018", 0),
        ("Addendum amending the Lease Agreement dated as of May 1, 2018", 0),
        ("WHEREAS the parties entered into a License Agreement dated May 1, 2018", 0),
        ("SUPPLY AGREEMENT dated May 1, 2018", 1),
        ("AMENDMENT dated May 1, 2018", 1),
    ],
)
def test_the_date_of_what_is_amended_contradicts_nothing(
    connection: duckdb.DuckDBPyConnection, title: str, conflicts: int
) -> None:
    text = f"{title}. This Amendment is made as of June 3, 2021 {BETWEEN}"
    store(connection, text, [*SIGNED, ("agreement_date", "May 1, 2018"), ("agreement_date", "June 3, 2021")])
    assert connection.execute("SELECT count(*) FROM legal.conflicts").fetchall() == [(conflicts,)]
    if not conflicts:
        assert connection.execute("SELECT agreement_date FROM legal.contracts").fetchall() == [(date(2021, 6, 3),)]


def test_no_deadline_is_counted_in_business_days(connection: duckdb.DuckDBPyConnection) -> None:
    notice = "notice at least 10 business days before that"
    text = f"LEASE {BETWEEN} It continues until May 4, 2090, unless {notice}."
    end = ("expiration_date", "continues until May 4, 2090")
    store(connection, text, [*SIGNED, end, ("notice_period_to_terminate_renewal", notice)])
    sql = "SELECT notice_period_number, notice_period_unit, notice_deadline FROM legal.contracts"
    assert connection.execute(sql).fetchall() == [(10, "business day", None)]


@pytest.mark.parametrize(
    ("end", "renewal", "rows"),
    [
        ("continues until May 4, 2090", "renews for successive one (1) year periods", [(date(2090, 5, 4), 0)]),
        ("ends on May 4, 2010", "may be renewed for one additional year", []),  # that year is over too
        ("ends on May 4, 2010", "is not renewed", []),
        ("shall continue indefinitely", "renews for successive one (1) year periods", []),
    ],
)
def test_a_contract_that_has_ended_has_no_deadline(
    connection: duckdb.DuckDBPyConnection, end: str, renewal: str, rows: list[tuple[date, int]]
) -> None:
    text = f"LEASE {BETWEEN} It {end}. It {renewal}."
    store(connection, text, [*SIGNED, ("expiration_date", end), ("renewal_term", renewal)])
    assert connection.execute("SELECT ends_on, renewals FROM legal.deadlines").fetchall() == rows


SECTIONED = """LEASE AGREEMENT
This Lease is made on 1 March 2020.
1. RENT
The rent is 30 dollars.
2. TERM
2.1 Length. The lease runs for a year.
2.2 Notice. Except as set out in Section 1 and Section 2.1, notice is by letter.
3. LIABILITY
Subject to Section 2.7 and Section 9, liability is limited. See Article 3.
"""


@pytest.mark.parametrize(
    ("quote", "linked"),
    [
        ("Except as set out in Section 1 and Section 2.1", [("1", "1 RENT"), ("2.1", "2.1 Length")]),
        ("Subject to Section 2.7 and Section 9", [("2.7", "2 TERM"), ("9", None)]),
        ("See Article 3", [("3", "3 LIABILITY")]),
        ("liability is limited", []),
    ],
)
def test_a_clause_is_linked_to_the_sections_it_points_to(
    connection: duckdb.DuckDBPyConnection, quote: str, linked: list[tuple[str, str | None]]
) -> None:
    store(connection, SECTIONED, [("cap_on_liability", quote)])
    sql = "SELECT cited_number, section FROM legal.section_references ORDER BY cited_number"
    found = [
        (number, section.split(" > ")[-1] if section else None)
        for number, section in connection.execute(sql).fetchall()
    ]
    assert found == linked


def test_two_laws_are_a_conflict_and_one_law_twice_is_none(connection: duckdb.DuckDBPyConnection) -> None:
    text = f"LEASE {BETWEEN} It is governed by the laws of Ohio. Exhibit A is governed by the laws of Texas."
    laws = [("governing_law", "laws of Ohio"), ("governing_law", "laws of Texas")]
    store(connection, text, [*SIGNED, *laws])
    assert connection.execute("SELECT field, list_sort(stated) FROM legal.conflicts").fetchall() == [
        ("governing_law", ["Ohio", "Texas"])
    ]


def test_an_unlikely_second_law_is_no_conflict(connection: duckdb.DuckDBPyConnection) -> None:
    text = f"LEASE {BETWEEN} It is governed by the laws of Ohio. Exhibit A is governed by the laws of Texas."
    store(connection, text, [*SIGNED, ("governing_law", "laws of Ohio"), ("governing_law", "laws of Texas")])
    connection.execute("UPDATE core.findings SET probability = 0.3 WHERE value_text = 'Texas'")
    assert connection.execute("SELECT count(*) FROM legal.conflicts").fetchall() == [(0,)]


def test_what_another_finding_resolves_is_not_open(connection: duckdb.DuckDBPyConnection) -> None:
    dated = [("agreement_date", "[___]"), ("agreement_date", "May 1, 2012")]
    store(connection, f"LEASE of [___] {BETWEEN} Signed May 1, 2012.", [*SIGNED, *dated])
    assert connection.execute("SELECT count(*) FROM legal.unresolved").fetchall() == [(0,)]
    assert connection.execute("SELECT unresolved FROM legal.contracts").fetchall() == [([],)]
