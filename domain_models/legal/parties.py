"""Who signs a contract: names and the defined names they go by, from the words that a party finding holds.

Knows how contracts introduce parties (`Google Inc., a Delaware corporation ("Google")`); knows nothing of registers.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_models.legal.jurisdictions import is_place
from domain_models.legal.wording import plain
from schemas.finding import Value

PARTIES = "parties"
LONGEST_INTRODUCTION = 320
LONGEST_NAME_WORDS = 16
SHORTEST_NAME = 3  # letters; "HK" and "JP" are places of registration
PREAMBLE = 3000  # characters from the first name to the last where no recital ends the introduction
FARTHEST_RECITAL = 12_000  # characters from a name on the cover, past the table of contents, to the first recital

_EDGES = " \t\n.,;:\"'“”‘’()[]*_●•"
_WORDS: Mapping[str, list[str]] = tomllib.loads((Path(__file__).parent / "parties.toml").read_text(encoding="utf-8"))
_LEAD = re.compile(
    r"^(?:(?:parties\W*(?=\(?\w{1,3}\)\s)|\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])\)\s+|(?:(?:by and |is made )?(?:between|among|amongst)|and|or"
    r"|with|the undersigned|collectively|individually|hereinafter|hereafter)\b)[\s,:]*)+",
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
    r"|^(?:each|who|both|you|we|your|us|our|if|this|as|an?(?!\.)|for|of|on|to|by|upon|with)\b|[<>®™]"
    r"|\b(?:agreement|amendment|contract|article|exhibit|recitals?|warranties|obligations|responsibilities|may|shall|will)\b",
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
LEGAL_FORMS = (
    r"(?i:inc|corp|corporation|incorporated|ltd|limited|co|llc|llp|lp|l\.l\.c|l\.p|n\.v|s\.a|b\.v|c\.v|s\.p\.a|gmbh|ag|plc|n\.a|trust"
    r"|bank|fund|jr|bros)\b\.?"
)
_LEGAL_FORM = re.compile(rf"\b{LEGAL_FORMS}$", re.IGNORECASE)
# Those that end a name and nothing else, unlike "bank" or "trust".
FULL_FORMS = r"(?i:inc|corp|corporation|incorporated|ltd|limited|llc|llp|l\.l\.c|l\.p|n\.v|s\.a|b\.v|c\.v|gmbh|ag|plc|lp|(?-i:SA|NV|BV|AB))\b\.?"
_FULL_FORM = re.compile(rf"\b{FULL_FORMS}$")
# "Acme Lubricants, Anaheim, Calif": what follows a name's comma and holds no legal form or title.
_ADDRESS = re.compile(rf",\s+(?!.*\b{LEGAL_FORMS})(?!(?:[js]r|i{{2,3}}|iv|m\.?d|ph\.?d)\b).*$", re.IGNORECASE)
# The span of a short name may end before its closing quotation mark: `the "Buyer`.
_CUT_QUOTE = re.compile(r"^(?:(?:the|an?)\s+)?\"|^[-\s]+", re.IGNORECASE)
# "Acme GmbH, a German limited liability company with offices at ...", "Acme, Inc. and its affiliates", "Acme Ltd (ACN 123 456)"
_SAID_OF_IT = re.compile(
    r",\s+(?:an?\s+(?:[\w.'-]+\s+){0,6}?|(?-i:[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\s+(?=(?-i:[a-z])))(?:corporation|company|partnership|firm|association|individual|organi[sz]ation|entity|bank|trust)\b.*$"
    r"|\s+(?:and|together with)\s+(?:its|his|her|their)\b.*$|,?\s*\([^()]*\d[\d ]{4,}[^()]*\)\W*$",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"^(?:{'|'.join(_WORDS['before_names'])})\s*:\s*", re.IGNORECASE)
_NOT_NAME = re.compile(rf"^(?:{'|'.join(_WORDS['not_names'])})\.?(?:\s*(?:no\.?)?\s*[:#].*)?$", re.IGNORECASE)
_PUBLIC_BODY = re.compile(rf"^the (?:{'|'.join(_WORDS['public_bodies'])})\b(?: of\b| for\b|$)", re.IGNORECASE)
# A postal code of Canada, or of the US with its state; one of the UK
_POSTCODE = r"(?:[A-Z]\d[A-Z]\s*\d[A-Z]\d|[A-Z]{2}\s+\d{5}(?:-\d{4})?)"
_UK_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}"
_IS_ADDRESS = re.compile(
    rf"(?:(?:[\w .'-]+,\s*)?(?P<place>[A-Za-z .'-]*?)[\s,]*\b{_POSTCODE}|[A-Za-z .'-]*\b{_UK_POSTCODE})\b[\W_]*[A-Za-z .]*"
    rf"|(?i:p\.?\s?o\.?\s+box\b.*|(?:no\.?\s*)?\d+[\w/-]*,?\s+(?:.*\s)?(?:{'|'.join(_WORDS['streets'])})\b.*)"
    r"|(?i:(?:suite|floor|unit|room|level)\s+\d+\w?\b.*)|[A-Z]{1,2}-\d{4,5}\s.*"
    rf"|(?i:[\w.-]+\s?(?:{'|'.join(_WORDS['street_endings'])})\s+\d+\w?)"
)
_ROLE = re.compile(r"^(?:the\s+)?(?P<label>party [a-z]|[a-z-]+)\s*(?:\([^)]*\)\s*)?:\s*", re.IGNORECASE)
ROLE_WORDS = frozenset(_WORDS["roles"])


# What follows the introduction of the parties.
_AFTER_INTRODUCTION = re.compile(
    r"\b(?i:whereas|now,?\s+therefore|agrees?\s+as\s+follows)\b|^\W*(?:RECITALS?|BACKGROUND|WITNESSETH)\b", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class PartyWords:
    """A name, or, where `defined`, only a short or other name that the contract gives to someone."""

    name: str
    defined: bool

    @property
    def whole(self) -> bool:
        """Whether it ends in a legal form, and so is a company's full name."""
        return bool(_FULL_FORM.search(self.name))


def party_text(quote: str) -> Value | None:
    """The name in a quote, cleaned; None for words that name nobody (`each a "Party"`)."""
    name = cleaned_name(quote)
    return Value(text=name) if name else None


_PLACE_BEFORE = re.compile(r"^(?:[A-Z][a-z]+\s+){1,3}\d{5}\s+and\s+(?=[A-Z])")  # "New York 10017 and Acme Corporation"
_LEFT_HANGING = re.compile(r"\s+(?:of|and|the|by|as)$")
_STUTTER = re.compile(r"^(?P<word>[A-Z]\w+)\s+(?=(?P=word)\b.)")  # a short name that stands beside its name
# "1 on", "Corporation", and what a numbered clause says
_NO_NAME = re.compile(
    r"^(?:\W|\d|\b\w{1,2}\b)*$|^(?:corporation|limited|inc|llc|ltd|co)\.?$|\s\d+\.\d+\s", re.IGNORECASE
)


def cleaned_name(quote: str) -> str:
    """The name without introduction, quotation marks or what defines its short name; empty if none is left."""
    text = plain(quote).strip()
    quoted = _QUOTED.search(text) if _opens_definition(text) else None
    outside = quoted["name"] if quoted else _DEFINITION.sub("", text)
    if _NOBODY.search(text) and (quoted or _NOBODY.search(outside)):
        return ""
    name = _unlabelled(_LEAD.sub("", _LEAD.sub("", outside).strip(_EDGES.replace(")", "").replace("]", "")))).strip()
    if _NOT_NAME.match(name) or _is_address(name):
        return ""
    name = _ADDRESS.sub("", _SAID_OF_IT.sub("", _CUT_QUOTE.sub("", name)))
    name = name.rstrip(_EDGES.replace(")", "")) if "(" in name else name.strip(_EDGES)
    name = _STUTTER.sub("", _LEFT_HANGING.sub("", _PLACE_BEFORE.sub("", name)))
    if _NO_NAME.search(name) or _NOBODY.search(name) or len(name.split()) > LONGEST_NAME_WORDS:
        return ""
    return _with_stop(name, text) if _is_written_as_name(name, text) else ""


def party_words(text: str, char_start: int, char_end: int) -> PartyWords | None:
    """What the party finding at half-open `[char_start, char_end)` of a document says; None where it names nobody."""
    quote = text[char_start:char_end]
    name = cleaned_name(quote)
    if not name:
        return None
    before = plain(text[max(0, char_start - 120) : char_start] + ".")[:-1]
    opened = _opens_definition(plain(quote)) or bool(_DEFINING.search(before))
    # A company's full name is its own even in quotation marks.
    short = not _FULL_FORM.search(name) and (opened or is_role(name) or _stands_quoted(name, text))
    return PartyWords(name, short or bool(_OTHER_NAME.match(name)))


def introduction_end(text: str, first_name: int) -> int:
    """Where the introduction of the parties ends that begins with the name at `first_name`."""
    after = _AFTER_INTRODUCTION.search(text, first_name, first_name + FARTHEST_RECITAL)
    return after.start() if after else first_name + PREAMBLE


def _is_written_as_name(name: str, text: str) -> bool:
    """Whether it is no place and has a capital, or is quoted, or is a web name ("drkoop.com, inc."); "as servicer" is nobody's."""
    if _OTHER_NAME.match(name):
        return True
    if _PUBLIC_BODY.match(name):
        return True
    if is_place(name) or name.isdecimal() or len(re.findall(r"\w", name)) < SHORTEST_NAME:
        return False
    first = next((word for word in name.split() if word[0].isalpha()), "")
    return first != first.lower() or "." in name.strip(".") or name[:1].isdigit() or '"' in text or "-" in first


def _opens_definition(text: str) -> bool:
    """Whether a quote starts inside a definition: `("Google")`, `collectively, "Merchant"`, `the "Repairer"`."""
    return bool(_OPENS.match(text))


def _stands_quoted(name: str, text: str) -> bool:
    """Whether the contract defines this name somewhere, as in `("Google")` or `(the "Buyer" or "Google")`."""
    if _LEGAL_FORM.search(name) or len(name.split()) > 4:
        return False
    return bool(re.search(rf"(?:[(\[][^()\[\]\"“]{{0,40}}|\bor\s+)[\"“']{re.escape(name)}[,.]?[\"”']", text))


def is_role(name: str) -> bool:
    """ "the Distributor", "Remarketing Agent", "Party A" said alone: a role, not a name."""
    words = [word for word in re.findall(r"[a-z-]+", name.lower()) if word not in {"the", "s", "and", "or"}]
    lettered = re.fullmatch(r"party [a-z0-9]", name.lower()) is not None
    return lettered or (bool(words) and all(word in ROLE_WORDS for word in words))


def _unlabelled(name: str) -> str:
    """ "Licensor: Acme" and "Party A (Seller): Acme" without the role."""
    label = _ROLE.match(name)
    name = name[label.end() :] if label and is_role(label["label"]) else name
    return _LABEL.sub("", name)


def _is_address(name: str) -> bool:
    """Whether it is an address and nobody's: "Canada V6C 3L2", "San Francisco, CA 94105", "1200 Wilshire Boulevard"."""
    address = _IS_ADDRESS.fullmatch(name)
    if address is None or re.search(rf"\b{FULL_FORMS}", name):
        return False
    # "Rosa Diaz, Toronto M5H 2N2" names somebody; of "Toronto, Ontario M5H 2N2" the second part is a province.
    return "," not in name or not address["place"] or is_place(address["place"])


def _with_stop(name: str, text: str) -> str:
    """ "Inc." keeps its full stop."""
    return f"{name}." if name and _LEGAL_FORM.search(name) and f"{name}." in text else name
