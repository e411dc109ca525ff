"""Fits what turns token probabilities into ruled spans, on the documents that training held out; never on dev.

    python -m domain_models.training.calibrate RECIPE --data ../shared/data --base FOLDER --adapter FOLDER

Writes `calibration-<head>.json` into the adapter's folder: scorer, usual lengths and thresholds. The probabilities
that set slope and thresholds come from folds that the scorer did not see.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.decoding.bio import decode_entities
from domain_models.decoding.scorer import Calibration, Scorer, Thresholds, save_calibration
from domain_models.decoding.scores import TokenScores
from domain_models.decoding.spans import best_of_each_place, characters, scored_candidates, token_sentences
from domain_models.heads import Head
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.measure.clause_spans import spans_match
from domain_models.runtime.tagger import Tagger
from domain_models.training.batches import make_example
from domain_models.training.fit_scorer import Rows, fit_scorer, platt, rescale
from domain_models.training.recipe import Source, load_recipe
from domain_models.training.split import split_held_out
from domain_models.windows import load_tokenizer

FOLDS = 4
WRONG_WHEN_ABSENT = 0.03  # share of held-out (document, label) pairs under `absent_below` that may have gold spans

Interval = tuple[int, int]
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Group:
    """All candidates of one label in one document: their token intervals and rows in the table of all rows."""

    document: int
    label: int
    spans: Sequence[Interval]
    first_row: int


@dataclass(frozen=True)
class Table:
    """Every held-out candidate, grouped by document and label."""

    rows: Rows
    groups: Sequence[Group]
    pairs: frozenset[tuple[int, int]]  # every (document, label)
    truth: frozenset[tuple[int, int]]  # those that have gold spans


def usual_log_lengths(documents: Sequence[LabelledDocument], head: Head, base: Path) -> dict[str, float]:
    """Median log token count of each label's spans; a label never seen gets the median of all."""
    tokenizer = load_tokenizer(base)
    lengths: dict[int, list[float]] = {}
    for document in documents:
        for label, first, past in make_example(tokenizer, document, head).spans.tolist():
            lengths.setdefault(label, []).append(float(np.log(past - first)))
    everything = float(np.median([length for of_label in lengths.values() for length in of_label]))
    return {
        label: float(np.median(lengths[index])) if index in lengths else everything
        for index, label in enumerate(head.labels)
    }


def span_table(
    documents: Sequence[LabelledDocument], scores: Sequence[TokenScores], head: Head, usual: dict[str, float]
) -> Table:
    """Candidates of a span head; right is what CUAD's measure calls a match."""
    parts: list[Array] = []
    labels: list[int] = []
    right: list[bool] = []
    owners: list[int] = []
    groups: list[Group] = []
    truth: set[tuple[int, int]] = set()
    for index, (document, scored) in enumerate(zip(documents, scores, strict=True)):
        sentences = token_sentences(document.text, scored)
        gold: dict[str, list[str]] = {}
        for span in document.spans:
            gold.setdefault(span.label, []).append(" ".join(document.text[span.char_start : span.char_end].split()))
            truth.add((index, head.labels.index(span.label)))
        for label, spans, features in scored_candidates(scored, head, usual, sentences):
            number = head.labels.index(label)
            groups.append(Group(index, number, spans, len(right)))
            parts.append(features)
            for span_tokens in spans:
                start, end = characters(document.text, scored, span_tokens)
                text = " ".join(document.text[start:end].split())
                right.append(any(spans_match(label, text, wanted) for wanted in gold.get(label, ())))
            labels += [number] * len(spans)
            owners += [index] * len(spans)
    return Table(_rows(parts, labels, right, owners), groups, _pairs(documents, head), frozenset(truth))


def entity_table(documents: Sequence[LabelledDocument], scores: Sequence[TokenScores], head: Head) -> Table:
    """Entities of a bio head; right is what equals a gold entity in type and borders."""
    parts: list[Array] = []
    labels: list[int] = []
    right: list[bool] = []
    owners: list[int] = []
    groups: list[Group] = []
    truth: set[tuple[int, int]] = set()
    for index, (document, scored) in enumerate(zip(documents, scores, strict=True)):
        gold = {(head.labels.index(s.label), s.char_start, s.char_end) for s in document.spans}
        truth.update((index, label) for label, _, _ in gold)
        found, features = decode_entities(scored, head)
        if not found:
            continue
        parts.append(features)
        for entity in found:
            groups.append(Group(index, entity[0], [entity[1:]], len(right)))
            labels.append(entity[0])
            right.append(entity in gold)
            owners.append(index)
    return Table(_rows(parts, labels, right, owners), groups, _pairs(documents, head), frozenset(truth))


def _pairs(documents: Sequence[LabelledDocument], head: Head) -> frozenset[tuple[int, int]]:
    return frozenset((document, label) for document in range(len(documents)) for label in range(len(head.labels)))


def _rows(parts: list[Array], labels: list[int], right: list[bool], owners: list[int]) -> Rows:
    return Rows(
        np.concatenate(parts).astype(np.float32),
        np.array(labels, dtype=np.int64),
        np.array(right, dtype=np.float32),
        np.array(owners, dtype=np.int64),
    )


def fit(table: Table, head: Head, usual: dict[str, float]) -> Calibration:
    """Scorer on all rows; slope, offset and thresholds from the folds' unseen probabilities of the kept spans."""
    kept: list[tuple[Group, float, bool]] = []
    for fold in range(FOLDS):
        seen = table.rows.documents % FOLDS != fold
        scorer = fit_scorer(table.rows.of(seen), len(head.labels), seed=fold)
        kept += _kept(table, scorer, lambda document, fold=fold: document % FOLDS == fold)  # type: ignore[misc]
    slope, offset = platt([p for _, p, _ in kept], [right for _, _, right in kept])
    probabilities = _platted(np.array([p for _, p, _ in kept], dtype=np.float32), slope, offset)
    print(f"{head.name}: {len(table.rows.right)} rows, {len(kept)} kept, slope {slope:.3f}, offset {offset:.3f}")
    thresholds = choose_thresholds(table, kept, probabilities)
    scorer = rescale(fit_scorer(table.rows, len(head.labels), seed=0), slope, offset)
    return Calibration(scorer, usual, dict.fromkeys(head.labels, thresholds))


def _kept(table: Table, scorer: Scorer, wanted: Callable[[int], bool]) -> list[tuple[Group, float, bool]]:
    kept = []
    for group in table.groups:
        if wanted(group.document):
            place = slice(group.first_row, group.first_row + len(group.spans))
            probabilities = scorer.probabilities(table.rows.features[place], group.label)
            for index in best_of_each_place(group.spans, probabilities):
                right = bool(table.rows.right[group.first_row + index])
                kept.append((group, float(probabilities[index]), right))
    return kept


def _platted(values: Array, slope: float, offset: float) -> Array:
    bounded = np.clip(values, 1e-5, 1 - 1e-5)
    return np.asarray(1 / (1 + np.exp(-(np.log(bounded / (1 - bounded)) * slope + offset))), np.float32)


def choose_thresholds(table: Table, kept: Sequence[tuple[Group, float, bool]], probabilities: Array) -> Thresholds:
    """`found_at` has the best F1 of spans; under `absent_below` at most WRONG_WHEN_ABSENT of the pairs have gold."""
    right = np.array([r for _, _, r in kept])
    grid = np.arange(0.1, 0.9, 0.01)
    total = int(right.sum()) + len(table.truth)  # F1 up to a constant: gold spans never proposed shift it evenly
    f1 = [2 * right[probabilities >= t].sum() / ((probabilities >= t).sum() + total) for t in grid]
    found_at = float(grid[int(np.argmax(f1))])
    best: dict[tuple[int, int], float] = dict.fromkeys(table.pairs, 0.0)
    for (group, _, _), probability in zip(kept, probabilities, strict=True):
        pair = (group.document, group.label)
        best[pair] = max(best[pair], float(probability))
    absent_below = absence_threshold(best, table.truth, found_at)
    print(f"  found at {found_at:.2f}, absent below {absent_below:.3f}, best F1 {max(f1):.3f}")
    return Thresholds(round(found_at, 3), round(absent_below, 3))


def absence_threshold(
    best: Mapping[tuple[int, int], float], truth: frozenset[tuple[int, int]], found_at: float
) -> float:
    """The highest threshold up to `found_at` under which few enough pairs have gold; 0 where none is safe."""
    ranked = sorted(best, key=lambda pair: best[pair])
    wrong = np.cumsum([pair in truth for pair in ranked])
    safe = np.flatnonzero(wrong <= WRONG_WHEN_ABSENT * np.arange(1, len(ranked) + 1))
    return min(best[ranked[int(safe[-1])]], found_at) if len(safe) else 0.0


def calibrate_source(source: Source, tagger: Tagger, data: Path, base: Path, out: Path) -> None:
    """Calibrates the source's head on its held-out documents and writes the result."""
    head = tagger.config.heads_by_name[source.head]
    trained, held = split_held_out(read_labelled(data / source.file), source)
    scores = [next(tagger.read([document.text])) for document in held]
    usual = usual_log_lengths(trained, head, base)
    table = span_table(held, scores, head, usual) if head.scheme == "span" else entity_table(held, scores, head)
    save_calibration(out / f"calibration-{head.name}.json", fit(table, head, usual))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tagger = Tagger(arguments.adapter, arguments.base)
    for source in load_recipe(arguments.recipe).sources:
        calibrate_source(source, tagger, arguments.data, arguments.base, arguments.adapter)


if __name__ == "__main__":
    main()
