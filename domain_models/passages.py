"""Which sentence of a document bears on a topic, as a half-open interval. Knows findings and headings, not models."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain_models.outline import Topic
from domain_models.sentences import Interval, sentence_spans
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding

LONGEST = 420  # characters of one cited sentence; contracts write sentences of thousands
SHORTEST = 40  # characters below which a line is a heading or a table cell
IN_SECTION = 1.0  # what a fitting heading weighs, against the probability of one finding


@dataclass(frozen=True, slots=True)
class Passage:
    """The sentence that bears most on a topic; of a very long one the part that does."""

    topic: Topic
    char_start: int
    char_end: int


def passages(
    document: ParsedDocument, sections: Sequence[Section], findings: Sequence[Finding], topics: Sequence[Topic]
) -> list[Passage]:
    """A passage for each topic that the document touches, in the order of the topics; no sentence serves two."""
    free = [span for span in sentence_spans(document.text) if span[1] - span[0] >= SHORTEST]
    chosen = []
    for topic in topics:
        strongest = max(_scored(topic, free, sections, findings), default=None, key=lambda pair: pair[0])
        if strongest is not None:
            free.remove(strongest[1])
            chosen.append(Passage(topic, *_clipped(document.text, strongest[1], findings, topic)))
    return chosen


def opening_sentences(document: ParsedDocument, count: int) -> list[Interval]:
    """The first sentences with some substance: neither headings nor table cells, mostly words."""
    spans = sentence_spans(document.text)
    return [_cut(document.text, span, 0) for span in spans if _is_substantial(document.text[span[0] : span[1]])][:count]


def _is_substantial(sentence: str) -> bool:
    letters = sum(character.isalpha() for character in sentence)
    lower = sum(character.islower() for character in sentence)
    return len(sentence.split()) >= 6 and letters > 0.6 * len(sentence) and lower > 0.5 * letters


def _scored(
    topic: Topic, spans: Sequence[Interval], sections: Sequence[Section], findings: Sequence[Finding]
) -> list[tuple[float, Interval]]:
    """The sentences that bear on the topic and how much they do, in reading order."""
    marks = sorted((f for f in findings if f.field in topic.fields), key=lambda finding: finding.char_start)
    headed = _headed(topic, sections)
    scored = []
    for span in spans:
        score = _score(topic, span, marks)
        if score or (not marks and _inside(span, headed)):
            scored.append((score + IN_SECTION * _inside(span, headed), span))
    return scored


def _score(topic: Topic, span: Interval, marks: Sequence[Finding]) -> float:
    """The probabilities of the topic's fields that the sentence holds, each field once."""
    best: dict[str, float] = {}
    for mark in marks:
        if mark.char_start < span[1] and mark.char_end > span[0]:
            best[mark.field] = max(best.get(mark.field, 0.0), mark.probability)
    return sum(best.values()) + len(topic.fields) * bool(topic.whole and topic.whole <= best.keys())


def _headed(topic: Topic, sections: Sequence[Section]) -> list[Interval]:
    return [
        (section.char_start, section.char_end)
        for section in sections
        if any(cue in section.title.lower() for cue in topic.sections)
    ]


def _inside(span: Interval, intervals: Sequence[Interval]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in intervals)


def _clipped(text: str, span: Interval, findings: Sequence[Finding], topic: Topic) -> Interval:
    """The sentence, or of a very long one the part around the topic's first finding in it."""
    inside = [f for f in findings if f.field in topic.fields and span[0] <= f.char_start < span[1]]
    first = min(inside, key=lambda finding: finding.char_start, default=None)
    return _cut(text, span, 0 if first is None else first.char_end - span[0])


def _cut(text: str, span: Interval, needed: int) -> Interval:
    """At most `LONGEST` characters of the sentence, whole clauses or words, holding its first `needed` if they fit."""
    start, end = span
    if end - start <= LONGEST:
        return span
    if needed > LONGEST:
        start = text.rfind(" ", start, start + needed - LONGEST // 2) + 1
    stop = min(end, start + LONGEST)
    if stop < end:
        marks = (text.rfind(mark, start + LONGEST // 2, stop) + 1 for mark in (";", ",", ":"))
        stop = max([*marks, 0]) or text.rfind(" ", start, stop)
    return start, start + len(text[start:stop].rstrip(" ,;:"))
