"""Addresses, and places smaller than a state: a number beside a street's name, a box, a ZIP code, a town after a label."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise

import regex

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.names import is_ordinary
from domain_models.deidentify.rules import any_of, country_names, cue_set, cues, state_names

MEASURED = rf"[ \t\u2005\u00a0]?{any_of(cues()['addresses']['measures'])}\b"
NUMBER = rf"(?<![\w.,/-])\d{{1,6}}[A-Za-z]?(?:[/-]\d{{1,5}}[A-Za-z]?)?(?![\w%/-]|[.:]\d|,\d{{3}}|{MEASURED})"
UPPER = r"\p{Lu}[\p{L}\p{M}'’.-]*"
# A British code with an area's letters and without those that its second half never has: no "T4 5MG".
BRITISH = rf"(?:{any_of(cues()['addresses']['british_areas'])})\d[\dA-HJKMNP-Y]?\s\d[ABD-HJLNP-UW-Z]{{2}}(?!\w)"
LETTERED = (
    r"\p{Lu}{1,2}\d[\p{Lu}\d]?\s?\d\p{Lu}{2}|\p{Lu}\d\p{Lu}\s?\d\p{Lu}\d|\d{4}\s?\p{Lu}{2}"  # British, Canadian, Dutch
)
ZIP = rf"(?:\d{{5}}(?:-\d{{4}})?|{LETTERED}|\d{{3}}\s\d{{2}}|\d{{4}}-\d{{3}}|\d{{3,6}})"
# Codes that no house has for a number, written as digits or in one word.
LONG = r"(?<![\w.,/-])(?:\d{8}|\d{5}-\d{3,4}|\d{4}\p{L}{2})(?![\w-])"
POSTAL = regex.compile(rf"(?i)(?:{LETTERED}|\p{{Lu}}{{1,2}}-\d{{4,5}}|{LONG})(?![\w-])")
PIECE = regex.compile(rf"{LONG}|{NUMBER}|(?i:\bs/n\b)|[\p{{L}}][\p{{L}}\p{{M}}'’.]*(?:-[\p{{L}}\p{{M}}'’]+)*|#\s?\d+")
GAP = regex.compile(r"\)?(?:\.(?=\s*\n))?[ \t]*,?[ \t]*(?:\n[ \t>?]*)?(?:,[ \t]*)?\(?")
INDIAN = regex.compile(r"(?P<town>\p{Lu}\p{Ll}{2,})[ \t]?[-–][ \t]?[1-9]\d{2}[ ]?\d{3}(?![\w.,/-])")
ENDS = regex.compile(r"[ \t]*(?:,|\n|\d|#|Apt|Suite|Unit|Ste)")
SMALL_BEGINNING = regex.compile(r"\b\p{Ll}")
WORD = regex.compile(r"\p{Lu}\p{L}+")
MISSING = "nan"  # a missing value, as exported tables print it
ZIP_AHEAD = regex.compile(rf"[\p{{L}} ().,'’\n-]{{0,40}}\b(?:\d{{2,6}}\b|{POSTAL.pattern})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or number of a text, in its place, and what it may be in an address."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """Without case and stop."""
        return self.text.lower().rstrip(".")

    @property
    def is_number(self) -> bool:
        """A house, flat or postal number."""
        return self.text[0].isdigit() or self.text[0] == "#" or self.lower == "s/n"

    @property
    def is_postal(self) -> bool:
        """A postal code that only an address before it tells from a dose or a number of a record."""
        return POSTAL.fullmatch(self.text) is not None

    @property
    def names_unit(self) -> bool:
        """A flat, floor or box; a number follows."""
        if self.text.islower():
            return self.lower in cue_set("addresses", "units") and self.lower in cue_set("addresses", "prefixes")
        return self.lower in cue_set("addresses", "units") and not (self.text.isupper() and len(self.text) < 3)

    @property
    def names_street(self) -> bool:
        """A kind of street; "CT" and "PT" are none."""
        if self.text.islower():
            return self.lower in cue_set("addresses", "prefixes")
        named = cue_set("addresses", "streets") | cue_set("addresses", "prefixes")
        return self.lower in named and not (self.text.isupper() and len(self.text) < 4)

    @property
    def joins(self) -> bool:
        """A small word between those of an address: "rue de la Paix"."""
        return self.lower in cue_set("addresses", "small")

    @property
    def is_strange(self) -> bool:
        """Capitalised, and no ordinary word."""
        is_word = is_ordinary(self.lower) or self.lower in cue_set("names", "never")
        return self.text[0].isupper() and len(self.lower) > 1 and not is_word


def addresses(text: str) -> Iterator[Identifier]:
    """Every one of them, in no order; they may overlap."""
    cased = SMALL_BEGINNING.sub(_capital, text) if text.islower() else text
    places = (match.span("place") for pattern in _patterns() for match in pattern.finditer(cased))
    towns = (match.span() for match in INDIAN.finditer(cased) if not is_ordinary(match["town"]))
    for start, end in chain(places, towns, _stretches(cased)):
        tail = _tail().match(cased, end)
        last = tail.end() if tail else end
        yield Identifier("address", start, start + len(text[start:last].rstrip(".")))  # the stop is the sentence's


@cache
def _tail() -> "regex.Pattern[str]":
    """What goes on after an address: a postal code, and a town after one or before a state."""
    town = r"\p{Lu}\p{Ll}{2,}(?:[ -]\p{Lu}\p{Ll}+)?"
    code = r"(?:\d{5}|\d{3}[ ]\d{2}|\d{4}[ ]\p{Lu}{2})"
    ends = r"(?=[ \t]*(?:[,.;)\n]|$))"
    return regex.compile(
        rf"(?:,[^,\n.;]{{1,8}})?,?[ \t]*\n?[ \t]*(?<!\d)(?:\p{{Lu}}{{1,2}}-)?{code}[ \t]+{town}{ends}"
        rf"|(?<={code})[ \t]+{town}{ends}"
        rf"|,?[ \t]+{town},?[ \t]+(?!MD\b|DO\b|PA\b){any_of(cues()['addresses']['states'])}(?![\w])"
        r"|(?:[ ]-[ ]\p{Lu}{2})?,?[ ]\d{5}-\d{3}(?![\w-])"
    )


def _capital(letter: "regex.Match[str]") -> str:
    capital = letter[0].upper()
    return capital if len(capital) == 1 else letter[0]


@cache
def _patterns() -> tuple["regex.Pattern[str]", ...]:
    listed = cues()["addresses"]
    states, streets = any_of(listed["states"]), any_of(listed["streets"])
    small = any_of(listed["small"])
    kinds = rf"(?:{any_of(word.capitalize() for word in listed['kinds'])}\.?|C/)"
    towns = rf"{UPPER}(?:[ \t]+{UPPER}){{0,3}}"
    homes = r"\p{Lu}[\p{L}\p{M}'’-]*(?:[ \t]+\p{Lu}[\p{L}\p{M}'’-]*){0,3}"
    house = rf"(?:{UPPER}[ \t]+){{1,3}}(?:{any_of(word.capitalize() for word in [*listed['houses'], *listed['plain_streets']])})\b"
    further = rf"(?:,[ \t]*\n?[ \t]*{towns})"
    return tuple(
        regex.compile(pattern)
        for pattern in (
            rf"(?P<place>{towns},?[ \t]+{states}[ \t]+\d{{5}}(?:-\d{{4}})?)(?![\w])",
            # "Brown, MD" is a doctor
            rf"(?P<place>{towns},[ \t]+(?!MD\b|DO\b|PA\b){states})(?![\w])",
            rf"(?i)\b(?:zip(?:\s*code)?|post(?:al)?\s*code)\b\s*(?:is|[:=#])?\s*(?P<place>{ZIP})(?!\w)",
            rf"(?:{any_of(country_names())})[ \t]+(?P<place>\d{{4,6}})(?![\w.,-])",
            rf"(?:{any_of(state_names())}),?[ \t]+(?P<place>\d{{5}}(?:-\d{{4}})?)(?![\w.,-])",
            r"(?i)(?P<place>(?:P\.?\s?O\.?\s*Box|Post\s?box)\s+\d+)",
            r"(?i)(?P<place>(?:PSC\s+\d+|USN[SV]\s+\S+|USS\s+\S+|USCGC\s+\S+|Unit\s+\d+)[^\n]{0,20}\n?\s*(?:APO|FPO|DPO)\s+A[AEP]\s+\d{5})",
            r"(?i)(?P<place>the\s+corner\s+of\s+(?-i:[^?!\n]{1,60}?)\s+and\s+(?-i:(?:[\p{Lu}\d][\p{L}\p{M}'’-]*[ \t]?)+))",
            rf"(?i)(?P<place>\d{{1,6}}[A-Z]?(?:[ \t]+(?-i:[\p{{Lu}}\d][\p{{L}}\p{{M}}\d'’.-]*)){{1,4}}[ \t]+{streets}\b\.?)",
            rf"(?P<place>{kinds}[ \t]+(?:(?:{UPPER}|{small})[ \t]+){{0,4}}{UPPER},?[ \t]+(?:[Nn]r\.?[ \t]*)?\d{{1,5}}\p{{L}}?(?:[/-]\d{{1,4}})?)(?![\w%])",
            rf"(?P<place>{any_of(listed['unnumbered'])}[ \t]+(?:{small}[ \t]+){{0,2}}{UPPER}(?:[ \t]+{UPPER})?)",
            rf"(?P<place>{UPPER}(?:[ \t]+\p{{Ll}}+)?[ \t]+{any_of(listed['last'])}[ \t]+\d{{1,5}}\p{{L}}?\b)",
            rf"(?i)(?P<place>\d{{1,6}}[ \t]+(?:rue|avenue|calle|via|rua|ul\.?)[ \t]+(?:(?:de|des|du|della|la|le)[ \t]+)*\p{{L}}+(?:[ \t]+(?-i:{UPPER}))*)",
            rf"(?P<place>{house}{further}{{0,3}},?[ \t]*\n?[ \t]*{BRITISH})",
            rf"(?<!\w)(?P<place>{BRITISH})",
            rf"(?<![\w'’-])(?P<place>(?:{UPPER}[ \t]+){{1,3}}{any_of(word.capitalize() for word in listed['plain_streets'])})(?![\w'’])",
            rf"\b(?i:liv(?:es|ed|ing)|resid(?:es|ed|ing)|stay(?:s|ed|ing))[ \t]+at[ \t]+(?P<place>{homes}(?:,[ \t]*{homes}){{0,3}})",
            r"(?i)\b(?P<place>(?:h(?:ouse)?|plot|door|flat|d)\.?[ \t]*no\.?[ \t]*:?[ \t]*\d[\d/-]*[a-z]?)(?!\w)",
            rf"(?i)(?:^|[ \t\n|;])(?:birth\s?place|place\s+of\s+birth|city|town|county|location|hometown)[ \t]*:[ \t]*(?P<place>(?-i:{towns}))",
            rf"(?i)\b(?:moved\s+(?:here\s+)?from|resident\s+of|resides\s+in|lives\s+in|living\s+in|born\s+in|native\s+of)\s+(?P<place>(?-i:{UPPER}(?:[ \t]{UPPER}){{0,2}}))",
            r"(?im)^[ \t]*(?:home|mailing|street|billing|discharge|postal|current|permanent|residential|correspondence)?[ \t]*address(?:[ \t]*line)?(?:[ \t]*\d)?[ \t]*:[ \t]*(?P<place>\S[^\n]*?)(?=[ \t]{2,}|$)",
        )
    )


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Runs of numbers, street words and names, with a number beside a word that is no ordinary one or names a street."""
    run: list[Piece] = []
    is_told = False  # whether words before the run say that an address follows
    at = 0
    while match := PIECE.search(text, at):
        postal = POSTAL.match(text, match.start())
        if postal and _is_address(run):
            match = postal
        piece, at = Piece(match[0], match.start(), match.end()), match.end()
        if run and not (_is_near(text, run[-1], piece, len(run) == 1) and _goes_on(text, run, piece, is_told)):
            yield from _address_of(run, is_told)
            run = []
        if not run:
            is_told = piece.is_number and _cue().search(text, max(0, piece.start - 40), piece.start) is not None
        if run or _begins(piece):
            run.append(piece)
    yield from _address_of(run, is_told)


@cache
def _street() -> "regex.Pattern[str]":
    return regex.compile(rf"(?:{UPPER}[ \t]+){{1,3}}(?i:{any_of(cues()['addresses']['streets'])})\b")


@cache
def _cue() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)\b{any_of(cues()['addresses']['cues'])}\s*:?\s*$")


def _is_near(text: str, before: Piece, piece: Piece, is_first: bool) -> bool:
    gap = text[before.end : piece.start]
    if before.is_number and is_first and "\n" in gap:  # "Page 1", and the next page's first line
        return False
    return GAP.fullmatch(gap) is not None


def _begins(piece: Piece) -> bool:
    return (piece.is_number and not piece.is_postal) or piece.names_unit or piece.names_street or piece.is_strange


def _goes_on(text: str, run: list[Piece], piece: Piece, is_told: bool) -> bool:
    if is_told and text[piece.end : piece.end + 1] != ":":
        return piece.text[0].isupper() or _begins(piece) or piece.joins or not is_ordinary(piece.lower)
    if piece.is_postal:
        return _is_address(run)
    if _begins(piece) or piece.joins or piece.lower in _countries():
        return text[piece.end : piece.end + 1] != ":"
    if not piece.text[0].isupper() or text[piece.end : piece.end + 1] == ":":
        return False
    if len(piece.text) <= 3 and piece.text.isupper():
        return True
    if run[0].is_number and run[-1].is_strange and ENDS.match(text, piece.end):
        return True  # 7573 Peterson Views 177
    if run[-1].is_number and _street().match(text, piece.start):
        return True  # 14 Church Lane
    gap = text[run[-1].end : piece.start]
    return _is_address(run) and (
        (run[-1].is_strange and gap == " ")  # Flat 2 7 Peterson Row
        or "," in gap
        or ZIP_AHEAD.match(text, piece.start) is not None
    )


@cache
def _countries() -> frozenset[str]:
    return frozenset(word.lower() for name in country_names() for word in WORD.findall(name))


def _address_of(run: list[Piece], is_told: bool) -> Iterator[tuple[int, int]]:
    while run and ((run[-1].joins and run[-1].lower != MISSING) or (len(run[-1].text) == 1 and not run[-1].is_number)):
        run = run[:-1]
    if run and (_is_address(run) or (is_told and len(run) > 1)):
        yield run[0].start, run[-1].end


def _is_address(run: list[Piece]) -> bool:
    if all(piece.is_number or piece.lower in cue_set("addresses", "inner") for piece in run):
        return False
    has_number = any(piece.is_number for piece in run)
    has_unit = any(one.names_unit and other.is_number for one, other in pairwise(run))
    has_street = len(run) > 2 and any(piece.names_street for piece in run)
    # "69 Beaver" is a blade as often as a house
    has_name = (
        len(run) > 1 and (len(run) > 2 or not run[0].is_number) and any(p.is_strange and len(p.text) > 3 for p in run)
    )
    return has_number and (has_unit or has_street or has_name)
