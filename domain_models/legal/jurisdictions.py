"""Whose law governs: a place named in a governing-law clause, with its ISO 3166 code.

Places come from pycountry (countries, and the parts of federations that have a law of their own) and babel; other
names are data in `jurisdictions.toml`. A place that only hosts courts or arbitration does not govern. Knows nothing of
courts' own rules on conflict of laws.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pycountry
from babel import Locale

from domain_models.legal.wording import plain
from schemas.finding import Value

ISO_3166 = "ISO 3166"
ENGLAND_AND_WALES = "GB-EAW"

# Federations whose parts have their own contract law.
_FEDERATIONS = ("US", "CA", "AU", "GB")
_LONGEST_NAME = 6

_KIND_OF_PLACE = (
    r"(?:the\s+)?(?:(?:internal|substantive|domestic|local|laws?|of|and|the|regulations?|rules|statutes|civil|code)\s+)*?"
    r"(?:(?:state|commonwealth|province|republic|federal republic|kingdom|state and federal|territory|canton|emirate"
    r"|dominion|confederation|federation|grand duchy)\s+of\s+)?(?:the\s+)?"
)
_LAW_BEFORE = re.compile(
    rf"\b(?:laws?|legislation|statutes?|code|jurisdiction|provisions)\b[\s,]*(?:\([^)]*\)\s*)?"
    rf"(?:(?:and|or)\s+\w+\s+)?(?:\w+\s+)?(?:of|in force in|in effect in|applicable (?:in|to)|in|from)\s+"
    rf"(?:and\s+)?{_KIND_OF_PLACE}$",
    re.IGNORECASE,
)
_JOINED_BEFORE = re.compile(rf"^(?:\s*(?:,|and|or|&|/)\s*)+(?:the\s+laws?\s+of\s+)?{_KIND_OF_PLACE}$", re.IGNORECASE)
_LAW_AFTER = re.compile(
    r"^(?:'s)?(?:\s+(?:state|internal|substantive|domestic|contract|civil|local|commercial|general|business|obligations|federal))*"
    r"\s+(?:laws?|statutes?)\b",
    re.IGNORECASE,
)
_GOVERNED_BEFORE = re.compile(
    r"\b(?:govern\w*|constru\w*|interpret\w*|accordance|under|subject to|pursuant)\b[^.;]*$", re.IGNORECASE
)
_FORMED_BEFORE = re.compile(
    r"\b(?:formed|organi[sz]ed|incorporated|established|existing|created)\b[^.;]{0,60}$", re.IGNORECASE
)
_LAWS_THEREOF = re.compile(
    r"\blaws? (?:thereof|of (?:such|that|said) (?:state|country|province|jurisdiction))\b", re.IGNORECASE
)
_COURT_BEFORE = re.compile(
    r"\b(?:courts?|venue|arbitrat\w*|located|sitting|seat\w*|district|county|tribunal|jurisdiction of|residing|executed"
    r"|accepted|office\w*|conventions?|city)\b[^.;]{0,60}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A place named at half-open `[start, end)` of a plain text."""

    code: str
    start: int
    end: int
    adjective: bool


def governing_law(quote: str) -> Value | None:
    """The governing place and its code; several places are joined by "; " and have no code, nor has a bare "Georgia"."""
    text = plain(quote)
    codes = list(dict.fromkeys(mention.code for mention in _governing(text, _mentions(text))))
    codes = _most_specific(codes)
    if not codes:
        return None
    code = codes[0] if len(codes) == 1 and not _is_either_georgia(codes[0], text) else None
    return Value("; ".join(map(place_name, codes)), code=code, code_system=ISO_3166 if code else None)


def codes_of(text: str) -> tuple[str, ...]:
    """The codes of all places that a text names, whatever it says of them, the most specific only."""
    return tuple(_most_specific(list(dict.fromkeys(m.code for m in _mentions(plain(text)) if not m.adjective))))


def is_place(text: str) -> bool:
    """Whether a text is the name of a country or state and nothing else."""
    return _key(text) in _places()[0]


def place_name(code: str) -> str:
    """The English name of an ISO 3166 code."""
    if code == ENGLAND_AND_WALES:
        return "England and Wales"
    if "-" in code:
        return str(_subdivisions()[code])
    return str(Locale("en").territories[code]).replace(" SAR China", "")


def _governing(text: str, mentions: list[_Mention]) -> list[_Mention]:
    """The mentions whose law is meant, by the strongest words that any of them has."""
    by_law = _said_as_law(text, mentions)
    if by_law:
        return by_law
    if _LAWS_THEREOF.search(text):
        return mentions[:1] if len(mentions) == 1 else []
    placed = [m for m in mentions if not m.adjective and not _COURT_BEFORE.search(text[: m.start])]
    governed = [m for m in placed if _GOVERNED_BEFORE.search(text[: m.start])]
    if governed:
        return governed[:1]
    # A quote that is hardly more than a name: "State of Texas".
    return placed[:1] if len(text) < 60 else []


def _said_as_law(text: str, mentions: list[_Mention]) -> list[_Mention]:
    found: list[_Mention] = []
    for mention in mentions:
        joined = found and _JOINED_BEFORE.match(text[found[-1].end : mention.start])
        before = text[: mention.start]
        by_name = not mention.adjective and _LAW_BEFORE.search(before) and not _FORMED_BEFORE.search(before)
        if by_name or joined or _LAW_AFTER.search(text[mention.end :]):
            found.append(mention)
    return found


def _most_specific(codes: list[str]) -> list[str]:
    """Without countries whose part is named too ("Ontario, Canada"), and with England and Wales as one."""
    parts = {code.split("-")[0] for code in codes if "-" in code}
    kept = [code for code in codes if code not in parts]
    if set(kept) >= {"GB-ENG", "GB-WLS"}:
        kept = [ENGLAND_AND_WALES if code == "GB-ENG" else code for code in kept if code != "GB-WLS"]
    return kept


def _mentions(text: str) -> list[_Mention]:
    """Every place named, the longest name at each word, in reading order."""
    names, adjectives = _places()
    words = list(re.finditer(r"[^\W\d_][\w'.&-]*", text))
    found: list[_Mention] = []
    for first, word in enumerate(words):
        if found and word.start() < found[-1].end:
            continue
        for last in reversed(words[first : first + _LONGEST_NAME]):
            name, end = _as_name(text, word.start(), last.end())
            code = names.get(name) or adjectives.get(name)
            if code is not None and (word.group()[0].isupper() or text.islower()):
                code = _state_or_country(code, text, word.start())
                found.append(_Mention(code, word.start(), end, adjective=name not in names))
                break
    return found


def _as_name(text: str, start: int, end: int) -> tuple[str, int]:
    """The words as a key, and where they end without a possessive or a full stop."""
    words = re.sub(r"'s?$", "", text[start:end]) if _key(text[start:end]) not in _places()[0] else text[start:end]
    return _key(words), start + len(words.rstrip(".,'-"))


def _state_or_country(code: str, text: str, start: int) -> str:
    """ "Georgia" is the state unless it is called a republic or a country, or its capital stands with it."""
    if code != "GE":
        return code
    nation = re.search(r"\b(?:republic|country) of\s+$", text[:start], re.IGNORECASE) or _says(text, "nation")
    return code if nation else "US-GA"


def _is_either_georgia(code: str, text: str) -> bool:
    """Whether nothing near the name tells the state from the country."""
    return code == "US-GA" and not _says(text, "state")


def _says(text: str, kind: str) -> bool:
    words: list[str] = _other_names()["georgia"][kind]
    return any(re.search(rf"\b{re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words)


@cache
def _other_names() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "jurisdictions.toml").read_text(encoding="utf-8"))


@cache
def _places() -> tuple[dict[str, str], dict[str, str]]:
    """Names, and adjectives that stand before "law", in lower case, to codes."""
    other = _other_names()
    names: dict[str, str] = {}
    federal = (code for code in _subdivisions() if code.split("-")[0] in _FEDERATIONS)
    names |= {_key(_subdivisions()[code]): code for code in federal}
    names |= {_key(name): code for code, name in Locale("en").territories.items() if code.isalpha() and len(code) == 2}
    for nation in pycountry.countries:
        official = getattr(nation, "official_name", nation.name)
        names |= {_key(nation.name): nation.alpha_2, _key(official): nation.alpha_2}
    for ambiguous in ("world", "europe", "african union"):
        names.pop(ambiguous, None)
    names |= {_key(name): code for name, code in other["names"].items()}
    return names, other["adjectives"]


@cache
def _subdivisions() -> dict[str, str]:
    """The name of every ISO 3166-2 code."""
    return {part.code: part.name for part in pycountry.subdivisions}


def _key(name: str) -> str:
    return plain(name).lower().replace(".", "").strip(" ,'-")
