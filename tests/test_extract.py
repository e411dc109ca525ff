"""What a run stores of a document: spans split by the domain, and no absence ruled in what the domain cannot read."""

from collections.abc import Sequence

import pytest

from domain_models import get_domain
from domain_models.decoding.scorer import Thresholds
from domain_models.legal import DOMAIN
from domain_models.tagging import Proposals, SpanSource, SpanSourcePlan, make_rulebook
from flows.stages.extract import apply_rules, extract, rule
from schemas.document import ParsedDocument, join_pages
from schemas.finding import Finding, Span

LEASE = (
    "This Lease Agreement is made by and between Alpine Tools, Inc. and Meridian Freight LLC. The parties hereby agree"
    " that the term of this Agreement shall be as set out in Section 2, and that it shall be governed by the laws of Ohio."
)
BAIL = (
    "Le présent bail est conclu entre la société Dupont et Monsieur Martin pour une durée de neuf années entières et"
    " consécutives qui commenceront à courir le premier janvier. Le loyer est payable par trimestre et d'avance."
)
LETTER = (
    "The patient is a 54 year old man who was seen in clinic for follow up of his hypertension. He has been well and"
    " is on lisinopril 10 mg daily. On examination the chest is clear and the heart sounds are normal."
)


class FixedSource(SpanSource):
    """Proposes the spans that it was given."""

    def __init__(self, spans: Sequence[Span]) -> None:
        super().__init__(SpanSourcePlan(DOMAIN, None, "fixed"))
        self.spans = tuple(spans)

    def propose(self, text: str) -> Proposals:
        return Proposals(self.spans, ())


def document(text: str) -> ParsedDocument:
    text, pages = join_pages([text], ["pdfium"])
    return ParsedDocument("e" * 64, "one.pdf", text, pages)


@pytest.mark.parametrize(
    ("text", "verdict"), [(LEASE, "absent"), (BAIL, "abstained"), (LETTER, "abstained"), ("", "abstained")]
)
def test_nothing_is_absent_from_what_is_no_english_contract(text: str, verdict: str) -> None:
    rulings = extract(document(text), (), FixedSource([])).rulings
    assert len(rulings) == 41
    assert {ruling.verdict for ruling in rulings} == {verdict}


def test_what_is_found_stays_found_in_any_language() -> None:
    start = BAIL.index("premier janvier")
    found = extract(document(BAIL), (), FixedSource([Span("effective_date", start, start + 15, 0.9)]))
    verdicts = {ruling.field: ruling.verdict for ruling in found.rulings}
    assert verdicts["effective_date"] == "found"


RULED_BY = [
    (("tagger", 0.3), None, "tagger"),
    (("tagger", 0.3), ("patterns", 0.9), "patterns"),
    (("tagger", 0.9), ("patterns", 0.3), "tagger"),
    (None, ("patterns", 0.9), "patterns"),
    (None, None, "tagger"),  # nothing proposed: what searches for the field
]


@pytest.mark.parametrize(("tagged", "matched", "source"), RULED_BY)
def test_a_ruling_names_whose_candidate_is_the_likeliest(
    tagged: tuple[str, float] | None, matched: tuple[str, float] | None, source: str
) -> None:
    candidates = [
        Finding("e", "parties", "Acme", 0, 4, 1, 1, probability, of)
        for of, probability in filter(None, (tagged, matched))
    ]
    assert rule(document(LEASE), "parties", Thresholds(0.5, 0.1), candidates, "tagger").source == source


def test_a_field_is_searched_for_by_what_knows_it() -> None:
    medical = get_domain("medical")
    ruled = apply_rules(document("Nothing."), (), make_rulebook(medical, None), Proposals((), ())).rulings
    known = medical.fields_by_name
    assert {(bool(known[one.field].label), one.source) for one in ruled} == {(True, "tagger"), (False, "patterns")}


def test_a_span_of_two_parties_is_stored_as_two_findings() -> None:
    quote = "Alpine Tools, Inc. and Meridian Freight LLC"
    start = LEASE.index(quote)
    stored = extract(document(LEASE), (), FixedSource([Span("parties", start, start + len(quote), 0.9)]))
    assert [finding.quote for finding in stored.findings] == ["Alpine Tools, Inc.", "Meridian Freight LLC"]
    assert [record.kind for record in stored.records] == ["contract", "party", "party"]
