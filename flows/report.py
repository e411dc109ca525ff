"""What a run did, for people: counts and reasons, never names of files or words of documents."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields

from flows.batch import FAILED_BEFORE
from schemas.run import Failure, Run, Skip


@dataclass(frozen=True)
class Effort:
    """In documents: what a run did at each stage, and what it could leave because stored work still held."""

    read: int = 0
    tagged: int = 0
    kept_proposals: int = 0
    ruled: int = 0
    summarised: int = 0
    kept_summaries: int = 0
    left_alone: int = 0

    def rows(self) -> list[dict[str, str | int | float]]:
        """The effort as name and value."""
        return [{"what": name, "value": count} for name, count in zip(EFFORT_NAMES, astuple(self), strict=True)]

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in zip(EFFORT_NAMES, astuple(self), strict=True))


EFFORT_NAMES = (
    "read", "tagged", "not tagged again", "ruled", "summarised", "summaries kept", "left alone",
)  # fmt: skip


NO_EFFORT = Effort()


def total(efforts: Iterable[Effort]) -> Effort:
    """All of them together."""
    listed = list(efforts)
    return Effort(**{field.name: sum(getattr(effort, field.name) for effort in listed) for field in fields(Effort)})


@dataclass(frozen=True)
class RunReport:
    """A run's counts, its effort, and how often each reason to fail or to skip occurred."""

    run: Run
    effort: Effort
    failures: Mapping[str, int]
    skips: Mapping[str, int]
    snapshot: str
    versions: Mapping[str, str] = field(default_factory=dict)
    abstained: int = 0
    exchanged: Mapping[str, int] = field(default_factory=dict)

    @property
    def nothing_new(self) -> bool:
        """Whether every file was done before, so that no work was left."""
        return self.run.processed == 0 and 0 < self.run.skipped == self.run.files - self.run.failed

    @property
    def nothing_stored(self) -> bool:
        """Whether documents failed and none was stored, in this run or one before."""
        return self.run.failed > 0 == self.run.processed + self.effort.ruled + self.effort.left_alone

    @property
    def remark(self) -> str:
        """Why there was nothing to do; empty where there was work."""
        done = self.effort.left_alone
        failed = sum(count for reason, count in self.skips.items() if reason.startswith(FAILED_BEFORE))
        if not done + failed + self.run.processed + self.run.failed:
            return "no document found"
        if not self.nothing_new or not done + failed:
            return ""
        waiting = f"; {failed} failed before, and `muniment retry` takes them up again" if failed else ""
        return f"no new work: {done} documents were done before by the same versions{waiting}"

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
        rows += self.effort.rows()
        rows += [{"what": name, "value": count} for name, count in self.exchanged.items()]
        rows += [{"what": f"failed: {reason}", "value": count} for reason, count in self.failures.items()]
        rows += [{"what": f"skipped: {reason}", "value": count} for reason, count in self.skips.items()]
        return rows

    def details(self) -> list[dict[str, str | int | float]]:
        """The rows, and the version of each part that made them."""
        return self.rows() + [{"what": f"version of {part}", "value": name} for part, name in self.versions.items()]


def count_reasons(outcomes: Sequence[Failure | Skip]) -> dict[str, int]:
    """How often each reason occurs, most frequent first."""
    return dict(Counter(outcome.reason for outcome in outcomes).most_common())
