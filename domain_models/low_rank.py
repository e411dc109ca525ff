"""A writer's adapter on disk: its base, its scale, what it is for and its version. Knows no tensors."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from domain_models.adapter import adapter_version
from domain_models.domain import Domain
from domain_models.runtime.weights import fingerprint
from schemas.errors import ModelUnavailable

Use = Literal["summaries", "questions", "topics"]

WEIGHTS = "adapter.safetensors"
FOLDER = "writer"


@dataclass(frozen=True, slots=True)
class LowRankConfig:
    """A low-rank update of a base model's weights: W + alpha / rank * B A for each module it names.

    `base` is the base model's name, `prompts` the versions of the prompts it was trained on. `uses` are what
    flows do with it: only what it measures better at than the base does. "topics" are what the domain asks of topics
    that findings leave open.
    """

    base: str
    rank: int
    alpha: int
    prompts: tuple[str, ...]
    uses: tuple[Use, ...] = ()

    @property
    def scale(self) -> float:
        """What the product of the two factors is multiplied by."""
        return self.alpha / self.rank


def load_low_rank_config(folder: Path) -> LowRankConfig:
    """The adapter's config; ModelUnavailable where the folder holds no writer's adapter."""
    path = folder / "adapter.json"
    if not path.is_file():
        raise ModelUnavailable(f"no writer's adapter at {folder}; train one with domain_models.training.writer")
    stored = json.loads(path.read_text(encoding="utf-8"))
    return LowRankConfig(**stored | {"prompts": tuple(stored["prompts"]), "uses": tuple(stored["uses"])})


def save_low_rank_config(folder: Path, config: LowRankConfig) -> None:
    """Writes `adapter.json`; the folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter.json").write_text(json.dumps(asdict(config), indent=1) + "\n", encoding="utf-8")


def writer_adapter(domain: Domain) -> Path | None:
    """The folder of the domain's own writer's adapter; None where it has none."""
    folder = domain.folder / "adapters" / FOLDER
    return folder if (folder / "adapter.json").is_file() else None


def adapter_for(domain: Domain, use: Use, base: str) -> Path | None:
    """The first of the domain's adapters that does this on this base model; None where the base does it alone."""
    for weights in sorted((domain.folder / "adapters").glob(f"*/{WEIGHTS}")):
        config = load_low_rank_config(weights.parent)
        if use in config.uses and config.base == base:
            return weights.parent
    return None


def writer_version(base_folder: Path, adapter: Path | None) -> str:
    """What names a writer's exact weights: the base model's fingerprint and, where there is one, the adapter's."""
    base = fingerprint(base_folder)
    return f"{base}+{adapter_version(adapter)}" if adapter else base
