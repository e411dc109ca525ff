"""A document's headings to its sections, each with its path; and the page furniture that belongs to none.

Knows how contracts and clinical records are laid out, not which of them a document is.
"""

from collections.abc import Sequence
from functools import lru_cache

from domain_models.addressed import without_addressed
from flows.stages.reading.furniture import find_furniture
from flows.stages.reading.headings import Heading, find_headings
from flows.stages.reading.rules import heading_rules
from schemas.document import ParsedDocument, Section


def segment(document: ParsedDocument) -> tuple[Section, ...]:
    """The sections in document order; each reaches to the next heading that is not below it.

    A section thus lies whole within the one above it, and the last section around a place is the innermost. Text
    before the first heading is a section without a title at level 1.
    """
    headings = find_headings(document.text, furniture(document), heading_rules())
    first = headings[0].start if headings else len(document.text)
    preamble = [Heading(0, headings[0].rank if headings else 0, "")] if document.text[:first].strip() else []
    return _nested([*preamble, *headings], len(document.text), bool(preamble))


def furniture(document: ParsedDocument) -> tuple[tuple[int, int], ...]:
    """The half-open intervals of running headers, footers and page numbers, in order."""
    return find_furniture(document)


def running_text(document: ParsedDocument) -> str:
    """The text with spaces in place of page furniture: a clause runs on over a page's edge, every offset stays."""
    pieces: list[str] = []
    done = 0
    for start, end in furniture(document):
        pieces += [document.text[done:start], " " * (end - start)]
        done = end
    return "".join([*pieces, document.text[done:]])


@lru_cache(maxsize=2)  # several questions are put to one document
def heard_text(document: ParsedDocument) -> str:
    """The running text without what speaks to a program: what is read for a summary or an answer; every offset stays."""
    return without_addressed(running_text(document))


def _nested(headings: Sequence[Heading], text_end: int, has_preamble: bool) -> tuple[Section, ...]:
    ends = _ends(headings, text_end)
    sections: list[Section] = []
    above: list[Heading] = []
    for position, (heading, end) in enumerate(zip(headings, ends, strict=True)):
        if position == 1 and has_preamble:
            above = []
        while above and above[-1].rank >= heading.rank:
            above.pop()
        above.append(heading)
        sections.append(Section(heading.title, len(above), tuple(one.title for one in above), heading.start, end))
    if has_preamble and len(headings) > 1:
        first = sections[0]
        sections[0] = Section(first.title, first.level, first.path, first.char_start, headings[1].start)
    return tuple(sections)


def _ends(headings: Sequence[Heading], text_end: int) -> list[int]:
    """For each heading, where the next one of the same or an outer rank begins."""
    ends = [text_end] * len(headings)
    open_positions: list[int] = []
    for position, heading in enumerate(headings):
        while open_positions and headings[open_positions[-1]].rank >= heading.rank:
            ends[open_positions.pop()] = heading.start
        open_positions.append(position)
    return ends
