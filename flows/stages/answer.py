"""Answers to a question from a few passages of each document, word for word. Knows the reader only as something to ask.

An answer is a place in the document: whatever the reader thinks, `text[char_start:char_end]` is what is said.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain_models.addressed import addressed_spans, without_addressed
from domain_models.answering.confidence import Signs, load_confidence
from flows.stages.locate import Passage
from schemas.document import ParsedDocument


class Span(Protocol):
    """A span of a passage, and the mean log-probabilities of it and of saying that the passage does not tell."""

    @property
    def char_start(self) -> int:
        """Its first character in the passage."""

    @property
    def char_end(self) -> int:
        """One past its last character; the same where the passage has no words."""

    @property
    def likelihood(self) -> float:
        """Of the span."""

    @property
    def not_stated(self) -> float:
        """Of the words that say that the passage does not tell."""


class Reader(Protocol):
    """What chooses a span in each passage."""

    def read(self, passages: Sequence["Flat"], question: str) -> Sequence[Span]:
        """A span of each passage, in order."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A passage with single spaces for white space, and where in the document each of its characters stands.

    `choice` is where its nearest sentence stands in `text`: the answer is words of that.
    """

    text: str
    offsets: tuple[int, ...]
    choice: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Searched:
    """A document and the passages of it that may answer."""

    document: ParsedDocument
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The place `[char_start, char_end)` that answers best, and how likely it does; both ends 0 where there is none."""

    char_start: int
    char_end: int
    probability: float

    @property
    def is_found(self) -> bool:
        """Whether it counts as an answer."""
        return self.char_end > self.char_start and self.probability >= load_confidence().thresholds.found_at


def answer(searched: Sequence[Searched], question: str, reader: Reader) -> list[Answer]:
    """Each document's likeliest answer, good enough or not, in the order of the documents."""
    heard = [without_addressed(one.document.text) for one in searched]
    places = [(number, passage) for number, one in enumerate(searched) for passage in one.passages]
    flats = [flattened(heard[number], passage) for number, passage in places]
    spans = reader.read(flats, question)
    best = [Answer(0, 0, 0.0) for _ in searched]
    for (number, passage), flat, span in zip(places, flats, spans, strict=True):
        if span.char_end > span.char_start:
            probability = load_confidence().probability(Signs(passage.likeness, span.likelihood, span.not_stated))
            start, end = flat.offsets[span.char_start], flat.offsets[span.char_end - 1] + 1
            place = Answer(*unaddressed(searched[number].document.text, start, end), probability)
            best[number] = max(best[number], place, key=lambda one: one.probability)
    return best


def unaddressed(text: str, start: int, end: int) -> tuple[int, int]:
    """The interval as far as nothing in it speaks to a program, which the reader did not see."""
    cut = min((first for first, after in addressed_spans(text) if start <= first < end), default=end)
    return start, start + len(text[start:cut].rstrip())


def flattened(text: str, passage: Passage) -> Flat:
    """The passage as the reader sees it."""
    kept = tuple(_kept(text, passage.char_start, passage.char_end))
    flat = "".join(" " if text[place].isspace() else text[place] for place in kept)
    start, end = passage.sentence
    return Flat(flat, kept, (bisect_left(kept, start), bisect_left(kept, end)))


def _kept(text: str, start: int, end: int) -> Iterator[int]:
    """The places of the passage's characters, the first of each white space, none at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    for place in range(start, end):
        if not text[place].isspace() or not text[place - 1].isspace():
            yield place
