"""Labelled documents as batches of windows: ids, masks and targets as tensors."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from domain_models.heads import Head
from domain_models.labelled import LabelledDocument
from domain_models.marks import typed
from domain_models.training.recipe import Recipe, Source
from domain_models.windows import Tokens, special_ids, tokenize, window_starts


@dataclass(frozen=True)
class Example:
    """A tokenised document. `spans`: rows of (label index, first token, token past the last)."""

    tokens: Tokens
    spans: NDArray[np.int32]


@dataclass(frozen=True)
class Batch:
    """Windows with special tokens, padded: ids and mask (batch, tokens); targets as the head's scheme asks.

    span: bytes (batch, tokens, 3, labels) for inside, start, end. bio: int (batch, tokens), -100 on padding.
    """

    head: Head
    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    targets: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The batch on the device."""
        moved = (t.to(device, non_blocking=True) for t in (self.input_ids, self.attention_mask, self.targets))
        return Batch(self.head, *moved)

    def pin_memory(self) -> "Batch":
        """The batch where a GPU fetches it without waiting; torch's loader asks for it."""
        return Batch(self.head, *(t.pin_memory() for t in (self.input_ids, self.attention_mask, self.targets)))


def make_example(tokenizer: Tokenizer, document: LabelledDocument, head: Head) -> Example:
    """The document's tokens and the token spans of its labels; labels the head does not know are left out."""
    tokens = tokenize(tokenizer, typed(document.text))
    index = {label: i for i, label in enumerate(head.labels)}
    rows = []
    for span in document.spans:
        first = int(np.searchsorted(tokens.ends, span.char_start, side="right"))
        past = int(np.searchsorted(tokens.starts, span.char_end, side="left"))
        if span.label in index and past > first:
            rows.append((index[span.label], first, past))
    return Example(tokens, np.array(rows, dtype=np.int32).reshape(-1, 3))


class Batches:
    """An endless stream of batches from one source, reshuffled in every epoch."""

    def __init__(self, tokenizer: Tokenizer, recipe: Recipe, source: Source, examples: Sequence[Example]) -> None:
        self.recipe, self.source, self.examples = recipe, source, examples
        self.head = next(head for head in recipe.heads if head.name == source.head)
        self.special = special_ids(tokenizer)

    def __call__(self, rng: random.Random, negative_share: float) -> Iterator[Batch]:
        """Batches for ever, of all windows with a label and a share of those without; the order is the generator's."""
        pending: list[tuple[Example, int]] = []
        while True:
            epoch = list(self._epoch(rng, negative_share))
            rng.shuffle(epoch)
            pending.extend(epoch)
            while len(pending) >= self.source.batch:
                yield self._collate(pending[: self.source.batch], rng)
                pending = pending[self.source.batch :]

    def _epoch(self, rng: random.Random, negative_share: float) -> Iterator[tuple[Example, int]]:
        content = self.recipe.window - 2
        for example in self.examples:
            phase = rng.randrange(content // 4, content)
            for start in window_starts(len(example.tokens), content, content, phase):
                touched = (example.spans[:, 1] < start + content) & (example.spans[:, 2] > start)
                if touched.any() or rng.random() < negative_share:
                    yield example, start

    def _collate(self, windows: Sequence[tuple[Example, int]], rng: random.Random) -> Batch:
        content = self.recipe.window - 2
        longest = max(min(content, len(example.tokens) - start) for example, start in windows) + 2
        ids = np.full((len(windows), longest), self.special["pad"], dtype=np.int64)
        mask = np.zeros((len(windows), longest), dtype=np.int64)
        targets = _empty_targets(self.head, len(windows), longest)
        for row, (example, start) in enumerate(windows):
            piece = example.tokens.ids[start : start + content]
            ids[row, : len(piece) + 2] = [self.special["cls"], *self._masked(piece, rng), self.special["sep"]]
            mask[row, : len(piece) + 2] = 1
            fill = _fill_span if self.head.scheme == "span" else _fill_bio
            fill(targets[row], example.spans, start, len(piece))
        return Batch(self.head, torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(targets))

    def _masked(self, piece: NDArray[np.int32], rng: random.Random) -> NDArray[np.int32]:
        if not self.recipe.token_mask:
            return piece
        keep = np.random.default_rng(rng.getrandbits(64)).random(len(piece)) >= self.recipe.token_mask
        return np.where(keep, piece, self.special["mask"]).astype(np.int32)


def _empty_targets(head: Head, rows: int, tokens: int) -> NDArray[np.uint8] | NDArray[np.int64]:
    if head.scheme == "span":
        return np.zeros((rows, tokens, 3, len(head.labels)), dtype=np.uint8)
    return np.full((rows, tokens), -100, dtype=np.int64)


def _fill_span(targets: NDArray[np.uint8], spans: NDArray[np.int32], start: int, length: int) -> None:
    for label, first, past in spans:
        low, high = max(first - start, 0), min(past - start, length)
        if low < high:
            targets[low + 1 : high + 1, 0, label] = 1
            targets[low + 1, 1, label] |= first >= start
            targets[high, 2, label] |= past <= start + length


def _fill_bio(targets: NDArray[np.int64], spans: NDArray[np.int32], start: int, length: int) -> None:
    targets[1 : length + 1] = 0
    # The longest first, so that a nested entity takes its own tokens back from the one around it.
    for label, first, past in sorted(spans.tolist(), key=lambda span: span[1] - span[2]):
        low, high = max(first - start, 0), min(past - start, length)
        if low < high:
            targets[low + 1 : high + 1] = 2 + 2 * label
            if first >= start:
                targets[low + 1] = 1 + 2 * label
