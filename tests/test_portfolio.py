"""The dashboard: what each chart counts, what its table links to, and that no document can say anything to the browser."""

import base64
import hashlib
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from made_pdfs import lines_pdf
from test_evidence import Seen
from typer.testing import CliRunner

from domain_models import domains
from domain_models.legal import DOMAIN
from domain_models.portfolio import load_portfolio
from domain_models.queries import get_query
from flows.charts import ATTRIBUTES, COLOURS, ELEMENTS, INK, MOST_CATEGORIES, SVG, draw
from flows.cli import app
from flows.evidence_folder import evidence_files
from flows.portfolio_page import portfolio_page
from flows.stages.portfolio import Dashboard, gather_portfolio
from flows.stages.publish import publish
from flows.stages.query import run_query
from flows.stages.rows import Extraction, Parsed
from flows.stages.store import open_store
from schemas.document import ParsedDocument, SourceFile, join_pages
from schemas.finding import Finding, Ruling

TODAY = date(2026, 5, 1)
EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)>"&'

# Name, law, end of the term, what follows it, limit of liability.
CONTRACTS = {
    "alder.pdf": ("the laws of the State of Delaware", "until June 30, 2026", "renews for successive one (1) year periods",
                  "shall not exceed $250,000.00"),
    "birch.pdf": ("the laws of the State of Delaware", "until July 30, 2026", "", "shall not exceed EUR 4,000,000"),
    "cedar.pdf": ("the laws of Ireland", "until July 31, 2026", "", ""),
    f"{EVIL.replace('/', '∕')}.pdf": ("", "until April 30, 2026", "", "liable for no lost profits"),
}  # fmt: skip
FIELDS = ("governing_law", "expiration_date", "renewal_term", "cap_on_liability")


def contract(folder: Path, name: str, words: tuple[str, ...]) -> tuple[Parsed, Extraction]:
    content = lines_pdf([["The title", *filter(None, words)], [EVIL]])
    (folder / name).write_bytes(content)
    text, pages = join_pages(["\n".join(["The title", *filter(None, words)]), EVIL], ["pdfium", "pdfium"])
    document = ParsedDocument(sha256(content).hexdigest(), name, text, pages)
    marked = [*zip(FIELDS, words, strict=True), ("document_name", EVIL)]
    findings = []
    for field, quote in marked:
        if quote:
            start = text.index(quote)
            end = start + len(quote)
            value = DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)
            pages_of = document.pages_of(start, end)
            findings.append(Finding(document.id, field, quote, start, end, *pages_of, 0.9, "tagger", value))
    found = {finding.field for finding in findings}
    rulings = [
        Ruling(document.id, f.name, "found" if f.name in found else "absent", 0.1, 0.5, 0.2, len(text), "tagger")
        for f in DOMAIN.fields
    ]
    rulings = [replace(r, verdict="abstained") if r.field == "insurance" else r for r in rulings]
    source = SourceFile(folder / name, document.id, len(content))
    records = tuple(DOMAIN.group(document, (), findings))
    return Parsed(source, document, (), "legal", 1.0), Extraction(document.id, tuple(findings), tuple(rulings), records)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    made = [contract(folder, name, words) for name, words in CONTRACTS.items()]
    with open_store(folder / "m.duckdb", domains().values()) as store:
        store.start_run("run-1", datetime.now(UTC), {})
        store.save_parsed([parsed for parsed, _ in made], "p1", "run-1")
        store.save_extraction([extraction for _, extraction in made], "t1", "r1", "run-1")
    publish(folder / "m.duckdb")
    return folder / "m.duckdb"


@pytest.fixture(scope="module")
def dashboard(database: Path) -> Dashboard:
    return gather_portfolio(database, domains().values(), TODAY)


def asked(database: Path, name: str, columns: str, today: date = TODAY) -> list[tuple[object, ...]]:
    sql = get_query(name, domains().values()).sql.rstrip().rstrip(";")
    return sorted(run_query(database, f"SELECT {columns} FROM (\n{sql}\n)", today).rows, key=str)


@pytest.mark.parametrize(
    ("today", "ends"),
    [
        (date(2026, 5, 1), [("alder.pdf", date(2026, 6, 30), True), ("birch.pdf", date(2026, 7, 30), False)]),
        (date(2026, 5, 2), [("alder.pdf", date(2026, 6, 30), True), ("birch.pdf", date(2026, 7, 30), False),
                            ("cedar.pdf", date(2026, 7, 31), False)]),
        (date(2027, 6, 30), [("alder.pdf", date(2027, 6, 30), True)]),
        (date(2027, 7, 1), []),
    ],
)  # fmt: skip
def test_expiring_in_90_days(database: Path, today: date, ends: list[tuple[object, ...]]) -> None:
    assert asked(database, "expiring_in_90_days", "document, ends_on, may_renew", today) == ends


def test_renewals_by_month(database: Path) -> None:
    assert asked(database, "renewals_by_month", "month, document, what, page") == [
        ("2026-06", "alder.pdf", "renews or ends", 1),
        ("2026-07", "birch.pdf", "ends", 1),
        ("2026-07", "cedar.pdf", "ends", 1),
        ("2027-06", "alder.pdf", "renews or ends", 1),
    ]


def test_governing_laws_and_liability_caps(database: Path) -> None:
    laws = asked(database, "governing_laws", "governing_law, code")
    assert laws == [("(none)", None), ("Delaware", "US-DE"), ("Delaware", "US-DE"), ("Ireland", "IE")]
    caps = asked(database, "liability_caps", "cap, amount::INTEGER, currency, size, quote")
    assert caps == [
        ("a sum", 250000, "USD", "100,000 to 1 million", "shall not exceed $250,000.00"),
        ("a sum", 4000000, "EUR", "1 to 10 million", "shall not exceed EUR 4,000,000"),
        ("no cap found", None, None, "no cap found", None),
        ("no one sum", None, None, "no one sum", "liable for no lost profits"),
    ]


def test_missing_protections(database: Path) -> None:
    missing = asked(database, "missing_protections", "document, protection, verdict")
    assert ("cedar.pdf", "Cap On Liability", "absent") in missing
    assert ("cedar.pdf", "Insurance", "uncertain") in missing
    assert not [row for row in missing if row[:2] == ("alder.pdf", "Cap On Liability")]


def test_every_chart_names_a_query_of_its_domain_and_columns_of_its_answer(dashboard: Dashboard) -> None:
    for domain in domains().values():
        for chart in load_portfolio(domain).charts:
            assert get_query(chart.query, [domain]).domain == domain.name
    for rows in dashboard.domains[0].charts:
        fields = {channel.get("field") for channel in rows.chart.drawing["encoding"].values()} - {None}
        assert fields <= set(rows.answer.columns)
        assert len(rows.documents) == len(rows.answer.rows)


def test_the_page_holds_every_chart_and_closes_itself_to_the_rest(dashboard: Dashboard) -> None:
    page = Seen(portfolio_page(dashboard, {}))
    assert len(page.tags("svg")) == 4
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.tags("svg"))
    assert {tag for tag, _ in page.elements} & {"script", "img", "iframe", "object", "link", "base", "form"} == set()
    assert {name for _, attributes in page.elements for name in attributes if name.startswith("on")} == set()
    assert page.all("href") == [*(f"#chart-1-{n}" for n in range(1, 5)), "#documents"]
    assert page.all("src") == page.all("style") == []
    (policy,) = [meta["content"] for meta in page.tags("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    style = base64.b64encode(hashlib.sha256(page.blocks["style"].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"


def test_headings_are_in_order_and_every_region_has_a_name(dashboard: Dashboard) -> None:
    page = Seen(portfolio_page(dashboard, {}))
    levels = [int(tag[1]) for tag, _ in page.elements if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    ids = set(page.all("id"))
    assert len(ids) == len(page.all("id"))
    assert set(page.all("aria-labelledby")) <= ids
    assert [one for one in page.tags("div") if "tabindex" in one and not one.get("aria-label")] == []
    assert [one for one in page.tags("th") if "scope" not in one] == []


def test_what_a_document_says_is_text(dashboard: Dashboard) -> None:
    """Script tags in file names, values and words of a PDF; signs that HTML cannot hold."""
    html = portfolio_page(dashboard, {})
    assert "<script" not in html and "<img" not in html
    assert EVIL.replace("/", "∕") in Seen(html).text
    assert "\x00" not in portfolio_page(
        replace(dashboard, others=(replace(dashboard.documents[0], name="a\x00b"),)), {}
    )


def test_rows_link_to_the_page_of_their_words(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "evidence"
    output = tmp_path / "report.html"
    asked = ["report", "--database", str(database), "--output", str(output), "--evidence", str(folder)]
    shown = CliRunner().invoke(app, [*asked, "--today", "2026-05-01"], catch_exceptions=False)
    assert shown.stdout.splitlines()[-1] == f"{output}: 4 documents"
    links = [one for one in Seen(output.read_text(encoding="utf-8")).all("href") if not one.startswith("#")]
    assert "a%20folder/evidence/alder.evidence.html#page-1" in links
    for link in links:
        path, _, anchor = link.partition("#")
        target = (tmp_path / unquote(path)).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in target
    assert len({link.partition("#")[0] for link in links}) == len(list(folder.iterdir())) == 4


def test_evidence_files_have_names_of_their_own() -> None:
    names = {"a" * 64: "lease.pdf", "b" * 64: "Lease.PDF", "c" * 64: "../x/..", "d" * 64: 'q"<b>\n.pdf', "e" * 64: "…"}
    files = evidence_files(names)
    assert files["a" * 64] == f"lease.{'a' * 12}.evidence.html"
    assert len({name.casefold() for name in files.values()}) == 5
    assert all("/" not in name and "<" not in name and "\n" not in name for name in files.values())


BARS = {"mark": "bar", "encoding": {"y": {"field": "law", "type": "nominal"}, "x": {"aggregate": "count"}}}


def test_a_chart_is_shapes_and_text_alone() -> None:
    drawn = draw(BARS, [{"law": EVIL, "quote": "never drawn"}, {"law": None}], "Laws & <b>", "What <i>governs</i>.")
    root = ElementTree.fromstring(drawn.svg)
    assert {str(element.tag).removeprefix(f"{{{SVG}}}") for element in root.iter()} <= ELEMENTS
    assert {name for element in root.iter() for name in element.attrib} <= ATTRIBUTES | {"role", "aria-label"}
    texts = [element.text for element in root.iter(f"{{{SVG}}}text")]
    assert EVIL[:20] in " ".join(filter(None, texts)) and "(none)" in texts
    assert [element.text for element in root][:2] == ["Laws & <b>", "What <i>governs</i>."]
    assert "never drawn" not in drawn.svg


def test_a_chart_asks_no_one_for_data() -> None:
    """A specification that names an address gets nothing from it."""
    elsewhere = BARS | {
        "transform": [{"lookup": "law", "from": {"data": {"url": "http://127.0.0.1:9/x.json"}, "key": "law"}}]
    }
    with pytest.raises(ValueError, match="not allowed"):
        draw(elsewhere, [{"law": "Delaware"}], "Laws", "")


def test_a_chart_of_very_many_categories_keeps_the_most_frequent() -> None:
    rows = [{"law": f"law {number}"} for number in range(100)] + [{"law": "law 99"}]
    drawn = draw(BARS, rows, "Laws", "")
    assert drawn.left_out == 100 - MOST_CATEGORIES
    assert ">law 99<" in drawn.svg


def test_a_domain_without_a_portfolio_shows_its_documents(
    database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare = replace(DOMAIN, folder=tmp_path)
    gathered = gather_portfolio(database, [bare], TODAY)
    assert gathered.domains[0].charts == ()
    assert Seen(portfolio_page(gathered, {})).text.count("alder.pdf") == 1


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", [*COLOURS, INK, "#4d5560"])
def test_colours_stand_out(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5


@pytest.mark.parametrize("width", [1400, 700, 360])
def test_a_browser_draws_it_without_scrolling_sideways(dashboard: Dashboard, tmp_path: Path, width: int) -> None:
    """Real Chromium: the page's own layout is asked by CSS alone, since the page allows no script."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on the PATH")
    frame = tmp_path / "frame.html"
    page = tmp_path / "page.html"
    page.write_text(portfolio_page(dashboard, {}), encoding="utf-8")
    frame.write_text(
        f'<iframe id="f" src="page.html" style="width:{width}px;height:900px;border:0"></iframe><script>onload=()=>'
        "{const d=f.contentDocument.documentElement;document.title=[d.scrollWidth,d.clientWidth,"
        'f.contentDocument.querySelectorAll("svg").length].join()}</script>',
        encoding="utf-8",
    )
    shown = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--allow-file-access-from-files", "--virtual-time-budget=3000",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip
    wide, room, charts = shown.partition("<title>")[2].partition("</title>")[0].split(",")
    assert (int(wide), int(charts)) == (int(room), 4)
