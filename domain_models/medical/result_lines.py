"""Results that stand in one line: "Na 137, K 4.2, Cr 1.1 (H)", "pH 7.29 pCO2 58 HCO3 27". Knows abbreviations and units.

A number with another behind it (a series, a range, "2.1 (1.8 yesterday)") is left to the tagger, as is one in a line of its
own.
"""

from collections.abc import Iterator
from functools import cache

import regex

from domain_models.medical.analytes import analytes
from domain_models.medical.cells import Cell, Row
from domain_models.medical.ingredients import is_drug
from domain_models.medical.quantities import parse_unit

_FEWEST = 2  # results in a line
_JOINT = r"(?:\s?[:=]\s?|[ ](?:is|was|of)[ ]|[ ]+)"
_UNIT = r"(?:\s?(?:%|(?:x\s?)?(?:10[*^]?\d{1,2}|\p{L}{1,5}|µ\p{L}{1,4})/[\p{L}\d]+(?:\.\d+\p{L}*\d?)?|sec(?:onds)?|K(?=[\s,;.]|$)))?"
_RESULT = (
    rf"(?P<value>[<>≤≥]?\s?\d[\d,]*(?<!,)(?:\.\d+)?{_UNIT})(?:\s?[(\[]?(?P<flag>HH|LL|[HL])[)\]]?(?![\p{{L}}\d]))?"
)
_NOT_ALONE = r"(?![\p{L}\d%/-])(?!\.?[\p{L}\d])(?![ \t]*(?:[(\[]?\d|[-–/]|->|→|<-|←|[(\[]?(?:from|was)\b))"
_WORD_BEHIND = regex.compile(r"[ ]?(?P<word>[\p{L}]+)")


def result_rows(text: str) -> Iterator[Row]:
    """A row for each result with its flag, line by line."""
    for line in regex.finditer(r"[^\n\f\t]+", text):
        matches = [match for match in _expression().finditer(text, *line.span()) if _is_result(match)]
        for match in matches if len(matches) >= _FEWEST else ():
            cells = [Cell("test", "diagnostic_procedure", *match.span("name"))]
            cells.append(Cell("value", "lab_value", *match.span("value")))
            cells += [Cell("flag", "result_flag", *match.span("flag"))] if match["flag"] else []
            yield Row("test", tuple(cells), ())


def _is_result(match: "regex.Match[str]") -> bool:
    """Whether the number is no dose: "potassium chloride 20 mEq", "glucose 5%"."""
    if match["value"].endswith("%"):
        return not is_drug(match["name"])
    behind = _WORD_BEHIND.match(match.string, match.end("value"))
    is_amount = behind is not None and not match["flag"] and parse_unit(behind["word"]) is not None
    return not is_amount


@cache
def _expression() -> "regex.Pattern[str]":
    names = "|".join(regex.escape(name) for name in sorted(analytes(), key=len, reverse=True))
    return regex.compile(rf"(?<![\p{{L}}\d/-])(?<!(?i:vitamin)[ ])(?P<name>{names}){_JOINT}{_RESULT}{_NOT_ALONE}")
