"""What a writer says is planned for a problem, held against the words that it was told from.

The problem must be one that was found there and stand before what is planned; of that each part by itself must be borne out by
the passage and say that something is done.
"""

import re
from collections.abc import Sequence

from domain_models.composed import Composed, Piece, citations_of, pieces_saying
from domain_models.medical.diagnosis_list import PROBLEMS
from domain_models.medical.problem_plan import LONGEST_PROBLEM, TOPIC, acts_of
from domain_models.sentences import Interval
from schemas.finding import Finding

_TOLD = re.compile(r"(?:Plan:\s+)?(?P<problem>[^:]+):\s+(?P<acts>.+)\.", re.DOTALL)


def read_plan(answer: str, text: str, findings: Sequence[Finding], passage: Sequence[Interval]) -> Composed | None:
    """`Plan: problem: what is to be done; more.`, where the passage bears all of it out; else None."""
    told = _TOLD.fullmatch(" ".join(answer.split()))
    if told is None or not passage:
        return None
    problem = _problem(text, findings, passage, told["problem"])
    planned = [act for start, end in passage for act in acts_of(text, (start, end), ())]
    acts = [_act(act, planned) for act in told["acts"].split("; ")]
    sure = [act for act in acts if act]
    if problem is None or len(sure) < len(acts) or len(set(sure)) < len(acts):
        return None
    if any(act.place[0] < problem.place[1] for act in sure):
        return None
    words = f"Plan: {problem.words}: {'; '.join(act.words for act in sure)}."
    return Composed(TOPIC, words, citations_of([problem, *sure]))


def _problem(text: str, findings: Sequence[Finding], passage: Sequence[Interval], words: str) -> Piece | None:
    """Where the problem is named first, if it was found to be one."""
    problems = [finding.char_start for finding in findings if finding.field in PROBLEMS]
    for place in passage if len(words) <= LONGEST_PROBLEM else ():
        for one in pieces_saying(text, place, words):
            if any(one.place[0] <= at < one.place[1] for at in problems):
                return one
    return None


def _act(words: str, planned: Sequence[Piece]) -> Piece | None:
    """The passage's sentence that the writer has told in its own words; None where it told another."""
    return next((one for one in planned if one.words.lower() == words.lower()), None)
