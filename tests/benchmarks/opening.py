"""How soon the evidence page of a database's longest document is there: `python -m tests.benchmarks.opening DATABASE`.

Writes the page as `muniment show` does and opens it five times in a new headless Chromium: from the start of navigation
until the first page's picture is decoded and two frames are drawn, by the browser's own clock.
"""

import sys
import tempfile
from pathlib import Path

from flows.evidence_page import evidence_page
from flows.stages.evidence import gather_evidence
from flows.stages.painter import painter
from flows.stages.parse import Limits
from flows.stages.query import run_query
from tests.browsing import chromium

LONGEST = "SELECT document_id, page_count FROM core.documents ORDER BY page_count DESC, document_id LIMIT 1"
TIMES = 5
FIRST_PAGE = """async () => {
    await document.querySelector("#page-1 img").decode();
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    return performance.now();
}"""


def main() -> None:
    database = Path(sys.argv[1])
    key, pages = run_query(database, LONGEST).rows[0]
    evidence = gather_evidence(database, str(key))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "longest.html"
        with painter(Limits()) as drawing:
            drawn = drawing.draw(evidence.path, evidence.document_id, range(len(evidence.pages)))
        target.write_text(evidence_page(evidence, drawn), encoding="utf-8", newline="\n")
        print(f"{evidence.name}: {pages} pages, {target.stat().st_size / 1e6:.1f} MB")
        for number in range(TIMES):
            with chromium(Path(folder) / str(number)) as browser:
                page = browser.new_page()
                page.goto(target.as_uri(), wait_until="commit")
                page.wait_for_selector("#page-1 img", state="attached")
                print(f"first page drawn after {page.evaluate(FIRST_PAGE) / 1000:.2f} s")


if __name__ == "__main__":
    main()
