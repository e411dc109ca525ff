"""A third domain is one new folder: written here at run time, it takes a document through to a typed SQL view."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import domain_models
from flows.portfolio_page import portfolio_page
from flows.process import process_documents
from flows.searching import Wanted, look_up
from flows.shown import steps_progress
from flows.stages.portfolio import gather_portfolio
from flows.stages.query import run_query
from flows.stages.verify import verify

FILES = {
    "__init__.py": '''
"""Insurance policies: a toy domain of rules alone."""
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from domain_models.domain import Domain, load_fields
from schemas.finding import Member, Record, Value

FOLDER = Path(__file__).parent

def normalise(field, quote):
    if field.kind == "date":
        return Value(date=datetime.strptime(quote, "%d %B %Y").date())
    if field.kind == "amount":
        return Value(number=Decimal(quote.replace(",", "")), unit="EUR")
    return Value(text=quote)

def group(document, sections, findings):
    members = tuple(Member(finding.field, finding.id) for finding in findings)
    return [Record(document.id, "policy", 0, members)] if members else []

DOMAIN = Domain("insurance", "Insurance policies", FOLDER, "1", load_fields(FOLDER / "fields.toml"), normalise, group)
''',
    "fields.toml": """
[[field]]
name = "policy_number"
label = ""
kind = "code"
description = "The number that names the policy."
[[field]]
name = "premium"
label = ""
kind = "amount"
description = "What the insured pays a year."
[[field]]
name = "inception"
label = ""
kind = "date"
description = "The first day of cover."
[[field]]
name = "excess"
label = ""
kind = "amount"
description = "What the insured bears of each loss."
""",
    "cues.toml": "[cues]\n'policy number' = 3.0\n'annual premium' = 3.0\n'insured' = 1.0\n'inception' = 1.0\n",
    "patterns.toml": r"""
[[pattern]]
field = "policy_number"
regex = 'Policy number: (?P<value>[A-Z]{2}-\d+)'
probability = 0.99
[[pattern]]
field = "premium"
regex = 'Annual premium: EUR (?P<value>[\d,]+\.\d\d)'
probability = 0.99
[[pattern]]
field = "inception"
regex = 'Inception: (?P<value>\d{1,2} \w+ \d{4})'
probability = 0.99
[[pattern]]
field = "excess"
regex = 'Excess: EUR (?P<value>[\d,]+)'
probability = 0.99
""",
    "views.sql": """
CREATE VIEW insurance.policies AS
SELECT r.document_id,
    max(f.value_text) FILTER (r.role = 'policy_number') AS policy_number,
    max(f.value_number) FILTER (r.role = 'premium') AS premium,
    max(f.value_date) FILTER (r.role = 'inception') AS inception
FROM core.records AS r JOIN core.findings AS f USING (finding_id)
WHERE r.kind = 'policy' GROUP BY r.document_id;
""",
    "queries/premiums.sql": """-- Which premiums are due after a day?
SELECT inception, policy_number, premium, 1 AS page, left(document_id, 12) AS id
FROM insurance.policies WHERE inception > $today::DATE;
""",
    "portfolio.toml": """
documents = "policies"
[[chart]]
title = "Premiums due"
says = "What each policy costs a year."
query = "premiums"
mark = "bar"
[chart.encoding]
x = { field = "premium", type = "quantitative" }
y = { field = "policy_number", type = "nominal" }
""",
}
LINES = (
    "INSURANCE POLICY", "Policy number: AB-20417", "The insured is Brackwater Mills Ltd.",
    "Annual premium: EUR 12,450.00", "Inception: 1 March 2025",
)  # fmt: skip


def write_domain(parent: Path) -> None:
    folder = parent / "insurance"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def write_pdf(path: Path, number_of_policy: str = "AB-20417") -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    for number, line in enumerate(line.replace("AB-20417", number_of_policy) for line in LINES):
        canvas.drawString(72, 760 - 24 * number, line)
    canvas.save()


def test_a_folder_is_a_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_server: None) -> None:
    write_domain(tmp_path / "more_domains")
    monkeypatch.setattr(domain_models, "__path__", [*domain_models.__path__, str(tmp_path / "more_domains")])
    write_pdf(tmp_path / "policy.pdf")
    database = tmp_path / "toy.duckdb"

    report = process_documents([str(tmp_path / "policy.pdf")], str(database), summaries=False)

    assert (report.run.processed, report.run.failed) == (1, 0)
    policies = run_query(database, "SELECT policy_number, premium, inception FROM insurance.policies").rows
    assert [tuple(row) for row in policies] == [("AB-20417", Decimal("12450.00"), date(2025, 3, 1))]
    rulings = dict(tuple(row) for row in run_query(database, "SELECT field, verdict FROM core.rulings").rows)
    assert rulings == {"policy_number": "found", "premium": "found", "inception": "found", "excess": "absent"}
    assert verify(database, domain_models.domains().values()) == ()
    html = portfolio_page(gather_portfolio(database, domain_models.domains().values(), date(2025, 1, 1)), {})
    assert "Insurance policies: 1" in html and "Premiums due" in html and "AB-20417" in html and "<svg" in html
    wanted = Wanted("premium", "words", where="inception >= DATE '2025-01-01'")
    hits, _ = look_up(database, wanted, domain_models.domains().values(), steps_progress)
    assert [(hit.document, hit.page) for hit in hits] == [("policy.pdf", 1)]


def test_an_inbox_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_server: None) -> None:
    """The toy's view does not ask which documents are current, and yet shows no other."""
    write_domain(tmp_path / "more_domains")
    monkeypatch.setattr(domain_models, "__path__", [*domain_models.__path__, str(tmp_path / "more_domains")])
    inbox, database = tmp_path / "inbox", tmp_path / "toy.duckdb"
    inbox.mkdir()

    def runs(settle_seconds: float = 0.0) -> tuple[dict[str, int], list[str], list[str]]:
        """What was skipped, which policies are shown, and which files are missing."""
        report = process_documents([str(inbox)], str(database), summaries=False, settle_seconds=settle_seconds)
        shown = run_query(database, "SELECT policy_number FROM insurance.policies ORDER BY 1").rows
        missing = run_query(database, "SELECT path FROM core.files WHERE missing_since IS NOT NULL").rows
        assert verify(database, domain_models.domains().values()) == ()
        return dict(report.skips), [row[0] for row in shown], [Path(row[0]).name for row in missing]

    write_pdf(inbox / "policy.pdf", "AB-1")
    write_pdf(inbox / "other.pdf", "AB-2")
    assert runs(settle_seconds=600) == ({"still being written": 2}, [], [])
    assert runs() == ({}, ["AB-1", "AB-2"], [])
    write_pdf(inbox / "policy.pdf", "AB-3")
    (inbox / "other.pdf").unlink()
    assert runs() == ({}, ["AB-2", "AB-3"], ["other.pdf"])
    earlier = "SELECT f.value_text FROM core.findings f JOIN core.superseded USING (document_id) WHERE field = 'policy_number'"
    assert run_query(database, earlier).rows == (("AB-1",),)
