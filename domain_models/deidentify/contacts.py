"""Phone and fax numbers, e-mail addresses, web addresses and network addresses."""

from collections.abc import Iterator
from functools import cache

import regex

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.rules import any_of, cues

EMAIL = regex.compile(r"(?i)(?<![\w.+-])[\p{L}\d._%+'-]+\s?@\s?[\p{L}\d-]+(?:\.[\p{L}\d-]+)+")
URL = regex.compile(
    r"(?i)\b(?:(?:https?|ftp)://|www\.)[^\s<>\"]+[^\s<>\".,;:!?)\]]/?"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|io|health)(?:/[^\s<>\"]*)?(?![\w.-])"
)
IP = regex.compile(
    r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)"
    r"|(?i)(?<![\w:])(?:[\da-f]{1,4}:){5,7}[\da-f]{1,4}(?![\w:])"
)
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


def contacts(text: str) -> Iterator[Identifier]:
    """Every one of them, in no order; they may overlap."""
    yield from (Identifier("email", *m.span()) for m in EMAIL.finditer(text))
    yield from (Identifier("url", *m.span()) for m in URL.finditer(text))
    yield from (Identifier("ip", *m.span()) for m in IP.finditer(text))
    yield from (Identifier("phone", *m.span()) for m in SHAPED_PHONE.finditer(text))
    yield from (Identifier("phone", *m.span("value")) for m in _told_phone().finditer(text) if _fits(m["value"]))
    yield from (Identifier("phone", *m.span("value")) for m in _phone_told().finditer(text) if _fits(m["value"]))


def _fits(value: str) -> bool:
    """6 to 15 digits: local numbers are short, E.164 ends at 15."""
    return 6 <= sum(c.isdigit() for c in value) <= 15


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
