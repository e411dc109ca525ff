"""Gathers what a dashboard shows of all documents: how many there are, and the rows of each domain's charts.

Reads the published snapshot. Knows neither how a chart is drawn nor HTML.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from domain_models.domain import Domain
from domain_models.portfolio import Chart, load_portfolio
from domain_models.queries import get_query
from flows.stages.query import QueryResult, run_query

DOCUMENTS = """
SELECT document_id, name, coalesce(domain, ''), state, page_count FROM current.documents ORDER BY name, document_id
"""

FAILED = "SELECT count(*) FROM core.failures WHERE resolved_at IS NULL"

Cell = TypeVar("Cell")

ID = "id"
"""The column of a named query with the beginning of a document's id; the page makes it a link."""


@dataclass(frozen=True, slots=True)
class PortfolioDocument:
    """A stored document; `domain` is empty where it could not be decided."""

    id: str
    name: str
    domain: str
    state: str
    page_count: int


@dataclass(frozen=True, slots=True)
class ChartRows:
    """A chart and the answer of its query. `documents` is the document of each row, None where it names none."""

    chart: Chart
    answer: QueryResult
    documents: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class DomainPortfolio:
    """A domain's documents and charts."""

    title: str
    documents: tuple[PortfolioDocument, ...]
    charts: tuple[ChartRows, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All there is to show of a database on a day. `failed` counts the files that could not be processed."""

    today: date
    domains: tuple[DomainPortfolio, ...]
    others: tuple[PortfolioDocument, ...]
    failed: int

    @property
    def documents(self) -> tuple[PortfolioDocument, ...]:
        """Every stored document, domain by domain."""
        return tuple(one for domain in self.domains for one in domain.documents) + self.others


def gather_portfolio(database: Path, domains: Iterable[Domain], today: date) -> Dashboard:
    """The charts of every domain that has documents in the database, reckoned from `today`."""
    stored = [PortfolioDocument(*row) for row in run_query(database, DOCUMENTS).rows]  # type: ignore[arg-type]
    installed = list(domains)
    shown = [domain for domain in installed if any(one.domain == domain.name for one in stored)]
    portfolios = tuple(_domain(database, domain, stored, today) for domain in shown)
    others = tuple(one for one in stored if one.domain not in {domain.name for domain in shown})
    return Dashboard(today, portfolios, others, int(str(run_query(database, FAILED).rows[0][0])))


def _domain(database: Path, domain: Domain, stored: Sequence[PortfolioDocument], today: date) -> DomainPortfolio:
    documents = tuple(one for one in stored if one.domain == domain.name)
    charts = tuple(
        _rows(chart, run_query(database, get_query(chart.query, [domain]).sql, today), documents)
        for chart in load_portfolio(domain).charts
    )
    return DomainPortfolio(domain.title, documents, charts)


def _rows(chart: Chart, answer: QueryResult, documents: Sequence[PortfolioDocument]) -> ChartRows:
    """The answer without its column of ids, which says which document each row is of."""
    if ID not in answer.columns:
        return ChartRows(chart, answer, (None,) * len(answer.rows))
    place = answer.columns.index(ID)
    beginnings = {one.id[:12]: one.id for one in documents}
    without = QueryResult(_but(answer.columns, place), tuple(_but(row, place) for row in answer.rows))
    return ChartRows(chart, without, tuple(beginnings.get(str(row[place])) for row in answer.rows))


def _but(cells: tuple[Cell, ...], place: int) -> tuple[Cell, ...]:
    return cells[:place] + cells[place + 1 :]
