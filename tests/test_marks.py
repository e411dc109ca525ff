"""A text that was typeset, page by page, is read as the same text typed would be."""

from functools import cache

import pytest

from domain_models import get_domain
from domain_models.marks import typed
from domain_models.tagging import SpanSource, load_span_source, plan_span_source
from flows.base_models import base_folder

TYPESET = (
    "SUPPLY AGREEMENT\nThis Supply Agreement (the “Agreement”) is entered into as of March 4, 2019 by and between Acme Ltd."
    " (‘Supplier’) and Bell Corp., a Delaware corporation (“Buyer”).\n1\fGoverning law – this Agreement shall be governed by the"
    " laws of the State of Nevada, without regard to the parties’ choice—of—law rules."
)
TYPED = (
    'SUPPLY AGREEMENT\nThis Supply Agreement (the "Agreement") is entered into as of March 4, 2019 by and between Acme Ltd.'
    " ('Supplier') and Bell Corp., a Delaware corporation (\"Buyer\").\n1 Governing law - this Agreement shall be governed by the"
    " laws of the State of Nevada, without regard to the parties' choice-of-law rules."
)


@cache
def source_of(domain: str) -> SpanSource:
    return load_span_source(plan_span_source(get_domain(domain), "small"), base_folder)


def test_marks_change_and_nothing_else() -> None:
    assert typed(TYPESET) == TYPED
    assert typed("naïve £5 • §2 • 38.5 °C") == "naïve £5 • §2 • 38.5 °C"


@pytest.mark.parametrize("domain", ["legal", "medical"])
def test_a_page_that_ends_glues_no_words_together(domain: str) -> None:
    reader = source_of(domain).reader
    assert reader is not None
    whole, parted = (next(iter(reader.read([text]))).tokens for text in ("page 2\fFor any", "page 2 For any"))
    assert whole.ids.tolist() == parted.ids.tolist()
    assert whole.starts.tolist() == parted.starts.tolist()


def test_a_typeset_contract_is_tagged_as_a_typed_one() -> None:
    found, expected = (source_of("legal").tag(text) for text in (TYPESET, TYPED))
    assert {span.field for span in expected} >= {"parties", "governing_law", "agreement_date"}
    assert [(s.field, s.char_start, s.char_end) for s in found] == [
        (s.field, s.char_start, s.char_end) for s in expected
    ]
