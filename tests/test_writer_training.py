"""What the writer is taught: that answers stand in their passages, that kept fields are not asked, and where loss is taken."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from domain_models.answering.prompt import NOT_STATED
from domain_models.guard import supported
from domain_models.runtime.generator import load_writer
from domain_models.training.writer import collate, encode, loss_of
from domain_models.training.writer_examples import WriterExample, make_examples
from domain_models.training.writer_recipe import WriterSource, load_writer_recipe
from tests.conftest import ROOT
from tests.test_generator import CHAT_TEMPLATE, save_model

RECIPES = ROOT / "domain_models" / "training" / "recipes"
SENTENCES = [f"Paragraph {n} sets out the further duties of both parties to this Agreement. " for n in range(40)]
LAW = "the laws of the State of Delaware"
RENEWAL = "successive terms of one year"
TEXT = "".join([*SENTENCES[:20], f"This Agreement is governed by {LAW}. It renews for {RENEWAL}. ", *SENTENCES[20:]])
HELD_OUT = (
    "governing_law", "cap_on_liability", "audit_rights", "insurance", "non_compete", "notice_period_to_terminate_renewal",
)  # fmt: skip


def save_rows(path: Path, *rows: Any) -> str:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return path.name


def contract() -> dict[str, Any]:
    spans = {"Governing Law": LAW, "Renewal Term": RENEWAL}
    fields = {label: {"spans": [[TEXT.index(w), TEXT.index(w) + len(w)]], "answer": ""} for label, w in spans.items()}
    return {"title": "c", "text": TEXT, "fields": fields}


def test_an_answer_stands_in_its_passage_and_half_the_passages_do_not_say(tmp_path: Path) -> None:
    source = WriterSource("question", save_rows(tmp_path / "rows.jsonl.gz", contract()), 1.0)
    examples = make_examples("legal", source, tmp_path, random.Random(3))
    assert {example.answer for example in examples} == {LAW, RENEWAL, NOT_STATED}
    for example in examples:
        stated = example.answer in example.prompt.partition("Text: ")[2]
        assert stated is (example.answer != NOT_STATED)


def test_fields_that_are_kept_are_not_asked(tmp_path: Path) -> None:
    source = WriterSource("question", save_rows(tmp_path / "rows.jsonl.gz", contract()), 1.0, ("governing_law",))
    examples = make_examples("legal", source, tmp_path, random.Random(3))
    assert {example.answer for example in examples} == {RENEWAL, NOT_STATED}
    assert [example for example in examples if "governing law" in example.prompt.rpartition("Question:")[2]] == []


def test_the_six_fields_that_measure_questions_are_kept_out_of_training() -> None:
    asked = [s for s in load_writer_recipe(RECIPES / "legal-writer.toml").sources if s.task == "question"]
    assert [set(source.without) for source in asked] == [set(HELD_OUT)]


def test_no_recipe_learns_from_a_dev_part() -> None:
    files = [s.file for path in RECIPES.glob("*-writer.toml") for s in load_writer_recipe(path).sources]
    assert len(files) >= 4
    assert [file for file in files if "train" not in file] == []


def test_descriptions_leave_out_a_fold_and_what_the_writer_cannot_see(tmp_path: Path) -> None:
    rows = [{"text": f"Repair of hernia {n}.", "summary": f"Repair of hernia {n}"} for n in range(6)]
    rows.append({"text": "Chest pain.", "summary": "A long story about something else"})
    source = WriterSource("describe", save_rows(tmp_path / "rows.jsonl.gz", *rows), 1.0, folds=3, fold=0, covered=0.8)
    examples = make_examples("medical", source, tmp_path, random.Random(1))
    assert [example.answer for example in examples] == [f"Repair of hernia {n}" for n in (1, 2, 4, 5)]


def test_a_shorter_sentence_says_only_what_the_longer_one_does(tmp_path: Path) -> None:
    row = {
        "text": "He sleeps well. The patient is a 54-year-old male with chest pain for two hours. He walks.",
        "summary": "A 54-year-old male with chest pain. A 45-year-old male with chest pain.",
    }
    source = WriterSource("shorten", save_rows(tmp_path / "rows.jsonl.gz", row), 1.0)
    (example,) = make_examples("medical", source, tmp_path, random.Random(1))
    assert example.answer == "A 54-year-old male with chest pain."
    assert supported(example.answer, example.prompt.rpartition("\n")[2])


def test_the_loss_is_that_of_the_answers_whatever_they_are_padded_with(tmp_path: Path) -> None:
    writer = load_writer(save_model(tmp_path, CHAT_TEMPLATE))
    examples = [
        WriterExample("the term of this agreement", "three years"),
        WriterExample("payment", "falls due monthly ."),
    ]
    encoded = [encode(writer.tokenizer, example, 40) for example in examples]
    total, count = 0.0, 0
    for prompt, answer in encoded:
        with torch.no_grad():
            logits = writer.model(input_ids=torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        total += float(torch.nn.functional.cross_entropy(logits.float(), torch.tensor(answer), reduction="sum"))
        count += len(answer)
    assert count == 2 + 4 + 2  # and an end each
    loss = loss_of(writer.model, collate(encoded, writer.tokenizer.pad_token_id)).detach()
    assert float(loss) == pytest.approx(total / count, rel=1e-3)


def test_a_long_prompt_loses_its_beginning_and_no_answer(tmp_path: Path) -> None:
    writer = load_writer(save_model(tmp_path, CHAT_TEMPLATE))
    prompt, answer = encode(writer.tokenizer, WriterExample("the term " * 40 + "payment", "three years"), 20)
    assert len(prompt) + len(answer) == 20
    assert writer.tokenizer.decode(answer).split() == ["three", "years", "<end>"]
    assert writer.tokenizer.decode(prompt).split()[-2:] == ["payment", "agreement"]
