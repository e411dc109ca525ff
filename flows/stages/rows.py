"""The typed values of a batch as Arrow tables, one per core table, column for column as in `schemas/ddl`.

Knows the tables' columns; knows no database.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation

import pyarrow as pa

from schemas.document import ParsedDocument, Section, SourceFile
from schemas.finding import Finding, Record, Ruling, Summary, Value
from schemas.geometry import TENTHS, PageMap, Rectangle, Turn
from schemas.masking import MaskedPlace
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
"""What files say of themselves: the columns of each table."""

BOXES = pa.list_(pa.struct([(side, INTEGER) for side in ("page_number", "x_left", "y_top", "x_right", "y_bottom")]))
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
class Extraction:
    """What the extract stage leaves of one document: all its findings, rulings and records."""

    document_id: str
    findings: tuple[Finding, ...]
    rulings: tuple[Ruling, ...]
    records: tuple[Record, ...]


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


def mask_rows(batch: Sequence[Parsed]) -> pa.Table:
    """core.masks."""
    columns = {
        "document_id": TEXT, "ordinal": INTEGER, "kind": TEXT, "char_start": INTEGER, "char_end": INTEGER, "boxes": BOXES,
    }  # fmt: skip
    return _table(
        columns,
        (
            (p.document.id, n, m.kind, m.char_start, m.char_end, [_box_cells(box) for box in m.boxes])
            for p in batch
            for n, m in enumerate(p.masks)
        ),
    )


def masked_place(kind: str, char_start: int, char_end: int, boxes: Sequence[dict[str, int]]) -> MaskedPlace:
    """A mask from the cells of core.masks."""
    places = (
        Rectangle(box["page_number"], *(box[side] / TENTHS for side in ("x_left", "y_top", "x_right", "y_bottom")))
        for box in boxes
    )
    return MaskedPlace(kind, char_start, char_end, tuple(places))


def finding_rows(findings: Iterable[Finding]) -> pa.Table:
    """core.findings."""
    columns = {
        "finding_id": TEXT, "document_id": TEXT, "field": TEXT, "quote": TEXT, "char_start": INTEGER,
        "char_end": INTEGER, "page_start": INTEGER, "page_end": INTEGER, "probability": DOUBLE, "source": TEXT,
        "value_text": TEXT, "value_date": pa.date32(), "value_number": NUMBER, "value_unit": TEXT,
        "value_code": TEXT, "value_code_system": TEXT,
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
        "absent_below": DOUBLE, "searched_chars": INTEGER,
    }  # fmt: skip
    return _table(
        columns,
        (
            (r.document_id, r.field, r.verdict, r.best_score, r.found_at, r.absent_below, r.searched_chars)
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
    columns = {"path": TEXT, "document_id": TEXT, "stage": TEXT, "reason": TEXT}
    last = {f.path: f for f in failures}.values()
    return _table(columns, ((f.path, f.document_id, f.stage, f.reason) for f in last))


def skip_rows(skips: Sequence[Skip], run_id: str) -> pa.Table:
    """core.skips; the last skip of a path counts."""
    columns = {"run_id": TEXT, "path": TEXT, "document_id": TEXT, "reason": TEXT}
    last = {s.path: s for s in skips}.values()
    return _table(columns, ((run_id, s.path, s.document_id, s.reason) for s in last))


def id_rows(ids: Iterable[str], refused: Iterable[int | None]) -> pa.Table:
    """The documents of a batch, each with the number of sentences refused (None outside summaries)."""
    return _table({"document_id": TEXT, "refused": INTEGER}, zip(ids, refused, strict=True))


def _value_cells(value: Value) -> tuple[object, ...]:
    return (value.text, value.date, _exact(value.number), value.unit, value.code, value.code_system)


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


def _box_cells(box: Rectangle) -> dict[str, int]:
    sides = {"x_left": box.left, "y_top": box.top, "x_right": box.right, "y_bottom": box.bottom}
    return {"page_number": box.page_number} | {side: round(length * TENTHS) for side, length in sides.items()}


def _citation_cells(citations: Iterable[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"char_start": start, "char_end": end} for start, end in citations]


def _table(columns: dict[str, pa.DataType], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(column, kind) for column, kind in zip(cells, columns.values(), strict=True)]
    return pa.table(arrays, names=list(columns))
