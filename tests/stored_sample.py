"""A small database with every kind of row in it, for the tests of what is stored."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from domain_models.domain import Domain, Field
from flows.stages.store import Extraction, Parsed, Store, Tagged, open_store
from schemas.document import ParsedDocument, Section, SourceFile, join_pages
from schemas.finding import Candidate, Finding, Member, Record, Ruling, Span, Summary, SummarySentence, Value
from schemas.geometry import PageMap
from schemas.run import Failure, Run, Skip

START = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)

VIEWS = """
CREATE VIEW toy.dishes AS
SELECT d.document_id, d.name AS document, f.quote AS dish, f.finding_id
FROM core.documents d JOIN core.findings f USING (document_id) WHERE d.state = 'processed' AND f.field = 'dish';
COMMENT ON VIEW toy.dishes IS 'One row per dish.';
COMMENT ON COLUMN toy.dishes.dish IS 'What the menu calls it.';
CREATE VIEW toy.dish_count AS SELECT count(*) AS dishes FROM toy.dishes;
"""

# Combining accent, an emoji family of joined code points, letters beyond the basic plane, a NUL, and no text at all.
PAGES = [
    "Menu\ncre\u0301me bru\u0302le\u0301e 4,50 \u20ac",
    "",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 menu \U0001d54f\x00 12 \u20ac",
]


def toy_domain(folder: Path, views: str = VIEWS) -> Domain:
    folder.mkdir(exist_ok=True)
    (folder / "views.sql").write_text(views, encoding="utf-8")
    fields = (
        Field("dish", "Dish", "text", "What can be eaten."),
        Field("price", "Price", "amount", "What it costs."),
        Field("day", "Day", "date", "When it is served."),
    )
    return Domain("toy", "Menus", folder, "toy-1", fields, lambda field, quote: None, lambda *_: ())


def parsed(name: str = "menu.pdf", folder: Path = Path("/inbox")) -> Parsed:
    key = sha256(name.encode()).hexdigest()
    text, pages = join_pages(list(PAGES), ["pdfium", "unreadable", "ocr"])
    sections = (Section("Menu", 1, ("Menu",), 0, len(text)), Section("Sweet", 2, ("Menu", "Sweet"), 5, 20))
    document = ParsedDocument(key, name, text, pages, tuple(map(one_line_map, PAGES)))
    return Parsed(SourceFile(folder / name, key, 4321), document, sections, "toy", 0.75)


def one_line_map(text: str) -> PageMap:
    """A page of A4 whose characters all stand in one line, ten points wide each."""
    runs = [array("i", [number]) for number in (0, len(text), 720, 1000, 720 + 100 * len(text), 1120)] if text else []
    return PageMap(5950, 8420, 0, *runs, edges=array("i", range(0, 100 * len(text), 100)))


def finding(document: ParsedDocument, field: str, quote: str, value: Value | None = None) -> Finding:
    start = document.text.index(quote)
    end = start + len(quote)
    return Finding(document.id, field, quote, start, end, *document.pages_of(start, end), 0.875, "tagger", value)


def extraction(document: ParsedDocument) -> Extraction:
    dish = finding(document, "dish", "cre\u0301me bru\u0302le\u0301e", Value(text="cr\u00e8me br\u00fbl\u00e9e"))
    price = finding(document, "price", "4,50 \u20ac", Value(number=Decimal("4.50"), unit="EUR"))
    near = (Candidate("FR", "France", 1.0), Candidate("GF", "French Guiana", 0.5))
    dated = Value(date=date(2026, 3, 1), code="FR", code_system="ISO 3166", candidates=near)
    other = finding(document, "price", "\U0001d54f\x00 12 \u20ac", dated)
    ruling = Ruling(document.id, "dish", "found", 0.875, 0.5, 0.1, len(document.text), "tagger")
    rulings = (ruling, replace(ruling, field="price"), replace(ruling, field="day", verdict="absent", best_score=0.05))
    record = Record(document.id, "offer", 0, (Member("dish", dish.id), Member("price", price.id)))
    return Extraction(document.id, (dish, price, other), rulings, (record,))


def tagged(document: ParsedDocument) -> Tagged:
    """Proposals for the findings of `extraction`, and one that comes to nothing."""
    spans = [Span(f.field, f.char_start, f.char_end, f.probability) for f in extraction(document).findings]
    return Tagged(document.id, (*spans, Span("day", 0, 4, 0.0625)))


def summary(document: ParsedDocument) -> Summary:
    sentences = (
        SummarySentence("Sweet things.", ((5, 20), (0, 4)), "written"),
        SummarySentence("Menu", ((0, 4),), "extracted"),
    )
    return Summary(document.id, sentences, refused=2, writer="smol 1")


def fill(store: Store) -> None:
    """Two documents, one of them only parsed, a failed and a skipped file, all by run-1."""
    done, waiting = parsed(), parsed("later.pdf")
    store.start_run("run-1", START, {"parser": "p1", "tagger toy": "t1"})
    store.save_parsed([done, waiting], "p1", "run-1")
    store.save_proposals([tagged(done.document)], "t1+decoding.v1")
    store.save_extraction([extraction(done.document)], "t1", "toy-1", "run-1")
    store.save_summaries([summary(done.document)], "smol 1", "run-1")
    store.save_failures([Failure("/inbox/bad.pdf", None, "parse", "not a PDF")], "run-1")
    store.save_skips([Skip("/inbox/notes.txt", None, "not a document type we read")], "run-1")
    store.finish_run(Run("run-1", START, START, 4, 2, 1, 1, 6, 3, 1.5))


@contextmanager
def filled_store(path: Path, encrypt: bool = False) -> Iterator[Store]:
    with open_store(path, [toy_domain(path.parent / "toy")], encrypt=encrypt) as store:
        fill(store)
        yield store
