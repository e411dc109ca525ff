"""What a record plans in prose, word for word, where its assessment names one problem, which the plan is therefore of."""

import re
from collections.abc import Sequence

from domain_models.composed import Composed
from domain_models.medical.diagnosis_list import PROBLEMS
from domain_models.medical.plan_passage import assessed_and_planned
from domain_models.medical.problem_plan import acts_of, problem_names, tell_plans
from schemas.document import Section
from schemas.finding import Finding

_ITEM = re.compile(r"(?m)^[ \t]*(?:\d{1,2}[.)]|[-•*▪◦])[ \t]+")
# "Regarding her diabetes, she should ...": where prose turns to another problem
_ANOTHER = re.compile(r"(?:Regarding|As for|With regards? to|In regards? to|For) (?:his|her|their|the patient[’']s)\b")


def planned_in_prose(text: str, sections: Sequence[Section], findings: Sequence[Finding]) -> Composed | None:
    """`Plan: problem: what is to be done; more.`; None where more than one problem may be meant, or none was found to be one."""
    places = assessed_and_planned(text, sections)
    if not places:
        return None
    assessed, planned = places
    names = problem_names(text, assessed)
    from_its_mark = text.rfind("\n", 0, assessed[0]) + 1
    is_list = len(_ITEM.findall(text[from_its_mark : assessed[1]])) > 1
    if len(names) != 1 or is_list or _ANOTHER.search(text[slice(*planned)]):
        return None
    is_problem = any(f.field in PROBLEMS and names[0].place[0] <= f.char_start < names[0].place[1] for f in findings)
    acts = acts_of(text, planned, ())
    return tell_plans([(names[0], acts)], findings) if is_problem and acts else None
