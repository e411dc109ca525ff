"""Which of the amounts that stand with a drug is given at a time, and how often and how long that one is given.

Knows words between amounts: "300 mg in the morning and 600 mg at bedtime" are two doses, "20 mg 2 tablets" is one.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import regex

from schemas.finding import Finding

_THEN = regex.compile(r"(?i)(?:\bthen(?:\s+(?:take|reduce\s+to|decrease\s+to|to))?|\bfollowed\s+by|→|->)\s+$")
_OF_A_DOSE = frozenset({"frequency", "duration"})
_ASIDE = regex.compile(r"(?i)(?:\(|\b(?:was|from|previously|formerly|max|maximum)\s)\s*$")
_OF_SEVERAL = regex.compile(
    r"(?i)(?:\s(?:tab|cap)(?:let|sule)?s?\b)?[\s,:;(-]*(?:take\s+)?(?!(?:1|one)\s)(?:\d[\d./]*|two|three|four|half(?:\s+an?)?)"
    r"(?:\s?(?:-|–|to|or)\s?\d+)?\s*(?:tablets?|tabs?|capsules?|caps?|puffs?|pills?|sprays?)\b"
)
_BREAK = regex.compile(r"[,;.]\s|\b(?:and|then)\b|\d")  # between days and a dose that is not theirs
_OTHER_AMOUNT = regex.compile(r"(?i)\s*:\s*(?:take\s+)?(?!(?:1|one)\s)\d")  # "4 mg: 24 mg day 1, 20 mg day 2"


def steps(text: str, attributes: Sequence[Finding]) -> Sequence[Sequence[Finding]]:
    """What is given one after the other: "40 mg daily x3 days, then 20 mg daily x3 days". The route holds for every step."""
    doses = sorted((f for f in attributes if f.field == "dosage"), key=lambda f: f.char_start)
    timed = [f for f in attributes if f.field == "duration"]
    borders = [border for pair in pairwise(doses) if (border := _border(text, *pair, timed)) is not None]
    if not borders or not _amount(doses[0]):
        return [of_first_dose(text, attributes)]
    edges = [0, *borders, len(text)]
    parts = [[f for f in attributes if start <= f.char_start < end] for start, end in pairwise(edges)]
    shared = [f for f in parts[0] if f.field == "administration"]
    return [of_first_dose(text, part if part is parts[0] else [*shared, *part]) for part in parts]


def _border(text: str, before: Finding, dose: Finding, timed: Sequence[Finding]) -> int | None:
    """Where the next step begins: at a dose that "then" leads to, or that follows the days of the one before.

    Days may stand before their doses instead ("day 1: 60 mg, day 2: 50 mg"): then the step begins at its days.
    """
    between = [f for f in timed if before.char_end <= f.char_start and f.char_end <= dose.char_start]
    if between and _leads(text, between[-1], dose) and any(_leads(text, days, before) for days in timed):
        return between[-1].char_start
    is_other = _amount(dose) != _amount(before) or any(f.quote.lower().startswith("day") for f in between)
    is_next = between and is_other and not _ASIDE.search(text[: dose.char_start][-12:])
    return dose.char_start if is_next or _THEN.search(text, max(0, dose.char_start - 30), dose.char_start) else None


def _leads(text: str, days: Finding, dose: Finding) -> bool:
    return days.char_end <= dose.char_start and not _BREAK.search(text, days.char_end, dose.char_start)


def of_first_dose(text: str, attributes: Sequence[Finding]) -> Sequence[Finding]:
    """Without how often and how long another dose is given: "300 mg in the morning and 600 mg at bedtime".

    The strength of one of several pieces ("20 mg 2 tablets") is none, since it is not what is given at a time. What stands
    in brackets or is told of before ("325 mg (65 mg iron)", "was 20 mg") is no other dose.
    """
    attributes = [f for f in attributes if f.field != "dosage" or not _is_strength(text, f)]
    doses = sorted((f for f in attributes if f.field == "dosage" and _amount(f)), key=lambda f: f.char_start)
    same_unit = [f for f in doses[1:] if _amount(f)[1:] == _amount(doses[0])[1:] and _amount(f) != _amount(doses[0])]
    others = [f.char_start for f in same_unit if not _ASIDE.search(text[: f.char_start][-12:])]
    return [f for f in attributes if f.field not in _OF_A_DOSE or not others or f.char_start < others[0]]


def _is_strength(text: str, dose: Finding) -> bool:
    """Whether an amount is what a piece or a millilitre holds, not what is given at a time."""
    unit = (dose.value.unit if dose.value else None) or ""
    is_share = unit == "%" or unit.endswith("/mL")
    return is_share or any(pattern.match(text, dose.char_end) for pattern in (_OF_SEVERAL, _OTHER_AMOUNT))


def _amount(dose: Finding) -> tuple[Decimal, str | None] | tuple[()]:
    return (dose.value.number, dose.value.unit) if dose.value and dose.value.number is not None else ()
