"""Which tests are vital signs, and which units a vital sign can have."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CODE_SYSTEM = "vital-sign"


@dataclass(frozen=True, slots=True)
class Vital:
    """A vital sign: its name here, the UCUM units that its values can have, and within what its number lies, in any of them."""

    code: str
    units: frozenset[str]
    bounds: tuple[float, float] | None = None


def vital_names() -> frozenset[str]:
    """Every name of a vital sign, in lower case."""
    return frozenset(_by_name())


def vital_of(words: str) -> Vital | None:
    """The vital sign that a test's name means, whatever its case and final punctuation; None for any other test."""
    return _by_name().get(" ".join(words.lower().split()).strip(" .:()"))


def vital_of_code(code: str | None) -> Vital | None:
    """The vital sign of that code."""
    return _by_code().get(code or "")


@cache
def _tables() -> Mapping[str, Mapping[str, list[Any]]]:
    tables: Mapping[str, Mapping[str, list[Any]]] = tomllib.loads(
        Path(__file__).with_name("vitals.toml").read_text(encoding="utf-8")
    )
    return tables


@cache
def _by_code() -> Mapping[str, Vital]:
    return {
        code: Vital(
            code, frozenset(table["units"]), (table["bounds"][0], table["bounds"][1]) if "bounds" in table else None
        )
        for code, table in _tables().items()
    }


@cache
def _by_name() -> Mapping[str, Vital]:
    return {name: _by_code()[code] for code, table in _tables().items() for name in table["names"]}
