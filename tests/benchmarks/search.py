"""How well a search finds clauses: the CUAD dev contracts, read from their PDFs, asked by the fields' descriptions.

A page is right where it holds words that the labellers marked for the field. Two questions of each field:
within each contract that has it and more than ten pages, which share of its right pages is among the first ten; and
over all contracts at once, how many of the first ten pages are right.

    python -m tests.benchmarks.search [CONTRACTS]
"""

import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from domain_models import get_domain
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.runtime.embedder import load_embedder
from flows.base_models import base_folder
from flows.settings import settings
from flows.stages.index import index, meaning_indexer, words_indexer
from flows.stages.ingest import discover
from flows.stages.parse import PARSER_VERSION, parse_file
from flows.stages.publish import publish
from flows.stages.query import snapshot
from flows.stages.rows import Parsed
from flows.stages.search import Ask, PageKey, rank
from flows.stages.store import open_store
from schemas.document import ParsedDocument
from tests.conftest import SHARED_DATA

FIRST = 10


def store_contracts(database: Path, labelled: Sequence[LabelledDocument]) -> list[ParsedDocument]:
    documents = []
    with open_store(database, [get_domain("legal")]) as store:
        store.start_run("search", datetime.now(UTC), {})
        for contract in labelled:
            (file,) = discover([SHARED_DATA / "cuad" / (contract.pdf or "")]).files
            documents.append(parse_file(file))
            store.save_parsed([Parsed(file, documents[-1], (), "legal", None)], PARSER_VERSION, "search")
    return documents


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def right_pages(contract: LabelledDocument, document: ParsedDocument) -> Mapping[str, set[PageKey]]:
    """The pages on which the beginning of each marked quote stands, by label."""
    pages = [(page.number, letters(document.text[page.char_start : page.char_end])) for page in document.pages]
    right: defaultdict[str, set[PageKey]] = defaultdict(set)
    for label, quotes in contract.quotes.items():
        for quote in quotes:
            beginning = letters(quote)[:60]
            right[label] |= {(document.id, number) for number, text in pages if beginning in text}
    return right


def index_timed(database: Path) -> None:
    base = base_folder("small")
    embedder = load_embedder(base, settings().thread_count)
    for indexer in (words_indexer(), meaning_indexer("small", embedder.embed)):
        started = time.monotonic()
        index(database, indexer, lambda done, total: print(f"\r{done}/{total}", end="", file=sys.stderr))
        print(f"{indexer.part}: indexed in {time.monotonic() - started:.1f} s")
    publish(database)


def measure(database: Path, labelled: Sequence[LabelledDocument], documents: Sequence[ParsedDocument]) -> None:
    embedder = load_embedder(base_folder("small"), settings().thread_count)
    right = [right_pages(*pair) for pair in zip(labelled, documents, strict=True)]
    every = [document.id for document in documents]
    for way in ("words", "meaning", "both"):
        recalls, precisions, seconds = [], [], []
        with snapshot(database) as connection:
            for field in get_domain("legal").fields:
                vector = embedder.embed([field.description])[0][0].embedding if way != "words" else None
                ask = Ask(field.description, vector, by_words=way != "meaning")
                wanted = [(d, r[field.label]) for d, r in zip(documents, right, strict=True) if r.get(field.label)]
                started = time.monotonic()
                found = [one.key in set().union(*(r for _, r in wanted)) for one in rank(connection, ask, every, FIRST)]
                seconds.append(time.monotonic() - started)
                if wanted:
                    precisions.append(mean(found))
                for document, pages in wanted:
                    if len(document.pages) > FIRST:
                        keys = {one.key for one in rank(connection, ask, [document.id], FIRST)}
                        recalls.append(len(keys & pages) / len(pages))
        print(
            f"{way}: recall@10 within a contract {mean(recalls):.3f} ({len(recalls)} questions); "
            f"of the first ten over all {mean(precisions):.3f} right; {mean(seconds):.3f} s a search"
        )


def main() -> None:
    labelled = read_labelled(SHARED_DATA / "cuad" / "dev.jsonl.gz")[: int(sys.argv[1]) if len(sys.argv) > 1 else None]
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "search.duckdb"
        documents = store_contracts(database, labelled)
        print(f"{len(documents)} contracts, {sum(len(d.pages) for d in documents)} pages")
        index_timed(database)
        measure(database, labelled, documents)


if __name__ == "__main__":
    main()
