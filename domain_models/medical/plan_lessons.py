"""Plans to learn from: a problem of a visit note and what is to be done about it, as `problem_plan.py` reads them there.

All that a line says is to be done that is labelled so ("Medical Treatment: ..."), whatever its words. Where a note has
a problem in its assessment and prose in its plan, that plan is the problem's. Each passage comes twice: as it is laid
out, and with its lines joined and without marks and labels, as dictation and poor PDFs lose them.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain_models.labelled import json_rows
from domain_models.lessons import WriterExample
from domain_models.medical.plan_passage import cut, lines_joined, plan_passage, plan_prompt, read_lines
from domain_models.medical.problem_plan import (
    MOST_ACTS,
    Plan,
    acts_of,
    is_headed,
    plans_of,
    problem_names,
)
from domain_models.sentences import Interval
from schemas.document import Section

_HEADING = re.compile(r"(?m)^[ \t]*(?P<title>[A-Z][A-Z &/]{2,40}):?[ \t]*$")
_DONE = frozenset(
    {"Medical Treatment", "Additional Testing", "Specialist Referral", "Specialist Referrals", "Procedure"}
)
_DOSED = re.compile(r"\d|\b(?:continue|start|initiate|increase|prescri)", re.IGNORECASE)


def plans_to_learn(path: Path) -> Sequence[Sequence[WriterExample]]:
    """For each note of a file of notes a passage and its plan for each problem whose plan can be told, in both layouts."""
    return [list(_lessons(row["note"])) for row in json_rows(path)]


def note_sections(note: str) -> list[Section]:
    """The sections of a note whose headings stand in capitals on lines of their own."""
    headings = list(_HEADING.finditer(note))
    ends = [heading.start() for heading in headings[1:]]
    return [
        Section(heading["title"], 1, (heading["title"],), heading.start("title"), end)
        for heading, end in zip(headings, [*ends, len(note)], strict=True)
    ]


def told_plans(note: str) -> list[tuple[Sequence[Interval], Plan]]:
    """The passages of a note that tell what is planned for one problem, each with that plan."""
    sections = [section for section in note_sections(note) if is_headed(section)]
    told = [one for section in sections for one in _in_blocks(note, section)]
    return told or _of_one_problem(note, sections)


def sentence_of(plan: Plan) -> str:
    """`Problem: what is to be done; more.`, those acts first that name a dose or a treatment."""
    assert plan.problem is not None
    foremost = sorted(plan.acts, key=lambda act: not _DOSED.search(act.words))[:MOST_ACTS]
    acts = sorted(foremost, key=lambda act: act.place)
    return f"{plan.problem.words}: {'; '.join(act.words for act in acts)}."


def _lessons(note: str) -> Iterator[WriterExample]:
    template = plan_prompt().template
    for passage, plan in told_plans(note):
        for words in (read_lines(note, passage), lines_joined(note, passage)):
            yield WriterExample(template.render(passage=words).strip(), sentence_of(plan))


def _in_blocks(note: str, section: Section) -> Iterator[tuple[Sequence[Interval], Plan]]:
    """Each problem that stands over its own plan, with all up to the next one."""
    problems = [plan.problem for plan in plans_of(note, section) if plan.problem]
    ends = [*(problem.place[0] for problem in problems[1:]), section.char_end]
    for problem, end in zip(problems, ends, strict=False):
        block = cut(note, (problem.place[0], end), plan_prompt().table["characters"])
        acts = acts_of(note, (problem.place[1], block[1]), _DONE)
        if acts:
            yield (block,), Plan(problem, acts)


def _of_one_problem(note: str, sections: Sequence[Section]) -> list[tuple[Sequence[Interval], Plan]]:
    """The assessment's only problem with what the plan behind it says in prose."""
    passage = plan_passage(note, sections)
    names = [name for start, end in passage[:1] for name in problem_names(note, (start, end))]
    acts = [act for place in passage[1:] for act in acts_of(note, place, _DONE)]
    return [(passage, Plan(names[0], acts))] if len(names) == 1 and acts else []
