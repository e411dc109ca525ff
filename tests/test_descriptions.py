"""One-sentence descriptions: what of a text is read, the measures worked out by hand, and files that cannot be read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from domain_models import get_domain
from domain_models.description import load_description
from domain_models.measure.descriptions import lead_1, rouge_l, textrank
from flows.evaluate_summaries import domain_of, read_described
from schemas.errors import BadInput
from tests.test_cli import muniment
from tests.test_generator import save_model

FILLER = "The patient was prepped and draped in the usual sterile fashion and tolerated all of it well. " * 12
RECORD = f"INDICATIONS: Chest pain. {FILLER}ANESTHESIA: General. IMPRESSION: Unstable angina. {FILLER}"


def test_a_short_text_is_read_whole() -> None:
    assert load_description(get_domain("medical").folder).excerpt("Chest\n pain.") == "Chest pain."


def test_a_long_record_is_read_by_its_beginning_and_its_telling_sections() -> None:
    description = load_description(get_domain("medical").folder)
    excerpt = description.excerpt(RECORD)
    assert excerpt.startswith("INDICATIONS: Chest pain.")
    assert "IMPRESSION: Unstable angina." in excerpt
    assert "ANESTHESIA" not in excerpt
    assert len(excerpt) <= description.characters
    assert excerpt in description.prompt(RECORD)


def test_a_long_clause_is_cut_between_words() -> None:
    description = load_description(get_domain("legal").folder)
    clause = "indemnification " * 100
    assert set(description.excerpt(clause).split()) == {"indemnification"}
    assert len(description.excerpt(clause)) <= description.characters


def test_a_domain_without_a_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"prompts/description\.vN\.toml"):
        load_description(tmp_path)


@pytest.mark.parametrize(
    ("written", "wanted", "score"),
    [
        ("repair of hernia", "repair of hernia", 1.0),
        ("hernia repaired", "repair hernia", 0.5),  # one word in order of two and two
        ("repair of the left hernia", "repair hernia", 4 / 7),  # 2 of 5 and 2 of 2
        ("colonoscopy", "repair of hernia", 0.0),
    ],
)
def test_rouge_l(written: str, wanted: str, score: float) -> None:
    assert rouge_l([written], [wanted]) == pytest.approx(score)


def test_rouge_l_is_the_mean_over_texts() -> None:
    assert rouge_l(["a b", "c"], ["a b", "d"]) == pytest.approx(0.5)


MINUTES = (
    "The weather was fine. The supplier delivers the goods to the buyer. "
    "The buyer pays the supplier for the goods. Nobody was late."
)


def test_the_baselines_are_sentences_of_the_text() -> None:
    assert lead_1(MINUTES) == "The weather was fine."
    assert textrank(MINUTES) == "The supplier delivers the goods to the buyer."
    assert textrank("one sentence alone.") == "one sentence alone."
    assert lead_1("you may leave. we may stay.") == "you may leave."  # no capitals left to tell sentences by


def save_rows(path: Path, *rows: Any) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def test_rows_are_read_and_their_domain_is_known(tmp_path: Path) -> None:
    clause = "This Agreement is governed by the laws of Delaware. Each party shall indemnify the other party hereto."
    path = save_rows(tmp_path / "rows.jsonl.gz", *[{"text": clause, "summary": "Delaware law governs."}] * 3)
    rows = read_described(path)
    assert [row.summary for row in rows] == ["Delaware law governs."] * 3
    assert domain_of(rows, path).name == "legal"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"text": "a"}, 'rows need "text" and "summary"; have: text'),
        ("words", "line 1: not a JSON object"),
        ({"text": " ", "summary": "x"}, "holds no rows with a text and a summary"),
    ],
)
def test_a_file_of_something_else_is_refused(row: Any, line: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=line):
        read_described(save_rows(tmp_path / "rows.jsonl.gz", row))


def test_texts_of_no_domain_are_refused(tmp_path: Path) -> None:
    path = save_rows(tmp_path / "rows.jsonl.gz", {"text": "Roses are red.", "summary": "Roses."})
    with pytest.raises(BadInput, match="no row's text belongs clearly to a domain; have: legal, medical"):
        domain_of(read_described(path), path)


CLAUSE = "This Agreement is governed by the laws of Delaware. Each party shall indemnify the other party hereto."


def test_measures_of_a_writer_of_ones_own_have_their_names(tmp_path: Path) -> None:
    """It has no adapter, so it is its own baseline."""
    rows = save_rows(tmp_path / "rows.jsonl.gz", *[{"text": CLAUSE, "summary": "Delaware law governs."}] * 3)
    tiny = save_model(tmp_path / "tiny")
    asked = ("evaluate", "summaries", "--data", str(rows), "--writer", str(tiny), "--limit", "2", "--json")
    measures = json.loads(muniment(*asked, cwd=tmp_path).stdout)
    assert set(measures) == {"documents", "rouge_l", "sentences", "unsupported", "seconds", "baselines"}
    assert set(measures["baselines"]) == {"lead_1", "textrank", "untuned"}
    assert measures["documents"] == 2
    assert measures["baselines"]["untuned"] == measures["rouge_l"]
    # 3 words of 9 and 3, of which "Delaware" alone stands in order
    assert measures["baselines"]["lead_1"] == pytest.approx(1 / 6)
    assert measures["unsupported"] <= measures["sentences"]


@pytest.mark.parametrize("command", [("bench", "writer"), ("evaluate", "summaries", "--data", "rows.jsonl.gz")])
def test_an_unknown_writer_is_refused_before_anything_is_loaded(command: tuple[str, ...], tmp_path: Path) -> None:
    save_rows(tmp_path / "rows.jsonl.gz", {"text": CLAUSE, "summary": "Delaware law governs."})
    refused = muniment(*command, "--writer", "huge", cwd=tmp_path)
    assert refused.returncode != 0
    assert "unknown writer 'huge': it is not a folder; have: writer" in refused.stderr


def test_a_writer_of_ones_own_is_timed(tmp_path: Path) -> None:
    tiny = save_model(tmp_path / "tiny")
    timed = muniment(
        "bench", "writer", "--writer", str(tiny), "--prompts", "2", "--tokens", "2", cwd=tmp_path, COLUMNS="200"
    )
    assert timed.returncode == 0
    assert "batched, beginnings shared" in timed.stdout
