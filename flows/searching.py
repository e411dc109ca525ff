"""A search from question to answer: the index brought up to date where it is not, the filter, the pages, the links.

Loads the embedding model only where meaning counts.
"""

import shlex
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from domain_models.domain import Domain
from domain_models.portfolio import load_portfolio
from flows.evidence_folder import evidence_files, write_evidence
from flows.meaning import Meaning
from flows.stages.index import Part, Progress, index, not_indexed, words_indexer
from flows.stages.painter import Painter
from flows.stages.publish import publish
from flows.stages.query import QueryResult, run_query, snapshot
from flows.stages.search import Ask, Hit, search
from schemas.errors import BadInput, DatabaseBusy

By = Literal["words", "meaning", "both"]
PARTS: dict[By, tuple[Part, ...]] = {"words": ("words",), "meaning": ("meaning",), "both": ("words", "meaning")}

Bar = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far something of that name is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, how, in which documents (a domain's name, a condition on its documents' view), how many."""

    words: str
    by: By
    domain: str | None = None
    where: str | None = None
    limit: int = 10


def look_up(database: Path, wanted: Wanted, domains: Iterable[Domain], bar: Bar) -> tuple[tuple[Hit, ...], int]:
    """The pages found, and how many documents could not be looked into because a run holds the database meanwhile."""
    if not any(letter.isalnum() for letter in wanted.words):
        raise BadInput(f"nothing to search for in {wanted.words!r}; give one word or more")
    meaning = Meaning()
    ids = chosen_documents(database, wanted, list(domains))
    left_out = bring_up_to_date(database, PARTS[wanted.by], meaning, bar)
    vector = None
    if "meaning" in PARTS[wanted.by]:
        vector = meaning.embedder.embed([wanted.words])[0][0].embedding.tolist()
    ask = Ask(wanted.words, vector, by_words="words" in PARTS[wanted.by])
    return search(database, ask, ids, wanted.limit), left_out


def bring_up_to_date(database: Path, parts: Iterable[Part], meaning: Meaning, bar: Bar) -> int:
    """Index what is stored and published the result; returns how many documents wait because a run is under way.

    Raises DatabaseBusy where nothing has been indexed yet.
    """
    left_out = changed = 0
    for part in parts:
        indexer = words_indexer() if part == "words" else meaning.indexer
        with snapshot(database) as connection:
            waiting = len(not_indexed(connection, part, indexer.version))
            stored = connection.execute("SELECT count(*) FROM core.documents").fetchall()[0][0]
        if not waiting:
            continue
        try:
            with bar(f"index by {part}") as progress:
                changed += index(database, indexer, progress)
        except DatabaseBusy:
            if waiting == stored:
                raise
            left_out = max(left_out, waiting)
    if changed:
        publish(database)
    return left_out


def chosen_documents(database: Path, wanted: Wanted, domains: list[Domain]) -> list[str]:
    """The ids of the documents to look into. Raises BadInput for a condition that fits no domain's documents."""
    if wanted.where is None:
        every = run_query(database, "SELECT document_id, domain FROM core.documents").rows
        return [str(row[0]) for row in every if wanted.domain in {None, row[1]}]
    asked = [domain for domain in domains if wanted.domain in {None, domain.name}]
    ids: set[str] = set()
    errors: list[str] = []
    views = [f"{domain.name}.{view}" for domain in asked if (view := load_portfolio(domain).documents)]
    for view in views:
        try:
            rows = run_query(database, f"SELECT document_id FROM {view} WHERE (\n{wanted.where}\n)").rows  # noqa: S608 (the user's own condition)
            ids |= {str(row[0]) for row in rows}
        except BadInput as error:
            errors.append(f"{view}: {error}")
    if len(errors) == len(views):
        raise BadInput("; ".join(errors) or "no domain asked for has a view to filter by")
    return sorted(ids)


def rows_with_commands(hits: Iterable[Hit], database: Path) -> QueryResult:
    """The pages found as a table; `evidence` is the command that writes the document's evidence page."""
    where = "" if database == Path("muniment.duckdb") else f" --database {shlex.quote(str(database))}"
    return _table(hits, lambda hit: f"muniment show {hit.document_id[:12]}{where}")


def rows_with_pages(
    hits: Iterable[Hit], database: Path, folder: Path, drawing: Painter, progress: Progress
) -> QueryResult:
    """The pages found as a table; `evidence` is the page within an evidence page that is written into `folder`."""
    found = list(hits)
    files = evidence_files({hit.document_id: hit.document for hit in found})
    write_evidence(database, folder, files, drawing, progress)
    return _table(found, lambda hit: f"{folder / files[hit.document_id]}#page-{hit.page}")


def _table(hits: Iterable[Hit], evidence: Callable[[Hit], str]) -> QueryResult:
    rows = ((hit.document, hit.page, hit.score, hit.snippet, evidence(hit)) for hit in hits)
    return QueryResult(("document", "page", "score", "snippet", "evidence"), tuple(rows))
