"""The drugs of a record's medication list as one sentence of its own words: each with its dose, route and frequency."""

from collections.abc import Iterator, Mapping, Sequence

from domain_models.composed import Composed, citations_of, piece
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record

TOPIC = "medications"
LISTED = "medication"  # what a list's heading says
NOT_TAKEN = ("stop", "discontinued", "past", "previous", "history", "allerg", "adverse")
TAKEN_FROM_NOW_ON = ("discharge", "current")
MOST_DRUGS = 12
_TOLD = frozenset({"dose", "route", "frequency"})
_ENDED = frozenset({"stopped", "held"})

_Entry = tuple[Finding, ...]
"""A drug and what is said of its use, in reading order."""


def compose_medications(
    document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding], records: Sequence[Record]
) -> Iterator[Composed]:
    """The drugs of the list that holds from now on, two or more; nothing of a record that has no such list."""
    by_id = {finding.id: finding for finding in findings}
    entries = [entry for record in records if record.kind == "medication" and (entry := _entry(record, by_id))]
    lists = [(section, within) for section in sections if _is_list(section) and (within := _within(section, entries))]
    if not lists:
        return
    _, chosen = max(lists, key=lambda one: (any(cue in one[0].title.lower() for cue in TAKEN_FROM_NOW_ON), len(one[1])))
    if len(chosen) < 2:
        return
    told = [[piece(document.text, part.char_start, part.char_end) for part in entry] for entry in chosen[:MOST_DRUGS]]
    words = "; ".join(" ".join(one.words for one in pieces) for pieces in told)
    more = f"; and {len(chosen) - MOST_DRUGS} more" if len(chosen) > MOST_DRUGS else ""
    yield Composed(TOPIC, f"Medications: {words}{more}.", citations_of([one for pieces in told for one in pieces]))


def _is_list(section: Section) -> bool:
    title = section.title.lower()
    return LISTED in title and not any(cue in title for cue in NOT_TAKEN)


def _within(section: Section, entries: Sequence[_Entry]) -> list[_Entry]:
    return [entry for entry in entries if section.char_start <= entry[0].char_start < section.char_end]


def _entry(record: Record, by_id: Mapping[str, Finding]) -> _Entry:
    """The parts of a drug that is taken and of which the record says how; empty for any other."""
    parts = [(member.role, by_id[member.finding_id]) for member in record.members]
    is_ended = any(role == "status" and part.value and part.value.code in _ENDED for role, part in parts)
    is_other = any(role.startswith("assertion_") for role, _ in parts)
    if is_ended or is_other or not any(role in _TOLD for role, _ in parts):
        return ()
    told = (part for role, part in parts if role in {"drug", *_TOLD})
    entry: list[Finding] = []
    for part in sorted(told, key=lambda part: (part.char_start, -part.char_end)):
        if not entry or part.char_start >= entry[-1].char_end:
            entry.append(part)
    return tuple(entry)
