"""Which sentences tell a topic: whose duty one is, from how many sections, and what is left where two tell one thing."""

from dataclasses import replace

import pytest

from domain_models import get_domain
from domain_models.outline import load_outline
from domain_models.passages import LONG_DOCUMENT, MOST, Passage, passages
from domain_models.sought import Found
from flows.stages.summarize import reduced, summarize
from schemas.document import Section
from schemas.finding import Finding, Member, Origin, Record, SummarySentence
from tests.test_summarize import CONTRACT, ONCE_MORE, Scribe, document, finding

# a contract's sentences, and the sentence chosen for each of its two parties (None: none is)
DUTIES = [
    (
        [
            "Supplier may end this Agreement at any time.",
            "3.1 The Supplier shall deliver the goods within ten days.",
            "The Customer will pay each invoice within thirty days of its receipt.",
        ],
        ("3.1 The Supplier shall deliver", "The Customer will pay"),
    ),
    (
        [
            "Supplier shall not be liable for any delay in the delivery of goods.",
            "Customer owns all of the goods at once.",
            "In each year the Supplier, at its own cost, must insure the goods.",
        ],
        ("In each year the Supplier", None),
    ),
    (
        [
            "If the goods are late and remain so for a further thirty days, the Customer agrees to wait.",
            "The Customer agrees to provide the Supplier with access to its premises.",
        ],
        (None, "The Customer agrees to provide"),
    ),
    (["Supplier and Customer shall keep the terms of this Agreement secret."], (None, "Supplier and Customer")),
    (["Acme Widgets, Inc. shall keep all of its records for six years."], ("Acme Widgets, Inc. shall", None)),
    (["Suppliers shall be chosen by a committee of three people."], (None, None)),
]


@pytest.mark.parametrize(("said", "expected"), DUTIES)
def test_each_party_has_the_sentence_that_says_what_it_must_do(
    said: list[str], expected: tuple[str | None, str | None]
) -> None:
    text = CONTRACT.split("\n\n1. ")[0] + "\n\n" + "\n\n".join(said)
    names = [finding(text, "parties", name) for name in ("Acme Widgets, Inc.", "Borealis Foods LLC")]
    records = [Record("d" * 64, "party", n, (Member("name", found.id),)) for n, found in enumerate(names)]
    topics = [topic for topic in load_outline(get_domain("legal").folder).topics if topic.actors]
    chosen = passages(document(text), Found([], names, records), topics)
    begun = [
        next((begin for begin in expected if begin and text.startswith(begin, p.char_start)), None) for p in chosen
    ]
    assert {passage.place: begin for passage, begin in zip(chosen, begun, strict=True)} == {
        place: begin for place, begin in enumerate(expected) if begin
    }


DISTRIBUTOR = "The Distributor shall not sell goods of another maker in the Territory."
MAKER = "The Maker shall not sell the goods in the Territory by itself."


def long_contract() -> tuple[str, list[Section], list[Finding]]:
    """Two articles that limit who may sell, far apart, and one that says nothing of it."""
    clauses = [
        DISTRIBUTOR,
        "The Distributor keeps the goods dry and clean in its own warehouse.",
        MAKER,
    ]
    articles = [
        f"ARTICLE {number}\n\n{clause}\n\n" + "Nothing else is said. " * 1000 for number, clause in enumerate(clauses)
    ]
    text = "\n\n".join(articles)
    starts = [text.index(article) for article in articles]
    sections = [
        Section(f"ARTICLE {number}", 1, (f"ARTICLE {number}",), start, start + len(article))
        for number, (start, article) in enumerate(zip(starts, articles, strict=True))
    ]
    return (
        text,
        sections,
        [finding(text, "non_compete", clauses[0], 0.9), finding(text, "non_compete", clauses[2], 0.8)],
    )


def test_a_long_document_is_read_section_by_section_and_the_two_become_one_that_cites_both() -> None:
    text, sections, findings = long_contract()
    assert len(text) >= LONG_DOCUMENT
    scribe = Scribe((DISTRIBUTOR, MAKER), [])
    summary = summarize(document(text), sections, findings, get_domain("legal"), scribe)
    (sentence,) = summary.sentences
    assert sentence.text == f"{DISTRIBUTOR.rstrip('.')}; {MAKER}"
    assert [text[a:b].split()[1] for a, b in sentence.citations] == ["Distributor", "Maker"]
    assert (sentence.origin, summary.refused, len(scribe.asked)) == ("written", 0, 1)


@pytest.mark.parametrize(
    ("first", "origin"),
    [
        ((DISTRIBUTOR, "The Moon sells."), "written"),
        (("The Moon sells goods.", "The Mars sells goods."), "extracted"),
    ],
)
def test_of_what_two_sections_tell_the_stronger_alone_has_a_second_attempt(first: tuple[str, ...], origin: str) -> None:
    text, sections, findings = long_contract()
    scribe = Scribe(first, [])
    summary = summarize(document(text), sections, findings, get_domain("legal"), scribe)
    (again,) = [prompt for prompt in scribe.asked[0] if prompt.startswith(ONCE_MORE)]
    assert "The Distributor shall not" in again
    (sentence,) = summary.sentences
    assert sentence.origin == origin
    assert sentence.text.startswith("The Distributor shall not sell goods of another maker")


def test_a_short_document_is_read_as_a_whole() -> None:
    text, sections, findings = long_contract()
    cut = text.replace("Nothing else is said. " * 900, "")
    findings = [finding(cut, f.field, f.quote, f.probability) for f in findings]
    chosen = passages(document(cut), Found(sections, findings), load_outline(get_domain("legal").folder).topics)
    assert len(chosen) == 1


# two sentences of one topic as (origin, score), and what is left of them: both, or the first or second alone
REDUCED: list[tuple[tuple[Origin, float], tuple[Origin, float], str, Origin]] = [
    (("written", 1.0), ("written", 0.9), "both", "written"),
    (("rewritten", 1.0), ("written", 0.9), "both", "rewritten"),
    (("extracted", 1.0), ("written", 0.9), "second", "written"),
    (("rewritten", 0.9), ("extracted", 1.0), "first", "rewritten"),
    (("extracted", 0.9), ("extracted", 1.0), "second", "extracted"),
    (("extracted", 1.0), ("extracted", 1.0), "first", "extracted"),
]


@pytest.mark.parametrize(("one", "other", "left", "origin"), REDUCED)
def test_two_sentences_of_a_topic_become_one_with_the_citations_of_what_it_says(
    one: tuple[Origin, float], other: tuple[Origin, float], left: str, origin: Origin
) -> None:
    topic = load_outline(get_domain("legal").folder).topics[0]
    spans = [(0, 9), (20, 29)]
    chosen = [Passage(topic, 0, score, *span, *span) for (_, score), span in zip((one, other), spans, strict=True)]
    told = [
        SummarySentence(f"Sentence {n} says.", (span,), made)
        for n, ((made, _), span) in enumerate(zip((one, other), spans, strict=True))
    ]
    (sentence,) = reduced(chosen, told)
    says = {"both": "Sentence 0 says; Sentence 1 says.", "first": "Sentence 0 says.", "second": "Sentence 1 says."}
    cites = {"both": tuple(spans), "first": (spans[0],), "second": (spans[1],)}
    assert (sentence.text, sentence.citations, sentence.origin) == (says[left], cites[left], origin)


def test_no_document_is_given_more_passages_than_the_writer_can_shorten_in_time() -> None:
    text, sections, findings = long_contract()
    topics = [
        replace(topic, fields=frozenset({"non_compete"})) for topic in load_outline(get_domain("legal").folder).topics
    ]
    clauses = [(f.char_start, f.char_end) for f in findings]
    chosen = passages(document(text), Found(sections, findings), topics * 3)
    assert len(chosen) <= MOST
    assert len({(p.char_start, p.char_end) for p in chosen}) == len(chosen) == len(clauses)


def test_a_clause_longer_than_its_sentence_is_cited_from_the_sentences_beginning() -> None:
    """A mark runs on over several sentences, each as long as what is cited at most: nothing is cited from behind the first."""
    first = (
        "Supplier grants Customer a licence to use the goods, "
        + "and in each case as the Schedules say, " * 12
        + "for ever."
    )
    text = f"{first} It is not exclusive, {'and it is for this and that use, ' * 14}and it is free."
    mark = finding(text, "license_grant", text)
    topics = [topic for topic in load_outline(get_domain("legal").folder).topics if topic.name == "key_terms"]
    (chosen,) = passages(document(text), Found([], [mark]), topics)
    assert (chosen.char_start, chosen.lacks_beginning) == (0, False)
    assert 0 < chosen.char_end <= len(first)
