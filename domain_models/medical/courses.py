"""What prose does with a drug: "start prednisone", "warfarin was stopped". Knows the verbs and which words are drugs."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain

import regex

from domain_models.medical.cells import status_words
from domain_models.medical.ingredients import is_drug
from domain_models.medical.sentences import statement_of, statements
from schemas.finding import Finding, Span

_CHANCE = 0.9  # argued: the word next to the verb is a drug by name, and the verb is one of what is done with drugs
_BEFORE = regex.compile(r"\s+(?:(?:back\s+)?on\s+|with\s+)?(?:(?:her|his|the|your|a)\s+)?")
_BEHIND = regex.compile(r"\s+(?:was|were|is|has\s+been|had\s+been|will\s+be|should\s+be)\s+")
_HEADED = regex.compile(r"(?i)(?:\s+(?:home\s+)?(?:medications?|meds|drugs?))?[^\S\n]*:\s*(?:[-•*▪◦]\s*)?")
# what may stand between "Stopped:" and an item of its list: no end of a sentence, no other heading, no line of its own
_ITEMS = regex.compile(r"(?:[^.:\n]|\.(?=\d)|(?<=[,;:\s])\n(?!\s*\n)|\n[ \t]*[-•*▪◦])*+")
_DRUGS = r"(?:home\s+)?(?:medications?|meds|medicines|drugs)"
_LEAD = rf"(?:(?:the\s+following|these|following)\s+{_DRUGS}\s+(?:were|are|have\s+been|should\s+be)\s+|{_DRUGS}\s+)?"
_STATES = frozenset({"held", "on hold", "stopped", "discontinued"})
_GAP = regex.compile(r"(?:[^\S\n]+\d[\d.,]*[ ]?\p{L}+)?[^\S\n]*[-–,(]?[^\S\n]*")
_DRUG = r"(?P<drug>\p{L}[\p{L}-]{3,})"


def course_spans(text: str) -> Iterator[Span]:
    """Each verb that starts, stops, holds, continues or changes the drug beside it."""
    for expression in _expressions():
        for match in expression.finditer(text):
            if is_drug(match["drug"]):
                yield Span("medication_status", *match.span("verb"), _CHANCE)


def course_of(text: str, head: Finding, courses: Sequence[Finding]) -> Finding | None:
    """The verb that stands right before or behind this drug, or heads the list that it stands in."""
    before = (
        c
        for c in courses
        if _BEFORE.fullmatch(text, c.char_end, max(c.char_end, head.char_start)) and not _ends_line(text, c, head)
    )
    behind = (c for c in courses if c.char_start > head.char_end and _is_behind(text, head, c))
    above = (c for c in reversed(courses) if _heads(text, c.char_end, head.char_start))
    return next(chain(before, behind, above), None)


def _is_behind(text: str, drug: Finding, verb: Finding) -> bool:
    """Whether what stands between a drug and a verb joins the two: "warfarin was stopped", "lisinopril 10 mg held"."""
    gap = (drug.char_end, verb.char_start)
    if _BEHIND.fullmatch(text, *gap):
        return True
    return verb.quote.lower() in _STATES and _GAP.fullmatch(text, *gap) is not None


def _ends_line(text: str, verb: Finding, drug: Finding) -> bool:
    """Whether the verb is the last word of the row or item above the drug's: "Gabapentin TID Modify"."""
    intervals = statements(text)
    return statement_of(intervals, verb.char_start) != statement_of(intervals, drug.char_start)


def _heads(text: str, verb_end: int, drug_start: int) -> bool:
    """Whether the verb is a heading ("Stopped: aspirin, furosemide.") and the drug one of what it lists."""
    headed = _HEADED.match(text, verb_end, max(verb_end, drug_start))
    return headed is not None and _ITEMS.fullmatch(text, headed.end(), drug_start) is not None


@cache
def _expressions() -> tuple["regex.Pattern[str]", ...]:
    verbs = "|".join(sorted((regex.escape(word) for word in status_words() if word.isalpha()), key=len, reverse=True))
    return (
        regex.compile(rf"(?i)\b(?P<verb>{verbs}){_BEFORE.pattern}{_DRUG}"),
        regex.compile(rf"(?im)^\W*{_LEAD}(?P<verb>{verbs}){_HEADED.pattern.removeprefix('(?i)')}{_DRUG}"),
        regex.compile(rf"(?i)\b{_DRUG}{_BEHIND.pattern}(?P<verb>{verbs})\b"),
        regex.compile(rf"(?i)\b{_DRUG}{_GAP.pattern}\b(?P<verb>{'|'.join(_STATES)})(?=\s*(?:[.,;)\n]|$))"),
    )
