"""Lists of what is over: drugs under "STOP TAKING", problems under "Resolved problems". The heading's word is the state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain_models.medical.cells import Cell, cell_of
from domain_models.medical.lists import regions
from schemas.finding import Finding, Member

_KINDS = {"stopped_medication": "medication", "resolved_problem": "problem"}


@dataclass(frozen=True, slots=True)
class EndedList:
    """What the list holds, the word of its heading that says that it is over, and the list's half-open interval."""

    kind: str
    status: Cell
    char_start: int
    char_end: int


def ended_lists(text: str) -> Iterator[EndedList]:
    """The lists beneath headings that say that their items are over."""
    for listed, lines in regions(text):
        kind = _KINDS.get(listed)
        heading = text.rfind("\n", 0, text.rfind("\n", 0, lines[0][0])) + 1
        status = cell_of(kind, "status", text, (heading, lines[0][0])) if kind else None
        if kind and status:
            yield EndedList(kind, status, lines[0][0], lines[-1][1])


def ended_members(text: str, kind: str, head: Finding, findings: Sequence[Finding]) -> Iterator[Member]:
    """The state that the heading of its list gives a drug or a problem."""
    for one in ended_lists(text):
        if one.kind == kind and one.char_start <= head.char_start < one.char_end:
            field, place = one.status.field, one.status.char_start
            said = next((f for f in findings if f.field == field and f.char_start == place), None)
            if said:
                yield Member("status", said.id)
                yield from [Member("assertion_historical", said.id)] if kind == "problem" else []
