"""Numbers that name a person: record, insurance, account, licence, vehicle, device and card numbers."""

from collections.abc import Iterator
from functools import cache

import regex

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.rules import any_of, cues

SHAPED = regex.compile(
    r"(?<![\w.-])(?:"
    r"\d{3}-\d{2}-\d{4}"  # US social security number
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
URN = regex.compile(r"urn:[\w:.-]+")


def numbers(text: str) -> Iterator[Identifier]:
    """Those whose form says it, and those that a label names; in no order."""
    yield from (Identifier("id", *m.span()) for m in SHAPED.finditer(text))
    yield from (Identifier("id", *m.span()) for m in URN.finditer(text))
    yield from (Identifier("id", *m.span("value")) for m in _labelled().finditer(text) if _fits(m))


def _fits(match: "regex.Match[str]") -> bool:
    """A weak label such as "group" or "id" needs a sign of its own or a long number after it."""
    value = match["value"]
    digits: int = sum(c.isdigit() for c in value)
    return digits >= (3 if match["sign"].strip() else 5)


@cache
def _labelled() -> "regex.Pattern[str]":
    label = any_of(cues()["ids"]["labels"])
    return regex.compile(
        rf"(?i)\b{label}\b(?P<sign>\s*(?:\(\w+\)\s*)?(?:number|no\.?|num\.?|nr\.?|#|id)?\s*(?:is\b|[:=#])?\s*){VALUE}"
    )
