"""Symptoms named with their place, as one span: "chest pain", "pain in the left leg" (`sited.toml`).

A tagger marks the symptom and the place apart. Only what the classification of diseases codes otherwise than the symptom
alone is put together.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import regex

from domain_models.medical.icd10 import code_of
from schemas.finding import Span

SITED = 0.95  # argued, not measured: such words leave few other meanings


def sited_spans(text: str) -> Iterator[Span]:
    """A span of each symptom with its place, in reading order."""
    for match in _expression().finditer(text):
        whole, alone = code_of(match.group()), code_of(match["symptom"])
        if whole is not None and (alone is None or whole.code != alone.code):
            yield Span("sign_symptom", *match.span(), SITED)


@cache
def _expression() -> "regex.Pattern[str]":
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    site, symptom, place = (rf"(?:{'|'.join(table[name])})" for name in ("site", "symptom", "place"))
    sides = rf"(?:{table['side']}\s+)*"
    return regex.compile(
        rf"(?i)\b(?:{sides}{site}\s+(?P<symptom>{symptom})|(?P<symptom>{symptom})\s+in\s+(?:(?:the|his|her|both)\s+)?{sides}{place})\b"
    )
