"""Party spans of whole introductions cut into names, and which of a contract's names are its signers."""

import pytest

from domain_models.legal import DOMAIN
from domain_models.legal.party_spans import split
from domain_models.legal.signers import named_parties, party_key
from schemas.finding import Finding, Span


def pieces(text: str, quote: str) -> list[str]:
    start = text.index(quote)
    spans = split(text, Span("parties", start, start + len(quote), 0.9))
    assert {span.probability for span in spans} == {0.9}
    return [text[span.char_start : span.char_end] for span in spans]


@pytest.mark.parametrize(
    ("quote", "names"),
    [
        ("Northwind Mills, Inc.", ["Northwind Mills, Inc."]),
        (
            'Northwind Mills, Inc., a Delaware corporation ("Northwind"), and Harbour Freight Lines LLC',
            ["Northwind Mills, Inc.", "Northwind", "Harbour Freight Lines LLC"],
        ),
        ("Ostrava Steel Co., Ltd., a Czech company", ["Ostrava Steel Co., Ltd."]),
        ("Smith and Sons Limited and Dale Brothers Limited", ["Smith and Sons Limited", "Dale Brothers Limited"]),
        ("ALPINE TOOLS CORPORATION AND MERIDIAN INC.", ["ALPINE TOOLS CORPORATION", "MERIDIAN INC."]),
        ("ALPINE TOOLS, INC.                 MERIDIAN LLC", ["ALPINE TOOLS, INC.", "MERIDIAN LLC"]),
        ("Alpine Tools, Inc. Franchisee", ["Alpine Tools, Inc.", "Franchisee"]),
        ("Issuer, ALPINE TOOLS LLC", ["Issuer", "ALPINE TOOLS LLC"]),
        ('Northwind") and (2) Meridian Freight', ["Northwind", "Meridian Freight"]),
        ("Meridian Freight\n\nand\n\nAlpine Tools, Inc.", ["Meridian Freight", "Alpine Tools, Inc."]),
        ('Ann B. Lee, in her individual capacity (the "Adviser")', ["Ann B. Lee", "Adviser"]),
        ("Northwind Mills, Inc. having its office at 4 Quay Street", ["Northwind Mills, Inc."]),
        ("by and between Northwind Mills, Inc.", ["Northwind Mills, Inc."]),
        ("ACME LIMITED incorporated", ["ACME LIMITED"]),
        ("PARTIES (1) ACME LIMITED and (2) BLUE RIVER PLC", ["ACME LIMITED", "BLUE RIVER PLC"]),
        ("Northwind and Distributor agree", ["Northwind and Distributor"]),
        ("Acme Trading Company hereby", ["Acme Trading Company"]),
        ("ALPINE OWNER TRUST, as Issuer, ALPINE ABS LLC, as Depositor", ["ALPINE OWNER TRUST", "ALPINE ABS LLC"]),
        ("Osaka-shi, Osaka, Japan, Meridian Freight Limited", ["Osaka-shi, Osaka, Japan", "Meridian Freight Limited"]),
    ],
)
def test_a_span_is_cut_into_its_names(quote: str, names: list[str]) -> None:
    assert pieces(f"It was signed. {quote}", quote) == names


@pytest.mark.parametrize(
    ("text", "quote", "name"),
    [
        ("between Sphere Nine Corp. and", "Sphere Nine", "Sphere Nine Corp."),
        ("between Bank of South Tyne Ltd and", "South Tyne Ltd", "Bank of South Tyne Ltd"),
        (
            "between Meridian Freight (Africa) (Pty) Limited and",
            "Pty) Limited",
            "Meridian Freight (Africa) (Pty) Limited",
        ),
        ("between Northwind and", "Northwind", "Northwind"),
    ],
)
def test_a_name_that_the_span_cuts_is_made_whole(text: str, quote: str, name: str) -> None:
    assert pieces(text, quote) == [name]


@pytest.mark.parametrize(
    ("text", "quote", "whole"),
    [
        ("dated March 1, 2019 by", "1, 2019", "March 1, 2019"),
        ("effective as of September 1,\n2022 (the", "September 1,", "September 1,\n2022"),
        ("dated March 1, 2019 by", "dated March 1, 2019", "dated March 1, 2019"),
        ("from March 1, 2019 to May 1, 2020", "March 1, 2019 to", "March 1, 2019 to"),
        ("this ___ day of May 2018", "day of May", "day of May"),
    ],
)
def test_a_date_that_the_span_cuts_is_made_whole(text: str, quote: str, whole: str) -> None:
    start = text.index(quote)
    (span,) = split(text, Span("agreement_date", start, start + len(quote), 0.9))
    assert text[span.char_start : span.char_end] == whole


def test_spans_of_other_fields_stay_whole() -> None:
    span = Span("governing_law", 0, 20, 0.5)
    assert split("laws of X, Inc., and Y, Inc.", span) == (span,)


def signers(text: str, marked: list[tuple[str, float]]) -> list[str]:
    found, place = [], 0
    for quote, probability in marked:
        place = text.index(quote, place)
        value = DOMAIN.normalise(DOMAIN.fields_by_name["parties"], quote)
        start, place = place, place + len(quote)
        found.append(Finding("d" * 64, "parties", quote, start, place, 1, 1, probability, "tagger", value))
    return [party.name for party in named_parties(text, found)]


INTRODUCED = "This Lease is made between Alpine Tools, Inc. and Meridian Freight LLC. WHEREAS, "


@pytest.mark.parametrize(
    ("text", "marked", "names"),
    [
        (
            INTRODUCED + "Harbour Lines, Inc. owns the land;",
            [("Alpine Tools, Inc.", 0.9), ("Meridian Freight LLC", 0.9), ("Harbour Lines, Inc.", 0.9)],
            ["Alpine Tools, Inc.", "Meridian Freight LLC"],
        ),
        (
            INTRODUCED + "the members are listed. Schedule 1: Harbour Lines, Inc.",
            [("Alpine Tools, Inc.", 0.9), ("Meridian Freight LLC", 0.9), ("Harbour Lines, Inc.", 0.99)],
            ["Alpine Tools, Inc.", "Meridian Freight LLC", "Harbour Lines, Inc."],
        ),
        (
            "Lease. WHEREAS the land is let. Signed: Alpine Tools, Inc.        Meridian Freight LLC",
            [("Alpine Tools, Inc.", 0.9), ("Meridian Freight LLC", 0.9)],
            ["Alpine Tools, Inc.", "Meridian Freight LLC"],
        ),
        (
            "between Alpine Tools, Inc. and Meridian Freight LLC. Alpine and Meridian may each be called a party.",
            [("Alpine Tools, Inc.", 0.9), ("Meridian Freight LLC", 0.9), ("Alpine and Meridian", 0.9)],
            ["Alpine Tools, Inc.", "Meridian Freight LLC"],
        ),
        (
            "between Alpine Tools, Inc. of Toronto, Meridian Freight LLC and Rosa Diaz",
            [("Alpine Tools, Inc.", 0.9), ("Toronto", 0.5), ("Meridian Freight LLC", 0.9), ("Rosa Diaz", 0.95)],
            ["Alpine Tools, Inc.", "Meridian Freight LLC", "Rosa Diaz"],
        ),
        (
            "between Alpine Tools, Inc. and Rosa Diaz",
            [("Alpine Tools, Inc.", 0.9), ("Rosa Diaz", 0.5)],
            ["Alpine Tools, Inc.", "Rosa Diaz"],
        ),
        (
            "ALPINE TOOLS, INC. LEASE between Alpine Tools, Inc., of Leeds, Tools, Inc. and Meridian Freight LLC",
            [("TOOLS, INC.", 0.9), ("Alpine Tools, Inc.", 0.9), ("Tools, Inc.", 0.9), ("Meridian Freight LLC", 0.9)],
            ["Alpine Tools, Inc.", "Tools, Inc.", "Meridian Freight LLC"],
        ),
        (
            "between ALPINE TOOLS LIMITED and Meridian Freight LLC. Signed by Alpine Tools Ltd. and others",
            [("ALPINE TOOLS LIMITED", 0.9), ("Meridian Freight LLC", 0.9), ("Alpine Tools Ltd.", 0.9)],
            ["ALPINE TOOLS LIMITED", "Meridian Freight LLC"],
        ),
    ],
)
def test_signers_are_those_introduced(text: str, marked: list[tuple[str, float]], names: list[str]) -> None:
    assert signers(text, marked) == names


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Alpine Tools, Incorporated", "ALPINE TOOLS INC.", True),
        ("Alpine Tool Company Limited", "Alpine Tool Co., Ltd.", True),
        ("Alpine Tools LLC", "Alpine Tools, Inc.", False),
    ],
)
def test_spellings_of_a_legal_form_are_one_name(one: str, other: str, same: bool) -> None:
    assert (party_key(one) == party_key(other)) is same
