"""How well questions are answered that nobody trained for, against retrieval alone.

Contracts are asked about six fields that are left out of the writer's training and of the fit; a question counts as answered
where the labellers marked anything. F1 of the words is SQuAD 2.0's: of an answer's words with the nearest quote's, 1 for a
right "not stated"; F1 of clauses is CUAD's: an answer is right where its words overlap a quote's by a Jaccard of at least 0.5,
and each quote counts. Case reports (MACCROBAT's) are asked for some of its kinds of entity, clinical notes (mtsamples') what
`question_sets` has for them. Contracts of more than `question_sets.LONGEST` characters (9 of the 60 dev contracts) are left out
here, to bound the time; `muniment ask` itself has no such bound.

    python -m tests.benchmarks.questions [CONTRACTS]         measure on the dev contracts of CUAD
    python -m tests.benchmarks.questions --notes             measure on clinical notes of the dev part
    python -m tests.benchmarks.questions --records           measure on the case reports of the dev part
    python -m tests.benchmarks.questions --fit [CONTRACTS]   fit confidence.toml to training contracts and training notes
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from domain_models import get_domain
from domain_models.answering.confidence import Signs
from domain_models.low_rank import writer_adapter
from domain_models.measure.clause_spans import DocumentOutcome, match_document, quality
from domain_models.runtime.span_reader import SpanReader
from domain_models.sentences import Interval
from flows.answering import Answering
from flows.stages.answer import Reader, Searched, answer
from flows.stages.locate import Asked, Piece, Weighed, ask_for, locate, weigh
from schemas.document import ParsedDocument
from tests.benchmarks.question_sets import (
    AskedText,
    Suite,
    dev_contracts,
    dev_reports,
    notes,
    training_contracts,
)

RETRIEVAL_AT = 0.46
"""A nearest statement at least so near counts as an answer in the baseline: where `--fit` gives it even odds."""

AS_ASKED = "sentences, as ask answers"
NEAREST = "nearest in meaning"
"""Retrieval alone: the statement that means most nearly what is asked."""

SIGNS = ("likeness", "overlap", "alignment")

Put = Iterator[tuple[AskedText, list[Piece], list[Asked]]]


@dataclass(frozen=True)
class Verdict:
    """What was answered to a question about a topic, None where nothing was, and the labellers' quotes."""

    topic: str
    quote: str | None
    gold: tuple[str, ...]


def put(answering: Answering, suite: Suite) -> Put:
    """Each text in pieces, as a database has them, and its questions."""
    for number, asked in enumerate(suite.texts, start=1):
        embedded = answering.meaning.embedder.embed([asked.text])[0]
        pieces = [Piece(one.char_start, one.char_end, one.embedding) for one in embedded]
        meant = answering.meaning.embedded([question.words for question in asked.questions])
        yield asked, pieces, [ask_for(one.words, meaning) for one, meaning in zip(asked.questions, meant, strict=True)]
        print(f"\r{number}/{len(suite.texts)}", end="", file=sys.stderr, flush=True)


WHOLE = "likeliest statement"


def readers(domain: str) -> dict[str, Reader | None]:
    """Who chooses words of the sentences that answer."""
    from domain_models.runtime.generator import load_writer
    from flows.base_models import base_folder

    folder = base_folder("writer")
    tuned = SpanReader(load_writer(folder, writer_adapter(get_domain(domain))))
    return {AS_ASKED: None, "words by the writer": SpanReader(load_writer(folder)), "words by the tuned one": tuned}


def measure(answering: Answering, suite: Suite) -> dict[str, list[Verdict]]:
    """What each way of answering says to every question."""
    reading = readers(suite.domain)
    verdicts: dict[str, list[Verdict]] = {name: [] for name in (NEAREST, WHOLE, *reading)}
    for text, pieces, questions in put(answering, suite):
        embed = answering.meaning.embedded
        said = {NEAREST: [nearest(weigh(text.text, pieces, asked, embed)) for asked in questions]}
        document = ParsedDocument("", text.name, text.text, ())
        searched = [Searched(document, one.words, locate(document, pieces, one, embed)) for one in questions]
        said[WHOLE] = [
            one.passage.statement if one.passage and answered.is_found else None
            for one, answered in zip(searched, answer(searched), strict=True)
        ]
        for name, reader in reading.items():
            said[name] = [one.place if one.is_found else None for one in answer(searched, reader)]
        for name, places in said.items():
            quotes = [text.text[slice(*place)] if place else None for place in places]
            verdicts[name] += [
                Verdict(one.topic, quote, one.gold) for one, quote in zip(text.questions, quotes, strict=True)
            ]
    return verdicts


def nearest(weighed: Sequence[Weighed]) -> Interval | None:
    """The statement that means most nearly what is asked, where that is near enough."""
    best = max(weighed, key=lambda one: one.signs.likeness)
    return best.place if best.signs.likeness >= RETRIEVAL_AT else None


def accuracy(verdicts: Sequence[Verdict]) -> float:
    return sum((one.quote is not None) == bool(one.gold) for one in verdicts) / max(1, len(verdicts))


def f1(verdicts: Sequence[Verdict]) -> float:
    return quality([outcome(one) for one in verdicts], 0.0, None).f1


def outcome(one: Verdict) -> DocumentOutcome:
    said = [(one.topic, one.quote, 1.0)] if one.quote is not None else []
    return match_document(said, {one.topic: one.gold})


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


def show(verdicts: dict[str, list[Verdict]]) -> None:
    print(f"\n{'':24} found or not | F1 of words: all, with an answer | F1 of clauses | answers that meet a quote")
    for name, said in verdicts.items():
        has = [one for one in said if one.gold]
        words = f"{words_f1(said):16.3f} {words_f1(has):15.3f}"
        given = sum(one.quote is not None for one in said)
        print(f"{name:24} {accuracy(said):12.3f} | {words} | {f1(said):13.3f} | {met(said):.3f} of {given}")
    print(f"\n{AS_ASKED + ', by topic':36} asked, with an answer: found or not, F1 of words")
    for topic in dict.fromkeys(one.topic for one in verdicts[AS_ASKED]):
        said = [one for one in verdicts[AS_ASKED] if one.topic == topic]
        print(f"{topic:36} {len(said)}, {sum(bool(v.gold) for v in said)}: {accuracy(said):.3f} {words_f1(said):.3f}")


def fit(answering: Answering, suites: Sequence[Suite]) -> None:
    """Prints from what likeness on the baseline answers, and a logistic model's weights: first which statements are right,
    then how likely a document's best one is, over about as many questions with an answer as without.
    """
    weighed = [
        (weigh(text.text, pieces, asked, answering.meaning.embedded), question.gold, text.text)
        for suite in suites
        for text, pieces, questions in put(answering, suite)
        for question, asked in zip(text.questions, questions, strict=True)
    ]
    rows = np.array([_row(one.signs) for statements, _, _ in weighed for one in statements])
    right = np.array([_holds(text[slice(*one.place)], gold) for found, gold, text in weighed for one in found])
    ranking = logistic(rows, right)
    has = np.array([bool(gold) for _, gold, _ in weighed])
    best = np.array([max(float(_row(one.signs) @ ranking) for one in found) for found, _, _ in weighed])
    constant, slope = logistic(np.stack([np.ones(len(best)), best], axis=1), has)
    print(f"\n{len(has)} questions, {has.mean():.2f} have an answer\nconstant = {constant + slope * ranking[0]:.2f}")
    for name, weight in zip(SIGNS, ranking[1:], strict=True):
        print(f"{name} = {slope * weight:.2f}")
    likeness = np.array([[1.0, max(one.signs.likeness for one in found)] for found, _, _ in weighed])
    constant, slope = logistic(likeness, has)
    print(f"by likeness alone: RETRIEVAL_AT {-constant / slope:.3f}")


def _row(signs: Signs) -> NDArray[np.float64]:
    return np.array([1.0, *(getattr(signs, name) for name in SIGNS)])


def _holds(statement: str, gold: Sequence[str]) -> bool:
    """Whether the statement is one of the quotes, or as good as."""
    words = set(statement.lower().split())
    others = (set(quote.lower().split()) for quote in gold)
    return any(quote in statement or statement in quote for quote in gold) or any(
        2 * len(words & other) >= len(words | other) for other in others
    )


def logistic(rows: NDArray[np.float64], right: NDArray[np.bool_], ridge: float = 0.1) -> NDArray[np.float64]:
    """Weights by Newton's method, held near zero but for the constant."""
    weights = np.zeros(rows.shape[1])
    held = np.diag([0.0, *[ridge] * (rows.shape[1] - 1)])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - right) + held @ weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + held
        weights = weights - np.linalg.solve(curve, slope)
    return weights


def chosen(count: int) -> Suite:
    """What the command line names."""
    if "--records" in sys.argv:
        return dev_reports()
    return notes("dev") if "--notes" in sys.argv else dev_contracts(count)


def main() -> None:
    count = next((int(word) for word in islice(sys.argv, 1, None) if word.isdigit()), 20)
    started = time.monotonic()
    if "--fit" in sys.argv:
        fit(Answering(), [training_contracts(count), notes("train")])
    else:
        suite = chosen(count)
        show(measure(Answering(), suite))
        print(f"{len(suite.texts)} documents")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
