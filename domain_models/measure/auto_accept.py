"""How many findings a person need not look at: what passes each field's threshold of acceptance, and how often rightly."""

from collections.abc import Sequence
from dataclasses import dataclass

WANTED_PRECISION = 0.95


@dataclass(frozen=True)
class Judged:
    """A finding's probability, the probability from which its field is accepted (None: never), and whether it is right."""

    probability: float
    accept_at: float | None
    right: bool


@dataclass(frozen=True)
class AutoAccepted:
    """`accepted` findings with this `precision`, which are this `share` of the `right` ones.

    `share_at_95_precision` is what one threshold for all fields could pass, set with the answers known: how far the
    ranking itself reaches.
    """

    accepted: int
    precision: float
    share: float
    right: int
    share_at_95_precision: float


def auto_accepted(findings: Sequence[Judged]) -> AutoAccepted:
    """The figures of these findings; all 0 where there are none."""
    passed = [f for f in findings if f.accept_at is not None and f.probability >= f.accept_at]
    right, right_passed = sum(f.right for f in findings), sum(f.right for f in passed)
    return AutoAccepted(
        accepted=len(passed),
        precision=right_passed / max(1, len(passed)),
        share=right_passed / max(1, right),
        right=right,
        share_at_95_precision=_best_at_precision(findings) / max(1, right),
    )


def _best_at_precision(findings: Sequence[Judged]) -> int:
    """The most right findings among the first so many, most probable first, of which 95 of 100 are right."""
    right = best = 0
    for count, finding in enumerate(sorted(findings, key=lambda f: -f.probability), start=1):
        right += finding.right
        if right >= WANTED_PRECISION * count:
            best = right
    return best
