"""Which attribute belongs to which head: a dose to its drug, a value to its test, a body site to its problem.

Each candidate pair within one statement gets a score, the sum of the weights in `links.toml` for what stands between
and around the two; the best head above the threshold takes the attribute. The weights were fitted on MACCROBAT's
MODIFY relations (`fit_links.py`). Knows nothing of records.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex

_WEIGHTS = Path(__file__).parent / "links.toml"
_BETWEEN = {
    "and": regex.compile(r"\b(?:and|or)\b"),
    "preposition": regex.compile(r"\b(?:of|in|at|on|over|to|for|from|with)\b"),
    "verb": regex.compile(r"\b(?:was|were|is|are|had|has|showed|revealed|demonstrated|remained|became)\b"),
    "clause": regex.compile(r"[;:]|\b(?:but|while|which|who|whereas|although|then)\b"),
}
_GIVEN = frozenset({"administration", "dosage", "frequency"})
_ITEM_BORDER = regex.compile(r"[,;:](?!\d)|\.\s")
_MAX_GAP = 400  # characters; farther apart, even two entities of one statement are not linked


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity's place: its field and half-open interval."""

    field: str
    char_start: int
    char_end: int


@dataclass(frozen=True)
class LinkRule:
    """Weights by feature name, the score a link must exceed, and which fields may head which attribute.

    `always` names the attributes that mean nothing alone: they take their best head whatever its score.
    """

    weights: Mapping[str, float]
    threshold: float
    heads: Mapping[str, frozenset[str]]
    always: frozenset[str] = frozenset()

    def score(self, features: Mapping[str, float]) -> float:
        """Log-odds that the pair with these features belongs together."""
        return sum(self.weights.get(name, 0.0) * amount for name, amount in features.items())


@cache
def load_rule(path: Path = _WEIGHTS) -> LinkRule:
    """The fitted rule."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    heads = {attribute: frozenset(names) for attribute, names in tables["heads"].items()}
    return LinkRule(tables["weights"], tables["threshold"], heads, frozenset(tables["always"]))


def link(text: str, statement: Sequence[Mention], rule: LinkRule) -> Iterator[tuple[Mention, Mention]]:
    """Pairs (attribute, head) among the mentions of one statement, in reading order; at most one head each."""
    ordered = sorted(statement, key=lambda mention: (mention.char_start, mention.char_end))
    for attribute in ordered:
        scored = [(rule.score(features), head) for head, features in candidates(text, attribute, ordered, rule)]
        best = max(scored, key=lambda pair: pair[0], default=None)
        if best is not None and (best[0] > rule.threshold or attribute.field in rule.always):
            yield attribute, best[1]


def candidates(
    text: str, attribute: Mention, statement: Sequence[Mention], rule: LinkRule
) -> Iterator[tuple[Mention, dict[str, float]]]:
    """Every mention that may head `attribute`, with the features of the pair. `statement` is in reading order."""
    allowed = rule.heads.get(attribute.field, frozenset())
    for head in statement:
        gap = max(head.char_start - attribute.char_end, attribute.char_start - head.char_end)
        if (
            head is not attribute
            and head.field in allowed
            and gap <= _MAX_GAP
            and not _of_item_before(text, attribute, head)
        ):
            yield head, _features(text, attribute, head, statement)


def _of_item_before(text: str, attribute: Mention, head: Mention) -> bool:
    """Whether a border of items stands between what says how a drug is given and a drug behind it: "q8h, vancomycin"."""
    if attribute.field not in _GIVEN or head.field != "medication" or head.char_start < attribute.char_end:
        return False
    return _ITEM_BORDER.search(text, attribute.char_end, head.char_start) is not None


def _features(text: str, attribute: Mention, head: Mention, statement: Sequence[Mention]) -> dict[str, float]:
    first, last = sorted((attribute, head), key=lambda mention: mention.char_start)
    between = text[first.char_end : last.char_start]
    order = "after" if head is first else "before"
    inside = [m for m in statement if first.char_end <= m.char_start and m.char_end <= last.char_start]
    features = {
        "bias": 1.0,
        f"{attribute.field}>{head.field}": 1.0,
        f"{attribute.field}:{order}": 1.0,
        f"{head.field}:{order}": 1.0,
        f"gap:{order}": math.log1p(max(0, len(between))),
        f"adjacent:{order}": float(len(between.strip()) == 0),
        f"rivals:{order}": min(3.0, sum(m.field == head.field for m in inside)),
        f"others:{order}": min(3.0, sum(m.field != head.field and m.field != attribute.field for m in inside)),
        f"peers:{order}": min(3.0, sum(m.field == attribute.field for m in inside)),
        f"commas:{order}": min(3.0, between.count(",")),
        "overlap": float(last.char_start < first.char_end),
    }
    features |= {f"{name}:{order}": float(bool(p.search(between))) for name, p in _BETWEEN.items()}
    return features | {f"{attribute.field}:{order}:far": float(len(between) > 40)}
