"""What a writer is taught: prompts as they are put in use, each with the one answer that is right for it.

Three tasks. `describe`: a text and its one-sentence description. `shorten`: a sentence of such a text and the sentence
of its description that the guard finds borne out by it. `question`: a passage, a question for one of the domain's
fields, and the words its labellers marked, or that the passage does not say.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_models import get_domain
from domain_models.answering.prompt import NOT_STATED, question_prompt
from domain_models.description import load_description
from domain_models.domain import Domain, Field
from domain_models.guard import supported, words
from domain_models.labelled import LabelledDocument, LabelledSpan, read_labelled
from domain_models.outline import load_outline
from domain_models.sentences import sentence_spans
from domain_models.training.writer_recipe import WriterSource

PASSAGE_CHARACTERS = 500  # some 120 tokens
LONGEST_ANSWER = 300  # characters; a longer clause is no answer to a question
QUESTIONS_A_DOCUMENT = 24
LOOKED_AT = 6  # passages without the field, of which the one with most of the question's words is asked about
FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class WriterExample:
    """A prompt, and the answer that the writer is to give to it."""

    prompt: str
    answer: str


def make_examples(domain_name: str, source: WriterSource, data: Path, rng: random.Random) -> list[WriterExample]:
    """All examples that a source gives, in file order; questions are drawn with the generator."""
    domain = get_domain(domain_name)
    path = data / source.file
    if source.task == "question":
        return _questions(domain, source, read_labelled(path), rng)
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


def _questions(
    domain: Domain, source: WriterSource, documents: Sequence[LabelledDocument], rng: random.Random
) -> list[WriterExample]:
    fields = {field.label: field for field in domain.fields if field.label and field.name not in source.without}
    return [example for document in documents for example in _asked(document, fields, rng)]


def _asked(document: LabelledDocument, fields: Mapping[str, Field], rng: random.Random) -> Iterator[WriterExample]:
    """For as many marked spans as are drawn: one question with its answer, and one that another passage leaves open."""
    marked = [s for s in document.spans if s.label in fields and s.char_end - s.char_start <= LONGEST_ANSWER]
    for span in rng.sample(marked, min(len(marked), QUESTIONS_A_DOCUMENT // 2)):
        field = fields[span.label]
        passage = _passage_around(document.text, span.char_start, span.char_end, rng)
        first = _first_marked(document, span.label, passage)
        if first is not None:
            yield _example(document.text, passage, field, first, rng)
        empty = _passage_without(document, field, rng)
        if empty is not None:
            yield _example(document.text, empty, field, None, rng)


def _example(
    text: str, passage: tuple[int, int], field: Field, span: LabelledSpan | None, rng: random.Random
) -> WriterExample:
    answer = NOT_STATED if span is None else " ".join(text[span.char_start : span.char_end].split())
    flat = " ".join(text[passage[0] : passage[1]].split())
    return WriterExample(question_prompt(flat, rng.choice(wordings(field))), answer)


def wordings(field: Field) -> tuple[str, ...]:
    """The ways in which a person may ask for a field."""
    title = field.name.replace("_", " ")
    return (f"What is the {title}?", f"{title.capitalize()}: {field.description}", field.description)


def _passage_around(text: str, start: int, end: int, rng: random.Random) -> tuple[int, int]:
    """An interval of about `PASSAGE_CHARACTERS` with `[start, end)` somewhere in it, cut at white space."""
    first = max(0, start - rng.randrange(max(1, PASSAGE_CHARACTERS - (end - start))))
    last = min(len(text), max(end, first + PASSAGE_CHARACTERS))
    while first > 0 and first < start and not text[first - 1].isspace():
        first += 1
    while last < len(text) and last > end and not text[last].isspace():
        last -= 1
    return first, last


def _first_marked(document: LabelledDocument, label: str, passage: tuple[int, int]) -> LabelledSpan | None:
    """The field's first whole span in the passage that is short enough to be an answer."""
    inside = (s for s in document.spans if s.label == label and passage[0] <= s.char_start and s.char_end <= passage[1])
    first = min(inside, key=lambda s: (s.char_start, s.char_end), default=None)
    return None if first is None or first.char_end - first.char_start > LONGEST_ANSWER else first


def _passage_without(document: LabelledDocument, field: Field, rng: random.Random) -> tuple[int, int] | None:
    """Of some passages without a word of the field, the one nearest to the question; None where none was met."""
    length = len(document.text)
    starts = [rng.randrange(max(1, length - PASSAGE_CHARACTERS)) for _ in range(2 * LOOKED_AT)]
    drawn = [_passage_around(document.text, start, start, rng) for start in starts]
    spans = [s for s in document.spans if s.label == field.label]
    free = [p for p in drawn if not any(s.char_start < p[1] and s.char_end > p[0] for s in spans)][:LOOKED_AT]
    asked = set(f"{field.name.replace('_', ' ')} {field.description}".lower().split())
    overlap = {p: len(asked & set(document.text[p[0] : p[1]].lower().split())) for p in free}
    return max(overlap, key=lambda p: overlap[p], default=None)
