"""Questions that a writer is taught to answer from a passage, in its own words or with `Not stated.`.

A passage, a question for one of the domain's fields, and the words its labellers marked, or that the passage does not say;
passages are searched and cut as they are in use.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from domain_models.answering.passages import STATEMENT_CHARS, around, statements
from domain_models.answering.prompt import NOT_STATED, question_prompt
from domain_models.domain import Domain, Field
from domain_models.labelled import LabelledDocument, LabelledSpan
from domain_models.lessons import WriterExample
from domain_models.sentences import Interval
from domain_models.training.writer_recipe import WriterSource

NEAREST = 3  # so many passages of a document are read for a question, whether they answer it or not
LONGEST_ANSWER = STATEMENT_CHARS
ANSWERS_A_DOCUMENT = 30
ANSWERS_A_FIELD = 4  # of a document: a contract may name its parties fifty times
REPEATED = 60  # characters of an answer up to which a passage with the same words is not said to lack it
STEM = 6  # letters: "terminates", "termination" and "terminated" are one word

_WORD = re.compile(r"[^\W_]+")


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
