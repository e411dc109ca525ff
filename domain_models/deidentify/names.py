"""Names of people, by what stands around them, by what they are made of, and everywhere in a text once found.

A capitalised word that is no ordinary word of English or medicine is taken for a name: in a record to be passed on, a
word too many masked costs less than a name left. A word that may be either (May, Brown, Parkinson) is a name only beside
a sure one or where a title or label says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import regex

from domain_models.deidentify.headers import headers
from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.rules import any_of, cue_set, cues, lands, word_list

Part = Literal["sure", "either", "given", "initial", "particle", "other"]
TOKEN = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:['’´`-]\p{L}[\p{L}\p{M}]*)*")
STARTS = regex.compile(r"(?:^|[.!?:;\n\r\f•*>\"“”(\[|]|(?:^|\s)[-–]|\d\.)\s*$")
# LigaSure and PaCO are no names; McDonald, O'Keefe, DeLuca and Jean-Luc are
INNER_CAPITAL = regex.compile(
    r"(?<!^(?:Mc|Mac|De|Di|Da|Du|Le|La|Lo|Van|Von|Fitz|O|D|El|Al|St))(?<!['’´`-])(?<=\p{Ll})\p{Lu}"
)
CONTRACTION = regex.compile(r"(?i)['’´`](?:m|ve|ll|d|re|t)$")
GAP = regex.compile(r"[ \t]{1,2}|\.[ \t]?|-|,[ \t]|[ \t]?\n[ \t]*")
CALENDAR = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thur",
        "thurs",
        "fri",
        "sat",
        "sun",
    ]
)
DISEASE = regex.compile(
    r"(?i)(?:itis|omas?|osis|pathy|[ae]mia|plasty|ectomy|otomy|oscopy|ostomy|uria|algia|plegia|rrhea)$"
)
UPPER = r"\p{Lu}[\p{L}\p{M}'’-]*\.?"

CASELESS_LABEL = regex.compile(
    r"(?m)^\s*(?:patient|name|patient name)\s*:\s*(?P<name>\p{L}[\p{L}.'’-]*(?:[ \t]+\p{L}[\p{L}.'’-]*){0,3})[ \t]*$"
)
LIST = regex.compile(rf"(?<![\w-])(?P<member>{UPPER})(?:,\s(?P<member>{UPPER}))*,?\s(?:and|&|or)\s(?P<member>{UPPER})")


@dataclass(frozen=True, slots=True)
class Token:
    """A word in its place; `part` is what it may be of a name."""

    text: str
    start: int
    end: int
    part: Part


def names(text: str) -> list[Identifier]:
    """Every name and every later mention of its parts, in no order; they may overlap."""
    caseless = text.islower()
    tokens = _tokens(text, caseless)
    headed = (one for one in headers(text) if one.kind == "name")
    sure = [*headed, *_cued(text, caseless), *_runs(text, tokens), *_listed(text, tokens)]
    return [*sure, *_mentions(text, tokens, sure)]


def is_ordinary(word: str) -> bool:
    """Whether the word, in any case, is one of English or medicine."""
    lower = _bare(word)
    words = word_list("words")
    if lower in words or (lower.endswith("s") and lower[:-1] in words):
        return True
    if "-" in lower:
        return all(len(part) < 3 or part in words for part in lower.split("-"))
    return len(lower) > 8 and lower.endswith(tuple(cues()["names"]["endings"])) and not _is_known_name(lower)


def _is_frequent_name(lower: str) -> bool:
    return lower in word_list("frequent_names") - word_list("frequent_words")


def _bare(word: str) -> str:
    return regex.sub(r"['’´`]s?$", "", word.lower())


def _is_known_name(word: str) -> bool:
    lower = _bare(word)
    return lower in word_list("given_names") or lower in word_list("family_names")


def _tokens(text: str, caseless: bool) -> list[Token]:
    found = []
    for match in TOKEN.finditer(text):
        word = match[0]
        start = match.start()
        end = match.end() - (2 if regex.search(r"['’´`]s$", word) else 0)
        if (start and text[start - 1] in "_@/\\") or text[start - 1 : start].isdigit():
            found.append(Token(word, start, end, "other"))
            continue
        found.append(Token(text[start:end], start, end, _part(text, match, caseless)))
    return found


def _part(text: str, match: "regex.Match[str]", caseless: bool) -> Part:
    word = match[0]
    lower = _bare(word)
    if lower in cue_set("names", "never") and len(word) > 1:
        return "other"
    if lower in cue_set("names", "particles") and (word.islower() or word.istitle()):
        return "particle"
    if len(word) == 1:
        is_pronoun = lower == "i" and text[match.end() : match.end() + 1] != "."
        return "initial" if (word.isupper() or caseless) and not is_pronoun else "other"
    if CONTRACTION.search(word):
        return "other"
    if caseless:
        return _part_caseless(word)
    if word.islower():
        return "other"
    if lower in cue_set("names", "titles"):
        return "other"
    if word.isupper():
        return _part_in_capitals(word)
    if not word[0].isupper() or not any(letter.islower() for letter in word):
        return "other"
    return _part_capitalised(text, match)


def _is_first(text: str, at: int) -> bool:
    """Whether a sentence, line, value or quotation begins here, where any word is capitalised."""
    return STARTS.search(text, max(0, at - 6), at) is not None


def _part_caseless(word: str) -> Part:
    if len(word) < 3 or _bare(word) in word_list("frequent_words") or _bare(word) in CALENDAR:
        return "other"
    return "either" if is_ordinary(word) and _is_known_name(word) else "other" if is_ordinary(word) else "sure"


def _part_in_capitals(word: str) -> Part:
    lower = _bare(word)
    if len(word) < 3 or lower in CALENDAR:
        return "other"
    if is_ordinary(word) or lower in cue_set("names", "eponyms"):
        return "either" if _is_known_name(word) else "other"
    return "sure" if _is_known_name(word) and len(word) > 3 else "either"


def _part_capitalised(text: str, match: "regex.Match[str]") -> Part:
    word, lower = match[0], _bare(match[0])
    if lower in CALENDAR:
        return "either" if lower in {"may", "april", "june", "august", "jan"} else "other"
    if lower in cue_set("names", "eponyms") or lower in lands():
        return "either"
    if INNER_CAPITAL.search(word) and not _is_known_name(word):
        return "other"
    if not is_ordinary(word):
        return "sure" if regex.search(r"(?i)[aeiouyà-ÿ\P{Latin}]", word) and len(word) > 2 else "either"
    is_label = text[match.end() : match.end() + 1] == ":"  # Ward: 3
    if _is_frequent_name(lower) and not is_label and not _is_first(text, match.start()):
        return "given"
    return "either" if _is_known_name(word) else "other"


def _cued(text: str, caseless: bool) -> Iterator[Identifier]:
    for pattern in _cue_patterns():
        for match in pattern.finditer(text):
            start, end = match.span("name")
            end -= len(text[start:end]) - len(text[start:end].rstrip(" \t."))
            first = TOKEN.search(text, start, end)
            if first is None or _bare(first[0]) in cue_set("names", "no_names"):
                continue
            yield Identifier("name", start, end)
    titled = (m for m in _titled_pattern().finditer(text) if _is_uncapitalised_name(m["name"]))
    yield from (Identifier("name", *m.span("name")) for m in titled)
    if caseless:
        yield from (Identifier("name", *m.span("name")) for m in CASELESS_LABEL.finditer(text))
        pattern = _caseless_pattern()
        yield from (Identifier("name", *m.span("name")) for m in pattern.finditer(text) if not is_ordinary(m["name"]))


@cache
def _cue_patterns() -> tuple["regex.Pattern[str]", ...]:
    listed = cues()["names"]
    titles, labels = any_of(listed["titles"]), any_of(listed["labels"])
    more = rf"(?:[ \t]+(?:(?-i:{any_of(listed['particles'])})[ \t]+)*(?-i:{UPPER})){{0,3}}"
    name = rf"(?P<name>(?-i:(?:{any_of(listed['particles'])}[ \t]+)?{UPPER}){more})"
    strong = any_of(set(listed["titles"]) - set(listed["weak_titles"]))
    credential = any_of(listed["credentials"])
    label_value = rf"(?P<name>(?-i:(?:{titles}\.?[ \t]+)?{UPPER})(?:,?[ \t](?-i:(?:{any_of(listed['particles'])}[ \t])*{UPPER})){{0,4}})"
    return tuple(
        regex.compile(pattern, regex.IGNORECASE)
        for pattern in (
            rf"(?<![\w-]){strong}\.?[ \t]+(?P<name>(?-i:(?:{any_of(listed['particles'])}[ \t]+)*{UPPER}))",
            rf"(?m)(?:^|[ \t|;>(\f])[ \t]*{labels}(?:[ \t]*\([^)\n]*\))?[ \t]*:[ \t]*\n?[ \t]*{label_value}",
            rf"(?P<name>(?-i:{UPPER})(?:,?[ \t]+(?-i:{UPPER})){{1,3}})(?=,?[ \t]+(?-i:{credential})(?![\w]))",
            rf"\b(?:my|maiden|full|last|first|partner's)\s+name\s+is\s+{name}",
        )
    )


def _is_uncapitalised_name(words: str) -> bool:
    """Whether the last of the words after a title, in small letters, can be a name: not "Dr. will see him"."""
    last = words.split()[-1]
    if _bare(last) in word_list("frequent_words") | cue_set("names", "no_names") | cue_set("names", "never"):
        return False
    return len(last) > 2 and (not is_ordinary(last) or _bare(last) in word_list("frequent_names"))


@cache
def _titled_pattern() -> "regex.Pattern[str]":
    """A name in small letters after a title; "MS" and "MR" are diseases and pictures."""
    listed = cues()["names"]
    titles = {word for word in listed["titles"] if word not in listed["weak_titles"]}
    title = any_of([*titles, *(word.capitalize() for word in titles), "DR", "PROF"])
    particles = rf"(?:{any_of(listed['particles'])}[ \t]+)*"
    word = r"\p{Ll}[\p{L}\p{M}'’-]+"
    return regex.compile(
        rf"(?<![\w-]){title}\.?[ \t]+(?P<name>{particles}{word})"
        rf"|(?i:\b{any_of(listed['certain_labels'])})[ \t]*:[ \t]*(?P<name>{word}(?:[ \t]{word}){{0,3}})"
    )


@cache
def _caseless_pattern() -> "regex.Pattern[str]":
    verbal = any_of(cues()["names"]["verbal"])
    return regex.compile(rf"\b{verbal}\s*:?\s+(?P<name>\p{{L}}[\p{{L}}'’-]+)")


def _runs(text: str, tokens: Sequence[Token]) -> Iterator[Identifier]:
    """Neighbouring words that may be parts of a name, at least one of them surely."""
    run: list[Token] = []
    for token in tokens:
        if run and run[-1].part == "particle" and token.part in {"other", "either"} and token.text.istitle():
            token = replace(token, part="either")
        if run and (token.part == "other" or not _joins(text, run[-1], token)):
            yield from _name_of(text, run)
            run = []
        if token.part != "other":
            run.append(token)
    yield from _name_of(text, run)


def _listed(text: str, tokens: Sequence[Token]) -> Iterator[Identifier]:
    """The others of a list that has a sure name in it: "Gerste, White and Hall"."""
    parts = {token.start: token for token in tokens}
    for match in LIST.finditer(text):
        members = [parts.get(start) for start in match.starts("member")]
        whole = [token for token in members if token is not None]
        if (
            len(whole) > 1
            and any(t.part == "sure" for t in whole)
            and all(_is_known_name(t.text) or t.part == "sure" for t in whole)
        ):
            yield from (Identifier("name", token.start, token.end) for token in whole)


def _joins(text: str, before: Token, token: Token) -> bool:
    gap = text[before.end : token.start]
    if gap in {"'s ", "’s "} or "\n" in gap:
        return False
    if gap.startswith(","):
        return before.text.isupper() and before.part == "sure" and token.part in {"sure", "given"}
    if gap.startswith("."):
        return before.part == "initial" or len(before.text) <= 2
    return GAP.fullmatch(gap) is not None


def _name_of(text: str, run: Sequence[Token]) -> Iterator[Identifier]:
    sure = [n for n, token in enumerate(run) if token.part in {"sure", "given"}]
    if not sure or _is_eponym(text, run):
        return
    first, last = sure[0], sure[-1]
    if run[0].text == "A" and _is_first(text, run[0].start) and text[run[0].end] != ".":
        run, first, last = run[1:], first - 1, last - 1
    while first and run[first - 1].part in {"initial", "either", "particle"} and _reaches(run, first - 1, -1):
        first -= 1
    while last + 1 < len(run) and _reaches(run, last + 1, 1):
        last += 1
    yield Identifier("name", run[first].start, run[last].end)


def _reaches(run: Sequence[Token], at: int, step: int) -> bool:
    """Whether the word belongs to the name beside it; a particle only where the name goes on beyond it."""
    part = run[at].part
    if part == "particle":
        return step < 0 or (at + 1 < len(run) and run[at + 1].part != "particle")
    return part in {"initial", "either", "sure", "given"}


def _is_eponym(text: str, run: Sequence[Token]) -> bool:
    """A name of one or two words before what names a disease, a sign or an instrument."""
    if len(run) > 3:
        return False
    after = regex.compile(
        r"(?:['’]s|s['’])?(?:[ \t-]+|\n(?=\p{Ll}))(?:\p{Ll}+(?:ar|al|ic|ous)[ \t]+)?(?P<next>\p{L}+)"
    ).match(text, run[-1].end)
    return after is not None and (
        after["next"].lower() in cue_set("names", "eponym_heads") or DISEASE.search(after["next"]) is not None
    )


def _mentions(text: str, tokens: Sequence[Token], found: Sequence[Identifier]) -> Iterator[Identifier]:
    """Wherever a part of a name that was found stands again, whatever else the word may mean, unless it names a disease."""
    parts: set[str] = set()
    for identifier in found:
        words = TOKEN.findall(text, identifier.char_start, identifier.char_end)
        parts |= {
            _bare(w)
            for w in words
            if len(w) > 2 and _bare(w) not in cue_set("names", "particles") | cue_set("names", "titles")
        }
    ordinary = {part for part in parts if is_ordinary(part)}
    for token in tokens:
        lower = _bare(token.text)
        if lower not in parts or _is_eponym(text, [token]):
            continue
        if lower not in ordinary or not (token.text.islower() or _is_first(text, token.start)):
            yield Identifier("name", token.start, token.end)
