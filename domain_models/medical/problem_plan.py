"""What a record plans for each of the patient's problems, word for word: the problem-oriented summary.

Knows how such lists are laid out and what words plan (`problem_plan.toml`), not what the right treatment is.
"""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import regex

from domain_models.composed import Composed, Piece, citations_of, piece
from domain_models.medical.diagnosis_list import PROBLEMS
from domain_models.sentences import Interval, sentence_spans
from schemas.document import Section
from schemas.finding import Finding

TOPIC = "plan"
MOST = 8  # problems
LONGEST_PROBLEM = 80  # characters; a longer line tells more than a problem's name
LONGEST_ACT = 240  # characters; a longer sentence is left to the topics that have a writer
MOST_ACTS = 3  # sentences of one problem, those with a treatment first; an ellipsis tells that there are more

_RULES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_ACTS, _TALK, _TELLS = (frozenset(_RULES[words].split()) for words in ("acts", "talk", "tells"))
_MARK = r"(?:\d{1,2}[.)]|[-•*▪◦])"
_LINE = regex.compile(rf"(?m)^[ \t]*(?P<mark>{_MARK}[ \t]+)?(?P<words>\S[^\n]*(?:\n[ \t]*(?=\p{{Ll}})[^\n]*)*)")
_LABEL = regex.compile(r"(?P<label>\p{Lu}[\p{L} ]{2,40}):\s+")
_TREATMENTS = frozenset({"medication", "therapeutic_procedure"})
_WORD = regex.compile(r"\p{L}+")
_END = " .:;,"


@dataclass(frozen=True, slots=True)
class Plan:
    """A problem and the sentences that say what is done about it; `problem` is None where it cannot be told which."""

    problem: Piece | None
    acts: list[Piece] = field(default_factory=list)


def planned(text: str, sections: Sequence[Section], findings: Sequence[Finding]) -> Composed | None:
    """`Problem: what is to be done; more. Problem: ...`, of the section that plans for most; None where none does."""
    problems = [finding.char_start for finding in findings if finding.field in PROBLEMS]
    plans = (_named(plans_of(text, section), problems) for section in sections if is_headed(section))
    told = max(plans, key=len, default=[])[:MOST]
    return tell_plans(told, findings) if told else None


def tell_plans(told: Sequence[tuple[Piece, Sequence[Piece]]], findings: Sequence[Finding]) -> Composed:
    """Each problem with the foremost of what is done about it, as one sentence of a summary."""
    treated = [finding.char_start for finding in findings if finding.field in _TREATMENTS]
    items = [(problem, acts, _foremost(acts, treated)) for problem, acts in told]
    words = " ".join(
        f"{problem.words}: {'; '.join(act.words for act in first)}{' …' * (len(first) < len(acts))}."
        for problem, acts, first in items
    )
    pieces = [one for problem, _, first in items for one in (problem, *first)]
    return Composed(TOPIC, f"Plan: {words}", citations_of(pieces))


def _named(plans: Sequence[Plan], problems: Sequence[int]) -> list[tuple[Piece, list[Piece]]]:
    """Those that say what is done about a problem that is one."""
    return [
        (plan.problem, plan.acts)
        for plan in plans
        if plan.problem and plan.acts and any(plan.problem.place[0] <= at < plan.problem.place[1] for at in problems)
    ]


def _foremost(acts: Sequence[Piece], treated: Sequence[int]) -> list[Piece]:
    """At most `MOST_ACTS`, in reading order."""
    first = sorted(acts, key=lambda act: not any(act.place[0] <= at < act.place[1] for at in treated))
    return sorted(first[:MOST_ACTS], key=lambda act: act.place)


def is_headed(section: Section) -> bool:
    """Whether the section's heading tells that something is planned or assessed there."""
    title = section.title.lower()
    return any(cue in title for cue in _RULES["headed"]) and not any(cue in title for cue in _RULES["unless"])


def plans_of(text: str, section: Section) -> list[Plan]:
    """What each line that may name a problem is followed by, up to the next such line or a paragraph of its own.

    Beneath a name that is no bullet, bullets name none.
    """
    start = section.char_start + len(section.title) * text.startswith(section.title, section.char_start)
    plans, of_bullets, done = [Plan(None)], True, start
    for line in _LINE.finditer(text, start, section.char_end):
        sentences = _sentences(text, line.span("words"))
        is_number, is_talk = (line["mark"] or "")[:1].isdigit(), _is_talk(line["words"])
        is_bullet = line["mark"] is not None and not is_number
        is_parted = not line["mark"] and bool(plans[-1].acts) and "\n\n" in text[done : line.start()]
        if _is_name(text[slice(*sentences[0])]) and not is_talk and (of_bullets or not is_bullet):
            plans.append(Plan(_bare(text, sentences.pop(0))))
            of_bullets = is_bullet
        elif is_parted or is_number:
            plans.append(Plan(None))
        plans[-1].acts.extend(_bare(text, one) for one in sentences if not is_talk and _is_act(text[slice(*one)]))
        done = line.end()
    return plans


def problem_names(text: str, place: Interval) -> list[Piece]:
    """The lines of an assessment that name a problem and tell no more."""
    spans = [_sentences(text, line.span("words"))[0] for line in _LINE.finditer(text, *place)]
    return [_bare(text, one) for one in spans if _is_name(text[slice(*one)])]


def acts_of(text: str, place: Interval, labels: Collection[str]) -> list[Piece]:
    """The sentences of a plan that say what is done, and all that stand behind one of the labels."""
    acts: list[Piece] = []
    for line in _LINE.finditer(text, *place):
        label, *behind = _sentences(text, line.span("words"))
        if text[slice(*label)] in labels:
            acts += [_bare(text, one) for one in behind]
        elif not _is_talk(line["words"]):
            acts += [_bare(text, one) for one in (label, *behind) if _is_act(text[slice(*one)])]
    return acts


def _bare(text: str, sentence: Interval) -> Piece:
    start, end = sentence
    return piece(text, start, start + len(text[start:end].rstrip(_END)))


def _sentences(text: str, line: Interval) -> list[Interval]:
    """The line's sentences behind its label; a problem's name ends at a colon too ("Hypertension: stable.")."""
    start, end = line
    spans = [(start + first, start + last) for first, last in sentence_spans(text[start:end])]
    label = _LABEL.match(text, *spans[0])
    if label is None:
        return spans
    behind = [(label.end(), spans[0][1])] if label.end() < spans[0][1] else []
    return [(start, label.end("label")), *behind, *spans[1:]]


def _is_name(sentence: str) -> bool:
    words = {word.lower() for word in _WORD.findall(sentence)}
    return len(sentence) <= LONGEST_PROBLEM and not words & (_ACTS | _TALK | _TELLS)


def _is_act(sentence: str) -> bool:
    words = {word.lower() for word in _WORD.findall(sentence)}
    return len(sentence) <= LONGEST_ACT and bool(words & _ACTS) and not words & _TALK


def _is_talk(line: str) -> bool:
    return any(line.lower().startswith(label) for label in _RULES["labels"])
