"""Which domain a document belongs to, from words that tell the domains apart. Reads no layout and no model."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain_models.domain import Domain
from schemas.errors import DocumentError

READ_CHARS = 40_000  # the first pages tell; a long annex must not outvote them
MOST_COUNTED = 3  # a word repeated on every page says no more than three do
LEAST_SCORE = 4.0
LEAST_LEAD = 1.25  # the best domain's score over the next one's


@dataclass(frozen=True, slots=True)
class Classification:
    """The chosen domain and each domain's score (sum of cue weights, unbounded, 0 is none)."""

    domain: str
    scores: Mapping[str, float]


def classify(text: str, domains: Iterable[Domain]) -> Classification:
    """The one domain whose cues clearly lead; DocumentError `unknown domain` where none does."""
    scores = {domain.name: _score(text[:READ_CHARS], _cues(domain.folder / "cues.toml")) for domain in domains}
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    best = ranked[0]
    runner_up = scores[ranked[1]] if len(ranked) > 1 else 0.0
    if scores[best] < LEAST_SCORE or scores[best] < LEAST_LEAD * runner_up:
        raise DocumentError("unknown domain")
    return Classification(best, scores)


def _score(text: str, cues: "Cues") -> float:
    counts = Counter(match.group().lower() for match in cues.pattern.finditer(re.sub(r"\s+", " ", text)))
    return sum(cues.weights[cue] * min(count, MOST_COUNTED) for cue, count in counts.items())


@dataclass(frozen=True)
class Cues:
    """A domain's cue phrases (lower case) with their weights, and one pattern that finds them all as whole words."""

    weights: Mapping[str, float]
    pattern: re.Pattern[str]


@cache
def _cues(path: Path) -> Cues:
    weights = tomllib.loads(path.read_text(encoding="utf-8"))["cues"]
    longest_first = sorted(weights, key=len, reverse=True)
    alternatives = "|".join(re.escape(cue) for cue in longest_first)
    return Cues(weights, re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE))
