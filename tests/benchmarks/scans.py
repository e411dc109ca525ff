"""OCR of CUAD pages made into scans: `python -m tests.benchmarks.scans [PAGES]` (20 by default), in four turns.

Each page is rendered at 200 dpi, skewed by 1.5 degrees, given mild noise and saved as JPEG; its text layer is what must
be read. Word accuracy is the share of words that agree, whatever their order (words missing and words too many both
count against it); `in order` is 1 minus the word error rate. The two differ on tables, where a text layer's order is
that of drawing.
"""

import io
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy
from PIL import Image
from rapidfuzz.distance import Levenshtein

from flows.stages.reading import pdfium
from flows.stages.reading.cleaning import clean_traced
from flows.stages.reading.layout import mend
from flows.stages.reading.ocr import Engine, RapidOcr, find_engine
from tests.benchmarks.words import CUAD, WORD

SEED = 7
TURNS = (0, 90, 180, 270)


@dataclass(frozen=True)
class Sheet:
    """A page's picture before it is spoilt, and its words."""

    name: str
    picture: Image.Image
    words: tuple[str, ...]


def sheets(count: int) -> Iterator[Sheet]:
    """Pages of prose, each of another PDF, chosen by the seed."""
    chance = random.Random(SEED)
    paths = sorted((CUAD / "pdf").glob("*.pdf"))
    chance.shuffle(paths)
    for path in paths[:count]:
        with pdfium.opened(path.read_bytes()) as pdf:
            for index in chance.sample(range(len(pdf)), len(pdf)):
                page = pdfium.read_page(pdf, index)
                words = tuple(WORD.findall(clean_traced([mend(page.text, page.glyphs)])[0].text))
                if len(words) > 150:
                    yield Sheet(f"{path.name} page {index + 1}", pdfium.render(pdf, index), words)
                    break


def spoilt(picture: Image.Image, turn: int) -> Image.Image:
    """The picture as a careless scan: skewed, noisy, compressed, turned clockwise."""
    skewed = picture.convert("L").rotate(1.5, Image.Resampling.BICUBIC, fillcolor=255, expand=True)
    noise = numpy.random.default_rng(SEED).normal(0, 12, (skewed.height, skewed.width))
    noisy = Image.fromarray(numpy.clip(numpy.asarray(skewed) + noise, 0, 255).astype(numpy.uint8))
    made = io.BytesIO()
    noisy.rotate(-turn, expand=True).save(made, "JPEG", quality=75)
    return Image.open(made)


def accuracy(engine: Engine, sheet: Sheet, turn: int) -> tuple[float, float]:
    """Word accuracy, and the same in order."""
    read = WORD.findall(engine.read(spoilt(sheet.picture, turn)).text)
    agreed = (Counter(sheet.words) & Counter(read)).total()
    in_order = 1 - Levenshtein.distance(sheet.words, read) / len(sheet.words)
    return agreed / max(len(sheet.words), len(read)), in_order


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    engine = RapidOcr() if "rapidocr" in sys.argv else find_engine()
    assert engine is not None, "neither tesseract nor rapidocr is installed"
    chosen = list(sheets(count))
    for turn in TURNS:
        begun = time.monotonic()
        scores = sorted((*accuracy(engine, sheet, turn), sheet.name) for sheet in chosen)
        mean, in_order = (sum(score[side] for score in scores) / len(scores) for side in (0, 1))
        print(
            f"{engine.name}, turned {turn}: word accuracy mean {mean:.4f} (in order {in_order:.4f}) over "
            f"{len(scores)} pages, worst {scores[0][0]:.4f} ({scores[0][2]}), "
            f"{(time.monotonic() - begun) / len(scores):.1f} s a page",
            flush=True,
        )


if __name__ == "__main__":
    main()
