"""What a domain shows of many documents at once, as data in its folder: `portfolio.toml`.

    documents = "contracts"      the view with a row per document, which `muniment search --where` filters by
    [[chart]]                    a chart of the dashboard: `title`, `says` (what a reader sees in it), `query` (a named
                                 query, which also fills the table beside it), and the chart itself in Vega-Lite's
                                 terms: `mark`, `encoding`, and where wanted `height` and `transform`

Without that file a domain has no chart and no filter.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_models.domain import Domain

DRAWN = ("mark", "encoding", "transform", "height")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of one domain. `drawing` is its Vega-Lite specification without data."""

    domain: str
    title: str
    says: str
    query: str
    drawing: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a domain shows. `documents` is its view with a row per document, None where it names none."""

    documents: str | None
    charts: tuple[Chart, ...]


def load_portfolio(domain: Domain) -> Portfolio:
    """The domain's portfolio, empty where its folder has none."""
    path = domain.folder / "portfolio.toml"
    if not path.is_file():
        return Portfolio(None, ())
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    charts = (
        Chart(domain.name, t["title"], t["says"], t["query"], {part: t[part] for part in DRAWN if part in t})
        for t in table.get("chart", ())
    )
    return Portfolio(table.get("documents"), tuple(charts))
