"""Which domain a document belongs to, from words that tell the domains apart. Reads no layout and no model."""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher

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


def classifier_version(domains: Iterable[Domain]) -> str:
    """What the choice of a domain depends on beside the text: every domain's cues."""
    digest = hashlib.sha256()
    for path in sorted(domain.folder / "cues.toml" for domain in domains):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _score(text: str, cues: "Cues") -> float:
    document = _english().make_doc(re.sub(r"\s+", " ", text))
    counts = Counter(cues.phrases[match_id] for match_id, _, _ in cues.matcher(document))
    return sum(cues.weights[phrase] * min(count, MOST_COUNTED) for phrase, count in counts.items())


@dataclass(frozen=True)
class Cues:
    """A domain's cue phrases (lower case) with their weights, and what finds them whatever their case."""

    weights: Mapping[str, float]
    phrases: Mapping[int, str]
    matcher: PhraseMatcher


@cache
def _english() -> Language:
    """SpaCy's rules for cutting English into words; no model behind them."""
    return spacy.blank("en")


@cache
def _cues(path: Path) -> Cues:
    weights: dict[str, float] = tomllib.loads(path.read_text(encoding="utf-8"))["cues"]
    matcher = PhraseMatcher(_english().vocab, attr="LOWER")
    for phrase in weights:
        matcher.add(phrase, [_english().make_doc(phrase)])
    return Cues(weights, {_english().vocab.strings[phrase]: phrase for phrase in weights}, matcher)
