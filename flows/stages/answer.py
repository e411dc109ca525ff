"""Answers to a question from a passage of each document, word for word. Knows the reader only as something to ask.

An answer is a place in the document: whoever reads it, `text[char_start:char_end]` is what is said.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain_models.addressed import addressed_spans
from domain_models.answering.confidence import load_confidence
from domain_models.sentences import Interval
from flows.stages.locate import Passage
from flows.stages.segment import heard_text, running_text
from schemas.document import ParsedDocument


class Reader(Protocol):
    """What chooses words in each passage, to its question."""

    def read(self, passages: Sequence["Flat"]) -> Sequence[Interval]:
        """The half-open characters of each passage that answer, in order; the same twice where it has no words."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A passage with single spaces for white space, where in the document each of its characters stands, and what is asked.

    `choice` is where what answers stands in `text`: a reader chooses words of that.
    """

    text: str
    offsets: tuple[int, ...]
    choice: tuple[int, int]
    question: str

    def place(self, start: int, end: int) -> Interval:
        """Where its characters `[start, end)` stand in the document; an empty interval is one there too."""
        return (self.offsets[start], self.offsets[end - 1] + 1) if start < end else (0, 0)


@dataclass(frozen=True, slots=True)
class Searched:
    """A document, a question to it, and the passage that may answer; None where it has no words."""

    document: ParsedDocument
    question: str
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The place `[char_start, char_end)` that answers best, and how likely it does; both ends 0 where there is none."""

    char_start: int
    char_end: int
    probability: float

    @property
    def place(self) -> Interval:
        """Where it stands."""
        return self.char_start, self.char_end

    @property
    def is_found(self) -> bool:
        """Whether it counts as an answer."""
        return self.char_end > self.char_start and is_likely(self.probability)


NOTHING = Answer(0, 0, 0.0)


def answer(searched: Sequence[Searched], reader: Reader | None = None) -> list[Answer]:
    """The likeliest answer to each question, good enough or not, in the order of `searched`: the sentences that
    were found, or the words of them that `reader` chooses where it is likely enough.
    """
    passages = {number: one.passage for number, one in enumerate(searched) if one.passage}
    places = {number: passage.answer for number, passage in passages.items()}
    likely = [number for number, passage in passages.items() if is_likely(_probability(passage))]
    if reader and likely:
        flats = [flattened(heard_text(searched[one].document), passages[one], searched[one].question) for one in likely]
        places |= {
            number: flat.place(*words) for number, flat, words in zip(likely, flats, reader.read(flats), strict=True)
        }
    return [
        _placed(one.document, passages[number], places[number]) if number in passages else NOTHING
        for number, one in enumerate(searched)
    ]


def _placed(document: ParsedDocument, passage: Passage, place: Interval) -> Answer:
    start, end = unaddressed(document, *place)
    return Answer(start, end, _probability(passage)) if start < end else NOTHING


def _probability(passage: Passage) -> float:
    return load_confidence().probability(passage.signs)


def is_likely(probability: float) -> bool:
    """Whether so probable an answer counts as one."""
    return probability >= load_confidence().thresholds.found_at


def unaddressed(document: ParsedDocument, start: int, end: int) -> Interval:
    """The interval as far as nothing in it speaks to a program, in a footer or across one."""
    orders = (*addressed_spans(document.text), *addressed_spans(running_text(document)))
    cut = min((first for first, _ in orders if start <= first < end), default=end)
    return start, start + len(document.text[start:cut].rstrip())


def flattened(text: str, passage: Passage, question: str) -> Flat:
    """The passage as the reader sees it."""
    kept = tuple(_kept(text, passage.char_start, passage.char_end))
    flat = "".join(" " if text[place].isspace() else text[place] for place in kept)
    start, end = passage.answer
    return Flat(flat, kept, (bisect_left(kept, start), bisect_left(kept, end)), question)


def _kept(text: str, start: int, end: int) -> Iterator[int]:
    """The places of the passage's characters, the first of each white space, none at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    for place in range(start, end):
        if not text[place].isspace() or not text[place - 1].isspace():
            yield place
