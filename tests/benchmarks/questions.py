"""How well questions are answered that nobody trained for: fields as questions, against retrieval alone.

The six fields asked are left out of the writer's training and of the fit. A question counts as answered where the labellers
marked anything. F1 of the words is SQuAD 2.0's: of an answer's words with the nearest quote's, 1 for a right "not stated";
F1 of clauses is CUAD's: an answer is right where its words overlap a quote's by a Jaccard of at least 0.5, and each quote counts.

The records are MACCROBAT's dev reports, asked for some of its kinds of entity; the fit has seen none.

    python -m tests.benchmarks.questions [CONTRACTS]         measure on the dev contracts of CUAD
    python -m tests.benchmarks.questions --records           measure on the medical records
    python -m tests.benchmarks.questions --fit [CONTRACTS]   fit confidence.toml to training contracts and other fields
"""

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from domain_models import get_domain
from domain_models.answering.confidence import Signs
from domain_models.domain import Field
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.low_rank import writer_adapter
from domain_models.measure.clause_spans import DocumentOutcome, match_document, quality
from domain_models.runtime.span_reader import SpanReader
from domain_models.sentences import Interval
from domain_models.training.writer_examples import wordings
from flows.answering import Answering
from flows.stages.answer import Flat, Reader, Searched, answer
from flows.stages.locate import Asked, Piece, Vector, locate, weigh
from schemas.document import ParsedDocument
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
RETRIEVAL_AT = 0.48
"""A nearest statement at least so near counts as an answer in the baseline: where `--fit` gives it even odds."""

AS_ASKED = "writer, as ask reads"
NEAREST = "nearest in meaning"
"""Retrieval alone: the statement that means most nearly what is asked."""

Questions = Iterator[tuple[LabelledDocument, Field, list[Piece], Asked]]


@dataclass(frozen=True)
class Suite:
    """Documents of a domain and the fields that they are asked for."""

    domain: str
    asked: Sequence[str]
    documents: Sequence[LabelledDocument]

    def fields(self, document: LabelledDocument) -> list[Field]:
        """The same for each document."""
        return [field for field in get_domain(self.domain).fields if field.name in self.asked]


@dataclass(frozen=True)
class Verdict:
    """What was answered, None where nothing was, and the labellers' quotes."""

    field: str
    quote: str | None
    gold: tuple[str, ...]


def contracts(part: str, count: int) -> list[LabelledDocument]:
    every = [one for one in read_labelled(SHARED_DATA / "cuad" / f"{part}.jsonl.gz") if len(one.text) <= LONGEST]
    random.Random(7).shuffle(every)
    return every[:count]


def records() -> list[LabelledDocument]:
    return read_labelled(SHARED_DATA / "maccrobat" / "dev.jsonl.gz")


def fields_to_fit(contract: LabelledDocument) -> list[Field]:
    fields = [field for field in get_domain("legal").fields if field.name not in (*ASKED, *UNASKED)]
    random.Random(contract.name).shuffle(fields)
    has = [field for field in fields if field.label in contract.quotes]
    lacks = [field for field in fields if field.label not in contract.quotes]
    return [*has[:FIT_QUESTIONS], *lacks[:FIT_QUESTIONS]]


def question_of(field: Field) -> str:
    return f"{field.label}: {field.description}"


def any_wording(field: Field) -> str:
    return random.Random(field.name).choice(wordings(field))


def put(
    answering: Answering,
    asked: Sequence[LabelledDocument],
    fields: Callable[[LabelledDocument], list[Field]],
    words: Callable[[Field], str],
) -> Questions:
    for number, contract in enumerate(asked, start=1):
        embedded = answering.meaning.embedder.embed([contract.text])[0]
        pieces = [Piece(one.char_start, one.char_end, one.embedding) for one in embedded]
        for field in fields(contract):
            yield contract, field, pieces, Asked(words(field), answering.meaning.vectors([words(field)])[0])
        print(f"\r{number}/{len(asked)}", end="", file=sys.stderr, flush=True)


class Whole:
    """Reads nothing: the whole statement is the answer."""

    def read(self, passages: Sequence[Flat]) -> list[Interval]:
        return [passage.choice for passage in passages]


def readers(answering: Answering, domain: str) -> dict[str, Reader]:
    """Who chooses the words of a likely statement."""
    from domain_models.runtime.generator import load_writer
    from flows.base_models import base_folder

    tuned = SpanReader(load_writer(base_folder("writer"), writer_adapter(get_domain(domain))))
    return {"likeliest statement": Whole(), AS_ASKED: answering.reader(domain), "tuned writer": tuned}


def measure(answering: Answering, suite: Suite) -> dict[str, list[Verdict]]:
    """What each way of answering says to every question."""
    reading = readers(answering, suite.domain)
    verdicts: dict[str, list[Verdict]] = {name: [] for name in (NEAREST, *reading)}
    for contract, field, pieces, question in put(answering, suite.documents, suite.fields, question_of):
        gold = tuple(contract.quotes.get(field.label, ()))
        weighed = weigh(contract.text, pieces, question, answering.meaning.vectors)
        span, signs = max(weighed, key=lambda one: one[1].likeness)
        quote = contract.text[slice(*span)] if signs.likeness >= RETRIEVAL_AT else None
        verdicts[NEAREST].append(Verdict(field.name, quote, gold))
        document = ParsedDocument("", contract.name, contract.text, ())
        searched = Searched(
            document, question.words, locate(contract.text, pieces, question, answering.meaning.vectors)
        )
        for name, reader in reading.items():
            (best,) = answer([searched], reader)
            quote = contract.text[best.char_start : best.char_end] if best.is_found else None
            verdicts[name].append(Verdict(field.name, quote, gold))
    return verdicts


def accuracy(verdicts: Sequence[Verdict]) -> float:
    return sum((one.quote is not None) == bool(one.gold) for one in verdicts) / max(1, len(verdicts))


def f1(verdicts: Sequence[Verdict]) -> float:
    return quality([outcome(one) for one in verdicts], 0.0, None).f1


def outcome(one: Verdict) -> DocumentOutcome:
    said = [(one.field, one.quote, 1.0)] if one.quote is not None else []
    return match_document(said, {one.field: one.gold})


def words_f1(verdicts: Sequence[Verdict]) -> float:
    return sum(map(_words_f1, verdicts)) / max(1, len(verdicts))


def _words_f1(one: Verdict) -> float:
    if one.quote is None or not one.gold:
        return float(one.quote is None and not one.gold)
    said = Counter(re.findall(r"\w+", one.quote.lower()))
    return max(_f1(said, Counter(re.findall(r"\w+", quote.lower()))) for quote in one.gold)


def _f1(said: Counter[str], gold: Counter[str]) -> float:
    return 2 * (said & gold).total() / max(1, said.total() + gold.total())


def met(verdicts: Sequence[Verdict]) -> float:
    """The share of answers that have a quote within, or lie within one."""
    given = [(one.quote, one.gold) for one in verdicts if one.quote is not None]
    return sum(any(quote in said or said in quote for quote in gold) for said, gold in given) / max(1, len(given))


def show(suite: Suite, verdicts: dict[str, list[Verdict]]) -> None:
    print(f"\n{'':24} found or not | F1 of words: all, with an answer | F1 of clauses | answers that meet a quote")
    for name, said in verdicts.items():
        has = [one for one in said if one.gold]
        words = f"{words_f1(said):16.3f} {words_f1(has):15.3f}"
        given = sum(one.quote is not None for one in said)
        print(f"{name:24} {accuracy(said):12.3f} | {words} | {f1(said):13.3f} | {met(said):.3f} of {given}")
    print(f"\n{AS_ASKED + ', by field':36} asked, with an answer: found or not, F1 of words")
    for field in suite.asked:
        said = [one for one in verdicts[AS_ASKED] if one.field == field]
        print(f"{field:36} {len(said)}, {sum(bool(v.gold) for v in said)}: {accuracy(said):.3f} {words_f1(said):.3f}")


def fit(answering: Answering, asked: Sequence[LabelledDocument]) -> None:
    """Prints from what likeness on the baseline answers, and a logistic model's weights: first which statements are right,
    then how likely a document's best one is, over as many questions with an answer as without.
    """
    weighed = [
        (
            weigh(contract.text, pieces, question, answering.meaning.vectors),
            contract.quotes.get(field.label, ()),
            contract.text,
        )
        for contract, field, pieces, question in put(answering, asked, fields_to_fit, any_wording)
    ]
    rows = np.array([_row(signs) for statements, _, _ in weighed for _, signs in statements])
    right = np.array([_holds(text[slice(*span)], gold) for found, gold, text in weighed for span, _ in found])
    ranking = logistic(rows, right)
    has = np.array([bool(gold) for _, gold, _ in weighed])
    best = np.array([max(float(_row(signs) @ ranking) for _, signs in found) for found, _, _ in weighed])
    constant, slope = logistic(np.stack([np.ones(len(best)), best], axis=1), has)
    fitted = [constant + slope * ranking[0], slope * ranking[1], slope * ranking[2]]
    print(f"\n{has.mean():.2f} have an answer")
    for name, weight in zip(("constant", "likeness", "overlap"), fitted, strict=True):
        print(f"{name} = {weight:.2f}")
    nearest = np.array([[1.0, max(signs.likeness for _, signs in found)] for found, _, _ in weighed])
    constant, slope = logistic(nearest, has)
    print(f"by likeness alone: RETRIEVAL_AT {-constant / slope:.3f}")


def _row(signs: Signs) -> Vector:
    return np.array([1.0, signs.likeness, signs.overlap], dtype=np.float32)


def _holds(statement: str, gold: Sequence[str]) -> bool:
    """Whether the statement is one of the quotes, or as good as."""
    words = set(statement.lower().split())
    others = (set(quote.lower().split()) for quote in gold)
    return any(quote in statement or statement in quote for quote in gold) or any(
        2 * len(words & other) >= len(words | other) for other in others
    )


def logistic(rows: NDArray[np.float64], right: NDArray[np.bool_], ridge: float = 0.1) -> Vector:
    """Weights by Newton's method, held near zero but for the constant."""
    weights = np.zeros(rows.shape[1])
    held = np.diag([0.0, *[ridge] * (rows.shape[1] - 1)])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - right) + held @ weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + held
        weights = weights - np.linalg.solve(curve, slope)
    return weights.astype(np.float32)


def main() -> None:
    count = next((int(word) for word in islice(sys.argv, 1, None) if word.isdigit()), 20)
    started = time.monotonic()
    if "--fit" in sys.argv:
        fit(Answering(), contracts("train", count))
    else:
        on_records = Suite("medical", ASKED_OF_RECORDS, records())
        suite = on_records if "--records" in sys.argv else Suite("legal", ASKED, contracts("dev", count))
        show(suite, measure(Answering(), suite))
        print(f"{len(suite.documents)} documents")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
