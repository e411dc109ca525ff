"""Rows of whole records, from PDF: `python -m tests.benchmarks.synthea [--misses] [--tagger NAME]`.

Each Synthea bundle is printed in three layouts, the PDFs go through `muniment run --domain medical --no-summaries`, and
the rows of the typed views are held against the bundle. A row is right where its name and, of medications, results and
vital signs, its value and unit are exactly those printed; rows are counted as often as they are printed, and each row
too many counts against precision. Rules may be tuned on every other bundle (`tuned`); the rest are held out.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from flows.process import process_documents
from flows.stages.query import run_query
from tests.benchmarks.synthea_charts import SAME_UNITS, Chart, Medication, Observation, charts
from tests.benchmarks.synthea_layouts import LAYOUTS

KINDS = ("medications", "conditions", "allergies", "labs", "vitals")
QUERIES = {
    "medications": "SELECT document_name, drug, dose, unit FROM medical.medications",
    "conditions": "SELECT document_name, problem, NULL, NULL FROM medical.problems",
    "allergies": "SELECT document_name, substance, NULL, NULL FROM medical.allergies",
    "tests": "SELECT document_name, name, coalesce(value_number::VARCHAR, value), unit FROM medical.tests",
    "vitals": "SELECT document_name, quote, NULL, NULL FROM medical.vitals",
}


class Row(NamedTuple):
    """A name in lower case, its value in digits and its UCUM unit, as far as there are any."""

    name: str
    value: str | None = None
    unit: str | None = None


class Score(NamedTuple):
    """Counts of rows that are right, missing and too many."""

    right: int
    missing: int
    extra: int

    def line(self) -> str:
        precision = self.right / max(1, self.right + self.extra)
        recall = self.right / max(1, self.right + self.missing)
        f1 = 2 * self.right / max(1, 2 * self.right + self.missing + self.extra)
        return f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  ({self.right + self.missing} rows)"


def row(name: str, value: object = None, unit: str | None = None) -> Row:
    words = " ".join(name.lower().split())
    return Row(words, None if value is None else _digits(str(value)), unit or None)


def _digits(value: str) -> str:
    """A number without final zeros; a blood pressure without its unit."""
    try:
        return f"{Decimal(value).normalize():f}"
    except ArithmeticError:
        return value.split()[0]


def wanted(chart: Chart, layout: str) -> Mapping[str, Counter[Row]]:
    """What the PDF of a chart in that layout states."""
    as_code = layout == "export"
    results = [(one.is_vital, _observed(one, as_code)) for one in chart.observations]
    return {
        "medications": Counter(_drug(one) for one in chart.medications),
        "conditions": Counter(row(one.name) for one in chart.conditions),
        "allergies": Counter([row(one.substance) for one in chart.allergies]),
        "labs": Counter(one for is_vital, one in results if not is_vital),
        "vitals": Counter(one for is_vital, one in results if is_vital),
    }


def _drug(one: Medication) -> Row:
    return row(one.name, one.strength, one.unit)


def _observed(one: Observation, as_code: bool) -> Row:
    unit = SAME_UNITS.get(one.unit, one.unit) if one.printed_unit(as_code) else None
    return row(one.name, one.value, unit)


def found(database: Path) -> Mapping[str, Mapping[str, Counter[Row]]]:
    """The rows of each document by kind. A test is a vital sign where its name is that of one that the chart prints."""
    rows: dict[str, dict[str, Counter[Row]]] = {}
    for kind, query in QUERIES.items():
        for name, *cells in run_query(database, query).rows:
            rows.setdefault(str(name), {}).setdefault(kind, Counter())[row(str(cells[0]), cells[1], cells[2])] += 1
    return rows


def compared(
    chart: Chart, layout: str, rows: Mapping[str, Counter[Row]]
) -> Iterator[tuple[str, Counter[Row], Counter[Row]]]:
    """Each kind with the rows wanted and found."""
    stated = wanted(chart, layout)
    vital_names = {one.name for one in stated["vitals"]} | {one.name for one in rows.get("vitals", ())}
    tests = rows.get("tests", Counter())
    split = {
        "vitals": Counter({one: count for one, count in tests.items() if one.name in vital_names}),
        "labs": Counter({one: count for one, count in tests.items() if one.name not in vital_names}),
    }
    for kind in KINDS:
        got = split[kind] if kind in split else rows.get(kind, Counter())
        # "no known allergies" is a row that says there is none
        yield kind, stated[kind], Counter({one: n for one, n in got.items() if not one.name.startswith("no known")})


def report(database: Path, every: list[Chart], misses: bool) -> None:
    """Prints the scores of each layout and kind, of the bundles tuned on and of those held out."""
    rows = found(database)
    for part, chosen in (("tuned", every[::2]), ("held out", every[1::2])):
        for layout in LAYOUTS:
            totals = dict.fromkeys((*KINDS, "all"), Score(0, 0, 0))
            for chart in chosen:
                name = f"{chart.key}.{layout}.pdf"
                for kind, want, got in compared(chart, layout, rows.get(name, {})):
                    score = Score((want & got).total(), (want - got).total(), (got - want).total())
                    for key in (kind, "all"):
                        totals[key] = Score(*(a + b for a, b in zip(totals[key], score, strict=True)))
                    if misses:
                        _print_misses(f"{name} {kind}", want, got)
            for kind, score in totals.items():
                print(f"{part:9} {layout:7} {kind:12} {score.line()}")


def _print_misses(title: str, want: Counter[Row], got: Counter[Row]) -> None:
    for mark, differing in (("-", want - got), ("+", got - want)):
        for one, count in differing.items():
            print(f"  {mark} {title}: {' | '.join(part or '' for part in one)}" + (f" x{count}" if count > 1 else ""))


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the rows read from printed Synthea records.")
    parser.add_argument("--misses", action="store_true", help="print each row missing (-) and too many (+)")
    parser.add_argument("--tagger", default="small", help="adapter by name or folder")
    parser.add_argument("--keep", type=Path, help="folder for the PDFs and the database, kept")
    options = parser.parse_args()
    every = charts()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        for chart in every:
            for layout, printed in LAYOUTS.items():
                (folder / f"{chart.key}.{layout}.pdf").write_bytes(printed(chart))
        database = folder / "records.duckdb"
        process_documents([str(folder)], str(database), "medical", options.tagger, False)
        report(database, every, options.misses)


if __name__ == "__main__":
    main()
