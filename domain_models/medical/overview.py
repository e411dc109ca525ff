"""What a record's lists tell of the patient in their own words: the diagnoses, what is planned for each problem, and the
drugs that are taken from now on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from domain_models.composed import Composed, Piece, listed
from domain_models.medical.diagnosis_list import diagnosis_items
from domain_models.medical.medication_list import medication_items
from domain_models.medical.problem_plan import planned
from domain_models.medical.prose_plan import planned_in_prose
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record

FEWEST = 2  # items; one alone is told by its sentence


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of list: its topic and label in a summary, at most how many items of it, and how its headings sound.

    A heading has a word of `headed` and none of `unless`; of several lists one with a word of `before_all` holds.
    """

    topic: str
    label: str
    most: int
    headed: tuple[str, ...]
    unless: tuple[str, ...]
    before_all: tuple[str, ...]

    def is_headed(self, section: Section) -> bool:
        title = section.title.lower()
        return any(cue in title for cue in self.headed) and not any(cue in title for cue in self.unless)

    def is_first(self, section: Section) -> bool:
        return any(cue in section.title.lower() for cue in self.before_all)


_DIAGNOSES = _Kind(
    topic="diagnosis",
    label="Diagnoses",
    most=8,
    headed=("diagnos", "problem list", "active problems"),
    unless=("differential", "family", "admi", "preoperative", "pre-operative", "rule out", "past"),
    before_all=("discharge", "final", "principal", "postoperative", "post-operative"),
)
_MEDICATIONS = _Kind(
    topic="medications",
    label="Medications",
    most=12,
    headed=("medication",),
    unless=("stop", "discontinued", "past", "previous", "history", "allerg", "adverse"),
    before_all=("discharge", "current"),
)

_Items = Sequence[Sequence[Piece]]


def compose(
    document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding], records: Sequence[Record]
) -> Iterator[Composed]:
    """A sentence for each kind of list that the record has."""
    yield from _told(_DIAGNOSES, sections, lambda section: diagnosis_items(document.text, section, findings))
    plan = planned(document.text, sections, findings) or planned_in_prose(document.text, sections, findings)
    if plan is not None:
        yield plan
    yield from _told(
        _MEDICATIONS, sections, lambda section: medication_items(document.text, section, findings, records)
    )


def _told(kind: _Kind, sections: Sequence[Section], items_of: Callable[[Section], _Items]) -> Iterator[Composed]:
    lists = [(section, items) for section in sections if kind.is_headed(section) and (items := items_of(section))]
    _, items = max(lists, key=lambda one: (kind.is_first(one[0]), len(one[1])), default=(None, ()))
    if len(items) >= FEWEST:
        yield listed(kind.topic, kind.label, items, kind.most)
