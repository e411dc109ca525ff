"""A run with --deidentify: nothing that was planted is in any byte that it leaves, and what is stored holds together."""

from array import array
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from PIL import Image
from pypdfium2 import PdfDocument
from typer.testing import CliRunner

from domain_models import domains
from domain_models.deidentify.surrogates import mask
from flows.cli import app
from flows.stages.deidentify import deidentify, masked_map
from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from flows.stages.promises.privacy import PRIVACY
from flows.stages.redaction import cuts, redact
from flows.stages.verify import verify
from schemas.document import Page, ParsedDocument, join_pages
from schemas.errors import BadInput
from schemas.geometry import PageMap, rectangles
from tests.planted import not_dates, places_left, stands_in
from tests.stored_sample import one_line_map
from tests.synthea_charts import draw_chart, draw_charts, facts, load_bundle

BUNDLES = 2


@pytest.fixture(scope="module")
def charts(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A folder of charts and what was planted in them."""
    folder = tmp_path_factory.mktemp("charts")
    bundles = sorted((shared_data / "synthea").glob("*.json.gz"), key=lambda path: path.stat().st_size)
    return folder, draw_charts(bundles[:BUNDLES], folder)


@pytest.fixture(scope="module")
def masked_database(
    charts: tuple[Path, set[str]], prefect_server: None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The database of a de-identified run over the charts."""
    from flows.process import process_documents

    database = tmp_path_factory.mktemp("masked") / "masked.duckdb"
    report = process_documents([str(charts[0])], str(database), "medical", summaries=False, deidentify=True)
    assert (report.run.processed, report.run.failed, report.run.skipped) == (3 * BUNDLES, 2, 2)
    return database


@pytest.mark.parametrize(
    ("planted", "content", "expected"),
    [
        ("01002", b"9f01002ae", False),
        ("01002", b"4:10.01002", False),
        ("01002", b"MA 01002\n", True),
        ("01002", b"Amherst", False),
        ("Lang", b"Unifocal Langerhans-cell histiocytosis", False),
        ("Lang", b"Mr. Lang's chart", True),
        ("Lang", b"Lang42", True),
    ],
)
def test_what_was_planted_is_looked_for_as_a_word(planted: str, content: bytes, expected: bool) -> None:
    assert stands_in(planted, content) is expected


def test_nothing_planted_is_left(charts: tuple[Path, set[str]], masked_database: Path) -> None:
    files = [path for path in masked_database.parent.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"masked.duckdb"} and len(files) >= 2
    assert places_left(not_dates(charts[1]), masked_database) == {}


def test_no_date_stands_where_it_stood(charts: tuple[Path, set[str]]) -> None:
    for path in sorted(charts[0].glob("* labels.pdf")):
        document = parse_file(discover([path]).files[0])
        hidden, masks = deidentify(document, "x.pdf")
        born = document.text.index("DOB: ") + 5
        told = hidden.text.index("DOB: ") + 5
        assert hidden.text[told : told + 10] != document.text[born : born + 10]
        assert sum(one.kind == "date" for one in masks) > 3


def test_it_is_verified_and_left_alone(charts: tuple[Path, set[str]], masked_database: Path) -> None:
    from flows.process import process_documents

    assert verify(masked_database, domains().values()) == ()
    again = process_documents([str(charts[0])], str(masked_database), "medical", summaries=False, deidentify=True)
    assert again.nothing_new
    with pytest.raises(BadInput, match="was made with --deidentify"):
        process_documents([str(charts[0])], str(masked_database), "medical", summaries=False)
    refused = CliRunner().invoke(app, ["retry", "--database", str(masked_database)])
    assert isinstance(refused.exception, BadInput) and "keeps no paths" in str(refused.exception)


DAMAGES = [
    ("UPDATE core.documents SET name = 'Rosa Ortega.pdf', path = 'Rosa Ortega.pdf'", {"under a name or path"}),
    ("UPDATE core.masks SET char_end = char_end + 3", {"with other words"}),
    ("UPDATE core.masks SET char_start = char_end", {"outside the text"}),
    (
        "UPDATE core.documents SET text = text || ' rosa@example.org', char_count = char_count + 17",
        {"with an e-mail address"},
    ),
    (
        "INSERT INTO core.properties SELECT document_id, 'Author', 'Rosa Ortega' FROM core.documents",
        {"what their file says of itself"},
    ),
    ("UPDATE core.skips SET path = '/in/Rosa ' || path", {"skips under paths"}),
    ("UPDATE core.runs SET versions = map(['parser'], ['2'])", {"runs that masked nothing"}),
    ("UPDATE core.documents SET parser = '2'", {"documents as they are in", "in documents that are not de-identified"}),
    (
        "INSERT INTO core.runs BY NAME"
        " SELECT * REPLACE ('other' AS run_id, map(['parser'], ['2']) AS versions) FROM core.runs LIMIT 1",
        {"runs that stored documents as they are"},
    ),
]


@pytest.mark.parametrize(("damage", "details"), DAMAGES)
def test_verify_sees_what_is_not_masked(masked_database: Path, tmp_path: Path, damage: str, details: set[str]) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(masked_database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute(damage)
    found = [breach.detail for breach in verify(copy, domains().values()) if breach.promise == "privacy"]
    assert {words for words in details if any(words in detail for detail in found)} == details


def test_every_check_of_privacy_is_broken_by_some_damage() -> None:
    broken = set().union(*(details for _, details in DAMAGES))
    assert [check.detail for check in PRIVACY if not any(words in check.detail for words in broken)] == []


def test_show_leaves_the_picture_out_until_it_is_given(
    charts: tuple[Path, set[str]], masked_database: Path, tmp_path: Path
) -> None:
    path = min(charts[0].glob("* labels.pdf"))
    (file,) = discover([path]).files
    page = tmp_path / "page.html"
    arguments = ["show", file.sha256[:12], "--database", str(masked_database), "--output", str(page)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0 and "give it with --file" in done.output and "data:image" not in page.read_text()
    done = CliRunner().invoke(app, [*arguments, "--file", str(path)])
    html = page.read_text()
    assert done.exit_code == 0 and "data:image" in html
    assert [one for one in charts[1] if one in html and not one[:4].isdigit()] == []


def test_pictures_show_unmasked_words_alone(charts: tuple[Path, set[str]]) -> None:
    (path,) = discover([min(charts[0].glob("* labels.pdf"))]).files
    document = parse_file(path)
    hidden, masks = deidentify(document, "x.pdf")
    picture = PdfDocument(path.path)[0].render(scale=2).to_pil()
    (cut, *_) = cuts(hidden.pages, hidden.maps, masks)
    assert cut is not None and cut.hidden
    clean = redact(picture, cut)
    for box in cut.hidden:
        inside = clean.crop(tuple(round(2 * side) for side in (box.left, box.top, box.right, box.bottom)))
        assert inside.getextrema() == (0, 0)
    # a photograph outside the text is not shown
    stamped = picture.copy()
    stamped.paste(Image.new("RGB", (100, 100)), (picture.width - 120, 20))
    assert redact(stamped, cut).crop((picture.width - 120, 20, picture.width - 20, 120)).getextrema() == (255, 255)
    scan = tuple(replace(one, reader="ocr") for one in hidden.pages)
    assert set(cuts(scan, hidden.maps, masks)) == {None}


def test_places_of_what_stays_are_the_same() -> None:
    text, pages = join_pages(
        ["Dr. Brown gave Lasix on 03/15/2024 to Blair Conroy.", "Conroy is well."], ["pdfium", "pdfium"]
    )
    document = ParsedDocument("0" * 64, "a.pdf", text, pages, tuple(map(one_line_map, text.split("\f"))))
    hidden, masks = deidentify(document, "b.pdf")
    for word in ("gave Lasix on", "Dr.", "is well."):
        old, new = text.index(word), hidden.text.index(word)
        before = rectangles(pages, document.maps, old, old + len(word))
        assert rectangles(hidden.pages, hidden.maps, new, new + len(word)) == before
    for one in masks:
        (box,) = rectangles(hidden.pages, hidden.maps, one.char_start, one.char_end)
        assert (box,) == one.boxes


def test_widths_of_letters_are_not_kept() -> None:
    """A surrogate's characters share the room evenly, over two runs where the name stood in two."""
    text = "Mr. Wim Bo is"
    edges = array("i", [0, 90, 150, 0, 0, 300, 330, 0, 0, 80, 0, 0, 20])
    runs = [
        array("i", row)
        for row in ([0, 4, 8, 11], [3, 3, 2, 2], [0, 200, 600, 800], [0] * 4, [180, 550, 760, 850], [100] * 4)
    ]
    page_map = PageMap(1000, 1000, 0, *runs, edges=edges)
    masked = mask(text, -70, date(2026, 1, 1))
    assert masked.text == "Mr. [NAME-1] is"
    made = masked_map(page_map, Page(1, 0, len(text), "pdfium"), masked)
    assert list(made.starts) == [0, 4, 8, 13] and list(made.edges[4:8]) == [0, 87, 175, 262]
    assert len(made.edges) == len(masked.text)


def test_what_a_file_says_of_itself_goes(charts: tuple[Path, set[str]]) -> None:
    (path,) = discover([min(charts[0].glob("* letter.pdf"))]).files
    document = parse_file(path)
    assert document.about.properties and document.about.form_fields and document.about.attachments
    about = deidentify(document, "x.pdf")[0].about
    assert about.properties == () and about.form_fields == ()
    assert {entry.title for entry in about.outline} == {"[TITLE]"}
    assert [one.name for one in about.attachments] == ["[FILE-1]"]


@pytest.mark.parametrize("layout", ["labels", "letter", "tables"])
def test_every_bundle_in_every_layout(shared_data: Path, tmp_path: Path, layout: str) -> None:
    left = []
    for path in sorted((shared_data / "synthea").glob("*.json.gz")):
        person, resources = load_bundle(path)
        (tmp_path / "chart.pdf").write_bytes(draw_chart(person, facts(resources), layout))
        document = parse_file(discover([tmp_path / "chart.pdf"]).files[0])
        text = deidentify(document, "x.pdf")[0].text
        left += [one for one in person.planted if one in text and one != person.born]
    assert left == []
