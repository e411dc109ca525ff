"""A tagger's span that runs on from one item of a list into the next, cut where the item ends; a salt with its drug before it.

Knows where statements end; the words behind a cut that only label the next line ("Cardiac:") are no value.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import regex

from domain_models.medical.cells import layout
from domain_models.medical.ingredients import is_drug
from domain_models.medical.list_lines import item_begins_at
from domain_models.medical.sentences import statements
from schemas.finding import Span

_IN_NUMBERS = frozenset({"dosage", "lab_value"})
_ITEMS = {
    "medication": "medication",
    "dosage": "medication",
    "frequency": "medication",
    "disease_disorder": "problem",
    "sign_symptom": "problem",
}
_NEXT_CELL = regex.compile(r"(?<=\d)\t(?!10\s?[\^*])(?=\d)")
_BULLET = regex.compile(r"[-–•*▪◦]\s+(?=\p{L})")
_HANGING = regex.compile(r"(?<=\S)\s+(?:and|or)$")
_WORD_BEFORE = regex.compile(r"(?P<word>\p{L}{4,})[ ]$")
_LONGEST_WORD = 40
_LABEL_BEHIND = regex.compile(r"[^\S\n]*:")


def lines_apart(text: str, span: Span) -> Sequence[Span]:
    """The span's parts on either side of each line that ends a statement, of a result the first; else the span alone."""
    span = _with_its_drug(text, _bare(text, span))
    borders = [at for at in _line_ends(text) if span.char_start < at < span.char_end]
    borders += [at for at in _items_within(text, span) if at not in borders]
    if span.field == "lab_value":  # "0.88<tab>0.60-1.26": the next cell's number
        borders += [match.start() for match in _NEXT_CELL.finditer(text, span.char_start, span.char_end)][:1]
    if not borders:
        return (span,)
    edges = (span.char_start, *sorted(borders), span.char_end)
    parts = [part for start, end in pairwise(edges) for part in _part(text, span, start, end)]
    return parts[:1] if span.field == "lab_value" else parts


def _bare(text: str, span: Span) -> Span:
    """The span without a bullet before it, and without an "and" that hangs behind it."""
    bullet = _BULLET.match(text, span.char_start, span.char_end)
    start = bullet.end() if bullet else span.char_start
    hanging = _HANGING.search(text, start, span.char_end)
    return replace(span, char_start=start, char_end=hanging.start() if hanging else span.char_end)


def _with_its_drug(text: str, span: Span) -> Span:
    """A salt alone ("sulfate" of "morphine sulfate") from where its drug begins; any other span as it is."""
    if span.field != "medication" or text[span.char_start : span.char_end].lower() not in layout()["words"]["salts"]:
        return span
    before = _WORD_BEFORE.search(text, max(0, span.char_start - _LONGEST_WORD), span.char_start)
    return replace(span, char_start=before.start()) if before and is_drug(before["word"]) else span


def _items_within(text: str, span: Span) -> list[int]:
    """Where a line inside the span begins an item of a list without bullets."""
    kind = _ITEMS.get(span.field)
    ends = regex.finditer(r"\n", text[span.char_start : span.char_end])
    borders = [span.char_start + end.end() for end in ends]
    return [at for at in borders if kind and item_begins_at(kind, text, at)]


def _part(text: str, span: Span, start: int, end: int) -> list[Span]:
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip()), start + len(words.rstrip())
    is_value = regex.search(r"\d" if span.field in _IN_NUMBERS else r"\p{L}{2}", text[start:end]) is not None
    is_label = start > span.char_start and _LABEL_BEHIND.match(text, end) is not None
    return [Span(span.field, start, end, span.probability)] if is_value and not is_label else []


@lru_cache(maxsize=4)
def _line_ends(text: str) -> tuple[int, ...]:
    return tuple(start for start, _ in statements(text) if start and text[start - 1] in "\n\f")
