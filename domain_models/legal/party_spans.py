"""Party spans cut so that each holds one name: a tagger runs a whole introduction together, a record needs signers.

`Acme, Inc., a Delaware corporation ("Acme"), and Beta LLC` becomes `Acme, Inc.`, `Acme` and `Beta LLC`. Works on places
in the document's own text; what a name means is `parties.py`'s.
"""

import re
from collections.abc import Iterator

from domain_models.legal.date_spans import DATES, whole_date
from domain_models.legal.jurisdictions import is_place
from domain_models.legal.parties import FULL_FORMS, LEGAL_FORMS, PARTIES, is_role
from schemas.finding import Span

Interval = tuple[int, int]

_QUOTE = '["“”]'
# (the "Supplier" or “Acme”), closed or cut off by the end of the span; the plain "(UK)" of a name holds no quotation mark
_BRACKET = re.compile(rf"[(\[][^()\[\]]*?{_QUOTE}[^()\[\]]*(?:[)\]]|$)")
# ... or begun before the span: Acme") and Beta LLC
_CUT_BRACKET = re.compile(rf"(?P<name>[^()\[\]\"“”]{{2,40}}){_QUOTE}\s*[)\]]")
_SHORT = re.compile(rf"{_QUOTE}\s*(?P<name>[^\"“”]{{2,60}}?)[\s,.]*{_QUOTE}")
# What may part two names: "and", "between", ";", ",", a blank line, or a legal form with another name right after it.
_JOINT = re.compile(
    r"(?P<and>\s*[,;\"”]*\s*\b(?i:and|or)\s+(?:\(?\w{1,3}\)\s*)?)(?=[A-Z])"
    r"|(?P<between>\s*\b(?i:(?:by\s+and\s+)?(?:between|among|amongst))\b\s*)"
    rf"|(?P<comma>,\s+)(?=[A-Z])(?!{LEGAL_FORMS})"
    r"|(?P<apart>\s*;\s*|\s*\n\s*\n\s*|\s*\n\s*&\s*|\s*&\s*\n\s*)(?=[A-Z])"
    # In the columns of a signature block two names stand on one line.
    rf"|(?P<form>\b(?:(?i:inc|llc|ltd|l\.p|plc|gmbh|(?-i:SA))\b\.?(?=\s)|{FULL_FORMS}(?=\s\s)))\s+(?=[A-Z])(?!{LEGAL_FORMS})",
)
_ENDS_NAME = re.compile(rf"(?:[,;.)\]\"”]|\b{LEGAL_FORMS}|\b(?:corporation|company|partnership))\s*$", re.IGNORECASE)
_FORM_AT_END = re.compile(rf"\b{LEGAL_FORMS}$", re.IGNORECASE)
_LEADING = re.compile(
    r"^(?:[\s,;:&.)\]\"”]+|parties\W*(?=\(?\w{1,3}\)\s)|\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])\)\s+|(?:by\s+and\s+)?(?:between|among|amongst)\b|and\b|or\b"
    r"|together\s+with\b|with\b|on\s+the\s+(?:one|other)\s+hand\b)",
    re.IGNORECASE,
)
# What a contract says of a party after its name: ", a Delaware corporation", " having its office at", ", on behalf of".
_SAID_OF_IT = re.compile(
    r"(?:,\s*|\s+)(?:an?\s+(?!division\b)(?=\w)|having\b|with\s+(?:its|an?|offices?|principal|registered)\b|whose\b|which\b"
    r"|located\b|organi[sz]ed\b|incorporated\s+(?:in|under)\b|registered\s+(?:in|under|at)\b|duly\b|acting\b|existing\b"
    r"|as\s+(?:[a-z]|of\b)|solely\b|individually\b|not\s+in\s+its\b|in\s+(?:its|his|her|their)\b|on\s+behalf\b|for\s+itself\b"
    r"|including\b|collectively\b|together\b|and\s+(?:its|their)\b|[cd]/o\b|hereinafter\b|hereafter\b|\(?formerly\b"
    # "ACME LIMITED incorporated [and registered in England]": cut off by the end of the span
    r"|(?<=(?i:ited|ltd.|.ltd|.plc|inc.|.llc|llc.)\s)incorporated\b"
    r"|\[|the\s+(?=[a-z])|at\s+(?=\d)|of\s+(?=\d)|dated\b|for\s+(?:the|good)\b|is\b|are\b|may\b|shall\b|will\b"
    r"|agrees?\b|acknowledges?\b|enter(?:s|ed)?\s+into\b|desires?\b|wish(?:es)?\s+to\b|hereby\b"
    # "ACME OWNER TRUST, as Issuer, ACME ABS LLC, as Depositor"
    r"|as\s+(?:the\s+)?[A-Z][a-z]+(?:\s[A-Z][a-z]+){0,2}(?=,|$))",
)
# A name that the span cuts: "Bank of [South Pacific Ltd", "Acme (Africa) ([Pty) Limited", "Sphere 3D] Corp."
_NAME_BEFORE = re.compile(
    r"\b(?i:bank|university|institute|college|city|county|state|board)[ \t]+(?i:of)[ \t]+(?i:the[ \t]+)?$|(?:[A-Z][\w.'-]*[ \t]+|\([A-Z]\w*\)[ \t]*)+\($"
)
_FORM_AFTER = re.compile(rf"(?:,?[ \t]+{FULL_FORMS})+", re.IGNORECASE)


def split(text: str, span: Span) -> tuple[Span, ...]:
    """A party span's names and short names as spans of the same probability, in order; a date whole; any other as it is."""
    if span.field != PARTIES:
        return (whole_date(text, span) if span.field in DATES else span,)
    pieces = [piece for piece in _pieces(text, span.char_start, span.char_end) if piece[1] - piece[0] > 1]
    return tuple(Span(span.field, *piece, span.probability) for piece in pieces) or (span,)


def _pieces(text: str, start: int, end: int) -> Iterator[Interval]:
    opened = _CUT_BRACKET.match(text, start, end)
    if opened:
        yield opened.span("name")
    place = opened.end() if opened else _whole_start(text, start)
    for bracket in _BRACKET.finditer(text, place, end):
        yield from _names(text, place, bracket.start())
        for short in _SHORT.finditer(text, bracket.start(), bracket.end()):
            yield short.span("name")
        place = bracket.end()
    form = _FORM_AFTER.match(text, end) if place < end else None
    yield from _names(text, place, form.end() if form else end)


def _names(text: str, start: int, end: int) -> Iterator[Interval]:
    """The names of a stretch without brackets, each without what is said of it."""
    place = start
    for joint in _JOINT.finditer(text, start, end):
        stop = joint.end("form") if joint["form"] else joint.start()
        if stop > place and _parts(joint, text[place:stop]):
            yield from _trimmed(text, place, stop)
            place = joint.end()
    yield from _trimmed(text, place, end)


def _parts(joint: re.Match[str], name: str) -> bool:
    """Whether a joint parts two names: "and" within "Smith and Sons" does not, a comma only after a form, a role or a place."""
    if joint["comma"]:
        last = name.rsplit(",", 1)[-1].strip()
        return bool(_FORM_AT_END.search(name)) or is_role(name) or is_role(last.removeprefix("as ")) or is_place(last)
    if joint["and"]:
        marked = any(mark in joint["and"] for mark in ',;"”\n')
        return marked or bool(_ENDS_NAME.search(name) or _SAID_OF_IT.search(name))
    return True


def _trimmed(text: str, start: int, end: int) -> Iterator[Interval]:
    while leading := _LEADING.match(text[start:end]):
        start += leading.end()
    said = _SAID_OF_IT.search(text, start, end)
    end = said.start() if said else end
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:&(["):
        end -= 1
    if end > start:
        yield start, end


def _whole_start(text: str, start: int) -> int:
    before = _NAME_BEFORE.search(text, max(0, start - 80), start)
    return before.start() if before else start
