"""Short versions of the measures in `benchmarks`: a few real PDFs, a few scans, a few dozen damaged files."""

import shutil
from pathlib import Path

import pytest
from benchmarks import fuzz, scans
from benchmarks.words import CUAD, WORD, score_folder
from made_pdfs import picture

from flows.stages.reading.ocr import RapidOcr, find_engine

needs_contracts = pytest.mark.skipif(not CUAD.is_dir(), reason="no contracts at ../shared/data/cuad")
needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not on the PATH (apt-get install tesseract-ocr)"
)

SAMPLE = ["0084b1ca188d.pdf", "09bebb14eb90.pdf", "119cdf990e93.pdf", "3e157306bccf.pdf"]
"""A plain one, one with glued clause numbers, one with soft hyphens for hyphens, the one that is read worst."""


@needs_contracts
def test_words_of_contracts_are_read() -> None:
    scores = list(score_folder(SAMPLE))
    assert [score.name for score in scores] == SAMPLE
    assert min(score.recall for score in scores) >= 0.98 and min(score.precision for score in scores) >= 0.98
    assert sum(score.recall for score in scores) / len(scores) >= 0.994


@needs_contracts
@needs_tesseract
@pytest.mark.parametrize("turn", [0, 90])
def test_a_careless_scan_is_read_by_tesseract(turn: int) -> None:
    engine = find_engine()
    assert engine is not None
    (sheet,) = scans.sheets(1)
    assert scans.accuracy(engine, sheet, turn)[0] >= 0.97


def test_a_careless_scan_is_read_by_rapidocr() -> None:
    lines = [
        "The tenant shall pay the rent every month.",
        "Notice must be given in writing.",
        "The landlord keeps the roof in repair.",
        "Neither party may assign this lease.",
        "The deposit is returned at the end.",
    ]
    sheet = scans.Sheet("made", picture(lines), tuple(WORD.findall(" ".join(lines))))
    assert scans.accuracy(RapidOcr(), sheet, 180) == (1.0, 1.0)


@needs_contracts
def test_damaged_files_end_as_documents_or_with_a_reason(tmp_path: Path) -> None:
    states, wrong = fuzz.run(tmp_path, 30, seed=3)
    assert wrong == [] and states.total() == 30
    assert states["read"] > 5 and states["parse: corrupt"] > 1
