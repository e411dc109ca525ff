"""Numbers that name a person: record, insurance, account, licence, vehicle, device and card numbers."""

from collections.abc import Iterator
from functools import cache

import regex

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.rules import any_of, counted, cues

SHAPED = regex.compile(
    r"(?<![\w.-])(?:"
    r"\d{3}-\d{2}-\d{4}(?:[A-Z]\d?)?"  # US social security number, and Medicare's old one
    r"|\d[A-Z][A-Z\d]\d-?[A-Z][A-Z\d]\d-?[A-Z]{2}\d{2}"  # Medicare beneficiary identifier
    r"|[A-Z]{2}(?:\s\d{2}){3}\s[A-D]"  # British national insurance number in groups
    r"|[\da-fA-F]{8}-(?:[\da-fA-F]{4}-){3}[\da-fA-F]{12}"  # UUID
    r"|[A-Za-z]{2}\d{2}[A-Za-z]{4}(?:\s?\d{4}){2,6}\d{0,4}"  # IBAN with a bank's letters
    r"|[A-Z]{2}\d{2}(?:\s?\d{4}){3,7}\d{0,3}"  # IBAN
    r"|(?:\d{4}[\s-]){3}\d{1,7}"  # a card in groups
    r"|\d{3}\s\d{3}\s\d{4}"  # NHS number
    r"|(?=[A-HJ-NPR-Z\d]*\d[A-HJ-NPR-Z\d]*\d)(?=\w*[A-Z])[A-HJ-NPR-Z\d]{17}"  # VIN (ISO 3779)
    r"|[A-Z]{1,3}\d{6,}[A-Z]?"
    r"|\d{9,}"
    r"|(?=\w*\d\w*\d\w*\d\w*\d)(?=\w*\p{Lu})[\p{Lu}\d]{8,}"
    r")(?![\w-]|\.\d)"
)
VALUE = r"(?P<value>(?=[A-Za-z\d./-]*\d)[A-Za-z\d][A-Za-z\d./-]*[A-Za-z\d]|\d(?![.,]?\d))"
PLATE = r"(?P<value>(?-i:(?=[A-ZÄÖÜ -]*\d)(?=[\d -]*[A-ZÄÖÜ])[A-ZÄÖÜ\d]{1,4}(?:[ -][A-ZÄÖÜ\d]{1,4}){1,3}))"
# Further groups of a number, to the end of what is said of it: 44 120 873 A
GROUPS = r"(?P<further>(?:[ ]\d{2,4}){1,5}(?:[ ][A-Z])?(?=[ \t]*(?:[,.;)\n]|$)))?"
COUNTED = regex.compile(rf"\b\p{{Lu}}{{2,5}}[ \t]+No\b\.?[ \t]*:?[ \t]*{VALUE}")  # CR No. 2024/00817
URN = regex.compile(r"urn:[\w:.-]+")
RANGE = regex.compile(r"[\d.]+-[\d.]+")
LEAST_PLATE = 5
SECOND = regex.compile(rf"[ \t]*[/,][ \t]*{VALUE}(?!\w)")  # Patient ID/Visit ID: 110294 / 7781
COUNT = regex.compile(r"(?:19|20)\d\d|\d+-(?:year|month|week|day)\S*|\d{1,4}/\d{1,3}")  # a year, an age, a pressure


def numbers(text: str) -> Iterator[Identifier]:
    """Those whose form says it, and those that a label names; in no order."""
    yield from (Identifier("id", *m.span()) for m in SHAPED.finditer(text))
    yield from (Identifier("id", *m.span()) for m in URN.finditer(text))
    for match in filter(_fits, _labelled().finditer(text)):
        yield Identifier(
            "id", match.start("value"), match.end("further" if match["strong"] and match["further"] else "value")
        )
        if match.start() and text[match.start() - 1] == "/" and (second := SECOND.match(text, match.end("value"))):
            yield Identifier("id", *second.span("value"))
    yield from (Identifier("id", *m.span("value")) for m in COUNTED.finditer(text) if _digits(m["value"]) > 2)
    plates = (m for m in _plated().finditer(text) if sum(map(str.isalnum, m["value"])) >= LEAST_PLATE)
    yield from (Identifier("id", *m.span("value")) for m in plates)


def _fits(match: "regex.Match[str]") -> bool:
    """A strong label such as "MRN" needs two digits; one such as "group" or "id" a sign of its own or a long number."""
    value = match["value"]
    digits = _digits(value)
    is_told = bool(match["sign"].strip(" \t\n.-"))
    if match["counting"]:
        least = 4 if is_told else 5
        return (
            digits >= least and not COUNT.fullmatch(value) and not _measured().match(match.string, match.end("value"))
        )
    if match["strong"]:
        return is_told or digits > 1
    if not is_told:
        return digits >= 5
    is_mixed = len(value) > 3 and any(c.isupper() for c in value)  # 7HK2
    is_range = match["label"].lower().startswith("ref") and RANGE.fullmatch(value)  # (ref: 70-110)
    return (digits >= 3 or is_mixed) and not is_range


def _digits(value: str) -> int:
    return sum(c.isdigit() for c in value)


@cache
def _labelled() -> "regex.Pattern[str]":
    listed = cues()["ids"]
    kinds = ("number", "no", "id", "identifier")
    strong = any_of([*listed["strong"], *(f"{noun} {kind}" for noun in listed["numbered"] for kind in kinds)])
    label = any_of(listed["labels"])
    counting = any_of(listed["counting"])
    return regex.compile(
        rf"(?i)\b(?:(?P<strong>{strong})|(?P<label>{label})|(?P<counting>{counting}))\b"
        rf"(?P<sign>(?:(?<=\bno)\.|\.(?=\s*(?:[:#=]|no\b|nr\b|number\b)))?\s*(?:\(\w+\)\s*)?(?:number|no\.?|num\.?|nr\.?|#|id)?\s*(?:is\b|[:=#]|-(?=\w))?\s*){VALUE}{GROUPS}"
    )


@cache
def _measured() -> "regex.Pattern[str]":
    return regex.compile(rf"[ \t]*{counted()}")


@cache
def _plated() -> "regex.Pattern[str]":
    return regex.compile(
        rf"(?i)\b{any_of(cues()['ids']['plates'])}\b\.?\s*(?:(?:number|no\.?|is)\s*)?[:#]?\s*{PLATE}(?!\w)"
    )
