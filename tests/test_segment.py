"""Contracts and clinical notes, each with the sections that a reader sees in them."""

import time
from itertools import pairwise

import pytest

from flows.stages.reading.numbering import dotted_goes_on, roman_value
from flows.stages.segment import furniture, running_text, segment
from schemas.document import ParsedDocument, join_pages


def _document(*pages: str) -> ParsedDocument:
    text, places = join_pages(list(pages), ["pdfium"] * len(pages))
    return ParsedDocument("0" * 64, "document.pdf", text, places)


def _outline(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in segment(document)]


CONTRACT = """SUPPLY AGREEMENT
This Agreement is made on 1 March 2020.
ARTICLE I
DEFINITIONS
1.1 “Affiliate” means any entity that controls a party.
1.2 Interpretation. Headings are for convenience.
ARTICLE II PURCHASE
2.1 Orders. Customer may order under
Section 1.2 or as follows:
(a) by post;
(b) by electronic mail, in which case
(i) the order is dated; and
(ii) it is signed.
(c) in person, as set out in
(a) above.
2.2 Price
The price is 30 dollars within
30 days of delivery.
IN WITNESS WHEREOF
ACME SUPPLY, INC.
By: ____"""

NOTE = """Patient: Rosalind Ortega
CHIEF COMPLAINT: Chest pain. HISTORY OF PRESENT ILLNESS: The patient is well. He takes ASA 81 mg.
PAST MEDICAL HISTORY:, Hypertension.,MEDICATIONS: , Lisinopril 10 mg daily.
PHYSICAL EXAMINATION:
VITAL SIGNS: BP 130/80. LUNGS: Clear. Impression/Plan was discussed.
Hospital Course: Uneventful.
Follow-up
In two weeks."""


@pytest.mark.parametrize(
    ("text", "outline"),
    [
        (
            CONTRACT,
            [
                (1, "SUPPLY AGREEMENT"),
                (1, "ARTICLE I DEFINITIONS"),
                (2, "1.1 “Affiliate”"),
                (2, "1.2 Interpretation"),
                (1, "ARTICLE II PURCHASE"),
                (2, "2.1 Orders"),
                (3, "(a)"),
                (3, "(b)"),
                (4, "(i)"),
                (4, "(ii)"),
                (3, "(c)"),
                (2, "2.2 Price"),
                (2, "IN WITNESS WHEREOF"),
            ],
        ),
        (
            NOTE,
            [
                (1, ""),
                (1, "CHIEF COMPLAINT"),
                (1, "HISTORY OF PRESENT ILLNESS"),
                (1, "PAST MEDICAL HISTORY"),
                (1, "MEDICATIONS"),
                (1, "PHYSICAL EXAMINATION"),
                (2, "VITAL SIGNS"),
                (2, "LUNGS"),
                (1, "Hospital Course"),
                (1, "Follow-up"),
            ],
        ),
        (
            "Section 1. Definitions\nWords.\nSection 2. Term. It lasts a year.\n3) Notices\n4. Venue. Utah.",
            [(1, "Section 1 Definitions"), (1, "Section 2 Term"), (1, "3 Notices"), (1, "4 Venue")],
        ),
        (
            "TABLE OF CONTENTS\n1. Terms 3\n2. Price 4\n3. Law ...... 5\n4. Notices 7\n5. Rest 9\nText.\n1. Terms\nWords.",
            [(1, "TABLE OF CONTENTS"), (2, "1 Terms")],
        ),
        ("No headings at all, only a sentence or two.", [(1, "")]),
        ("THE GOODS ARE SOLD\nAS THEY STAND\nAND NO WARRANTY\nIS GIVEN FOR THEM", [(1, "")]),
        ("Tests\nSodium\t138\nGLUCOSE\t99\nDr. Wu, M.D.", [(1, "")]),
    ],
    ids=["contract", "clinical note", "sections", "contents", "none", "capitals", "table"],
)
def test_headings_become_sections(text: str, outline: list[tuple[int, str]]) -> None:
    assert _outline(_document(text)) == outline


def test_sections_nest_and_cover_the_text_from_end_to_end() -> None:
    document = _document("Made between us.\n" + CONTRACT, NOTE)
    sections = segment(document)
    assert sections[0].char_start == 0 and max(section.char_end for section in sections) == len(document.text)
    for section in sections:
        assert document.text[section.char_start :].startswith(section.title.split("“")[0].split(" ")[0])
        assert len(section.path) == section.level and section.path[-1] == section.title
    outer = [section for section in sections if section.level == 1]
    assert all(one.char_end == other.char_start for one, other in pairwise(outer))
    inside = next(section for section in sections if section.title == "(ii)")
    assert inside.path == ("ARTICLE II PURCHASE", "2.1 Orders", "(b)", "(ii)")
    assert [s.title for s in sections if s.char_start <= inside.char_start < s.char_end] == list(inside.path)


def test_running_headers_and_page_numbers_are_furniture_and_split_no_clause() -> None:
    bodies = ["1. Term. The term is", "twelve months.\n2. Rent. 12 dollars", "a month, and 12 more", "in winter."]
    pages = [f"ACME LEASE {number} of 4\n{body}\n- {number} -" for number, body in enumerate(bodies, start=1)]
    document = _document(*pages)
    assert [document.text[start:end] for start, end in furniture(document)] == [
        line for number in range(1, 5) for line in (f"ACME LEASE {number} of 4", f"- {number} -")
    ]
    assert _outline(document) == [(1, ""), (1, "1 Term"), (1, "2 Rent")]


def test_the_running_text_reads_on_over_a_pages_edge_and_keeps_every_offset() -> None:
    lines = ("The supplier shall", "deliver the goods", "and insure them")
    document = _document(*(f"ACME SUPPLY\n{line}\nPage {number}" for number, line in enumerate(lines, 1)))
    running = running_text(document)
    assert " ".join(running.split()) == " ".join(lines)
    assert len(running) == len(document.text)
    assert all(new in {old, " "} for old, new in zip(document.text, running, strict=True))


def test_lines_that_do_not_count_with_the_pages_are_no_furniture() -> None:
    document = _document("Total 12 dollars\nfirst", "Total 40 dollars\nsecond", "Total 9 dollars\nthird")
    assert furniture(document) == ()


def test_an_attachment_begins_at_the_top_of_a_page_and_not_in_a_list() -> None:
    filler = "The supplier delivers the goods in good order and on time to the place that is named. " * 5
    listed = f"1. Attachments. {filler}\nExhibit A Prices\nExhibit B Places\nExhibit C Dates"
    document = _document(listed, "EXHIBIT A\nPRICES\nNothing is free.", "Exhibit B Places\nExhibit C Dates")
    assert _outline(document) == [(1, "1 Attachments"), (1, "EXHIBIT A PRICES")]


def test_a_long_contract_takes_less_than_a_second() -> None:
    clause = "{n}.1 Orders. The customer orders goods in writing and the supplier confirms each order within a week.\n"
    body = "The goods are delivered as ordered and paid within thirty days.\n" * 3
    page = "".join(clause.format(n=n) + body for n in range(1, 15))
    document = _document(*[page] * 150)
    begun = time.process_time()
    first = segment(document)
    assert time.process_time() - begun < 3  # a third of that on an idle machine
    assert segment(document) == first


@pytest.mark.parametrize(
    ("label", "value"), [("iv", 4), ("IX", 9), ("xl", 40), ("xcix", 99), ("iiii", None), ("a", None)]
)
def test_roman_numerals(label: str, value: int | None) -> None:
    assert roman_value(label) == value


@pytest.mark.parametrize(
    ("number", "last", "follows"),
    [
        ("1.1", None, True),
        ("1.2", "1.1", True),
        ("1.10", "1.9", True),
        ("2.1", "1.9", True),
        ("1.9.1", "1.9", True),
        ("1.10", "1.9.4", True),
        ("3.2", "9.4", False),
        ("1.9", "1.2", False),
        ("30.5", "1.2", False),
    ],
)
def test_clause_numbers_count_on(number: str, last: str | None, follows: bool) -> None:
    assert dotted_goes_on(number, last) is follows
