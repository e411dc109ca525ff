"""Documents and the questions put to them, with the quotes that answer: contracts, case reports and clinical notes.

The questions to notes were written for this project by language models that read mtsamples' reports, and checked by no
clinician: eight to each of 40 of the training part, and to each of 30 of the dev part eight and, by a second reader, eight
others. Every second one has an answer in its note.
`medical_questions.jsonl` has no text of a note, only where its answers stand.
"""

import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_models import get_domain
from domain_models.domain import Field
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.training.writer_questions import wordings
from tests.conftest import SHARED_DATA

ASKED = (
    "governing_law", "cap_on_liability", "audit_rights", "insurance", "non_compete", "notice_period_to_terminate_renewal",
)  # fmt: skip
ASKED_OF_RECORDS = (
    "age", "sex", "occupation", "history", "family_history", "medication", "dosage", "disease_disorder", "severity",
    "therapeutic_procedure", "outcome", "duration",
)  # fmt: skip
UNASKED = ("document_name", "parties")  # every contract has them
LONGEST = 120_000  # characters of a contract that is asked, to bound the time
FIT_QUESTIONS = 5  # of each training contract: so many fields that it has, and so many that it lacks


@dataclass(frozen=True)
class Question:
    """Words that ask, what they are about, and the labellers' quotes, none where the document does not say."""

    words: str
    topic: str
    gold: tuple[str, ...]


@dataclass(frozen=True)
class AskedText:
    """A text and the questions put to it."""

    name: str
    text: str
    questions: Sequence[Question]


@dataclass(frozen=True)
class Suite:
    """Texts of one domain with their questions."""

    domain: str
    texts: Sequence[AskedText]


def contracts(part: str, count: int) -> list[LabelledDocument]:
    every = [one for one in read_labelled(SHARED_DATA / "cuad" / f"{part}.jsonl.gz") if len(one.text) <= LONGEST]
    random.Random(7).shuffle(every)
    return every[:count]


def dev_contracts(count: int) -> Suite:
    """Contracts, each asked about the six fields, in the words that describe them."""
    return Suite("legal", [_asked(one, _fields("legal", ASKED), _described) for one in contracts("dev", count)])


def dev_reports() -> Suite:
    """Case reports of MACCROBAT, each asked for the same kinds of entity, in the words that describe them."""
    reports = read_labelled(SHARED_DATA / "maccrobat" / "dev.jsonl.gz")
    return Suite("medical", [_asked(one, _fields("medical", ASKED_OF_RECORDS), _described) for one in reports])


def training_contracts(count: int) -> Suite:
    """Contracts, each asked about fields that it has and others that it lacks, none of the six, in one of five ways."""
    return Suite("legal", [_asked(one, _fields_to_fit(one), _any_wording) for one in contracts("train", count)])


def notes(part: str) -> Suite:
    """Clinical notes with the questions written for them."""
    with gzip.open(SHARED_DATA / "mtsamples" / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = list(map(json.loads, lines))
    texts: dict[int, list[Question]] = {}
    for line in Path(__file__).with_name("medical_questions.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if one["part"] == part:
            quotes = tuple(rows[one["row"]]["text"][start:end] for start, end in one["answers"])
            texts.setdefault(one["row"], []).append(Question(one["question"], "notes", quotes))
    return Suite("medical", [AskedText(str(row), rows[row]["text"], asked) for row, asked in sorted(texts.items())])


def _asked(document: LabelledDocument, fields: Sequence[Field], words: Callable[[Field], str]) -> AskedText:
    asked = [Question(words(one), one.name, tuple(document.quotes.get(one.label, ()))) for one in fields]
    return AskedText(document.name, document.text, asked)


def _fields(domain: str, names: Sequence[str]) -> list[Field]:
    return [field for field in get_domain(domain).fields if field.name in names]


def _fields_to_fit(contract: LabelledDocument) -> list[Field]:
    fields = [field for field in get_domain("legal").fields if field.name not in (*ASKED, *UNASKED)]
    random.Random(contract.name).shuffle(fields)
    has = [field for field in fields if field.label in contract.quotes]
    lacks = [field for field in fields if field.label not in contract.quotes]
    return [*has[:FIT_QUESTIONS], *lacks[:FIT_QUESTIONS]]


def _described(field: Field) -> str:
    return f"{field.label}: {field.description}"


def _any_wording(field: Field) -> str:
    return random.Random(field.name).choice(wordings(field))
