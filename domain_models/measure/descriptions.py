"""How near a description comes to a person's, and what simpler ways would have come to. Knows no model and no domain."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from math import log
from typing import Any

import networkx
from rouge_score.rouge_scorer import RougeScorer

from domain_models.guard.words import Word, words
from domain_models.sentences import sentence_spans

_STOP = re.compile(r"(?<=[.!?])\s+")


def rouge_l(written: Sequence[str], wanted: Sequence[str]) -> float:
    """The mean F-measure of the longest common subsequences of stemmed words (ROUGE-L, Lin 2004), from 0 to 1."""
    scores = [_scorer().score(right, text)["rougeL"].fmeasure for text, right in zip(written, wanted, strict=True)]
    return sum(scores) / len(scores) if scores else 0.0


def lead_1(text: str) -> str:
    """The text's first sentence; the text itself where it has none."""
    sentences = _sentences(text)
    return sentences[0] if sentences else text


def textrank(text: str) -> str:
    """The sentence that most of the others are like, by TextRank (Mihalcea and Tarau 2004); the earlier one of equals."""
    sentences = _sentences(text)
    if len(sentences) < 2:
        return lead_1(text)
    stems = [frozenset(word.stem for word in words(sentence) if _is_telling(word)) for sentence in sentences]
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(sentences)))
    graph.add_weighted_edges_from(
        (a, b, likeness)
        for a, b in combinations(range(len(sentences)), 2)
        if (likeness := _likeness(stems[a], stems[b]))
    )
    ranks: dict[int, float] = networkx.pagerank(graph)
    return sentences[max(ranks, key=lambda index: (round(ranks[index], 9), -index))]


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared words over the logarithms of both counts, as the paper has it; sentences of one word are like none."""
    return len(a & b) / (log(len(a)) + log(len(b))) if min(len(a), len(b)) > 1 else 0.0


def _is_telling(word: Word) -> bool:
    return len(word.form) > 3


def _sentences(text: str) -> list[str]:
    """The text's sentences; where a data set has lost its capitals, only the full stops tell them."""
    flat = " ".join(text.split())
    if flat.islower():
        return _STOP.split(flat)
    return [flat[start:end] for start, end in sentence_spans(flat)]


@cache
def _scorer() -> Any:
    return RougeScorer(["rougeL"], use_stemmer=True)
