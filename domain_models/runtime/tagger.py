"""Reads texts with a tuned network: every token's probabilities for every head, in one pass of the encoder.

Where two windows read the same token, the one that sees more around it counts for more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from domain_models.adapter import AdapterConfig, adapter_version, load_config
from domain_models.decoding.scores import TokenScores
from domain_models.marks import typed
from domain_models.runtime.adapter import load_network
from domain_models.runtime.device import alone, pick_device, pick_dtype, side_by_side
from domain_models.runtime.int8 import use_int8
from domain_models.runtime.reading import Reading, poolable
from domain_models.windows import Tokens, load_tokenizer, second_looks, special_ids, tokenize, window_starts

MARGIN = 160
"""So far from the edges of its window, in tokens, a second look has what it looks at."""
TOKENS_PER_BATCH = {"cpu": 512, "cuda": 65536}  # on a CPU few windows at a time, which stay in its cache
BATCHES_TOGETHER = 32  # a second of two cores, after which an interrupt is heard


@dataclass(frozen=True)
class Window:
    """A piece of one text: `[start, start + length)` of its tokens."""

    text: int
    start: int
    length: int


class Tagger:
    """A network ready to read, in 8-bit integers where asked to. Not thread-safe; a process needs one per adapter."""

    @alone
    def __init__(self, adapter: Path, base: Path, in_int8: bool = False) -> None:
        self.config: AdapterConfig = load_config(adapter)
        self.version = adapter_version(adapter)
        self.tokenizer: Tokenizer = load_tokenizer(base)
        self.device = pick_device()
        self.dtype = pick_dtype(self.device)
        self.network = load_network(adapter, base).to(self.device, self.dtype)
        if in_int8:
            use_int8(self.network.encoder)
        self.special = special_ids(self.tokenizer)

    def read(self, texts: Sequence[str]) -> Iterator[TokenScores]:
        """Each text's scores, in the order given. Memory: 4 bytes a token and head output of the texts passed."""
        tokens = [tokenize(self.tokenizer, typed(text)) for text in texts]
        readings = [Reading(of_text, self.config.heads) for of_text in tokens]
        content = self.config.window - 2
        first = [
            Window(text, start, min(content, len(of_text) - start))
            for text, of_text in enumerate(tokens)
            if len(of_text)
            for start in window_starts(len(of_text), content, self.config.stride)
        ]
        self._read_windows(first, readings)
        if self.config.second_look:
            self._read_windows(self._second(first, readings), readings)
        for reading in readings:
            yield reading.scores()

    def _second(self, first: Sequence[Window], readings: Sequence[Reading]) -> list[Window]:
        content, read = self.config.window - 2, set(first)
        second = [
            Window(text, start, min(content, len(reading.tokens) - start))
            for text, reading in enumerate(readings)
            for start in second_looks(reading.likely(self.config.second_look), len(reading.tokens), content, MARGIN)
        ]
        return [window for window in second if window not in read]

    def _read_windows(self, windows: Sequence[Window], readings: Sequence[Reading]) -> None:
        """Adds what the windows show to their texts' readings."""
        tokens = [reading.tokens for reading in readings]
        batches = list(self._batches(windows))
        for together in (batches[at : at + BATCHES_TOGETHER] for at in range(0, len(batches), BATCHES_TOGETHER)):
            for batch, scored in zip(together, self._scored(together, tokens), strict=True):
                for window, shown in zip(batch, scored, strict=True):
                    readings[window.text].add(window.start, shown)

    def _batches(self, windows: Sequence[Window]) -> Iterator[list[Window]]:
        """The windows, longest first, so many together as `TOKENS_PER_BATCH` allows."""
        waiting = sorted(windows, key=lambda window: (-window.length, window.text, window.start))
        while waiting:
            size = max(1, TOKENS_PER_BATCH[self.device.type] // (waiting[0].length + 2))
            yield waiting[:size]
            waiting = waiting[size:]

    @alone
    def _scored(
        self, batches: Sequence[Sequence[Window]], tokens: Sequence[Tokens]
    ) -> list[list[dict[str, NDArray[np.float32]]]]:
        return side_by_side(lambda batch: self._score(batch, tokens), batches)

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
        scored = {h.name: poolable(logits[h.name].float(), h).cpu().numpy() for h in self.config.heads}
        return [
            {name: array[row, 1 : window.length + 1] for name, array in scored.items()}
            for row, window in enumerate(batch)
        ]
