"""Fits the reranker: which words speak for and against a span of each label, from spans of the training documents.

    python -m domain_models.training.reranker RECIPE --data ../shared/data --base FOLDER --adapter FOLDER --read FILE [--held FILE]

`--read` names what `unseen` wrote of the training documents as the adapter itself reads them: it proposes the spans, and how
sure it is of documents that it knows does not count. Writes `reranker-<head>.safetensors` into the adapter's folder.
`--held` names a file of another network that never saw its documents: these are then left out of a second fit, and the
weight is printed that would suit them best beside that network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.adapter import load_config
from domain_models.decoding.decoder import Decoder
from domain_models.decoding.reranker import LEAST, LabelWeights, Reranker, save_reranker
from domain_models.decoding.scorer import calibration_file, load_calibration
from domain_models.decoding.word_features import BUCKETS, WordFeatures
from domain_models.heads import Head
from domain_models.labelled import read_labelled
from domain_models.measure.clause_spans import match_document
from domain_models.training.commands import adapter_parser
from domain_models.training.recipe import load_recipe, people_labelled
from domain_models.training.unseen import Unseen, unpack

WEIGHT = 0.17
"""How much of the words' log-odds is added to the network's: half of the 0.33 that suits contracts which a weaker network had
not seen. With 0.25 fewer than 95 of 100 accepted findings were right on dev."""
RIDGE = 5.0  # half the squared weights times this against the summed loss
ROUNDS = 100
FEWEST_RIGHT = 8  # a label with fewer right spans has no weights


@dataclass(frozen=True)
class Judged:
    """A proposed span: its document's name, label, probability and buckets, and whether it is right."""

    document: str
    label: str
    probability: float
    buckets: Sequence[int]
    right: bool


def judged_spans(unseen: Unseen, decoder: Decoder) -> list[Judged]:
    """Every span that the decoder proposes and a reranker would judge."""
    judged = []
    for document, scores in zip(unseen.documents, unseen.scores, strict=True):
        spans = decoder.spans(document.text, scores)
        quotes = ((s.field, document.text[s.char_start : s.char_end], s.probability) for s in spans)
        right = [bool(one.matches) for one in match_document(quotes, document.quotes).predictions]
        features = WordFeatures(document.text)
        for label in decoder.head.labels:
            own = [index for index, span in enumerate(spans) if span.field == label]
            of_label = [spans[index] for index in own]
            wanted = [place for place, span in enumerate(of_label) if span.probability >= LEAST]
            for place, buckets in zip(wanted, features.buckets(of_label, wanted), strict=True):
                judged.append(Judged(document.name, label, of_label[place].probability, buckets, right[own[place]]))
    return judged


def fit_reranker(judged: Sequence[Judged], labels: Sequence[str], weight: float) -> Reranker:
    """Logistic regression with a ridge for each label, its log-odds times `weight`."""
    fitted = {}
    for label in labels:
        own = [one for one in judged if one.label == label]
        if sum(one.right for one in own) >= FEWEST_RIGHT:
            buckets, bias = _fit_label(own)
            fitted[label] = LabelWeights(buckets * np.float32(weight), bias * weight)
    return Reranker(fitted)


def best_weight(judged: Sequence[Judged], reranker: Reranker) -> float:
    """The weight of the reranker's log-odds (fitted with weight 1) beside the probabilities that makes them likeliest."""
    known = [one for one in judged if one.label in reranker.labels]
    network = torch.logit(torch.tensor([one.probability for one in known], dtype=torch.float64).clamp(1e-4, 1 - 1e-4))
    own = [reranker.labels[one.label] for one in known]
    words = torch.tensor([w.bias + float(w.buckets[list(o.buckets)].sum()) for w, o in zip(own, known, strict=True)])
    right = torch.tensor([one.right for one in known], dtype=torch.float64)
    grid = np.arange(0, 1, 0.01)
    losses = [_loss(network + float(weight) * words, right).item() for weight in grid]
    return float(grid[int(np.argmin(losses))])


def _fit_label(judged: Sequence[Judged]) -> tuple[NDArray[np.float32], float]:
    flat = torch.tensor([bucket for one in judged for bucket in one.buckets])
    starts = torch.tensor(np.cumsum([0, *(len(one.buckets) for one in judged)])[:-1])
    right = torch.tensor([one.right for one in judged], dtype=torch.float64)
    weights = torch.zeros(BUCKETS, 1, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = torch.nn.functional.embedding_bag(flat, weights, starts, mode="sum")[:, 0] + bias
        loss = _loss(logits, right) * len(judged) + RIDGE / 2 * weights.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()[:, 0].float().numpy(), bias.item()


def _loss(logits: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, right)


def _read(path: Path, file: Path, head: Head, base: Path, decoder: Decoder) -> list[Judged]:
    return judged_spans(unpack(path, head, read_labelled(file), base), decoder)


def main() -> None:
    """The command line."""
    parser = adapter_parser(__doc__)
    parser.add_argument("--read", type=Path, required=True)
    parser.add_argument("--held", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for source in people_labelled(load_recipe(arguments.recipe)):
        head = load_config(arguments.adapter).heads_by_name[source.head]
        decoder = Decoder(head, load_calibration(calibration_file(arguments.adapter, head.name)))
        file = arguments.data / source.file
        judged = _read(arguments.read, file, head, arguments.base, decoder)
        if arguments.held:
            held = _read(arguments.held, file, head, arguments.base, decoder)
            names = {one.document for one in held}
            others = fit_reranker([one for one in judged if one.document not in names], head.labels, 1.0)
            print(
                f"{head.name}: {len(names)} documents held out, weight that suits them {best_weight(held, others):.2f}"
            )
        reranker = fit_reranker(judged, head.labels, WEIGHT)
        save_reranker(arguments.adapter / f"reranker-{head.name}.safetensors", reranker)
        print(f"{head.name}: {len(judged)} spans, {len(reranker.labels)} of {len(head.labels)} labels")


if __name__ == "__main__":
    main()
