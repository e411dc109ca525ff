"""The drugs of a medication list that are taken, each with its dose, route and frequency, word for word."""

from collections.abc import Mapping, Sequence

from domain_models.composed import Piece, piece
from schemas.document import Section
from schemas.finding import Finding, Record

_TOLD = frozenset({"dose", "route", "frequency"})
_ENDED = frozenset({"stopped", "held"})


def medication_items(
    text: str, section: Section, findings: Sequence[Finding], records: Sequence[Record]
) -> list[list[Piece]]:
    """Of each drug of the section that is taken, and of which the record says how: it and that, in reading order."""
    by_id = {finding.id: finding for finding in findings}
    entries = (_entry(record, by_id) for record in records if record.kind == "medication")
    return [
        [piece(text, part.char_start, part.char_end) for part in entry]
        for entry in entries
        if entry and section.char_start <= entry[0].char_start < section.char_end
    ]


def _entry(record: Record, by_id: Mapping[str, Finding]) -> list[Finding]:
    """The drug's parts without those that lie in another; empty for one that is not taken, or is only named."""
    parts = [(member.role, by_id[member.finding_id]) for member in record.members]
    is_ended = any(role == "status" and part.value and part.value.code in _ENDED for role, part in parts)
    is_other = any(role.startswith("assertion_") for role, _ in parts)
    if is_ended or is_other or not any(role in _TOLD for role, _ in parts):
        return []
    told = (part for role, part in parts if role in {"drug", *_TOLD})
    entry: list[Finding] = []
    for part in sorted(told, key=lambda part: (part.char_start, -part.char_end)):
        if not entry or part.char_start >= entry[-1].char_end:
            entry.append(part)
    return entry
