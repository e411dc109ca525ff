"""The heading rules of `headings.toml`, compiled. Knows their form, not how they are applied."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NumberedRule:
    """A numbered heading: `sequence` names how its number must count on."""

    name: str
    rank: int
    sequence: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class HeadingRules:
    """All rules; words and headings in lower case. A smaller rank lies further out."""

    numbered: tuple[NumberedRule, ...]
    unfinished: frozenset[str]
    capitals_rank: int
    capitals_words: int
    capitals_lines: int
    capitals_refused: re.Pattern[str]
    clinical_rank: int
    part_rank: int
    clinical: frozenset[str]
    parts: frozenset[str]


@cache
def heading_rules() -> HeadingRules:
    """The rules as they stand beside this module."""
    tables = tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))
    capitals, clinical = tables["capitals"], tables["clinical"]
    return HeadingRules(
        tuple(NumberedRule(t["name"], t["rank"], t["sequence"], re.compile(t["pattern"])) for t in tables["numbered"]),
        frozenset(tables["unfinished"]["words"]),
        capitals["rank"],
        capitals["longest_words"],
        capitals["longest_lines"],
        re.compile(capitals["refused"]),
        clinical["rank"],
        clinical["part_rank"],
        frozenset(clinical["headings"]),
        frozenset(clinical["parts"]),
    )
