"""What a run did, for people: counts and reasons, never names of files or words of documents."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.run import Failure, Run, Skip


@dataclass(frozen=True)
class RunReport:
    """A run's counts, and how often each reason to fail or to skip occurred."""

    run: Run
    failures: Mapping[str, int]
    skips: Mapping[str, int]
    snapshot: str
    versions: Mapping[str, str] = field(default_factory=dict)
    abstained: int = 0

    @property
    def nothing_new(self) -> bool:
        """Whether every file was done before, so that no work was left."""
        return self.run.processed == 0 and self.run.skipped == self.run.files - self.run.failed

    def rows(self) -> list[dict[str, str | int | float]]:
        """The report as name and value, for a table."""
        run = self.run
        speed = run.pages / run.seconds if run.seconds else 0.0
        rows: list[dict[str, str | int | float]] = [
            {"what": "run", "value": run.id},
            {"what": "files", "value": run.files},
            {"what": "processed", "value": run.processed},
            {"what": "failed", "value": run.failed},
            {"what": "skipped", "value": run.skipped},
            {"what": "pages", "value": run.pages},
            {"what": "findings", "value": run.findings},
            {"what": "abstained", "value": self.abstained},
            {"what": "seconds", "value": round(run.seconds, 1)},
            {"what": "pages per second", "value": round(speed, 1)},
        ]
        rows += [{"what": f"failed: {reason}", "value": count} for reason, count in self.failures.items()]
        rows += [{"what": f"skipped: {reason}", "value": count} for reason, count in self.skips.items()]
        return rows

    def details(self) -> list[dict[str, str | int | float]]:
        """The rows, and the version of each part that made them."""
        return self.rows() + [{"what": f"version of {part}", "value": name} for part, name in self.versions.items()]


def count_reasons(outcomes: Sequence[Failure | Skip]) -> dict[str, int]:
    """How often each reason occurs, most frequent first."""
    return dict(Counter(outcome.reason for outcome in outcomes).most_common())
