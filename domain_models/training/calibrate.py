"""Fits what turns token probabilities into ruled spans, on the documents that training held out; never on dev.

    python -m domain_models.training.calibrate RECIPE --data ../shared/data --base FOLDER --adapter FOLDER [--fold FILE ...]

Writes `calibration-<head>.json` into the adapter's folder: scorer, usual lengths and thresholds. The probabilities
that set slope and thresholds come from folds that the scorer did not see. Where a recipe has `folds`, the files are
what `unseen` wrote for them; not every fold need be there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.decoding.bio import decode_entities
from domain_models.decoding.scorer import Calibration, Scorer, Thresholds, calibration_file, save_calibration
from domain_models.decoding.spans import (
    best_of_each_place,
    characters,
    scored_candidates,
    token_sentences,
    without_rivals,
)
from domain_models.heads import Head
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.measure.clause_spans import spans_match
from domain_models.runtime.tagger import Tagger
from domain_models.training.batches import make_example
from domain_models.training.commands import adapter_parser
from domain_models.training.fit_scorer import Rows, fit_scorer, platt, rescale
from domain_models.training.recipe import Source, load_recipe, people_labelled
from domain_models.training.split import split_held_out
from domain_models.training.thresholds import (
    Documents,
    Kept,
    absence_threshold,
    acceptances,
    document_thresholds,
    span_threshold,
)
from domain_models.training.unseen import Unseen, read_unseen, unpack
from domain_models.windows import load_tokenizer

FOLDS = 4

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
class Judged:
    """A kept span of a group: its probability, whether it is right, and whether a run would store it."""

    group: Group
    probability: float
    right: bool
    stored: bool


@dataclass(frozen=True)
class Table:
    """Every held-out candidate, grouped by document and label."""

    rows: Rows
    groups: Sequence[Group]
    pairs: frozenset[tuple[int, int]]  # every (document, label)
    truth: frozenset[tuple[int, int]]  # those that have gold spans


@dataclass(frozen=True)
class Frequencies:
    """By label, shape (labels,): the share of training documents that have it, and its spans in those that do."""

    share: NDArray[np.float64]
    spans: NDArray[np.float64]


def label_frequencies(documents: Sequence[LabelledDocument], head: Head) -> Frequencies:
    """How common each label is; one document more with and one without it keep the shares from 0 and 1."""
    held = [Counter(span.label for span in document.spans) for document in documents]
    having = np.array([sum(label in counts for counts in held) for label in head.labels], dtype=float)
    spans = np.array([sum(counts[label] for counts in held) for label in head.labels], dtype=float)
    return Frequencies((having + 1) / (len(documents) + 2), spans / np.maximum(having, 1))


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


def span_table(unseen: Unseen, head: Head, usual: dict[str, float]) -> Table:
    """Candidates of a span head; right is what CUAD's measure calls a match."""
    parts: list[Array] = []
    labels: list[int] = []
    right: list[bool] = []
    owners: list[int] = []
    groups: list[Group] = []
    truth: set[tuple[int, int]] = set()
    for index, (document, scored) in enumerate(zip(unseen.documents, unseen.scores, strict=True)):
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
    return Table(_rows(parts, labels, right, owners), groups, _pairs(unseen.documents, head), frozenset(truth))


def entity_table(unseen: Unseen, head: Head) -> Table:
    """Entities of a bio head; right is what equals a gold entity in type and borders."""
    parts: list[Array] = []
    labels: list[int] = []
    right: list[bool] = []
    owners: list[int] = []
    groups: list[Group] = []
    truth: set[tuple[int, int]] = set()
    for index, (document, scored) in enumerate(zip(unseen.documents, unseen.scores, strict=True)):
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
    return Table(_rows(parts, labels, right, owners), groups, _pairs(unseen.documents, head), frozenset(truth))


def _pairs(documents: Sequence[LabelledDocument], head: Head) -> frozenset[tuple[int, int]]:
    return frozenset((document, label) for document in range(len(documents)) for label in range(len(head.labels)))


def _rows(parts: list[Array], labels: list[int], right: list[bool], owners: list[int]) -> Rows:
    return Rows(
        np.concatenate(parts).astype(np.float32),
        np.array(labels, dtype=np.int64),
        np.array(right, dtype=np.float32),
        np.array(owners, dtype=np.int64),
    )


def fit(table: Table, head: Head, usual: dict[str, float], frequencies: Frequencies) -> Calibration:
    """Scorer on all rows; slope, offset and thresholds from the folds' unseen probabilities of the kept spans.

    The thresholds are those of what a run would store: a span that overlaps a better one of its label does not count.
    """
    judged: list[Judged] = []
    for fold in range(FOLDS):
        seen = table.rows.documents % FOLDS != fold
        scorer = fit_scorer(table.rows.of(seen), len(head.labels), seed=fold)
        judged += _judged(table, scorer, lambda document, fold=fold: document % FOLDS == fold)  # type: ignore[misc]
    slope, offset = platt([one.probability for one in judged], [one.right for one in judged])
    print(f"{head.name}: {len(table.rows.right)} rows, {len(judged)} kept, slope {slope:.3f}, offset {offset:.3f}")
    stored = [one for one in judged if one.stored]
    probabilities = _platted(np.array([one.probability for one in stored], dtype=np.float32), slope, offset)
    spans = Kept(
        probabilities.astype(float),
        np.array([one.right for one in stored]),
        np.array([one.group.label for one in stored]),
    )
    documents = held_out_documents(table, spans, [one.group.document for one in stored], frequencies)
    thresholds = choose_thresholds(table, head, spans, documents)
    found_at = [thresholds[label].found_at for label in head.labels]
    accepted = dict(zip(head.labels, acceptances(spans, found_at), strict=True))
    scorer = rescale(fit_scorer(table.rows, len(head.labels), seed=0), slope, offset)
    return Calibration(scorer, usual, thresholds, accepted)


def _judged(table: Table, scorer: Scorer, wanted: Callable[[int], bool]) -> Iterator[Judged]:
    for group in table.groups:
        if wanted(group.document):
            place = slice(group.first_row, group.first_row + len(group.spans))
            probabilities = scorer.probabilities(table.rows.features[place], group.label)
            kept = best_of_each_place(group.spans, probabilities)
            stored = set(without_rivals(group.spans[index] for index in kept))
            for rank, index in enumerate(kept):
                right = bool(table.rows.right[group.first_row + index])
                yield Judged(group, float(probabilities[index]), right, rank in stored)


def _platted(values: Array, slope: float, offset: float) -> Array:
    bounded = np.clip(values, 1e-5, 1 - 1e-5)
    return np.asarray(1 / (1 + np.exp(-(np.log(bounded / (1 - bounded)) * slope + offset))), np.float32)


def choose_thresholds(table: Table, head: Head, kept: Kept, documents: Documents) -> dict[str, Thresholds]:
    """Each label's thresholds: a span head's by documents where a label stands once or twice, all others by spans."""
    by_spans = span_threshold(kept, len(table.truth))
    by_label = np.full(len(head.labels), by_spans)
    if head.scheme == "span":
        by_label = document_thresholds(documents, by_spans)
    best = {(document, label): float(documents.best[document, label]) for document, label in table.pairs}
    absent_below = absence_threshold(best, table.truth, by_spans)
    print(f"  found at {by_label.min():.2f} to {by_label.max():.2f}, absent below {absent_below:.3f}")
    return {
        label: Thresholds(round(float(found), 3), round(min(absent_below, float(found)), 3))
        for label, found in zip(head.labels, by_label, strict=True)
    }


def held_out_documents(table: Table, kept: Kept, owners: Sequence[int], frequencies: Frequencies) -> Documents:
    """Each held-out document's best probability and truth by label. `owners`: the document of each kept span."""
    shape = (max(document for document, _ in table.pairs) + 1, len(frequencies.share))
    best, truth = np.zeros(shape), np.zeros(shape, dtype=bool)
    np.maximum.at(best, (np.array(owners), kept.labels), kept.probabilities)
    for pair in table.truth:
        truth[pair] = True
    return Documents(best, truth, frequencies.share, frequencies.spans)


def held_out(source: Source, tagger: Tagger, data: Path) -> Unseen:
    """The documents that the recipe held out of training, read by the network itself."""
    _, held = split_held_out(read_labelled(data / source.file), source)
    return read_unseen(tagger, tagger.config.heads_by_name[source.head], held)


def of_folds(source: Source, head: Head, data: Path, base: Path, files: Sequence[Path]) -> Unseen:
    """Every document of the source, as read by the network that was trained without it."""
    documents = read_labelled(data / source.file)
    folds = [unpack(path, head, documents, base) for path in files]
    return Unseen(head.name, [d for f in folds for d in f.documents], [s for f in folds for s in f.scores])


def calibrate_head(head: Head, unseen: Unseen, trained: Sequence[LabelledDocument], base: Path) -> Calibration:
    """The head's calibration from the documents it was not taught; `trained` are those that it was."""
    usual = usual_log_lengths(trained, head, base)
    table = span_table(unseen, head, usual) if head.scheme == "span" else entity_table(unseen, head)
    return fit(table, head, usual, label_frequencies(trained, head))


def main() -> None:
    """The command line."""
    parser = adapter_parser(__doc__)
    parser.add_argument("--fold", type=Path, action="append", default=[], help="a file of `unseen`, one a fold")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tagger = Tagger(arguments.adapter, arguments.base)
    for source in people_labelled(load_recipe(arguments.recipe)):
        head = tagger.config.heads_by_name[source.head]
        trained, _ = split_held_out(read_labelled(arguments.data / source.file), source)
        unseen = (
            of_folds(source, head, arguments.data, arguments.base, arguments.fold)
            if arguments.fold
            else held_out(source, tagger, arguments.data)
        )
        calibration = calibrate_head(head, unseen, trained, arguments.base)
        save_calibration(calibration_file(arguments.adapter, head.name), calibration)


if __name__ == "__main__":
    main()
