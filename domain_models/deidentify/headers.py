"""Headers that name several things at once before their values: "Name/MRN: Kowalczyk / 123", "Pt. name & ID: Maria Lopez 44821".

Which value is which is told by its form: the first words are the name, what has a digit and is no date or age is the
number. Labels with a part that is none of a person's ("Name/Dose") are left alone.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice, takewhile

import regex

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.rules import any_of, cue_set, cues

_WORD = r"\p{L}[\p{L}\p{M}'’-]*\.?"
_RUN = regex.compile(rf"{_WORD}(?:,?[ ]{_WORD})*")
_NUMBER = regex.compile(r"(?<![\w./-])(?=[A-Za-z./-]*\d)[A-Za-z\d](?:[A-Za-z\d./-]*[A-Za-z\d])?(?![\w])")
_DATE = regex.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_NEXT_LABEL = regex.compile(r"[ \t](?=\p{L}[\p{L} .#]{1,20}[:|])|\t|[ ]{3,}")
_SHORT = 3  # digits of an age


def headers(text: str) -> Iterator[Identifier]:
    """The names and numbers behind each such header; dates are found by their form anywhere."""
    for match in _expression().finditer(text):
        kinds = {kind for kind in ("name", "id", "date", "age", "sex") if match.captures(kind)}
        if "name" in kinds and len(kinds) > 1:
            ends = _NEXT_LABEL.search(text, *match.span("values"))
            place = (match.start("values"), ends.start() if ends else match.end("values"))
            yield from islice(
                (name for run in _RUN.finditer(text, *place) if (name := _name(run))), len(match.captures("name"))
            )
            yield from _numbers(text, place, kinds) if "id" in kinds else ()


def _name(run: "regex.Match[str]") -> Identifier | None:
    """The name that a run of words begins with: to the first word in small letters, where it does not begin in them."""
    words = [word for word in regex.finditer(_WORD, run.group()) if not _is_no_name(word.group())]
    if words and words[0].group()[0].isupper():
        words = list(takewhile(_is_of_name, words))
    return Identifier("name", run.start() + words[0].start(), run.start() + words[-1].end()) if words else None


def _is_of_name(word: "regex.Match[str]") -> bool:
    return word.group()[0].isupper() or word.group() in cue_set("names", "particles")


def _is_no_name(word: str) -> bool:
    bare = word.lower().strip(".")
    return bare in cue_set("names", "no_names") | cue_set("names", "titles") | cue_set("headers", "no_names")


def _numbers(text: str, place: tuple[int, int], kinds: set[str]) -> Iterator[Identifier]:
    for number in _NUMBER.finditer(text, *place):
        is_age = "age" in kinds and sum(char.isdigit() for char in number.group()) <= _SHORT
        if not is_age and not _DATE.fullmatch(number.group()):
            yield Identifier("id", *number.span())


@cache
def _expression() -> "regex.Pattern[str]":
    part = "|".join(rf"(?P<{kind}>{any_of(cues()['headers'][kind])})" for kind in ("name", "id", "date", "age", "sex"))
    label = rf"(?:{part})\.?(?:\s?#)?"
    return regex.compile(
        rf"(?im)(?:^[ \t]*|(?<=[|;>\t\f])[ ]?|(?<=[ ]{{2}})(?=\S)){label}(?:(?:\s?[/&,+]\s?|\s+and\s+|\s?\(){label}\)?)+[ ]?[:|][ \t]*\n?[ \t]*(?P<values>[^\n\f]{{1,100}})"
    )
