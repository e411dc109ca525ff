"""Tables whose head row names their columns, as rows of cells: which words are the drug, its dose, the test, its value.

A row of the text is a line whose cells are parted by tabs or bars. An empty cell leaves no mark in the text, so a row
with fewer cells than the table has columns is fitted to them by what each cell can be; where several ways fit, only
cells that have the same column in all of them are taken. Knows lines and words, no page geometry.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import regex

from domain_models.medical.analytes import is_analyte
from domain_models.medical.cells import DATE, FIELDS, Cell, Row, cell_of, drug_cells, head_cell, is_empty, layout, reads
from domain_models.medical.crowded import labels_in, ways_to_fit
from domain_models.medical.quantities import parse_unit
from domain_models.medical.vitals import vital_of

Place = tuple[int, int]

_LINE = regex.compile(r"[^\n\f]+")
_CELL = regex.compile(r"[^\t|]+")
_NUMBERING = regex.compile(r"(?:\d{1,3}[.)]|[-•*▪◦])")
_PAGE_NUMBER = regex.compile(r"(?i)\bpage\s+\d+(?:\s+of\s+\d+)?$")
_DAY_AND_UNIT = regex.compile(rf"(?P<day>{DATE})\s+(?P<unit>(?i:units?))")
_VALUE_AND_UNIT = regex.compile(r"(?P<value>[<>≤≥]?\s?\d[\d.,]*|[-–—])\s+(?P<unit>\S+)")
_BRACKETED = regex.compile(r"\s*[(\[](?P<unit>[^)\]]*)[)\]]\s*$")
_TWO_NUMBERS = regex.compile(r"\d\s+\d")
_FLAGGED = regex.compile(
    r"(?P<value>[<>≤≥]?\s?-?\d[\d,]*(?:\.\d+)?)\s*[(\[]?(?P<flag>HH|LL|[HLA]|[Hh]igh|[Ll]ow)[)\]]?\*?"
)
_FULL = 0.8  # of the widest cell of the column: a line so long that its next word did not fit was wrapped
_SKIPPED = 4  # lines that may stand between a table's parts on two pages: footers and headers
_MOST_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A line's cells; none where it was read with the line before it."""

    cells: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's role; None where its label says nothing to us. `named` is a test or date that its label states."""

    role: str | None
    label: Place
    unit: Place | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A head row: the kind of record in each row beneath it, and its columns."""

    kind: str
    columns: tuple[Column, ...]

    @property
    def head_at(self) -> int:
        """Which column holds the head of a row; -1 where each column is a test of its own."""
        role = next(iter(FIELDS[self.kind]))
        return next((at for at, column in enumerate(self.columns) if column.role == role), -1)


def read_tables(text: str) -> Iterator[Row | Place]:
    """Every table's rows, and the interval of each head row, in reading order."""
    head: Head | None = None
    above: list[Place] = []
    width = 0
    lines = list(_lines(text))
    for at, line in enumerate(lines):
        new = _head(text, line.cells)
        if new is not None:
            head, above, width = new, [], 0
            yield line.cells[0][0], line.cells[-1][1]
        elif head is None or not line.cells:
            continue
        elif len(line.cells) == 1 and not _is_row(text, head, line.cells):
            above.append(line.cells[0])
        else:
            cells, above = _whole(text, head, above, line.cells)
            following = lines[at + 1].cells if at + 1 < len(lines) else ()
            if _goes_on(text, head, cells, following):
                wrapped = (cells[-1][0], following[0][1])
                cells, lines[at + 1] = (*cells[:-1], wrapped, *following[1:]), Line(())
            first = _with_prefix(text, above, cells[0], width)
            if len(cells) > len(head.columns) or _is_elsewhere(text, above, first):
                head = None
                continue
            width = max(width, *(end - start for start, end in (*above, cells[0])))
            yield from _rows(text, head, (first, *cells[1:]))
            above = []


def _is_row(text: str, head: Head, cells: Sequence[Place]) -> bool:
    """Whether a line without any gap is a row all the same: its words fill every column in one way alone."""
    return len(_fitted(text, head, cells)) == len(head.columns) > 2


def _lines(text: str) -> Iterator[Line]:
    """The lines that are not blank, without those that stand at the edge of several pages or number one."""
    pages = [[line.strip() for line in page.strip().split("\n")] for page in text.split("\f")]
    edges = Counter(line for lines in pages for line in {*lines[:2], *lines[-2:]})
    often = max(2, len(pages) / 2)
    for match in _LINE.finditer(text):
        words = match.group().strip()
        is_furniture = edges[words] >= often or _PAGE_NUMBER.search(words) is not None
        cells = tuple(_trimmed(text, c.span()) for c in _CELL.finditer(text, *match.span()) if c.group().strip())
        cells = cells[1:] if cells and _NUMBERING.fullmatch(text, *cells[0]) else cells
        if cells and (not is_furniture or _head(text, cells)):
            yield Line(cells)


def _is_elsewhere(text: str, above: Sequence[Place], first: Place) -> bool:
    """Whether lines stand between a row and the one before it that belong to neither: the table has ended.

    A page's edge may bring some, and the last cell of the row before may have run on over one or two.
    """
    between = [place for place in above if place[1] <= first[0]]
    if any("\f" in text[start : first[0]] for start, _ in between):
        return len(between) > _SKIPPED
    return any(not text[start].islower() for start, _ in between) or len(between) > 2


def _trimmed(text: str, place: Place) -> Place:
    words = text[slice(*place)]
    return place[0] + len(words) - len(words.lstrip()), place[1] - len(words) + len(words.rstrip())


def _head(text: str, cells: Sequence[Place]) -> Head | None:
    """The head row that this line is, if all it needs is there: a head column, and one more that we know."""
    if not 2 <= len(cells) <= _MOST_COLUMNS:
        return None
    parted = [label for place in _parted(text, cells) for label in labels_in(text, place)]
    if len(parted) > _MOST_COLUMNS:
        return None
    labels = [_label(text, place) for place in parted]
    for kind, roles in _roles().items():
        pairs = zip(parted, labels, strict=True)
        columns = tuple(Column(roles.get(words), place, unit) for place, (words, unit) in pairs)
        named = [column.role for column in columns if column.role]
        if columns[0].role != next(iter(FIELDS[kind])) and next(iter(FIELDS[kind])) not in named:
            continue
        if kind == "test" and "value" not in named:
            columns = tuple(_day(text, column) for column in columns)
            named += [column.role for column in columns if column.role == "value"][:1]
            if "value" not in named:
                continue
        if len(set(named)) == len(named) > 1:
            return Head(kind, columns)
    return _vitals_head(parted, labels)


def _day(text: str, column: Column) -> Column:
    """The column of a day's results, where its label is a date."""
    return Column("value", column.label) if regex.fullmatch(DATE, text[slice(*column.label)]) else column


def _parted(text: str, cells: Sequence[Place]) -> tuple[Place, ...]:
    """The labels, a day and the label of the unit beside it apart where too little space stands between the two."""
    last = _DAY_AND_UNIT.fullmatch(text, *cells[-1])
    return (*cells[:-1], last.span("day"), last.span("unit")) if last else tuple(cells)


def _vitals_head(cells: Sequence[Place], labels: Sequence[tuple[str, Place | None]]) -> Head | None:
    """A head row whose columns are vital signs or what laboratories measure, perhaps beside a date."""
    vitals = [vital_of(words) is not None or is_analyte(words) for words, _ in labels]
    if sum(vitals) < 2 or sum(vitals) < len(vitals) / 2:
        return None
    dates = layout()["columns"]["test"]["date"]
    roles = [
        "value" if vital else "date" if words in dates else None
        for vital, (words, _) in zip(vitals, labels, strict=True)
    ]
    columns = zip(roles, cells, labels, strict=True)
    return Head("test", tuple(Column(role, place, unit) for role, place, (_, unit) in columns))


@cache
def _roles() -> Mapping[str, Mapping[str, str]]:
    tables: Mapping[str, Mapping[str, Sequence[str]]] = layout()["columns"]
    return {kind: {label: role for role, labels in roles.items() for label in labels} for kind, roles in tables.items()}


def _label(text: str, place: Place) -> tuple[str, Place | None]:
    """A column's label in lower case, and where the unit stands that it names in brackets."""
    words = text[slice(*place)]
    bracketed = _BRACKETED.search(words)
    unit = bracketed.span("unit") if bracketed and parse_unit(bracketed["unit"]) else None
    bare = words[: bracketed.start()] if bracketed else words
    start = place[0]
    return " ".join(bare.lower().split()).strip(" :"), (start + unit[0], start + unit[1]) if unit else None


def _whole(text: str, head: Head, prefix: list[Place], cells: Sequence[Place]) -> tuple[tuple[Place, ...], list[Place]]:
    """The row with its first cell, where that stands alone on the line above; and the lines above it that are left."""
    if prefix and head.head_at == 0 and len(cells) < len(head.columns) and head_cell(head.kind, text, cells[0]) is None:
        return (prefix[-1], *cells), prefix[:-1]
    return tuple(cells), prefix


def _goes_on(text: str, head: Head, cells: Sequence[Place], following: Sequence[Place]) -> bool:
    """Whether the last cell of a line goes on in the first one of the next: "every 6 hours as", "needed"."""
    count = len(head.columns)
    fills = 1 < len(cells) < count and len(following) < count and len(cells) + len(following) - 1 == count
    return fills and text[following[0][0]].islower()


def _with_prefix(text: str, prefix: Sequence[Place], first: Place, width: int) -> Place:
    """The first cell with the lines above it that it was wrapped from; those that had room for more are no part of it."""
    width = max(width, *(end - start for start, end in (*prefix, first)))
    for start, end in reversed(prefix):
        next_word = text[slice(*first)].split()[0]
        has_room = end - start + 1 + len(next_word) <= _FULL * width
        if has_room or text[start:end].isupper() or (text[start].islower() and text[first[0]].isupper()):
            break
        first = (start, first[1])
    return first


def _rows(text: str, head: Head, cells: Sequence[Place]) -> Iterator[Row]:
    at = head.head_at
    fitted = _fitted(text, head, cells)
    series = [column for column, h in enumerate(head.columns) if h.role == "value"]
    if at < 0 or len(series) > 1:
        yield from _series(text, head, fitted, series)
    elif at in fitted:
        named = _one(head_cell(head.kind, text, fitted[at]))
        first = (drug_cells(text, fitted[at]) if head.kind == "medication" else []) or named
        rest = [
            cell
            for column, place in sorted(fitted.items())
            for role in [head.columns[column].role]
            if role is not None and column != at
            for cell in _cells(head.kind, role, text, place)
        ]
        own = {cell.role for cell in rest}
        kept = [cell for cell in first if cell.role not in own]
        if kept and (rest or all(is_empty(text[slice(*place)]) for column, place in fitted.items() if column != at)):
            extent = tuple(place for column, place in fitted.items() if head.columns[column].role)
            yield Row(head.kind, (*kept, *rest, *_label_unit(head.columns, rest)), extent)


def _label_unit(columns: Sequence[Column], cells: Sequence[Cell]) -> Iterator[Cell]:
    """The unit that the label of the value's column states, where the row states none."""
    unit = next((column.unit for column in columns if column.role == "value" and column.unit), None)
    if unit and not any(cell.role == "unit" for cell in cells):
        yield Cell("unit", "result_unit", *unit)


def _series(text: str, head: Head, fitted: Mapping[int, Place], series: Sequence[int]) -> Iterator[Row]:
    """A row for each value: of one test on several days, or of several vital signs on one day."""
    at = head.head_at
    shared = [
        cell
        for column, place in sorted(fitted.items())
        for role in [head.columns[column].role]
        if role not in {None, "value", "test"}
        for cell in _one(cell_of("test", role or "", text, place))
    ]
    for column in series:
        label = head.columns[column]
        named = fitted.get(at) if at >= 0 else _without_unit(text, label)
        name = _one(head_cell("test", text, named)) if named else []
        value = _cells("test", "value", text, fitted[column]) if column in fitted else []
        dated = _one(cell_of("test", "date", text, label.label)) if at >= 0 else []
        if name and value:
            unit = [Cell("unit", "result_unit", *label.unit)] if label.unit else []
            yield Row("test", (*name, *value, *shared, *dated, *unit))


def _without_unit(text: str, column: Column) -> Place:
    start, end = column.label
    bracketed = _BRACKETED.search(text, start, end)
    return _trimmed(text, (start, bracketed.start())) if bracketed and bracketed.start() > start else (start, end)


def _cells(kind: str, role: str, text: str, place: Place) -> list[Cell]:
    """The cell; of a value its flag apart: "132 (L)"."""
    flagged = _FLAGGED.fullmatch(text, *place) if role == "value" else None
    if flagged is None:
        return _one(cell_of(kind, role, text, place))
    return _one(cell_of(kind, role, text, flagged.span("value"))) + _one(
        cell_of(kind, "flag", text, flagged.span("flag"))
    )


def _one(cell: Cell | None) -> list[Cell]:
    return [cell] if cell else []


def _fitted(text: str, head: Head, cells: Sequence[Place]) -> dict[int, Place]:
    """Each column's cell, as far as there is only one way to tell."""
    count = len(head.columns)
    both = _VALUE_AND_UNIT.fullmatch(text, *cells[-1])
    if len(cells) == count - 1 and both and [c.role for c in head.columns[-2:]] == ["value", "unit"]:
        cells = (*cells[:-1], both.span("value"), both.span("unit"))
    if len(cells) == count:
        return dict(enumerate(cells))
    ways = ways_to_fit(text, cells, count, partial(_can_fill, text, head))
    ways = [way for way in ways if head.head_at < 0 or head.head_at in way]
    filled = [(sum(head.columns[column].role is not None for column in way), len(way)) for way in ways]
    ways = [way for way, count in zip(ways, filled, strict=True) if count == max(filled)]
    sure = set.intersection(*(set(way.items()) for way in ways)) if ways else set()
    return dict(sure)


def _can_fill(text: str, head: Head, at: int, place: Place, is_part: bool) -> bool:
    """Whether words can stand in a column; a part of a cell must say something that the column asks for."""
    column, words = head.columns[at], text[slice(*place)]
    if at == head.head_at:
        return head_cell(head.kind, text, place) is not None
    if column.role is None:
        return not is_part or regex.fullmatch(rf"{DATE}|\d{{1,2}}:\d{{2}}|\d", words) is not None
    if is_empty(words):
        return not is_part
    return _fills(text, head.kind, column.role, place) and not _is_odd(text, column, words)


def _is_odd(text: str, column: Column, words: str) -> bool:
    """Whether a value is a time of day, or no value of the vital sign that the column is for: pressures are two numbers."""
    vital = vital_of(_label(text, column.label)[0]) if column.role == "value" else None
    is_pair = regex.search(r"\d\s*/\s*\d", words) is not None
    is_other = vital is not None and (
        (vital.code == "blood_pressure") != is_pair or _TWO_NUMBERS.search(words) is not None
    )
    return column.role == "value" and (is_other or regex.fullmatch(r"\d{1,2}:\d{2}", words) is not None)


def _fills(text: str, kind: str, role: str, place: Place) -> bool:
    """Whether the words of a cell can be of that role; a route must be one that we know."""
    cell = cell_of(kind, role, text, place)
    return cell is not None and (role != "route" or reads(kind, role, text[slice(*place)]))
