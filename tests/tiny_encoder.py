"""A tiny encoder on disk with a tokenizer of whole words, for tests of what reads with one."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import MPNetConfig, MPNetModel

SPECIAL = ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"]


def write_tiny_encoder(folder: Path, words: Sequence[str], splits_on_spaces_alone: bool = False) -> Path:
    """An MPNet of two layers, the same for the same words; returns the folder."""
    torch.manual_seed(3)
    vocabulary = [*words, *SPECIAL]
    config = MPNetConfig(
        vocab_size=len(vocabulary), hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=32,
        max_position_embeddings=80, pad_token_id=vocabulary.index("[PAD]"),
    )  # fmt: skip
    MPNetModel(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = (
        pre_tokenizers.WhitespaceSplit() if splits_on_spaces_alone else pre_tokenizers.Whitespace()
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
