"""Reads texts with a tuned network: every token's probabilities for every head, in one pass of the encoder.

Windows overlap; where two read the same token, the one that sees more around it counts for more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from domain_models.adapter import AdapterConfig, adapter_version, load_config
from domain_models.decoding.scores import Probabilities, TokenScores
from domain_models.heads import Head
from domain_models.marks import typed
from domain_models.runtime.adapter import load_network
from domain_models.runtime.device import alone, pick_device, pick_dtype
from domain_models.windows import Tokens, load_tokenizer, special_ids, tokenize, window_starts

TOKENS_PER_BATCH = {"cpu": 2048, "cuda": 65536}  # on a CPU few windows at a time, which stay in its cache


@dataclass(frozen=True)
class Window:
    """A piece of one text: `[start, start + length)` of its tokens."""

    text: int
    start: int
    length: int


class Tagger:
    """A network ready to read. Not thread-safe; a process needs one per adapter."""

    def __init__(self, adapter: Path, base: Path) -> None:
        self.config: AdapterConfig = load_config(adapter)
        self.version = adapter_version(adapter)
        self.tokenizer: Tokenizer = load_tokenizer(base)
        self.device = pick_device()
        self.dtype = pick_dtype(self.device)
        self.network = load_network(adapter, base).to(self.device, self.dtype)
        self.special = special_ids(self.tokenizer)

    def read(self, texts: Sequence[str]) -> Iterator[TokenScores]:
        """Each text's scores, in the order given. Memory: 4 bytes a token and head output of the texts passed."""
        tokens = [tokenize(self.tokenizer, typed(text)) for text in texts]
        sums = [{h.name: np.zeros((len(t), h.width), np.float32) for h in self.config.heads} for t in tokens]
        weights = [np.zeros((len(t), 1), np.float32) for t in tokens]
        for batch in self._batches(tokens):
            for window, scored in zip(batch, alone(self._score, batch, tokens), strict=True):
                place = slice(window.start, window.start + window.length)
                weight = _trust(window.length)
                weights[window.text][place] += weight
                for name, probabilities in scored.items():
                    sums[window.text][name][place] += weight * probabilities
        for index, of_text in enumerate(tokens):
            heads: dict[str, Probabilities] = {}
            for head in self.config.heads:
                mean = np.asarray(sums[index][head.name] / np.maximum(weights[index], 1e-9), np.float32)
                heads[head.name] = mean.reshape(len(of_text), 3, head.width // 3) if head.scheme == "span" else mean
            yield TokenScores(of_text, heads)

    def _batches(self, tokens: Sequence[Tokens]) -> Iterator[list[Window]]:
        content, stride = self.config.window - 2, self.config.stride
        windows = [
            Window(text, start, min(content, len(of_text) - start))
            for text, of_text in enumerate(tokens)
            if len(of_text)
            for start in window_starts(len(of_text), content, stride)
        ]
        windows.sort(key=lambda window: (-window.length, window.text, window.start))
        budget = TOKENS_PER_BATCH[self.device.type]
        while windows:
            size = max(1, budget // (windows[0].length + 2))
            yield windows[:size]
            windows = windows[size:]

    @torch.inference_mode()
    def _score(self, batch: Sequence[Window], tokens: Sequence[Tokens]) -> list[dict[str, NDArray[np.float32]]]:
        longest = batch[0].length + 2
        ids = np.full((len(batch), longest), self.special["pad"], dtype=np.int64)
        for row, window in enumerate(batch):
            piece = tokens[window.text].ids[window.start : window.start + window.length]
            ids[row, : window.length + 2] = [self.special["cls"], *piece, self.special["sep"]]
        lengths = torch.tensor([[window.length + 2] for window in batch])
        mask = (torch.arange(longest) < lengths).long().to(self.device)
        input_ids = torch.from_numpy(ids).to(self.device)
        logits = self.network(input_ids, mask, [head.name for head in self.config.heads])
        scored = {h.name: _probabilities(logits[h.name], h).cpu().numpy() for h in self.config.heads}
        return [
            {name: array[row, 1 : window.length + 1] for name, array in scored.items()}
            for row, window in enumerate(batch)
        ]


def _probabilities(logits: torch.Tensor, head: Head) -> torch.Tensor:
    return logits.float().sigmoid() if head.scheme == "span" else logits.float().softmax(-1)


def _trust(length: int) -> NDArray[np.float32]:
    """How far each token is from its window's nearer edge, from 1 at the edge, capped at 64; shape (length, 1)."""
    position = np.arange(length)
    return np.asarray(np.minimum(np.minimum(position, length - 1 - position) + 1, 64)[:, None], np.float32)
