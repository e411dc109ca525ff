"""Which sentences of a document bear on its topics, as half-open intervals. Knows headings and scores, not models."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain_models.outline import Topic
from domain_models.sentences import RUNNING_ON, Interval, sentence_spans
from domain_models.sought import Found, Sought, sought
from schemas.document import ParsedDocument, Section

LONGEST = 420  # characters of one cited sentence; contracts write sentences of thousands
SHORTEST = 40  # characters below which a line is a heading or a table cell
LONG_DOCUMENT = 60_000  # characters, some 20 pages: from here on a topic is looked for section by section
MOST = 10  # passages of a document; the writer shortens about one a second on two cores
CLOSE = 0.8  # of the best sentence's score: below it, that of another section costs more than it says
PARTED = (*RUNNING_ON, " in", " under", " with", " for", " from", " if", "(")
"""How a sentence ends that the next one goes on: "(as defined in" before "Section 10 below) has ..."."""
PROVISO = re.compile(r"\s*(?:provided|except|unless)\b[^.;]*", re.IGNORECASE)
"""What limits the sentence before it, though a full stop parts them."""
PART = 0.25  # of a document: under a heading that holds more than that, the headings below it divide it


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that bears on a topic, of a very long one the part that does; `score` says how much.

    `place` is that of what it tells in the summary: two passages of one place, from two sections, tell one thing.
    It is, or is cut from, the sentence in `[sentence_start, sentence_end)`, a proviso behind that included. One that
    `lacks_beginning` may not say of whom it speaks, or on what condition.
    """

    topic: Topic
    place: int
    score: float
    char_start: int
    char_end: int
    sentence_start: int
    sentence_end: int

    @property
    def lacks_beginning(self) -> bool:
        """Whether its sentence begins before it."""
        return self.sentence_start < self.char_start


@dataclass(frozen=True, slots=True)
class _Choice:
    """A sentence for a place in the summary."""

    place: int
    score: float
    sentence: Interval


def passages(document: ParsedDocument, found: Found, topics: Sequence[Topic]) -> list[Passage]:
    """A passage for each topic that the document touches, in the order of the topics; no sentence serves two.

    In a long document a topic may have a second one, from another section; `MOST` in all.
    """
    text = document.text
    spans = sentence_spans(text)
    free = [span for span in spans if span[1] - span[0] >= SHORTEST]
    wanted = list(sought(text, topics, found))
    chosen: list[_Choice] = []
    for place, one in enumerate(wanted):
        score, span = max(_scored(one, free), default=(0.0, None), key=lambda pair: pair[0])
        if span is not None:
            free.remove(span)
            chosen.append(_Choice(place, score, span))
    if len(text) >= LONG_DOCUMENT:
        chosen += _elsewhere(wanted, chosen, free, _parts(found.sections, len(text)))
    told = [_passage(wanted[choice.place], choice, spans) for choice in chosen]
    return sorted(told, key=lambda passage: (passage.place, passage.char_start))


def opening_sentences(document: ParsedDocument, count: int) -> list[Interval]:
    """The first sentences with some substance: neither headings nor table cells, mostly words."""
    spans = sentence_spans(document.text)
    return [_cut(document.text, span, 0) for span in spans if _is_substantial(document.text[span[0] : span[1]])][:count]


def _is_substantial(sentence: str) -> bool:
    letters = sum(character.isalpha() for character in sentence)
    lower = sum(character.islower() for character in sentence)
    return len(sentence.split()) >= 6 and letters > 0.6 * len(sentence) and lower > 0.5 * letters


def _scored(wanted: Sought, spans: Sequence[Interval]) -> list[tuple[float, Interval]]:
    """The sentences that bear on the topic and how much they do, in reading order."""
    scored = ((wanted.score(span), span) for span in spans)
    return [(score, span) for score, span in scored if score]


def _parts(sections: Sequence[Section], length: int) -> list[Interval]:
    """The outermost sections that hold no more than `PART` of the text."""
    parts: list[Interval] = []
    for section in sections:
        small = section.char_end - section.char_start <= PART * length
        if small and not (parts and section.char_end <= parts[-1][1]):
            parts.append((section.char_start, section.char_end))
    return parts


def _elsewhere(
    wanted: Sequence[Sought], chosen: Sequence[_Choice], free: list[Interval], parts: Sequence[Interval]
) -> Iterator[_Choice]:
    """What bears on the topics about as much in another section as what is chosen does, the strongest first.

    A topic that one sentence can hold whole is not looked for elsewhere.
    """
    found = []
    for first in (choice for choice in chosen if not wanted[choice.place].topic.whole):
        own = next((part for part in parts if part[0] <= first.sentence[0] < part[1]), None)
        others = [span for span in free if own is None or not own[0] <= span[0] < own[1]]
        score, span = max(_scored(wanted[first.place], others), default=(0.0, None), key=lambda pair: pair[0])
        if span is not None and score >= CLOSE * first.score:
            found.append(_Choice(first.place, score, span))
    for choice in sorted(found, key=lambda one: -one.score)[: max(0, MOST - len(chosen))]:
        if choice.sentence in free:
            free.remove(choice.sentence)
            yield choice


def _passage(wanted: Sought, choice: _Choice, spans: Sequence[Interval]) -> Passage:
    start, end = _cut(wanted.text, choice.sentence, wanted.needed(choice.sentence))
    return Passage(wanted.topic, choice.place, choice.score, start, end, *_whole(wanted.text, choice.sentence, spans))


def _whole(text: str, span: Interval, spans: Sequence[Interval]) -> Interval:
    """The sentence with what a line's end has parted from its beginning and its end, and with the proviso behind it."""
    first = last = bisect_left(spans, span)
    while first and _is_parted(text, spans[first - 1]):
        first -= 1
    while last + 1 < len(spans) and _is_parted(text, spans[last]):
        last += 1
    proviso = PROVISO.match(text, spans[last][1])
    end = proviso.end() if proviso else spans[last][1]
    return spans[first][0], end + text.startswith(".", end)


def _is_parted(text: str, span: Interval) -> bool:
    return text[slice(*span)].lower().endswith(PARTED)


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
