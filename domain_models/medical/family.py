"""Of which relative a family history speaks, and what it says of each: "Mother: hypertension", "father died of a stroke".

Words behind a relative are a problem only where the code tables know them as one.
"""

from collections.abc import Iterator, Sequence

import regex

from domain_models.medical.cells import Cell, Row
from domain_models.medical.icd10 import code_of
from domain_models.medical.sentences import statement_of
from schemas.finding import Finding

_KIN = (
    r"(?:(?:maternal|paternal|older|younger|elder|eldest|twin|half)[ -])*"
    r"(?:(?:great[- ])?grand(?:mother|father|parents?)|mother|father|parents?|brothers?|sisters?|siblings?|sons?|daughters?|uncles?|aunts?|cousins?)"
)
_TOLD = regex.compile(
    r"(?i)(?<!\b(?:with|by|to|per|from)\s+(?:(?:his|her|the|their)\s+)?)"  # who came along or told it has it not
    rf"\b(?P<kin>{_KIN})(?:\s*[:|\t]\s*|\s+(?:has|had|with|died\s+of|died\s+from|suffers\s+from|suffered\s+from|was\s+diagnosed\s+with)\s+)"
    r"(?:an?\s+)?(?P<problem>\p{L}[\p{L}\d\s'-]{2,60}?)(?=\s+(?:at|in|since|aged?|when|who|but|after)\b|\s*[.,;()\n\f]|$)"
)
_PAIR = regex.compile(r"\s+and\s+")


def family_rows(text: str) -> Iterator[Row]:
    """A row for each problem that stands right behind a relative."""
    for match in _TOLD.finditer(text):
        relative = Cell("relative", "relative", *match.span("kin"))
        for start, end in _parts(text, *match.span("problem")):
            if code_of(" ".join(text[start:end].split())) is not None:
                yield Row("problem", (Cell("problem", "disease_disorder", start, end), relative), ((start, end),))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The problems that "and" joins."""
    borders = [start, *(at for match in _PAIR.finditer(text, start, end) for at in match.span()), end]
    yield from zip(borders[::2], borders[1::2], strict=True)


def relative_of(head: Finding, relatives: Sequence[Finding], statements: Sequence[tuple[int, int]]) -> Finding | None:
    """The relative named last before the problem in its statement, else the first one behind it: "a stroke in her father"."""
    start, end = statements[statement_of(statements, head.char_start)]
    near = [one for one in relatives if start <= one.char_start < end]
    before = [one for one in near if one.char_end <= head.char_start]
    behind = [one for one in near if one.char_start >= head.char_end]
    return max(before, key=lambda one: one.char_start, default=None) or min(
        behind, key=lambda one: one.char_start, default=None
    )
