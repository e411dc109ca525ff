"""A training recipe: every number that decides how an adapter turns out, read from one TOML file."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_models.heads import Head


@dataclass(frozen=True)
class Source:
    """One labelled file: the head it teaches, windows a batch, and how often it is drawn against the others.

    `held_out` is the share of documents (whole companies, where the name tells) kept for calibration.
    """

    file: str
    head: str
    batch: int
    weight: float
    held_out: float


@dataclass(frozen=True)
class Phase:
    """One rise and fall of the learning rates: linearly up over `warmup` steps, then linearly to zero.

    `negative_share` is the share of windows without any label that is kept in each epoch; `seed` decides the order.
    `weights`, one a source in the recipe's order, stand in for the sources' own.
    """

    steps: int
    warmup: int
    learning_rate: float
    head_learning_rate: float
    negative_share: float
    seed: int
    weights: tuple[float, ...] = ()

    def weights_of(self, sources: Sequence[Source]) -> tuple[float, ...]:
        """How often each source is drawn in this phase."""
        return self.weights or tuple(source.weight for source in sources)


@dataclass(frozen=True)
class Recipe:
    """The whole recipe; its phases follow one another on the same weights.

    `border_weight` scales the loss of start and end against inside (they are some 50 times rarer);
    `token_mask` is the share of input tokens replaced by [MASK] in training; `seed` decides how the heads begin.
    With a `rank` the encoder is tuned by low-rank updates of its linear layers, scaled by `alpha / rank`; without one
    all weights of its layers are. With `folds` as many further networks, each trained without one part of the
    documents, read that part for calibration, and the network itself is trained on all of them. `stride`, `second_look` and
    `ensemble` say how the adapter will read (see `AdapterConfig`).
    """

    base: str
    window: int
    stride: int
    weight_decay: float
    hidden_dropout: float
    token_mask: float
    border_weight: float
    seed: int
    heads: tuple[Head, ...]
    sources: tuple[Source, ...]
    phases: tuple[Phase, ...]
    rank: int = 0
    alpha: int = 0
    folds: int = 0
    second_look: float = 0.0
    ensemble: tuple[str, ...] = ()


def load_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; a missing or unknown key is a TypeError that names it.

    `like` names the recipe beside it that gives every key the file itself does not have.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    while other := table.pop("like", None):
        table = tomllib.loads(path.with_name(other).read_text(encoding="utf-8")) | table
    heads = tuple(Head(h["name"], h["scheme"], tuple(h["labels"])) for h in table.pop("head"))
    sources = tuple(Source(**source) for source in table.pop("source"))
    phases = tuple(Phase(**phase | {"weights": tuple(phase.get("weights", ()))}) for phase in table.pop("phase"))
    ensemble = tuple(table.pop("ensemble", ()))
    return Recipe(heads=heads, sources=sources, phases=phases, ensemble=ensemble, **table)


def people_labelled(recipe: Recipe) -> list[Source]:
    """The first source of each head: what a larger tagger labelled comes after it."""
    return [next(source for source in recipe.sources if source.head == head.name) for head in recipe.heads]
