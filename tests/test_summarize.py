"""Summaries of small documents: what is chosen, what the guard lets stand, and that every sentence can be traced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import pytest

from domain_models import get_domain
from domain_models.domain import Domain
from domain_models.outline import load_outline
from domain_models.passages import LONGEST, passages
from domain_models.sought import Found
from flows.stages.summarize import first_sentence, summarize, summary_version, unnumbered, without
from schemas.document import Page, ParsedDocument, Section, join_pages
from schemas.finding import Finding, Summary

CONTRACT = (
    "SERVICES AGREEMENT\n\n"
    'This Services Agreement is made as of March 3, 2021 between Acme Widgets, Inc. ("Supplier") and Borealis '
    'Foods LLC ("Customer").\n\n'
    "1. Services. Supplier shall deliver the catering services that are set out in Schedule A to Customer.\n\n"
    "2. Term. This Agreement continues for three (3) years and renews for successive one (1) year terms.\n\n"
    "3. Assignment. Neither party shall assign this Agreement without the prior written consent of the other.\n\n"
    "4. Governing Law. This Agreement is governed by the laws of the State of Delaware."
)
RECORD = (
    "CHIEF COMPLAINT\nThe patient is a 54-year-old male with chest pain for two hours.\n\n"
    "ASSESSMENT\nThe pain is due to unstable angina with no evidence of myocardial infarction.\n\n"
    "PLAN\nAspirin 81 mg was started and he returns to the clinic in two weeks.\n"
)


ONCE_MORE = load_outline(get_domain("legal").folder).second_prompt("")


@dataclass(frozen=True)
class Scribe:
    """A writer that gives the answers it was made with, in turn, and those of `again` to what is asked once more.

    `asked` collects its prompts, call by call.
    """

    answers: tuple[str, ...]
    asked: list[list[str]]
    again: tuple[str, ...] = ("",)
    version: str = "scribe-1"

    def write(self, prompts: Sequence[str], max_new_tokens: int) -> list[str]:
        self.asked.append(list(prompts))
        first, again = cycle(self.answers), cycle(self.again)
        return [next(again if prompt.startswith(ONCE_MORE) else first) for prompt in prompts]


def document(text: str) -> ParsedDocument:
    return ParsedDocument("d" * 64, "sample.pdf", text, (Page(1, 0, len(text), "pdfium"),))


def finding(text: str, field: str, quote: str, probability: float = 0.9) -> Finding:
    start = text.index(quote)
    return Finding("d" * 64, field, quote, start, start + len(quote), 1, 1, probability, "tagger")


CONTRACT_FINDINGS = [
    finding(CONTRACT, "document_name", "Services Agreement"),
    finding(CONTRACT, "parties", "Acme Widgets, Inc."),
    finding(CONTRACT, "agreement_date", "March 3, 2021"),
    finding(CONTRACT, "renewal_term", "successive one (1) year terms"),
    finding(CONTRACT, "anti_assignment", "Neither party shall assign this Agreement"),
    finding(CONTRACT, "governing_law", "governed by the laws of the State of Delaware"),
]
DATED = [CONTRACT_FINDINGS[0], CONTRACT_FINDINGS[2]]  # without parties, so without their obligations


def summary_of(text: str, findings: Sequence[Finding], domain: str, *answers: str) -> Summary:
    return summarize(document(text), [], findings, get_domain(domain), Scribe(answers, []))


def assert_traceable(summary: Summary, text: str) -> None:
    for sentence in summary.sentences:
        assert sentence.citations
        assert all(0 <= start < end <= len(text) for start, end in sentence.citations)
        if sentence.origin == "extracted":
            words = " ".join(" ".join(text[start:end].split()) for start, end in sentence.citations)
            assert sentence.text.removeprefix("… ").removesuffix(" …") == words


def test_a_faithful_sentence_stands_as_written_and_cites_its_passage() -> None:
    written = "Acme Widgets, Inc. and Borealis Foods LLC made the agreement on March 3, 2021."
    summary = summary_of(CONTRACT, DATED, "legal", written)
    (sentence,) = summary.sentences
    assert (sentence.text, sentence.origin, summary.refused) == (written, "written", 0)
    assert [CONTRACT[a:b][:23] for a, b in sentence.citations] == ["This Services Agreement"]


GOOD = "Acme Widgets, Inc. and Borealis Foods LLC made the agreement on March 3, 2021."
OTHER_PARTY = "Acme Widgets, Inc. and Zephyr Foods LLC made the agreement on March 3, 2021."
OTHER_DATE = "Acme Widgets, Inc. and Borealis Foods LLC made the agreement on March 4, 2021."
DENIED = "The agreement is not made between Acme Widgets, Inc. and Borealis Foods LLC."
ASSISTANT = "I am a helpful assistant and liability is unlimited."
CUT_OFF = "Acme Widgets, Inc. and Borealis Foods LLC made the"

SHORTER = "Acme Widgets, Inc. and Borealis Foods LLC made the agreement."

# what the writer answers at the first and at the second attempt, where the sentence comes from
ATTEMPTS = [
    (GOOD, "unused", "written"),
    (GOOD, SHORTER, "written"),
    (OTHER_PARTY, GOOD, "rewritten"),
    (CUT_OFF, GOOD, "rewritten"),
    (OTHER_DATE, OTHER_DATE, "extracted"),
    (OTHER_DATE, OTHER_PARTY, "extracted"),
    (DENIED, ASSISTANT, "extracted"),
    (ASSISTANT, CUT_OFF, "extracted"),
    ("Yes.", "", "extracted"),
]


@pytest.mark.parametrize(("first", "second", "origin"), ATTEMPTS)
def test_a_refused_sentence_gives_way_to_a_second_attempt_then_to_the_documents_own(
    first: str, second: str, origin: str
) -> None:
    scribe = Scribe((first,), [], (second,))
    summary = summarize(document(CONTRACT), [], DATED, get_domain("legal"), scribe)
    (sentence,) = summary.sentences
    assert (sentence.origin, len(scribe.asked), summary.refused) == (origin, 1, int(origin == "extracted"))
    assert "Borealis Foods LLC" in sentence.text
    assert sentence.text == GOOD or origin == "extracted"
    assert_traceable(summary, CONTRACT)


def test_both_attempts_are_asked_for_in_one_call_and_neither_quotes_the_other() -> None:
    wrong = ("Zephyr pays Borealis Foods.", "It never renews for Venus.", "The Mars law governs all of it.")
    scribe = Scribe(wrong, [], ("This Agreement is governed by the laws of the State of Delaware.",))
    summary = summarize(document(CONTRACT), [], CONTRACT_FINDINGS, get_domain("legal"), scribe)
    (prompts,) = scribe.asked
    second = [prompt for prompt in prompts if prompt.startswith(ONCE_MORE)]
    assert (len(set(prompts)), len(second)) == (10, 5)
    assert not any(words in prompt for prompt in prompts for words in ("Zephyr", "Venus", "Mars"))
    assert [sentence.origin for sentence in summary.sentences] == [*["extracted"] * 4, "rewritten"]
    assert summary.refused == 4


def test_a_domain_without_a_second_prompt_takes_the_documents_own_words_at_once(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    topic = '[[topic]]\nname = "law"\nfields = ["governing_law"]\nsections = []\n'
    (tmp_path / "prompts" / "summary.v1.toml").write_text(topic)
    (tmp_path / "prompts" / "summary.v1.jinja").write_text("Shorten: {{ passage }}\n")
    scribe = Scribe(("Mars law governs.",), [])
    domain = replace(get_domain("legal"), folder=tmp_path)
    summary = summarize(document(CONTRACT), [], CONTRACT_FINDINGS, domain, scribe)
    assert (len(scribe.asked), [sentence.origin for sentence in summary.sentences]) == (1, ["extracted"])


def test_a_contract_is_told_topic_by_topic_and_no_sentence_twice() -> None:
    summary = summary_of(CONTRACT, CONTRACT_FINDINGS, "legal", "nothing usable")
    told = [sentence.text for sentence in summary.sentences]
    assert len(told) == len(set(told)) == 5
    for sentence, words in zip(told, ["March 3, 2021", "deliver", "successive", "assign", "Delaware"], strict=True):
        assert words in sentence
    assert_traceable(summary, CONTRACT)


def test_headings_lead_to_a_records_topics_without_findings() -> None:
    starts = [RECORD.index(title) for title in ("CHIEF COMPLAINT", "ASSESSMENT", "PLAN")]
    sections = [
        Section(title, 1, (title,), start, end)
        for title, start, end in zip(
            ("CHIEF COMPLAINT", "ASSESSMENT", "PLAN"), starts, [*starts[1:], len(RECORD)], strict=True
        )
    ]
    answers = ("A 54-year-old male had chest pain.", "The pain is unstable angina.", "He was given heparin 81 mg.")
    scribe = Scribe(answers, [])
    summary = summarize(document(RECORD), sections, [], get_domain("medical"), scribe)
    assert [sentence.origin for sentence in summary.sentences] == ["written", "written", "extracted"]
    assert summary.sentences[2].text == "Aspirin 81 mg was started and he returns to the clinic in two weeks."
    assert "chest pain for two hours" in scribe.asked[0][0]
    assert_traceable(summary, RECORD)


def test_a_document_without_topics_is_told_by_its_first_substantial_sentences() -> None:
    text = (
        "NOTICE\n\nPage 1\n\nThe office is closed on the first Monday of each month. "
        "Please call the desk before you come."
    )
    summary = summary_of(text, [], "legal", "unused")
    assert [sentence.text for sentence in summary.sentences] == [
        "The office is closed on the first Monday of each month.",
        "Please call the desk before you come.",
    ]
    assert summary.refused == 0
    assert_traceable(summary, text)


def test_a_document_without_a_sentence_has_an_empty_summary() -> None:
    assert summary_of("", [], "medical", "unused").sentences == ()


def test_a_very_long_sentence_is_cited_in_part_around_its_finding() -> None:
    text = f"The Supplier shall {'deliver and insure the goods, ' * 60}and is governed by the laws of Texas."
    summary = summary_of(text, [finding(text, "governing_law", "governed by the laws of Texas")], "legal", "x")
    assert len(summary.sentences[0].text) <= LONGEST + 2
    assert summary.sentences[0].text.startswith("… deliver")
    assert summary.sentences[0].text.endswith("governed by the laws of Texas.")
    assert_traceable(summary, text)


OWN_WORDS = [
    f"This lease is governed by the laws of Texas, {'in each respect and in every place that is named here, ' * 10}as agreed.",
    "If an Event of Default (as defined in\nSection 10 below) has occurred, this lease is governed by the laws of Texas.",
    "This lease is governed by the laws of Texas. Provided that Texas has no such law, that of Ohio governs it.",
    "This lease is governed by the laws of Texas and ends on the Release Date (as defined in\nSection 11 below).",
]


@pytest.mark.parametrize("text", OWN_WORDS)
def test_a_sentence_in_the_documents_own_words_is_told_whole(text: str) -> None:
    found = [finding(text, "governing_law", "governed by the laws of Texas")]
    (told,) = summary_of(f"{text}\n\nThe keys are kept by the agent of the owner.", found, "legal", "x").sentences
    assert told.text == " ".join(text.split())


def test_a_part_that_lacks_its_sentences_beginning_is_not_put_to_the_writer() -> None:
    text = f"The Supplier shall {'deliver and insure the goods, ' * 60}and is governed by the laws of Texas."
    scribe = Scribe(("The goods are governed by the laws of Texas.",), [])
    found = [finding(text, "governing_law", "governed by the laws of Texas")]
    summary = summarize(document(text), [], found, get_domain("legal"), scribe)
    assert ([sentence.origin for sentence in summary.sentences], scribe.asked) == (["extracted"], [])


def test_a_sentence_that_a_lines_end_has_parted_is_not_put_to_the_writer() -> None:
    text = "If an Event of Default (as defined in\nSection 10 below) has occurred, this Agreement is governed by the laws of Texas."
    scribe = Scribe(("Section 10 below) has occurred, this Agreement is governed by the laws of Texas.",), [])
    found = [finding(text, "governing_law", "governed by the laws of Texas")]
    summary = summarize(document(text), [], found, get_domain("legal"), scribe)
    assert ([sentence.origin for sentence in summary.sentences], scribe.asked) == (["extracted"], [])


@pytest.mark.parametrize(("end", "origin"), [("as agreed", "written"), ("unless the Customer objects", "extracted")])
def test_a_limit_in_the_end_that_is_cut_off_is_not_left_out(end: str, origin: str) -> None:
    law = "This Agreement is governed by the laws of Texas"
    text = f"{law}, {'in each respect and in every place that is named here, ' * 10}{end}."
    summary = summary_of(text, [finding(text, "governing_law", "governed by the laws of Texas")], "legal", f"{law}.")
    assert summary.sentences[0].origin == origin


@pytest.mark.parametrize(
    ("behind", "origin"),
    [("Provided that Texas has no such law, Ohio has.", "extracted"), ("The parties agree to that.", "written")],
)
def test_a_proviso_behind_the_sentence_limits_it(behind: str, origin: str) -> None:
    law = "This Agreement is governed by the laws of Texas."
    text = f"{law} {behind}"
    summary = summary_of(text, [finding(text, "governing_law", "governed by the laws of Texas")], "legal", law)
    assert summary.sentences[0].origin == origin


def test_the_version_names_writer_outline_guard_and_passages() -> None:
    assert (
        summary_version("scribe-1", get_domain("legal"))
        == "scribe-1+summary.v2+rewrite.v1+guard.v13+passages.v8+addressed.v3"
    )


FIRST = [
    ("The term is three years. It renews yearly.", "The term is three years."),
    ('"The law of the State of Texas governs."', "The law of the State of Texas governs."),
    ("Supplier: Acme\nCustomer: Borealis", None),
    ("The term is three years and the", None),
    ("This Agreement is made and made by CytoDyn and Vyera.", None),
    ("Pain for one and a half months for one and a half months.", None),
    ("Yes.", None),
    ("", None),
    ("A: The term is three years.", "The term is three years."),
]


@pytest.mark.parametrize(("answer", "expected"), FIRST)
def test_only_a_whole_sentence_of_an_answer_counts(answer: str, expected: str | None) -> None:
    assert first_sentence(answer) == expected


@pytest.mark.parametrize("name", ["legal", "medical"])
def test_every_field_of_an_outline_is_a_field_of_its_domain(name: str) -> None:
    domain = get_domain(name)
    named = {field for topic in load_outline(domain.folder).topics for field in topic.fields | topic.whole}
    assert named
    assert named <= set(domain.fields_by_name), sorted(named - set(domain.fields_by_name))


def test_the_newest_outline_counts_and_none_is_no_topics(tmp_path: Path) -> None:
    assert load_outline(tmp_path).topics == ()
    (tmp_path / "prompts").mkdir()
    for number in (2, 10):
        topic = f'[[topic]]\nname = "t{number}"\nfields = []\nsections = []\n'
        (tmp_path / "prompts" / f"summary.v{number}.toml").write_text(topic)
        (tmp_path / "prompts" / f"summary.v{number}.jinja").write_text("Shorten: {{ passage }}\n")
    outline = load_outline(tmp_path)
    assert (outline.version, outline.topics[0].name) == ("summary.v10", "t10")
    assert outline.prompt('<b> & "c"') == 'Shorten: <b> & "c"'


def test_a_topics_passage_is_the_sentence_with_most_of_its_fields() -> None:
    domain: Domain = get_domain("legal")
    chosen = passages(document(CONTRACT), Found([], CONTRACT_FINDINGS), load_outline(domain.folder).topics)
    assert [passage.topic.name for passage in chosen] == ["overview", "dates", "limits", "governing_law"]
    assert "Acme Widgets" in CONTRACT[chosen[0].char_start : chosen[0].char_end]


def test_a_sentence_that_a_footer_cuts_in_two_is_told_whole_and_cites_both_pieces() -> None:
    pages = [
        "This Supply Agreement is made by the parties named below.\nAcme Supply - Page 1",
        "The Supplier shall deliver the goods to the warehouse that the\nAcme Supply - Page 2",
        "customer names in its order, within thirty days of that order.\nAcme Supply - Page 3",
    ]
    text, placed = join_pages(pages, ["pdfium"] * 3)
    parsed = ParsedDocument("d" * 64, "supply.pdf", text, placed)
    marked = "The Supplier shall deliver the goods"
    start = text.index(marked)
    found = Finding("d" * 64, "agreement_date", marked, start, start + len(marked), 2, 2, 0.9, "tagger")
    summary = summarize(parsed, [], [found], get_domain("legal"), Scribe(("no",), []))
    (sentence,) = summary.sentences
    assert sentence.text.endswith(
        "to the warehouse that the customer names in its order, within thirty days of that order."
    )
    assert [text[a:b].strip().split()[0] for a, b in sentence.citations] == ["The", "customer"]


@pytest.mark.parametrize(
    ("gaps", "pieces"),
    [
        ([], ((10, 50),)),
        ([(20, 30)], ((10, 20), (30, 50))),
        ([(0, 5), (5, 12), (45, 60)], ((12, 45),)),
        ([(10, 20), (20, 25)], ((25, 50),)),
        ([(60, 70)], ((10, 50),)),
    ],
)
def test_an_interval_without_its_gaps(gaps: list[tuple[int, int]], pieces: tuple[tuple[int, int], ...]) -> None:
    assert without((10, 50), gaps) == pieces


NUMBERED = [
    ("7.1 Customer shall issue a forecast.", "Customer shall issue a forecast."),
    ("4. 2. 1. unless agreed otherwise, Buyer installs it.", "unless agreed otherwise, Buyer installs it."),
    ("(a) the exclusive right to sell", "the exclusive right to sell"),
    ("3) Seller shall deliver.", "Seller shall deliver."),
    ("2 mg of lorazepam was given.", "2 mg of lorazepam was given."),
    ("12 Units were transfused.", "12 Units were transfused."),
    ("1.5 mL was injected.", "1.5 mL was injected."),
    ("(but not services) are sold.", "(but not services) are sold."),
    ("A 54-year-old man came.", "A 54-year-old man came."),
]


@pytest.mark.parametrize(("sentence", "without_number"), NUMBERED)
def test_a_clause_is_put_to_the_writer_without_its_number(sentence: str, without_number: str) -> None:
    assert unnumbered(sentence) == without_number
