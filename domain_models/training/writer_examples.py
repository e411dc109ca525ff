"""What a writer is taught: prompts as they are put in use, each with the one answer that is right for it.

    python -m domain_models.training.writer_examples RECIPE --data ../shared/data --out FILE.jsonl.gz

writes all of a recipe's examples to one file, from which a machine trains that has none of the domains' libraries.

Three tasks. `describe`: a text and its one-sentence description. `shorten`: a sentence of such a text and the sentence
of its description that the guard finds borne out by it. `question`: a passage, a question for one of the domain's
fields, and the words its labellers marked, or that the passage does not say. Knows no model and no tokens.
"""

import argparse
import gzip
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from domain_models import get_domain
from domain_models.answering.passages import STATEMENT_CHARS, around, statements
from domain_models.answering.prompt import NOT_STATED, PROMPT_VERSION, question_prompt
from domain_models.description import load_description
from domain_models.domain import Domain, Field
from domain_models.guard.support import supported
from domain_models.guard.words import words
from domain_models.labelled import LabelledDocument, LabelledSpan, read_labelled
from domain_models.outline import load_outline
from domain_models.sentences import Interval, sentence_spans
from domain_models.training.writer_recipe import WriterRecipe, WriterSource, load_writer_recipe
from schemas.errors import BadInput

NEAREST = 3  # so many passages of a document are read for a question, whether they answer it or not
LONGEST_ANSWER = STATEMENT_CHARS
ANSWERS_A_DOCUMENT = 30
ANSWERS_A_FIELD = 4  # of a document: a contract may name its parties fifty times
REPEATED = 60  # characters of an answer up to which a passage with the same words is not said to lack it
STEM = 6  # letters: "terminates", "termination" and "terminated" are one word
FEWEST_WORDS = 4
CHECKED = 128  # examples of a task that teach nothing

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class WriterExample:
    """A prompt, and the answer that the writer is to give to it."""

    prompt: str
    answer: str


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
    folder = get_domain(recipe.domain).folder
    prompts = (load_description(folder).version, load_outline(folder).version, PROMPT_VERSION)
    taught = tuple(tuple(make_examples(recipe.domain, source, data, rng)) for source in recipe.sources)
    unseen = {"describe": _unseen_texts(recipe, data), "question": _unseen_questions(recipe, data, rng)}
    check = {task: tuple(rng.sample(e, min(CHECKED, len(e)))) for task, e in unseen.items() if e}
    return Lessons(recipe.domain, prompts, taught, check)


def _unseen_texts(recipe: WriterRecipe, data: Path) -> list[WriterExample]:
    teaching = [source for source in recipe.sources if source.file == recipe.check]
    rows = enumerate(read_pairs(data / recipe.check))
    unseen = [row for number, row in rows if not any(source.teaches(number) for source in teaching)]
    return describe(get_domain(recipe.domain), unseen)


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


def questions(
    domain: Domain, source: WriterSource, documents: Sequence[LabelledDocument], rng: random.Random
) -> list[WriterExample]:
    """Questions to the documents, without those for the source's `without`; about half of them find no answer."""
    fields = {field.label: field for field in domain.fields if field.label and field.name not in source.without}
    return [example for document in documents for example in _asked(_Searched(document), fields, rng)]


class _Searched:
    """A labelled document as it is searched in use."""

    def __init__(self, document: LabelledDocument) -> None:
        self.document = document
        self.statements = statements(document.text)

    @cached_property
    def stems(self) -> list[frozenset[str]]:
        return [_stems(self.document.text[start:end]) for start, end in self.statements]

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """A word of few statements weighs more."""
        counts = Counter(stem for stems in self.stems for stem in stems)
        return {stem: math.log(1 + len(self.stems) / count) for stem, count in counts.items()}

    def flat(self, interval: Interval) -> str:
        """The interval's words with single spaces between them."""
        return " ".join(self.document.text[slice(*interval)].split())

    def nearest(self, field: Field) -> list[int]:
        """The statements' numbers, those first that have most of the words of the field's name and description."""
        asked = _stems(f"{field.label} {field.name} {field.description}")
        score = [
            sum(self.weights[s] for s in sorted(stems & asked)) / math.sqrt(len(stems) or 1) for stems in self.stems
        ]
        return sorted(range(len(score)), key=lambda number: -score[number])


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:STEM] for word in _WORD.findall(text.lower().replace("_", " ")))


def _asked(searched: _Searched, fields: Mapping[str, Field], rng: random.Random) -> Iterator[WriterExample]:
    """For as many marked spans as are drawn, a question with its answer; and as many that passages near them leave open."""
    document = searched.document
    answered: dict[WriterExample, Field] = {}
    for span in _drawn_spans(document, fields, rng):
        passage = _passage_with(searched, span, rng)
        first = _first_marked(document, span.label, passage)
        if first is not None:
            answer = searched.flat((first.char_start, first.char_end))
            answered[_example(searched, passage, fields[span.label], answer, rng)] = fields[span.label]
    yield from answered
    yield from _unanswered(searched, fields, list(answered.values()), rng)


def _drawn_spans(document: LabelledDocument, fields: Mapping[str, Field], rng: random.Random) -> Iterator[LabelledSpan]:
    marked = [s for s in document.spans if s.label in fields and s.char_end - s.char_start <= LONGEST_ANSWER]
    drawn: Counter[str] = Counter()
    for span in rng.sample(marked, len(marked)):
        if drawn[span.label] < ANSWERS_A_FIELD and drawn.total() < ANSWERS_A_DOCUMENT:
            drawn[span.label] += 1
            yield span


def _unanswered(
    searched: _Searched, fields: Mapping[str, Field], stated: Sequence[Field], rng: random.Random
) -> Iterator[WriterExample]:
    """As many questions without an answer as fields stated, each of those or of one that the document lacks at all."""
    labels = {span.label for span in searched.document.spans}
    lacking = [field for label, field in fields.items() if label not in labels]
    drawn = Counter(rng.choice(lacking) if lacking and rng.random() < 0.5 else field for field in stated)
    for field, count in drawn.items():
        near = _near_without(searched, field, max(count, NEAREST))
        for passage in rng.sample(near, min(count, len(near))):
            yield _example(searched, passage, field, NOT_STATED, rng)


def _example(searched: _Searched, passage: Interval, field: Field, answer: str, rng: random.Random) -> WriterExample:
    return WriterExample(question_prompt(searched.flat(passage), rng.choice(wordings(field))), answer)


def wordings(field: Field) -> tuple[str, ...]:
    """The ways in which a person may ask for a field."""
    title = field.name.replace("_", " ")
    return (
        f"What is the {title}?",
        f"What does the text say about the {title}?",
        f"{title.capitalize()}: {field.description}",
        f"{field.label.replace('_', ' ')}: {field.description}",
        field.description,
    )


def _passage_with(searched: _Searched, span: LabelledSpan, rng: random.Random) -> Interval:
    """A passage around the span's statement or, where that holds the span too, around one beside it."""
    begun = sum(start <= span.char_start for start, _ in searched.statements) - 1
    number = max(0, min(begun + rng.choice((-1, 0, 0, 1)), len(searched.statements) - 1))
    beside = around(number, searched.statements)
    holds = beside[0] <= span.char_start and span.char_end <= beside[1]
    return beside if holds else around(max(0, begun), searched.statements)


def _first_marked(document: LabelledDocument, label: str, passage: Interval) -> LabelledSpan | None:
    """The field's first whole span in the passage; None where there is none, or it is too long to be an answer."""
    inside = (s for s in document.spans if s.label == label and passage[0] <= s.char_start and s.char_end <= passage[1])
    first = min(inside, key=lambda s: (s.char_start, s.char_end), default=None)
    return None if first is None or first.char_end - first.char_start > LONGEST_ANSWER else first


def _near_without(searched: _Searched, field: Field, count: int) -> list[Interval]:
    """The passages nearest to the field that have no word of it, at most `count`, none of them within another."""
    spans = [s for s in searched.document.spans if s.label == field.label]
    repeated = {
        searched.flat((s.char_start, s.char_end)).lower() for s in spans if s.char_end - s.char_start <= REPEATED
    }
    found: list[Interval] = []
    for number in searched.nearest(field):
        if len(found) == count:
            break
        start, end = around(number, searched.statements)
        middle = searched.statements[number][0]
        if any(s.char_start < end and s.char_end > start for s in spans) or any(a <= middle < b for a, b in found):
            continue
        said = f" {searched.flat((start, end)).lower()} "
        if not any(answer in said for answer in repeated if answer):
            found.append((start, end))
    return found


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
