"""A training recipe: every number that decides how an adapter turns out, read from one TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from domain_models.heads import Head


@dataclass(frozen=True)
class Source:
    """One labelled file: the head it teaches, windows a batch, and how often it is drawn against the others.

    `held_out` is the share of documents (whole companies, where the name tells) kept for calibration;
    `negative_share` is the share of windows without any label that is kept in each epoch.
    """

    file: str
    head: str
    batch: int
    weight: float
    held_out: float
    negative_share: float


@dataclass(frozen=True)
class Recipe:
    """The whole recipe. Learning rates fall linearly to zero after `warmup` steps.

    `border_weight` scales the loss of start and end against inside (they are some 50 times rarer);
    `token_mask` is the share of input tokens replaced by [MASK] in training.
    """

    base: str
    window: int
    stride: int
    steps: int
    warmup: int
    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    hidden_dropout: float
    token_mask: float
    border_weight: float
    seed: int
    heads: tuple[Head, ...]
    sources: tuple[Source, ...]


def load_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; a missing or unknown key is a TypeError that names it."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    heads = tuple(Head(h["name"], h["scheme"], tuple(h["labels"])) for h in table.pop("head"))
    sources = tuple(Source(**source) for source in table.pop("source"))
    return Recipe(heads=heads, sources=sources, **table)
