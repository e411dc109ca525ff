"""Ages over 89: the number alone, so that the words around it stay."""

from collections.abc import Iterator
from functools import cache

import regex
from num2words import num2words

from domain_models.deidentify.identifier import Identifier

OLD = r"(?:9\d|1[0-2]\d)(?![\d]|\.\d|/\d)"
AFTER = regex.compile(
    rf"(?i)(?<![\d./$-])(?P<age>{OLD})(?=[\s-]*(?:years?|yrs?|y)\b[\s.-]*(?:of\s+age|old|o\b|/o)?|[\s-]*(?:yo|y/o|y\.o\.|yof|yom)\b|[\s-]?year)"
)
BEFORE = regex.compile(
    rf"(?i)\b(?:ages?d?(?:\s+(?:of|at|is))?|turned|turns|turning)\b\s*[:=]?\s*(?P<age>{OLD})(?!\s*(?:%|mg|days|months|weeks|hours|minutes))"
)
NO_AGE = regex.compile(r"(?i)\s*(?:years?|yrs?)\s+(?:ago|later|earlier|from|since|survival|follow)")


def ages(text: str) -> Iterator[Identifier]:
    """Each age from 90 on, in figures or words."""
    for pattern in (AFTER, BEFORE, _spelled()):
        yield from (
            Identifier("age", *m.span("age")) for m in pattern.finditer(text) if not NO_AGE.match(text, m.end("age"))
        )


@cache
def _spelled() -> "regex.Pattern[str]":
    spelled = "|".join(num2words(n).replace("-", "[- ]").replace(" and ", " (?:and )?") for n in range(120, 89, -1))
    return regex.compile(rf"(?i)\b(?P<age>{spelled})(?=[\s-]+years?[\s-]+(?:old|of\s+age))")
