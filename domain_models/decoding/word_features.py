"""What a candidate span says and what it stands among, as numbers of buckets: the reranker's input.

No feature depends on where lines break, so that a contract says the same from its PDF as from its text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from domain_models.marks import typed
from schemas.finding import Span

BUCKETS = 1 << 13
"""So many weights a label: which of them a feature has, its hash says (Weinberger et al. 2009)."""

LONGEST_READ = 600  # characters of a span
BESIDE = 90  # characters on either side
WORDS_BESIDE = 8
NEXT = 3  # words on either side whose order counts
COUNTED = 60  # characters; how often a longer span stands in the text says nothing
LENGTHS = (2, 3, 5, 8, 12, 20, 40, 80, 160)  # words
SHARES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 0.95, 0.98)  # of the text
PLACES = (200, 500, 1000, 2000, 4000, 8000, 20_000)  # characters
COUNTS = (1, 2, 3, 5, 10, 30, 100)
RANKS = (1, 2, 3, 5, 8, 12)
PROBABILITIES = (0.05, 0.2, 0.4, 0.6, 0.8, 0.9)
QUOTE = '"'

_WORD = re.compile(r"\w+|[^\w\s]")
_NAME_BEFORE = re.compile(r"[A-Z][\w.&-]*[\s,]+$")
_NAME_BEHIND = re.compile(r"[\s,]*\(?[A-Z]")


@dataclass(frozen=True)
class Rival:
    """A span of the same label in the same text: its letters and digits, and how likely it is."""

    key: str
    probability: float


class WordFeatures:
    """The features of one text's spans."""

    def __init__(self, text: str) -> None:
        self._text = typed(text)
        self._lower = " ".join(self._text.lower().split())

    def buckets(self, spans: Sequence[Span], wanted: Sequence[int]) -> list[list[int]]:
        """The buckets of each wanted span, by its index among all `spans` of one label, in an order that is always the same."""
        rivals = [Rival(_key(self._text[span.char_start : span.char_end]), span.probability) for span in spans]
        features = (dict.fromkeys((*self._own(spans[index]), *_among(rivals, index))) for index in wanted)
        return [[crc32(feature.encode()) % BUCKETS for feature in each] for each in features]

    def _own(self, span: Span) -> Iterator[str]:
        start, end = span.char_start, span.char_end
        quote = self._text[start:end]
        words = _WORD.findall(quote[:LONGEST_READ].lower())
        before = _WORD.findall(self._text[max(0, start - BESIDE) : start].lower())[-WORDS_BESIDE:]
        behind = _WORD.findall(self._text[end : end + BESIDE].lower())[:WORDS_BESIDE]
        yield from (f"says {word}" for word in words)
        yield from (f"says {one} {two}" for one, two in pairwise(words))
        yield f"begins {' '.join(words[:1])}"
        yield f"begins {' '.join(words[:2])}"
        yield f"ends {' '.join(words[-1:])}"
        yield from (f"before {word}" for word in before)
        yield from (f"behind {word}" for word in behind)
        yield from (f"before {place} {word}" for place, word in enumerate(reversed(before[-NEXT:])))
        yield from (f"behind {place} {word}" for place, word in enumerate(behind[:NEXT]))
        yield f"right before {' '.join(before[-2:])}"
        yield f"length {_step(len(words), LENGTHS)}"
        yield f"share {_step(start / len(self._text), SHARES)}"
        yield f"place {_step(start, PLACES)}"
        yield f"count {_step(self._count(quote), COUNTS)}"
        yield f"case {quote.isupper()} {quote.islower()} {quote.istitle()}"
        yield f"name before {bool(_NAME_BEFORE.search(self._text[max(0, start - 20) : start]))}"
        yield f"name behind {bool(_NAME_BEHIND.match(self._text[end : end + 15]))}"
        opens, closes = self._text[max(0, start - 1) : start], self._text[end : end + 1]
        yield f"quoted {opens == QUOTE} {closes == QUOTE}"

    def _count(self, quote: str) -> int:
        words = " ".join(quote.lower().split())
        return self._lower.count(words) if len(words) < COUNTED else 1


def _among(rivals: Sequence[Rival], index: int) -> Iterator[str]:
    """How a span stands among its rivals: its rank, and how likely those are that say the same."""
    own = rivals[index]
    same = [rival.probability for place, rival in enumerate(rivals) if place != index and rival.key == own.key]
    yield f"rank {_step(sum(rival.probability > own.probability for rival in rivals), RANKS)}"
    yield f"best {_step(max(rival.probability for rival in rivals), PROBABILITIES)}"
    yield f"same {_step(len(same), COUNTS)}"
    yield f"same best {_step(max(same, default=0.0), PROBABILITIES)}"


def _key(quote: str) -> str:
    return re.sub(r"[\W_]+", "", quote.lower())


def _step(value: float, steps: Sequence[float]) -> int:
    return sum(value >= step for step in steps)
