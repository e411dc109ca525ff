"""Intervals and the rectangles they must map to; and real pages, whose pixels under a quote's rectangles say the quote."""

import shutil
from pathlib import Path

import numpy
import pytest
from made_pdfs import broken_words_pdf, cropped_and_turned, lines_pdf, one_page, picture, scan_pdf
from PIL import Image, ImageOps

from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from flows.stages.reading import pdfium
from flows.stages.reading.cleaning import clean_traced
from flows.stages.reading.glyphs import Glyphs, along_lines, as_shown, make_map, usual_turn
from flows.stages.reading.lines import Snippet, in_reading_order
from flows.stages.reading.ocr import find_engine, turned_back, upright
from flows.stages.reading.skew import carried_back, skew_of, straightened
from flows.stages.reading.traced import Traced
from schemas.document import Page, ParsedDocument
from schemas.geometry import PageMap, Rectangle, Turn, rectangles

# rapidocr misreads a letter of a narrow strip here and there, which says nothing of where the strip was cut
needs_ocr = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not on the PATH (apt-get install tesseract-ocr)"
)

LINES = [
    "The Supplier shall deliver the goods within thirty days.",
    "The Customer shall pay each invoice by the fifth of March.",
    "Neither party may assign this agreement without consent.",
]


def _parse(folder: Path, content: bytes) -> ParsedDocument:
    (folder / "document.pdf").write_bytes(content)
    (file,) = discover([folder / "document.pdf"]).files
    return parse_file(file)


def _at(document: ParsedDocument, quote: str) -> tuple[Rectangle, ...]:
    start = document.text.index(quote)
    return rectangles(document.pages, document.maps, start, start + len(quote))


def _read_back(content: bytes, document: ParsedDocument, quote: str) -> str:
    """What OCR reads in the pixels under the quote's rectangles, a white sheet around each."""
    engine = find_engine()
    assert engine is not None
    dpi, margin, found = 300, 60, []
    for part in _at(document, quote):
        with pdfium.opened(content) as pdf:
            page = pdfium.render(pdf, part.page_number - 1, dpi)
        sides = [round(side * dpi / 72) for side in (part.left, part.top, part.right, part.bottom)]
        pixels = upright(page.crop(tuple(sides)), document.maps[part.page_number - 1].turn)
        found.append(engine.read(ImageOps.expand(pixels, margin, 255)).text)
    return " ".join(" ".join(found).split())


def _map_of(turn: Turn) -> PageMap:
    """ "ab cd" on one line ten points from the edge, each character five points wide, and "ef" on the next."""
    lines = numpy.array([[10 + 5 * at, 15 + 5 * at, 20, 30] for at in range(6)], numpy.float32)
    boxes = numpy.concatenate([lines, numpy.array([[10, 15, 40, 50], [15, 20, 40, 50]], numpy.float32)])
    shown = as_shown(boxes, turn) + {0: (0, 0, 0, 0), 90: (100, 0) * 2, 180: (100, 200) * 2, 270: (0, 200) * 2}[turn]
    text = "ab cd\nef"
    return make_map(text, numpy.arange(8, dtype=numpy.int32), Glyphs(100, 200, shown.astype(numpy.float32), turn))


@pytest.mark.parametrize(
    ("turn", "interval", "expected"),
    [
        (0, (0, 1), [(10, 20, 15, 30)]),
        (0, (1, 4), [(15, 20, 30, 30)]),
        (0, (3, 7), [(25, 20, 35, 30), (10, 40, 15, 50)]),
        (0, (0, 8), [(10, 20, 35, 30), (10, 40, 20, 50)]),
        (0, (5, 6), []),
        (90, (0, 1), [(70, 10, 80, 15)]),
        (90, (3, 7), [(70, 25, 80, 35), (50, 10, 60, 15)]),
        (180, (0, 1), [(85, 170, 90, 180)]),
        (180, (3, 7), [(65, 170, 75, 180), (85, 150, 90, 160)]),
        (270, (0, 1), [(20, 185, 30, 190)]),
        (270, (3, 7), [(20, 165, 30, 175), (40, 185, 50, 190)]),
    ],
)
def test_an_interval_has_a_rectangle_for_each_line(
    turn: Turn, interval: tuple[int, int], expected: list[tuple[float, ...]]
) -> None:
    found = rectangles([Page(7, 0, 8, "pdfium")], [_map_of(turn)], *interval)
    assert [(part.left, part.top, part.right, part.bottom) for part in found] == expected
    assert {part.page_number for part in found} <= {7}


def test_an_interval_over_a_page_break_has_rectangles_on_both_pages() -> None:
    pages = [Page(1, 0, 8, "pdfium"), Page(2, 9, 17, "pdfium"), Page(3, 18, 26, "pypdf")]
    maps = [_map_of(0), _map_of(0), PageMap(6120, 7920)]
    found = rectangles(pages, maps, 6, 20)
    assert [(part.page_number, part.left, part.right) for part in found] == [
        (1, 10, 20),
        (2, 10, 35),
        (2, 10, 20),
        (3, 0, 612),
    ]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_way_the_lines_run_is_seen_from_the_characters(turn: Turn) -> None:
    boxes = numpy.array([[10 + 5 * at, 15 + 5 * at, 20, 30] for at in range(6)], numpy.float32)
    shown = as_shown(boxes, turn)
    assert usual_turn(shown) == turn
    assert along_lines(shown, turn).tolist() == boxes.tolist()


@pytest.mark.parametrize(
    ("read", "quote", "sides"),
    [
        ("of\ufb01ce hours", "ffice", (10, 50)),  # the ligature's ten points are shared between its two letters
        ("of\ufb01ce hours", "of", (0, 20)),
        ("a\u200bb\xa0 cd", "b c", (20, 60)),
        ("4.Term is", "Term", (20, 60)),
        ("4.Term is", "4. Te", (0, 40)),
    ],
)
def test_places_survive_cleaning(read: str, quote: str, sides: tuple[int, int]) -> None:
    boxes = numpy.array([[10 * at, 0, 10 * at + 10, 12] for at in range(len(read))], numpy.float32)
    (page,) = clean_traced([Traced.of(read)])
    made = make_map(page.text, page.origins, Glyphs(600, 800, boxes))
    start = page.text.index(quote)
    (found,) = rectangles([Page(1, 0, len(page.text), "pdfium")], [made], start, start + len(quote))
    assert (found.left, found.right) == sides


def test_a_letter_within_a_ligature_takes_its_share() -> None:
    (page,) = clean_traced([Traced.of("\ufb03")])
    made = make_map(page.text, page.origins, Glyphs(600, 800, numpy.array([[30, 0, 60, 12]], numpy.float32)))
    found = [rectangles([Page(1, 0, 3, "pdfium")], [made], at, at + 1)[0] for at in range(3)]
    assert [(part.left, part.right) for part in found] == [(30, 40), (40, 50), (50, 60)]


@pytest.mark.parametrize(
    ("shrunk", "interval", "expected"),
    [
        (range(5), (0, 5), [(0, 0, 600, 800)]),  # nothing has a place: the whole page stands for it
        (range(3, 5), (0, 5), [(0, 0, 20, 12)]),
        (range(1, 2), (0, 5), [(0, 0, 50, 12)]),
        (range(1, 2), (3, 5), [(30, 0, 50, 12)]),
    ],
)
def test_letters_that_a_broken_file_shrinks_to_points_have_no_place(
    shrunk: range, interval: tuple[int, int], expected: list[tuple[float, ...]]
) -> None:
    boxes = numpy.array([[10 * at, 0, 10 * at + 10, 12] for at in range(5)], numpy.float32)
    boxes[shrunk] = 100
    made = make_map("ab cd", numpy.arange(5, dtype=numpy.int32), Glyphs(600, 800, boxes))
    found = rectangles([Page(1, 0, 5, "pdfium")], [made], *interval)
    assert [(part.left, part.top, part.right, part.bottom) for part in found] == expected


def test_a_word_mended_over_a_line_end_has_a_rectangle_on_either_line(tmp_path: Path) -> None:
    document = _parse(tmp_path, broken_words_pdf())
    first, second = _at(document, "agreement of")
    assert second.top > first.bottom - 1 and first.left > second.left


def test_words_of_ocr_keep_their_confidence_and_their_places() -> None:
    read = in_reading_order([Snippet("Net 30", (10, 20, 70, 30), 91.4), Snippet("days", (80, 20, 120, 30), 60.0)], 0)
    made = make_map(
        read.text, numpy.arange(len(read.text), dtype=numpy.int32), Glyphs(200, 100, read.boxes, 0, read.words)
    )
    assert read.text == "Net 30 days" and list(made.confidences) == [91, 91, 60]
    assert [read.text[s : s + n] for s, n in zip(made.starts, made.lengths, strict=True)] == ["Net", "30", "days"]
    (found,) = rectangles([Page(1, 0, 11, "ocr")], [made], 4, 11)
    assert 10 + 60 * 3 / 7 < found.left < 10 + 60 * 5 / 6 and found.right == 120


@pytest.mark.parametrize("size", [(100, 200)])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_on_the_upright_picture_are_carried_back_to_the_turned_one(turn: Turn, size: tuple[int, int]) -> None:
    sheet = Image.new("L", size, 255)
    sheet.paste(0, (30, 50, 45, 90))
    top = upright(sheet, turn)
    box = ImageOps.invert(top).getbbox()
    assert box is not None
    assert turned_back(numpy.array([box], numpy.float32), turn, size).tolist() == [[30, 50, 45, 90]]


@pytest.mark.parametrize("skew", [-3.0, -1.5, 0.0, 1.5, 3.0])
@pytest.mark.parametrize("turn", [0, 90])
def test_skew_is_seen_and_boxes_are_carried_back_to_the_page_askew(skew: float, turn: Turn) -> None:
    sheet = picture(["The quick brown fox jumps over the lazy dog, again and again"] * 12)
    askew = (sheet.rotate(90) if turn else sheet).rotate(skew, Image.Resampling.BICUBIC, fillcolor=255)
    assert skew_of(askew) == skew
    mark = Image.new("L", askew.size, 255)
    mark.paste(0, (700, 300, 720, 310))
    box = ImageOps.invert(straightened(mark, skew).point(lambda grey: 255 * (grey > 200))).getbbox()
    back = carried_back(numpy.array([box], numpy.float32), skew, mark.size)
    assert numpy.abs(back - [700, 300, 720, 310]).max() < 4


def _turned_pages() -> list[tuple[str, bytes]]:
    plain = lines_pdf([LINES])
    return [(f"turned {turn}", cropped_and_turned(plain, turn)) for turn in (0, 90, 180, 270)]


@needs_ocr
@pytest.mark.parametrize(
    ("name", "content"), _turned_pages(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_pixels_under_a_quote_say_the_quote(tmp_path: Path, name: str, content: bytes) -> None:
    document = _parse(tmp_path, content)
    quote = "shall pay each invoice by the fifth"
    assert [page.reader for page in document.pages] == ["pdfium"]
    assert _read_back(content, document, quote) == quote


@needs_ocr
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pixels_under_a_quote_of_a_scan_say_the_quote(tmp_path: Path, turn: int) -> None:
    sheet = picture([*LINES, *LINES]).rotate(1.5, Image.Resampling.BICUBIC, fillcolor=255).rotate(-turn)
    content = scan_pdf([sheet])
    document = _parse(tmp_path, content)
    quote = "shall pay each invoice by the fifth"
    assert [page.reader for page in document.pages] == ["ocr"] and document.maps[0].turn == turn
    assert quote in _read_back(content, document, quote)


def test_a_raised_letter_keeps_its_place(tmp_path: Path) -> None:
    content = one_page(b"BT /F 12 Tf 72 700 Td (Due on day 5) Tj 6 Ts /F 8 Tf (th) Tj 0 Ts /F 12 Tf ( or so) Tj ET")
    document = _parse(tmp_path, content)
    (raised,), (number,), (rest,) = _at(document, "th"), _at(document, "5"), _at(document, "or so")
    assert document.text == "Due on day 5th or so"
    assert number.right == raised.left and raised.right < rest.left and raised.right - raised.left < 8
