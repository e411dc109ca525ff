"""People's decisions correct a tagger's probabilities where that helps, and become labelled data where they are whole."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from stored_evidence import MARKED, store
from stored_sample import START
from typer.testing import CliRunner

from domain_models.labelled import read_labelled
from domain_models.legal import DOMAIN
from domain_models.recalibration import Judgement, fit, log_losses
from domain_models.tagging import load_rulebook, plan_span_source, recalibrated
from flows.cli import app
from flows.stages.calibrate import calibrate, recalibrations, recalibrations_path
from flows.stages.export_reviews import Reserved, export_reviews
from flows.stages.review import Asked, decide
from flows.stages.rows import Extraction, Parsed, Tagged
from flows.stages.store import Store, open_store
from schemas.document import ParsedDocument, SourceFile, join_pages
from schemas.errors import BadInput
from schemas.finding import Finding, Ruling, Span
from schemas.geometry import PageMap
from schemas.review import text_digest

FIELD = "exclusivity"
CLAUSES = [f"Clause {number} is what it is." for number in range(8)]


def judged(field: str, probability: float, right: int, wrong: int) -> list[Judgement]:
    answers = [True] * right + [False] * wrong
    return [Judgement(f"{field}{n % 7}", field, probability, answer) for n, answer in enumerate(answers)]


def test_an_overconfident_field_is_corrected_and_the_others_stay() -> None:
    told = judged("exclusivity", 0.9, 20, 60) + judged("audit_rights", 0.9, 72, 8)
    made = fit("t", told)
    assert made.probability("exclusivity", 0.9) == pytest.approx(0.25, abs=0.06)
    assert made.probability("audit_rights", 0.9) == pytest.approx(0.9, abs=0.04)
    assert made.probability("exclusivity", 0.95) > made.probability("exclusivity", 0.9)
    before, after = log_losses("t", told)
    assert after < before - 0.3


def test_few_decisions_change_little() -> None:
    assert fit("t", judged(FIELD, 0.9, 1, 1)).probability(FIELD, 0.9) > 0.7
    assert fit("t", []).probability(FIELD, 0.42) == pytest.approx(0.42)


def test_what_is_right_already_is_not_helped() -> None:
    told = judged("exclusivity", 0.75, 60, 20) + judged("audit_rights", 0.25, 20, 60)
    before, after = log_losses("t", told)
    assert after > before - 0.005


def stored(folder: Path, tagger: str, documents: int = 6) -> Path:
    """Documents of eight clauses, each found by the model at 0.9."""
    with open_store(folder / "m.duckdb", [DOMAIN]) as opened:
        opened.start_run("run-1", START, {})
        for number in range(documents):
            key = hashlib.sha256(str(number).encode()).hexdigest()
            text, pages = join_pages([f"Contract {number}.\n" + "\n".join(CLAUSES)], ["pypdf"])
            document = ParsedDocument(key, f"{number}.pdf", text, pages, (PageMap(0, 0),))
            found = [made_finding(document, clause) for clause in CLAUSES]
            rulings = [
                Ruling(key, f.name, "found" if f.name == FIELD else "absent", 0.9, 0.5, 0.1, 9, "tagger")
                for f in DOMAIN.fields
            ]
            records = tuple(DOMAIN.group(document, (), found))
            opened.save_parsed(
                [Parsed(SourceFile(folder / document.name, key, 1), document, (), DOMAIN.name, None)], "p", "run-1"
            )
            spans = tuple(Span(FIELD, f.char_start, f.char_end, 0.9) for f in found)
            opened.save_proposals([Tagged(key, spans)], "proposer")
            opened.save_extraction(
                [Extraction(key, tuple(found), tuple(rulings), records)], tagger, "rules", "run-1"
            )  # fmt: skip
    return folder / "m.duckdb"


def made_finding(document: ParsedDocument, quote: str) -> Finding:
    start = document.text.index(quote)
    return Finding(document.id, FIELD, quote, start, start + len(quote), 1, 1, 0.9, "tagger")


def decide_all(opened: Store, right: Sequence[int], documents: int | None = None) -> None:
    for key in sorted(opened.fingerprints())[:documents]:
        (one,) = opened.load_documents([key])
        for number, finding in enumerate(opened.load_findings([key])[key]):
            wanted = Asked(f"{key}{number}", key, FIELD, "reject", text_digest(one.document.text), finding.id)
            decide(opened, replace(wanted, decision="accept") if number in right else wanted, "Ann")


def test_decisions_correct_what_later_runs_find(tmp_path: Path) -> None:
    plan = plan_span_source(DOMAIN, "small")
    database = stored(tmp_path, plan.version)
    with open_store(database) as opened:
        decide_all(opened, right=(0, 5))
    (fitted,) = calibrate(database)
    assert (fitted.decisions, fitted.refused) == (48, "") and fitted.after < fitted.before
    corrected = recalibrated(plan, recalibrations(database)[DOMAIN.name])
    assert corrected.version.startswith(f"{plan.version}+r") and corrected.proposer == plan.proposer
    (span,) = load_rulebook(corrected).proposals("", [Span(FIELD, 0, 3, 0.9)]).tagged
    assert 0.2 < span.probability < 0.45
    other = replace(plan, version="another")
    assert recalibrated(other, recalibrations(database)[DOMAIN.name]) == other


def test_a_handful_of_decisions_is_not_enough(tmp_path: Path) -> None:
    database = stored(tmp_path, "t1", documents=3)
    with open_store(database) as opened:
        decide_all(opened, right=(0, 5))
    (fitted,) = calibrate(database)
    assert fitted.refused == "6 right and 18 wrong findings; at least 30 of both kinds are wanted"
    assert not recalibrations_path(database).exists()


def test_reserved_documents_teach_nothing(tmp_path: Path) -> None:
    database = stored(tmp_path, "t1")
    with open_store(database) as opened:
        decide_all(opened, right=(0, 5))
    (tmp_path / "reserved.txt").write_text("# ours\n0.pdf\n1.pdf\n2.pdf\n", encoding="utf-8")
    done = CliRunner().invoke(
        app, ["calibrate", "--database", str(database), "--reserved", str(tmp_path / "reserved.txt")]
    )
    assert done.output.startswith("legal, tagger t1: 24 decisions: not kept: 6 right and 18 wrong findings")


def test_without_decisions_there_is_nothing_to_fit(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["calibrate", "--database", str(store(tmp_path))])
    assert done.output == "no decisions about a tagger's findings yet; make some with `muniment review`\n"


def settled(folder: Path) -> tuple[Path, str]:
    """A contract of which everything is decided, and its id."""
    database = store(folder)
    with open_store(database) as opened:
        (key,) = opened.fingerprints()
        (one,) = opened.load_documents([key])
        digest = text_digest(one.document.text)
        for number, finding in enumerate(opened.load_findings([key])[key]):
            decide(opened, Asked(f"a{number}", key, finding.field, "accept", digest, finding.id), "Ann")
        for field in DOMAIN.fields:
            if field.name not in MARKED:
                decide(opened, Asked(f"b{field.name}", key, field.name, "absent", digest), "Ann")
    return database, key


def test_a_decided_document_is_labelled_data(tmp_path: Path) -> None:
    database, _ = settled(tmp_path)
    out = tmp_path / "labelled.jsonl"
    done = export_reviews(database, DOMAIN, out, Reserved([]))
    assert (done.written, done.unfinished, done.refused) == (1, 0, ())
    (document,) = read_labelled(out)
    labels = {DOMAIN.fields_by_name[field].label: quotes for field, quotes in MARKED.items()}
    assert document.quotes == labels and document.name == "contract.pdf"
    assert set(document.answers) == {field.label for field in DOMAIN.fields}


def test_a_document_with_an_open_field_is_left_out(tmp_path: Path) -> None:
    database, key = settled(tmp_path)
    with open_store(database) as opened:
        (one,) = opened.load_documents([key])
        finding = next(f for f in opened.load_findings([key])[key] if f.field == "governing_law")
        decide(opened, Asked("c", key, "governing_law", "reject", text_digest(one.document.text), finding.id), "Ann")
    done = export_reviews(database, DOMAIN, tmp_path / "out.jsonl", Reserved([]))
    assert (done.written, done.unfinished) == (0, 1) and (tmp_path / "out.jsonl").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("by", ["id", "name", "pdf", "text"])
def test_a_reserved_document_is_refused(tmp_path: Path, by: str) -> None:
    database, key = settled(tmp_path)
    with open_store(database) as opened:
        text = opened.load_documents([key])[0].document.text
    listed = tmp_path / ("dev.jsonl.gz" if by in {"pdf", "text"} else "reserved.txt")
    row = {"title": "t", "text": "x", "fields": {}, "pdf": "pdf/contract.pdf"}
    if by == "text":
        row = {"title": "t", "text": "\n".join(text.split()), "fields": {}}
    content = {"id": key, "name": "contract.pdf"}.get(by, json.dumps(row)).encode()
    listed.write_bytes(gzip.compress(content) if listed.suffix == ".gz" else content)
    arguments = ["export-reviews", "legal", "--database", str(database), "--output", str(tmp_path / "o.jsonl")]
    done = CliRunner().invoke(app, [*arguments, "--reserved", str(listed)])
    assert done.output.splitlines()[1:] == ["refused: contract.pdf is reserved"]
    assert (tmp_path / "o.jsonl").read_text(encoding="utf-8") == ""
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_a_list_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no list of reserved documents at .*gone\.txt"):
        Reserved([tmp_path / "gone.txt"])
