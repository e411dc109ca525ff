"""On which days, or for how long, each dose of a course is given: "60 mg day 1, 50 mg day 2", "40 mg x 3 days, 20 mg x 3 days".

Knows doses that follow one another with nothing but words of order between them, so that the days are those of one drug: "day 3"
behind one antibiotic and "day 2" behind the next count days of treatment, and are left alone.
"""

from collections.abc import Iterator

import regex

from schemas.finding import Span

_CHANCE = 0.9  # argued: days beside each of several doses have one meaning
_DAYS = r"(?P<days>days?\s?#?\d{1,3}(?:\s?(?:-|–|to|through|thru|and|&)\s?#?\d{1,3})?)(?!\s?[/\d–-]|\sof\s\d|\.\d)"
_AMOUNT = r"\d[\d,]*(?:\.\d+)?\s?(?:mg|mcg|µg|g|ml|units?|tab(?:let)?s?|cap(?:sule)?s?|puffs?|pills?)(?:/(?:kg|day|d|dose))*(?![\p{L}/])"
_HOW = r"(?:[\s,]+(?:p\.?o\.?|iv|im|by\smouth|orally|once|twice|daily|(?:once|twice)\sa\sday|qd|bid|tid|qam|qhs|in\sthe\smorning|at\sbedtime|per\sday|a\sday))*"
_LENGTH = r"(?:x|×|for)\s?(?P<days>(?:\d{1,3}|one|two|three|four|five|six|seven|an?)\s?(?:more\s)?(?:days?|weeks?|wks?|months?))\b"
_ORDER = r"(?:[\s,;.]|→|->|\b(?:and|then|followed\sby|take|reduce(?:d)?\sto|decrease(?:d)?\sto|down\sto|to)\b)*"
_DOSE_FIRST = rf"{_AMOUNT}{_HOW}(?:,?\s*(?:on\s+)?\(?(?:{_DAYS}|{_LENGTH})\)?)"
_DAY_FIRST = rf"(?:on\s+)?{_DAYS}\s*[:=,–-]?\s*(?:take\s+|give\s+)?{_AMOUNT}{_HOW}"
_COURSE = regex.compile(
    rf"(?i)\b(?:{_DOSE_FIRST}(?:{_ORDER}{_DOSE_FIRST})*(?:{_ORDER}{_AMOUNT})?|{_DAY_FIRST}(?:{_ORDER}{_DAY_FIRST})+)"
)
_STEP = regex.compile(rf"(?i){_AMOUNT}")


def taper_spans(text: str) -> Iterator[Span]:
    """The days or the length of each dose, in reading order, where at least two doses follow one another."""
    for course in _COURSE.finditer(text):
        if len(_STEP.findall(course.group())) > 1:
            yield from (Span("duration", start, end, _CHANCE) for start, end in course.spans("days"))
