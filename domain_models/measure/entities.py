"""Strict entity measure: a predicted entity is right when type and both borders equal a gold one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain_models.measure.clause_spans import Quality

Entity = tuple[str, int, int]
"""Label and half-open characters."""


@dataclass(frozen=True)
class EntityQuality:
    """Micro-averaged quality over all labels, and each label's own."""

    micro: Quality
    labels: Mapping[str, Quality]


def entity_quality(pairs: Sequence[tuple[Iterable[Entity], Iterable[Entity]]]) -> EntityQuality:
    """Quality over documents given as (predicted, gold) entities."""
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for found, truth in pairs:
        found, truth = set(found), set(truth)
        predicted.update(label for label, _, _ in found)
        gold.update(label for label, _, _ in truth)
        right.update(label for label, _, _ in found & truth)
    labels = {label: _quality(right[label], predicted[label], gold[label]) for label in sorted(gold)}
    return EntityQuality(_quality(right.total(), predicted.total(), gold.total()), labels)


def _quality(right: int, predicted: int, gold: int) -> Quality:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    return Quality(precision, recall, 2 * right / (predicted + gold) if predicted + gold else 0.0, gold)
