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

from domain_models.disguises import readings, stretches
from domain_models.sentences import Interval, sentence_spans

_FILE = tomllib.loads(Path(__file__).with_name("addressed.toml").read_text(encoding="utf-8"))
ADDRESSED_VERSION: str = _FILE["version"]
PARAGRAPH = re.compile(r"\n\s*\n|\f")
FOLLOWING_CHARS = 400
"""So much of a paragraph at most is taken for the rest of what is said to a program."""
_AROUND = 250
"""An order has its telling word within so many characters of any other of its words."""
_STOPPED = re.compile(r"(?<=[.!?])\s+(?=[^\WA-Z\d_])|(?<=[.!?:;\"'”’)\]])[ \t]*\n\s*\n\s*")
"""Where a sentence that goes on with a small letter, as one after an abbreviation does, may be two after all."""
_BEGINS = re.compile(r"^\^(?:\\W\*)?")
_PART = re.compile(r"%(\w+)%")


class _Heard:
    """A text to look for telling words in; `vocabulary` holds each of its words once, and is soon looked through."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = f" {text.lower()}"
        self.vocabulary = f" {' '.join(set(self.lower.split()))} "

    def places(self, telling: str) -> Iterator[int]:
        """Where the telling words begin."""
        at = self.lower.find(telling) if all(word in self.vocabulary for word in telling.split()) else -1
        while at >= 0:
            yield at
            at = self.lower.find(telling, at + 1)


@dataclass(frozen=True)
class _Rule:
    """How some orders sound; `anywhere` is `pattern` for a text whose sentences are not told apart yet."""

    words: tuple[str, ...]
    follows: bool
    pattern: re.Pattern[str]
    anywhere: re.Pattern[str]

    def may_match(self, heard: _Heard) -> bool:
        """Whether the pattern matches anywhere around the telling words."""
        places = sorted(at for word in self.words for at in heard.places(word))
        return any(self.anywhere.search(heard.text, start, end) for start, end in stretches(places, _AROUND))


def addressed_spans(text: str) -> list[Interval]:
    """The half-open intervals that speak to a program, in order; they neither overlap nor touch."""
    heard = [*map(_Heard, readings(text))]
    rules = [rule for rule in _rules() if any(map(rule.may_match, heard))]
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
    for number, sentence in enumerate(sentences):
        for start, end, matching in _orders(text, sentence, rules):
            follows = any(rule.follows for rule in matching)
            yield start, _end_of_speech(text, end, sentences[number : number + 12]) if follows else end


def _orders(text: str, sentence: Interval, rules: Sequence[_Rule]) -> list[tuple[int, int, list[_Rule]]]:
    """What of the sentence matches rules, and which: pieces of it where they do by themselves, else all of it."""
    borders = [border.span() for border in _STOPPED.finditer(text, *sentence)]
    starts = [sentence[0], *(end for _, end in borders)]
    pieces = [*zip(starts, [*(start for start, _ in borders), sentence[1]], strict=True)]
    for tried in (pieces, [sentence]):
        matched = [(*piece, _matching(text[slice(*piece)], rules)) for piece in tried]
        if found := [one for one in matched if one[2]]:
            return found
    return []


def _matching(text: str, rules: Sequence[_Rule]) -> list[_Rule]:
    heard = readings(text)
    return [rule for rule in rules if any(map(rule.pattern.search, heard))]


def _end_of_speech(text: str, end: int, sentences: Sequence[Interval]) -> int:
    """Where the paragraph ends in which an order ends at `end`, whole sentences within `FOLLOWING_CHARS`."""
    border = PARAGRAPH.search(text, end)
    furthest = min(border.start() if border else len(text), end + FOLLOWING_CHARS)
    return max([end, *(stop for _, stop in sentences if stop <= furthest)])


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_rule(table["words"], table["follows"], _lines(table["patterns"])) for table in _FILE["rule"])


def _rule(words: Sequence[str], follows: bool, lines: Sequence[str]) -> _Rule:
    """The rule of the patterns; anywhere, what must begin or end a sentence may stand within one."""
    loose = [_BEGINS.sub(r"(?<!\\w)", line).removesuffix("$") for line in lines]
    compiled = (
        re.compile("|".join(f"(?:{_with_parts(line)})" for line in some), re.IGNORECASE) for some in (lines, loose)
    )
    return _Rule(tuple(words), follows, *compiled)


def _with_parts(pattern: str) -> str:
    """The pattern with what its %names% stand for."""
    while _PART.search(pattern):
        pattern = _PART.sub(lambda name: f"(?:{'|'.join(_lines(_FILE['parts'][name[1]]))})", pattern)
    return pattern


def _lines(written: str) -> list[str]:
    return [line for line in written.split("\n") if line]
