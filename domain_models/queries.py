"""Questions that a domain's users ask most, each a `.sql` file in the domain's `queries/` with its question on top."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain_models.domain import Domain
from schemas.errors import BadInput


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query that a file holds: its name, its domain, the question it answers, and its SQL."""

    name: str
    domain: str
    question: str
    sql: str


def named_queries(domains: Iterable[Domain]) -> Mapping[str, NamedQuery]:
    """Every domain's queries by name, in order of domain and name."""
    found = {}
    for domain in domains:
        for path in sorted((domain.folder / "queries").glob("*.sql")):
            sql = path.read_text(encoding="utf-8")
            question = sql.splitlines()[0].removeprefix("--").strip()
            found[path.stem] = NamedQuery(path.stem, domain.name, question, sql)
    return found


def get_query(name: str, domains: Iterable[Domain]) -> NamedQuery:
    """The query of that name; BadInput names the choices otherwise."""
    have = named_queries(domains)
    if name not in have:
        raise BadInput(f"unknown query {name!r}; have: {', '.join(have)}")
    return have[name]
