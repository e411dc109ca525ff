"""Blood pressures that one name leads: "BP 142/88 R arm, 138/84 L arm", "Orthostatics: lying 130/80, standing 110/70".

Each is a row with the arm or the position that it was taken in, which stands before all of them or behind each. Whatever
else stands between two numbers ends the row of them: a goal, a day and a range are no second pressure.
"""

from collections.abc import Iterator
from functools import cache

import regex

from domain_models.medical.cells import Cell, Row
from domain_models.medical.vitals import vital_names, vital_of

_CODE = "blood_pressure"
_LEAST_DIASTOLIC = 20
_FEWEST = 2  # pressures behind a name; one alone is what it is by its name
_SIDE = r"(?:both|right|left|bilateral|upper|lower|rt\.?|lt\.?|[rl])"
_SITE = (
    rf"(?P<site>(?:{_SIDE}\s)+(?:upper\s|lower\s)?(?:arms?|legs?|thighs?|wrists?|calf|ankles?|extremit(?:y|ies)|ue|le)|[rl][ul]e|(?:arm|leg|thigh|wrist)"
    r"|(?:right|left|[rl])(?!\s*[:=]?\s*\d{1,3}(?!\d*\s?/\s?\d)))"
)
_POSITION = r"(?P<position>lying(?:\s(?:down|flat))?|supine|laying|recumbent|semi-?recumbent|sitting|seated|standing(?:\sup)?|upright|prone)"
_BETWEEN = (
    r"[ ,;:()=&]|[ ][-–](?=[ ])|\.(?=[ ](?:repeat|re-?check))|\n(?=[ ]*(?:lying|supine|sitting|seated|standing|right|left|[rl][ ]))|mm\s?hg"
    r"|(?:and|in|on|the|while|when|was|is|then|later|now|after|with|patient|position|arrival|admission|presentation|triage|initial(?:ly)?|repeat(?:ed)?|re-?check(?:ed)?|at|x|\d{1,2}\s?min(?:utes?|s)?)\b"
    r"|(?:hr|p|pulse|heart\srate)\s?[:=]?\s?\d{2,3}(?![\d/.])"
)
_PAIR = (
    r"(?P<pair>(?P<systolic>\d{2,3})\s?/\s?(?P<diastolic>\d{2,3})(?:\s?mm\s?hg)?)(?!\s?[/–-]\s?\d)(?!\.?\d)(?!\p{L})"
)
_NONE_NOW = r"(?!\s(?:goal|target|baseline|usual|normal|at\shome|vision))"


def pressure_rows(text: str) -> Iterator[Row]:
    """A row for each of several pressures behind one name, in reading order."""
    low, high = _bounds()
    for match in _expression().finditer(text):
        numbers = zip(match.captures("systolic"), match.captures("diastolic"), strict=True)
        if len(match.spans("pair")) < _FEWEST or not all(
            low <= int(systolic) <= high and _LEAST_DIASTOLIC <= int(diastolic) < int(systolic)
            for systolic, diastolic in numbers
        ):
            continue
        for pair, places in _placed(match):
            name = Cell("test", "diagnostic_procedure", *match.span("name"))
            yield Row("test", (name, Cell("value", "lab_value", *pair), *places), ())


def _placed(match: "regex.Match[str]") -> Iterator[tuple[tuple[int, int], list[Cell]]]:
    """Each pressure with the words that say where or how it was taken: all before their pressures, or all behind."""
    pairs = match.spans("pair")
    places = [Cell("body_site", "biological_structure", *span) for span in match.spans("site")]
    places += [Cell("detail", "detailed_description", *span) for span in match.spans("position")]
    leads = any(place.char_end <= pairs[0][0] for place in places)
    borders = [match.start(), *(end for _, end in pairs)] if leads else [*(start for start, _ in pairs), match.end()]
    for at, pair in enumerate(pairs):
        yield pair, [place for place in places if borders[at] <= place.char_start < borders[at + 1]]


def _bounds() -> tuple[float, float]:
    vital = vital_of("bp")
    return vital.bounds if vital and vital.bounds else (0.0, float("inf"))


@cache
def _expression() -> "regex.Pattern[str]":
    pressures = [name for name in vital_names() if (vital := vital_of(name)) and vital.code == _CODE]
    names = "|".join(regex.escape(name) for name in sorted(pressures, key=len, reverse=True))
    return regex.compile(
        rf"(?i)(?<![\p{{L}}\d/-])(?P<name>{names})(?![\p{{L}}\d])(?:{_PAIR}{_NONE_NOW}|{_SITE}(?![\p{{L}}\d])|{_POSITION}(?!\p{{L}})|{_BETWEEN})+"
    )
