"""The items of a record's list of diagnoses or problems as one sentence of its own words."""

from collections.abc import Iterator, Sequence

import regex

from domain_models.composed import Composed, Piece, citations_of, piece
from domain_models.sentences import sentence_spans
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding

TOPIC = "diagnosis"
LISTED = ("diagnos", "problem list", "active problems")  # what a list's heading says
NOT_FOUND = ("differential", "family", "admi", "preoperative", "pre-operative", "rule out", "past")
FOUND_IN_THE_END = ("discharge", "final", "principal", "postoperative", "post-operative")
MOST_ITEMS = 8
LONGEST_ITEM = 160  # characters; a longer one tells more than a name
_PROBLEMS = frozenset({"disease_disorder", "sign_symptom"})
_MARK = r"[ \t]*(?:\d{1,2}[.)]|[-•*▪◦])[ \t]+"
_ITEM = regex.compile(rf"(?m)^{_MARK}(?P<item>\S[^\n]*(?:\n(?!{_MARK})[ \t]*\p{{Ll}}[^\n]*)*)")


def compose_diagnoses(
    document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding]
) -> Iterator[Composed]:
    """The numbered or marked items, two or more, that each hold a problem; nothing of a record that has no such list."""
    problems = [finding.char_start for finding in findings if finding.field in _PROBLEMS]
    lists = [
        (section, items)
        for section in sections
        if _is_list(section) and (items := _items(document.text, section, problems))
    ]
    if not lists:
        return
    _, items = max(lists, key=lambda one: (any(cue in one[0].title.lower() for cue in FOUND_IN_THE_END), len(one[1])))
    if len(items) < 2:
        return
    told = items[:MOST_ITEMS]
    more = f"; and {len(items) - MOST_ITEMS} more" if len(items) > MOST_ITEMS else ""
    yield Composed(TOPIC, f"Diagnoses: {'; '.join(one.words for one in told)}{more}.", citations_of(told))


def _is_list(section: Section) -> bool:
    title = section.title.lower()
    return any(cue in title for cue in LISTED) and not any(cue in title for cue in NOT_FOUND)


def _items(text: str, section: Section, problems: Sequence[int]) -> list[Piece]:
    """The first sentence of each item in which a problem stands."""
    found = []
    for match in _ITEM.finditer(text, section.char_start, section.char_end):
        start = match.start("item")
        end = start + next((end for _, end in sentence_spans(match["item"])), 0)
        end = start + len(text[start:end].rstrip(" .;,"))
        if end - start <= LONGEST_ITEM and any(start <= at < end for at in problems):
            found.append(piece(text, start, end))
    return found
