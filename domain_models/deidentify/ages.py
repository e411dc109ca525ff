"""Ages over 89: the number alone, so that the words around it stay."""

from collections.abc import Iterator
from functools import cache

import regex
from num2words import num2words

from domain_models.deidentify.identifier import Identifier
from domain_models.deidentify.names import is_ordinary
from domain_models.deidentify.rules import any_of, cues

OLD = r"(?:9\d|1[0-2]\d)(?![\d]|\.\d|/\d)"
AFTER = regex.compile(
    rf"(?i)(?<![\d./$-])(?P<age>{OLD})(?=[\s-]*(?:years?|yrs?|y)\b[\s.-]*(?:of\s+age|old|o\b|/o)?|[\s-]*(?:yo|y/o|y\.o\.|yof|yom)\b|[\s-]?year)"
)
BEFORE = regex.compile(
    rf"(?i)\b(?:(?:age/sex|sex/age)|ages?d?(?:\s+(?:of|at|is))?|turned|turns|turning|(?:died|passed\s+away)\s+at|lived\s+(?:to|until))\b\s*[:=]?\s*(?:[MF]/)?(?P<age>{OLD})(?!\s*(?:%|mg|days|months|weeks|hours|minutes))"
)
SLASHED = regex.compile(
    rf"(?<![\w./-])(?:(?P<age>{OLD})/[MF]|(?<!\d°? ?)[MF](?:/|,[ \t]*)(?P<age>{OLD}))(?![\w/]|\.\d|[ \t]*(?:%|kg|mg))"
)
NO_AGE = regex.compile(r"(?i)\s*(?:years?|yrs?)\s+(?:ago|later|earlier|from|since|survival|follow)")
ENDS = r"(?=\s*(?:[.;)]|$)(?!\d)|\s*,(?!\d|\s*(?:on|at)\b)|\s+and\b(?!\s+\d))"
NAMED = regex.compile(
    rf"\p{{Lu}}[\p{{L}}.'’-]*[ \t]+(?P<last>\p{{Lu}}[\p{{L}}'’-]+)(?:,[ \t]+(?P<age>{OLD})(?=,)|[ \t]+\((?P<age>{OLD})\))"
)


def ages(text: str) -> Iterator[Identifier]:
    """Each age from 90 on, in figures or words."""
    for pattern in (AFTER, BEFORE, SLASHED, _sexed(), _of_people(), _spelled()):
        yield from (
            Identifier("age", *m.span("age")) for m in pattern.finditer(text) if not NO_AGE.match(text, m.end("age"))
        )
    named = (m for m in NAMED.finditer(text) if not is_ordinary(m["last"]))
    yield from (Identifier("age", *m.span("age")) for m in named)


@cache
def _sexed() -> "regex.Pattern[str]":
    """An age and sex in one, where a sentence, a line or a bracket opens: "97F" is a temperature elsewhere."""
    begins = r"(?:^|[.(;:]|\b(?:[Aa]n?|[Tt]his|[Ii]s|[Pp]t|[Pp]atient|[Pp]leasant|[Oo]ld|[Ee]lderly))\s*"
    follows = rf"(?=\s*(?:[,)]|$|{any_of(cues()['ages']['after_sex'])}\b))"
    no_heat = r"(?<!(?i:temp|temperature|tmax|fever|t)[\s:.]{1,3})"
    return regex.compile(rf"(?m){begins}{no_heat}(?P<age>{OLD})\s?(?:yo)?[MF]{follows}")


@cache
def _of_people() -> "regex.Pattern[str]":
    listed = cues()["ages"]
    relative = any_of(listed["relatives"])
    title = r"(?:mr|mrs|ms|miss|dr|prof)\.?\s+[\p{L}'’-]+(?:\s+(?-i:\p{Lu})[\p{L}'’-]+)?"
    # PT is the prothrombin time
    person = rf"(?:{any_of(listed['people'])}|{relative}|{title}|(?-i:[Pp]t))"
    return regex.compile(
        rf"(?im)\b(?:{person}(?:,\s*(?:age\s+)?(?P<age>{OLD})(?=,|\s*[.;)]|$)|\s+\((?P<age>{OLD})\))"
        rf"|(?:{relative}|{title})\s+(?P<age>{OLD})(?:{ENDS}|(?=\s+(?:died|alive|deceased|are|is)\b))"
        rf"|(?:{person}|{any_of(listed['pronouns'])})(?:\s+is|\s+was|['’]s)(?:\s+(?:now|just|nearly|almost|over))?\s+(?P<age>{OLD}){ENDS})"
    )


@cache
def _spelled() -> "regex.Pattern[str]":
    spelled = "|".join(num2words(n).replace("-", "[- ]").replace(" and ", " (?:and )?") for n in range(120, 89, -1))
    return regex.compile(
        rf"(?i)\b(?P<age>{spelled})(?=[\s-]+years?[\s-]+(?:old|of\s+age)|[\s-]+y(?:ea)?rs?\b|-year)"
        rf"|\b(?:aged?|turned|turning|turns)\s+(?P<age>{spelled})\b(?!\s+(?:percent|days|weeks|months|hours|minutes))"
    )
