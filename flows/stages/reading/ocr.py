"""Text from pictures of pages: tesseract where it is on the PATH, else rapidocr, whose models come in its wheel.

Both take a page turned by 90, 180 or 270 degrees or a little askew, and say where each word stands. Knows no PDF.
"""

import csv
import importlib.util
import io
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

import numpy
from PIL import Image

from flows.stages.reading.glyphs import Boxes, turn_of_steps
from flows.stages.reading.lines import Recognised, Snippet, in_reading_order
from flows.stages.reading.skew import carried_back, skew_of, straightened
from schemas.geometry import Turn

MIN_SCORE = 0.5
"""Snippets that rapidocr is less sure of are specks and stamps; its own default."""

SURE = 75.0
"""Tesseract's mean trust in a page that lies the right way up; one on its side or its head has 20 to 60."""

WORD_LEVEL = "5"
"""Of a row in tesseract's table; the others are pages, blocks, paragraphs and lines."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A page's words line by line, with their places on the picture as it lies, and how far its lines are turned."""

    lines: Sequence[Sequence[Snippet]] = ()
    turn: Turn = 0

    @property
    def weight(self) -> float:
        """Letters times the trust in them."""
        return sum(word.confidence * len(word.text) for line in self.lines for word in line)

    @property
    def sureness(self) -> float:
        """Mean trust, by letters; 0 where nothing was read."""
        letters = sum(len(word.text) for line in self.lines for word in line)
        return self.weight / letters if letters else 0.0


class Engine(Protocol):
    """Reads a page's picture; `name` is kept with what it read."""

    @property
    def name(self) -> str:
        """The program and, where it is quick to tell, its version."""

    def read(self, picture: Image.Image) -> Recognised:
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

    def read(self, picture: Image.Image) -> Recognised:
        """As Engine.read. A page that tesseract fails on counts as one without words."""
        skew = skew_of(picture)
        straight = straightened(picture.convert("L"), skew)
        reading = self._read(straight, 0)
        # finding which way up a page lies takes as long as reading it, so only what reads badly is turned
        if reading.sureness < SURE:
            reading = self._read_turned(straight, reading)
        words = [word for line in reading.lines for word in line]
        return _back(in_reading_order(words, reading.turn), skew, picture.size)

    def _read_turned(self, straight: Image.Image, best: _Reading) -> _Reading:
        for turn in self._likely_turns(straight):
            reading = self._read(straight, turn)
            if reading.weight > best.weight:
                best = reading
            if reading.sureness >= SURE:
                break
        return best

    def _likely_turns(self, straight: Image.Image) -> Sequence[Turn]:
        """The turns to try, tesseract's own guess first."""
        found = re.search(r"^Rotate: (\d+)", self._run(straight, "--psm", "0"), re.MULTILINE)
        guess = (360 - int(found[1])) % 360 if found else 180
        turns: tuple[Turn, ...] = (180, 90, 270)
        return sorted(turns, key=lambda turn: turn != guess)

    def _read(self, straight: Image.Image, turn: Turn) -> _Reading:
        """What is read with that turn undone."""
        table = self._run(upright(straight, turn), "--psm", "3", "tsv")
        rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
        words = [row for row in rows if row["level"] == WORD_LEVEL and (row["text"] or "").strip()]
        if not words:
            return _Reading()
        sides = numpy.array([[float(row[side]) for side in ("left", "top", "width", "height")] for row in words])
        sides[:, 2:] += sides[:, :2]
        lines: dict[tuple[str, ...], list[Snippet]] = {}
        for row, (left, top, right, bottom) in zip(
            words, turned_back(sides, turn, straight.size).tolist(), strict=True
        ):
            place = tuple(row[part] for part in ("block_num", "par_num", "line_num"))
            snippet = Snippet(row["text"].strip(), (left, top, right, bottom), float(row["conf"]))
            lines.setdefault(place, []).append(snippet)
        return _Reading(tuple(lines.values()), _turn_of(list(lines.values()), turn))

    def _run(self, picture: Image.Image, *options: str) -> str:
        png = io.BytesIO()
        picture.save(png, "PNG", compress_level=1)
        command = [self._program, "-", "-", "--dpi", "200", *options]
        done = subprocess.run(
            command, input=png.getvalue(), capture_output=True, env={"OMP_THREAD_LIMIT": "1"}, check=False
        )
        return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else ""


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

    def read(self, picture: Image.Image) -> Recognised:
        """As Engine.read."""
        skew = skew_of(picture)
        straight = straightened(picture.convert("RGB"), skew)
        turn = self._turn(straight)
        # line by line the model often takes an upright line for one on its head: the page is turned as a whole
        found, _, words = self._steps(upright(straight, turn), use_cls=False, use_rec=True)
        if found is None or words.txts is None:
            return in_reading_order((), 0)
        quads = numpy.asarray(found, numpy.float32)
        sides = numpy.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)
        boxes = turned_back(sides, turn, straight.size)
        return _back(in_reading_order(list(_confident(words.txts, words.scores, boxes)), turn), skew, picture.size)

    def _turn(self, straight: Image.Image) -> Turn:
        quads, flips, _ = self._steps(straight, use_cls=True, use_rec=False)
        if quads is None:
            return 0
        return _turn_of_quads(quads, [label == "180" for label, _ in flips.cls_res or ()])

    def _steps(self, picture: Image.Image, use_cls: bool, use_rec: bool) -> tuple[Boxes | None, Any, Any]:
        """The snippets' corners in pixels (None where there are none), which way up they are, and their words."""
        pixels = numpy.asarray(picture)[:, :, ::-1]
        self._model.update_params(use_cls=use_cls, use_rec=use_rec)
        small, record = self._model.preprocess_img(pixels)
        found, flips, words, _ = self._model.run_ocr_steps(small, record)
        quads = None if found.boxes is None else numpy.asarray(found.boxes, numpy.float32)
        return None if quads is None else quads * (pixels.shape[1] / small.shape[1]), flips, words


def upright(picture: Image.Image, turn: Turn) -> Image.Image:
    """The picture with the turn of its lines undone."""
    undo = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
    return picture.transpose(undo[turn]) if turn else picture


def turned_back(boxes: Boxes, turn: Turn, size: tuple[int, int]) -> Boxes:
    """Boxes on the upright picture as they lie on the turned one, which is of this size."""
    width, height = size
    left, top, right, bottom = boxes.T
    columns = {
        0: (left, top, right, bottom),
        90: (width - bottom, left, width - top, right),
        180: (width - right, height - bottom, width - left, height - top),
        270: (top, height - right, bottom, height - left),
    }[turn]
    return numpy.stack(columns, axis=1)


def _back(read: Recognised, skew: float, size: tuple[int, int]) -> Recognised:
    return Recognised(read.text, carried_back(read.boxes, skew, size), read.words, read.turn)


def _turn_of(lines: Sequence[Sequence[Snippet]], tried: Turn) -> Turn:
    """Which way the words of a line follow each other; tesseract also reads lines that run up or down."""
    pairs = [(before.box, after.box) for line in lines for before, after in pairwise(line)]
    if not pairs:
        return tried
    boxes = numpy.array(pairs, numpy.float32)
    x, y = (boxes[:, 1] - boxes[:, 0])[:, :2].T
    return turn_of_steps(x, y)


def _confident(texts: Sequence[str], scores: Sequence[float], boxes: Boxes) -> Iterator[Snippet]:
    for text, score, (left, top, right, bottom) in zip(texts, scores, boxes.tolist(), strict=True):
        if score >= MIN_SCORE and text.strip():
            yield Snippet(text.strip(), (left, top, right, bottom), 100 * score)


def _turn_of_quads(quads: Boxes, upside_down: Sequence[bool]) -> Turn:
    """How far the page's lines are turned, by their shape and by which of them had to be turned over to be read."""
    sides = quads.max(axis=1) - quads.min(axis=1)
    is_upright = int((sides[:, 0] >= sides[:, 1]).sum()) * 2 >= len(quads)
    is_turned_over = sum(upside_down) * 2 > len(upside_down)
    # rapidocr turns tall snippets a quarter counter-clockwise before it looks whether they are upside down
    if is_upright:
        return 180 if is_turned_over else 0
    return 270 if is_turned_over else 90
