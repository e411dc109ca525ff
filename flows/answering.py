"""A question from its words to its answers: the documents chosen, searched by meaning, read by a writer if one is wanted.

Reads the published state. Loads the models only where there is something to read.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb
import numpy as np

from domain_models.domain import Domain
from domain_models.sentences import Interval
from flows.meaning import Meaning
from flows.models import ModelChoice, Models
from flows.searching import Bar, Wanted, bring_up_to_date, chosen_documents
from flows.stages.answer import Answer, Flat, Searched, answer, unaddressed
from flows.stages.database import plain_errors
from flows.stages.evidence import find_document
from flows.stages.locate import Asked, Piece, ask_for, locate
from flows.stages.publish import snapshot_path
from flows.stages.query import QueryResult, snapshot
from schemas.document import Page, ParsedDocument
from schemas.errors import BadInput

TOGETHER = 4
"""So many documents are read at a time."""

NEAREST = """
SELECT document_id, domain FROM current.passages JOIN current.documents USING (document_id)
WHERE document_id IN (SELECT unnest($ids)) GROUP BY ALL
ORDER BY max(array_cosine_similarity(embedding, $vector::FLOAT[384])) DESC, document_id LIMIT $most
"""
DOCUMENT = "SELECT name, text FROM core.documents WHERE document_id = $id"
PAGES = "SELECT page_number, char_start, char_end, reader FROM core.pages WHERE document_id = $id ORDER BY page_number"
PIECES = "SELECT char_start, char_end, embedding FROM core.passages WHERE document_id = $id ORDER BY char_start"


@dataclass(frozen=True, slots=True)
class Query:
    """A question, and which documents it is put to: one by id or name, or those of a domain and a condition."""

    question: str
    document: str | None = None
    where: str | None = None
    domain: str | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Told:
    """What one document says to a question."""

    searched: Searched
    answer: Answer


class Answering:
    """The models that answer, each loaded when first needed; without a writer nobody chooses words of what is found."""

    def __init__(self, writer: str | None = None) -> None:
        self.meaning = Meaning()
        self.models = Models(ModelChoice(writer=writer)) if writer else None

    def reader(self, domain: str) -> "DomainReader | None":
        """What reads the domain's documents."""
        return DomainReader(self.models, domain) if self.models else None


@dataclass(frozen=True, slots=True)
class DomainReader:
    """Reads passages with the writer that answers for the domain; it is loaded when there is something to read."""

    models: Models
    domain: str

    def read(self, passages: Sequence[Flat]) -> list[Interval]:
        """The characters of each passage that the writer answers its question with."""
        from domain_models.runtime.span_reader import SpanReader

        with self.models.writer(self.domain, "questions") as writer:
            return SpanReader(writer).read(passages)


def ask_documents(
    database: Path, query: Query, domains: Sequence[Domain], bar: Bar, writer: str | None = None
) -> tuple[list[Told], int]:
    """What each document says, the nearest in meaning first, and how many could not be looked into because a run is
    under way. Raises BadInput for a question without words, or documents that are not there.
    """
    if not any(letter.isalnum() for letter in query.question):
        raise BadInput(f"nothing to ask in {query.question!r}; give a question of one word or more")
    ids = _chosen(database, query, domains)
    answering = Answering(writer)
    left_out = bring_up_to_date(database, ("meaning",), answering.meaning, bar)
    asked = ask_for(query.question, answering.meaning.embedded([query.question])[0])
    told: list[Told] = []
    with bar("documents asked") as progress:
        nearest = _nearest(database, ids, asked, query.limit)
        for domain, chunk in _chunks(nearest):
            progress(len(told), len(nearest))
            searched = [_searched(database, key, asked, answering) for key in chunk]
            answers = answer(searched, answering.reader(domain))
            told += [Told(*pair) for pair in zip(searched, answers, strict=True)]
            progress(len(told), len(nearest))
    return told, left_out


def _chosen(database: Path, query: Query, domains: Sequence[Domain]) -> list[str]:
    if query.document is None:
        wanted = Wanted(query.question, "meaning", query.domain, query.where)
        return chosen_documents(database, wanted, list(domains))
    if query.where is not None:
        raise BadInput("give either --document or --where, not both")
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        return [find_document(connection, query.document)]


def _nearest(database: Path, ids: Sequence[str], asked: Asked, limit: int) -> list[tuple[str, str]]:
    """The id and domain of the documents with the passages nearest to the question, at most `limit`."""
    cells = {"ids": list(ids), "vector": list(map(float, asked.vector)), "most": limit}
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        return connection.execute(NEAREST, cells).fetchall()


def _chunks(documents: Sequence[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Each domain with a few ids of it, in the order of the documents."""
    for domain, run in groupby(documents, itemgetter(1)):
        ids = [document_id for document_id, _ in run]
        for start in range(0, len(ids), TOGETHER):
            yield domain, ids[start : start + TOGETHER]


def _searched(database: Path, document_id: str, asked: Asked, answering: Answering) -> Searched:
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        document, pieces = _load(connection, document_id)
    return Searched(document, asked.words, locate(document, pieces, asked, answering.meaning.embedded))


def _load(connection: duckdb.DuckDBPyConnection, document_id: str) -> tuple[ParsedDocument, list[Piece]]:
    cells = {"id": document_id}
    name, text = connection.execute(DOCUMENT, cells).fetchall()[0]
    pages = tuple(Page(*row) for row in connection.execute(PAGES, cells).fetchall())
    found = connection.execute(PIECES, cells).fetchall()
    pieces = [Piece(start, end, np.array(vector, dtype=np.float32)) for start, end, vector in found]
    return ParsedDocument(document_id, name, text, pages), pieces


def answer_table(told: Sequence[Told], database: Path) -> QueryResult:
    """One row a document: the answer in its words and the statement that has it, or "not stated" with what was
    searched and the best rejected score.
    """
    columns = (
        "document", "answer", "page", "probability", "statement", "pages_searched", "best_rejected", "evidence",
    )  # fmt: skip
    where = "" if database == Path("muniment.duckdb") else f" --database {shlex.quote(str(database))}"
    return QueryResult(columns, tuple(_row(one, where) for one in told))


def _row(told: Told, where: str) -> tuple[object, ...]:
    document, answer_, passage = told.searched.document, told.answer, told.searched.passage
    searched, evidence = len(document.pages), f"muniment show {document.id[:12]}{where}"
    probability = round(answer_.probability, 4)
    if not answer_.is_found or passage is None:
        return document.name, "not stated", None, None, None, searched, probability, evidence
    places = answer_.place, unaddressed(document, *passage.statement)
    quote, statement = (document.text[start:end] for start, end in places)
    page, _ = document.pages_of(*answer_.place)
    return document.name, quote, page, probability, statement, searched, None, evidence
