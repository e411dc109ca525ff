"""Planted identifiers left by a de-identified run: `python -m tests.benchmarks.masked [BUNDLES]` (all 16 by default).

Each Synthea bundle is drawn in three layouts, with the patient's name in the file's name, document information, outline,
form and attachment; one run with --deidentify reads them. Every byte of every file that it leaves, as UTF-8 and UTF-16,
and every cell of every table and view is searched for each name, street, town, ZIP code, phone and number that was
planted; birth dates are looked for in their places by the tests. What is left is printed by its place, never its words.
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from flows.process import process_documents
from tests.conftest import SHARED_DATA
from tests.planted import not_dates, places_left
from tests.synthea_charts import draw_charts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", type=int, nargs="?", default=16)
    count = parser.parse_args().bundles
    with tempfile.TemporaryDirectory() as home:
        charts, database = Path(home, "charts"), Path(home, "left", "masked.duckdb")
        charts.mkdir()
        database.parent.mkdir()
        bundles = sorted((SHARED_DATA / "synthea").glob("*.json.gz"))[:count]
        planted = not_dates(draw_charts(bundles, charts))
        begun = time.monotonic()
        report = process_documents([str(charts)], str(database), "medical", summaries=False, deidentify=True)
        seconds = time.monotonic() - begun
        left = places_left(planted, database)
        size = sum(path.stat().st_size for path in database.parent.rglob("*") if path.is_file())
    print(f"{report.run.processed} charts of {len(bundles)} bundles in {seconds:.0f} s; {size:,} bytes searched")
    print(f"{len(left)} of {len(planted)} planted identifiers left")
    for place, number in Counter(place for places in left.values() for place in places).most_common():
        print(f"  {place}: {number}")


if __name__ == "__main__":
    main()
