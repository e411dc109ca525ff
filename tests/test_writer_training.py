"""What the writer is taught: that answers stand in their passages, that kept fields are not asked, and where loss is taken."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from domain_models.answering.passages import PASSAGE_CHARS, statements
from domain_models.answering.prompt import NOT_STATED
from domain_models.guard.support import supported
from domain_models.lessons import WriterExample
from domain_models.low_rank import load_low_rank_config
from domain_models.runtime.generator import load_writer
from domain_models.training.schedule import Clock
from domain_models.training.writer import collate, collate_whole, encode, loss_of, loss_of_whole, train
from domain_models.training.writer_examples import (
    Lessons,
    load_lessons,
    make_examples,
    make_lessons,
    save_lessons,
)
from domain_models.training.writer_recipe import WriterRecipe, WriterSource, load_writer_recipe
from schemas.errors import BadInput
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


def test_plain_english_is_measured_on_rows_that_choose_nothing() -> None:
    """The benchmark writes the taught rows to the one file of this recipe, which then keeps some of them to choose the step."""
    recipe = load_writer_recipe(RECIPES / "legal-writer-plain.toml")
    assert [source.file for source in recipe.sources] == [recipe.check]
    assert [source.teaches(0) for source in recipe.sources] == [False]


def test_a_passage_is_whole_sentences_as_many_as_are_read_in_use(tmp_path: Path) -> None:
    source = WriterSource("question", save_rows(tmp_path / "rows.jsonl.gz", contract()), 1.0)
    firsts = {TEXT[start:end] for start, end in statements(TEXT)}
    for example in make_examples("legal", source, tmp_path, random.Random(3)):
        passage = example.prompt.partition("Text: ")[2].partition("\n\nQuestion:")[0]
        assert PASSAGE_CHARS - 100 < len(passage) <= PASSAGE_CHARS
        assert passage.endswith(".") and any(passage.startswith(first) for first in firsts)


def test_the_passage_that_does_not_say_is_near_to_the_question_and_does_not_repeat_the_answer(tmp_path: Path) -> None:
    text = TEXT.replace("Paragraph 2 sets out", "The state whose law governs taxes sets out").replace(
        "Paragraph 38 sets out", f"The contract's governing law and {LAW} set out"
    )
    start = text.index(f"governed by {LAW}") + len("governed by ")
    fields = {"Governing Law": {"spans": [[start, start + len(LAW)]], "answer": ""}}
    source = WriterSource("question", save_rows(tmp_path / "r.gz", {"title": "c", "text": text, "fields": fields}), 1.0)
    drawn = (example for seed in range(20) for example in make_examples("legal", source, tmp_path, random.Random(seed)))
    silent = [
        e.prompt for e in drawn if e.answer == NOT_STATED and "law" in e.prompt.rpartition("Question:")[2].lower()
    ]
    assert any("The state whose law governs taxes" in prompt for prompt in silent)
    assert [prompt for prompt in silent if LAW in prompt] == []


def small_recipe(tmp_path: Path) -> WriterRecipe:
    """Six contracts of which two are kept out, and six clauses of which three are."""
    contracts = save_rows(tmp_path / "contracts.jsonl.gz", *(contract() for _ in range(6)))
    clauses = save_rows(tmp_path / "clauses.jsonl.gz", *({"text": f"Term {n}.", "summary": f"{n}"} for n in range(6)))
    sources = (
        WriterSource("question", contracts, 0.5, folds=3, fold=1),
        WriterSource("describe", clauses, 0.5, folds=2, fold=0),
    )
    modules = ("q_proj", "down_proj")
    return WriterRecipe("legal", "writer", 2, 4, modules, (0, 2), 20, 2, 2, 1e-3, 48, 7, clauses, sources)


def test_lessons_keep_rows_and_documents_out_to_check_on_and_come_back_from_their_file(tmp_path: Path) -> None:
    recipe = small_recipe(tmp_path)
    lessons = make_lessons(recipe, tmp_path)
    assert [example.answer for example in lessons.taught[1]] == ["1", "3", "5"]
    assert {example.answer for example in lessons.check["describe"]} == {"0", "2", "4"}
    assert len(lessons.check["question"]) * 2 == len(lessons.taught[0])  # two contracts against four
    save_lessons(tmp_path / "lessons.jsonl.gz", lessons)
    assert load_lessons(tmp_path / "lessons.jsonl.gz", recipe) == lessons
    with pytest.raises(BadInput, match="2 sources for legal"):
        load_lessons(tmp_path / "lessons.jsonl.gz", load_writer_recipe(RECIPES / "medical-writer.toml"))


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
@pytest.mark.parametrize(("seconds", "steps"), [(None, 20), (1e-6, 1)])
def test_the_best_of_ten_checks_is_what_is_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: float | None, steps: int
) -> None:
    recipe, clock = small_recipe(tmp_path), Clock(seconds)
    lessons = Lessons("legal", ("p.v1",), ((WriterExample("the term", "three years"),),) * 2, {})
    lessons = replace(lessons, check={"describe": (WriterExample("this term", "three years"),)})
    train(recipe, save_model(tmp_path / "base", CHAT_TEMPLATE), lessons, tmp_path / "out", clock)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    losses = {line["step"]: line["check_loss"] for line in printed if "check_loss" in line}
    assert list(losses) == (list(range(2, 21, 2)) if seconds is None else [1])
    assert printed[-1]["steps"] == steps
    assert losses[printed[-1]["saved_of_step"]] == min(losses.values())
    assert load_low_rank_config(tmp_path / "out").prompts == ("p.v1",)
    assert load_writer(tmp_path / "base", tmp_path / "out").write(["the term"], 2) != []


def test_descriptions_leave_out_a_fold_and_what_the_writer_cannot_see(tmp_path: Path) -> None:
    rows = [{"text": f"Repair of hernia {n}.", "summary": f"Repair of hernia {n}"} for n in range(6)]
    rows.append({"text": "Chest pain.", "summary": "A long story about something else"})
    source = WriterSource("describe", save_rows(tmp_path / "rows.jsonl.gz", *rows), 1.0, folds=3, fold=0, covered=0.8)
    examples = make_examples("medical", source, tmp_path, random.Random(1))
    assert [example.answer for example in examples] == [f"Repair of hernia {n}" for n in (1, 2, 4, 5)]


def test_a_shorter_sentence_says_only_what_the_longer_one_does(tmp_path: Path) -> None:
    row = {
        "text": "He sleeps well. The patient is a 54-year-old male with chest pain for two hours. He walks.",
        "summary": "The patient is a male with chest pain. The patient is a 45-year-old male with chest pain.",
    }
    source = WriterSource("shorten", save_rows(tmp_path / "rows.jsonl.gz", row), 1.0)
    (example,) = make_examples("medical", source, tmp_path, random.Random(1))
    assert example.answer == "The patient is a male with chest pain."
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
    whole = collate_whole(encoded, writer.tokenizer.pad_token_id).to(torch.device("cpu"))
    assert float(loss_of_whole(writer.model, whole).detach()) == pytest.approx(total / count, rel=1e-3)


def test_a_long_prompt_loses_its_beginning_and_no_answer(tmp_path: Path) -> None:
    writer = load_writer(save_model(tmp_path, CHAT_TEMPLATE))
    prompt, answer = encode(writer.tokenizer, WriterExample("the term " * 40 + "payment", "three years"), 20)
    assert len(prompt) + len(answer) == 20
    assert writer.tokenizer.decode(answer).split() == ["three", "years", "<end>"]
    assert writer.tokenizer.decode(prompt).split()[-2:] == ["payment", "agreement"]
