"""Texts to vectors whose angle tells how near they are in meaning: a sentence-embedding model, mean-pooled.

Knows tensors and tokens, neither pages nor queries. all-MiniLM-L6-v2 was trained on pieces of 128 tokens (its model
card), so a text is read in passages of that length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from domain_models.answering.alignment import Embedded, no_embedding
from domain_models.runtime.device import alone, pick_device, pick_dtype
from domain_models.runtime.network import TaggerNetwork
from domain_models.windows import load_tokenizer, special_ids, tokenize

PASSAGE_TOKENS = 126  # and the two that open and close it
TOKENS_PER_BATCH = {"cpu": 2048, "cuda": 65536}  # on a CPU few passages at a time, which stay in its cache


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text, `[char_start, char_end)`, and its embedding: float32, of length 1."""

    char_start: int
    char_end: int
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A passage's token ids, and where it stands in which text."""

    text: int
    char_start: int
    char_end: int
    ids: NDArray[np.int32]
    starts: NDArray[np.int32]


class Embedder:
    """A model ready to embed. Not thread-safe."""

    @alone
    def __init__(self, base: Path) -> None:
        self.tokenizer: Tokenizer = load_tokenizer(base)
        self.special = special_ids(self.tokenizer)
        self.device = pick_device()
        self.network = TaggerNetwork(base, ()).to(self.device, pick_dtype(self.device)).eval()

    @alone
    def embed(self, texts: Sequence[str]) -> list[list[Passage]]:
        """Each text's passages in reading order; none for a text without tokens."""
        pieces = sorted(self._pieces(texts), key=lambda piece: -len(piece.ids))
        passages: list[list[Passage]] = [[] for _ in texts]
        for batch in self._batches(pieces):
            for piece, vector in zip(batch, self._pooled(*self._hidden(batch)), strict=True):
                passages[piece.text].append(Passage(piece.char_start, piece.char_end, vector))
        return [sorted(of_text, key=lambda passage: passage.char_start) for of_text in passages]

    @alone
    def embed_tokens(self, texts: Sequence[str]) -> list[Embedded]:
        """Each text by its first `PASSAGE_TOKENS` tokens, as a whole and token by token; nothing for one without tokens."""
        first = {piece.text: piece for piece in reversed(list(self._pieces(texts)))}
        embedded = [no_embedding(self.network.encoder.config.hidden_size) for _ in texts]
        for batch in self._batches(sorted(first.values(), key=lambda piece: -len(piece.ids))):
            hidden, mask = self._hidden(batch)
            tokens = torch.nn.functional.normalize(hidden, dim=2).cpu().numpy()
            for row, (piece, whole) in enumerate(zip(batch, self._pooled(hidden, mask), strict=True)):
                embedded[piece.text] = Embedded(whole, tokens[row, 1 : 1 + len(piece.ids)], piece.starts)
        return embedded

    def _pieces(self, texts: Sequence[str]) -> Iterator[_Piece]:
        for number, text in enumerate(texts):
            tokens = tokenize(self.tokenizer, text)
            for start in range(0, len(tokens), PASSAGE_TOKENS):
                end = min(start + PASSAGE_TOKENS, len(tokens))
                place = int(tokens.starts[start]), int(tokens.ends[end - 1])
                yield _Piece(number, *place, tokens.ids[start:end], tokens.starts[start:end])

    def _batches(self, pieces: list[_Piece]) -> Iterator[list[_Piece]]:
        budget = TOKENS_PER_BATCH[self.device.type]
        while pieces:
            size = max(1, budget // (len(pieces[0].ids) + 2))
            yield pieces[:size]
            pieces = pieces[size:]

    @torch.inference_mode()
    def _hidden(self, batch: Sequence[_Piece]) -> tuple[Tensor, Tensor]:
        """What the network says of each token, (passages, tokens, dims), the ones that open and close included, and its mask."""
        longest = len(batch[0].ids) + 2
        ids = np.full((len(batch), longest), self.special["pad"], dtype=np.int64)
        for row, piece in enumerate(batch):
            ids[row, : len(piece.ids) + 2] = [self.special["cls"], *piece.ids, self.special["sep"]]
        lengths = torch.tensor([[len(piece.ids) + 2] for piece in batch])
        mask = (torch.arange(longest) < lengths).long().to(self.device)
        return self.network.encode(torch.from_numpy(ids).to(self.device), mask).float(), mask

    def _pooled(self, hidden: Tensor, mask: Tensor) -> NDArray[np.float32]:
        summed = (hidden * mask.unsqueeze(-1)).sum(1)
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(summed, dim=1).cpu().numpy()
        return vectors


def load_embedder(base: Path, threads: int) -> Embedder:
    """The embedder of a base model's folder, on so many CPU threads."""
    from domain_models.runtime.device import keep_freed_memory, set_threads

    set_threads(threads)
    keep_freed_memory()
    return Embedder(base)
