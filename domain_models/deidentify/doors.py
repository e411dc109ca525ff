"""House numbers of several parts, and doors behind them: "Ringstraße 5/2/14", "via Verdi 23/B", "12 bis, rue des Lilas".

Knows the streets that their own word tells ("-gasse", "-gracht", "via", "ul."), not whether a town stands behind them.
"""

from dataclasses import dataclass
from functools import cache

import regex

from domain_models.deidentify.names import is_ordinary
from domain_models.deidentify.rules import any_of, counted, cues

NAME = r"\p{Lu}[\p{L}\p{M}'’.-]*"
PART = r"(?:\d{1,4}\p{L}?|[IVX]{1,4}|\p{Lu})"
# 88a/3/17, 23/B, 123-II, 3 – 5
HOUSE = rf"\d{{1,4}}\p{{L}}?(?:[ ]?[–-][ ]?{PART})?(?:/{PART}){{0,3}}(?![\w%/]|[.,:]\d)"
TOWN = rf"\p{{Lu}}[\p{{L}}\p{{M}}'’-]+(?:[ -]{NAME}){{0,2}}"
CODE = r"(?:\p{Lu}{1,2}-)?(?:\d{4}[ ]\p{Lu}{2}|\d{3}[ ]\d{2}|\d{2}-\d{3}|\d{4,5})"
FLOOR = r"\d{1,2}[ºª°][ ]?(?:\p{L}{1,5}\b\.?)?"


@dataclass(frozen=True, slots=True)
class Door:
    """A street with its house number: `[char_start, char_end)`, and in it the number, which may look like a date."""

    char_start: int
    char_end: int
    number: tuple[int, int]

    def holds(self, start: int, end: int) -> bool:
        """Whether the interval lies in the number: house, staircase and door."""
        return self.number[0] <= start and end <= self.number[1]


def doors(text: str) -> tuple[Door, ...]:
    """Every street with a house number of several parts or a door, and what follows to the town; in no order."""
    streets = (Door(*m.span(), m.span("house")) for m in _streets().finditer(text) if _is_street(m))
    return (*streets, *(Door(*m.span(), (m.end(), m.end())) for m in _further().finditer(text)))


def _is_street(match: "regex.Match[str]") -> bool:
    """Not "During 2017", nor "via Foley 18" without a door or a town."""
    if match["doubtful"]:
        return any(mark in match["house"] for mark in "/-–") or match["behind"] is not None
    return match["one"] is None or not is_ordinary(match["one"].lower().rstrip("."))


@cache
def _door() -> str:
    """A flat, staircase or door behind the number: ", Stiege 2, Tür 8", " m. 12", ", 3º izq."."""
    named = rf"(?i:{any_of(cues()['addresses']['doors'])})\.?[ ]?{PART}(?![\w%])"
    return rf"(?:,?[ \t]+(?:{named}|{FLOOR}))"


@cache
def _streets() -> "regex.Pattern[str]":
    listed = cues()["addresses"]
    ends = rf"(?i:{any_of(listed['endings'])})\.?"
    one = rf"(?P<one>\p{{Lu}}[\p{{L}}\p{{M}}]+{ends})|(?:{NAME}[ \t]+){{1,2}}(?={NAME}){ends}"
    names = rf"\.?[ \t]+(?:(?:{NAME}|{any_of(listed['small'])})[ \t]+){{0,4}}{NAME}"
    begun = rf"(?i:{any_of(listed['beginnings'])}){names}|(?P<doubtful>(?i:{any_of(listed['doubtful'])})){names}"
    return regex.compile(
        rf"(?<![\w'’-])(?:{one}|{begun}),?[ \t]+(?P<house>{HOUSE})(?![ \t]*{counted()})"
        rf"(?P<behind>{_door()}{{1,3}}(?:{_town()})?|{_town()})?"
    )


def _town() -> str:
    return rf",?[ \t]*\n?[ \t]*{CODE}[ \t]+{TOWN}"


@cache
def _further() -> "regex.Pattern[str]":
    """A number before its street with "bis" or "ter", and a house that has a name and a street."""
    listed = cues()["addresses"]
    houses = any_of(word.capitalize() for word in listed["houses"])
    lanes = any_of(word.capitalize() for word in [*listed["plain_streets"], "lane", "close", "row", "hill", "green"])
    return regex.compile(
        rf"(?<![\w.,/-])\d{{1,4}}[ ]?(?:bis|ter|quater),?[ \t]+(?=(?:rue|avenue|boulevard|impasse|chemin|quai|allée|place)[ \t])"
        rf"|(?<![\w'’-])(?:{NAME}[ \t]+){{1,3}}{houses},[ \t]*\n?[ \t]*(?:{NAME}[ \t]+){{1,3}}{lanes}\b(?:,[ \t]*\n?[ \t]*{TOWN}){{0,2}}"
    )
