"""The typed values of a batch as Arrow tables, one per core table, column for column as in `schemas/ddl`.

Knows the tables' columns; knows no database.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import pyarrow as pa

from schemas.document import ParsedDocument, Section, SourceFile
from schemas.finding import Candidate, Finding, Record, Ruling, Span, Summary, Value
from schemas.geometry import PageMap, Turn
from schemas.masking import MaskedPlace
from schemas.review import Placement
from schemas.run import Failure, Skip

TEXT, INTEGER, DOUBLE, MOMENT = pa.string(), pa.int32(), pa.float64(), pa.timestamp("us")
NUMBER = pa.decimal128(28, 6)
EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])
MAP_LISTS = (
    "run_starts", "run_lengths", "run_lefts", "run_tops", "run_rights", "run_bottoms", "char_edges", "run_confidences",
)  # fmt: skip
"""The lists of a PageMap as core.geometry names them."""

ABOUT_TABLES = {
    "properties": {"document_id": TEXT, "name": TEXT, "value": TEXT},
    "outline": {"document_id": TEXT, "ordinal": INTEGER, "level": INTEGER, "title": TEXT, "page_number": INTEGER},
    "page_labels": {"document_id": TEXT, "page_number": INTEGER, "label": TEXT},
    "form_fields": {"document_id": TEXT, "ordinal": INTEGER, "name": TEXT, "value": TEXT},
    "attachments": {"document_id": TEXT, "ordinal": INTEGER, "name": TEXT, "size_bytes": pa.int64()},
}
SEARCH_TABLES = ("indexed", "page_words", "passages")
"""Tables that are made from a document's text for searches (`flows.stages.index`)."""
"""What files say of themselves: the columns of each table."""

CANDIDATES = pa.list_(pa.struct([("code", TEXT), ("description", TEXT), ("score", DOUBLE)]))
CITATIONS = pa.list_(pa.struct([("char_start", INTEGER), ("char_end", INTEGER)]))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the parse stage leaves of one file. `domain` is None where it could not be decided."""

    source: SourceFile
    document: ParsedDocument
    sections: tuple[Section, ...]
    domain: str | None
    domain_score: float | None
    masks: tuple[MaskedPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class Tagged:
    """What the tag stage leaves of one document: every place that the model holds plausible."""

    document_id: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the extract stage leaves of one document: all its findings, rulings and records, and what became of reviews."""

    document_id: str
    findings: tuple[Finding, ...]
    rulings: tuple[Ruling, ...]
    records: tuple[Record, ...]
    placements: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed the rows and when (UTC, without zone, as the database keeps it)."""

    run_id: str
    stored_at: datetime


def utc(moment: datetime) -> datetime:
    """The same moment in UTC without its zone; one without a zone is local time."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def document_rows(batch: Sequence[Parsed], parser: str, change: Change) -> pa.Table:
    """core.documents, in state parsed."""
    columns = {
        "document_id": TEXT, "name": TEXT, "path": TEXT, "size_bytes": pa.int64(), "page_count": INTEGER,
        "char_count": INTEGER, "text": pa.large_string(), "domain": TEXT, "domain_score": DOUBLE,
        "state": TEXT, "parser": TEXT, "run_id": TEXT, "stored_at": MOMENT,
    }  # fmt: skip
    return _table(
        columns,
        (
            (
                p.document.id, p.document.name, str(p.source.path), p.source.size, len(p.document.pages),
                len(p.document.text), p.document.text, p.domain, p.domain_score,
                "parsed", parser, change.run_id, change.stored_at,
            )
            for p in batch
        ),
    )  # fmt: skip


def page_rows(batch: Sequence[Parsed]) -> pa.Table:
    """core.pages."""
    columns = {"document_id": TEXT, "page_number": INTEGER, "char_start": INTEGER, "char_end": INTEGER, "reader": TEXT}
    return _table(
        columns,
        ((p.document.id, g.number, g.char_start, g.char_end, g.reader) for p in batch for g in p.document.pages),
    )


def geometry_rows(batch: Sequence[Parsed]) -> pa.Table:
    """core.geometry."""
    columns = {"document_id": TEXT, "page_number": INTEGER, "width": INTEGER, "height": INTEGER, "turn": INTEGER}
    columns |= dict.fromkeys(MAP_LISTS, pa.list_(INTEGER))
    return _table(
        columns,
        (
            (p.document.id, page.number, place.width, place.height, place.turn, *_lists(place))
            for p in batch
            for page, place in zip(p.document.pages if p.document.maps else (), p.document.maps, strict=True)
        ),
    )


def page_map(width: int, height: int, turn: Turn, *lists: Sequence[int]) -> PageMap:
    """A page's map from the cells of core.geometry, `lists` in the order of MAP_LISTS."""
    return PageMap(width, height, turn, *(array("i", cells) for cells in lists))


def section_rows(batch: Sequence[Parsed]) -> pa.Table:
    """core.sections."""
    columns = {
        "document_id": TEXT, "ordinal": INTEGER, "title": TEXT, "level": INTEGER, "path": pa.list_(TEXT),
        "char_start": INTEGER, "char_end": INTEGER,
    }  # fmt: skip
    return _table(
        columns,
        (
            (p.document.id, n, s.title, s.level, list(s.path), s.char_start, s.char_end)
            for p in batch
            for n, s in enumerate(p.sections)
        ),
    )


def about_rows(batch: Sequence[Parsed]) -> dict[str, pa.Table]:
    """The tables of what files say of themselves, by name (ABOUT_TABLES)."""
    told = [(p.document.id, p.document.about) for p in batch]
    cells: tuple[Iterable[tuple[object, ...]], ...] = (
        ((key, name, value) for key, about in told for name, value in dict(about.properties).items()),
        ((key, n, b.level, b.title, b.page_number) for key, about in told for n, b in enumerate(about.outline)),
        ((key, number, label) for key, about in told for number, label in about.page_labels),
        ((key, n, f.name, f.value) for key, about in told for n, f in enumerate(about.form_fields)),
        ((key, n, a.name, a.size) for key, about in told for n, a in enumerate(about.attachments)),
    )
    return {table: _table(columns, made) for (table, columns), made in zip(ABOUT_TABLES.items(), cells, strict=True)}


def proposal_rows(batch: Sequence[Tagged]) -> pa.Table:
    """core.proposals."""
    columns = {
        "document_id": TEXT, "field": TEXT, "char_start": INTEGER, "char_end": INTEGER, "probability": pa.float32(),
    }  # fmt: skip
    return _table(
        columns, ((t.document_id, s.field, s.char_start, s.char_end, s.probability) for t in batch for s in t.spans)
    )


def finding_rows(findings: Iterable[Finding]) -> pa.Table:
    """core.findings."""
    columns = {
        "finding_id": TEXT, "document_id": TEXT, "field": TEXT, "quote": TEXT, "char_start": INTEGER,
        "char_end": INTEGER, "page_start": INTEGER, "page_end": INTEGER, "probability": DOUBLE, "source": TEXT,
        "value_text": TEXT, "value_date": pa.date32(), "value_number": NUMBER, "value_unit": TEXT,
        "value_code": TEXT, "value_code_system": TEXT, "value_candidates": CANDIDATES,
    }  # fmt: skip
    return _table(
        columns,
        (
            (
                f.id, f.document_id, f.field, f.quote, f.char_start, f.char_end, f.page_start, f.page_end,
                f.probability, f.source, *_value_cells(f.value or Value()),
            )
            for f in findings
        ),
    )  # fmt: skip


def finding(*cells: Any) -> Finding:
    """The finding of a row of core.findings, value cells last, the candidates behind them."""
    document_id, field, quote, char_start, char_end, page_start, page_end, probability, source, *meaning, near = cells
    candidates = tuple(Candidate(**one) for one in near or ())
    value = replace(Value(*meaning), candidates=candidates) if any(cell is not None for cell in meaning) else None
    return Finding(
        document_id, field, quote, char_start, char_end, page_start, page_end, probability, source, value
    )  # fmt: skip


def record_rows(records: Iterable[Record]) -> pa.Table:
    """core.records."""
    columns = {
        "record_id": TEXT, "document_id": TEXT, "kind": TEXT, "ordinal": INTEGER, "role": TEXT, "finding_id": TEXT,
    }  # fmt: skip
    return _table(
        columns,
        ((r.id, r.document_id, r.kind, r.ordinal, m.role, m.finding_id) for r in records for m in r.members),
    )


def ruling_rows(rulings: Iterable[Ruling]) -> pa.Table:
    """core.rulings."""
    columns = {
        "document_id": TEXT, "field": TEXT, "verdict": TEXT, "best_score": DOUBLE, "found_at": DOUBLE,
        "absent_below": DOUBLE, "searched_chars": INTEGER, "source": TEXT,
    }  # fmt: skip
    return _table(
        columns,
        (
            (r.document_id, r.field, r.verdict, r.best_score, r.found_at, r.absent_below, r.searched_chars, r.source)
            for r in rulings
        ),
    )


def summary_rows(batch: Sequence[Summary]) -> pa.Table:
    """core.summaries."""
    columns = {
        "document_id": TEXT, "ordinal": INTEGER, "sentence": TEXT, "origin": TEXT, "citations": CITATIONS,
        "writer": TEXT,
    }  # fmt: skip
    return _table(
        columns,
        (
            (s.document_id, n, sentence.text, sentence.origin, _citation_cells(sentence.citations), s.writer)
            for s in batch
            for n, sentence in enumerate(s.sentences)
        ),
    )


def failure_rows(failures: Sequence[Failure]) -> pa.Table:
    """What core.failures takes from a batch; the last failure of a path counts."""
    columns = {"path": TEXT, "document_id": TEXT, "stage": TEXT, "reason": TEXT, "version": TEXT}
    last = {f.path: f for f in failures}.values()
    return _table(columns, ((f.path, f.document_id, f.stage, f.reason, f.version or None) for f in last))


def skip_rows(skips: Sequence[Skip], run_id: str) -> pa.Table:
    """core.skips; the last skip of a path counts."""
    columns = {"run_id": TEXT, "path": TEXT, "document_id": TEXT, "reason": TEXT}
    last = {s.path: s for s in skips}.values()
    return _table(columns, ((run_id, s.path, s.document_id, s.reason) for s in last))


def file_rows(seen: Mapping[str, str | None]) -> pa.Table:
    """What core.files takes from a run: whole paths, each with the document that lies there."""
    return _table({"path": TEXT, "document_id": TEXT}, seen.items())


def id_rows(ids: Iterable[str], refused: Iterable[int | None]) -> pa.Table:
    """The documents of a batch, each with the number of sentences refused (None outside summaries)."""
    return _table({"document_id": TEXT, "refused": INTEGER}, zip(ids, refused, strict=True))


def _value_cells(value: Value) -> tuple[object, ...]:
    candidates = [candidate._asdict() for candidate in value.candidates] or None
    return (value.text, value.date, _exact(value.number), value.unit, value.code, value.code_system, candidates)


def _exact(number: Decimal | None) -> Decimal | None:
    """The number in six decimals; None where that would change it (never rounded: the quote still says it)."""
    if number is None or not number.is_finite():
        return None
    try:
        return number.quantize(Decimal("0.000001"), context=EXACT)
    except (Inexact, InvalidOperation):
        return None


def _lists(place: PageMap) -> tuple[Sequence[int], ...]:
    return (
        place.starts, place.lengths, place.lefts, place.tops, place.rights, place.bottoms, place.edges,
        place.confidences,
    )  # fmt: skip


def _citation_cells(citations: Iterable[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"char_start": start, "char_end": end} for start, end in citations]


def _table(columns: dict[str, pa.DataType], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(column, kind) for column, kind in zip(cells, columns.values(), strict=True)]
    return pa.table(arrays, names=list(columns))
