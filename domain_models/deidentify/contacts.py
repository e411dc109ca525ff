"""Phone and fax numbers, e-mail addresses, web addresses, network addresses and the names that people go by online."""

from collections.abc import Iterator
from functools import cache
from ipaddress import AddressValueError, IPv6Address

import regex

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.names import is_ordinary
from domain_models.deidentify.rules import any_of, cues

EMAIL = regex.compile(r"(?i)(?<![\w.+-])[\p{L}\d._%+'-]+\s?@\s?[\p{L}\d-]+(?:\.[\p{L}\d-]+)+")
URL = regex.compile(
    r"(?i)\b(?:(?:https?|ftp)://|www\.)[^\s<>\"]+[^\s<>\".,;:!?)\]]/?"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|io|health|clinic|biz"
    r"|(?:co|org|ac|nhs|gov|com)\.(?:uk|in|nz|au|za|ie)|uk|eu|de|fr|nl|ie)(?:/[^\s<>\"]*)?(?![\w.-]*\w)"
)
IP = regex.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)")
COLONS = regex.compile(r"(?i)(?<![\w:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?(?![\w:])")
HARDWARE = regex.compile(
    r"(?i)(?<![\w:-])(?:[\da-f]{2}:){5}[\da-f]{2}(?![\w:])|(?<![\w-])(?:[\da-f]{2}-){5}[\da-f]{2}(?![\w-])"
)
HEXTET = regex.compile(r"(?i)[\da-f]{3,4}")
AT = regex.compile(r"(?<![\w@.+/-])@(?=[_\p{L}])[\w.]{2,29}\w(?![\w@-])")
RARE = regex.compile(r"[\d_.]")
HANDLE = 5
"""Letters of a name that somebody chose, fewer being an abbreviation such as "@FiO2"."""

SHAPED_PHONE = regex.compile(
    r"(?<![\w.+/-])(?:"
    r"\+\d{1,3}[\s.-]?(?:\(0?\d{0,4}\)[\s.-]?)?\d(?:[\s.-]?\d){5,12}"
    r"|(?:1[\s.-])?\(\d{2,4}\)\s?\d{3,4}[\s.-]?\d{3,4}"
    r"|(?:1[\s.-])?\d{3}[.-]\d{3}[.-]\d{4}"
    r"|\d{3}[\s]\d{3}[.-]\d{4}"
    r"|0\d{2,4}[\s-]\d{2,4}(?:[\s-]\d{2,4}){1,3}"
    r"|\(?0\d{1,4}\)?[ /-]{1,2}\d{4,8}(?:[ -]\d{2,5}){0,2}"
    r"|\(?0\d{1,4}\)?[ /-]{1,2}\d{2,3}/?(?:[ -]\d{2,5}){1,3}"
    r"|\(\d{3}\)(?:[ ]\d{3}){3}|\d{2}[ -]\d{4}-\d{4}|\d{2,3}/\d{3}[ -]\d{3,4}"
    r")(?:\s*(?:x|ext\.?|extension)\s*\d{1,6})?(?![\w-]|\.\d)"
)
# any digits in groups: only beside a word that says so
LOOSE = r"\(?\+?\(?\d[\d(). \t/-]{4,20}\d(?:[ \t]*(?:x|ext\.?|extension)[ \t]*\d{1,6})?(?![\d])"
EXTENSION = regex.compile(
    r"(?i)\b(?:extn?\.?|extension)(?P<sign>\s*[:#]\s*|\s*)(?P<value>\d{2,6})(?![\w%/-]|\.\d|\s*(?:°|deg))"
)
WIDEST_ANGLE = 180
NEAR = 40


def contacts(text: str) -> Iterator[Identifier]:
    """Every one of them, in no order; they may overlap."""
    yield from (Identifier("email", *m.span()) for m in EMAIL.finditer(text))
    yield from (Identifier("url", *m.span()) for m in URL.finditer(text))
    yield from (Identifier("ip", *m.span()) for pattern in (IP, HARDWARE) for m in pattern.finditer(text))
    yield from (Identifier("ip", *m.span()) for m in COLONS.finditer(text) if _is_network(m[0]))
    yield from (Identifier("id", m.start() + 1, m.end()) for m in AT.finditer(text) if _is_chosen(m[0][1:]))
    yield from (Identifier("id", *m.span("value")) for m in _told_handle().finditer(text) if _is_rare(m["value"]))
    yield from (Identifier("phone", *m.span()) for m in SHAPED_PHONE.finditer(text))
    yield from (Identifier("phone", *m.span("value")) for m in _told_phone().finditer(text) if _fits(m["value"]))
    yield from (Identifier("phone", *m.span("value")) for m in _phone_told().finditer(text) if _fits(m["value"]))
    yield from (Identifier("phone", *m.span("value")) for pattern in _short() for m in pattern.finditer(text))
    yield from (Identifier("phone", *m.span("value")) for m in EXTENSION.finditer(text) if _is_extension(m))


def _fits(value: str) -> bool:
    """6 to 15 digits: local numbers are short, E.164 ends at 15."""
    return 6 <= sum(c.isdigit() for c in value) <= 15


def _is_network(value: str) -> bool:
    """An IPv6 address with a group too long for a time or a ratio."""
    try:
        IPv6Address(value)
    except AddressValueError:
        return False
    return HEXTET.search(value) is not None


def _is_rare(name: str) -> bool:
    return RARE.search(name) is not None or not is_ordinary(name)


def _is_chosen(name: str) -> bool:
    """Not "@bedtime", "@FiO2" or "@q8h"."""
    letters = "".join(filter(str.isalpha, name))
    return len(letters) >= HANDLE and (bool(RARE.search(name)) or not is_ordinary(letters))


def _is_extension(match: "regex.Match[str]") -> bool:
    """Of a phone, not of a joint."""
    before = match.string[max(0, match.start() - NEAR) : match.start()]
    if int(match["value"]) > WIDEST_ANGLE or _dialled().search(before):
        return True
    return bool(match["sign"].strip()) and not _moving().search(
        match.string, match.start() - len(before), match.end() + NEAR
    )


@cache
def _dialled() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)\b{any_of(cues()['phones']['extension_cues'])}\s*$")


@cache
def _moving() -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)\b{any_of(cues()['phones']['joints'])}\b")


@cache
def _told_handle() -> "regex.Pattern[str]":
    label = any_of(cues()["handles"]["labels"])
    return regex.compile(
        rf"(?i)\b{label}(?:\s+(?:handle|name|id|account|profile|user(?:\s?name)?))?(?:\s*[:=#]\s*|\s+is\s+(?=\S*[\d_]))@?(?P<value>[\w.:-]{{2,40}}\w)"
    )


@cache
def _told_phone() -> "regex.Pattern[str]":
    label = any_of(cues()["phones"]["labels"])
    return regex.compile(
        rf"(?i)\b{label}\b(?:\s*(?:number|no\.?|#|is|at|on|number\s+is))?\s*[:=#.?,]?\s*(?P<value>{LOOSE})"
    )


@cache
def _phone_told() -> "regex.Pattern[str]":
    return regex.compile(
        rf"(?i)(?<![\w.])(?P<value>{LOOSE})\s*[-–(]?\s*(?:office|fax|mobile|cell|home|work|desk|phone"
        r"|(?:is\s+)?(?:my|your|her|his)\s+(?:new\s+)?(?:phone|number|mobile|cell))\b"
    )


@cache
def _short() -> tuple["regex.Pattern[str]", ...]:
    """Pagers, and local numbers after a word for calling."""
    return (
        regex.compile(rf"(?i)\b{any_of(cues()['phones']['short'])}\b\s*[:#]*\s*(?P<value>\d[\d-]{{1,6}}\d)(?![\w%])"),
        regex.compile(
            r"(?i)\b(?:call(?:ed)?|phoned?|reach(?:ed)?|dial|ring|contact|text|fax|tel)\b[^.\n\d]{0,40}?(?P<value>\d{3}-\d{4})(?![\w-]|\s*m[gl]\b)"
        ),
    )
