"""Answers, boxes and signs beside a named thing: "Fever? No.", "Chest pain: N", "[x] cough", "cough (+), fever -".

A sign stands before its things or behind them; a list keeps to one manner, which its first and last sign tell. Their words
stand in `assertion.toml`. Knows one statement, not the columns of a table: an answer on the next line is not seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import regex

from domain_models.medical.lexicon import Kind, Phrase, Spoken, load_tables, sources_of
from domain_models.medical.sentences import WHEN

Place = tuple[int, int]

AFFIRMED = "affirmed"  # said to be so: what denies the same thing is not heard
_NEGATED = "negated"
_TICKED = r"(?:\[\s*[xX✓✔]\s*\]|\(\s*[xX✓✔]\s*\)|[☒☑✅])"
_BLANK = r"(?:\[\s*\]|\(\s{1,3}\)|[☐□])"
_BOX = rf"(?:{_TICKED}|{_BLANK})"
_TICK = regex.compile(_TICKED)
_OPTION = r"(?:yes|no|y|n)\b"
_CHOICE = regex.compile(
    rf"(?i)[:?]?\s*(?:(?P<first>{_BOX})[ \t]*(?P<said>{_OPTION})[ \t,/|]*(?P<second>{_BOX})[ \t]*{_OPTION}"
    rf"|\b(?P<said>{_OPTION})[ \t]*(?P<first>{_BOX})[ \t,/|]*{_OPTION}[ \t]*(?P<second>{_BOX}))"
)
_BARE_PLUS = r"(?<![\w+/)-])\+(?![+/\d-])"
_BARE_MINUS = r"(?<![\w+<>–-])(?<!\+\s?/)[-−](?![-–/>]|\s*\d)"
_SIGN = regex.compile(
    rf"(?P<ticked>{_TICKED})|(?P<blank>{_BLANK})|(?P<plus>[(\[]\+{{1,3}}[)\]])|(?P<minus>[(\[][-−–][)\]](?!-))"
    rf"|(?P<bare_plus>{_BARE_PLUS})|(?P<bare_minus>{_BARE_MINUS})"
)
_ITEM_END = regex.compile(r"[ \t]*(?:[,;.)/\n]|$)")
_WORD_BEHIND = regex.compile(r"\s*\p{L}")
_TURNED = regex.compile(r"(?i)(?:[^.:;,?\n\[\]()]{3,40}?[ \t](?:yes|no)\b[ \t]*){2,}[.]?\s*")  # Fever no cough yes
_TURN = regex.compile(r"(?i)\b(?P<answer>yes|no)\b")
_ENDS = frozenset(",;/.")  # of an item within a statement
_SAME_SHEET = 1500  # characters between a box that is not ticked and one that is


@dataclass(frozen=True)
class _Mark:
    """A box or sign in a statement: what it says, and whether it begins or ends its item."""

    place: Place
    manner: str
    begins: str
    ends: bool

    @property
    def is_plus(self) -> bool:
        """Whether it affirms."""
        return self.manner in {"ticked", "plus", "bare_plus"}


def signs(text: str, statement: Place, kind: Kind) -> tuple[Spoken, ...]:
    """The answers, boxes and signs of a statement, in no order; none overlaps another."""
    choices = [*_choices(text, statement)]
    found = [*choices, *(one for one in _answers(text, statement, kind) if _is_free((one.start, one.end), choices))]
    marks = [mark for mark in _marks(text, statement) if _is_free(mark.place, found)]
    return (*found, *_signed(text, marks, kind))


def _is_free(place: Place, taken: Sequence[Spoken]) -> bool:
    return all(place[1] <= one.start or one.end <= place[0] for one in taken)


def _choices(text: str, statement: Place) -> Iterator[Spoken]:
    """Two boxes with their answers, of which one is ticked: "[x] Yes [ ] No"."""
    for match in _CHOICE.finditer(text, *statement):
        ticks = [_TICK.fullmatch(match[name]) is not None for name in ("first", "second")]
        said_yes = match["said"][0].lower() == "y"
        cues = ((AFFIRMED if ticks[0] == said_yes else _NEGATED, "answer"),) if ticks[0] != ticks[1] else ()
        yield Spoken(*match.span(), Phrase(cues, "all"))


def _answers(text: str, statement: Place, kind: Kind) -> Iterator[Spoken]:
    pattern = _TURN if _TURNED.fullmatch(text, *statement) else _answer(kind)
    for match in pattern.finditer(text, *statement):
        said = " ".join(match["answer"].lower().split())
        yield Spoken(*match.span(), Phrase(((_answers_of(kind)[said], "answer"),), "all"))


@cache
def _answers_of(kind: Kind) -> Mapping[str, str]:
    """What each word that may stand alone behind a thing says of it."""
    return {word: one["class"] for one in load_tables()["answer"] if kind in one["of"] for word in one["words"]}


@cache
def _answer(kind: Kind) -> "regex.Pattern[str]":
    """One behind a colon, a question mark, leaders or a column's gap, with nothing more in its item."""
    words = "|".join(sources_of(_answers_of(kind)))
    return regex.compile(
        rf"(?i)(?:[:?|\t=]|[.…]{{2,}}|(?<=\S)[ \t]{{2,}}|[ \t][-–][ \t])\s*(?P<answer>{words})"
        rf"{WHEN}(?=[ \t]{{2,}}|[ \t]*(?:[.,;|)\n]|$))"
    )


def _marks(text: str, statement: Place) -> Iterator[_Mark]:
    start, end = statement
    for match in _SIGN.finditer(text, start, end):
        begins = _beginning(text[start : match.start()]) if _WORD_BEHIND.match(text, match.end(), end) else ""
        yield _Mark(match.span(), match.lastgroup or "", begins, _ITEM_END.match(text, match.end(), end) is not None)


def _beginning(before: str) -> str:
    """What an item behind these words begins with: "line", or the sign that ends the item before; "" within an item."""
    before = before.rstrip(" \t")
    if not before.strip("-•* \n\t") or before[-1] in ":\n":
        return "line"
    return before[-1] if before[-1] in _ENDS else ""


def _signed(text: str, marks: Sequence[_Mark], kind: Kind) -> Iterator[Spoken]:
    """Each mark that is one, with what it says of the things before or behind it."""
    kept = [mark for mark in marks if _is_meant(text, mark, marks)]
    if not kept or not (kept[0].begins or kept[-1].ends):
        kept = [mark for mark in kept if mark.begins or mark.ends or not mark.manner.startswith("bare")]
    for mark in kept:
        ahead = not mark.ends and bool(mark.begins or kept[0].begins or not kept[-1].ends)
        cues: tuple[tuple[str, str], ...] = ((_NEGATED, "forward" if ahead else "suffix"),)
        if mark.is_plus:
            cues = () if ahead else ((AFFIRMED, "suffix"),)
        elif mark.manner == "blank" and kind == "procedure":  # a box to tick once it is done
            cues = ()
        yield Spoken(*mark.place, Phrase(cues, "all"))


def _is_meant(text: str, mark: _Mark, marks: Sequence[_Mark]) -> bool:
    """No dash between words, no bullet, no list of things that are still to be done."""
    if mark.manner == "blank":
        start, end = mark.place
        return _TICK.search(text, max(0, start - _SAME_SHEET), end + _SAME_SHEET) is not None
    if not mark.manner.startswith("bare"):
        return True
    others = [other for other in marks if other is not mark and other.manner != "blank"]
    if mark.begins == "line":
        return any(other.begins in _ENDS for other in others)
    if mark.is_plus and mark.begins:
        return True
    told = [other for other in others if other.is_plus != mark.is_plus or (other.ends and mark.ends)]
    return bool(told)
