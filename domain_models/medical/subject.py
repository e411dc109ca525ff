"""Whether a text tells of a patient at all, or of people at large: a policy, a guideline, a leaflet, a blank form, a study.

What such a text says of drugs and problems is said of nobody. Anything that speaks of one person makes it a record.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex

from domain_models.medical.identities import IDENTITIES
from domain_models.medical.sentences import statements
from schemas.finding import Finding


@dataclass(frozen=True)
class _Manners:
    """The words of `subject.toml`, compiled."""

    fewest: int
    unreal: "regex.Pattern[str]"
    told: "regex.Pattern[str]"
    titled: tuple["regex.Pattern[str]", ...]
    general: tuple["regex.Pattern[str]", ...]


def tells_of_nobody(text: str, findings: Sequence[Finding]) -> bool:
    """Whether the text speaks of people at large in several ways, and nowhere of one person."""
    if any(finding.field in IDENTITIES for finding in findings):
        return False
    if _generality(text) < _manners().fewest:
        return False
    return not any(_is_told(text, *interval) for interval in statements(text))


def _generality(text: str) -> int:
    manners = _manners()
    titled, general = (
        sum(manner.search(text) is not None for manner in of) for of in (manners.titled, manners.general)
    )
    return 2 * titled + general


def _is_told(text: str, start: int, end: int) -> bool:
    manners = _manners()
    return manners.told.search(text, start, end) is not None and manners.unreal.search(text, start, end) is None


@cache
def _manners() -> _Manners:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    titled, general = (tuple(_any_of([words]) for words in table[name]) for name in ("titled", "general"))
    return _Manners(table["fewest"], _any_of(table["unreal"]), _any_of(table["told"]), titled, general)


def _any_of(words: Iterable[str]) -> "regex.Pattern[str]":
    return regex.compile(rf"(?i)(?<!\w)(?:{'|'.join(words)})(?!\w)")
