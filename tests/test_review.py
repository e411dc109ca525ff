"""A person's decisions: stored for good, ahead of the model's in every view, and never applied to other words."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from made_pdfs import lines_pdf
from stored_evidence import MARKED, OPEN, store

from domain_models.legal import DOMAIN
from flows.stages.anchor import place_of
from flows.stages.apply_reviews import apply_reviews
from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from flows.stages.promises.reviews import DECISIONS
from flows.stages.publish import publish
from flows.stages.query import run_query
from flows.stages.review import Asked, asked, decide
from flows.stages.review_queue import review_queue
from flows.stages.rows import Extraction, Parsed
from flows.stages.store import Store, open_store
from flows.stages.verify import verify
from schemas.document import ParsedDocument
from schemas.errors import BadInput, ReviewOutdated, UnknownField
from schemas.finding import Finding, Ruling
from schemas.review import Decision, passage, text_digest

LAW, DATE = "governing_law", "agreement_date"


class Reviewer:
    """Decides by words rather than by places."""

    def __init__(self, opened: Store) -> None:
        self.store = opened
        self.key = next(iter(opened.fingerprints()))
        self.count = 0

    @property
    def text(self) -> str:
        return self.store.load_documents([self.key])[0].document.text

    def findings(self, field: str) -> list[Finding]:
        return [finding for finding in self.store.load_findings([self.key])[self.key] if finding.field == field]

    def quotes(self, field: str) -> list[tuple[str, str]]:
        return [(finding.quote, finding.source) for finding in self.findings(field)]

    def verdict(self, field: str) -> str:
        return self.ruling(field).verdict

    def ruling(self, field: str) -> Ruling:
        return next(ruling for ruling in self.store.load_rulings(self.key) if ruling.field == field)

    def __call__(self, decision: Decision, field: str, judged: str = "", chosen: str = "") -> str:
        self.count += 1
        finding_id = next((f.id for f in self.findings(field) if f.quote == judged), None)
        start = self.text.index(chosen) if chosen else None
        end = None if start is None else start + len(chosen)
        wanted = Asked(
            f"r{self.count}", self.key, field, decision, text_digest(self.text), finding_id, start, end
        )  # fmt: skip
        return decide(self.store, wanted, "Ann").id

    def run_again(self, tagger: str, findings: Sequence[Finding]) -> None:
        """What a later run by another tagger stores, as the flow does it."""
        (stored,) = self.store.load_documents([self.key])
        found = {finding.field for finding in findings}
        rulings = tuple(
            Ruling(self.key, f.name, "found" if f.name in found else "absent", 0.6, 0.5, 0.1, 9, "tagger")
            for f in DOMAIN.fields
        )
        made = Extraction(self.key, tuple(findings), rulings, tuple(DOMAIN.group(stored.document, (), findings)))
        reviews = self.store.load_reviews([self.key])[self.key]
        made = apply_reviews(stored.document, stored.sections, DOMAIN, made, reviews)
        self.store.save_extraction([made], tagger, "rules", "run-1")


def model_finding(document: ParsedDocument, field: str, quote: str) -> Finding:
    start = document.text.index(quote)
    end = start + len(quote)
    value = DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)
    return Finding(document.id, field, quote, start, end, *document.pages_of(start, end), 0.6, "tagger", value)


def states(reviewer: Reviewer) -> dict[str, str]:
    return dict(reviewer.store._read("SELECT review_id, state FROM core.placements"))


def test_an_accepted_finding_is_certain_and_says_who_stands_for_it(tmp_path: Path) -> None:
    with open_store(store(tmp_path)) as opened:
        ann = Reviewer(opened)
        ann("accept", LAW, MARKED[LAW][0])
        (finding,) = ann.findings(LAW)
        assert (finding.source, finding.probability) == ("review", 1.0)
        ((reviewer, decision, quote, score, source, parser, tagger),) = opened._read(
            "SELECT reviewer, decision, chosen.quote, judged_score, judged_source, parser, tagger FROM core.reviews"
        )
        assert (reviewer, decision, quote) == ("Ann", "accept", MARKED[LAW][0])
        assert (score, source, parser, tagger) == (0.85, "tagger", "p1", "t1")
    assert verify(tmp_path / "m.duckdb", [DOMAIN]) == ()


def test_a_correction_is_what_the_views_show(tmp_path: Path) -> None:
    database = store(tmp_path)
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        ann("reject", DATE, "May 4, 2015")
        ann("correct", DATE, "May 9, 2015", chosen="made on May 4, 2015")
        assert ann.quotes(DATE) == [("made on May 4, 2015", "review")]
        publish(database)
        assert verify_open(opened)
    assert run_query(database, "SELECT CAST(agreement_date AS VARCHAR) FROM legal.contracts").rows == (("2015-05-04",),)
    assert verify(database, [DOMAIN]) == ()


def verify_open(opened: Store) -> bool:
    return bool(opened._read("SELECT 1 FROM core.placements WHERE state = 'standing'"))


def test_a_rejected_field_is_open_until_someone_says_that_it_is_absent(tmp_path: Path) -> None:
    database = store(tmp_path)
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        assert ann.ruling(LAW).source == "tagger"
        ann("reject", LAW, MARKED[LAW][0])
        assert (ann.quotes(LAW), ann.verdict(LAW), ann.ruling(LAW).source) == ([], "abstained", "review")
        ann("absent", LAW)
        assert (ann.quotes(LAW), ann.verdict(LAW)) == ([], "absent")
        ann("add", LAW, chosen="laws of Delaware")
        assert (ann.quotes(LAW), ann.verdict(LAW)) == ([("laws of Delaware", "review")], "found")
        assert states(ann) == {"r1": "standing", "r2": "superseded", "r3": "standing"}
    assert verify(database, [DOMAIN]) == ()


def test_missed_words_are_added_with_their_value(tmp_path: Path) -> None:
    database = store(tmp_path)
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        ann("add", OPEN, chosen="May 9, 2015")
        (finding,) = ann.findings(OPEN)
        assert finding.value is not None and str(finding.value.date) == "2015-05-09"
        assert ann.verdict(OPEN) == "found"
        publish(database)
    assert run_query(database, "SELECT CAST(expiration_date AS VARCHAR) FROM legal.contracts").rows == (
        ("2015-05-09",),
    )


def test_the_last_decision_about_the_same_words_counts(tmp_path: Path) -> None:
    with open_store(store(tmp_path)) as opened:
        ann = Reviewer(opened)
        ann("accept", DATE, "May 4, 2015")
        ann("reject", DATE, "May 4, 2015")
        ann("add", DATE, chosen="May 4, 2015")
        assert ann.quotes(DATE) == [("May 4, 2015", "review"), ("May 9, 2015", "tagger")]
        assert states(ann) == {"r1": "superseded", "r2": "superseded", "r3": "standing"}
    assert verify(tmp_path / "m.duckdb", [DOMAIN]) == ()


def test_decisions_outlive_another_taggers_run(tmp_path: Path) -> None:
    database = store(tmp_path)
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        ann("reject", DATE, "May 9, 2015")
        ann("correct", LAW, MARKED[LAW][0], chosen="governed by the laws of Delaware")
        ann("absent", "exclusivity")
        (stored,) = opened.load_documents([ann.key])
        # the rejected date a little wider, the corrected law as it was, and a clause where a person found none
        again = [
            (DATE, "Signed on May 9, 2015"), (DATE, "May 4, 2015"), (LAW, MARKED[LAW][0]),
            ("exclusivity", "means nothing"),
        ]  # fmt: skip
        ann.run_again("t2", [model_finding(stored.document, field, quote) for field, quote in again])
        assert ann.quotes(DATE) == [("May 4, 2015", "tagger")]
        assert ann.quotes(LAW) == [("governed by the laws of Delaware", "review")]
        assert (ann.quotes("exclusivity"), ann.verdict("exclusivity")) == ([], "absent")
        assert len(opened.load_reviews([ann.key])[ann.key]) == 3
    assert verify(database, [DOMAIN]) == ()


def test_a_new_proposal_beside_a_rejected_one_is_a_new_question(tmp_path: Path) -> None:
    with open_store(store(tmp_path), [DOMAIN]) as opened:
        ann = Reviewer(opened)
        ann("reject", LAW, MARKED[LAW][0])
        (stored,) = opened.load_documents([ann.key])
        ann.run_again("t2", [model_finding(stored.document, LAW, "Delaware")])
        assert ann.quotes(LAW) == [("Delaware", "tagger")]


NOW = "Preamble. It is governed by the\nlaws of Delaware. Signed on May 9, 2015. It is so."
THEN = "It is governed by the laws of Delaware. Signed on May 9, 2015."


@pytest.mark.parametrize(
    ("then", "quote", "now", "found"),
    [
        (THEN, "governed by the laws", NOW, "governed by the\nlaws"),  # broken elsewhere
        (THEN, "May 9, 2015", NOW, "May 9, 2015"),
        (THEN, "May 9, 2015", "Signed on May 8, 2015.", None),  # gone
        ("a b. x May y. c", "May", "a b. x May y. p May q.", "May"),  # once where it stood
        ("a b. x May y. c", "May", "p May q.", None),  # elsewhere alone
        ("x May y. x May y. x May y.", "May", "x May y. x May y.", None),  # anywhere
        ("May y", "May", "May z", "May"),  # first in both
        ("May y", "May", "z. May", None),
    ],
)
def test_words_are_found_again_or_not_at_all(then: str, quote: str, now: str, found: str | None) -> None:
    start = then.index(quote)
    place = place_of(now, passage(then, start, start + len(quote)), is_same_text=False)
    assert (now[place[0] : place[1]] if place else None) == found


def test_a_text_read_anew_keeps_what_stands_and_says_what_is_lost(tmp_path: Path) -> None:
    """The file's pages in other words: one date is kept, the law is no longer there."""
    database = store(tmp_path)
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        ann("accept", DATE, "May 4, 2015")
        ann("accept", LAW, MARKED[LAW][0])
        (file,) = discover([tmp_path / "contract.pdf"]).files
        (tmp_path / "other.pdf").write_bytes(
            lines_pdf([["Draft.", "This Agreement is made on May 4, 2015 between Alder Ltd and Birch Inc."]])
        )
        (other,) = discover([tmp_path / "other.pdf"]).files
        anew = replace(parse_file(other), id=ann.key)
        opened.save_parsed([Parsed(file, anew, (), DOMAIN.name, None)], "p2", "run-1")
        ann.run_again("t1", [])
        assert ann.quotes(DATE) == [("May 4, 2015", "review")]
        assert ann.quotes(LAW) == []
        assert states(ann) == {"r1": "standing", "r2": "stale"}
        publish(database)
    (waiting,) = review_queue(database)
    assert (waiting.decided, waiting.stale) == (1, 1)


def test_a_decision_sent_twice_is_one(tmp_path: Path) -> None:
    with open_store(store(tmp_path)) as opened:
        ann = Reviewer(opened)
        ann("accept", LAW, MARKED[LAW][0])
        ann.count = 0
        ann("reject", LAW, MARKED[LAW][0])
        assert opened._read("SELECT decision FROM core.reviews") == [("accept",)]


def test_what_cannot_be_decided_is_refused(tmp_path: Path) -> None:
    with open_store(store(tmp_path)) as opened:
        ann = Reviewer(opened)
        wanted = Asked("r", ann.key, LAW, "add", text_digest(ann.text), None, 0, 4)
        for wrong, error, words in [
            (replace(wanted, field="flavour"), UnknownField, "unknown field 'flavour' in domain 'legal'; have: "),
            (replace(wanted, char_end=9999), BadInput, "0-9999 is no interval of the document's"),
            (replace(wanted, char_start=4, char_end=5), BadInput, "no words stand at 4-5"),
            (replace(wanted, text_sha256="0"), ReviewOutdated, "read anew"),
            (replace(wanted, decision="reject", finding_id="x"), ReviewOutdated, "no longer among"),
        ]:
            with pytest.raises(error, match=words):
                decide(opened, wrong, "Ann")
        assert opened._read("SELECT count(*) FROM core.reviews") == [(0,)]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([], "one JSON object"),
        ({"decision": "like"}, "unknown decision 'like'; have: accept, correct, reject, add, absent"),
        ({"decision": "accept", "review_id": "r", "field": "f", "text_sha256": "0"}, "wants finding_id"),
        ({"decision": "add", "review_id": "r", "field": 7, "text_sha256": "0"}, "wants field, char_start, char_end"),
        ({"decision": "add", "review_id": "r", "field": "f", "text_sha256": "0", "char_start": True, "char_end": 1.5},
         "wants char_start, char_end"),
    ],
)  # fmt: skip
def test_a_request_that_is_no_decision_is_refused(cells: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        asked("d", cells)


def test_the_queue_begins_with_what_is_least_certain(tmp_path: Path) -> None:
    database = store(tmp_path)
    copy = tmp_path / "other"
    copy.mkdir()
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        (file,) = discover([tmp_path / "contract.pdf"]).files
        (stored,) = opened.load_documents([ann.key])
        sure = hashlib.sha256(b"sure").hexdigest()
        document = replace(stored.document, id=sure, name="sure.pdf")
        finding = replace(model_finding(document, LAW, MARKED[LAW][0]), probability=0.99)
        rulings = tuple(
            Ruling(sure, f.name, "found" if f.name == LAW else "absent", 0.01, 0.5, 0.1, 9, "tagger")
            for f in DOMAIN.fields
        )
        opened.save_parsed([Parsed(replace(file, sha256=sure), document, (), DOMAIN.name, None)], "p1", "run-1")
        opened.save_extraction([Extraction(sure, (finding,), rulings, ())], "t1", "rules", "run-1")
        publish(database)
        assert [(w.name, w.findings, w.abstained) for w in review_queue(database)] == [
            ("contract.pdf", 5, 1), ("sure.pdf", 1, 0),
        ]  # fmt: skip
        for field, quotes in MARKED.items():
            for quote in quotes:
                ann("accept", field, quote)
        ann("absent", OPEN)
        publish(database)
        assert [(w.name, w.findings, w.abstained, w.decided) for w in review_queue(database)] == [
            ("sure.pdf", 1, 0, 0), ("contract.pdf", 0, 0, 6),
        ]  # fmt: skip


# words of the detail, and the SQL that breaks it where a correction, a rejection and an absence stand
BROKEN = [
    ("were not the text's", "UPDATE core.reviews SET judged = struct_pack(char_start := 0, char_end := 1, quote := 'x',"
     " before := '', after := '') WHERE review_id = 'r2'"),
    ("were not applied", "DELETE FROM core.placements WHERE review_id = 'r3'"),
    ("without a review", "INSERT INTO core.placements SELECT 'r9', document_id, field, 'stale', NULL, NULL"
     " FROM core.placements WHERE review_id = 'r1'"),
    ("other words", "UPDATE core.placements SET char_start = 0 WHERE review_id = 'r2'"),
    ("not stored as a reviewed finding", "UPDATE core.findings SET source = 'tagger' WHERE source = 'review'"),
    ("nobody stands for", "UPDATE core.findings SET source = 'review' WHERE field = 'parties'"),
    ("rejected findings", "UPDATE core.placements p SET char_start = f.char_start, char_end = f.char_end"
     " FROM core.findings f WHERE p.review_id = 'r2' AND f.field = p.field AND f.quote = 'May 4, 2015'"),
    ("found absent", "UPDATE core.rulings SET verdict = 'abstained' WHERE field = 'exclusivity'"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "break_it"), BROKEN)
def test_verify_names_a_review_that_does_not_count_as_it_must(tmp_path: Path, words: str, break_it: str) -> None:
    database = store(tmp_path)
    with open_store(database, [DOMAIN]) as opened:
        ann = Reviewer(opened)
        ann("correct", LAW, MARKED[LAW][0], chosen="laws of Delaware")
        ann("reject", DATE, "May 9, 2015")
        ann("absent", "exclusivity")
    assert verify(database, [DOMAIN]) == ()
    with duckdb.connect(database) as connection:
        connection.execute(break_it)
    assert any(breach.promise == "reviews" and words in breach.detail for breach in verify(database, [DOMAIN]))


def test_every_check_of_reviews_is_broken_by_some_case() -> None:
    assert [detail for detail, _ in DECISIONS if not any(words in detail for words, _ in BROKEN)] == []


def test_reviews_know_their_time_in_utc(tmp_path: Path) -> None:
    with open_store(store(tmp_path)) as opened:
        ann = Reviewer(opened)
        ann("accept", LAW, MARKED[LAW][0])
        (review,) = opened.load_reviews([ann.key])[ann.key]
        assert abs((datetime.now(UTC) - review.reviewed_at).total_seconds()) < 60
