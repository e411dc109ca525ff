"""The items of a list of diagnoses or problems, word for word."""

from collections.abc import Sequence

import regex

from domain_models.composed import Piece, piece
from domain_models.sentences import sentence_spans
from schemas.document import Section
from schemas.finding import Finding

LONGEST_ITEM = 160  # characters; a longer one tells more than a name
PROBLEMS = frozenset({"disease_disorder", "sign_symptom"})
_MARK = r"[ \t]*(?:\d{1,2}[.)]|[-•*▪◦])[ \t]+"
_ITEM = regex.compile(rf"(?m)^{_MARK}(?P<item>\S[^\n]*(?:\n(?!{_MARK})[ \t]*\p{{Ll}}[^\n]*)*)")


def diagnosis_items(text: str, section: Section, findings: Sequence[Finding]) -> list[list[Piece]]:
    """The first sentence of each numbered or marked item of the section in which a problem stands."""
    problems = [finding.char_start for finding in findings if finding.field in PROBLEMS]
    items = []
    for match in _ITEM.finditer(text, section.char_start, section.char_end):
        start = match.start("item")
        end = start + next((end for _, end in sentence_spans(match["item"])), 0)
        end = start + len(text[start:end].rstrip(" .;,"))
        if end - start <= LONGEST_ITEM and any(start <= at < end for at in problems):
            items.append([piece(text, start, end)])
    return items
