"""The whole contract of a domain: what a folder under `domain_models/` must bring to be one.

A domain is a sub-package that exposes `DOMAIN: Domain`. Everything else (parsing, tagging, rulings, storing,
views, publishing) works from what stands here and knows no domain by name.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from domain_models.composed import Composed, TopicPrompt
from domain_models.labelled import LabelledDocument
from domain_models.lessons import Teacher
from schemas.document import ParsedDocument, Section
from schemas.finding import Finding, Record, Span, Value

Kind = Literal["text", "date", "duration", "amount", "jurisdiction", "quantity", "code", "clause"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing the domain looks for. The description serves the model, the SQL comment and the reader alike.

    `label` is its name in the training data; `kind` says what its normalised value is. `question` is what the writer is
    asked for a field that a user has added (`domain_models.custom_fields`), empty for every other.
    """

    name: str
    label: str
    kind: Kind
    description: str
    question: str = ""


Normaliser = Callable[[Field, str], Value | None]
"""A field and its quote to its typed value; None where the words do not resolve. Never guesses."""

Grouper = Callable[[ParsedDocument, Sequence[Section], Sequence[Finding]], Sequence[Record]]
"""A document's findings to the records that they form."""

Splitter = Callable[[str, Span], Sequence[Span]]
"""A document's text and a proposed span to the spans of the single values in it; the span alone where it holds one."""

Stater = Callable[[str], Sequence[Span]]
"""A document's text to the spans that its layout states outright, such as the cells of a table beneath their labels."""

Composer = Callable[[ParsedDocument, Sequence[Section], Sequence[Finding], Sequence[Record]], Iterable[Composed]]
"""A document, its sections, findings and records to the sentences of its summary that findings alone can tell."""

Asker = Callable[[ParsedDocument, Sequence[Section], Sequence[Finding]], Iterable[TopicPrompt]]
"""A document, its sections and findings to what a writer tuned for it is asked of topics that findings alone leave open."""

AnswerScorer = Callable[
    [Sequence[LabelledDocument], Sequence[tuple[str, Sequence[Finding]]]], Mapping[str, Mapping[str, float | int]]
]
"""Labelled documents, and the text and findings of each, to `{answer: {accuracy, support}}`."""


@dataclass(frozen=True)
class Domain:
    """A domain's knowledge, all of it versioned by `rules_version`.

    `folder` holds its data: `fields.toml`, `cues.toml` (words that tell this domain from the others, with weights),
    `views.sql` (typed views in a schema named after the domain), `queries/` (named questions), `portfolio.toml` (charts),
    `prompts/`, `adapters/<base>/`, and, where rules find fields that the model does not, `patterns.toml`. What `state`
    gives outranks other spans of its field in the same place. In a text that it does not understand (another language,
    another kind of document) nothing is ruled absent. `teach` makes a writer's lessons in tasks of the domain's own, by
    task. `told_by` names the weights that answer what is asked, where there are such (`flows.stages.tell`); it is part
    of a summary's version.
    """

    name: str
    title: str
    folder: Path
    rules_version: str
    fields: tuple[Field, ...]
    normalise: Normaliser
    group: Grouper
    score_answers: AnswerScorer | None = None
    split: Splitter | None = None
    state: Stater | None = None
    compose: Composer | None = None
    ask: Asker | None = None
    understands: Callable[[str], bool] | None = None
    teach: Mapping[str, Teacher] = field(default_factory=dict)
    told_by: str = ""

    @property
    def fields_by_name(self) -> Mapping[str, Field]:
        """Each field under its own name."""
        return {field.name: field for field in self.fields}


def load_fields(path: Path) -> tuple[Field, ...]:
    """The fields of a `fields.toml`: one `[[field]]` table each, with name, label, kind and description."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["field"]
    return tuple(Field(t["name"], t["label"], t["kind"], t["description"]) for t in tables)
