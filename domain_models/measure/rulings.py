"""How honest rulings are: whether what is called found stands there, and what is called absent does not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.finding import Verdict


@dataclass(frozen=True)
class RulingQuality:
    """Counts over (document, field) pairs by verdict, and how many of those verdicts the labellers contradict."""

    found: int
    absent: int
    abstained: int
    found_but_absent: int
    absent_but_present: int


def ruling_quality(ruled: Iterable[tuple[Verdict, bool]]) -> RulingQuality:
    """Quality of verdicts, each with whether the labellers marked the field in that document."""
    pairs = Counter(ruled)
    by_verdict: Counter[str] = Counter()
    for (verdict, _), count in pairs.items():
        by_verdict[verdict] += count
    return RulingQuality(
        by_verdict["found"],
        by_verdict["absent"],
        by_verdict["abstained"],
        pairs["found", False],
        pairs["absent", True],
    )
