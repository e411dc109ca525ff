"""The floor for the legal tagger: a plain inside head, decoded crudely, measured as everything else is.

    python -m domain_models.training.floor --data ../shared/data/cuad/dev.jsonl.gz --base FOLDER --adapter FOLDER

The adapter is one trained by `recipes/legal-floor.toml`. Prints one JSON line for runs of likely tokens alone, and
one with sentences as further candidates. A domain has no use for it; it says what the rest of the work is worth.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.decoding.candidates import GAP, runs
from domain_models.decoding.scores import TokenScores
from domain_models.decoding.spans import characters, token_sentences
from domain_models.heads import Head
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.measure.clause_spans import DocumentOutcome, curve, match_document
from domain_models.runtime.tagger import Tagger

OF_PEAK = 0.3  # a run holds the tokens above this share of its peak
LOWEST_PEAK = 0.01
SENTENCE_DISCOUNT = 0.8

Interval = tuple[int, int]


def runs_of_likely_tokens(inside: NDArray[np.float32]) -> Iterator[tuple[Interval, float]]:
    """Each run with its peak as its probability."""
    for first, past in runs(inside, LOWEST_PEAK, GAP):
        peak = float(inside[first:past].max())
        for start, end in runs(inside[first:past], OF_PEAK * peak, GAP):
            yield (first + start, first + end), float(inside[first + start : first + end].max())


def likely_sentences(inside: NDArray[np.float32], sentences: Sequence[Interval]) -> Iterator[tuple[Interval, float]]:
    """Each sentence with its mean as its probability, discounted: its borders are a guess."""
    for first, past in sentences:
        mean = float(inside[first:past].mean())
        if mean > LOWEST_PEAK:
            yield (first, past), SENTENCE_DISCOUNT * mean


def outcome(document: LabelledDocument, scores: TokenScores, head: Head, with_sentences: bool) -> DocumentOutcome:
    """One document's crude spans held against its gold spans."""
    sentences = token_sentences(document.text, scores) if with_sentences else []
    predicted = []
    for number, label in enumerate(head.labels):
        inside = np.ascontiguousarray(scores.heads[head.name][:, 0, number])
        for span, probability in [*runs_of_likely_tokens(inside), *likely_sentences(inside, sentences)]:
            start, end = characters(document.text, scores, span)
            predicted.append((label, document.text[start:end], probability))
    return match_document(predicted, document.quotes)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tagger = Tagger(arguments.adapter, arguments.base)
    head = tagger.config.heads[0]
    documents = read_labelled(arguments.data)
    scores = [next(iter(tagger.read([document.text]))) for document in documents]
    for with_sentences in (False, True):
        pooled = curve([outcome(d, s, head, with_sentences) for d, s in zip(documents, scores, strict=True)])
        figures = {"aupr": pooled.area, "p_at_80r": pooled.precision_at(0.8), "p_at_90r": pooled.precision_at(0.9)}
        print(json.dumps({"candidates": "runs and sentences" if with_sentences else "runs", **figures}), flush=True)


if __name__ == "__main__":
    main()
