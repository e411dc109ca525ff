"""The tasks that domains teach a writer themselves: overviews of contracts, and what is planned for a problem."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain_models import get_domain
from domain_models.legal.introduction import introduction, overview_prompt, reach, read_words
from domain_models.lessons import WriterExample
from domain_models.training.schedule import Clock
from domain_models.training.writer import train
from domain_models.training.writer_examples import make_examples, make_lessons
from domain_models.training.writer_recipe import WriterSource, load_writer_recipe
from tests.test_generator import CHAT_TEMPLATE, save_model
from tests.test_writer_training import RECIPES, save_rows

CONTRACT = (
    "EXHIBIT 10.1\n\nSUPPLY AGREEMENT\n\nThis Supply  Agreement is made as of March 3, 2021 between Acme Widgets, Inc., a Delaware\n"
    'corporation (the "Supplier"), and Borealis Foods of Ohio ("Borealis"). The parties agree as follows. ' + "x " * 800
)
MARKED = {
    "Document Name": ["SUPPLY AGREEMENT"],
    "Parties": ["Acme Widgets, Inc.", "Supplier", "Borealis Foods of Ohio", "Borealis"],
    "Agreement Date": ["March 3, 2021"],
    "Effective Date": ["March 3, 2021"],
}
SIGNERS = 'Acme Widgets, Inc. ("Supplier"); Borealis Foods of Ohio ("Borealis"); (each a "Party")'


def contract(text: str = CONTRACT, signers: str = SIGNERS, **marked: list[str]) -> dict[str, Any]:
    fields = {
        label: {"spans": [[text.index(w), text.index(w) + len(w)] for w in words], "answer": ""}
        for label, words in (MARKED | marked).items()
    }
    fields["Parties"]["answer"] = signers
    return {"title": "c", "text": text, "fields": fields}


def overviews(tmp_path: Path, *rows: dict[str, Any]) -> list[WriterExample]:
    source = WriterSource("overview", save_rows(tmp_path / "rows.jsonl.gz", *rows), 1.0)
    return make_examples("legal", source, tmp_path, random.Random(1))


def test_an_overview_is_told_of_the_words_that_labellers_marked(tmp_path: Path) -> None:
    (example,) = overviews(tmp_path, contract())
    passage, _, asked = example.prompt.partition("\n\n")
    assert passage.startswith("EXHIBIT 10.1 SUPPLY AGREEMENT This Supply Agreement is made")
    assert len(passage) <= overview_prompt().table["characters"] and "its parties with their short names" in asked
    assert example.answer == (
        "SUPPLY AGREEMENT between Acme Widgets, Inc. (“Supplier”) and Borealis Foods of Ohio (“Borealis”), dated March 3, 2021."
    )


UNTOLD = [
    pytest.param(contract(signers="Acme Widgets, Inc."), id="one party"),
    pytest.param(contract(signers=SIGNERS + "; Cedar LLC"), id="a party that is marked nowhere"),
    pytest.param(contract(signers='Acme Widgets, Inc.; Borealis Foods ("Borealis")'), id="the label cuts the name"),
    pytest.param(contract(**{"Document Name": []}), id="no title"),
]


@pytest.mark.parametrize("row", UNTOLD)
def test_a_contract_whose_labels_do_not_tell_it_whole_teaches_nothing(tmp_path: Path, row: dict[str, Any]) -> None:
    spans = row["fields"]["Parties"]["spans"]
    if "Foods (" in row["fields"]["Parties"]["answer"]:
        spans[2][1] -= len(" of Ohio")
    assert overviews(tmp_path, row) == []


def test_what_is_read_holds_the_most_names_and_a_title_that_stands_apart() -> None:
    text = "LEASE of Acme\n" + "word " * 300 + "made by Acme and Borealis and Cedar on 1 May 2020" + " more" * 300
    named = [(text.index(w), text.index(w) + len(w)) for w in ("Acme", "Borealis", "Cedar")]
    again = text.index("Acme", 100)
    pieces = introduction(text, [(0, 5)], [*named, (again, again + 4)])
    title, words = read_words(text, pieces).split("\n")
    assert title == "LEASE" and "Acme and Borealis and Cedar on 1 May 2020" in words
    assert words.split()[0] == "word" and len(words) <= overview_prompt().table["characters"]
    assert introduction(text, [(0, 5)], []) == ()
    assert reach("a  bc\n d", 0, 4) == 5


NOTE = (
    "HPI\n\nShe feels well.\n\nASSESSMENT AND PLAN\n\nArthritis.\n• Medical Reasoning: Her knees hurt. We will see.\n"
    "• Medical Treatment: Initiate Ultram 50 mg every 6 hours.\n• Patient Education: I advised rest.\n\n"
    "Hypothyroidism\n- Continue Synthroid.\n\nPatient Agreements: She agrees with the plan.\n"
)
PROSE = (
    "IMPRESSION\n\nRight ankle sprain.\n\nPLAN\n\nWe discussed the risks. I have prescribed Motrin 800 mg. She will return\n"
    "in 2 weeks. She walks.\n"
)
TWO = PROSE.replace("sprain.", "sprain.\nGout.")


def plans(tmp_path: Path, *notes: str) -> list[WriterExample]:
    source = WriterSource("plan", save_rows(tmp_path / "notes.jsonl.gz", *({"id": n, "note": n} for n in notes)), 1.0)
    return make_examples("medical", source, tmp_path, random.Random(1))


def test_a_plan_is_the_problems_own_sentences_in_two_layouts(tmp_path: Path) -> None:
    examples = plans(tmp_path, NOTE)
    assert [example.answer for example in examples] == [
        *["Arthritis: Initiate Ultram 50 mg every 6 hours."] * 2,
        *["Hypothyroidism: Continue Synthroid."] * 2,
    ]
    laid_out, joined = (example.prompt.partition("\n\n")[0] for example in examples[:2])
    assert laid_out.splitlines()[2] == "• Medical Treatment: Initiate Ultram 50 mg every 6 hours."
    assert joined == ("Arthritis. Her knees hurt. We will see. Initiate Ultram 50 mg every 6 hours. I advised rest.")
    for example in examples:
        problem, _, acts = example.answer.rstrip(".").partition(": ")
        passage = " ".join(example.prompt.split())
        assert [words for words in (problem, *acts.split("; ")) if words not in passage] == []


def test_prose_plans_for_the_assessments_one_problem(tmp_path: Path) -> None:
    examples = plans(tmp_path, PROSE, TWO)
    assert [example.answer for example in examples] == [
        "Right ankle sprain: I have prescribed Motrin 800 mg; She will return in 2 weeks."
    ] * 2


def test_every_fourth_note_neither_teaches_nor_chooses_the_step() -> None:
    (source,) = load_writer_recipe(RECIPES / "medical-writer-plan.toml").sources
    assert [n for n in range(16) if not source.teaches(n) and not source.checks(n)] == [0, 4, 8, 12]
    assert [n for n in range(16) if source.checks(n)] == [2, 10]
    assert source.file.startswith("aci_notes/")
    (source,) = load_writer_recipe(RECIPES / "legal-writer-overview.toml").sources
    assert source.file == "cuad/train.jsonl.gz" and source.folds


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("legal-writer-overview", [contract()] * 20),
        ("medical-writer-plan", [{"id": "n", "note": note} for note in (NOTE, PROSE) * 4]),
    ],
)
def test_a_recipe_trains_on_what_its_domain_teaches(name: str, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    recipe = load_writer_recipe(RECIPES / f"{name}.toml")
    (source,) = recipe.sources
    (tmp_path / source.file).parent.mkdir()
    save_rows(tmp_path / source.file, *rows)
    recipe = replace(recipe, steps=2, warmup=1, rank=2, layers=(0, 2), max_tokens=64)
    lessons = make_lessons(recipe, tmp_path)
    assert lessons.taught[0] and lessons.check[source.task]
    assert lessons.prompts == (f"{source.task}.v1",)
    train(recipe, save_model(tmp_path / "base", CHAT_TEMPLATE), lessons, tmp_path / "out", Clock())
    config = json.loads((tmp_path / "out" / "adapter.json").read_text(encoding="utf-8"))
    assert (config["base"], config["prompts"], config["uses"]) == ("writer", [f"{source.task}.v1"], [])


def test_a_task_that_a_domain_does_not_teach_has_no_prompt_of_it() -> None:
    assert {name: set(get_domain(name).teach) for name in ("legal", "medical")} == {
        "legal": {"overview"},
        "medical": {"plan"},
    }
