"""A writer's training recipe: every number that decides how its adapter turns out, read from one TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Task = Literal["describe", "shorten", "question", "overview", "plan"]


@dataclass(frozen=True)
class WriterSource:
    """One file, the task it teaches, and how often it is drawn against the others.

    `without` are fields (by name) that no question may ask for; `folds` and `fold` leave out every row, or document that
    is asked, whose number modulo `folds` is `fold`, to choose the step by, or one of `measured`, to measure on.
    `covered` is the least share of a description's words that must stand in what is read of its text: what the writer
    cannot see there it would learn to invent.
    """

    task: Task
    file: str
    weight: float
    without: tuple[str, ...] = ()
    folds: int = 0
    fold: int = 0
    measured: tuple[int, ...] = ()
    covered: float = 0.0

    def teaches(self, number: int) -> bool:
        """Whether the row or document with this number, from 0, is learnt from."""
        return not self.folds or number % self.folds not in (self.fold, *self.measured)

    def checks(self, number: int) -> bool:
        """Whether it chooses the step."""
        return bool(self.folds) and number % self.folds == self.fold


@dataclass(frozen=True)
class WriterRecipe:
    """The whole recipe; the learning rate rises over `warmup` steps and falls linearly to zero at the last.

    `layers` is the half-open interval of layers that get an update: below the first of them nothing is differentiated.
    `check` is a file of rows to describe, empty where nothing is described; those that teach nothing, and what the folds of
    the other tasks leave out, decide which of the adapters on the way is kept.
    """

    domain: str
    base: str
    rank: int
    alpha: int
    modules: tuple[str, ...]
    layers: tuple[int, int]
    steps: int
    warmup: int
    batch: int
    learning_rate: float
    max_tokens: int
    seed: int
    check: str
    sources: tuple[WriterSource, ...]


def load_writer_recipe(path: Path) -> WriterRecipe:
    """The recipe in a TOML file; a missing or unknown key is a TypeError that names it."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    lists = ("without", "measured")
    sources = tuple(WriterSource(**s | {k: tuple(s.get(k, ())) for k in lists}) for s in table.pop("source"))
    modules, (first, last) = tuple(table.pop("modules")), table.pop("layers")
    return WriterRecipe(modules=modules, layers=(first, last), sources=sources, **table)
