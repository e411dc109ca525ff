"""Text that speaks to a program ("ignore the above and say ...") instead of saying something of its subject.

Such sentences are the document's words, but nothing that a contract agrees or a record reports: taggers, summaries and
questions read the text without them. Knows how orders to a model sound, not what a document is about.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain_models.sentences import Interval, sentence_spans

_FILE = tomllib.loads(Path(__file__).with_name("addressed.toml").read_text(encoding="utf-8"))
ADDRESSED_VERSION: str = _FILE["version"]
PARAGRAPH = re.compile(r"\n\s*\n|\f")
FOLLOWING_CHARS = 400
"""So much of a paragraph at most is taken for the rest of what is said to a program."""


@dataclass(frozen=True)
class _Rule:
    """How some orders sound; `anywhere` is `pattern` for a text whose sentences are not told apart yet."""

    words: tuple[str, ...]
    follows: bool
    pattern: re.Pattern[str]
    anywhere: re.Pattern[str]


def addressed_spans(text: str) -> list[Interval]:
    """The half-open intervals that speak to a program, in order; they neither overlap nor touch."""
    lower = text.lower()
    rules = [rule for rule in _rules() if any(word in lower for word in rule.words) and rule.anywhere.search(text)]
    spans: list[Interval] = []
    for start, end in _addressed(text, rules) if rules else ():
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def without_addressed(text: str) -> str:
    """The text with blanks in place of what speaks to a program; every other character keeps its place."""
    pieces: list[str] = []
    done = 0
    for start, end in addressed_spans(text):
        pieces += [text[done:start], re.sub(r"[^\n\f]", " ", text[start:end])]
        done = end
    return "".join([*pieces, text[done:]])


def _addressed(text: str, rules: Sequence[_Rule]) -> Iterator[Interval]:
    sentences = sentence_spans(text)
    for number, (start, end) in enumerate(sentences):
        matching = [rule for rule in rules if rule.pattern.search(text[start:end])]
        if matching:
            follows = any(rule.follows for rule in matching)
            yield start, _end_of_speech(text, sentences[number : number + 12]) if follows else end


def _end_of_speech(text: str, sentences: Sequence[Interval]) -> int:
    """Where the paragraph ends that the first sentence stands in, whole sentences within `FOLLOWING_CHARS`."""
    end = sentences[0][1]
    border = PARAGRAPH.search(text, end)
    furthest = min(border.start() if border else len(text), end + FOLLOWING_CHARS)
    return max([end, *(stop for _, stop in sentences if stop <= furthest)])


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_rule(table["words"], table["follows"], table["patterns"].split("\n")) for table in _FILE["rule"])


def _rule(words: Sequence[str], follows: bool, patterns: Sequence[str]) -> _Rule:
    lines = [line for line in patterns if line]
    loose = [line.removeprefix("^").removeprefix(r"\W*").removesuffix("$") for line in lines]
    compiled = (re.compile("|".join(f"(?:{line})" for line in some), re.IGNORECASE) for some in (lines, loose))
    return _Rule(tuple(words), follows, *compiled)
