"""Party findings of real preambles: names, the short names they go by, and words that name nobody."""

import pytest

from domain_models.legal.parties import cleaned_name, is_role
from domain_models.legal.signers import named_parties
from schemas.finding import Finding

PREAMBLE = (
    'This Agreement is made by and between Google Inc., a Delaware corporation ("Google"), and Dialog Semiconductor'
    ' (UK) Ltd. d/b/a Dialog (the "Distributor" or "DSU") (each a "Party" and collectively the "Parties"). DSU'
    " shall sell."
)


def findings(text: str, quotes: list[str]) -> list[Finding]:
    made, start = [], 0
    for quote in quotes:
        start = text.index(quote, start)
        made.append(Finding("d" * 64, "parties", quote, start, start + len(quote), 1, 1, 0.9, "tagger"))
        start += 1
    return made


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        (
            ["Google Inc.", "Google", "Dialog Semiconductor (UK) Ltd.", "d/b/a Dialog", "Distributor", "DSU"],
            {"Google Inc.": ["Google"], "Dialog Semiconductor (UK) Ltd.": ["d/b/a Dialog", "Distributor", "DSU"]},
        ),
        (["Google Inc.", 'each a "Party" and collectively the "Parties"'], {"Google Inc.": []}),
        (["Dialog Semiconductor (UK) Ltd.", "DSU"], {"Dialog Semiconductor (UK) Ltd.": ["DSU"]}),
        (["Distributor", "DSU"], {"Distributor": [], "DSU": []}),
        ([], {}),
    ],
)
def test_short_names_belong_to_the_name_they_follow(quotes: list[str], expected: dict[str, list[str]]) -> None:
    parties = named_parties(PREAMBLE, findings(PREAMBLE, quotes))
    assert {party.name: [finding.quote for finding in party.defined] for party in parties} == expected


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ('Google Inc. ("Google")', "Google Inc."),
        ("PREMIER BIOMEDICAL, INC.,", "PREMIER BIOMEDICAL, INC."),
        ("deltathree.com, Inc. (formerly known as Delta Three, Inc.)", "deltathree.com, Inc."),
        ("Oaktree Capital Management (International) Limited", "Oaktree Capital Management (International) Limited"),
        ("Party A (Shipper): ZTO Express Co., Ltd.", "ZTO Express Co., Ltd."),
        ("Licensor: PACIFICAP ENTERTAINMENT", "PACIFICAP ENTERTAINMENT"),
        ("Bank of America, N.A.", "Bank of America, N.A."),
        ('(the "Company")', "Company"),
        ("Mitchell's Web\n Advance, PLC", "Mitchell's Web Advance, PLC"),
        ("Prairie Lubricants, Fresno, Calif.", "Prairie Lubricants"),
        ("Rosa Diaz, Jr.", "Rosa Diaz, Jr."),
        ('each a "Party"', ""),
        ("a Virginia limited liability company", ""),
        ('the "Buyer', "Buyer"),
        ("- MARROW & THYME LTD.", "MARROW & THYME LTD."),
        ("as servicer", ""),
        ("CONSULTING AGREEMENT", ""),
        ("Republic of Korea", ""),
        ("A. Schulman, Inc.", "A. Schulman, Inc."),
        ("A.P. Moller-Maersk A/S", "A.P. Moller-Maersk A/S"),
        ("a Delaware corporation", ""),
        ("1 on", ""),
        ("Corporation", ""),
        ("Operator Default 7 3.4 Cooperation with Owner", ""),
        ("ORB ORB HOLDINGS LIMITED", "ORB HOLDINGS LIMITED"),
        ("Duran Duran", "Duran Duran"),
        ("Jane Roe of", "Jane Roe"),
        ("New York 10017 and Harbour Sciences Corporation", "Harbour Sciences Corporation"),
        ("HK", ""),
        ("Seller and Buyer are referred to individually at times as a party", ""),
        ("[●]", ""),
        ("________", ""),
        ("PARTIES (1) ACME TRADING LIMITED", "ACME TRADING LIMITED"),
        ("(2) BLUE RIVER PLC, a company incorporated in England with registered number 01234567", "BLUE RIVER PLC"),
        ("BETWEEN: Harbour Lines Pty Ltd (ACN 123 456 789)", "Harbour Lines Pty Ltd"),
        ("Delta Foods, Inc., a Delaware corporation with offices at 12 Main Street, Dover", "Delta Foods, Inc."),
        ("Stone & Webster Construction, Inc. and its affiliates", "Stone & Webster Construction, Inc."),
        ("the University of Otago", "the University of Otago"),
        ("Party City Holdings", "Party City Holdings"),
        ("Name: Jane Roe", "Jane Roe"),
        ("Rosa Diaz, Leeds LS1 4AP", "Rosa Diaz"),
        ("3 Day Blinds LLC", "3 Day Blinds LLC"),
        ("Canada V6C 3L2", ""),
        ("Lindenstraße 4", ""),
        ("D-80331 Munich", ""),
        ("Suite 900, Two Park Plaza", ""),
        ("Managing Director", ""),
        ("Acme S.A. de C.V., a Mexican company", "Acme S.A. de C.V."),
        ("07654321", ""),
        ("London EC2V 7HN", ""),
        ("Toronto, Ontario M5H 2N2", ""),
        ("San Francisco, CA 94105", ""),
        ("1200 Wilshire Boulevard, Suite 400", ""),
        ("P.O. Box 309, Ugland House", ""),
        ("Registered Office: 4 Rue de la Paix, 75002 Paris", ""),
        ("ATTN: General Counsel", ""),
        ("Title: President", ""),
        ("Harbour Surgical, Delaware corporation", "Harbour Surgical"),
        ("Smith, Barney Corporation", "Smith, Barney Corporation"),
        ("WITNESSETH", ""),
    ],
)
def test_a_name_is_cleaned_or_nobody_is_named(quote: str, name: str) -> None:
    assert cleaned_name(quote) == name


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("the Distributor", True),
        ("Servicer and Marketing Agent", True),
        ("Party A", True),
        ("DSU", False),
        ("Google", False),
    ],
)
def test_a_role_says_what_a_party_is(name: str, role: bool) -> None:
    assert is_role(name) is role
