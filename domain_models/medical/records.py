"""A medical document's findings to records: medications, tests, problems, procedures, and the patient.

Heads and their attributes are paired within one statement by `links.py`; roles are named here. A negated, historical
or otherwise qualified head has a second part in its record, with the role `assertion_<class>` (see `assertion.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from domain_models.medical.assertion import assertion_of, is_denied, section_class
from domain_models.medical.courses import course_of
from domain_models.medical.doses import steps
from domain_models.medical.ended import ended_members
from domain_models.medical.family import relative_of
from domain_models.medical.fitting import fits, is_no_head, is_no_result
from domain_models.medical.habits import is_habit
from domain_models.medical.identities import IDENTITIES, are_several
from domain_models.medical.lexicon import Kind
from domain_models.medical.links import Mention, link, load_rule
from domain_models.medical.list_lines import item_begins_at
from domain_models.medical.sentences import statement_of, statements
from domain_models.medical.stated import stated_records, unstated
from domain_models.medical.subject import tells_of_nobody
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Member, Record

_HEADS: Mapping[str, tuple[str, str]] = {
    "medication": ("medication", "drug"),
    "disease_disorder": ("problem", "problem"),
    "sign_symptom": ("problem", "problem"),
    "diagnostic_procedure": ("test", "test"),
    "therapeutic_procedure": ("procedure", "procedure"),
    "allergy": ("allergy", "allergy"),
}
_ROLES: Mapping[str, Mapping[str, str]] = {
    "medication": {
        "dosage": "dose",
        "administration": "route",
        "frequency": "frequency",
        "duration": "duration",
        "detailed_description": "detail",
        "date": "date",
    },
    "problem": {
        "severity": "severity",
        "biological_structure": "body_site",
        "duration": "duration",
        "lab_value": "finding",
        "detailed_description": "detail",
        "date": "date",
    },
    "test": {
        "lab_value": "value",
        "reference_range": "reference_range",
        "result_flag": "flag",
        "result_unit": "unit",
        "biological_structure": "body_site",
        "detailed_description": "detail",
        "distance": "value",
        "area": "value",
        "volume": "value",
        "date": "date",
    },
    "procedure": {"biological_structure": "body_site", "detailed_description": "detail", "date": "date"},
    "allergy": {},
}
_PATIENT: Mapping[str, str] = {
    "patient_name": "name",
    "medical_record_number": "mrn",
    "date_of_birth": "date_of_birth",
    "age": "age",
    "sex": "sex",
    "admission_date": "admission_date",
    "discharge_date": "discharge_date",
    "encounter_date": "encounter_date",
}
_HABITS: Mapping[str, str] = {"smoking_status": "smoking", "alcohol_use": "alcohol", "occupation": "occupation"}
_RESULT = frozenset({"lab_value", "reference_range", "result_flag", "result_unit"})
_COURSE = frozenset({"medication", "dosage", "administration", "frequency"})
_ROW_HEADS = frozenset({"medication", "diagnostic_procedure"})
_BEFORE_ITEM = " \t\r0123456789.)-•*▪◦"  # what numbers or marks an item of a list
_ASSERTED: Mapping[str, Kind] = {"problem": "problem", "medication": "medication", "procedure": "procedure"}
_CELL_GAP = "\t"  # no name crosses it: "SpO2\tWeight" is a table's head row, and what was linked to it goes with it
_Made = tuple[int, str, tuple[Member, ...]]  # where the head stands, the record's kind, its members
# a step of an operation, told by its verb alone: the operation has its own name
_STEP = regex.compile(
    r"(?:^|\b(?:was|were|is|are|been)\s+)\p{Ll}+(?:ed|awn|aken|let|put)(?:\s+(?:down|off|out|away|up|free))?$"
)
_SIG_BEHIND = regex.compile(r"[^\n:.;]{0,40}(?:\d|:)")  # "losartan 50 mg tablet: 1 tab PO daily"
_OF = regex.compile(r"\s+of\s+(?:\d[\d.]*\s?%\s+)?")
_TOLD_OF = frozenset({"status", "assertion_historical", "relative"})
_OF_THE_PATIENT = regex.compile(r"status|relative|denied|assertion_.*")
_COURSE_GAP = 12  # characters: "for", "for another", "x"


def group(document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding]) -> Sequence[Record]:
    """Records in reading order of their heads, numbered within each kind; one `patient` record at most."""
    made = sorted(
        (*_stated(document, sections, findings), *_linked(document, sections, findings)), key=lambda record: record[0]
    )
    if tells_of_nobody(document.text, findings):
        made = [*_of_nobody(made)]
    else:
        patient = tuple(_patient([f for f in findings if f.field != "age" or not _is_relatives(document, sections, f)]))
        made += [(0, "patient", patient)] if patient else []
        made += [(0, "social_history", (Member(_HABITS[f.field], f.id),)) for f in findings if f.field in _HABITS]
    members: dict[str, list[tuple[Member, ...]]] = defaultdict(list)
    for _, kind, parts in made:
        members[kind].append(parts)
    return [
        Record(document.id, kind, ordinal, parts)
        for kind, records in members.items()
        for ordinal, parts in enumerate(records)
    ]


def _of_nobody(made: Sequence[_Made]) -> Iterator[_Made]:
    """What a text about no patient names, all of it hypothetical: nobody's results, signs and allergies are no rows."""
    for place, kind, (head, *others) in made:
        if kind in _ASSERTED:
            kept = [member for member in others if not _OF_THE_PATIENT.fullmatch(member.role)]
            yield place, kind, (head, Member("assertion_hypothetical", head.finding_id), *kept)
    if made:
        yield 0, "patient", (Member("nobody", made[0][2][0].finding_id),)


def _is_relatives(document: ParsedDocument, sections: Sequence[Section], age: Finding) -> bool:
    """Whether an age is a relative's: "Father: MI at 52"."""
    return assertion_of(document.text, sections, age.char_start, age.char_end) == "family"


def _stated(document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding]) -> Iterator[_Made]:
    """Records as the rows of tables and lists state them; what a list's heading says of a problem is said of each item."""
    for record in stated_records(document.text, findings):
        head, members = record.head, record.members
        if not _is_told(members):
            members = (*members, *ended_members(document.text, record.kind, head, findings))
        if record.is_listed and not _is_told(members):
            members = (*members, *_by_heading(document.text, sections, head, record.kind))
        yield head.char_start, record.kind, (Member(_HEADS[head.field][1], head.id), *members)


def _is_told(members: Sequence[Member]) -> bool:
    """Whether the row itself says whose the head is, and since or until when."""
    return not _TOLD_OF.isdisjoint(member.role for member in members)


def _by_heading(text: str, sections: Sequence[Section], head: Finding, kind: str) -> Iterator[Member]:
    """A problem or procedure that is listed under a history is one; what else its line says of it is part of its name."""
    asserted = _ASSERTED.get(kind)
    if asserted in {"problem", "procedure"} and section_class(sections, head.char_start, asserted) == "historical":
        yield Member("assertion_historical", head.id)


def _linked(document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding]) -> Iterator[_Made]:
    """Records of everything else, their parts linked by what stands between them."""
    stated = unstated(document.text, findings)
    free = [f for f in stated if not is_no_result(document.text, f) and not is_habit(document.text, f)]
    named = (f for f in free if f.field in _HEADS and _CELL_GAP not in f.quote and not is_no_head(f))
    heads = _not_allergies(f for f in named if f.field != "therapeutic_procedure" or not _STEP.search(f.quote))
    attributes = _attributes_by_head(document.text, free)
    for head in heads:
        kind, role = _HEADS[head.field]
        first = (Member(role, head.id), *_assertion(document.text, sections, head))
        fitting = [attribute for attribute in attributes.get(head.id, []) if fits(head, attribute)]
        beside = (
            *_beside(document.text, sections, head, free),
            *ended_members(document.text, kind, head, findings),
        )
        rows = (rest for step in steps(document.text, fitting) for rest in _rows(kind, step))
        for rest in rows:
            yield head.char_start, kind, (*first, *rest, *beside)


def _beside(text: str, sections: Sequence[Section], head: Finding, findings: Sequence[Finding]) -> Iterator[Member]:
    """What is done with a drug, and whose a problem of the family is."""
    if head.field == "medication":
        course = course_of(text, head, [f for f in findings if f.field == "medication_status"])
        if course:
            yield Member("status", course.id)
    if _HEADS[head.field][0] == "problem" and assertion_of(text, sections, head.char_start, head.char_end) == "family":
        relative = relative_of(head, [f for f in findings if f.field == "relative"], statements(text))
        if relative:
            yield Member("relative", relative.id)
        if is_denied(text, sections, head.char_start, head.char_end):
            yield Member("denied", head.id)


def _not_allergies(heads: Iterable[Finding]) -> Iterator[Finding]:
    """The heads without the drugs that a statement of allergies names: those are not given."""
    every = list(heads)
    allergies = [(head.char_start, head.char_end) for head in every if head.field == "allergy"]
    for head in every:
        inside = any(start < head.char_end and head.char_start < end for start, end in allergies)
        if head.field != "medication" or not inside:
            yield head


def _attributes_by_head(text: str, findings: Sequence[Finding]) -> Mapping[str, list[Finding]]:
    by_place = {Mention(f.field, f.char_start, f.char_end): f for f in findings}
    intervals = _with_rows(text, statements(text), findings)
    by_statement: dict[int, list[Mention]] = defaultdict(list)
    for mention in by_place:
        by_statement[statement_of(intervals, mention.char_start)].append(mention)
    attributes: dict[str, list[Finding]] = defaultdict(list)
    for statement in by_statement.values():
        for attribute, head in _links(text, statement):
            attributes[by_place[head].id].append(by_place[attribute])
    return attributes


def _with_rows(
    text: str, intervals: Sequence[tuple[int, int]], findings: Sequence[Finding]
) -> Sequence[tuple[int, int]]:
    """The statements, cut where a line begins with a capitalised drug or test: a row, however long the one before."""
    rows = {f.char_start for f in findings if f.field in _ROW_HEADS and f.quote[:1].isupper()}
    drugs = [f for f in findings if f.field == "medication"]
    rows |= {f.char_start for f in drugs if _SIG_BEHIND.match(text, f.char_end)}
    rows |= {f.char_start for f in drugs if item_begins_at("medication", text, f.char_start)}
    starts = {start for start in rows if not text[:start].rpartition("\n")[2].strip(_BEFORE_ITEM)}
    borders = sorted({0, len(text), *starts, *(start for start, _ in intervals)})
    return tuple(pairwise(borders))


def _links(text: str, statement: Sequence[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """Each attribute once: by the rule of the row or the course where it holds, else by the fitted weights."""
    ruled = dict((*_row_links(text, statement), *_course_links(text, statement), *_of_links(text, statement)))
    yield from ruled.items()
    yield from (pair for pair in link(text, statement, load_rule()) if pair[0] not in ruled)


def _of_links(text: str, statement: Sequence[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """An amount "of" a drug is that drug's: "40 mg of methylprednisolone and 5 mL of 1% lidocaine"."""
    drugs = [mention for mention in statement if mention.field == "medication"]
    for dose in statement:
        behind = (d for d in drugs if _OF.fullmatch(text, dose.char_end, max(dose.char_end, d.char_start)))
        drug = next(behind, None) if dose.field == "dosage" else None
        if drug:
            yield dose, drug


def _course_links(text: str, statement: Sequence[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """A duration or route right behind a drug, its dose or frequency is that drug's ("40 mg orally for a week")."""
    ordered = sorted(statement, key=lambda mention: mention.char_start)
    for before, after in pairwise(ordered):
        drugs = [m for m in ordered if m.field == "medication" and m.char_start <= before.char_start]
        between = text[before.char_end : after.char_start]
        near = {"duration": len(between) <= _COURSE_GAP, "administration": not between.strip()}
        if near.get(after.field, False) and before.field in _COURSE and drugs:
            yield after, drugs[-1]


def _row_links(text: str, statement: Sequence[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """In a row of results (one test, at the start of its line) whatever follows belongs to that test.

    A reference range, flag or unit belongs to the last test before it in any case.
    """
    for attribute in statement:
        if attribute.field in _RESULT:
            tests = [m for m in statement if m.field == "diagnostic_procedure" and m.char_end <= attribute.char_start]
            same_line = [m for m in tests if "\n" not in text[m.char_end : attribute.char_start]]
            alone = len(same_line) == 1 and not text[: same_line[0].char_start].rpartition("\n")[2].strip(_BEFORE_ITEM)
            if same_line and (attribute.field != "lab_value" or alone):
                yield attribute, same_line[-1]


def _rows(kind: str, attributes: Sequence[Finding]) -> Iterator[tuple[Member, ...]]:
    """The members beside the head: once, or for a test once per value ("561 and 557 in the right and left eye")."""
    roles = _ROLES[kind]
    named = [Member(roles[f.field], f.id) for f in attributes if f.field in roles]
    values = [member for member in named if member.role == "value"]
    rest = tuple(member for member in named if member.role != "value")
    yield from ((value, *rest) for value in values) if values else [rest]


def _assertion(text: str, sections: Sequence[Section], head: Finding) -> Iterator[Member]:
    """Nothing where the head is plainly present. A test has none: "nitrite: negative" is its result."""
    kind = _ASSERTED.get(_HEADS[head.field][0])
    stated = assertion_of(text, sections, head.char_start, head.char_end, kind) if kind else "present"
    if stated != "present":
        yield Member(f"assertion_{stated}", head.id)


def _patient(findings: Sequence[Finding]) -> Iterator[Member]:
    """The first finding of each field about the patient: a record names its patient before anyone else.

    Where a document names several patients, or gives several numbers or dates of birth, none of them is taken; all are
    kept as `conflicting_<role>`.
    """
    for field, role in _PATIENT.items():
        places = sorted((f for f in findings if f.field == field), key=lambda finding: finding.char_start)
        if field in IDENTITIES and are_several(field, places):
            yield from (Member(f"conflicting_{role}", finding.id) for finding in places)
        elif places:
            yield Member(role, places[0].id)
