"""Which compositions of UCUM units measure anything, and which values a field can have.

Knows units and signs; knows no words and no normal ranges. The rules stand in `dimensions.toml`.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any


def measures(code: str) -> bool:
    """Whether a UCUM unit can be one: below the line each dimension once, and only those that things are counted by."""
    above, *below = code.split("/")
    allowed = _rules()["below_the_line"]
    dimensions = [next(iter(_dimensions(atom) & set(allowed["dimensions"])), None) for atom in below]
    if None in dimensions or len(set(dimensions)) < len(below) or len(below) > allowed["most"]:
        return False
    return not below or (above not in allowed["never_divided"] and (len(below) == 1 or above not in below))


def can_be(field: str, number: Decimal, unit: str | None) -> bool:
    """Whether a value of that field can have this number in this unit; None is a bare number."""
    if number < 0 and number < _rules()["negative"].get(unit or "", 0):
        return False
    kind = _rules()["kinds"].get(field)
    return kind is None or unit is None or (_has_sign(kind, number) and _fits(kind, unit))


def _has_sign(kind: Mapping[str, Any], number: Decimal) -> bool:
    return number > 0 or (number == 0 and kind.get("zero", False))


def _fits(kind: Mapping[str, Any], unit: str) -> bool:
    above, *below = unit.split("/")
    fits = bool(_dimensions(above) & set(kind["of"])) and above not in kind.get("never", ())
    return fits and all(atom in kind.get("per", ()) for atom in below)


def _dimensions(atom: str) -> frozenset[str]:
    return frozenset(name for name, atoms in _rules()["dimensions"].items() if atom in atoms)


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("dimensions.toml").read_text(encoding="utf-8"))
