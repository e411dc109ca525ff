"""The dashboard as one HTML file that needs nothing else: no script, no request, each chart beside its table.

Whatever comes from documents goes in as escaped text; the page's policy allows its own style by its hash and nothing
else. Knows neither the database nor where evidence pages are written, but for the links it is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from flows.charts import MOST_CATEGORIES, draw
from flows.evidence_page import CONTROLS, asset, page_environment, source_hash
from flows.stages.portfolio import ChartRows, Dashboard
from flows.stages.query import cell_text, plain

MOST_ROWS = 500
"""Of a table in the page; `muniment sql --named` gives them all."""


@dataclass(frozen=True, slots=True)
class Table:
    """A chart's rows as text: the link of each, empty where there is none, and how many more there are."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    more: int


@dataclass(frozen=True, slots=True)
class ShownChart:
    """A chart as the page shows it; `svg` is empty where there is nothing to draw."""

    title: str
    says: str
    query: str
    svg: str
    left_out: int
    table: Table


def portfolio_page(dashboard: Dashboard, evidence: Mapping[str, str]) -> str:
    """The HTML; `evidence` is the relative path of each document's evidence page, empty where none were written."""
    style = asset("portfolio.css")
    policy = f"default-src 'none'; style-src {source_hash(style)}; base-uri 'none'; form-action 'none'"
    links = {key: quote(path) for key, path in evidence.items()}
    html = (
        page_environment()
        .get_template("portfolio.html.jinja")
        .render(
            dashboard=dashboard,
            domains=[(one, [_shown(rows, links) for rows in one.charts]) for one in dashboard.domains],
            links=links,
            most=MOST_CATEGORIES,
            style=style,
            policy=policy,
        )
    )
    return html.translate(CONTROLS)


def _shown(rows: ChartRows, links: Mapping[str, str]) -> ShownChart:
    chart, answer = rows.chart, rows.answer
    drawn = None
    if answer.rows:
        values = [dict(zip(answer.columns, map(_drawable, row), strict=True)) for row in answer.rows]
        drawn = draw(chart.drawing, values, chart.title, chart.says)
    return ShownChart(
        chart.title,
        chart.says,
        chart.query,
        drawn.svg if drawn else "",
        drawn.left_out if drawn else 0,
        _table(rows, links),
    )


def _table(rows: ChartRows, links: Mapping[str, str]) -> Table:
    """The rows with the quote at the end, where its length pushes nothing out of sight."""
    columns = rows.answer.columns
    order = sorted(range(len(columns)), key=lambda place: columns[place] == "quote")
    page = columns.index("page") if "page" in columns else None
    listed = zip(rows.documents[:MOST_ROWS], rows.answer.rows, strict=False)
    return Table(
        tuple(columns[place].replace("_", " ") for place in order),
        tuple((_link(links, key, row, page), tuple(cell_text(row[place]) for place in order)) for key, row in listed),
        max(0, len(rows.answer.rows) - MOST_ROWS),
    )


def _drawable(cell: object) -> object:
    """What a chart can count: text without signs that XML cannot hold."""
    said = plain(cell)
    return said.translate(CONTROLS) if isinstance(said, str) else said


def _link(links: Mapping[str, str], key: str | None, row: tuple[object, ...], page: int | None) -> str:
    if key is None or key not in links:
        return ""
    return links[key] + (f"#page-{row[page]}" if page is not None and row[page] else "")
