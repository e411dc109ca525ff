"""A document's tokens and the windows an encoder reads them in. Pure arithmetic, no network."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer


@dataclass(frozen=True)
class Tokens:
    """A text's word pieces without special tokens: ids, and the half-open characters each piece covers.

    `words` numbers the word that each piece belongs to, so that a span never ends inside a word.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    words: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


def load_tokenizer(folder: Path) -> Tokenizer:
    """The base model's tokenizer, with truncation and padding off so that offsets cover the whole text."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def tokenize(tokenizer: Tokenizer, text: str) -> Tokens:
    """The text's word pieces, in order."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    words = np.array([-1 if word is None else word for word in encoding.word_ids], dtype=np.int32)
    return Tokens(np.array(encoding.ids, dtype=np.int32), offsets[:, 0], offsets[:, 1], words)


def window_starts(token_count: int, window: int, stride: int, phase: int = 0) -> list[int]:
    """First token of each window: every token is covered, the last window ends with the text where it can.

    `phase` shifts the grid (training reads each document at another phase in every epoch).
    """
    starts = [0] if phase else []
    position = phase
    while position + window < token_count:
        starts.append(position)
        position += stride
    starts.append(max(0, min(position, token_count - window)))
    return sorted(set(starts))


def second_looks(places: Iterable[int], token_count: int, window: int, margin: int) -> list[int]:
    """First token of each further window, so that each of the `places` (tokens, in order) stands in one of them, `margin`
    tokens or more from its edges, or as far as the text's own ends allow.
    """
    starts: list[int] = []
    seen = -1
    for place in places:
        if place > seen:
            start = max(0, min(place - margin, token_count - window))
            starts.append(start)
            seen = start + window - 1 - (margin if start + window < token_count else 0)
    return starts


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Ids of the tokens that open (`cls`), close (`sep`), pad and mask a window, in BERT's or RoBERTa's spelling."""
    spellings = {
        "cls": ("[CLS]", "<s>"),
        "sep": ("[SEP]", "</s>"),
        "pad": ("[PAD]", "<pad>"),
        "mask": ("[MASK]", "<mask>"),
    }
    ids = {}
    for role, tokens in spellings.items():
        known = [tokenizer.token_to_id(token) for token in tokens]
        ids[role] = next(token_id for token_id in known if token_id is not None)
    return ids
