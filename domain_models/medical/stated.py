"""What tables and lists state outright: their cells as spans, and their rows as the members of records.

Tables and lists read places and roles; here they become one reading of a document, which outranks what the tagger and
the patterns propose for the same words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from domain_models.medical.cells import Row
from domain_models.medical.courses import course_spans
from domain_models.medical.ended import ended_lists
from domain_models.medical.family import family_rows
from domain_models.medical.lists import headings, read_lists
from domain_models.medical.result_lines import result_rows
from domain_models.medical.sited import sited_spans
from domain_models.medical.tables import read_tables
from domain_models.medical.taper_days import taper_spans
from domain_models.medical.vital_lines import sign_rows
from schemas.finding import Finding, Member, Span

IN_TABLE = 0.97  # a column's label and a cell that fits it leave few other meanings; argued, not measured
IN_LIST = 0.95
_HABIT_LABEL = regex.compile(
    r"(?mi)^[ \t]*(?:smoking|tobacco|cigarettes|alcohol|etoh|occupation|profession)\b[ \w]*[:|\t]"
)
_PAST = frozenset({"resolved", "remission"})


@dataclass(frozen=True)
class Stated:
    """A text's rows with the probability of their cells, and the intervals of labels and headings."""

    rows: tuple[tuple[Row, float], ...]
    labels: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class StatedRecord:
    """A row whose head was found: its kind, its head, the members beside the head, and whether it is a list's."""

    kind: str
    head: Finding
    members: tuple[Member, ...]
    is_listed: bool


@lru_cache(maxsize=4)
def read_stated(text: str) -> Stated:
    """The rows of the text's tables, and of its lists outside them."""
    rows: list[tuple[Row, float]] = []
    labels: list[tuple[int, int]] = []
    for one in read_tables(text):
        if isinstance(one, Row):
            rows.append((one, IN_TABLE))
        else:
            labels.append(one)
    labels += [*headings(text), *(match.span() for match in _HABIT_LABEL.finditer(text))]
    taken = {cell.char_start for row, _ in rows for cell in row.cells}
    listed = (row for row in read_lists(text) if not any(cell.char_start in taken for cell in row.cells[:1]))
    told = (row for row in family_rows(text) if row.cells[0].char_start not in taken)
    rows += [(row, IN_LIST) for row in (*listed, *told)]
    taken = {at for row, _ in rows for start, end in _places(row) for at in range(start, end)}
    signs = (
        row
        for row in (*sign_rows(text), *result_rows(text))
        if taken.isdisjoint(at for start, end in _places(row) for at in range(start, end))
    )
    return Stated((*rows, *((row, IN_LIST) for row in signs)), tuple(labels))


def _places(row: Row) -> tuple[tuple[int, int], ...]:
    return (*row.extent, *((cell.char_start, cell.char_end) for cell in row.cells))


def stated_spans(text: str) -> tuple[Span, ...]:
    """Each cell as a span of its field, once where it is of several rows; what prose does with a drug and on which days it is
    given, and symptoms with their place; in reading order.
    """
    spans = {
        (cell.char_start, cell.char_end, cell.field): chance
        for row, chance in read_stated(text).rows
        for cell in row.cells
    }
    for ended in ended_lists(text):
        cell = ended.status
        spans.setdefault((cell.char_start, cell.char_end, cell.field), IN_LIST)
    for span in (*course_spans(text), *taper_spans(text), *sited_spans(text)):
        spans.setdefault((span.char_start, span.char_end, span.field), span.probability)
    return tuple(Span(field, start, end, chance) for (start, end, field), chance in sorted(spans.items()))


def stated_records(text: str, findings: Sequence[Finding]) -> Iterator[StatedRecord]:
    """The rows whose head is among the findings, with those of their cells that are."""
    found = {(f.field, f.char_start, f.char_end): f for f in findings}
    for row, chance in read_stated(text).rows:
        members = [(cell.role, found.get((cell.field, cell.char_start, cell.char_end))) for cell in row.cells]
        head = members[0][1]
        if head is not None:
            rest = [Member(role, finding.id) for role, finding in members[1:] if finding]
            yield StatedRecord(
                row.kind, head, (*rest, *_past({role: f for role, f in members if f})), chance == IN_LIST
            )


def unstated(text: str, findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings that lie in no cell and no label that was read."""
    stated = read_stated(text)
    taken = {at for start, end in stated.labels for at in range(start, end)}
    taken |= {at for row, _ in stated.rows for start, end in row.extent for at in range(start, end)}
    taken |= {at for row, _ in stated.rows for cell in row.cells for at in range(cell.char_start, cell.char_end)}
    return [f for f in findings if taken.isdisjoint(range(f.char_start, f.char_end))]


def _past(members: Mapping[str, Finding]) -> Iterator[Member]:
    """A listed problem that has ended is history, and a relative's is the family's."""
    if "problem" not in members:
        return
    if "relative" in members:
        yield Member("assertion_family", members["relative"].id)
    status = members.get("status")
    ended = status if status and status.value and status.value.code in _PAST else members.get("resolved_on")
    if ended:
        yield Member("assertion_historical", ended.id)
