"""Where a record says what is planned, its assessment and the plan behind it; and both cut to what a small writer reads."""

import re
from collections.abc import Sequence
from itertools import pairwise

from domain_models.medical.problem_plan import is_headed
from domain_models.prompts import Prompt, own_prompt
from domain_models.sentences import Interval, sentence_spans
from schemas.document import Section

ASSESSMENT = ("assessment", "impression")
LONGEST_ASSESSMENT = 300  # characters
_MARK = re.compile(r"(?m)^[ \t]*(?:\d{1,2}[.)]|[-•*▪◦])[ \t]+")
_LABEL = re.compile(r"(?m)^([A-Z][A-Za-z ]{2,40}):[ \t]+(?=\S)")


def plan_prompt() -> Prompt:
    """How a writer is asked for the plan of a problem, and how much it reads for it."""
    return own_prompt(__file__, "plan")


def plan_asked(text: str, passage: Sequence[Interval]) -> str:
    """What a writer is asked about the passage as it is laid out."""
    return plan_prompt().template.render(passage=read_lines(text, passage)).strip()


def plan_passage(text: str, sections: Sequence[Section]) -> tuple[Interval, ...]:
    """The assessment and its plan, as many whole sentences of both as are read; none without both."""
    places = assessed_and_planned(text, sections)
    if not places:
        return ()
    first = cut(text, places[0], LONGEST_ASSESSMENT)
    return first, cut(text, places[1], plan_prompt().table["characters"] - (first[1] - first[0]))


def assessed_and_planned(text: str, sections: Sequence[Section]) -> tuple[Interval, ...]:
    """The words below the last assessment's heading, and those of the plan right behind it; none without both."""
    headed = [section for section in sections if is_headed(section)]
    for assessed, planned in reversed(list(pairwise(headed))):
        if _is_assessment(assessed) and not _is_assessment(planned) and planned.char_start >= assessed.char_end:
            return _below(text, assessed), _below(text, planned)
    return ()


def read_lines(text: str, passage: Sequence[Interval]) -> str:
    """The passage's lines as they stand, without empty ones."""
    lines = (" ".join(line.split()) for start, end in passage for line in text[start:end].splitlines())
    return "\n".join(line for line in lines if line)


def lines_joined(text: str, passage: Sequence[Interval]) -> str:
    """The passage on one line, without the marks and labels that its lines begin with."""
    return " ".join(_LABEL.sub("", _MARK.sub("", read_lines(text, passage))).split())


def _is_assessment(section: Section) -> bool:
    title = section.title.lower()
    return any(word in title for word in ASSESSMENT) and "plan" not in title


def _below(text: str, section: Section) -> Interval:
    start = section.char_start + len(section.title) * text.startswith(section.title, section.char_start)
    words = text[start : section.char_end]
    start += len(words) - len(words.lstrip(" \t\n:.-"))
    return start, max(start, section.char_start + len(text[section.char_start : section.char_end].rstrip()))


def cut(text: str, place: Interval, most: int) -> Interval:
    """As many whole sentences from the place's beginning as `most` characters hold, one at least."""
    start, end = place
    ends = [start + stop for _, stop in sentence_spans(text[start:end])]
    return start, max((stop for stop in ends if stop - start <= most), default=ends[0] if ends else end)
