"""What the command line shows: progress bars, reports and tables, on a terminal or in a log. Decides nothing."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from flows.report import RunReport

STATES = (
    "SELECT state, count(*) AS documents, sum(page_count) AS pages FROM core.documents GROUP BY state ORDER BY state"
)
REASONS = """SELECT reason, count(*) AS "failed files" FROM core.failures WHERE resolved_at IS NULL
GROUP BY reason ORDER BY count(*) DESC, reason"""
FAILURES = """SELECT path AS "failed file", stage, reason, attempts, version AS "stage's version", last_seen_at AS "last failed"
FROM core.failures WHERE resolved_at IS NULL ORDER BY stage, reason, path"""


@contextmanager
def steps_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def documents_progress() -> Iterator[None]:
    """A bar for the flow that runs inside, and a plain error where its server is not there."""
    from flows.process import on_progress
    from flows.server import reachable_server

    with reachable_server(), steps_progress("documents") as advance:
        token = on_progress.set(advance)
        try:
            yield
        finally:
            on_progress.reset(token)


def show_report(report: "RunReport") -> None:
    """A run's report as a table, and in a line why there was nothing to do."""
    show_rows(report.rows())
    if report.remark:
        print(report.remark, flush=True)


def show_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of the same keys as a table."""
    from flows.stages.query import QueryResult, format_result

    if rows:
        listed = QueryResult(tuple(rows[0]), tuple(tuple(row.values()) for row in rows))
        print(format_result(listed, "table"), end="", flush=True)


def show_status(database: Path, as_json: bool) -> None:
    """Documents by state, failures by reason, and each file that failed; as one JSON object where wanted."""
    from flows.stages.query import format_result, plain_rows, run_query

    asked = {"states": STATES, "reasons": REASONS, "failures": FAILURES}
    told = {name: run_query(database, sql) for name, sql in asked.items()}
    if as_json:
        rows = {name: plain_rows(result) for name, result in told.items()}
        print(json.dumps(rows, ensure_ascii=False), flush=True)
        return
    for name, result in told.items():
        if result.rows or name == "states":
            print(format_result(result, "table"), end="", flush=True)


def show_measures(measures: Mapping[str, Any]) -> None:
    """An evaluation: single figures first, then one table for each group of figures."""
    groups = {name: value for name, value in measures.items() if isinstance(value, Mapping)}
    show_rows([{"measure": name, "value": _rounded(v)} for name, v in measures.items() if name not in groups])
    for name, group in groups.items():
        show_rows([{name: label} | _cells(figures) for label, figures in group.items()])


def _cells(figures: Any) -> dict[str, Any]:
    """The figures of one line: several under their names, or one alone."""
    named = figures if isinstance(figures, Mapping) else {"value": figures}
    return {name: _rounded(value) for name, value in named.items()}


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
