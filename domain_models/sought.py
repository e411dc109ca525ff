"""What marks a topic in one document: findings, headings, or what someone must do. Runs no model."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain_models.outline import Topic
from domain_models.sentences import Interval
from schemas.document import Section
from schemas.finding import Finding, Record

IN_SECTION = 1.0  # what a fitting heading weighs, against the probability of one finding
AT_ITS_HEAD = 0.5  # what it weighs that a sentence begins with who must do something
BEHIND = 250  # characters behind a name in which it may be given a shorter one
# Acme Inc., a corporation of Texas (the "Seller")
_DEFINED = re.compile(r"\((?:the\s+)?[“\"](?P<name>[^”\"]{2,40})[”\"]")
MARK = 200  # characters of a mark that tell what it is; a clause may run on over several sentences
HEAD = 60  # characters of a sentence that are its beginning: "4.2 Delivery. The Supplier shall"


@dataclass(frozen=True, slots=True)
class Found:
    """What a document is read with: its sections, findings and the records that these form."""

    sections: Sequence[Section]
    findings: Sequence[Finding]
    records: Sequence[Record] = ()


@dataclass(frozen=True, slots=True)
class Sought:
    """A topic in one document: findings of its fields in reading order, sections under its headings, whose duty it is."""

    text: str
    topic: Topic
    marks: Sequence[Finding]
    headed: Sequence[Interval]
    duty: re.Pattern[str] | None = None

    def score(self, span: Interval) -> float:
        """How much the sentence bears on the topic; 0 where it does not."""
        score = self._marked(span)
        if self.duty is not None:
            found = self._duty_in(span)
            if found is None:
                return 0.0
            score += 1 + AT_ITS_HEAD * (found.start() - span[0] < HEAD)
        headed = any(start <= span[0] and span[1] <= end for start, end in self.headed)
        if not score and (self.marks or not headed):
            return 0.0
        return score + IN_SECTION * headed

    def needed(self, span: Interval) -> int:
        """How many of the sentence's first characters hold what marks it; 0 where only a heading does."""
        found = self._duty_in(span)
        if found is not None:
            return found.end() - span[0]
        first = next((mark for mark in self.marks if span[0] <= mark.char_start < span[1]), None)
        return 0 if first is None else min(first.char_end, span[1], first.char_start + MARK) - span[0]

    def _duty_in(self, span: Interval) -> re.Match[str] | None:
        return self.duty.search(self.text, *span) if self.duty else None

    def _marked(self, span: Interval) -> float:
        """The probabilities of the topic's fields that the sentence holds, each field once."""
        best: dict[str, float] = {}
        for mark in self.marks:
            if mark.char_start < span[1] and mark.char_end > span[0]:
                best[mark.field] = max(best.get(mark.field, 0.0), mark.probability)
        whole = self.topic.whole and self.topic.whole <= best.keys()
        return sum(best.values()) + len(self.topic.fields) * bool(whole)


def sought(text: str, topics: Sequence[Topic], found: Found) -> Iterator[Sought]:
    """The topics as they are marked in the text, in order; one that has actors once for each of the first of them."""
    for topic in topics:
        marks = sorted((f for f in found.findings if f.field in topic.fields), key=lambda finding: finding.char_start)
        headed = [
            (section.char_start, section.char_end)
            for section in found.sections
            if any(cue in section.title.lower() for cue in topic.sections)
        ]
        duties = _duties(topic, found, text) if topic.actors else [None]
        yield from (Sought(text, topic, marks, headed, duty) for duty in duties)


def _duties(topic: Topic, found: Found, text: str) -> Iterator[re.Pattern[str]]:
    """For each of the first actors how a sentence says what they must do: a name of theirs, then a verb of duty."""
    verbs, rights = _either(topic.duties), _either(topic.rights)
    said = (_said_of(record, found.findings) for record in found.records if record.kind == topic.actors)
    actors = [names for names in said if names]
    for actor in actors[: topic.most_actors]:
        others = set().union(*(other for other in actors if other is not actor))
        names = _either(sorted(_names(actor, others, found, text)))
        between = r"(?:,[^,;.]{1,60},)?(?:,?\s+(?!and\b|or\b)\w+){0,2},?\s+"
        unless = rf"(?!\s+{rights}\b)" if topic.rights else ""
        yield re.compile(rf"\b{names}{between}{verbs}\b{unless}", re.IGNORECASE)


def _either(words: Sequence[str]) -> str:
    """A pattern of any of the words, over line breaks too."""
    patterns = (r"\s+".join(map(re.escape, word.split())) for word in words)
    return f"(?:{'|'.join(patterns)})"


def _names(actor: set[str], others: set[str], found: Found, text: str) -> set[str]:
    """What an actor goes by: what its findings say, and what is defined behind them before another actor's begin."""
    names = set(actor)
    foreign = [finding.char_start for finding in found.findings if _said(finding) in others]
    for finding in found.findings:
        if _said(finding) in actor:
            stop = min([finding.char_end + BEHIND, *(start for start in foreign if start >= finding.char_end)])
            names |= {defined["name"].lower() for defined in [_DEFINED.search(text, finding.char_end, stop)] if defined}
    return names


def _said_of(actor: Record, findings: Sequence[Finding]) -> set[str]:
    own = {member.finding_id for member in actor.members}
    return {_said(finding) for finding in findings if finding.id in own}


def _said(finding: Finding) -> str:
    """What a finding says, in small letters: a name stands in capitals on the cover and as it is written below."""
    return " ".join(((finding.value and finding.value.text) or finding.quote).lower().split())
