"""What a cell of a table or a segment of a list item can be: which role of a record fits its words, and where it stands.

Knows words and their forms; knows no tables and no lists. The vocabulary stands in `layout.toml`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import regex

from domain_models.domain import Field, Kind
from domain_models.medical.normalise import normalise, wordings
from domain_models.medical.quantities import parse_unit, plain

FIELDS: Mapping[str, Mapping[str, tuple[str, Kind]]] = {
    "medication": {
        "drug": ("medication", "text"),
        "dose": ("dosage", "quantity"),
        "route": ("administration", "text"),
        "frequency": ("frequency", "quantity"),
        "duration": ("duration", "duration"),
        "started_on": ("date", "date"),
        "stopped_on": ("date", "date"),
        "status": ("medication_status", "code"),
    },
    "test": {
        "test": ("diagnostic_procedure", "text"),
        "value": ("lab_value", "quantity"),
        "unit": ("result_unit", "code"),
        "reference_range": ("reference_range", "text"),
        "flag": ("result_flag", "code"),
        "date": ("date", "date"),
    },
    "allergy": {
        "allergy": ("allergy", "text"),
        "reaction": ("allergy_reaction", "text"),
        "severity": ("severity", "text"),
        "date": ("date", "date"),
    },
    "problem": {
        "problem": ("disease_disorder", "text"),
        "date": ("date", "date"),
        "resolved_on": ("date", "date"),
        "severity": ("severity", "text"),
        "body_site": ("biological_structure", "text"),
        "status": ("problem_status", "code"),
        "relative": ("relative", "text"),
    },
    "procedure": {"procedure": ("therapeutic_procedure", "text"), "date": ("date", "date")},
}
"""The field and its kind of each role of a kind of record; the first role is the head."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*\.?"
DATE = (
    rf"(?i:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}"
    rf"|\d{{1,2}}[\s-]{_MONTH}[\s-]\d{{4}}|{_MONTH}\s+\d{{4}}|(?:19|20)\d\d(?![\d-]))"
)
_DATE_CELL = regex.compile(
    rf"(?:(?i:on|since|from|started|start|until|as of)\s+)?(?P<value>{DATE})(?:,?\s+\d{{1,2}}:\d{{2}}.*)?"
)
_RANGE = regex.compile(
    r"(?i)[(\[]?\s*(?:[<>≤≥]=?\s*\d[\d.,]*|\d[\d.,]*\s*(?:-|–|to)\s*\d[\d.,]*|negative|non-?reactive|not detected|normal|none|clear|up to \d[\d.,]*)"
    r"(?P<unit>\s*[^\d\s].{0,20})?\s*[)\]]?"
)
_RESULT = regex.compile(
    r"(?i)[<>≤≥]?\s*-?\d[\d,]*(?:\.\d+)?(?:\s*(?:/|-|–|to)\s*\d[\d.,]*)?(?:\s*\D.{0,20})?|negative|positive|trace|normal|abnormal|clear|yellow"
    r"|\+{1,4}|[1-4]\+|(?:non-?)?reactive|(?:not )?detected|absent|present"
)
_FLAGS = regex.compile(
    r"(?i)[(\[]?(?:hh|ll|h|l|a|n|high|low|abnormal|normal|critical(?:ly)?(?: high| low)?)[)\]]?\*?|\*"
)
_SEVERITY = regex.compile(
    r"(?i)(?:very )?(?:mild|moderate|severe|life[- ]threatening|low|medium|high|minor|serious|potentially fatal)(?: (?:risk|reaction))?"
    r"|(?:grade|stage|class) ?[\divx]+[a-c]?"
)
_WORD = regex.compile(r"[^\s-]+")
_LEAD = regex.compile(r"[\p{L}'/-]+(?:[ -]\p{L}+)?")


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a row: its role, field and half-open interval."""

    role: str
    field: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the layout states it; the first cell is its head. `extent`: all that was read for it, names included
    that its cells leave out.
    """

    kind: str
    cells: tuple[Cell, ...]
    extent: tuple[tuple[int, int], ...] = ()


@cache
def layout() -> Mapping[str, Any]:
    """The tables of `layout.toml`."""
    return tomllib.loads(Path(__file__).with_name("layout.toml").read_text(encoding="utf-8"))


def status_words() -> Mapping[str, str]:
    """What is done with a drug, in the words of records, and what it means."""
    return wordings("medication_status")


def is_empty(words: str) -> bool:
    """Whether a cell says that there is nothing in it."""
    return words.strip().lower() in layout()["words"]["empty"] or not words.strip()


def cell_of(kind: str, role: str, text: str, place: tuple[int, int]) -> Cell | None:
    """The cell of that role in `place`, trimmed to the words that fill it; None where they cannot be its value."""
    start, end = _stripped(text, place)
    words = text[start:end]
    if is_empty(words):
        return None
    inner = _inner(kind, role, words)
    return Cell(role, FIELDS[kind][role][0], start + inner[0], start + inner[1]) if inner else None


def head_cell(kind: str, text: str, place: tuple[int, int]) -> Cell | None:
    """The head of a row: any words that name something."""
    start, end = _stripped(text, place)
    words = text[start:end]
    if is_empty(words) or not regex.search(r"\p{L}{2}", words) or regex.fullmatch(DATE, words):
        return None
    role, (field, _) = next(iter(FIELDS[kind].items()))
    return Cell(role, field, start, end)


def drug_cells(text: str, place: tuple[int, int]) -> list[Cell]:
    """A drug's name with its strength and form: `Digoxin 0.125 MG Oral Tablet` is drug, dose and route.

    Several strengths leave the name whole. Nothing where words behind the strength are neither form nor route.
    """
    start, end = _stripped(text, place)
    concentration = _CONCENTRATION.search(text, start, end)
    match = _DRUG.fullmatch(text, start, end)
    if match is None:
        head = head_cell("medication", text, (start, concentration.start() if concentration else end))
        return [head] if head else []
    behind = [word.span() for word in _WORD.finditer(text, *match.span("form"))] if match["form"] else []
    whole = match["form"] and reads("medication", "route", match["form"])
    if not whole and not all(_is_form(text[slice(*word)]) for word in behind):
        return []
    cells = [Cell("drug", "medication", *match.span("name")), Cell("dose", "dosage", *match.span("strength"))]
    ways = [(first, last) for at, (first, _) in enumerate(behind) for _, last in reversed(behind[at:])]
    route = next((way for way in ways if reads("medication", "route", text[slice(*way)])), None)
    return [*cells, Cell("route", "administration", *route)] if route else cells


def _is_form(word: str) -> bool:
    return word.lower() in layout()["words"]["form"] or reads("medication", "route", word)


_CONCENTRATION = regex.compile(r"\s+\d+(?:\.\d+)?\s?%$")
_DRUG = regex.compile(
    r"(?i)(?:\d+\s+(?:actuat|hr|hour|ml|day)s?\s+)?(?P<name>\p{L}[^\d/|;]*?\p{L})\s+"
    r"(?P<strength>\d[\d,.]*\s*(?:mg|mcg|ug|µg|μg|g|units?|iu|meq|mmol)(?:/\p{L}+)?)(?:\s+(?P<form>\p{L}[\p{L}\s\d-]*))?(?:\s*\[[\p{L}\s-]+\])?"
)


def _inner(kind: str, role: str, words: str) -> tuple[int, int] | None:
    """Where in `words` the value of that role stands; None where the words are no such value."""
    field, _ = FIELDS[kind][role]
    whole = (0, len(words))
    if field == "date":
        match = _DATE_CELL.fullmatch(words)
        return match.span("value") if match else None
    if field == "lab_value":
        return whole if _RESULT.fullmatch(words) else None
    if field == "result_unit":
        return whole if parse_unit(plain(words)) else None
    if field == "reference_range":
        match = _RANGE.fullmatch(words)
        return whole if match and (match["unit"] is None or parse_unit(plain(match["unit"].strip(" ()[]")))) else None
    if field == "result_flag":
        return whole if _FLAGS.fullmatch(words) else None
    if field in {"medication_status", "problem_status"}:
        return _leading(kind, words)
    if field == "severity":
        return whole if _SEVERITY.fullmatch(words) else None
    if field == "frequency":
        return _frequency(words)
    if field in {"dosage", "duration"}:
        return whole if reads(kind, role, words) else None
    return whole if regex.search(r"\p{L}", words) and not regex.search(r"\d{4}", words) else None


def _frequency(words: str) -> tuple[int, int] | None:
    """The words up to the last one with which they still tell how often: a reason may stand behind them."""
    ends = [match.end() for match in _WORD.finditer(words)]
    return next(((0, end) for end in reversed(ends) if reads("medication", "frequency", words[:end])), None)


def _leading(kind: str, words: str) -> tuple[int, int] | None:
    """The first one or two words where they name a state: "NEW, in place of furosemide"."""
    match = _LEAD.match(words)
    for end in (match.end(), match.group().find(" ")) if match else ():
        if end > 0 and reads(kind, "status", words[:end]):
            return 0, end
    return None


def reads(kind: str, role: str, words: str) -> bool:
    """Whether the words have a value as that role."""
    field, field_kind = FIELDS[kind][role]
    return normalise(Field(field, "", field_kind, ""), words) is not None


def _stripped(text: str, place: tuple[int, int]) -> tuple[int, int]:
    start, end = place
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
