"""What PDFs say of themselves, and that a broken part costs neither the others nor the text."""

import io
from dataclasses import replace
from pathlib import Path

from made_pdfs import form_pdf, lines_pdf
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import DictionaryObject, NameObject, NullObject, NumberObject
from stored_sample import START, parsed

from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from flows.stages.reading.about import read_about
from flows.stages.store import open_store
from schemas.about import About, Attachment, Bookmark, FormField


def _written(writer: PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _deed() -> PdfWriter:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(lines_pdf([["Deed"], ["Schedule"], ["Notes"]]))))
    writer.metadata = {"/Title": "Deed of\nlease", "/Author": "R. Ortega", "/Subject": ""}
    parent = writer.add_outline_item(title="Deed", page_number=0)
    writer.add_outline_item(title="Schedule", page_number=1, parent=parent)
    writer.add_outline_item(title="Notes", page_number=2)
    writer.set_page_label(0, 1, PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(2, 2, PageLabelStyle.DECIMAL, prefix="A-", start=1)
    writer.add_attachment("plan.dwg", b"12345")
    return writer


def test_a_file_says_what_it_is() -> None:
    about = read_about(_written(_deed()))
    assert dict(about.properties) == {"Title": "Deed of lease", "Author": "R. Ortega"}
    assert about.outline == (Bookmark(1, "Deed", 1), Bookmark(2, "Schedule", 2), Bookmark(1, "Notes", 3))
    assert about.page_labels == ((1, "i"), (2, "ii"), (3, "A-1"))
    assert [(one.name, about.form_fields) for one in about.attachments] == [("plan.dwg", ())]


def test_form_values_are_told_with_their_fields() -> None:
    assert read_about(form_pdf("Patient name", "Rosalind Ortega")).form_fields == (
        FormField("field", "Rosalind Ortega"),
    )


def test_a_value_without_an_appearance_is_text_all_the_same(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(form_pdf("Patient name", "Rosalind Ortega"))))
    for annotation in writer.pages[0].annotations or ():
        annotation.get_object().pop("/AP", None)
    (tmp_path / "form.pdf").write_bytes(_written(writer))
    (file,) = discover([tmp_path]).files
    document = parse_file(file)
    assert "Rosalind Ortega" in document.text and document.about.form_fields[0].value == "Rosalind Ortega"


def test_a_broken_part_costs_no_other() -> None:
    writer = _deed()
    outline = DictionaryObject({NameObject("/First"): NumberObject(7), NameObject("/Last"): NullObject()})
    writer.root_object[NameObject("/Outlines")] = outline
    about = read_about(_written(writer))
    assert about.outline == () and dict(about.properties)["Author"] == "R. Ortega" and len(about.page_labels) == 3


def test_nothing_is_said_by_what_is_no_pdf_or_locked() -> None:
    assert read_about(b"%PDF-1.7 nothing") == read_about(b"\x89PNG\r\n\x1a\n") == About()
    writer = _deed()
    writer.encrypt("secret", algorithm="AES-256")
    locked = _written(writer)
    assert read_about(locked) == About()
    assert dict(read_about(locked, ["wrong", "secret"]).properties)["Author"] == "R. Ortega"


def test_what_a_file_says_is_stored_and_goes_with_its_document(tmp_path: Path) -> None:
    about = About(
        (("Title", "Menu"),),
        (Bookmark(1, "Sweet", 1), Bookmark(2, "Sour", None)),
        ((2, "ii"),),
        (FormField("table", "7"),),
        (Attachment("wine.pdf", 5), Attachment("bread.pdf", None)),
    )
    menu = parsed()
    tables = ("properties", "outline", "page_labels", "form_fields", "attachments")
    with open_store(tmp_path / "muniment.duckdb") as store:
        store.start_run("run-1", START, {})
        for said, counts in ((about, [1, 2, 1, 1, 2]), (About(), [0] * 5)):
            store.save_parsed([replace(menu, document=replace(menu.document, about=said))], "p1", "run-1")
            assert [store._read(f"SELECT count(*) FROM core.{table}")[0][0] for table in tables] == counts


def test_a_bookmark_to_no_page_has_none() -> None:
    writer = _deed()
    writer.add_outline_item(title="Nowhere", page_number=None)
    assert read_about(_written(writer)).outline[-1] == Bookmark(1, "Nowhere", None)
