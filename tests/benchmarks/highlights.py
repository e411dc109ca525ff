"""Whether highlights stand on their words: `python -m tests.benchmarks.highlights 100 [DATABASE]`.

Takes random findings of a run over the 60 CUAD dev contracts (made first where no DATABASE is given), reads back what
lies under each one's rectangles, as the evidence page draws them, from the PDF's text layer (by OCR where the page was
read by OCR), and says how many hold their quote. Letters and digits count (NFKC), white space and marks do not.
"""

import random
import sys
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pypdfium2.raw as raw
from rapidfuzz.fuzz import partial_ratio

from flows.stages.evidence import Evidence, Mark, ShownPage, gather_evidence
from flows.stages.query import run_query
from flows.stages.reading import pdfium
from flows.stages.reading.ocr import find_engine
from schemas.finding import Finding
from tests.benchmarks.words import words_of

SEED = 20
SLACK = 0.5  # points left and right of a rectangle: its sides are rounded
OCR_LIKENESS = 90  # of 100, which OCR of the same words twice reaches
WHOLE = 99.9  # percent of a page's sides from which a highlight says no more than the page


@dataclass(frozen=True)
class ReadBack:
    """A finding and what stands under its rectangles. `share`: of the letters there, those that are the quote's."""

    finding_id: str
    document: str
    is_held: bool
    is_whole_page: bool
    share: float


def letters_of(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def sampled(database: Path, count: int) -> dict[str, list[str]]:
    """Finding ids by document id, drawn from all findings alike."""
    rows = run_query(database, "SELECT document_id, finding_id FROM core.findings ORDER BY finding_id").rows
    drawn: dict[str, list[str]] = defaultdict(list)
    for document_id, finding_id in random.Random(SEED).sample(rows, min(count, len(rows))):
        drawn[str(document_id)].append(str(finding_id))
    return drawn


def read_back(evidence: Evidence, wanted: Sequence[str]) -> Iterator[ReadBack]:
    """What is under the highlights of these findings."""
    findings = {one.finding.id: one.finding for field in evidence.fields for one in field.findings}
    with pdfium.opened(evidence.path.read_bytes()) as pdf:
        for key in wanted:
            marks = [(page, mark) for page in evidence.pages for mark in page.marks if mark.place.key == key]
            yield _judged(findings[key], evidence.name, marks, pdf)


def _judged(
    finding: Finding, name: str, marks: Sequence[tuple[ShownPage, Mark]], pdf: pypdfium2.PdfDocument
) -> ReadBack:
    under = " ".join(_under(pdf, shown, mark) for shown, mark in in_reading_order(marks))
    read, quote = letters_of(under), letters_of(finding.quote)
    is_held = quote in read or words_of(finding.quote) <= words_of(under)  # columns are read in another order
    if any(shown.page.reader == "ocr" for shown, _ in marks):
        is_held = partial_ratio(quote, read) >= OCR_LIKENESS
    is_whole = any(mark.width > WHOLE and mark.height > WHOLE for _, mark in marks)
    return ReadBack(finding.id, name, is_held and bool(quote), is_whole, len(quote) / max(1, len(read)))


def in_reading_order(marks: Sequence[tuple[ShownPage, Mark]]) -> list[tuple[ShownPage, Mark]]:
    """Line by line, each from the left: two marks are on one line where the middle of one is within the other's height."""
    lines: list[list[tuple[ShownPage, Mark]]] = []
    for shown, mark in sorted(marks, key=lambda pair: (pair[0].page.number, pair[1].top + pair[1].height / 2)):
        page, last = lines[-1][0] if lines else (None, None)
        if last is not None and page is shown and mark.top + mark.height / 2 < last.top + last.height:
            lines[-1].append((shown, mark))
        else:
            lines.append([(shown, mark)])
    return [pair for line in lines for pair in sorted(line, key=lambda pair: pair[1].left)]


def _under(pdf: pypdfium2.PdfDocument, shown: ShownPage, mark: Mark) -> str:
    page = pdf[shown.page.number - 1]
    if shown.page.reader == "ocr":
        return _recognised(pdf, shown, mark)
    textpage = page.get_textpage()
    # the middle half of a line's height: the letters above and below reach into it with their tails and stems
    left, across_length = shown.width * mark.left / 100, shown.width * mark.width / 100
    top, line = shown.height * mark.top / 100, shown.height * mark.height / 100
    left, right, top, bottom = left - SLACK, left + across_length + SLACK, top + line / 4, top + line * 3 / 4
    corners = [_in_page(page, shown, *corner) for corner in ((left, top), (right, bottom))]
    across, down = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return str(textpage.get_text_bounded(across[0], down[0], across[1], down[1]))


def _in_page(page: pypdfium2.PdfPage, shown: ShownPage, x: float, y: float) -> tuple[float, float]:
    """A place on the page as shown, in the page's own coordinates (turned and cropped pages have others)."""
    fine = 100  # pdfium takes whole numbers
    across, down = c_double(), c_double()
    size = (round(shown.width * fine), round(shown.height * fine))
    raw.FPDF_DeviceToPage(page, 0, 0, *size, 0, round(x * fine), round(y * fine), byref(across), byref(down))
    return across.value, down.value


def _recognised(pdf: pypdfium2.PdfDocument, shown: ShownPage, mark: Mark) -> str:
    engine = find_engine()
    assert engine is not None, "no OCR engine to read pages back that OCR has read"
    picture = pdfium.render(pdf, shown.page.number - 1)
    sides = ((mark.left, picture.width), (mark.top, picture.height))
    left, top = (share * side / 100 for share, side in sides)
    box = (left - 4, top - 4, left + mark.width * picture.width / 100 + 4, top + mark.height * picture.height / 100 + 4)
    return engine.read(picture.crop(tuple(map(round, box)))).text


def run_over_dev(folder: Path) -> Path:
    """A database with the CUAD dev contracts, without summaries."""
    from flows.process import process_documents
    from tests.benchmarks.words import CUAD, dev_names

    database = folder / "dev.duckdb"
    process_documents([str(CUAD / "pdf" / name) for name in dev_names()], str(database), "legal", summaries=False)
    return database


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        database = Path(sys.argv[2]) if len(sys.argv) > 2 else run_over_dev(Path(folder))
        found = [
            one
            for document_id, wanted in sampled(database, count).items()
            for one in read_back(gather_evidence(database, document_id), wanted)
        ]
    for one in found:
        if not one.is_held or one.is_whole_page:
            print(f"{one.finding_id}  {one.document}  held {one.is_held}, whole page {one.is_whole_page}")
    held = sum(one.is_held and not one.is_whole_page for one in found)
    shares = sorted(one.share for one in found)
    print(f"{held} of {len(found)} findings in {len({one.document for one in found})} documents stand on their words")
    print(
        f"of the letters under a highlight, the quote's: median {shares[len(shares) // 2]:.3f}, worst {shares[0]:.3f}"
    )


if __name__ == "__main__":
    main()
