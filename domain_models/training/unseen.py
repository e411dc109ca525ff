"""What networks say of documents that they were not trained on, kept in a file for calibration and experiments.

    python -m domain_models.training.unseen RECIPE --data ../shared/data --base FOLDER --adapter FOLDER --fold K --out FILE

With `--fold` the adapter is one trained without that fold, and reads it; with `--file` it reads that labelled file
(relative to the data's folder) with one head. Probabilities below `LEAST` are kept as 0, the others in half precision.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.decoding.scores import LEAST, TokenScores
from domain_models.heads import Head
from domain_models.labelled import LabelledDocument, read_labelled
from domain_models.marks import typed
from domain_models.runtime.tagger import Tagger
from domain_models.training.commands import adapter_parser
from domain_models.training.recipe import Recipe, load_recipe, people_labelled
from domain_models.training.split import split_fold
from domain_models.windows import load_tokenizer, tokenize


@dataclass(frozen=True)
class Unseen:
    """Documents of one labelled file, and the scores of one head by networks that were not trained on them."""

    head: str
    documents: Sequence[LabelledDocument]
    scores: Sequence[TokenScores]


def read_unseen(tagger: Tagger, head: Head, documents: Sequence[LabelledDocument]) -> Unseen:
    """The documents with the head's scores alone."""
    scores = [next(iter(tagger.read([document.text]))) for document in documents]
    return Unseen(head.name, documents, [TokenScores(s.tokens, {head.name: s.heads[head.name]}) for s in scores])


def pack(of: Unseen) -> dict[str, NDArray[np.generic]]:
    """Arrays from which `unpack` makes the scores again; names begin with the head's."""
    arrays: dict[str, NDArray[np.generic]] = {
        f"{of.head}/names": np.array([document.name for document in of.documents], dtype=str)
    }
    for number, scores in enumerate(of.scores):
        flat = scores.heads[of.head].ravel()
        places = np.flatnonzero(flat >= LEAST)
        arrays[f"{of.head}/{number}/steps"] = np.diff(places, prepend=0).astype(np.uint32)
        arrays[f"{of.head}/{number}/values"] = flat[places].astype(np.float16)
    return arrays


def unpack(path: Path, head: Head, documents: Sequence[LabelledDocument], base: Path) -> Unseen:
    """The scores that a file holds for a head, of those documents whose names it holds, in its order."""
    tokenizer = load_tokenizer(base)
    by_name = {document.name: document for document in documents}
    held: list[LabelledDocument] = []
    scores: list[TokenScores] = []
    with np.load(path) as arrays:
        for number, name in enumerate(arrays[f"{head.name}/names"].tolist()):
            tokens = tokenize(tokenizer, typed(by_name[name].text))
            flat = np.zeros(len(tokens) * head.width, np.float32)
            flat[np.cumsum(arrays[f"{head.name}/{number}/steps"])] = arrays[f"{head.name}/{number}/values"]
            shape = (len(tokens), 3, -1) if head.scheme == "span" else (len(tokens), -1)
            held.append(by_name[name])
            scores.append(TokenScores(tokens, {head.name: flat.reshape(shape)}))
    return Unseen(head.name, held, scores)


def of_fold(recipe: Recipe, tagger: Tagger, data: Path, fold: int) -> Iterator[Unseen]:
    """Each source's documents of the fold, read by its head."""
    for source in people_labelled(recipe):
        _, own = split_fold(read_labelled(data / source.file), fold, recipe.folds)
        yield read_unseen(tagger, tagger.config.heads_by_name[source.head], own)


def main() -> None:
    """The command line."""
    parser = adapter_parser(__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int)
    parser.add_argument("--file", action="append", default=[], metavar="HEAD=FILE")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tagger = Tagger(arguments.adapter, arguments.base)
    parts: list[Unseen] = []
    if arguments.fold is not None:
        parts += of_fold(load_recipe(arguments.recipe), tagger, arguments.data, arguments.fold)
    for named in arguments.file:
        head, _, file = named.partition("=")
        parts.append(read_unseen(tagger, tagger.config.heads_by_name[head], read_labelled(arguments.data / file)))
    arrays: dict[str, Any] = {name: array for part in parts for name, array in pack(part).items()}
    np.savez_compressed(arguments.out, **arrays)


if __name__ == "__main__":
    main()
