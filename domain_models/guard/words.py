"""The words and figures of a text, each under what is claimed of it there.

Cues and their reach follow the idea of ConText (Harkema et al. 2009).
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from domain_models.guard.figures import figures
from domain_models.guard.rules import BREAKERS, CUES, CUES_AFTER, FRAME, FUNCTION, Phrase
from domain_models.sentences import sentence_spans

AFFIRMED = "affirmed"
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*(?:/[^\W\d_]+)?")
_OWNER = re.compile(r"['’]s?\Z")
_NO_PAUSE = " \t\r\n'’"  # "ninety days' notice"
_COMMA = re.compile(r",(?=\s|$)")
_OPENING, _CLOSING = re.compile(r"\("), re.compile(r"\)")
_PART_END = re.compile(r";|:(?=\s)")
_PLURALS = (("ies", "y"), ("sses", "ss"), ("es", "e"), ("ss", "ss"), ("us", "us"), ("is", "i"), ("s", ""))
_ENDINGS = ("ically", "ally", "ment", "ing", "ied", "ion", "ive", "ed", "al", "ic", "ly", "y", "e", "i")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or figure of a text: its lower-case form, stem, sentence (from 0), and what is claimed of it there.

    `capital`: it begins with one. `paused`: punctuation stands between it and the word before. `owns`: it is a genitive.
    `aside`: it stands in brackets. `part`: the part of the text, between semicolons, colons and sentences' ends (from 0).
    """

    form: str
    stem: str
    sentence: int
    part: int
    capital: bool
    paused: bool
    owns: bool
    aside: bool
    claim: str

    @property
    def is_figure(self) -> bool:
        """Whether it is a number or a code."""
        return not self.form[0].isalpha()

    @property
    def is_content(self) -> bool:
        """Whether it claims something by itself."""
        return self.form not in FUNCTION and self.form not in FRAME

    @property
    def is_cue(self) -> bool:
        """Whether it alone changes what is claimed of the words behind it."""
        return (self.form,) in CUES

    @property
    def denies(self) -> bool:
        """Whether it alone denies the words behind it."""
        return self.form == "negative" or CUES.get((self.form,)) == "negated"


def words(text: str) -> list[Word]:
    """The words and figures of a text in order, each under its claim; a figure's form is its value."""
    places = _places(text)
    starts = [start for start, *_ in places]
    forms = [form for *_, form in places]
    spans = sentence_spans(text)
    parts = _part_numbers(starts, sorted([*_ends(_PART_END, text), *(end for _, end in spans)]))
    claims = _claims(forms, parts, _part_numbers(starts, _ends(_COMMA, text)))
    sentences = _part_numbers(starts, [start for start, _ in spans])
    opened, closed = (_ends(bracket, text) for bracket in (_OPENING, _CLOSING))
    return [
        Word(
            form,
            stem(form),
            sentence,
            part,
            capital=text[start].isupper() and form[0].isalpha(),
            paused=bool(gap.strip(_NO_PAUSE)),
            owns=bool(_OWNER.search(text, start, end)),
            aside=bisect_right(opened, start) > bisect_right(closed, start),
            claim=claim,
        )
        for (start, end, form), sentence, part, gap, claim in zip(
            places, sentences, parts, _gaps(text, places), claims, strict=True
        )
    ]


def _places(text: str) -> list[tuple[int, int, str]]:
    """Start, end and form of every word and every figure but dates, in order; a figure's unit belongs to it."""
    found = []
    for figure in figures(text):
        text = text[: figure.start] + "#" * (figure.end - figure.start) + text[figure.end :]
        if figure.kind != "date":  # a date may move to the front or the end of its sentence
            found.append((figure.start, figure.end, figure.value))
    return sorted([*found, *((m.start(), m.end(), _plain(m[0])) for m in _WORD.finditer(text))])


def _gaps(text: str, places: Sequence[tuple[int, int, str]]) -> list[str]:
    """What stands between each place and the one before."""
    between = (text[before[1] : place[0]] for before, place in pairwise(places))
    return ["", *between][: len(places)]


@cache
def stem(word: str) -> str:
    """The word without its grammatical ending: `renewal`, `renews` and `renewed` are one; drug names stay apart."""
    plural, singular = next(((p, one) for p, one in _PLURALS if word.endswith(p)), ("", ""))
    if len(word) - len(plural) >= 3:
        word = word.removesuffix(plural) + singular
    if plural and word.endswith("ing"):
        return word  # dressings are no dresses
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), "")
    word = word.removesuffix(ending)
    if ending == "ment":
        word = word.removesuffix("e")
    if len(word) >= 6:
        word = word.removesuffix("at")
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _plain(form: str) -> str:
    lower = form.lower().replace("’", "'")
    if lower in {"can't", "cannot"} or lower.endswith("n't"):
        return "not"
    return lower.removesuffix("'s").removesuffix("'")


def _ends(separator: re.Pattern[str], text: str) -> list[int]:
    return [match.end() for match in separator.finditer(text)]


def _part_numbers(starts: Sequence[int], borders: Sequence[int]) -> list[int]:
    """For each place, how many borders stand at or before it."""
    return [bisect_right(borders, start) for start in starts]


def _claims(forms: Sequence[str], parts: Sequence[int], phrases: Sequence[int]) -> list[str]:
    """What is claimed of each word: a cue governs the words behind it, up to a breaker or the end of its part.

    A condition ends at its comma ("if Buyer defaults, Seller may terminate"); a denied list goes on past it.
    """
    claims = [AFFIRMED] * len(forms)
    claim, part, phrase = AFFIRMED, -1, -1
    for index, form in enumerate(forms):
        ends = parts[index] != part or form in BREAKERS
        if ends or (claim == "conditional" and phrases[index] != phrase):
            claim = AFFIRMED
        part, phrase = parts[index], phrases[index]
        claim = _cue_at(forms, index, CUES) or claim
        claims[index] = claim
        if _cue_at(forms, index, CUES_AFTER):
            _reach_back(claims, parts, forms, index)
    return claims


def _reach_back(claims: list[str], parts: Sequence[int], forms: Sequence[str], index: int) -> None:
    for earlier in range(index, -1, -1):
        if parts[earlier] != parts[index] or forms[earlier] in BREAKERS:
            return
        claims[earlier] = "negated"


def _cue_at(forms: Sequence[str], index: int, cues: Mapping[Phrase, str]) -> str | None:
    for length in (3, 2, 1):
        claim = cues.get(tuple(forms[index : index + length]))
        if claim:
            return claim
    return None
