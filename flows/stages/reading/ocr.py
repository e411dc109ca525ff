"""Text from pictures of pages: tesseract where it is on the PATH, else rapidocr, whose models come in its wheel.

Both take a page turned by 90, 180 or 270 degrees or a little askew. Knows no PDF.
"""

import importlib.util
import io
import shutil
import subprocess
from functools import cache
from typing import Protocol

from PIL import Image

from flows.stages.reading.geometry import Turn
from flows.stages.reading.lines import Quad, Snippet, join_snippets

MIN_SCORE = 0.5
"""Snippets that rapidocr is less sure of are specks and stamps; its own default."""


class Engine(Protocol):
    """Reads a page's picture; `name` is kept with what it read."""

    @property
    def name(self) -> str:
        """The program and, where it is quick to tell, its version."""

    def read(self, picture: Image.Image) -> str:
        """The words on the picture in reading order, lines parted by line breaks; empty where there are none."""


@cache
def find_engine() -> Engine | None:
    """The engine at hand, loaded once per process; None where there is none."""
    program = shutil.which("tesseract")
    if program:
        return Tesseract(program)
    if importlib.util.find_spec("rapidocr") and importlib.util.find_spec("onnxruntime"):
        return RapidOcr()
    return None


class Tesseract:
    """The tesseract program, one process a page, on one thread."""

    name = "tesseract"

    def __init__(self, program: str) -> None:
        self._program = program

    def read(self, picture: Image.Image) -> str:
        """As Engine.read. A page that tesseract fails on counts as one without words."""
        png = io.BytesIO()
        picture.save(png, "PNG", compress_level=1)
        # page segmentation 1 also finds which way up the page is; 3 is the same without, where osd is not installed
        for segmentation in ("1", "3"):
            command = [self._program, "-", "-", "--dpi", "200", "--psm", segmentation]
            done = subprocess.run(
                command, input=png.getvalue(), capture_output=True, env={"OMP_THREAD_LIMIT": "1"}, check=False
            )
            if done.returncode == 0:
                return done.stdout.decode("utf-8", errors="replace")
        return ""


class RapidOcr:
    """PP-OCR models on onnxruntime, on one thread: the parser's processes already share the cores."""

    name = "rapidocr"

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._model = RapidOCR(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def read(self, picture: Image.Image) -> str:
        """As Engine.read."""
        import numpy

        pixels = numpy.asarray(picture.convert("RGB"))[:, :, ::-1]
        small, record = self._model.preprocess_img(pixels)
        found, flips, words, _ = self._model.run_ocr_steps(small, record)
        if found.boxes is None or words.txts is None:
            return ""
        quads = [Quad(tuple((float(x), float(y)) for x, y in box)) for box in found.boxes]
        upside_down = [label == "180" for label, _ in flips.cls_res or ()]
        snippets = [
            Snippet(text, quad)
            for text, score, quad in zip(words.txts, words.scores, quads, strict=True)
            if score >= MIN_SCORE and text.strip()
        ]
        return join_snippets(snippets, _turn(quads, upside_down))


def _turn(quads: list[Quad], upside_down: list[bool]) -> Turn:
    """Which way up the page lies, by the shape of its lines and by which of them had to be turned over to be read."""
    is_upright = sum(quad.width >= quad.height for quad in quads) * 2 >= len(quads)
    is_turned_over = sum(upside_down) * 2 > len(upside_down)
    # rapidocr turns tall snippets a quarter counter-clockwise before it looks whether they are upside down
    if is_upright:
        return Turn(180 if is_turned_over else 0)
    return Turn(90 if is_turned_over else 270)
