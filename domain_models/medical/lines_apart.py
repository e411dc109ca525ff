"""A tagger's span that runs on from one item of a list into the next, cut where the item ends.

Knows where statements end; the words behind a cut that only label the next line ("Cardiac:") are no value.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from domain_models.medical.sentences import statements
from schemas.finding import Span

_IN_NUMBERS = frozenset({"dosage", "lab_value"})
_LABEL_BEHIND = regex.compile(r"[^\S\n]*:")


def lines_apart(text: str, span: Span) -> Sequence[Span]:
    """The span's parts on either side of each line that ends a statement; the span alone where none does."""
    borders = [at for at in _line_ends(text) if span.char_start < at < span.char_end]
    if not borders:
        return (span,)
    edges = (span.char_start, *borders, span.char_end)
    return [part for start, end in pairwise(edges) for part in _part(text, span, start, end)]


def _part(text: str, span: Span, start: int, end: int) -> list[Span]:
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip()), start + len(words.rstrip())
    is_value = regex.search(r"\d" if span.field in _IN_NUMBERS else r"\p{L}{2}", text[start:end]) is not None
    is_label = start > span.char_start and _LABEL_BEHIND.match(text, end) is not None
    return [Span(span.field, start, end, span.probability)] if is_value and not is_label else []


@lru_cache(maxsize=4)
def _line_ends(text: str) -> tuple[int, ...]:
    return tuple(start for start, _ in statements(text) if start and text[start - 1] in "\n\f")
