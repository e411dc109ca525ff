"""Sentences of contracts and notes: where they end, and above all where they do not."""

import time
from itertools import pairwise

import pytest

from domain_models.sentences import sentence_spans, sentences_over

# Each text with its sentences marked by "|".
MARKED = [
    "Acme Widgets, Inc. shall deliver the Goods.|Buyer shall pay within thirty days.",
    "The Services are described in Order No. 5 of the Supplier.|Each order is final.",
    "Metoprolol 25 mg p.o. q.d. for hypertension.|Lisinopril 10 mg daily.",
    "She takes aspirin 81 mg q.d. and atorvastatin 40 mg q.h.s. with water.|She denies chest pain.",
    "Dr. A. J. Smith saw the patient at 4 p.m. The wound was clean.",
    'This Agreement is made by Borealis Corp. (the "Buyer") and Acme Ltd. (the "Seller").|It is dated 2 May 2020.',
    "The shares of Acme Inc. The Company may sell them.",
    "Fees are set out in Section 4.2. The Supplier may change them.",
    "Subject to Sec. 3 and Art. 7, Licensee may sublicense.|No other right is granted.",
    "Smith v. Jones applies.|See also Fig. 2 and Table 3.",
    "It is governed by the laws of the U.S. Virgin Islands.|Any dispute goes to court.",
    "Is the patient stable?|Yes.|He went home!",
    "The price is $1,500.50 per unit.|It rises by 2.5 percent a year.",
    "WBC 4.5, Hgb 13.2, Plt 250.|Chest x-ray was normal.",
    'He said "I feel fine."|The exam was normal.',
    "Term.|This Agreement lasts three (3) years.",
    '1. Definitions.|In this Agreement "Term" has the meaning in Section 5.',
    "Approx. 5 ml of fluid was drained.|The patient tolerated it well.",
    "No. The patient does not smoke.",
    "DISCHARGE MEDICATIONS:|1. Aspirin 81 mg daily.|2. Lisinopril 10 mg daily.",
    "Left testicular swelling.,|FINDINGS:  ,The left testicle is normal.",
    "Flow is normal on the right.,|The left testicle is enlarged.",
    "MUTUAL NONDISCLOSURE AGREEMENT|This Agreement is made on May 1, 2020 between the parties named below.",
    "CHIEF COMPLAINT|Annual exam.|HISTORY OF PRESENT ILLNESS|Ms. Collins is well.",
]
# Both a sentence's end and an abbreviation: these are written unmarked, with how many sentences a reader sees.
EXPECTED_INSIDE = {
    "Dr. A. J. Smith saw the patient at 4 p.m. The wound was clean.": 2,
    "The shares of Acme Inc. The Company may sell them.": 2,
    "Fees are set out in Section 4.2. The Supplier may change them.": 2,
    "No. The patient does not smoke.": 2,
}


def _joined(parts: list[str]) -> str:
    text = parts[0]
    for before, part in pairwise(parts):
        newline = before.isupper() or before.endswith((":", "AGREEMENT")) or part[:2] in {"1.", "2."}
        text += (
            "\n" if newline or part == "HISTORY OF PRESENT ILLNESS" else "" if before.endswith(",") else " "
        ) + part
    return text


@pytest.mark.parametrize("marked", MARKED)
def test_sentences_end_where_a_reader_ends_them(marked: str) -> None:
    parts = marked.split("|")
    text = _joined(parts)
    found = [text[start:end] for start, end in sentence_spans(text)]
    if marked in EXPECTED_INSIDE:
        assert len(found) == EXPECTED_INSIDE[marked], found
    else:
        assert found == parts


WRAPPED = [
    ("The Supplier shall deliver\nthe Goods to the Buyer.", 1),
    ("The Supplier shall deliver to Acme Inc.\nall Goods. The Buyer pays.", 2),
    ("as set out in Section\n5 of this Agreement.", 1),
    ("The term continues\f until terminated by notice.", 1),
    ("Signed by the parties.\f2. Term. The term is one year.", 3),
    ("- aspirin 81 mg daily\n- lisinopril 10 mg daily\n- metformin 500 mg bid", 3),
    ("The Supplier shall (a) deliver the Goods;\n(b) insure the Goods; and\n(c) invoice the Buyer.", 3),
    (
        "8.4 LIMITS. IN NO EVENT SHALL EITHER PARTY BE LIABLE FOR ANY SPECIAL, INDIRECT OR\nCONSEQUENTIAL DAMAGES ARISING OUT OF THIS"
        "\nAGREEMENT, EVEN IF A PARTY HAS BEEN ADVISED OF THE POSSIBILITY OF\nSUCH DAMAGES. Nothing here limits fraud.",
        3,
    ),
    (
        "2030\t$28.75\t$98,325.00 for the whole year that ends with the thirty-first day of May\n3.2 In addition it pays.",
        2,
    ),
    ("The fees are those that the parties have agreed upon in the Sections 4.1 and\n4.2 Above all, they are due.", 1),
    ("LIMITATION OF LIABILITY\nIN NO EVENT SHALL THE SUPPLIER BE LIABLE FOR LOSS OF PROFITS.", 2),
    ("AGREEMENT OF LEASE AND\nOPTION TO BUY", 1),
    ("TERMINATION OF THIS AGREEMENT BY EITHER OF THE PARTIES FOR CONVENIENCE\nEither party may end it.", 2),
    ("", 0),
    (" \n\f \n", 0),
    ("no full stop at all", 1),
]


@pytest.mark.parametrize(("text", "count"), WRAPPED)
def test_lines_that_run_on_stay_together_and_items_do_not(text: str, count: int) -> None:
    assert len(sentence_spans(text)) == count, [text[a:b] for a, b in sentence_spans(text)]


def test_spans_are_ordered_trimmed_and_lose_no_word() -> None:
    text = "\n ".join(" ".join(marked.split("|")) for marked in MARKED)
    spans = sentence_spans(text)
    assert all(end > start and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_sentences_over_gives_those_that_touch() -> None:
    spans = [(0, 10), (12, 20), (21, 30)]
    assert sentences_over(spans, 9, 13) == [(0, 10), (12, 20)]
    assert sentences_over(spans, 10, 12) == []
    assert sentences_over(spans, 25, 99) == [(21, 30)]


def test_a_long_contract_takes_well_under_a_second() -> None:
    text = ("The Supplier shall pay Acme, Inc. under Order No. 5 and Section 4.2 within 30 days. " * 1300)[:100_000]
    started = time.perf_counter()
    assert len(sentence_spans(text)) > 1000
    assert time.perf_counter() - started < 1.0
