"""A medical field's words to its typed value: doses, results, ages, dates, durations, routes and sex.

Gives None where the words do not resolve; never guesses. Knows only the quote, not what stands around it.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import regex

from domain_models.domain import Field
from domain_models.medical.dimensions import can_be
from domain_models.medical.frequencies import find_frequency, parse_frequency
from domain_models.medical.icd10 import CODE_SYSTEM as ICD10
from domain_models.medical.icd10 import code_of, near
from domain_models.medical.ingredients import ingredient
from domain_models.medical.quantities import Quantity, parse_number, parse_quantity, parse_unit, plain
from domain_models.medical.vitals import CODE_SYSTEM as VITAL_SIGN
from domain_models.medical.vitals import vital_of
from schemas.finding import Value

_DATE_FORMATS = (
    "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%B-%Y", "%Y-%m-%d", "%Y/%m/%d", "%b-%d-%Y",
)  # fmt: skip
_NUMERIC_DATE = regex.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MONTH = regex.compile(r"(?i)(?:in|since|until|by|mid-?|early|late|of|during)?\s*(\p{L}{3,9})\.?,?\s+(?:of\s+)?(\d{4})")
_YEAR = regex.compile(r"(?i)(?:in|since|until|by|during)?\s*((?:19|20)\d\d)")
_AGE = regex.compile(
    r"(?i)(?:aged?\s*:?\s*(?:of\s*)?)?(?P<number>\d{1,3}|\p{L}+(?:-\p{L}+)?)[\s-]*"
    r"(?P<unit>years?|yrs?\.?|y\.?\s*/?o\.?|y|months?|mos?\.?|weeks?|wks?\.?|days?)?[\s-]*(?:old|of age)?\.?"
)
_AGE_LIMIT = {"a": 125, "mo": 60, "wk": 104, "d": 400}
_DURATION = regex.compile(
    r"(?i)(?:(?:for|over|during|lasting|lasted(?:\s+for)?|within|after|in|x|since)\s+)?"
    r"(?:the\s+)?(?:(?:past|last|next|previous|following)\s+)?"
    r"(?P<number>[\d.]+|\p{L}+(?:-\p{L}+)?)[\s-]*(?P<unit>years?|yrs?|y|months?|mos?|weeks?|wks?|days?|d|hours?|hrs?|h|minutes?|mins?)"
    r"(?:[\s-]+(?:history|course|period|duration|long|ago))?\.?"
)
_UNIT_NAMES = (("y", "year"), ("mo", "month"), ("w", "week"), ("d", "day"), ("h", "hour"), ("mi", "minute"))
_ABOUT = regex.compile(
    r"(?i)(?:(?:low|mid|high|upper|lower)[- ])?\d*0\s?s"
)  # "140s": in the range from 140 on, not seconds
_NOT_ONE_NUMBER = regex.compile(
    r"(?i)^(?:[<>≤≥]|up to|at least|less than|more than|below|above)\s*=?\s*\d|^\d[\d.,]*\s*(?:-|–|to|/|:)\s*\d"
)
_RATIO = regex.compile(r"\d{1,3}\s?/\s?\d{1,3}(?:\s?(?P<unit>\D+))?")  # a blood pressure: the unit is that of both
_ROUTE_WORD = regex.compile(
    r"(?i)\b(?:(?:p\.?o\.?|oral(?:ly)?|by mouth|i\.?v\.?|intravenous(?:ly)?|i\.?m\.?|s\.?c\.?|subcut(?:aneous(?:ly)?)?|sq"
    r"|tablets?|capsules?)(?:\s+(?:bolus|infusion))?|bolus|infusion)$"
)
_TOLD = regex.compile(r"(?i)^(?:take|give|inject|inhale|apply|use|instill)\s+")
_STRENGTH = regex.compile(r"(?i)[\s,]+\d[\d,.]*(?:[/-]\d[\d.]*)?\s?(?:mg|mcg|g|ml|units?|iu|%)\b.*$")
_FLAG = regex.compile(
    r"(?<=\d)[\s(\[|]+(?:HH|LL|H|L|A|(?i:high|low|abnormal))[)\]]?\*?(?=[\s|]|$)|[\s(\[]+(?:HH|LL|H|L|A)[)\]]?\*?$"
)

Reading = Callable[[str], Value | None]


def normalise(field: Field, quote: str) -> Value | None:
    """The typed value of `quote` as `field`; None where its words do not resolve."""
    words = plain(quote)
    reading = _BY_FIELD.get(field.name) or _BY_KIND.get(field.kind)
    return reading(words) if reading and words else None


def _text(words: str) -> Value:
    return Value(text=words)


def _drug(words: str) -> Value:
    """The name in lower case, and its ingredient where that is known."""
    known = ingredient(words)
    return Value(text=words.lower(), code=known, code_system="ingredient" if known else None)


def _problem(words: str) -> Value:
    """The words as they stand, the ICD-10-CM code that they bear, if they surely bear one, and the codes near them."""
    known = code_of(words)
    code, system = (known.code, ICD10) if known else (None, None)
    return Value(text=words, code=code, code_system=system, candidates=near(words))


def _test(words: str) -> Value:
    """The name as it stands, and which vital sign it is, if it is one."""
    vital = vital_of(words)
    return Value(text=words, code=vital.code if vital else None, code_system=VITAL_SIGN if vital else None)


def _dose(words: str) -> Value | None:
    """Amount in number and unit, a range as text; a frequency among the same words as code, system `frequency`."""
    words = _TOLD.sub("", words).rstrip(" /,;")
    whole = _amount(words)
    found = None if whole else find_frequency(words)
    amount_words = (words[: found[0]] if found else words).strip(" ,;")
    amount = whole or _amount(amount_words) or _amount(_ROUTE_WORD.sub("", amount_words).strip(" ,;"))
    text = amount_words if _NOT_ONE_NUMBER.match(amount_words) else None
    if amount is None and text is None and found is None:
        return None
    code, system = (found[1].wording, "frequency") if found else (None, None)
    number, unit = (amount.number, amount.unit) if amount else (None, None)
    return Value(text=text, number=number, unit=unit, code=code, code_system=system)


def _amount(words: str) -> Quantity | None:
    """A dose needs a unit that is not enzyme activity: "units" of a drug are international units."""
    quantity = None if _NOT_ONE_NUMBER.match(words) else _possible("dosage", words)
    if quantity is None or quantity.unit is None:
        return None
    parts = quantity.unit.split("/")
    return Quantity(quantity.number, "/".join(["[iU]" if parts[0] == "U" else parts[0], *parts[1:]]))


def _possible(field: str, words: str) -> Quantity | None:
    """The quantity that `words` state, where a value of that field can be one."""
    quantity = parse_quantity(words)
    return quantity if quantity and can_be(field, quantity.number, quantity.unit) else None


def _amount_value(quantity: Quantity | None) -> Value | None:
    return Value(number=quantity.number, unit=quantity.unit) if quantity else None


def _result(words: str) -> Value | None:
    code = wordings("interpretation").get(_folded(words))
    if code:
        return Value(text=words.lower(), code=code, code_system="interpretation")
    if _ABOUT.fullmatch(words):
        return Value(text=words)
    words = plain(_FLAG.sub("", words).replace("|", " "))
    pressure = _RATIO.fullmatch(words)
    if pressure:
        return Value(text=words, unit=parse_unit(pressure["unit"] or ""))
    if _NOT_ONE_NUMBER.match(words):
        return Value(text=words)
    return _amount_value(_possible("lab_value", words))


def _quantity(field: str = "") -> Reading:
    """A range as text, else an amount that the field can have."""

    def read(words: str) -> Value | None:
        return Value(text=words) if _NOT_ONE_NUMBER.match(words) else _amount_value(_possible(field, words))

    return read


def _frequency(words: str) -> Value | None:
    frequency = parse_frequency(words)
    if frequency is None:
        return None
    return Value(text=frequency.wording, number=frequency.per_day, unit="/d" if frequency.per_day else None)


def _route(words: str) -> Value | None:
    route = wordings("route").get(_folded(words))
    return Value(text=route) if route else None


def _sex(words: str) -> Value | None:
    code = wordings("sex").get(_folded(words))
    return Value(code=code, code_system="administrative-gender") if code else None


def _flag(words: str) -> Value | None:
    code = wordings("interpretation").get(words.strip("()[]").lower())
    return Value(code=code, code_system="interpretation") if code else None


def _status(table: str) -> Reading:
    """What a word of a status column means, in the words of that table."""

    def read(words: str) -> Value | None:
        code = wordings(table).get(_folded(words))
        return Value(code=code, code_system=table.replace("_", "-")) if code else None

    return read


def _habit(table: str) -> Reading:
    """What a statement about a habit amounts to, by the expressions of `habits.toml`."""

    def read(words: str) -> Value | None:
        code = next((code for code, expression in _habits(table) if expression.search(words)), None)
        return Value(text=words, code=code, code_system=table.replace("_", "-")) if code else None

    return read


@cache
def _habits(table: str) -> tuple[tuple[str, "regex.Pattern[str]"], ...]:
    tables = tomllib.loads(Path(__file__).with_name("habits.toml").read_text(encoding="utf-8"))
    return tuple((code, regex.compile(source)) for code, sources in tables[table].items() for source in sources)


def _relative(words: str) -> Value:
    return Value(text=words.lower())


def _severity(words: str) -> Value:
    """Mild, moderate, severe or life-threatening; a grade or a stage as it stands."""
    return Value(text=wordings("severity").get(_folded(words), words))


def _unit(words: str) -> Value | None:
    code = parse_unit(words)
    return Value(code=code, code_system="UCUM") if code else None


def _allergy(words: str) -> Value:
    """The substance: a strength and what follows it tell how it was given."""
    words = _STRENGTH.sub("", words)
    return Value(text=wordings("allergy").get(_folded(words), words.lower()))


def _age(words: str) -> Value | None:
    """Years where no unit stands: a bare number in an age column counts years."""
    match = _AGE.fullmatch(words)
    number = parse_number(match["number"]) if match else None
    if match is None or number is None:
        return None
    unit = {"m": "mo", "w": "wk", "d": "d"}.get((match["unit"] or "y")[0].lower(), "a")
    return Value(number=number, unit=unit) if 0 <= number <= _AGE_LIMIT[unit] else None


def _duration(words: str) -> Value | None:
    match = _DURATION.fullmatch(words)
    number = _count(match["number"]) if match else None
    if match is None or number is None or number <= 0:
        return None
    unit = next(name for start, name in _UNIT_NAMES if match["unit"].lower().startswith(start))
    return Value(number=number, unit=unit)


def _count(words: str) -> Decimal | None:
    return Decimal(1) if words.lower() in {"a", "an"} else parse_number(words)


def _date(words: str) -> Value | None:
    """A whole calendar date; a month or year alone as ISO text; None where day and month could be exchanged."""
    words = regex.sub(r"(?i)^(?:on|since|until|from|by|dated?)\s+|(?<=\d)(?:st|nd|rd|th)\b", "", words)
    spelled = " ".join(words.replace(",", " ").replace(".", " ").split())
    whole = _numeric_date(words) or next(filter(None, (_parsed(spelled, form) for form in _DATE_FORMATS)), None)
    if whole:
        return Value(date=whole)
    month, year = _MONTH.fullmatch(words), _YEAR.fullmatch(words)
    first = f"{month[1]} 1 {month[2]}" if month else ""
    named = _parsed(first, "%B %d %Y") or _parsed(first, "%b %d %Y")
    if named:
        return Value(text=f"{named:%Y-%m}")
    return Value(text=year[1]) if year else None


def _numeric_date(words: str) -> date | None:
    match = _NUMERIC_DATE.fullmatch(words.strip())
    if match is None:
        return None
    first, second, year = (int(part) for part in match.groups())
    readings = {(month, day) for month, day in ((first, second), (second, first)) if month <= 12}
    if len(readings) != 1:
        return None
    month, day = readings.pop()
    return _parsed(f"{year}-{month}-{day}", "%Y-%m-%d")


def _parsed(words: str, form: str) -> date | None:
    try:
        parsed = datetime.strptime(words, form).date()
    except ValueError:
        return None
    return parsed if 1850 <= parsed.year <= 2150 else None


def _folded(words: str) -> str:
    return regex.sub(r"(?<=\p{L})\.", "", words.lower()).strip(" ,;:")


@cache
def wordings(table: str) -> Mapping[str, str]:
    """The canonical word or code of each of a table's words in `wordings.toml`."""
    tables = tomllib.loads((Path(__file__).parent / "wordings.toml").read_text(encoding="utf-8"))
    return {word: code for code, words in tables[table].items() for word in words}


_BY_KIND: Mapping[str, Reading] = {"text": _text, "date": _date, "duration": _duration, "quantity": _quantity()}
_BY_FIELD: Mapping[str, Reading] = {
    "medication": _drug,
    "disease_disorder": _problem,
    "sign_symptom": _problem,
    "diagnostic_procedure": _test,
    "dosage": _dose,
    "lab_value": _result,
    "frequency": _frequency,
    "administration": _route,
    "sex": _sex,
    "age": _age,
    "result_flag": _flag,
    "result_unit": _unit,
    "allergy": _allergy,
    "severity": _severity,
    "medication_status": _status("medication_status"),
    "problem_status": _status("problem_status"),
    "smoking_status": _habit("smoking_status"),
    "alcohol_use": _habit("alcohol_use"),
    "relative": _relative,
    **{field: _quantity(field) for field in ("height", "weight", "distance", "area", "volume", "mass")},
}
