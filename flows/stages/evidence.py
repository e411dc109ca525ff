"""Gathers what there is to show of one stored document: its findings, rulings, conflicts and summary, and on which
part of which page the words of each stand.

Reads the published snapshot. Knows neither the document's file nor HTML.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from flows.stages.database import plain_errors
from flows.stages.evidence_reviews import ShownReview, shown_reviews
from flows.stages.publish import snapshot_path
from flows.stages.query import snapshot
from flows.stages.redaction import Cut, cuts
from flows.stages.store import Store
from schemas.document import Page, ParsedDocument
from schemas.errors import BadInput
from schemas.finding import Finding, SummarySentence, Value, Verdict
from schemas.geometry import TENTHS, PageMap, rectangles
from schemas.review import text_digest

SURE = 0.9
"""From which probability a finding needs no second look where no adapter's calibration says."""

CHOICES = 10

MATCHES = """
SELECT document_id, name, path FROM core.documents
WHERE document_id = $named OR starts_with(document_id, lower($named))
    OR $named IN (name, path) AND document_id NOT IN (SELECT document_id FROM core.superseded)
ORDER BY name, document_id
"""

ALL_DOCUMENTS = "SELECT document_id, name FROM core.documents ORDER BY name, document_id LIMIT $most"

ORIGIN = """
SELECT d.path, d.state, coalesce(d.domain, ''), coalesce(m.title, d.domain, 'no domain'), coalesce(d.tagger, '')
FROM core.documents AS d LEFT JOIN core.domains AS m USING (domain) WHERE document_id = $id
"""

FIELDS = """
WITH named AS (
    SELECT field FROM core.rulings WHERE document_id = $id UNION SELECT field FROM core.findings WHERE document_id = $id
)
SELECT n.field, coalesce(c.label, n.field), coalesce(c.description, ''), coalesce(r.verdict, 'found'),
    coalesce(r.best_score, 0)
FROM named AS n
LEFT JOIN core.rulings AS r ON r.document_id = $id AND r.field = n.field
LEFT JOIN core.fields AS c ON c.domain = $domain AND c.field = n.field
ORDER BY c.ordinal NULLS LAST, n.field
"""

SUMMARY = "SELECT sentence, citations, origin FROM core.summaries WHERE document_id = $id ORDER BY ordinal"

VIEW_COLUMNS = "SELECT column_name FROM duckdb_columns() WHERE schema_name = $domain AND table_name = $view"

NOT_TOLD = frozenset({"document_id", "document", "document_name", "probability", "finding_ids"})
"""Columns of a view of conflicts that the page says elsewhere."""


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding, its value in words (empty where the quote does not resolve), and whether a person should look."""

    finding: Finding
    value: str
    needs_review: bool


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field's ruling and its findings in reading order. `colour` numbers the fields that have findings, from 0."""

    name: str
    label: str
    description: str
    verdict: Verdict
    best_score: float
    colour: int
    findings: tuple[ShownFinding, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row of the domain's view `conflicts`: what it tells, column by column, and the findings it rests on, in reading
    order.
    """

    told: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An interval to highlight, by the key of what it proves: a finding's id, or a citation's key (no colour)."""

    key: str
    char_start: int
    char_end: int
    colour: int | None


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of the summary; `places` are its citations and `pages` the page on which each begins."""

    sentence: SummarySentence
    places: tuple[Place, ...]
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A highlight on a page as shown, in percent of its width and height from the top left corner."""

    place: Place
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a page's text and the places that cover it, the shortest first."""

    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page's highlights, large ones first, and its text in pieces that together are the whole of it.

    `width` and `height` in points as shown, 0 where they are not known.
    """

    page: Page
    width: float
    height: float
    marks: tuple[Mark, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is to show of one document. `path` is where its file was when it was last read, None where that is not
    stored; `text_sha256` is what a decision about it names; `allowed` is what of each page's picture may be shown, None
    where all of it may.
    """

    document_id: str
    name: str
    path: Path | None
    state: str
    domain: str
    fields: tuple[ShownField, ...]
    conflicts: tuple[Conflict, ...]
    summary: tuple[Cited, ...]
    pages: tuple[ShownPage, ...]
    reviews: tuple[ShownReview, ...]
    text_sha256: str
    allowed: tuple[Cut | None, ...] | None = None


def gather_evidence(database: Path, named: str) -> Evidence:
    """What to show of the document with this id, beginning of an id, file name or path.

    Raises BadInput with the choices where it names no document, or several.
    """
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        key = find_document(connection, named)
        # reads alone: the snapshot's connection cannot write
        store = Store(snapshot_path(database), connection, ExitStack())
        (stored,) = store.load_documents([key])
        maps = store.load_maps(key)
        evidence = _gathered(connection, stored.document, maps, store.load_findings([key])[key])
        if not store.is_deidentified():
            return evidence
        return replace(evidence, path=None, allowed=cuts(stored.document.pages, maps, store.load_masks(key)))


def _gathered(
    connection: duckdb.DuckDBPyConnection,
    document: ParsedDocument,
    maps: Sequence[PageMap],
    findings: Sequence[Finding],
) -> Evidence:
    path, state, domain, title, tagger = _rows(connection, ORIGIN, id=document.id)[0]
    fields = _fields(connection, document.id, domain, tagger, findings)
    summary = tuple(
        _cited(document, number, SummarySentence(text, tuple((c["char_start"], c["char_end"]) for c in cited), origin))
        for number, (text, cited, origin) in enumerate(_rows(connection, SUMMARY, id=document.id))
    )
    proofs = [
        Place(one.finding.id, one.finding.char_start, one.finding.char_end, field.colour)
        for field in fields
        for one in field.findings
    ]
    places = [*proofs, *(place for cited in summary for place in cited.places)]
    pages = tuple(_shown_pages(document, maps, places))
    conflicts = _conflicts(connection, document.id, domain, findings)
    reviews = shown_reviews(connection, document.id, domain)
    named = (document.id, document.name, Path(path), state, title)
    return Evidence(*named, fields, conflicts, summary, pages, reviews, text_digest(document.text))


def find_document(connection: duckdb.DuckDBPyConnection, named: str) -> str:
    """The id of the document with this id, beginning of an id, file name or path; BadInput where that is none or several."""
    found = _rows(connection, MATCHES, named=named) if named else []
    # a whole id, name or path says more than the beginning of an id
    chosen = [row for row in found if named in row] or found
    if len(chosen) == 1:
        return str(chosen[0][0])
    if chosen:
        told = _choices([(key, path) for key, _, path in chosen], len(named) + 6)
        raise BadInput(f"{named!r} names {len(chosen)} documents; give more of an id: {told}")
    have = _choices(_rows(connection, ALL_DOCUMENTS, most=CHOICES + 1), 0)
    raise BadInput(f"no document {named!r}; have: {have or 'none'}")


def _choices(found: Sequence[tuple[str, ...]], letters: int) -> str:
    told = [f"{key[: max(12, letters)]} ({name!r})" for key, name in found[:CHOICES]]
    return ", ".join([*told, "..."] if len(found) > CHOICES else told)


def _fields(
    connection: duckdb.DuckDBPyConnection, document_id: str, domain: str, tagger: str, findings: Sequence[Finding]
) -> tuple[ShownField, ...]:
    accept_at = _accept_at(connection, domain, tagger)
    of_field: dict[str, list[Finding]] = {}
    for finding in findings:
        of_field.setdefault(finding.field, []).append(finding)
    shown: list[ShownField] = []
    for name, label, description, verdict, best_score in _rows(connection, FIELDS, id=document_id, domain=domain):
        members = tuple(
            ShownFinding(f, value_words(f.value), verdict == "abstained" or _is_unsure(f, accept_at))
            for f in of_field.get(name, ())
        )
        colour = sum(bool(field.findings) for field in shown)
        shown.append(ShownField(name, label, description, verdict, best_score, colour, members))
    return tuple(shown)


def _is_unsure(finding: Finding, accept_at: Mapping[str, float | None]) -> bool:
    """Whether the finding stays below its field's probability of acceptance, or the field has none to reach."""
    wanted = accept_at.get(finding.field, SURE) if finding.source == "tagger" else SURE
    return wanted is None or finding.probability < wanted


def _accept_at(connection: duckdb.DuckDBPyConnection, domain: str, tagger: str) -> Mapping[str, float | None]:
    """By field, where the domain's calibration says so for this tagger; None where no probability is enough."""
    if not _has(connection, domain, "auto_accept", {"field", "tagger", "accept_at"}):
        return {}
    view = f'SELECT field, accept_at FROM "{_name(domain)}".auto_accept WHERE starts_with($tagger, tagger)'  # noqa: S608 (quoted)
    return dict(_rows(connection, view, tagger=tagger))


def _conflicts(
    connection: duckdb.DuckDBPyConnection, document_id: str, domain: str, findings: Sequence[Finding]
) -> tuple[Conflict, ...]:
    if not _has(connection, domain, "conflicts", {"document_id", "finding_ids"}):
        return ()
    view = f'SELECT * FROM "{_name(domain)}".conflicts WHERE document_id = $id'  # noqa: S608 (quoted)
    cursor = connection.execute(view, {"id": document_id})
    columns = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return tuple(
        Conflict(
            tuple((name.replace("_", " "), _words(cell)) for name, cell in row.items() if name not in NOT_TOLD),
            tuple(finding for finding in findings if finding.id in set(row["finding_ids"])),
        )
        for row in rows
    )


def _has(connection: duckdb.DuckDBPyConnection, domain: str, view: str, columns: set[str]) -> bool:
    return columns <= {name for (name,) in _rows(connection, VIEW_COLUMNS, domain=domain, view=view)}


def _name(domain: str) -> str:
    return domain.replace('"', '""')


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **cells: object) -> list[tuple[Any, ...]]:
    return connection.execute(query, cells).fetchall()


def _words(cell: object) -> str:
    match cell:
        case None:
            return ""
        case list():
            return " / ".join(map(_words, cell))
    return str(cell)


def value_words(value: Value | None) -> str:
    """A typed value for a reader: number and unit, date, wording, code; empty where nothing is resolved."""
    if value is None:
        return ""
    number = "" if value.number is None else f"{value.number.normalize():f}"
    day = value.date.isoformat() if value.date else ""
    measure = " ".join(part for part in (number, value.unit) if part)
    code = " ".join(part for part in (value.code_system, value.code) if part)
    parts = [part for part in (day, measure, value.text, code) if part]
    return " \N{MIDDLE DOT} ".join(dict.fromkeys(parts))


def _cited(document: ParsedDocument, number: int, sentence: SummarySentence) -> Cited:
    places = tuple(
        Place(f"summary:{number}:{at}", start, end, None) for at, (start, end) in enumerate(sentence.citations)
    )
    return Cited(sentence, places, tuple(document.pages_of(start, end)[0] for start, end in sentence.citations))


def _shown_pages(document: ParsedDocument, maps: Sequence[PageMap], places: Sequence[Place]) -> Iterator[ShownPage]:
    # a database from before geometry was kept: every highlight is the whole page
    known = maps or [PageMap(0, 0)] * len(document.pages)
    for page, page_map in zip(document.pages, known, strict=True):
        here = [place for place in places if place.char_start < page.char_end and place.char_end > page.char_start]
        marks = [mark for place in here for mark in _marks(page, page_map, place)]
        marks.sort(key=lambda mark: -mark.width * mark.height)
        size = (page_map.width / TENTHS, page_map.height / TENTHS)
        yield ShownPage(page, *size, tuple(marks), tuple(_pieces(document.text, page, here)))


def _marks(page: Page, page_map: PageMap, place: Place) -> Iterator[Mark]:
    """The place's part of this page, cut to it; the whole page where no smaller part is known."""
    width, height = page_map.width / TENTHS, page_map.height / TENTHS
    found = rectangles([page], [page_map], place.char_start, place.char_end) if width and height else ()
    for part in found:
        left, right = _percent(part.left, width), _percent(part.right, width)
        top, bottom = _percent(part.top, height), _percent(part.bottom, height)
        yield Mark(place, left, top, round(right - left, 3), round(bottom - top, 3))
    if not found:
        yield Mark(place, 0.0, 0.0, 100.0, 100.0)


def _percent(length: float, whole: float) -> float:
    return round(min(max(100 * length / whole, 0.0), 100.0), 3)


def _pieces(text: str, page: Page, places: Sequence[Place]) -> Iterator[Piece]:
    ends = {min(max(end, page.char_start), page.char_end) for p in places for end in (p.char_start, p.char_end)}
    cuts = sorted({page.char_start, page.char_end, *ends})
    shortest_first = sorted(places, key=lambda place: place.char_end - place.char_start)
    for start, end in pairwise(cuts):
        covering = tuple(place for place in shortest_first if place.char_start <= start and place.char_end >= end)
        yield Piece(text[start:end], covering)
