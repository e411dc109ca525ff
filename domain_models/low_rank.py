"""A writer's adapter on disk: which base it belongs to and how its update is scaled. Knows no tensors."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.errors import ModelUnavailable

WEIGHTS = "adapter.safetensors"


@dataclass(frozen=True, slots=True)
class LowRankConfig:
    """A low-rank update of a base model's weights: W + alpha / rank * B A for each module it names.

    `base` is the base model's name, `prompts` the versions of the prompts it was trained on.
    """

    base: str
    rank: int
    alpha: int
    prompts: tuple[str, ...]

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
    return LowRankConfig(stored["base"], stored["rank"], stored["alpha"], tuple(stored["prompts"]))


def save_low_rank_config(folder: Path, config: LowRankConfig) -> None:
    """Writes `adapter.json`; the folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter.json").write_text(json.dumps(asdict(config), indent=1) + "\n", encoding="utf-8")
