"""What a writer is taught: prompts as they are put in use, each with the one answer that is right for it.

    python -m domain_models.training.writer_examples RECIPE --data ../shared/data --out FILE.jsonl.gz

writes all of a recipe's examples to one file, from which a machine trains that has none of the domains' libraries.

Three tasks are every domain's. `describe`: a text and its one-sentence description. `shorten`: a sentence of such a text
and the sentence of its description that the guard finds borne out by it. `question`: see `writer_questions`. Any other is
the domain's own (`Domain.teach`). Knows no model and no tokens.
"""

import argparse
import gzip
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_models import get_domain
from domain_models.answering.prompt import NOT_STATED, PROMPT_VERSION
from domain_models.description import load_description
from domain_models.domain import Domain
from domain_models.guard.support import supported
from domain_models.guard.words import words
from domain_models.labelled import read_labelled
from domain_models.lessons import WriterExample
from domain_models.outline import load_outline
from domain_models.prompts import newest_prompt
from domain_models.sentences import sentence_spans
from domain_models.training.writer_questions import questions
from domain_models.training.writer_recipe import Task, WriterRecipe, WriterSource, load_writer_recipe
from schemas.errors import BadInput

FEWEST_WORDS = 4
CHECKED = 128  # examples of a task that teach nothing


@dataclass(frozen=True)
class Lessons:
    """All that a training reads: each source's examples, in the recipe's order, and by task those that teach nothing.

    `prompts` are the versions of the prompts that the examples are put in.
    """

    domain: str
    prompts: tuple[str, ...]
    taught: tuple[tuple[WriterExample, ...], ...]
    check: Mapping[str, tuple[WriterExample, ...]]


def make_lessons(recipe: WriterRecipe, data: Path) -> Lessons:
    """The recipe's lessons, from the files in the folder `data`; the recipe's seed decides what is drawn."""
    rng = random.Random(recipe.seed)
    domain = get_domain(recipe.domain)
    tasks = dict.fromkeys(source.task for source in recipe.sources)
    taught = tuple(tuple(make_examples(recipe.domain, source, data, rng)) for source in recipe.sources)
    unseen = {"describe": _unseen_texts(recipe, data), "question": _unseen_questions(recipe, data, rng)}
    unseen |= {task: _unseen_of_its_own(recipe, task, data) for task in tasks if task in domain.teach}
    check = {task: tuple(rng.sample(e, min(CHECKED, len(e)))) for task, e in unseen.items() if e}
    return Lessons(recipe.domain, tuple(_prompt_version(domain, task) for task in tasks), taught, check)


def _prompt_version(domain: Domain, task: Task) -> str:
    """The version of the prompt that the task's examples are put in; `none` where the domain has none."""
    if task == "question":
        return PROMPT_VERSION
    names = {"describe": "description", "shorten": "summary"}
    prompt = newest_prompt(domain.folder, names.get(task, task))
    return prompt.version if prompt else "none"


def _unseen_texts(recipe: WriterRecipe, data: Path) -> list[WriterExample]:
    if not recipe.check:
        return []
    teaching = [source for source in recipe.sources if source.file == recipe.check]
    rows = enumerate(read_pairs(data / recipe.check))
    unseen = [row for number, row in rows if not any(source.teaches(number) for source in teaching)]
    return describe(get_domain(recipe.domain), unseen)


def _unseen_of_its_own(recipe: WriterRecipe, task: Task, data: Path) -> list[WriterExample]:
    """What the rows that choose the step give, of a task that the domain alone teaches."""
    teacher = get_domain(recipe.domain).teach[task]
    return [
        example
        for source in recipe.sources
        if source.task == task
        for number, row in enumerate(teacher(data / source.file))
        if source.checks(number)
        for example in row
    ]


def _unseen_questions(recipe: WriterRecipe, data: Path, rng: random.Random) -> list[WriterExample]:
    asked: list[WriterExample] = []
    for source in (s for s in recipe.sources if s.task == "question" and s.folds):
        documents = [d for n, d in enumerate(read_labelled(data / source.file)) if not source.teaches(n)]
        asked += questions(get_domain(recipe.domain), source, documents, rng)
    return asked


def save_lessons(path: Path, lessons: Lessons) -> None:
    """Writes one JSON value a line: the domain and prompts, then `[source number or task that is checked, prompt, answer]`."""
    lines: list[object] = [{"domain": lessons.domain, "prompts": lessons.prompts, "sources": len(lessons.taught)}]
    for place, examples in [*enumerate(lessons.taught), *lessons.check.items()]:
        lines += [[place, example.prompt, example.answer] for example in examples]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def load_lessons(path: Path, recipe: WriterRecipe) -> Lessons:
    """What `save_lessons` wrote; BadInput where it was another recipe's."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        head, *rows = [json.loads(line) for line in lines]
    if (head["domain"], head["sources"]) != (recipe.domain, len(recipe.sources)):
        raise BadInput(
            f"{path} holds {head['sources']} sources for {head['domain']}; the recipe has {len(recipe.sources)} for {recipe.domain}"
        )
    examples: dict[int | str, list[WriterExample]] = {}
    for place, prompt, answer in rows:
        examples.setdefault(place, []).append(WriterExample(prompt, answer))
    taught = tuple(tuple(examples.pop(number, ())) for number in range(head["sources"]))
    return Lessons(head["domain"], tuple(head["prompts"]), taught, {str(t): tuple(e) for t, e in examples.items()})


def make_examples(domain_name: str, source: WriterSource, data: Path, rng: random.Random) -> list[WriterExample]:
    """All examples that a source gives, in file order; questions are drawn with the generator."""
    domain = get_domain(domain_name)
    path = data / source.file
    if source.task in domain.teach:
        rows_taught = enumerate(domain.teach[source.task](path))
        return [example for number, row in rows_taught if source.teaches(number) for example in row]
    if source.task == "question":
        return questions(domain, source, [d for n, d in enumerate(read_labelled(path)) if source.teaches(n)], rng)
    rows = [row for number, row in enumerate(read_pairs(path)) if source.teaches(number)]
    if source.task == "shorten":
        return shorten(domain, rows)
    return [example for example in describe(domain, rows) if _coverage(example) >= source.covered]


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """The text and summary of every row that has both."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (row["text"], " ".join(row["summary"].split()))
        for row in rows
        if row["text"].strip() and row["summary"].strip()
    ]


def describe(domain: Domain, rows: Sequence[tuple[str, str]]) -> list[WriterExample]:
    """Each text, as much of it as is read, with its description."""
    description = load_description(domain.folder)
    return [WriterExample(description.prompt(text), summary) for text, summary in rows]


def _coverage(example: WriterExample) -> float:
    """The share of the answer's words that stand in the prompt."""
    seen = {word.form for word in words(example.prompt)}
    answered = [word.form for word in words(example.answer)]
    return sum(form in seen for form in answered) / len(answered) if answered else 0.0


def shorten(domain: Domain, rows: Sequence[tuple[str, str]]) -> list[WriterExample]:
    """Sentences with a shorter one that says only what they say, by the guard, under the summaries' own prompt."""
    outline = load_outline(domain.folder)
    examples = []
    for text, summary in rows:
        flat = " ".join(text.split())
        sentences = [flat[start:end] for start, end in sentence_spans(flat)]
        for start, end in sentence_spans(summary):
            short = summary[start:end]
            longer = _longer_sentence(short, sentences)
            if longer is not None:
                examples.append(WriterExample(outline.prompt(longer), short))
    return examples


def _longer_sentence(short: str, sentences: Sequence[str]) -> str | None:
    """The first sentence that bears out the short one and says more; None where there is none."""
    if short[-1] not in ".!" or len(short.split()) < FEWEST_WORDS:
        return None
    wanted = {word.form for word in words(short)}
    for sentence in sentences:
        more = len(sentence.split()) - len(short.split())
        if more >= 2 and len(wanted & set(sentence.lower().split())) * 2 > len(wanted) and supported(short, sentence):
            return sentence
    return None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder that the recipe's files are relative to")
    parser.add_argument("--out", type=Path, required=True, help="the file of examples, .jsonl.gz")
    arguments = parser.parse_args()
    recipe = load_writer_recipe(arguments.recipe)
    lessons = make_lessons(recipe, arguments.data)
    save_lessons(arguments.out, lessons)
    for source, examples in zip(recipe.sources, lessons.taught, strict=True):
        silent = sum(example.answer == NOT_STATED for example in examples)
        print(json.dumps({"task": source.task, "file": source.file, "examples": len(examples), "not_stated": silent}))
    print(json.dumps({"check": {task: len(examples) for task, examples in lessons.check.items()}}))


if __name__ == "__main__":
    main()
