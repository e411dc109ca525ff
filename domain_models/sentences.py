"""Sentences as half-open intervals of a text, in contracts and in clinical notes. Knows layout, not meaning.

A boundary is a full stop that no abbreviation, number or initial explains, or a line that cannot run on: a heading,
a list item, a short line before a new one, a blank line. A line that a page edge or a wrap cut in two stays whole.
"""

import re
import statistics
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

Interval = tuple[int, int]

_WORDS = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
SHORTENED = frozenset(_WORDS["shortened"].split())
COMPANY_ENDS = frozenset(_WORDS["company_ends"].split())
OPENERS = frozenset(_WORDS["openers"].split())

# Dictated notes lost their line breaks to commas: "on the right.,The left testicle ...", "one day.,FINDINGS:".
_STOP = re.compile(r"[.!?][\"'”’)\]]*(?:,?(?=\s)|,(?=[A-Z\d]))")
_COMMA_HEADING = re.compile(r",(?=[A-Z][A-Z /&-]{3,60}:)")
_NEXT_WORD = re.compile(r"[\s,]*([\"'“‘(\[]*)([^\W_][\w'’-]*)?")
_LAST_WORD = re.compile(r"[^\s,(\[\"“]+\Z")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]?\Z")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})\)?\Z")
_POINTER = re.compile(
    r"(?i)\b(?:section|sections|article|exhibit|schedule|appendix|annex|clause|part|item|no|nos)\s*\Z"
)
_GAP = re.compile(r"[ \t]*[\r\n\f]\s*|[ \t\xa0]{4,}")
_ITEM = re.compile(
    r"(?:[-•*▪◦●–]\s|\(?[a-z]\)\s|\(?[ivx]{1,4}\)\s|\(?\d{1,2}[.)]\s|(?:ARTICLE|Article|SECTION|Section) \d)"
)
_CLAUSE = re.compile(r"\d{1,2}(?:\.\d{1,2})+\.?\s+[A-Z][a-z]")  # "3.2 In", after a table's row
_CAPITALS = re.compile(r"[\W\d]*[A-Z]{2}")  # a disclaimer in capitals runs on from line to line as other text does
_TERMINAL = ".!?:;"
RUNNING_ON = (",", " and", " or", " of", " the", " to", " by", "&")
"""How a line ends that its sentence goes on after."""
_SHORT_LINE = 0.6  # of the usual line: a shorter one was ended by its writer, not by the margin
_USUAL_LINE = 60  # characters, where the text has too few lines to tell


def sentence_spans(text: str) -> list[Interval]:
    """Every sentence, heading and list item of `text` in order; white space around them is left out, none is empty."""
    spans = []
    start = 0
    for end in [*_boundaries(text), len(text)]:
        trimmed = _trimmed(text, start, end)
        if trimmed[1] > trimmed[0]:
            spans.append(trimmed)
        start = end
    return spans


def sentences_over(spans: Sequence[Interval], char_start: int, char_end: int) -> list[Interval]:
    """Those of the ordered `spans` that touch `[char_start, char_end)`."""
    first = max(0, bisect_right(spans, (char_start, 1 << 62)) - 1)
    touched = []
    for span in spans[first:]:
        if span[0] >= char_end:
            break
        if span[1] > char_start:
            touched.append(span)
    return touched


def _boundaries(text: str) -> list[int]:
    stops = (stop.end() for stop in _STOP.finditer(text) if _ends_sentence(text, stop))
    headings = (comma.end() for comma in _COMMA_HEADING.finditer(text))
    return sorted({*stops, *headings, *_line_boundaries(text)})


def _ends_sentence(text: str, stop: re.Match[str]) -> bool:
    following = _NEXT_WORD.match(text, stop.end())
    word = (following and following[2]) or ""
    if word and word[0].islower():
        return False
    if text[stop.start()] != ".":
        return True
    before = text[max(0, stop.start() - 40) : stop.start()]
    last = _LAST_WORD.search(before)
    return not _is_shortened(before, last[0] if last else "", word)


def _is_shortened(before: str, last: str, following: str) -> bool:
    """Whether the full stop after `last` belongs to the word and not to a sentence."""
    lower = last.lower().rstrip(".")
    opens = following.lower() in OPENERS and not following.isupper()
    if lower in {"no", "nos"}:
        return following[:1].isdigit()
    stem = before[: len(before) - len(last)]
    if _ENUMERATOR.match(last) and (_opens_line(stem, last) or (_POINTER.search(stem) and not opens)):
        return True
    dotted = _DOTTED.match(last + ".") and (len(last) > 1 or last.isupper())
    return bool(dotted or lower in COMPANY_ENDS or lower in SHORTENED) and not opens


def _opens_line(stem: str, last: str) -> bool:
    """Whether an enumerator has only white space, or the end of a sentence, before it."""
    if not stem.strip() or stem.rstrip(" \t").endswith(("\n", "\f")):
        return True
    return len(last) < 3 and stem.rstrip(" \t,").endswith((".", ":", ";"))


def _line_boundaries(text: str) -> Iterator[int]:
    short = _SHORT_LINE * _usual_line(text)
    line_start = 0
    for gap in _GAP.finditer(text):
        if _ends_line(text, line_start, gap, short):
            yield gap.end()
        line_start = gap.end()


def _ends_line(text: str, line_start: int, gap: re.Match[str], short: float) -> bool:
    line = text[line_start : gap.start()].strip()
    following = text[gap.end() : gap.end() + 12]
    if not line or not following or following[0].islower() or following[0] in ",;)":
        return False
    if _ENUMERATOR.match(line.rstrip(".")) and line.endswith("."):
        return False
    if _is_pointing(line, following):
        return False
    runs_on = line.lower().endswith(RUNNING_ON)
    if line[-1] in _TERMINAL or _ITEM.match(following) or (_CLAUSE.match(following) and not runs_on):
        return True
    if line.isupper() and not _CAPITALS.match(following):
        return True
    if "\n" not in gap[0] and "\f" not in gap[0]:
        return False
    blank = gap[0].count("\n") > 1 or "\f" in gap[0]
    return (blank or len(line) < short) and not runs_on


def _is_pointing(line: str, following: str) -> bool:
    """Whether the line breaks between a pointer ("Section", "No.") and its number, or after a shortened word."""
    last = line.rsplit(None, 1)[-1].lower()
    if following[0].isdigit() and last.rstrip(".") in {"no", "nos", "section", "article", "exhibit", "schedule"}:
        return True
    return last.endswith(".") and last.rstrip(".") in COMPANY_ENDS | SHORTENED and not _ITEM.match(following)


def _usual_line(text: str) -> float:
    lengths = sorted(len(line) for line in text[:200_000].splitlines() if len(line) > 20)
    if len(lengths) < 8:
        return _USUAL_LINE
    return min(120.0, statistics.quantiles(lengths, n=5)[-1])


def _trimmed(text: str, start: int, end: int) -> Interval:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
