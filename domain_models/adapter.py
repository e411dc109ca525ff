"""An adapter's description on disk: base model, heads, window and version. Knows no tensors (see `runtime.adapter`)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_models.heads import Head
from schemas.errors import ModelUnavailable


@dataclass(frozen=True)
class AdapterConfig:
    """What an adapter was made for: its base model's name, its heads, and the window it was trained to read.

    With a `rank` its encoder tensors are low-rank updates, W + alpha / rank * B A; without one they are whole weights.
    A token that windows give the probability `second_look` or more is read once more, in the middle of another window; 0 is
    for none. `ensemble` names adapters beside this one that read with it: what counts is the mean of what they say.
    """

    base: str
    heads: tuple[Head, ...]
    window: int
    stride: int
    rank: int = 0
    alpha: int = 0
    second_look: float = 0.0
    ensemble: tuple[str, ...] = ()

    @property
    def heads_by_name(self) -> Mapping[str, Head]:
        """Each head under its own name."""
        return {head.name: head for head in self.heads}


def load_config(folder: Path) -> AdapterConfig:
    """The adapter's config; ModelUnavailable where the folder holds no adapter."""
    path = folder / "adapter.json"
    if not path.is_file():
        raise ModelUnavailable(f"no trained adapter at {folder}; train one with domain_models.training.tagger")
    stored = json.loads(path.read_text(encoding="utf-8"))
    heads = tuple(Head(head["name"], head["scheme"], tuple(head["labels"])) for head in stored["heads"])
    return AdapterConfig(**stored | {"heads": heads, "ensemble": tuple(stored.get("ensemble", ()))})


def members(folder: Path) -> list[Path]:
    """The adapter's folder and those of the adapters that read with it."""
    return [folder, *(folder.parent / name for name in load_config(folder).ensemble)]


def is_tagger(folder: Path) -> bool:
    """Whether the folder holds a tagger's adapter: the writer's, beside it, has no heads."""
    path = folder / "adapter.json"
    return path.is_file() and "heads" in json.loads(path.read_text(encoding="utf-8"))


def adapter_version(*folders: Path) -> str:
    """Twelve hex digits over every file of the adapters: another byte is another version."""
    digest = hashlib.sha256()
    for path in (path for folder in folders for path in sorted(folder.glob("*"))):
        if path.suffix in {".json", ".safetensors"}:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
