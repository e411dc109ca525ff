"""The abbreviations of what laboratories measure: which words in a line of results, or above a column, are tests."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def analytes() -> frozenset[str]:
    """Every abbreviation, in its own case."""
    tables = tomllib.loads(Path(__file__).with_name("analytes.toml").read_text(encoding="utf-8"))
    return frozenset(tables["names"])


@cache
def _folded() -> frozenset[str]:
    return frozenset(name.lower() for name in analytes())


def is_analyte(words: str) -> bool:
    """Whether a column's label, in any case, is one of them."""
    return " ".join(words.lower().split()).strip(" .:") in _folded()
