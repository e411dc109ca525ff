"""What the command line shows: progress bars, reports and tables, on a terminal or in a log. Decides nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from flows.report import RunReport

STATES = (
    "SELECT state, count(*) AS documents, sum(page_count) AS pages FROM core.documents GROUP BY state ORDER BY state"
)
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
    """A run's report as a table."""
    show_rows(report.rows())
    if report.nothing_new:
        Console().print("no new work: every file was done before by the same versions")


def show_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of the same keys as a table."""
    if not rows:
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


def show_status(database: Path) -> None:
    """Documents by state, and each file that failed."""
    from flows.stages.query import format_result, run_query

    print(format_result(run_query(database, STATES), "table"), end="")
    print(format_result(run_query(database, FAILURES), "table"), end="")


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
