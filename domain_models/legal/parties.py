"""Who signs a contract: names and the defined names they go by, from the words that a party finding holds.

Knows how contracts introduce parties (`Google Inc., a Delaware corporation ("Google")`); knows nothing of registers.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from domain_models.legal.wording import plain
from schemas.finding import Value

LONGEST_INTRODUCTION = 320
LONGEST_NAME_WORDS = 16

_EDGES = " \t\n.,;:\"'“”‘’()[]*_●•"
_LEAD = re.compile(
    r"^(?:(?:by and |is made )?(?:between|among|amongst)|and|or|with|the undersigned|collectively|individually"
    r"|hereinafter|hereafter)\b[\s,:]*",
    re.IGNORECASE,
)
# A bracket that defines a short name or says something of the party; "(UK)" and "(International)" are part of a name.
_DEFINITION = re.compile(
    r"\s*[(\[](?=[^)\]]*(?:[\"?]|\b(?:hereinafter|hereafter|collectively|individually|together|referred|each|the|formerly"
    r"|f/k/a|d/b/a|a[kd]a)\b)).*$",
    re.IGNORECASE,
)
_OPENS = re.compile(r"^(?:[\"'(\[]|(?:the|each|collectively|hereinafter|hereafter)\b[^\"]{0,40}\")", re.IGNORECASE)
_QUOTED = re.compile(r"\"(?P<name>[^\"]{1,60}?)[\"']")
_NOBODY = re.compile(
    r"\"\s*(?:a |the )?part(?:y|ies)\b|^(?:(?:each|either|both|a|an|the|any)\s+)?(?:part(?:y|ies)|members?)$"
    r"|\b(?:referred|individually|collectively|hereto|set forth|specified|attached)\b"
    r"|^(?:each|who|both|you|we|your|us|our|if)\b|[<>]",
    re.IGNORECASE,
)
_OTHER_NAME = re.compile(
    r"^(?:d/?b/?a/?|a/?k/?a/?|f/?k/?a/?|doing business as|(?:also|formerly) known as|formerly|on behalf of|trading as"
    r"|a subsidiary of)\b",
    re.IGNORECASE,
)
_DEFINING = re.compile(
    r"[(\[]\s*(?:(?:the|each|a|an|hereinafter|hereafter|herein|referred|to|as|called|collectively|together|individually|and"
    r"|or|known|defined|designated|in|this|agreement|sometimes|with|either|simply)\b[\s,:]*)*[\"']?\s*$"
    r"|\b(?:referred to|known|called|defined|designated)\s+(?:herein\s+)?(?:as|by)\s+(?:the\s+)?[\"']?\s*$"
    r"|[\"']\s*(?:the\s+)?$",
    re.IGNORECASE,
)
_LEGAL_FORM = re.compile(
    r"\b(?:inc|corp|corporation|incorporated|ltd|limited|co|llc|llp|lp|l\.l\.c|l\.p|n\.v|s\.a|b\.v|s\.p\.a|gmbh|ag|plc|n\.a|trust"
    r"|bank|fund|jr|bros)\b\.?$",
    re.IGNORECASE,
)
_ROLE = re.compile(r"^(?:the\s+)?(?P<label>party [a-z]|[a-z-]+)\s*(?:\([^)]*\)\s*)?:\s*", re.IGNORECASE)
ROLE_WORDS = frozenset(tomllib.loads((Path(__file__).parent / "parties.toml").read_text(encoding="utf-8"))["roles"])


@dataclass(frozen=True, slots=True)
class PartyWords:
    """A name, or, where `defined`, only a short or other name that the contract gives to someone."""

    name: str
    defined: bool


def party_text(quote: str) -> Value | None:
    """The name in a quote, cleaned; None for words that name nobody (`each a "Party"`)."""
    name = cleaned_name(quote)
    return Value(text=name) if name else None


def cleaned_name(quote: str) -> str:
    """The name without introduction, quotation marks or what defines its short name; empty if none is left."""
    text = plain(quote).strip()
    quoted = _QUOTED.search(text) if _opens_definition(text) else None
    outside = quoted["name"] if quoted else _DEFINITION.sub("", text)
    if _NOBODY.search(text) and (quoted or _NOBODY.search(outside)):
        return ""
    name = _unlabelled(_LEAD.sub("", outside.strip(_EDGES.replace(")", "").replace("]", "")))).strip()
    name = name.rstrip(_EDGES.replace(")", "")) if "(" in name else name.strip(_EDGES)
    if _NOBODY.search(name) or len(name.split()) > LONGEST_NAME_WORDS:
        return ""
    return _with_stop(name, text)


def party_words(text: str, char_start: int, char_end: int) -> PartyWords | None:
    """What the party finding at half-open `[char_start, char_end)` of a document says; None where it names nobody."""
    quote = text[char_start:char_end]
    name = cleaned_name(quote)
    if not name:
        return None
    before = plain(text[max(0, char_start - 120) : char_start] + ".")[:-1]
    opened = _opens_definition(plain(quote)) or bool(_DEFINING.search(before)) or bool(_OTHER_NAME.match(name))
    return PartyWords(name, opened or _is_role(name) or _stands_quoted(name, text))


def _opens_definition(text: str) -> bool:
    """Whether a quote starts inside a definition: `("Google")`, `collectively, "Merchant"`, `the "Repairer"`."""
    return bool(_OPENS.match(text))


def _stands_quoted(name: str, text: str) -> bool:
    """Whether the contract defines this name somewhere, as in `("Google")` or `(the "Buyer" or "Google")`."""
    if _LEGAL_FORM.search(name) or len(name.split()) > 4:
        return False
    return bool(re.search(rf"(?:[(\[][^()\[\]\"“]{{0,40}}|\bor\s+)[\"“']{re.escape(name)}[,.]?[\"”']", text))


def _is_role(name: str) -> bool:
    """ "the Distributor", "Remarketing Agent", "Party A" said alone: a role, not a name."""
    words = [word for word in re.findall(r"[a-z-]+", name.lower()) if word not in {"the", "s"}]
    lettered = re.fullmatch(r"party [a-z0-9]", name.lower()) is not None
    return lettered or (bool(words) and all(word in ROLE_WORDS for word in words))


def _unlabelled(name: str) -> str:
    """ "Licensor: Acme" and "Party A (Seller): Acme" without the role."""
    label = _ROLE.match(name)
    return name[label.end() :] if label and _is_role(label["label"]) else name


def _with_stop(name: str, text: str) -> str:
    """ "Inc." keeps its full stop."""
    return f"{name}." if name and _LEGAL_FORM.search(name) and f"{name}." in text else name
