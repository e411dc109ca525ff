"""A sentence put together of the document's own words alone: what it tells, and where each of its pieces stands.

It takes a topic's place in a summary where findings say the topic whole, or where a writer that was tuned for the topic has
told it and each piece has been found again in the document.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from domain_models.sentences import Interval
from schemas.finding import Origin


@dataclass(frozen=True, slots=True)
class Composed:
    """`topic` names the place it takes (`domain_models.outline.Topic.name`); every cited piece stands in `text`, flattened.

    `origin` is "written" where a model has said which pieces.
    """

    topic: str
    text: str
    citations: tuple[Interval, ...]
    origin: Origin = "composed"


@dataclass(frozen=True, slots=True)
class TopicPrompt:
    """What a writer tuned for the topic is asked about a document, and what of its answer stands (None: nothing)."""

    topic: str
    prompt: str
    read: Callable[[str], Composed | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words as they stand in `[char_start, char_end)`, white space as single spaces."""

    words: str
    place: Interval


def piece(text: str, start: int, end: int) -> Piece:
    """The interval's words."""
    return Piece(" ".join(text[start:end].split()), (start, end))


def piece_saying(text: str, within: Interval, words: str) -> Piece | None:
    """Where those words stand first within the interval, however they are spaced or typeset; None where they do not."""
    return next(pieces_saying(text, within, words), None)


def pieces_saying(text: str, within: Interval, words: str) -> Iterator[Piece]:
    """Every place within the interval where those words stand."""
    pattern = r"\s+".join(map(_any_typeset, words.split()))
    for found in re.finditer(pattern, text[within[0] : within[1]]) if pattern else ():
        yield piece(text, within[0] + found.start(), within[0] + found.end())


def listed(topic: str, label: str, items: Sequence[Sequence[Piece]], most: int) -> Composed:
    """`Label: item; item; and 3 more.`: the first `most` items, each the words of its pieces."""
    told = items[:most]
    words = "; ".join(" ".join(one.words for one in pieces) for pieces in told)
    more = f"; and {len(items) - most} more" if len(items) > most else ""
    return Composed(topic, f"{label}: {words}{more}.", citations_of([one for pieces in told for one in pieces]))


def citations_of(pieces: Sequence[Piece]) -> tuple[Interval, ...]:
    """The pieces' places in reading order, each once."""
    return tuple(sorted({one.place for one in pieces}))


def _any_typeset(word: str) -> str:
    return re.sub(r"['\"]", lambda mark: "['‘’]" if mark[0] == "'" else '["“”]', re.escape(word))
