"""What a run leaves in Prefect's UI: its report, its drifts, what failed. Counts, ids and reasons, never words or names."""

from collections.abc import Sequence
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.report import RunReport
from flows.stages.quality import Drift, OpenFailure, RunQuality

MOST_ROWS = 200
"""Rows of a table: an artifact is read by people, and the database holds them all."""


def leave_artifacts(report: RunReport, quality: RunQuality) -> None:
    """The artifacts of a run that has ended."""
    create_table_artifact(report.details(), key="run-report", description="What this run did, in counts")
    if quality.drifts:
        flagged = sum(drift.is_drift for drift in quality.drifts)
        create_table_artifact(
            [drift_row(drift) for drift in quality.drifts[:MOST_ROWS]],
            key="quality-drift",
            description=f"{flagged} of {len(quality.drifts)} figures lie more than three standard errors from those of"
            " the runs before",
        )
    if quality.failures:
        create_markdown_artifact(failures_page(quality.failures), key="failures", description="What failed, by id")


def drift_row(drift: Drift) -> dict[str, Any]:
    """A figure for a person: both shares, how far apart, and whether that is a drift."""
    return {
        "drift": "DRIFT" if drift.is_drift else "",
        "domain": drift.domain,
        "measure": drift.measure,
        "field": drift.field,
        "this run": _share(drift.hits, drift.total),
        "runs before": _share(drift.earlier_hits, drift.earlier_total),
        "standard errors": round(drift.standard_errors, 1),
    }


def failures_page(failures: Sequence[OpenFailure]) -> str:
    """The open failures as Markdown, each with the command that shows more on the machine itself."""
    rows = [
        f"| `{failure.document_id[:12] or '-'}` | {failure.stage} | {failure.reason} | {failure.attempts} |"
        f" {failure.since:%Y-%m-%d %H:%M} |"
        for failure in failures[:MOST_ROWS]
    ]
    more = [f"\n{len(failures) - MOST_ROWS} more are in `core.failures`."] if len(failures) > MOST_ROWS else []
    head = ["| document | stage | reason | attempts | since (UTC) |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, *more, WHERE])


WHERE = """
Where the files lie: `muniment sql "SELECT path, stage, reason FROM core.failures WHERE resolved_at IS NULL"`.
Take them up once more: `muniment retry`.
"""


def _share(hits: int, total: int) -> str:
    return f"{hits} of {total} ({hits / total:.0%})" if total else "none"
